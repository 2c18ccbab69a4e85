use crate::FailureKind;
use crate::plugins::Registry;
use crate::plugins::tests::{Do, Script, call, call_on, ms, run, stack};
use serde_json::json;
use tokio::time::Instant;

#[tokio::test(start_paused = true)]
async fn a_call_that_takes_too_long_is_dropped_and_fails() {
    let script = Script::new([Do::Hang]);
    let service = stack(&Registry::with_builtins(), json!([{"timeout": {"timeout_ms": 50}}]), script.service());
    let began = Instant::now();
    let failure = run(&service, call()).await.unwrap_err();
    assert_eq!((failure.kind, failure.message.as_str()), (FailureKind::Timeout, "call took longer than its 50 ms"));
    assert_eq!(began.elapsed(), ms(50));
}

#[tokio::test(start_paused = true)]
async fn the_handler_is_told_the_deadline_that_comes_first() {
    let script = Script::new([Do::Return("ok")]);
    let service = stack(&Registry::with_builtins(), json!([{"timeout": {"timeout_ms": 50}}]), script.service());
    let began = Instant::now();
    run(&service, call()).await.unwrap();
    run(&service, call_on(json!({}), ms(20))).await.unwrap();
    let calls = script.calls.lock().unwrap();
    assert_eq!((calls[0].1.deadline - began, calls[1].1.deadline - began), (ms(50), ms(20)));
}

#[tokio::test(start_paused = true)]
async fn a_stage_may_have_a_limit_and_a_message_of_its_own() {
    let script = Script::new([Do::Hang]);
    let list = json!([{"timeout": {"timeout_ms": 50, "stages": {"s": 70, "other": 1}, "message": "too slow"}}]);
    let service = stack(&Registry::with_builtins(), list, script.service());
    let began = Instant::now();
    let failure = run(&service, call()).await.unwrap_err();
    assert_eq!((failure.message.as_str(), began.elapsed()), ("too slow", ms(70)));
}

#[tokio::test(start_paused = true)]
async fn behind_a_retry_it_bounds_every_attempt_and_before_one_all_of_them() {
    let retry = json!({"retry": {"max_retries": 2, "strategy": "fixed", "base_ms": 10}});
    let timeout = json!({"timeout": {"timeout_ms": 50}});
    for (list, calls, kind) in
        [(json!([retry, timeout]), 3, FailureKind::RetryExhausted), (json!([timeout, retry]), 1, FailureKind::Timeout)]
    {
        let script = Script::new([Do::Hang]);
        let service = stack(&Registry::with_builtins(), list, script.service());
        let failure = run(&service, call()).await.unwrap_err();
        assert_eq!((failure.kind, failure.root_kind(), script.count()), (kind, FailureKind::Timeout, calls));
    }
}

#[tokio::test(start_paused = true)]
async fn a_breaker_behind_it_counts_the_call_that_was_dropped() {
    let script = Script::new([Do::Hang]);
    let registry = Registry::with_builtins();
    let list = json!([{"timeout": {"timeout_ms": 50}}, {"circuit_breaker": {"failure_threshold": 1}}]);
    let service = stack(&registry, list, script.service());
    run(&service, call()).await.unwrap_err();
    let breaker = registry.breaker("s").unwrap().snapshot();
    assert_eq!((breaker.timeouts, breaker.transitions), (1, 1));
}
