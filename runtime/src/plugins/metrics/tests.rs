use crate::FailureKind;
use crate::plugins::tests::{Do, Script, call, call_on, ms, panicking_service, panics, run, stack};
use crate::plugins::{MetricsSnapshot, Registry};
use serde_json::json;

#[test]
fn without_calls_every_figure_is_zero() {
    let registry = Registry::with_builtins();
    let _service = stack(&registry, json!(["metrics"]), Script::new([Do::Return("ok")]).service());
    assert_eq!(registry.metrics("s"), Some(MetricsSnapshot::default()));
    assert_eq!(registry.metrics("other"), None);
}

#[tokio::test(start_paused = true)]
async fn calls_errors_and_time_add_up() {
    let script = Script::new([
        Do::Return("ok"),
        Do::Fail(FailureKind::Handler),
        Do::Fail(FailureKind::Deadline),
        Do::Fail(FailureKind::Rejected),
    ]);
    let registry = Registry::with_builtins();
    let service = stack(&registry, json!(["metrics"]), script.service());
    for _ in 0..4 {
        let _ = run(&service, call()).await;
    }
    let metrics = registry.metrics("s").unwrap();
    assert_eq!((metrics.count, metrics.errors, metrics.timeouts, metrics.rejections), (4, 3, 1, 1));
    assert_eq!(metrics.success_rate, 25.0);
}

#[tokio::test(start_paused = true)]
async fn time_runs_from_the_call_to_its_end() {
    let script = Script::new([Do::Fail(FailureKind::Handler), Do::Return("ok")]);
    let registry = Registry::with_builtins();
    let service = stack(&registry, json!(["metrics", {"retry": {"base_ms": 250}}]), script.service());
    run(&service, call()).await.unwrap();
    run(&service, call()).await.unwrap();
    let metrics = registry.metrics("s").unwrap();
    assert_eq!((metrics.total_time_ms, metrics.avg_time_ms), (250.0, 125.0));
}

#[tokio::test(start_paused = true)]
async fn a_call_dropped_at_its_deadline_is_a_timeout_and_one_dropped_before_is_cancelled() {
    let registry = Registry::with_builtins();
    let service = stack(&registry, json!(["metrics"]), Script::new([Do::Hang]).service());
    for (budget, limit) in [(100, 100), (100, 40)] {
        tokio::time::timeout(ms(limit), run(&service, call_on(json!({}), ms(budget)))).await.unwrap_err();
    }
    let metrics = registry.metrics("s").unwrap();
    assert_eq!((metrics.count, metrics.errors, metrics.timeouts, metrics.cancelled), (2, 1, 1, 1));
    assert_eq!(metrics.total_time_ms, 140.0);
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_another_plugin_is_an_error() {
    let registry = Registry::with_builtins();
    let service = stack(&registry, json!(["metrics"]), panicking_service());
    assert!(panics(&service, call()).await);
    let task = service.clone();
    tokio::spawn(async move { run(&task, call()).await }).await.unwrap_err();
    let metrics = registry.metrics("s").unwrap();
    assert_eq!((metrics.errors, metrics.cancelled), (2, 0));
}
