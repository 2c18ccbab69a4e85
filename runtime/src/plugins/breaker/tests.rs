use super::*;
use crate::plugins::Registry;
use crate::plugins::tests::{Do, Script, call, call_on, ms, panicking_service, panics, record, run, stack};
use cascata_config::CircuitBreakerOptions;
use serde_json::json;

const FAIL: Do = Do::Fail(FailureKind::Handler);

fn breaker(options: serde_json::Value) -> Arc<CircuitBreaker> {
    let options: CircuitBreakerOptions = serde_json::from_value(options).unwrap();
    Arc::new(CircuitBreaker::new("b", Settings::from(&options), Arc::default()))
}

#[tokio::test(start_paused = true)]
async fn a_breaker_opens_rejects_probes_and_closes() {
    let script = Script::new([FAIL, FAIL, Do::Return("ok")]);
    let registry = Registry::with_builtins();
    let events = record(&registry);
    let options = json!([{"circuit_breaker": {"failure_threshold": 2, "reset_timeout_ms": 1_000}}]);
    let service = stack(&registry, options, script.service());
    run(&service, call()).await.unwrap_err();
    run(&service, call()).await.unwrap_err();
    tokio::time::advance(ms(400)).await;
    let failure = run(&service, call()).await.unwrap_err();
    assert_eq!((failure.kind, failure.retryable), (FailureKind::CircuitOpen, false));
    assert_eq!(failure.message, "circuit breaker `s` is open; it lets a call through in 0.6 s");
    assert_eq!(failure.retry_after_ms, Some(600));
    assert_eq!(script.count(), 2);
    tokio::time::advance(ms(600)).await;
    run(&service, call()).await.unwrap();
    let breaker = registry.breaker("s").unwrap();
    assert_eq!(breaker.state(), BreakerState::Closed);
    let figures = breaker.snapshot();
    assert_eq!((figures.successes, figures.failures, figures.rejections, figures.transitions), (1, 2, 1, 3));
    let changes: Vec<_> = events
        .lock()
        .unwrap()
        .iter()
        .filter_map(|event| Some(event.split("to: ").nth(1)?.split(',').next()?.to_owned()))
        .collect();
    assert_eq!(changes, ["Open", "HalfOpen", "Closed"]);
}

#[tokio::test(start_paused = true)]
async fn a_failed_probe_opens_it_for_another_round() {
    let script = Script::new([FAIL]);
    let registry = Registry::with_builtins();
    let options = json!([{"circuit_breaker": {"failure_threshold": 1, "reset_timeout_seconds": 1}}]);
    let service = stack(&registry, options, script.service());
    for _ in 0..3 {
        assert_eq!(run(&service, call()).await.unwrap_err().kind, FailureKind::Handler);
        assert_eq!(run(&service, call()).await.unwrap_err().kind, FailureKind::CircuitOpen);
        tokio::time::advance(ms(1_000)).await;
    }
    assert_eq!(script.count(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_probe_gives_its_permit_back() {
    let script = Script::new([FAIL, Do::Hang, Do::Return("ok")]);
    let registry = Registry::with_builtins();
    let options = json!([{"circuit_breaker": {"failure_threshold": 1, "reset_timeout_ms": 10}}]);
    let service = stack(&registry, options, script.service());
    run(&service, call()).await.unwrap_err();
    tokio::time::advance(ms(10)).await;
    tokio::time::timeout(ms(5), run(&service, call())).await.unwrap_err();
    assert_eq!(registry.breaker("s").unwrap().state(), BreakerState::HalfOpen);
    run(&service, call()).await.unwrap();
    assert_eq!(registry.breaker("s").unwrap().state(), BreakerState::Closed);
    assert_eq!(registry.breaker("s").unwrap().snapshot().ignored, 1);
}

#[tokio::test(start_paused = true)]
async fn while_a_probe_runs_other_calls_are_rejected() {
    let script = Script::new([FAIL, Do::Hang]);
    let registry = Registry::with_builtins();
    let options = json!([{"circuit_breaker": {"failure_threshold": 1, "reset_timeout_ms": 0}}]);
    let service = stack(&registry, options, script.service());
    run(&service, call()).await.unwrap_err();
    let probe = service.clone();
    let probe = tokio::spawn(async move { run(&probe, call()).await });
    tokio::task::yield_now().await;
    let failure = tokio::time::timeout(ms(1), run(&service, call())).await.expect("it answers at once").unwrap_err();
    assert_eq!(failure.message, "circuit breaker `s` is half-open and all its probe calls are taken");
    assert_eq!(failure.retry_after_ms, None);
    probe.abort();
}

#[tokio::test(start_paused = true)]
async fn a_call_dropped_at_its_deadline_is_a_failure() {
    let registry = Registry::with_builtins();
    let options = json!([{"circuit_breaker": {"failure_threshold": 2}}]);
    let service = stack(&registry, options, Script::new([Do::Hang]).service());
    for _ in 0..2 {
        tokio::time::timeout(ms(30), run(&service, call_on(json!({}), ms(30)))).await.unwrap_err();
    }
    let figures = registry.breaker("s").unwrap().snapshot();
    assert_eq!((figures.state, figures.timeouts, figures.failures), (BreakerState::Open, 2, 2));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_the_whole_cascades_timeout_cut_short_does_not_count() {
    let registry = Registry::with_builtins();
    let options = json!([{"circuit_breaker": {"failure_threshold": 1}}]);
    let cut = || call_on(json!({}), ms(30)).bounded_by_cascade(true);
    let service = stack(&registry, options.clone(), Script::new([Do::Hang]).service());
    tokio::time::timeout(ms(30), run(&service, cut())).await.unwrap_err();
    // Neither does the failure of a handler that saw the deadline itself; before the deadline it is the handler's own.
    let script = Script::new([Do::FailAfter(ms(30), FailureKind::Deadline), Do::Fail(FailureKind::Deadline)]);
    let service = stack(&registry, options, script.service());
    run(&service, cut()).await.unwrap_err();
    let figures = registry.breaker("s").unwrap().snapshot();
    assert_eq!((figures.state, figures.timeouts, figures.ignored), (BreakerState::Closed, 0, 2));
    run(&service, cut()).await.unwrap_err();
    assert_eq!(registry.breaker("s").unwrap().state(), BreakerState::Open);
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_another_plugin_is_a_failure() {
    let registry = Registry::with_builtins();
    let options = json!([{"circuit_breaker": {"failure_threshold": 2}}]);
    let service = stack(&registry, options, panicking_service());
    assert!(panics(&service, call()).await);
    let task = service.clone();
    tokio::spawn(async move { run(&task, call()).await }).await.unwrap_err();
    assert_eq!(registry.breaker("s").unwrap().state(), BreakerState::Open);
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_the_handler_is_a_failure_like_others() {
    let registry = Registry::with_builtins();
    let options = json!([{"circuit_breaker": {"failure_threshold": 2}}]);
    let service = stack(&registry, options, Script::new([Do::Panic]).service());
    for _ in 0..2 {
        let failure = run(&service, call()).await.unwrap_err();
        assert_eq!(
            (failure.kind, failure.message.as_str()),
            (FailureKind::Panicked, "The handler panicked: the handler panics")
        );
    }
    assert_eq!(registry.breaker("s").unwrap().state(), BreakerState::Open);
}

#[tokio::test(start_paused = true)]
async fn ignored_kinds_do_not_count() {
    let registry = Registry::with_builtins();
    let options = json!([{"circuit_breaker": {"failure_threshold": 1, "ignore": ["stage_error"]}}]);
    let script = Script::new([Do::Fail(FailureKind::StageError), FAIL]);
    let service = stack(&registry, options, script.service());
    run(&service, call()).await.unwrap_err();
    assert_eq!(registry.breaker("s").unwrap().state(), BreakerState::Closed);
    run(&service, call()).await.unwrap_err();
    assert_eq!(registry.breaker("s").unwrap().state(), BreakerState::Open);
}

#[tokio::test(start_paused = true)]
async fn the_failure_rate_opens_it_within_its_window_only() {
    let registry = Registry::with_builtins();
    let options = json!([{"circuit_breaker": {
        "failure_threshold": 100, "failure_rate_threshold": 0.5, "window_ms": 6_000, "min_calls": 2
    }}]);
    let script = Script::new([FAIL, Do::Return("ok"), Do::Return("ok"), FAIL]);
    let service = stack(&registry, options, script.service());
    let _ = run(&service, call()).await;
    tokio::time::advance(ms(6_000)).await;
    for _ in 0..3 {
        let _ = run(&service, call()).await;
    }
    assert_eq!(registry.breaker("s").unwrap().state(), BreakerState::Closed, "1 failure of 3 in the window");
    let _ = run(&service, call()).await;
    assert_eq!(registry.breaker("s").unwrap().state(), BreakerState::Open, "2 of 4");
}

#[tokio::test(start_paused = true)]
async fn stages_that_name_one_breaker_share_it() {
    let registry = Registry::with_builtins();
    let list: Vec<cascata_config::PluginUse> =
        serde_json::from_value(json!([{"circuit_breaker": {"name": "db", "failure_threshold": 1}}])).unwrap();
    let build = |stage: &str, script: &Script| {
        let cx = crate::plugins::PluginContext::new(stage, [1; 32]);
        crate::plugins::compose(&registry, &list, script.service(), &cx).unwrap()
    };
    let (down, up) = (Script::new([FAIL]), Script::new([Do::Return("ok")]));
    let (first, second) = (build("a", &down), build("b", &up));
    run(&first, call()).await.unwrap_err();
    assert_eq!(run(&second, call()).await.unwrap_err().kind, FailureKind::CircuitOpen);
    registry.breaker("db").unwrap().reset();
    run(&second, call()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_host_can_hold_a_breaker_open_and_reset_it() {
    let registry = Registry::with_builtins();
    let script = Script::new([Do::Return("ok")]);
    let service = stack(&registry, json!(["circuit_breaker"]), script.service());
    let breaker = registry.breaker("s").unwrap();
    breaker.force_open();
    tokio::time::advance(ms(10_000_000)).await;
    let failure = run(&service, call()).await.unwrap_err();
    assert_eq!(failure.message, "circuit breaker `s` is held open until it is reset");
    assert_eq!((failure.retry_after_ms, breaker.state()), (None, BreakerState::ForcedOpen));
    breaker.reset();
    run(&service, call()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn code_outside_of_stages_guards_itself_with_permits() {
    let registry = Registry::with_builtins();
    let options: CircuitBreakerOptions = serde_json::from_value(json!({"failure_threshold": 1})).unwrap();
    let breaker = registry.breaker_or_create("db", &options);
    assert!(Arc::ptr_eq(&breaker, &registry.breaker_or_create("db", &CircuitBreakerOptions::default())));
    breaker.acquire().unwrap().success();
    drop(breaker.acquire().unwrap());
    breaker.acquire().unwrap().timeout();
    let rejection = breaker.acquire().unwrap_err();
    assert_eq!((rejection.state, rejection.retry_after), (BreakerState::Open, Some(ms(60_000))));
    let figures = registry.breakers().pop().unwrap().1;
    assert_eq!((figures.successes, figures.ignored, figures.failures, figures.timeouts), (1, 1, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn the_quiet_path_ends_with_the_first_failure_and_comes_back_with_a_success() {
    let breaker = breaker(json!({"failure_threshold": 2}));
    assert!(breaker.glance().calm().is_some());
    let early = breaker.acquire().unwrap();
    breaker.acquire().unwrap().failure();
    assert_eq!((breaker.glance().calm(), breaker.glance().closed()), (None, Some(0)));
    early.success();
    assert!(breaker.glance().calm().is_some());
    assert_eq!(breaker.snapshot().failures_in_a_row, 0);
}

#[test]
fn threads_never_hold_more_probes_than_there_are_permits() {
    use std::sync::atomic::AtomicUsize;
    let breaker = breaker(
        json!({"failure_threshold": 1, "reset_timeout_ms": 0, "half_open_max_calls": 2, "success_threshold": 1_000_000}),
    );
    breaker.acquire().unwrap().failure();
    let running = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for round in 0..5_000 {
                    let Ok(permit) = breaker.acquire() else { continue };
                    assert!(running.fetch_add(1, Ordering::SeqCst) < 2);
                    running.fetch_sub(1, Ordering::SeqCst);
                    if round % 2 == 0 {
                        permit.success()
                    } else {
                        permit.ignored()
                    };
                }
            });
        }
    });
    assert_eq!(breaker.state(), BreakerState::HalfOpen);
}

#[tokio::test(start_paused = true)]
async fn figures_tell_the_mean_time_and_how_long_ago_things_happened() {
    let registry = Registry::with_builtins();
    let breaker = registry.breaker_or_create("b", &cascata_config::CircuitBreakerOptions::default());
    let fresh = breaker.snapshot();
    assert_eq!((fresh.since_success_ms, fresh.since_failure_ms, fresh.since_transition_ms), (None, None, None));
    assert_eq!((fresh.avg_time_ms, fresh.total_time_ms), (0.0, 0.0));
    let ends = |took: u64, how: fn(crate::plugins::breaker::Permit) -> BreakerState| {
        let breaker = Arc::clone(&breaker);
        async move {
            let permit = breaker.acquire().unwrap();
            tokio::time::advance(ms(took)).await;
            how(permit)
        }
    };
    ends(10, crate::plugins::breaker::Permit::success).await;
    ends(40, crate::plugins::breaker::Permit::timeout).await;
    // What is ignored says nothing about time either.
    ends(1_000, crate::plugins::breaker::Permit::ignored).await;
    ends(70, crate::plugins::breaker::Permit::success).await;
    let figures = breaker.snapshot();
    assert_eq!((figures.avg_time_ms, figures.total_time_ms, figures.successes_in_a_row), (40.0, 120.0, 1));
    assert_eq!(
        (figures.since_success_ms, figures.since_failure_ms, figures.since_transition_ms),
        (Some(0), Some(1_070), None)
    );
    breaker.force_open();
    tokio::time::advance(ms(2_500)).await;
    assert_eq!(breaker.snapshot().since_transition_ms, Some(2_500));
    let text = registry.openmetrics();
    for line in [
        "cascata_breaker_call_seconds_total{name=\"b\"} 0.12",
        "cascata_breaker_since_seconds{name=\"b\",event=\"transition\"} 2",
    ] {
        assert!(text.lines().any(|there| there == line), "{line}\n{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_behind_a_wait_is_timed_from_when_it_was_made() {
    let registry = Registry::with_builtins();
    let script = Script::new([Do::Return("ok")]);
    // The second call waits its turn; neither plugin behind counts the wait, and the one in front does.
    let list = json!([
        {"metrics": {}}, {"throttle": {"rate": 1, "per_ms": 100}}, {"circuit_breaker": {}}, "metrics",
    ]);
    let service = stack(&registry, list, script.service());
    let both = [tokio::spawn(run_owned(service.clone())), tokio::spawn(run_owned(service.clone()))];
    for call in both {
        call.await.unwrap();
    }
    assert_eq!(registry.breaker("s").unwrap().snapshot().total_time_ms, 0.0);
    let times: Vec<f64> = registry.all_metrics().into_iter().map(|(_, figures)| figures.total_time_ms).collect();
    assert_eq!(times.iter().filter(|time| **time == 0.0).count(), 1, "{times:?}");
    assert_eq!(times.iter().filter(|time| **time >= 100.0).count(), 1, "{times:?}");
}

async fn run_owned(service: crate::StageService) {
    run(&service, call()).await.unwrap();
}
