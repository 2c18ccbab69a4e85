//! Whole cascades through the product: compiled, verified and run by the engine with scripted handlers, on a clock that
//! stands still until everything waits.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cascata_record::{DecisionRecord, ErrorRecord, Mode, ShadowRule, StageStatus};
use cascata_runtime::engine::{Clock, Decision, Engine};
use cascata_runtime::{FailureKind, StageCall, StageFailure, StageOutput, handler_fn};
use serde_json::{Map, Value, json};

use super::machine::{image_of, program_of, program_reloaded_from_disk};
use crate::oracle::time::NOW_US;

/// A compiled cascade, or why there is none.
pub struct Product {
    image: Result<Vec<u8>, String>,
    reloaded_from_disk: bool,
}

impl Product {
    pub fn new(config: &Value) -> Product {
        Product { image: image_of(config), reloaded_from_disk: false }
    }

    /// The same cascade, run from an image that went through a file.
    pub fn reloaded_from_disk(self) -> Product {
        Product { reloaded_from_disk: true, ..self }
    }

    /// Why the cascade was refused.
    pub fn error(&self) -> Option<&str> {
        self.image.as_ref().err().map(String::as_str)
    }

    /// Decides one event with fresh handlers; the row has the keys of `expected` in the recorded rows.
    pub fn decide(&self, event: &Value, script: &Value) -> Value {
        self.decide_all(std::slice::from_ref(event), script).pop().expect("one row for one event")
    }

    /// Decides events one after the other on one engine.
    pub fn decide_all(&self, events: &[Value], script: &Value) -> Vec<Value> {
        let image = match &self.image {
            Ok(image) => image,
            Err(why) => return events.iter().map(|_| json!({ "outcome": "config_error", "why": why })).collect(),
        };
        let program =
            if self.reloaded_from_disk { program_reloaded_from_disk(image) } else { program_of(image.clone()) };
        let calls = Calls::default();
        let mut builder = Engine::builder(program).clock(Clock::fixed(NOW_US));
        for (stage, steps) in script.as_object().into_iter().flatten() {
            calls.lock().expect("no handler panics").insert(stage.clone(), 0);
            builder = builder.handler(stage, handler(stage.clone(), steps.clone(), Arc::clone(&calls)));
        }
        let engine = builder.build().expect("handlers fit the cascade");
        let tokio = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        let rows = events.iter().map(|event| {
            let decision = tokio.as_ref().expect("a runtime").block_on(engine.execute(event.to_string().as_bytes()));
            let mut row = row(&decision.expect("the event is a JSON object"));
            row["attempts"] = json!(*calls.lock().expect("no handler panics"));
            row
        });
        rows.collect()
    }
}

type Calls = Arc<Mutex<BTreeMap<String, usize>>>;

fn handler(stage: String, steps: Value, calls: Calls) -> impl cascata_runtime::StageHandler {
    handler_fn(move |_: StageCall| {
        let number = {
            let mut calls = calls.lock().expect("no handler panics");
            let number = calls.entry(stage.clone()).or_default();
            *number += 1;
            *number - 1
        };
        let steps = steps.as_array().expect("a script is a list of steps");
        perform(steps[number.min(steps.len() - 1)].clone())
    })
}

async fn perform(step: Value) -> Result<StageOutput, StageFailure> {
    if let Some(after_ms) = step["after_ms"].as_u64() {
        tokio::time::sleep(Duration::from_millis(after_ms)).await;
    }
    if step["hang"] == true {
        std::future::pending::<()>().await;
    }
    match step.get("raise") {
        Some(message) => Err(StageFailure::new(FailureKind::Handler, message.as_str().unwrap_or_default())),
        None => Ok(StageOutput::from_json(&step["return"])),
    }
}

/// Every way of writing a decision down gives the same text.
fn written_alike(decision: &Decision) {
    for mode in [Mode::Summary, Mode::Replay] {
        let mut written = Vec::new();
        decision.write_record(mode, &mut written);
        let record = serde_json::to_string(&decision.record(mode)).expect("records are JSON");
        assert_eq!(String::from_utf8_lossy(&written), record);
    }
}

fn row(decision: &Decision) -> Value {
    written_alike(decision);
    let record = decision.record(Mode::Full);
    let recorded = record.stages.iter().filter(|stage| matches!(stage.status, StageStatus::Ok | StageStatus::Error));
    let (mut statuses, mut results) = (Map::new(), Map::new());
    for stage in recorded {
        let status = if stage.status == StageStatus::Ok { "ok" } else { "error" };
        statuses.insert(stage.name.clone(), json!(status));
        let mut result = json!({ "stage_name": stage.name, "result": stage.result });
        let parts = [
            ("confidence", stage.confidence.clone()),
            ("data", stage.data.clone()),
            ("error", stage.error.as_ref().map(|error| json!(error.message))),
        ];
        for (key, part) in parts {
            if let Some(part) = part {
                result[key] = part;
            }
        }
        results.insert(stage.name.clone(), result);
    }
    let mut row = json!({
        "outcome": if decision.timed_out() { "runtime_error" } else { "ok" },
        "executed": decision.executed().collect::<Vec<_>>(),
        "statuses": statuses,
        "stage_results": results,
        "errors": record.errors.iter().map(|error| error.stage.as_str()).collect::<Vec<_>>(),
        "error_details": record.errors.iter().map(detail).collect::<Vec<_>>(),
        "success": record.success,
        "decisions": record.decisions,
        "fired": record.fired,
        "shadow": record.shadow.iter().map(watched).collect::<Vec<_>>(),
        "terminated": record.terminated,
        "termination": record.termination,
        "verdict": [record.outcome_source, record.outcome],
        "final_data": serde_json::from_str::<Value>(decision.final_data()).expect("final data is JSON"),
    });
    if decision.timed_out() {
        row["kind"] = json!("global_timeout");
    }
    assert_eq!(timed_out_by_record(&record), decision.timed_out());
    row
}

/// What a rule in shadow mode would have done, without the code of a trap, which the oracle does not know.
fn watched(rule: &ShadowRule) -> Value {
    let mut row = json!(rule);
    let failed = row.as_object_mut().and_then(|row| row.shift_remove("trap"));
    assert_eq!(failed.is_some(), rule.action.is_none());
    row
}

fn timed_out_by_record(record: &DecisionRecord) -> bool {
    record.errors.iter().any(|error| error.kind == "global_timeout")
}

fn detail(error: &ErrorRecord) -> Value {
    let mut row = json!({ "stage": error.stage, "kind": error.kind });
    if matches!(error.kind.as_str(), "handler" | "timeout" | "no_handler") {
        row["message"] = json!(error.message);
    }
    row
}
