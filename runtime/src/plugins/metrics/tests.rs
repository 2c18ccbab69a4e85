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

#[tokio::test(start_paused = true)]
async fn times_are_counted_in_classes_that_double() {
    let script =
        Script::new([Do::FailAfter(ms(3), FailureKind::Handler), Do::FailAfter(ms(100), FailureKind::Handler)]);
    let registry = Registry::with_builtins();
    let service = stack(&registry, json!(["metrics"]), script.service());
    assert_eq!(registry.metrics("s").unwrap().quantile_ms(0.5), 0.0);
    for _ in 0..4 {
        run(&service, call()).await.unwrap_err();
    }
    let figures = registry.metrics("s").unwrap();
    // 3 ms are less than 4096 microseconds, 100 ms less than 131072.
    assert_eq!((figures.histogram[12], figures.histogram[17]), (1, 3));
    assert_eq!((figures.quantile_ms(0.25), figures.quantile_ms(0.99)), (4.096, 131.072));
}
