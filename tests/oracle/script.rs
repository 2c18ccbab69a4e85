//! Scripted stage handlers on a virtual clock.
//!
//! A script maps a stage to its steps; the n-th call of the stage performs step n, the last one again and again:
//! `{"return": v}`, `{"raise": message}`, `{"hang": true}`. A step may carry `after_ms`, the virtual time it takes.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::config::Stage;
use super::path::StageResult;

/// Handlers with the count of their calls.
#[derive(Debug, Clone)]
pub struct Script {
    steps: Map<String, Value>,
    pub calls: BTreeMap<String, u64>,
}

/// How a stage's handler ended, retries included.
#[derive(Debug, Clone)]
pub struct Ended {
    pub result: StageResult,
    /// `kind` and `message` of the failure.
    pub failure: Option<(&'static str, String)>,
    /// Virtual milliseconds from the stage's begin to its end; `None` where only a deadline outside ends it.
    pub after_ms: u64,
}

impl Script {
    pub fn new(script: &Value) -> Script {
        let steps = script.as_object().cloned().unwrap_or_default();
        let calls = steps.keys().map(|stage| (stage.clone(), 0)).collect();
        Script { steps, calls }
    }

    /// Whether a handler is registered for the stage.
    pub fn has(&self, stage: &str) -> bool {
        self.steps.contains_key(stage)
    }

    /// Runs a stage with its retries until its end or until `budget_ms` have passed, which gives `None`.
    pub fn run(&mut self, stage: &Stage, budget_ms: u64) -> Option<Ended> {
        let mut now = 0u64;
        let mut failure = ("handler", String::new());
        for attempt in 0..=stage.max_retries {
            if attempt > 0 {
                now += stage.retry_delay_ms;
            }
            if now >= budget_ms {
                return None;
            }
            let step = self.next_step(&stage.name);
            let takes = step["after_ms"].as_u64().unwrap_or(0);
            let hangs = step["hang"] == true || takes >= stage.timeout_ms && takes > 0;
            now += if hangs { stage.timeout_ms } else { takes };
            if now >= budget_ms {
                return None;
            }
            if hangs {
                failure = ("timeout", format!("Timeout after {}ms", stage.timeout_ms));
            } else if let Some(message) = step.get("raise") {
                failure = ("handler", message.as_str().unwrap_or_default().to_owned());
            } else {
                let result = returned(&stage.name, &step["return"]);
                return Some(Ended { result, failure: None, after_ms: now });
            }
        }
        let row = json!({ "stage_name": stage.name, "error": failure.1 });
        Some(Ended { result: StageResult::read(&row), failure: Some(failure), after_ms: now })
    }

    fn next_step(&mut self, stage: &str) -> Value {
        let calls = self.calls.entry(stage.to_owned()).or_default();
        let steps = self.steps[stage].as_array().expect("a script is a list of steps");
        let at = usize::try_from(*calls).unwrap_or(usize::MAX).min(steps.len() - 1);
        *calls += 1;
        steps[at].clone()
    }
}

/// What a handler's return value becomes: a mapping is read as `result`, `confidence` and `data`.
fn returned(stage: &str, value: &Value) -> StageResult {
    let mut row = json!({ "stage_name": stage });
    match value {
        Value::Object(_) => {
            for key in ["result", "confidence", "data"] {
                row[key] = value[key].clone();
            }
        }
        plain => row["result"] = plain.clone(),
    }
    StageResult::read(&row)
}
