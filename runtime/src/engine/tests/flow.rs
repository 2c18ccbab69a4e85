//! One stage after the other: time limits, retries, failures, verdicts, snapshots.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use cascata_record::{Mode, OutcomeSource, StageStatus, Termination, WhySkipped};
use cascata_vm::image::{ActionSpec, Constant, RuleKind};
use cascata_vm::{Segment, StageId};
use serde_json::json;

use super::kit::{Kit, decide, errors, stage, written_alike};
use crate::engine::{Clock, Engine};
use crate::testing::{ScriptedHandler, Step};
use crate::{FailureKind, OwnedValue, StageCall, StageFailure, StageOutput, Write, handler_fn};

fn hang() -> ScriptedHandler {
    ScriptedHandler::new(vec![Step::Hang])
}

fn pass() -> ScriptedHandler {
    ScriptedHandler::returning(json!("pass"))
}

#[tokio::test(start_paused = true)]
async fn a_stage_that_hangs_times_out_and_is_tried_again() {
    let mut slow = stage("A");
    (slow.timeout_ms, slow.max_retries, slow.retry_delay_ms) = (50, 2, 100);
    let handler = ScriptedHandler::new(vec![Step::Hang, Step::Hang, Step::Return(json!("late"))]);
    let engine = Engine::builder(Kit::new(vec![slow]).program()).handler("A", handler.clone()).build().unwrap();
    let decision = decide(&engine, "{}").await;
    assert_eq!((decision.success(), handler.calls(), decision.time()), (true, 3, Duration::from_millis(300)));
    let record = decision.record(Mode::Full);
    assert_eq!((record.stages[0].attempts, record.stages[0].time_us), (3, 300_000));
    let figures = engine.statistics()["A"];
    assert_eq!((figures.count, figures.errors, figures.total_time_ms), (1, 2, 100.0));
}

#[tokio::test(start_paused = true)]
async fn the_last_failure_is_recorded_and_failures_that_will_not_pass_are_not_retried() {
    let mut retried = stage("A");
    (retried.timeout_ms, retried.max_retries) = (50, 1);
    let engine = Engine::builder(Kit::new(vec![retried.clone()]).program()).handler("A", hang()).build().unwrap();
    let record = decide(&engine, "{}").await.record(Mode::Full);
    let error = record.stages[0].error.as_ref().unwrap();
    assert_eq!((error.message.as_str(), error.code.as_str()), ("Timeout after 50ms", "R0002"));

    let broken = handler_fn(|_: StageCall| async { Err(StageFailure::new(FailureKind::BadOutput, "nonsense")) });
    let engine = Engine::builder(Kit::new(vec![retried]).program()).handler("A", broken).build().unwrap();
    assert_eq!(decide(&engine, "{}").await.record(Mode::Full).stages[0].attempts, 1);
}

#[tokio::test(start_paused = true)]
async fn on_a_global_timeout_the_partial_decision_is_returned() {
    for delay in [0, 5000] {
        let mut kit = Kit::new(vec![stage("A"), stage("B"), stage("C")]);
        kit.cascade.global_timeout_ms = 25;
        // B either hangs past the deadline, or waits past it for its retry.
        (kit.stages[1].max_retries, kit.stages[1].retry_delay_ms) = (1, delay);
        let b = if delay == 0 { hang() } else { ScriptedHandler::new(vec![Step::Raise("boom".to_owned())]) };
        let builder = Engine::builder(kit.program()).handler("A", pass()).handler("B", b).handler("C", pass());
        let decision = decide(&builder.build().unwrap(), "{}").await;
        assert!(decision.timed_out());
        assert_eq!(decision.time(), Duration::from_millis(25));
        assert_eq!(errors(&decision), [("__global__".to_owned(), "global_timeout".to_owned())]);
        let record = decision.record(Mode::Full);
        assert_eq!((record.stages[0].status, record.stages[1].status), (StageStatus::Ok, StageStatus::Cancelled));
        assert_eq!((record.skipped[0].stage.as_str(), record.skipped[0].why), ("C", WhySkipped::Terminated));
        assert_eq!((record.outcome, record.terminated), (json!("pass"), false));
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_a_failure_of_its_stage() {
    let panics = handler_fn(|call: StageCall| async move {
        assert!(call.attempt > 5, "too early");
        Ok(StageOutput::default())
    });
    let kit = Kit::new(vec![stage("A"), stage("B")]);
    let engine = Engine::builder(kit.program()).handler("A", panics).handler("B", pass()).build().unwrap();
    let decision = decide(&engine, "{}").await;
    assert_eq!(errors(&decision), [("A".to_owned(), "panicked".to_owned())]);
    assert_eq!(decision.executed().collect::<Vec<_>>(), ["A", "B"]);
}

#[tokio::test(start_paused = true)]
async fn the_verdict_comes_from_on_error_then_terminate_then_outcome_then_the_last_result() {
    let kit = |host: &str, outcome: bool, terminate: bool| {
        let mut kit = Kit::new(vec![stage("A")]);
        kit.cascade.host = host.to_owned();
        if outcome {
            kit = kit.outcome(&["stages", "A", "label"]);
        }
        if terminate {
            let outcome = Some(kit.image.constant(&Constant::Text("stop".to_owned())));
            let reason = Some(kit.image.string("seen enough"));
            kit = kit.rule(0, RuleKind::Routing, ActionSpec::Terminate { outcome, reason });
        }
        kit.program()
    };
    let on_error = r#"{"on_error": {"outcome": "review"}}"#;
    let good = || ScriptedHandler::returning(json!({"result": "r", "data": {"label": "l"}}));
    let bad = || ScriptedHandler::new(vec![Step::Raise("boom".to_owned())]);
    for (program, handler, expected) in [
        (kit(on_error, true, true), bad(), (json!("review"), OutcomeSource::OnError)),
        (kit(on_error, true, true), good(), (json!("stop"), OutcomeSource::Terminate)),
        (kit("{}", true, false), good(), (json!("l"), OutcomeSource::Outcome)),
        (kit("{}", false, false), good(), (json!("r"), OutcomeSource::LastResult)),
        (kit("{}", false, false), bad(), (json!(null), OutcomeSource::LastResult)),
    ] {
        let engine = Engine::builder(program).handler("A", handler).build().unwrap();
        let record = decide(&engine, "{}").await.record(Mode::Summary);
        if record.outcome_source == OutcomeSource::Terminate {
            assert_eq!(record.reason.as_deref(), Some("seen enough"));
            assert_eq!(record.termination, Some(Termination::Action));
        }
        assert_eq!((record.outcome, record.outcome_source), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_stages_on_error_routes_skips_its_rules_or_ends_the_cascade() {
    for (host, ran, written, termination) in [
        (r#"{"on_error": "route"}"#, 2, true, None),
        (r#"{"on_error": "skip"}"#, 2, false, None),
        (r#"{"on_error": "fail"}"#, 1, false, Some(Termination::StageError)),
    ] {
        let mut kit = Kit::new(vec![stage("A"), stage("B")]).set(0, RuleKind::Routing, "seen", "yes");
        kit.stages[0].host = host.to_owned();
        let bad = ScriptedHandler::new(vec![Step::Raise("boom".to_owned())]);
        let engine = Engine::builder(kit.program()).handler("A", bad).handler("B", pass()).build().unwrap();
        let decision = decide(&engine, "{}").await;
        assert_eq!((decision.executed().count(), decision.termination()), (ran, termination), "{host}");
        assert_eq!(decision.final_data() == r#"{"seen":"yes"}"#, written, "{host}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stage_of_rules_only_needs_no_handler_and_satisfies_its_dependants() {
    let mut kit = Kit::new(vec![stage("A"), stage("B")]).set(0, RuleKind::Postcondition, "x.y", "set");
    kit.stages[0].host = r#"{"handler": "none"}"#.to_owned();
    kit.stages[1].depends_on = vec![StageId::new(0)];
    let engine = Engine::builder(kit.program()).handler("B", pass()).build().unwrap();
    let decision = decide(&engine, r#"{"a": 1.50}"#).await;
    assert!(decision.success());
    assert_eq!(decision.record(Mode::Full).stages[0].status, StageStatus::Rules);
    assert_eq!(decision.final_data(), r#"{"a":1.50,"x":{"y":"set"}}"#);
}

#[tokio::test(start_paused = true)]
async fn a_handlers_writes_are_applied_and_a_refused_one_is_recorded() {
    let key = |key: &str| Segment::Key(key.to_owned());
    let writes = handler_fn(move |_: StageCall| {
        let mut output = StageOutput::new("done");
        output.writes = vec![
            Write { path: vec![key("n"), key("x")], json: "1".to_owned() },
            Write { path: vec![key("broken")], json: "{".to_owned() },
            Write { path: vec![key("k"); 300], json: "1".to_owned() },
            Write { path: vec![key("score")], json: "0.5".to_owned() },
        ];
        async { Ok(output) }
    });
    let engine = Engine::builder(Kit::new(vec![stage("A")]).program()).handler("A", writes).build().unwrap();
    let decision = decide(&engine, r#"{"n":3}"#).await;
    assert_eq!(errors(&decision), vec![("A".to_owned(), "refused_write".to_owned()); 3]);
    assert_eq!(decision.final_data(), r#"{"n":3,"score":0.5}"#);
    assert_eq!(decision.record(Mode::Full).writes.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_that_a_handler_keeps_never_changes() {
    let kept = Arc::new(Mutex::new(Vec::new()));
    let keeps = {
        let kept = Arc::clone(&kept);
        handler_fn(move |call: StageCall| {
            kept.lock().unwrap().push(call.state);
            async { Ok(StageOutput::new("pass")) }
        })
    };
    let program = Kit::new(vec![stage("A")]).set(0, RuleKind::Routing, "w", "v").program();
    let engine = Engine::builder(program).handler("A", keeps).build().unwrap();
    for event in [r#"{"k":1}"#, r#"{"k":2}"#] {
        assert_eq!(decide(&engine, event).await.final_data().len(), r#"{"k":1,"w":"v"}"#.len());
    }
    let seen: Vec<_> = kept.lock().unwrap().iter().map(|state| state.current_text().to_owned()).collect();
    assert_eq!(seen, [r#"{"k":1}"#, r#"{"k":2}"#]);
}

#[tokio::test(start_paused = true)]
async fn a_stage_is_given_its_own_time_and_no_other() {
    let after = |millis| {
        handler_fn(move |_: StageCall| async move {
            tokio::time::sleep(Duration::from_millis(millis)).await;
            Ok(StageOutput::new("pass"))
        })
    };
    let kit = Kit::new(vec![stage("A"), stage("B"), stage("C")]).set(1, RuleKind::Routing, "x", "y");
    let builder = Engine::builder(kit.program()).handler("A", after(5)).handler("B", after(7)).handler("C", after(0));
    let decision = decide(&builder.build().unwrap(), "{}").await;
    let times: Vec<_> = decision.stages().map(|stage| stage.time.as_millis()).collect();
    assert_eq!((times, decision.time().as_millis()), (vec![5, 7, 0], 12));
    let moments: Vec<_> = decision.record(Mode::Full).timeline.iter().map(|moment| moment.at_us).collect();
    assert_eq!(moments, [5_000, 12_000, 12_000]);
}

#[tokio::test(start_paused = true)]
async fn a_line_is_metadata_that_comes_first() {
    let program = || Kit::new(vec![stage("A")]).program();
    let alone = Engine::builder(program()).handler("A", pass()).build().unwrap();
    let beside = Engine::builder(program()).handler("A", pass()).metadata("region", "eu").build().unwrap();
    for (engine, more, expected) in [
        (&alone, false, r#"{"line":7}"#),
        (&alone, true, r#"{"line":7,"input":"a.ndjson"}"#),
        (&beside, true, r#"{"region":"eu","line":7,"input":"a.ndjson"}"#),
    ] {
        let mut decision = decide(engine, "{}").await;
        decision.set_line(7);
        if more {
            decision.set_metadata("input", "a.ndjson");
        }
        written_alike(&decision);
        assert_eq!(serde_json::to_string(&decision.record(Mode::Summary).metadata).unwrap(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn now_is_read_once_a_cascade_and_ids_differ() {
    let reads = std::sync::atomic::AtomicI64::new(0);
    let engine = Engine::builder(Kit::new(vec![stage("A"), stage("B")]).program())
        .handler("A", pass())
        .handler("B", pass())
        .clock(Clock::new(move || 1_000_000 * (1 + reads.fetch_add(1, std::sync::atomic::Ordering::Relaxed))))
        .metadata("region", "eu")
        .build()
        .unwrap();
    let mut first = decide(&engine, "{}").await;
    first.set_metadata("line", 7);
    let (first, second) = (first.record(Mode::Summary), decide(&engine, "{}").await.record(Mode::Summary));
    assert_eq!((first.now.as_str(), first.metadata.len()), ("1970-01-01T00:00:01Z", 2));
    assert_eq!(second.now, "1970-01-01T00:00:02Z");
    assert_ne!(first.id, second.id);
    assert!(first.event.is_none() && first.event_hash.is_some());
    assert_eq!(second.metadata["region"], json!("eu"));
}

#[tokio::test(start_paused = true)]
async fn an_explanation_names_every_rule_that_was_asked() {
    let program = Kit::new(vec![stage("A")]).set(0, RuleKind::Routing, "w", "v").program();
    let engine = Engine::builder(program).handler("A", pass()).build().unwrap();
    let (decision, evaluations) = engine.explain(b"{}").await.unwrap();
    assert!(decision.success());
    assert_eq!(evaluations.len(), 1);
    assert_eq!(evaluations[0].outcome, cascata_vm::eval::Outcome::True);
}

/// `depth` mappings around a number.
fn nested(depth: usize) -> String {
    format!("{}1{}", r#"{"k":"#.repeat(depth), "}".repeat(depth))
}

#[tokio::test(start_paused = true)]
async fn a_record_shows_events_results_data_and_writes_as_deep_as_they_are() {
    for depth in [100, 200, 256] {
        let value = nested(depth - 1);
        let answer = value.clone();
        let handler = handler_fn(move |_: StageCall| {
            let mut output = StageOutput::new(OwnedValue::from_valid_json(&answer));
            output.data = Some(answer.clone());
            output.writes = vec![Write { path: vec![Segment::Key("w".to_owned())], json: answer.clone() }];
            async { Ok(output) }
        });
        let engine = Engine::builder(Kit::new(vec![stage("A")]).program()).handler("A", handler).build().unwrap();
        let event = format!(r#"{{"e":{value}}}"#);
        let decision = decide(&engine, &event).await;
        let record = decision.record(Mode::Full);
        let text = |value: &serde_json::Value| value.to_string();
        assert_eq!(record.event.as_ref().map(text), Some(event.clone()), "{depth}");
        assert_eq!(text(&record.outcome), value);
        assert_eq!(text(&record.stages[0].result), value);
        assert_eq!(record.stages[0].data.as_ref().map(text), Some(value.clone()));
        assert_eq!(text(&record.writes[0].value), value);
        assert_eq!(text(&decision.final_tree()), decision.final_data());
        assert!(serde_json::to_string(&record).unwrap().contains(&event), "it is written as it is");
    }
    let engine = Engine::builder(Kit::new(vec![stage("A")]).program()).build().unwrap();
    assert!(engine.execute(nested(257).as_bytes()).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn what_a_handler_nests_deeper_than_a_record_shows_is_cut_visibly() {
    let answer = nested(cascata_record::MAX_DEPTH + 1);
    let handler = handler_fn(move |_: StageCall| {
        let output = StageOutput::new(OwnedValue::from_valid_json(&answer));
        async { Ok(output) }
    });
    let engine = Engine::builder(Kit::new(vec![stage("A")]).program()).handler("A", handler).build().unwrap();
    let record = decide(&engine, "{}").await.record(Mode::Summary);
    let cut = nested(cascata_record::MAX_DEPTH).replace('1', r#"{"$cut":"R0207"}"#);
    assert_eq!(record.outcome.to_string(), cut);
}
