use crate::plugins::Registry;
use crate::plugins::tests::{Do, Script, call, call_on, ms, record, run, stack};
use crate::{FailureKind, LogLevel, LogLine, StageFailure, StageOutput};
use serde_json::json;

const FAIL: Do = Do::Fail(FailureKind::Handler);

async fn retried(options: serde_json::Value, script: &Script) -> Result<StageOutput, StageFailure> {
    let service = stack(&Registry::with_builtins(), json!([{ "retry": options }]), script.service());
    run(&service, call()).await
}

#[tokio::test(start_paused = true)]
async fn a_success_is_not_retried_and_counts_one_attempt() {
    let script = Script::new([Do::Return("ok")]);
    let output = retried(json!({}), &script).await.unwrap();
    assert_eq!((output.attempts, script.count()), (Some(1), 1));
}

#[tokio::test(start_paused = true)]
async fn waits_double_until_a_call_succeeds() {
    let script = Script::new([FAIL, FAIL, FAIL, Do::Return("ok")]);
    let output = retried(json!({}), &script).await.unwrap();
    assert_eq!(output.attempts, Some(4));
    assert_eq!(script.gaps(), [100, 200, 400]);
    let attempts: Vec<u32> = script.calls.lock().unwrap().iter().map(|(_, call)| call.attempt).collect();
    assert_eq!(attempts, [1, 2, 3, 4]);
}

#[tokio::test(start_paused = true)]
async fn strategy_base_multiplier_and_cap_shape_the_waits() {
    for (options, gaps) in [
        (json!({"strategy": "linear", "base_ms": 10}), [10, 20, 30]),
        (json!({"strategy": "fixed", "base_ms": 10}), [10, 10, 10]),
        (json!({"multiplier": 3, "base_ms": 10}), [10, 30, 90]),
        (json!({"base_ms": 10, "cap_ms": 25}), [10, 20, 25]),
    ] {
        let script = Script::new([FAIL]);
        retried(options, &script).await.unwrap_err();
        assert_eq!(script.gaps(), gaps);
    }
}

#[tokio::test(start_paused = true)]
async fn the_last_error_is_returned_under_a_kind_that_says_why() {
    let script = Script::new([FAIL]);
    let failure = retried(json!({"max_retries": 2}), &script).await.unwrap_err();
    assert_eq!((failure.kind, failure.cause), (FailureKind::RetryExhausted, Some(FailureKind::Handler)));
    assert_eq!(failure.message, "failed: handler");
    assert_eq!((failure.attempts, script.count()), (Some(3), 3));
}

#[tokio::test(start_paused = true)]
async fn without_retries_the_failure_is_unchanged() {
    let script = Script::new([FAIL]);
    let failure = retried(json!({"max_retries": 0}), &script).await.unwrap_err();
    assert_eq!((failure.kind, failure.cause, failure.attempts), (FailureKind::Handler, None, Some(1)));
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_will_not_pass_ends_it_unchanged() {
    for kind in [FailureKind::Trapped, FailureKind::CircuitOpen, FailureKind::NoHandler, FailureKind::Rejected] {
        let script = Script::new([FAIL, Do::Fail(kind)]);
        let failure = retried(json!({}), &script).await.unwrap_err();
        assert_eq!((failure.kind, failure.attempts), (kind, Some(2)));
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_handler_says_of_its_failure_counts() {
    let final_error = StageFailure::handler("bad request").retryable(false);
    let script = Script::new([Do::FailWith(final_error)]);
    assert_eq!(retried(json!({}), &script).await.unwrap_err().attempts, Some(1));
}

#[tokio::test(start_paused = true)]
async fn retry_on_and_abort_on_choose_by_kind_and_abort_wins() {
    let script = Script::new([Do::Fail(FailureKind::Trapped)]);
    retried(json!({"retry_on": ["trapped"]}), &script).await.unwrap_err();
    assert_eq!(script.count(), 4);
    let script = Script::new([FAIL]);
    retried(json!({"retry_on": ["trapped"]}), &script).await.unwrap_err();
    assert_eq!(script.count(), 1);
    retried(json!({"retry_on": ["handler"], "abort_on": ["handler"]}), &script).await.unwrap_err();
    assert_eq!(script.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_hint_of_the_callee_replaces_the_wait_up_to_the_cap() {
    let busy = |wait| Do::FailWith(StageFailure::handler("busy").with_retry_after_ms(wait));
    let script = Script::new([busy(1_234), busy(0), busy(999_999), Do::Return("ok")]);
    retried(json!({"cap_ms": 5_000}), &script).await.unwrap();
    assert_eq!(script.gaps(), [1_234, 0, 5_000]);
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_would_outlast_the_budget_is_not_begun() {
    let script = Script::new([FAIL]);
    let service = stack(&Registry::with_builtins(), json!(["retry"]), script.service());
    // 100 + 200 are waited; 400 more would end at 700 exactly.
    let call = call_on(json!({}), ms(700));
    let began = tokio::time::Instant::now();
    let failure = run(&service, call).await.unwrap_err();
    assert_eq!((failure.kind, failure.cause), (FailureKind::BudgetExhausted, Some(FailureKind::Handler)));
    assert_eq!((failure.message.as_str(), failure.attempts), ("failed: handler", Some(3)));
    assert_eq!(began.elapsed(), ms(300));
}

#[tokio::test(start_paused = true)]
async fn one_attempt_may_have_a_time_limit_of_its_own() {
    let script = Script::new([Do::Hang, Do::Return("ok")]);
    let output = retried(json!({"attempt_timeout_ms": 50}), &script).await.unwrap();
    assert_eq!(output.attempts, Some(2));
    assert_eq!(script.gaps(), [150]);
    let calls = script.calls.lock().unwrap();
    assert_eq!(calls[0].1.deadline, calls[0].0 + ms(50));
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_runs_out_of_time_fails_as_a_timeout() {
    let script = Script::new([Do::Hang]);
    let failure = retried(json!({"attempt_timeout_ms": 50, "max_retries": 1}), &script).await.unwrap_err();
    assert_eq!(failure.cause, Some(FailureKind::Timeout));
    assert_eq!(failure.message, "attempt took longer than its 50 ms");
}

#[tokio::test(start_paused = true)]
async fn a_seed_makes_the_waits_repeat() {
    let mut runs = Vec::new();
    for seed in [1, 1, 2] {
        let script = Script::new([FAIL]);
        retried(json!({"jitter": "full", "seed": seed, "base_ms": 100_000, "cap_ms": 100_000}), &script)
            .await
            .unwrap_err();
        runs.push(script.gaps());
    }
    assert_eq!(runs[0], runs[1]);
    assert_ne!(runs[0], runs[2]);
}

#[tokio::test(start_paused = true)]
async fn decorrelated_waits_follow_one_another_within_their_bounds() {
    let script = Script::new([FAIL]);
    let options = json!({"jitter": "decorrelated", "seed": 3, "base_ms": 100, "cap_ms": 2_000, "max_retries": 20});
    retried(options, &script).await.unwrap_err();
    let gaps = script.gaps();
    assert!(gaps[0] >= 100 && gaps[0] <= 301);
    for pair in gaps.windows(2) {
        // A timer has whole milliseconds and rounds up.
        assert!(pair[1] >= 100 && pair[1] <= (3 * pair[0]).min(2_001), "{gaps:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn fuel_and_logs_of_failed_attempts_are_part_of_the_account() {
    let mut failed = StageFailure::handler("no");
    failed.fuel = Some(10);
    failed.memory_bytes = Some(4_096);
    failed.logs = vec![LogLine { level: LogLevel::Info, message: "first try".to_owned() }];
    let script = Script::new([Do::FailWith(failed.clone()), Do::FailWith(failed), Do::Return("ok")]);
    let output = retried(json!({}), &script).await.unwrap();
    assert_eq!((output.fuel, output.memory_bytes, output.logs.len()), (Some(20), Some(4_096), 2));
}

#[tokio::test(start_paused = true)]
async fn listeners_hear_of_retries_and_of_giving_up() {
    let registry = Registry::with_builtins();
    let events = record(&registry);
    let service = stack(&registry, json!([{"retry": {"max_retries": 1}}]), Script::new([FAIL]).service());
    run(&service, call()).await.unwrap_err();
    assert_eq!(
        *events.lock().unwrap(),
        [
            r#"RetryAttempted { stage: "s", retry: 1, wait: 100ms, kind: Handler, message: "failed: handler" }"#,
            r#"RetryExhausted { stage: "s", attempts: 2, reason: RetryExhausted, kind: Handler }"#,
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_dropped_call_makes_no_further_attempt() {
    let script = Script::new([FAIL]);
    let service = stack(&Registry::with_builtins(), json!(["retry"]), script.service());
    tokio::time::timeout(ms(50), run(&service, call())).await.unwrap_err();
    tokio::time::advance(ms(10_000)).await;
    assert_eq!(script.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_retried_where_the_options_say_so() {
    let registry = Registry::with_builtins();
    let options = json!([{"retry": {"retry_on": ["panicked"], "max_retries": 1}}]);
    let script = Script::new([Do::Panic, Do::Return("ok")]);
    let output = run(&stack(&registry, options, script.service()), call()).await.unwrap();
    assert_eq!((output.attempts, script.count()), (Some(2), 2));

    let script = Script::new([Do::Panic]);
    let service = stack(&registry, json!(["retry"]), script.service());
    assert_eq!(run(&service, call()).await.unwrap_err().kind, FailureKind::Panicked);
    assert_eq!(script.count(), 1);
}
