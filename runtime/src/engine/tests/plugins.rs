//! Plugins as the engine drives them: its timeouts, panics, retries and updates.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cascata_record::{DecisionRecord, Mode};
use serde_json::{Value, json};

use super::kit::{Kit, decide, errors, stage};
use crate::engine::{Decision, Engine};
use crate::plugins::{BreakerState, Registry};
use crate::testing::{ScriptedHandler, Step};
use crate::{FailureKind, StageCall, StageFailure, StageHandler, StageOutput, Write, handler_fn};

/// A cascade of stage `A` with plugins.
fn kit(plugins: &Value) -> Kit {
    let mut kit = Kit::new(vec![stage("A")]);
    kit.stages[0].host = json!({ "plugins": plugins }).to_string();
    kit
}

fn engine(plugins: &Value, handler: impl StageHandler) -> Engine {
    Engine::builder(kit(plugins).program()).handler("A", handler).build().unwrap()
}

fn attempts(decision: &Decision) -> u32 {
    decision.record(Mode::Full).stages[0].attempts
}

fn breaker(engine: &Engine) -> BreakerState {
    engine.plugins().breaker("A").unwrap().state()
}

#[tokio::test(start_paused = true)]
async fn a_stage_that_hangs_opens_its_breaker_and_is_then_rejected_at_once() {
    let hanging = ScriptedHandler::new(vec![Step::Hang]);
    let list = json!(["metrics", {"circuit_breaker": {"failure_threshold": 2}}]);
    let engine = engine(&list, hanging.clone());
    for _ in 0..2 {
        assert_eq!(errors(&decide(&engine, "{}").await), [("A".to_owned(), "timeout".to_owned())]);
    }
    assert_eq!(breaker(&engine), BreakerState::Open);
    let rejected = decide(&engine, "{}").await;
    assert_eq!(errors(&rejected), [("A".to_owned(), "circuit_open".to_owned())]);
    assert_eq!(hanging.calls(), 2);
    let metrics = engine.plugins().metrics("A").unwrap();
    assert_eq!((metrics.count, metrics.errors, metrics.timeouts, metrics.rejections), (3, 3, 2, 1));
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_panics_opens_its_breaker() {
    let panicking = handler_fn(|_: StageCall| async { panic!("no") });
    let engine = engine(&json!([{"circuit_breaker": {"failure_threshold": 1}}]), panicking);
    assert_eq!(errors(&decide(&engine, "{}").await), [("A".to_owned(), "panicked".to_owned())]);
    assert_eq!(breaker(&engine), BreakerState::Open);
}

#[tokio::test(start_paused = true)]
async fn the_record_counts_the_attempts_of_every_pass() {
    let failing = || Step::Raise("no".to_owned());
    let handler = ScriptedHandler::new(vec![failing(), failing(), Step::Return(json!("ok"))]);
    let decision = decide(&engine(&json!(["retry"]), handler), "{}").await;
    assert_eq!(attempts(&decision), 3);

    let handler = ScriptedHandler::new(vec![failing()]);
    let decision = decide(&engine(&json!([{"retry": {"max_retries": 1}}]), handler.clone()), "{}").await;
    assert_eq!(errors(&decision), [("A".to_owned(), "retry_exhausted".to_owned())]);
    assert_eq!((attempts(&decision), handler.calls()), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn retries_stop_before_the_timeout_of_the_stage_and_keep_the_last_error() {
    let handler = ScriptedHandler::new(vec![Step::Raise("down".to_owned())]);
    let list = json!([{"retry": {"max_retries": 10, "base_ms": 300, "strategy": "fixed"}}]);
    let decision = decide(&engine(&list, handler.clone()), "{}").await;
    assert_eq!(errors(&decision), [("A".to_owned(), "budget_exhausted".to_owned())]);
    assert_eq!(decision.record(Mode::Full).errors[0].message, "down");
    // At 0, 300, 600 and 900 of 1000 ms.
    assert_eq!(handler.calls(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_kept_result_writes_to_every_event_it_is_used_for() {
    let writing = handler_fn(|_: StageCall| async {
        let mut output = StageOutput::new("seen");
        output.writes =
            vec![Write { path: vec![cascata_vm::Segment::Key("flag".to_owned())], json: "true".to_owned() }];
        Ok(output)
    });
    let engine = engine(&json!(["cache"]), writing);
    for kept in [false, true] {
        let decision = decide(&engine, r#"{"a":1}"#).await;
        assert_eq!(decision.record(Mode::Full).stages[0].cached.is_some(), kept);
        assert_eq!(decision.final_data(), r#"{"a":1,"flag":true}"#);
    }
}

#[tokio::test(start_paused = true)]
async fn an_update_keeps_the_state_of_plugins_whose_options_are_equal() {
    let list = json!(["metrics", {"circuit_breaker": {"failure_threshold": 1}}]);
    let handler = ScriptedHandler::new(vec![Step::Raise("no".to_owned())]);
    let engine = engine(&list, handler);
    decide(&engine, "{}").await;
    let mut next = kit(&list);
    next.stages[0].timeout_ms = 77;
    engine.update_config(next.program()).unwrap();
    assert_eq!(breaker(&engine), BreakerState::Open);
    assert_eq!(engine.plugins().metrics("A").unwrap().count, 1);

    let mut refused = kit(&json!(["metrics", {"circuit_breaker": {"failure_threshold": 9}}, "no_such_plugin"]));
    refused.stages[0].timeout_ms = 78;
    assert_eq!(engine.update_config(refused.program()).unwrap_err().code(), "R2001");
    assert_eq!(breaker(&engine), BreakerState::Open, "an update that fails changes nothing");
}

#[tokio::test(start_paused = true)]
async fn engines_that_share_a_registry_share_breakers() {
    let registry = Registry::with_builtins();
    let list = json!([{"circuit_breaker": {"name": "db", "failure_threshold": 1}}]);
    let build = |step: Step| {
        let program = kit(&list).program();
        let builder = Engine::builder(program).plugins(registry.clone());
        builder.handler("A", ScriptedHandler::new(vec![step])).build().unwrap()
    };
    let (down, up) = (build(Step::Raise("no".to_owned())), build(Step::Return(json!("ok"))));
    decide(&down, "{}").await;
    assert_eq!(errors(&decide(&up, "{}").await), [("A".to_owned(), "circuit_open".to_owned())]);
}

#[tokio::test(start_paused = true)]
async fn a_replaced_handler_does_not_answer_from_the_cache_of_the_old_one() {
    let engine = engine(&json!(["cache"]), ScriptedHandler::returning(json!("old")));
    decide(&engine, "{}").await;
    engine.register("A", ScriptedHandler::returning(json!("new"))).unwrap();
    assert_eq!(decide(&engine, "{}").await.outcome(), "new".into());
}

#[tokio::test(start_paused = true)]
async fn a_failure_before_the_global_timeout_is_in_the_record() {
    let mut kit = Kit::new(vec![stage("A")]);
    kit.cascade.global_timeout_ms = 500;
    kit.stages[0].max_retries = 1;
    kit.stages[0].retry_delay_ms = 1000;
    let handler = ScriptedHandler::new(vec![Step::Raise("the reason".to_owned())]);
    let engine = Engine::builder(kit.program()).handler("A", handler).build().unwrap();
    let record = decide(&engine, "{}").await.record(Mode::Full);
    assert!(serde_json::to_string(&record).unwrap().contains("the reason"));
}

/// What a record says of a stage that failed: `cause` and kind of the stage, kind and cause of the error.
fn told(record: &DecisionRecord) -> [Option<&str>; 4] {
    let (stage, error) = (&record.stages[0], &record.errors[0]);
    let failure = stage.error.as_ref().unwrap();
    assert_eq!((&failure.kind, &failure.cause), (&error.kind, &error.cause));
    [stage.cause.as_deref(), Some(&failure.kind), Some(&error.kind), error.cause.as_deref()]
}

#[tokio::test(start_paused = true)]
async fn a_failure_behind_retries_is_recorded_with_the_kind_of_the_last_real_one() {
    let kinds = [
        FailureKind::Timeout,
        FailureKind::OutOfFuel,
        FailureKind::Deadline,
        FailureKind::Trapped,
        FailureKind::StageError,
        FailureKind::Panicked,
    ];
    for kind in kinds {
        let name = kind.name();
        let calls = Arc::new(AtomicUsize::new(0));
        let failing = handler_fn(move |_: StageCall| {
            let first = calls.fetch_add(1, Ordering::SeqCst) == 0;
            let kind = if first { FailureKind::Handler } else { kind };
            async move { Err(StageFailure::new(kind, "down").retryable(true)) }
        });
        let list = json!([{"retry": {"max_retries": 1}}, {"circuit_breaker": {"failure_threshold": 9}}, "metrics"]);
        let record = decide(&engine(&list, failing), "{}").await.record(Mode::Full);
        assert_eq!(told(&record), [Some(name), Some("retry_exhausted"), Some("retry_exhausted"), Some(name)]);
    }
}

#[tokio::test(start_paused = true)]
async fn without_retries_the_cause_is_the_kind_and_stands_once() {
    let failing = handler_fn(|_: StageCall| async { Err(StageFailure::new(FailureKind::Trapped, "down")) });
    let record = decide(&engine(&json!(["retry"]), failing), "{}").await.record(Mode::Full);
    assert_eq!(told(&record), [Some("trapped"), Some("trapped"), Some("trapped"), None]);
}

#[tokio::test(start_paused = true)]
async fn a_retry_inside_another_keeps_the_kind_of_the_innermost_failure() {
    let failing = handler_fn(|_: StageCall| async { Err(StageFailure::new(FailureKind::OutOfFuel, "down")) });
    let list = json!([{"retry": {"max_retries": 1, "retry_on": ["out_of_fuel"]}}, {"retry": {"max_retries": 1}}]);
    let decision = decide(&engine(&list, failing), "{}").await;
    let record = decision.record(Mode::Full);
    assert_eq!(told(&record)[0], Some("out_of_fuel"));
    assert_eq!(told(&record)[3], Some("out_of_fuel"));
}

/// What a stage's data shows, read in each way that rules can.
fn shown(decision: &Decision, path: &[&str]) -> Value {
    let path: Vec<_> = path.iter().map(|key| cascata_vm::Segment::Key((*key).to_owned())).collect();
    crate::OwnedValue::from_value(&decision.state().field(&path)).to_serde()
}

#[tokio::test(start_paused = true)]
async fn rules_see_what_plugins_did_beside_the_data_of_the_stage() {
    let steps =
        vec![Step::Raise("no".to_owned()), Step::Return(json!({"result": 1, "data": {"own": 2, "resilience": 3}}))];
    let engine = engine(&json!(["retry", "circuit_breaker"]), ScriptedHandler::new(steps));
    let decision = decide(&engine, "{}").await;
    let resilience = json!({"attempts": 2, "breaker": "closed", "degraded": false, "cached": false});
    assert_eq!(shown(&decision, &["stages", "A", "data"]), json!({"own": 2, "resilience": resilience}));
    assert_eq!(shown(&decision, &["stages", "A", "data", "resilience", "attempts"]), json!(2));
    assert_eq!(shown(&decision, &["stages", "A", "resilience", "breaker"]), json!("closed"));
    assert_eq!(shown(&decision, &["stages", "A", "own"]), json!(2));
    let record = decision.record(Mode::Full);
    assert_eq!(record.stages[0].data, Some(json!({"own": 2, "resilience": resilience})));
}

#[tokio::test(start_paused = true)]
async fn a_stage_that_failed_shows_it_too_and_one_without_a_list_shows_nothing() {
    let failing = ScriptedHandler::new(vec![Step::Raise("no".to_owned())]);
    let rejecting = engine(&json!([{"circuit_breaker": {"failure_threshold": 1}}]), failing.clone());
    decide(&rejecting, "{}").await;
    let decision = decide(&rejecting, "{}").await;
    let resilience =
        json!({"attempts": 1, "breaker": "open", "degraded": false, "cached": false, "failure": "circuit_open"});
    assert_eq!(shown(&decision, &["stages", "A", "data", "resilience"]), resilience);

    let plain = decide(&engine(&json!([]), failing), "{}").await;
    assert_eq!(shown(&plain, &["stages", "A", "data", "resilience"]), Value::Null);
    assert_eq!(plain.record(Mode::Full).stages[0].data, None);
}

#[tokio::test(start_paused = true)]
async fn a_fallback_may_call_a_handler_that_no_stage_has() {
    let kit = kit(&json!([{"fallback": {"handler": "spare"}}]));
    let engine = Engine::builder(kit.program())
        .handler("A", ScriptedHandler::new(vec![Step::Raise("no".to_owned())]))
        .handler("spare", ScriptedHandler::returning(json!("spared")))
        .build()
        .unwrap();
    let decision = decide(&engine, "{}").await;
    assert_eq!(shown(&decision, &["stages", "A", "result"]), json!("spared"));
    assert_eq!(shown(&decision, &["stages", "A", "data", "degraded"]), json!(true));
}
