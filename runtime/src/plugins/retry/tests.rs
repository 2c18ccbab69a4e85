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

/// A failure with a status, which says of itself that another attempt does not help.
fn status(status: i32) -> Do {
    Do::FailWith(StageFailure::handler(format!("status {status}")).retryable(false).with_status(status))
}

fn says(message: &str) -> Do {
    Do::FailWith(StageFailure::handler(message).retryable(false))
}

#[tokio::test(start_paused = true)]
async fn the_contextforge_preset_has_a_policy_for_each_status_and_message() {
    for (step, gaps) in [
        (status(429), vec![1_000, 2_000, 4_000, 8_000, 16_000]),
        (status(500), vec![500, 1_000, 2_000]),
        (status(502), vec![1_000, 2_000, 3_000]),
        (status(503), vec![2_000, 4_000, 5_000, 5_000, 5_000]),
        (status(504), vec![3_000, 3_000]),
        (status(404), vec![]),
        (status(418), vec![]),
        (says("Read TIMEOUT after 3 s"), vec![2_000, 4_000, 5_000]),
        (says("Connection was reset by peer"), vec![1_000, 2_000]),
        (says("temporary DNS failure"), vec![500, 1_000, 2_000, 4_000]),
        (says("connection refused"), vec![200, 400]),
        (says("bad input"), vec![]),
        (Do::Fail(FailureKind::CircuitOpen), vec![]),
    ] {
        let script = Script::new([step.clone()]);
        retried(json!({"preset": "contextforge", "jitter": "none"}), &script).await.unwrap_err();
        assert_eq!(script.gaps(), gaps, "{step:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn each_option_comes_from_the_first_policy_that_says_it() {
    let policies = json!({
        "max_retries": 9, "strategy": "fixed", "base_ms": 1,
        "stage_policies": {"s": {"max_retries": 2}, "other": {"max_retries": 7, "base_ms": 7}},
        "status_policies": {"500": {"max_retries": 5, "strategy": "linear"}},
        "error_patterns": [{"pattern": "nothing"}, {"pattern": "stat.s", "base_ms": 30, "strategy": "exponential"}],
    });
    let script = Script::new([status(500)]);
    retried(policies, &script).await.unwrap_err();
    // From the stage how often, from the status how the waits grow, from the message the first of them.
    assert_eq!(script.gaps(), [30, 60]);
}

#[tokio::test(start_paused = true)]
async fn a_status_that_is_never_retried_overrules_everything_else() {
    let options = json!({"retry_on": ["handler"], "never_retry_status": [500], "status_policies": {"500": {}}});
    let script = Script::new([status(500)]);
    assert_eq!(retried(options, &script).await.unwrap_err().kind, FailureKind::Handler);
    assert_eq!(script.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_stage_policy_may_have_statuses_of_its_own() {
    let options =
        json!({"retry_on_status": [500], "stage_policies": {"s": {"retry_on_status": [409]}}, "max_retries": 1});
    for (number, calls) in [(409, 2), (500, 1)] {
        let script = Script::new([status(number)]);
        retried(options.clone(), &script).await.unwrap_err();
        assert_eq!(script.count(), calls, "{number}");
    }
}

#[tokio::test(start_paused = true)]
async fn timeouts_and_lost_connections_are_retried_as_told() {
    for (options, step, calls) in [
        (json!({"retry_on_timeout": false}), Do::Fail(FailureKind::Timeout), 1),
        (json!({"retry_on_timeout": true, "max_retries": 1}), Do::Fail(FailureKind::Deadline), 2),
        (json!({"retry_on_connection_error": true, "max_retries": 1}), says("broken pipe"), 2),
        (json!({"max_retries": 1}), says("broken pipe"), 1),
    ] {
        let script = Script::new([step]);
        retried(options, &script).await.unwrap_err();
        assert_eq!(script.count(), calls);
    }
}

#[tokio::test(start_paused = true)]
async fn results_that_are_not_wanted_are_retried_and_the_last_one_counts() {
    let script = Script::new([Do::Return("pending"), Do::Return("pending"), Do::Return("done")]);
    let output = retried(json!({"retry_on_result": ["pending"]}), &script).await.unwrap();
    assert_eq!((output.result.to_serde(), output.attempts), (json!("done"), Some(3)));
    let script = Script::new([Do::Return("pending")]);
    let options = json!({"retry_on_result": [null, "pending"], "max_retries": 1});
    let output = retried(options, &script).await.unwrap();
    assert_eq!((output.result.to_serde(), script.count()), (json!("pending"), 2));
    let script = Script::new([Do::Return("pending")]);
    let options = json!({"retry_on_result": ["pending"], "max_retries": 1, "on_exhausted": "error"});
    let failure = retried(options, &script).await.unwrap_err();
    assert_eq!((failure.kind, failure.attempts), (FailureKind::RetryExhausted, Some(2)));
}

#[tokio::test(start_paused = true)]
async fn predicates_of_the_host_decide_over_lists() {
    let registry = Registry::with_builtins();
    registry.predicate("odd", |outcome| outcome.is_err_and(|failure| failure.message.contains("odd")));
    registry.predicate("pending", |outcome| outcome.is_ok_and(|output| output.result.to_json().contains("pending")));
    registry.predicate("last", |outcome| match outcome {
        Ok(output) => output.result == "pending, last".into(),
        Err(failure) => failure.message == "odd, last",
    });
    let fails = |message: &str| Do::FailWith(StageFailure::handler(message));
    let all = json!({"retry_if": "odd", "retry_result_if": "pending", "abort_if": "last", "base_ms": 1});
    for (steps, count) in [
        (vec![fails("odd"), fails("even"), Do::Return("ok")], 2),
        (vec![fails("odd"), fails("odd, last"), Do::Return("ok")], 2),
        (vec![Do::Return("pending"), Do::Return("pending"), Do::Return("ok")], 3),
        (vec![Do::Return("pending"), Do::Return("pending, last"), Do::Return("ok")], 2),
        // The lists come first: what will not pass is not retried because a predicate likes it.
        (vec![says("odd"), Do::Return("ok")], 1),
    ] {
        let script = Script::new(steps.clone());
        let service = stack(&registry, json!([{ "retry": all }]), script.service());
        _ = run(&service, call()).await;
        assert_eq!(script.count(), count, "{steps:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn calls_and_retries_are_counted_on_every_path() {
    let registry = Registry::with_builtins();
    let script = Script::new([FAIL, Do::Return("ok"), Do::Return("ok"), FAIL, FAIL, status(400)]);
    let list = json!([{"retry": {"max_retries": 1, "never_retry_status": [400]}}]);
    let service = stack(&registry, list, script.service());
    for _ in 0..4 {
        _ = run(&service, call()).await;
    }
    let figures = registry.retries("s").unwrap();
    assert_eq!((figures.calls, figures.successes, figures.failures), (4, 2, 2));
    assert_eq!((figures.retries, figures.given_up), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn a_budget_lets_a_share_of_the_calls_be_retried() {
    let registry = Registry::with_builtins();
    let script = Script::new([FAIL]);
    let list = json!([{"retry": {"max_retries": 1, "base_ms": 1, "budget_percent": 25, "budget_burst": 2}}]);
    let service = stack(&registry, list, script.service());
    let mut exhausted = 0;
    for _ in 0..20 {
        let failure = run(&service, call()).await.unwrap_err();
        exhausted += usize::from(failure.kind == FailureKind::BudgetExhausted);
    }
    // The two at first, less what the first calls could not add to them, and one for every four calls.
    assert_eq!(exhausted, 20 - (script.count() - 20));
    assert_eq!(script.count() - 20, 6);
}

#[tokio::test(start_paused = true)]
async fn advice_is_given_instead_of_a_retry() {
    let script = Script::new([Do::FailWith(StageFailure::handler("down").with_status(503))]);
    let options =
        json!({"mode": "annotate", "preset": "contextforge", "jitter": "none", "annotate": {"policy": false}});
    let list = json!([{ "retry": options }, "circuit_breaker"]);
    let service = stack(&Registry::with_builtins(), list, script.service());
    let failure = run(&service, call()).await.unwrap_err();
    assert_eq!((failure.kind, script.count()), (FailureKind::Handler, 1));
    let advice: serde_json::Value = serde_json::from_str(failure.marks.retry.as_deref().unwrap()).unwrap();
    assert_eq!(advice["next_retry_time"], "1970-01-01T00:00:02Z");
    assert_eq!(
        (&advice["retry"], &advice["wait_ms"], &advice["attempt_count"]),
        (&json!(true), &json!(2_000), &json!(1))
    );
    assert_eq!((&advice["circuit_breaker_state"], advice.get("policy")), (&json!("closed"), None));
}

#[tokio::test(start_paused = true)]
async fn advice_says_when_a_retry_would_not_help_and_names_the_policy() {
    let script = Script::new([status(404)]);
    let failure = retried(json!({"mode": "annotate", "preset": "contextforge"}), &script).await.unwrap_err();
    let advice: serde_json::Value = serde_json::from_str(failure.marks.retry.as_deref().unwrap()).unwrap();
    assert_eq!((&advice["retry"], &advice["next_retry_time"]), (&json!(false), &json!(null)));
    assert_eq!(advice["policy"]["base_ms"], 200);
}

#[test]
fn what_cannot_be_meant_is_refused_when_the_program_is_loaded() {
    let cx = crate::plugins::PluginContext::new("s", [0; 32]);
    let registry = Registry::with_builtins();
    let code = |options: serde_json::Value| {
        let uses = crate::plugins::tests::uses(json!([{ "retry": options }]));
        registry.layer(&uses[0], &cx).map(drop).unwrap_err().code()
    };
    assert_eq!(code(json!({"error_patterns": [{"pattern": "("}]})), "R2002");
    assert_eq!(code(json!({"abort_on": ["nothing"]})), "R2002");
    assert_eq!(code(json!({"idempotent_only": true})), "R2007");
    assert_eq!(code(json!({"abort_if": "nobody"})), "R2002");
}
