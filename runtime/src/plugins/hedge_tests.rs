use crate::plugins::tests::{Do, PROGRAM, Script, call, ms, record, run, uses};
use crate::plugins::{PluginContext, Registry, compose};
use crate::{FailureKind, StageService};
use serde_json::{Value, json};
use tokio::time::Instant;

fn hedged(registry: &Registry, options: Value, script: &Script) -> StageService {
    let cx = PluginContext::new("s", PROGRAM).with_idempotent(true);
    compose(registry, &uses(json!([{ "hedge": options }])), script.service(), &cx).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_fast_call_is_made_once() {
    let script = Script::new([Do::Return("ok")]);
    let output = run(&hedged(&Registry::with_builtins(), json!({}), &script), call()).await.unwrap();
    assert_eq!((script.count(), output.marks.hedged, output.attempts), (1, false, Some(1)));
}

#[tokio::test(start_paused = true)]
async fn a_slow_call_gets_company_and_the_first_success_counts() {
    let registry = Registry::with_builtins();
    let events = record(&registry);
    let script = Script::new([Do::Hang, Do::Hang, Do::Return("ok")]);
    let began = Instant::now();
    let service = hedged(&registry, json!({"after_ms": 20, "max_hedges": 3}), &script);
    let output = run(&service, call()).await.unwrap();
    assert_eq!((script.count(), script.gaps()), (3, vec![20, 20]));
    assert_eq!((output.marks.hedged, output.attempts, began.elapsed()), (true, Some(3), ms(40)));
    assert_eq!(events.lock().unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_failure_waits_for_the_calls_that_still_run_and_is_final_without_any() {
    let script = Script::new([Do::FailAfter(ms(30), FailureKind::Handler), Do::Return("ok")]);
    let output = run(&hedged(&Registry::with_builtins(), json!({"after_ms": 20}), &script), call()).await.unwrap();
    assert!(output.marks.hedged);
    let script = Script::new([Do::FailAfter(ms(10), FailureKind::Handler)]);
    let failure = run(&hedged(&Registry::with_builtins(), json!({"after_ms": 20}), &script), call()).await.unwrap_err();
    assert_eq!((failure.attempts, script.count()), (Some(1), 1));
    let script = Script::new([Do::FailAfter(ms(30), FailureKind::Handler)]);
    let failure = run(&hedged(&Registry::with_builtins(), json!({"after_ms": 20}), &script), call()).await.unwrap_err();
    assert_eq!((failure.attempts, script.count()), (Some(2), 2));
}

#[test]
fn a_stage_that_does_not_say_it_may_be_called_twice_is_refused() {
    let registry = Registry::with_builtins();
    let cx = PluginContext::new("s", PROGRAM);
    let refused = |options: Value| registry.layer(&uses(json!([{ "hedge": options }]))[0], &cx).map(drop);
    assert_eq!(refused(json!({})).unwrap_err().code(), "R2007");
    assert_eq!(refused(json!({"idempotent_only": false})), Ok(()));
}
