use crate::plugins::tests::{Do, PROGRAM, Script, call, call_on, ms, record, run, service, stack, uses};
use crate::plugins::{Alternatives, BreakerState, PluginContext, Registry, compose};
use crate::testing::{ScriptedHandler, Step};
use crate::{FailureKind, StageCall, StageService, handler_fn};
use cascata_vm::StageId;
use serde_json::{Value, json};
use std::sync::Arc;

/// Stage `s` with plugins, beside stage `before` and the host's handler `spare`.
fn with_others(registry: &Registry, list: Value, inner: StageService) -> StageService {
    let mut others = Alternatives::default();
    let stage = ScriptedHandler::returning(json!({"result": "other", "data": {"by": "before"}}));
    others.stages.insert("before".to_owned(), (StageId::new(0), Arc::new(stage)));
    others.stages.insert(
        "broken".to_owned(),
        (StageId::new(0), Arc::new(ScriptedHandler::new(vec![Step::Raise("broken".to_owned())]))),
    );
    let named = handler_fn(|call: StageCall| async move { Ok(crate::StageOutput::new(call.stage_name())) });
    others.handlers.insert("spare".to_owned(), Arc::new(named));
    let cx = PluginContext::new("s", PROGRAM).with_alternatives(Arc::new(others));
    compose(registry, &uses(list), inner, &cx).unwrap()
}

const FAIL: Do = Do::Fail(FailureKind::Handler);

#[tokio::test]
async fn a_value_stands_in_for_a_failure_and_is_marked() {
    let registry = Registry::with_builtins();
    let events = record(&registry);
    let list = json!([{"fallback": {"value": {"result": "review", "confidence": 0.1, "data": {"why": "down"}}}}]);
    let output = run(&with_others(&registry, list, Script::new([FAIL]).service()), call()).await.unwrap();
    assert_eq!(output.result.to_serde(), json!("review"));
    assert_eq!(output.data.as_deref(), Some(r#"{"why":"down"}"#));
    assert!(output.marks.degraded);
    let events = events.lock().unwrap();
    assert!(events[0].contains("Degraded") && events[0].contains("value"), "{events:?}");
}

#[tokio::test]
async fn a_success_passes_untouched() {
    let list = json!([{"fallback": {"value": "review"}}]);
    let service = with_others(&Registry::with_builtins(), list, Script::new([Do::Return("ok")]).service());
    let output = run(&service, call()).await.unwrap();
    assert_eq!((output.result.to_serde(), output.marks.degraded), (json!("ok"), false));
}

#[tokio::test]
async fn steps_are_tried_in_order_until_one_gives_a_result() {
    for (steps, result) in [
        (json!([{"stage": "broken"}, {"stage": "before"}, {"value": 1}]), json!("other")),
        (json!([{"handler": "spare"}]), json!("s")),
        (json!([]), json!(null)),
    ] {
        let list = json!([{"fallback": {"steps": steps}}]);
        let service = with_others(&Registry::with_builtins(), list, Script::new([FAIL]).service());
        assert_eq!(run(&service, call()).await.unwrap().result.to_serde(), result);
    }
}

#[tokio::test]
async fn the_failure_of_the_last_step_is_the_one_that_is_seen() {
    let list = json!([{"fallback": {"stage": "broken"}}]);
    let service = with_others(&Registry::with_builtins(), list, Script::new([FAIL]).service());
    assert_eq!(run(&service, call()).await.unwrap_err().message, "broken");
}

#[tokio::test(start_paused = true)]
async fn only_the_kinds_it_names_are_stood_in_for_also_behind_a_retry() {
    let registry = Registry::with_builtins();
    let list = json!([{"fallback": {"value": "late", "kinds": ["timeout"]}}, {"retry": {"max_retries": 1}}]);
    let service = with_others(&registry, list, Script::new([Do::Fail(FailureKind::Timeout)]).service());
    let output = run(&service, call()).await.unwrap();
    assert_eq!((output.result.to_serde(), output.attempts), (json!("late"), Some(2)));
    let list = json!([{"fallback": {"value": "late", "kinds": ["timeout"]}}]);
    let service = with_others(&registry, list, Script::new([FAIL]).service());
    assert_eq!(run(&service, call()).await.unwrap_err().kind, FailureKind::Handler);
}

#[tokio::test(start_paused = true)]
async fn a_breaker_and_a_limit_have_steps_for_what_they_reject() {
    let registry = Registry::with_builtins();
    let list = json!([{"circuit_breaker": {"failure_threshold": 1, "fallback": [{"value": "open"}]}}]);
    let service = with_others(&registry, list, Script::new([FAIL]).service());
    assert_eq!(run(&service, call()).await.unwrap_err().kind, FailureKind::Handler, "closed: the failure is seen");
    let output = run(&service, call()).await.unwrap();
    assert_eq!((output.result.to_serde(), output.marks.breaker), (json!("open"), Some(BreakerState::Open)));

    let list = json!([{"rate_limit": {"rate": 1, "on_limit": "fallback", "fallback": [{"value": "later"}]}}]);
    let service = with_others(&registry, list, Script::new([Do::Return("ok")]).service());
    run(&service, call()).await.unwrap();
    assert_eq!(run(&service, call()).await.unwrap().result.to_serde(), json!("later"));
}

#[tokio::test]
async fn a_step_that_leads_nowhere_is_an_error_when_the_program_is_loaded() {
    for step in [json!({"stage": "nobody"}), json!({"handler": "nobody"})] {
        let list = uses(json!([{ "fallback": step }]));
        let cx = PluginContext::new("s", PROGRAM);
        let inner = Script::new([FAIL]).service();
        let error = compose(&Registry::with_builtins(), &list, inner, &cx).map(drop).unwrap_err();
        assert_eq!(error.code(), "R2006");
    }
}

#[tokio::test(start_paused = true)]
async fn a_degraded_result_is_not_kept_by_a_cache() {
    let script = Script::new([FAIL, Do::Return("ok")]);
    let service =
        stack(&Registry::with_builtins(), json!(["cache", {"fallback": {"value": "late"}}]), script.service());
    let results = [run(&service, call()).await.unwrap(), run(&service, call()).await.unwrap()];
    assert_eq!(results.map(|output| output.result.to_serde()), [json!("late"), json!("ok")]);
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_panics_in_a_step_is_a_failure_of_that_step() {
    let panicking = handler_fn(|_: StageCall| async { panic!("no") });
    let mut others = Alternatives::default();
    others.handlers.insert("bad".to_owned(), Arc::new(panicking));
    let cx = PluginContext::new("s", PROGRAM).with_alternatives(Arc::new(others));
    let list = uses(json!([{"fallback": {"handler": "bad"}}]));
    let failing = service(ScriptedHandler::new(vec![Step::Raise("down".to_owned())]));
    let service = compose(&Registry::with_builtins(), &list, failing, &cx).unwrap();
    assert_eq!(run(&service, call_on(json!({}), ms(100))).await.unwrap_err().kind, FailureKind::Panicked);
}

/// The chain by the book: what a call comes to whose handler fails, given what its steps are. None: a failure.
fn chain(kinds: &[&str], steps: &[&str]) -> (Option<Value>, Option<&'static str>) {
    if !kinds.contains(&"handler") {
        return (None, Some("failed: handler"));
    }
    for step in steps {
        match *step {
            "value" => return (Some(json!(7)), None),
            "before" => return (Some(json!("other")), None),
            "spare" => return (Some(json!("s")), None),
            _ => {}
        }
    }
    (None, Some("broken"))
}

proptest::proptest! {
    #[test]
    fn chains_follow_the_model(
        steps in proptest::collection::vec(proptest::sample::select(vec!["value", "before", "broken", "broken", "spare"]), 1..5),
        kinds in proptest::sample::subsequence(vec!["handler", "timeout", "trapped"], 1..=3),
    ) {
        let (result, message) = chain(&kinds, &steps);
        let listed: Vec<Value> = steps.iter().map(|step| match *step {
            "value" => json!({"value": 7}),
            "spare" => json!({"handler": "spare"}),
            stage => json!({"stage": stage}),
        }).collect();
        let list = json!([{"fallback": {"steps": listed, "kinds": kinds}}]);
        let service = with_others(&Registry::with_builtins(), list, Script::new([FAIL]).service());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let outcome = runtime.block_on(async { run(&service, call()).await });
        let degraded = outcome.as_ref().is_ok_and(|output| output.marks.degraded);
        assert_eq!(degraded, result.is_some());
        assert_eq!(outcome.as_ref().err().map(|failure| failure.message.as_str()), message);
        assert_eq!(outcome.ok().map(|output| output.result.to_serde()), result);
    }
}
