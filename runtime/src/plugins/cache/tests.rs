use super::*;
use crate::plugins::tests::{Do, PROGRAM, Script, call_on, ms, run, service, stack, state};
use crate::plugins::{PluginContext, Registry, compose};
use crate::{FailureKind, LogLevel, LogLine, OwnedValue, StageCall, StageService, Write, handler_fn};
use cascata_config::PluginUse;
use cascata_vm::{Segment, StageId};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::Instant;

const HOUR: Duration = Duration::from_secs(3_600);

fn on(event: Value) -> StageCall {
    call_on(event, HOUR)
}

/// A service that counts its calls in its results.
fn counting() -> (StageService, Arc<AtomicU64>) {
    let count = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&count);
    let service = service(handler_fn(move |_| {
        let call = counter.fetch_add(1, Ordering::Relaxed) + 1;
        async move {
            let mut output = StageOutput::new(i64::try_from(call).unwrap()).with_confidence(0.5);
            output.data = Some(r#"{"k": 1}"#.to_owned());
            output.writes = vec![Write { path: vec![Segment::Key("w".to_owned())], json: "1".to_owned() }];
            output.fuel = Some(10);
            output.memory_bytes = Some(64);
            output.logs = vec![LogLine { level: LogLevel::Info, message: "ran".to_owned() }];
            Ok(output)
        }
    }));
    (service, count)
}

fn cached(options: Value, cx: &PluginContext) -> (StageService, Registry) {
    let registry = Registry::with_builtins();
    let list: Vec<PluginUse> = serde_json::from_value(json!([{ "cache": options }])).unwrap();
    (compose(&registry, &list, counting().0, cx).unwrap(), registry)
}

fn cx() -> PluginContext {
    PluginContext::new("s", PROGRAM)
}

async fn number(service: &StageService, call: StageCall) -> i64 {
    match run(service, call).await.unwrap().result {
        OwnedValue::Int(number) => number,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_hit_keeps_what_was_decided_and_says_how_old_it_is() {
    let (service, registry) = cached(json!({}), &cx());
    let first = run(&service, on(json!({"a": 1}))).await.unwrap();
    assert_eq!(first.cached, None);
    tokio::time::advance(ms(1_500)).await;
    let second = run(&service, on(json!({"a": 1}))).await.unwrap();
    assert_eq!(second.cached, Some(ms(1_500)));
    assert_eq!(
        (&second.result, &second.confidence, &second.data, &second.writes),
        (&first.result, &first.confidence, &first.data, &first.writes)
    );
    assert_eq!((second.fuel, second.memory_bytes, second.logs.len()), (None, None, 0));
    let figures = registry.cache("s").unwrap();
    assert_eq!((figures.hits, figures.misses, figures.entries, figures.evictions), (1, 1, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_result_is_served_until_just_before_its_time_is_over() {
    let (service, _registry) = cached(json!({"ttl_seconds": 2}), &cx());
    assert_eq!(number(&service, on(json!({}))).await, 1);
    tokio::time::advance(ms(1_999)).await;
    assert_eq!(number(&service, on(json!({}))).await, 1);
    tokio::time::advance(ms(1)).await;
    assert_eq!(number(&service, on(json!({}))).await, 2);
}

#[tokio::test(start_paused = true)]
async fn with_no_time_to_live_nothing_is_served() {
    let (service, registry) = cached(json!({"ttl_seconds": 0}), &cx());
    assert_eq!(number(&service, on(json!({}))).await, 1);
    assert_eq!(number(&service, on(json!({}))).await, 2);
    assert_eq!(registry.cache("s").unwrap().entries, 0);
}

#[tokio::test(start_paused = true)]
async fn of_too_many_results_the_one_unused_for_longest_leaves() {
    let (service, registry) = cached(json!({"max_entries": 2}), &cx());
    for (event, expected) in [(1, 1), (2, 2), (1, 1), (3, 3), (1, 1), (2, 4)] {
        assert_eq!(number(&service, on(json!({ "a": event }))).await, expected, "event {event}");
    }
    let figures = registry.cache("s").unwrap();
    assert_eq!((figures.entries, figures.evictions), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn failures_are_not_kept() {
    let script = Script::new([Do::Fail(FailureKind::Handler), Do::Return("ok")]);
    let service = stack(&Registry::with_builtins(), json!(["cache"]), script.service());
    run(&service, on(json!({}))).await.unwrap_err();
    run(&service, on(json!({}))).await.unwrap();
    run(&service, on(json!({}))).await.unwrap();
    assert_eq!(script.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_call_keeps_nothing() {
    let script = Script::new([Do::Hang, Do::Return("ok")]);
    let service = stack(&Registry::with_builtins(), json!(["cache"]), script.service());
    tokio::time::timeout(ms(5), run(&service, on(json!({})))).await.unwrap_err();
    assert_eq!(run(&service, on(json!({}))).await.unwrap().cached, None);
}

#[tokio::test(start_paused = true)]
async fn without_declared_fields_the_whole_event_and_all_results_count() {
    let (service, _registry) = cached(json!({}), &cx());
    let with = |result: Option<&str>| {
        let before = result.map(StageOutput::new);
        StageCall::new(state(json!({"a": 1}), before), StageId::new(1), 1, Instant::now() + HOUR)
    };
    assert_eq!(number(&service, with(None)).await, 1);
    assert_eq!(number(&service, with(Some("x"))).await, 2);
    assert_eq!(number(&service, with(Some("y"))).await, 3);
    // Every state of these tests has another time in `stages.before.time_ms`.
    assert_eq!(number(&service, with(Some("x"))).await, 2);
    assert_eq!(number(&service, on(json!({"a": 2}))).await, 4);
}

#[tokio::test(start_paused = true)]
async fn writes_count_beside_the_event_as_it_came() {
    let (service, _registry) = cached(json!({}), &cx());
    let write = |call: &mut StageCall, value: &str| {
        Arc::make_mut(&mut call.state).write(&[Segment::Key("a".to_owned())], value.to_owned()).unwrap();
    };
    assert_eq!(number(&service, on(json!({"a": 1}))).await, 1);
    let mut changed = on(json!({"a": 0}));
    write(&mut changed, "1");
    assert_eq!(number(&service, changed.clone()).await, 2, "the event was another before the write");
    assert_eq!(number(&service, changed.clone()).await, 2);
    write(&mut changed, "2");
    assert_eq!(number(&service, changed).await, 3);
}

#[tokio::test(start_paused = true)]
async fn with_declared_fields_only_they_count() {
    let path = |text: &str| text.split('.').map(|key| Segment::Key(key.to_owned())).collect::<Vec<_>>();
    let fields = vec![path("a.b"), path("stages.before"), path("list")];
    let (service, _registry) = cached(json!({}), &cx().with_reads(Reads::Fields(fields)));
    let first = on(json!({"a": {"b": 1, "c": 1}, "d": 1}));
    assert_eq!(number(&service, first.clone()).await, 1);
    assert_eq!(number(&service, on(json!({"a": {"b": 1, "c": 2}, "d": 2}))).await, 1);
    assert_eq!(number(&service, on(json!({"a": {"b": null}}))).await, 2, "null is not 1");
    assert_eq!(number(&service, on(json!({}))).await, 3, "a missing field is not null");
    assert_eq!(number(&service, on(json!({"a": {"b": 1.0}}))).await, 4, "1.0 is not 1");
    assert_eq!(number(&service, on(json!({"a": {"b": "1"}}))).await, 5, "text is not a number");
    let event = json!({"a": {"b": 1}});
    let before = || Some(StageOutput::new("x"));
    let with = |before| StageCall::new(state(event.clone(), before), StageId::new(1), 1, Instant::now() + HOUR);
    assert_eq!(number(&service, with(before())).await, 6);
    assert_eq!(number(&service, with(before())).await, 6, "the time a stage took plays no part");
    assert_eq!(number(&service, on(json!({"a": {"b": 1}, "list": [1, {"x": 1, "y": 2}]}))).await, 7);
    assert_eq!(number(&service, on(json!({"a": {"b": 1}, "list": [1, {"y": 2, "x": 1}]}))).await, 7);
    assert_eq!(number(&service, on(json!({"a": {"b": 1}, "list": [{"y": 2, "x": 1}, 1]}))).await, 8);
}

#[tokio::test(start_paused = true)]
async fn module_and_configuration_are_part_of_the_key() {
    let registry = Registry::with_builtins();
    let (inner, count) = counting();
    let list: Vec<PluginUse> = serde_json::from_value(json!(["cache"])).unwrap();
    let mut services = Vec::new();
    for (module, configuration) in [("m1", "{}"), ("m2", "{}"), ("m1", "{\"x\":1}"), ("m1", "{}")] {
        let cx = cx().with_module(module, configuration);
        services.push(compose(&registry, &list, inner.clone(), &cx).unwrap());
    }
    for service in &services {
        run(service, on(json!({}))).await.unwrap();
    }
    assert_eq!(count.load(Ordering::Relaxed), 3, "the last is the first again, and shares its results");
}

#[tokio::test(start_paused = true)]
async fn kept_results_survive_a_change_of_options_and_end_with_clear() {
    let registry = Registry::with_builtins();
    let (inner, count) = counting();
    let mut services = Vec::new();
    for (program, ttl) in [(1, 100), (2, 200)] {
        let list: Vec<PluginUse> = serde_json::from_value(json!([{"cache": {"ttl_seconds": ttl}}])).unwrap();
        services.push(compose(&registry, &list, inner.clone(), &PluginContext::new("s", [program; 32])).unwrap());
        run(&services[services.len() - 1], on(json!({}))).await.unwrap();
    }
    assert_eq!(count.load(Ordering::Relaxed), 1);
    registry.clear_caches();
    run(&services[1], on(json!({}))).await.unwrap();
    assert_eq!(count.load(Ordering::Relaxed), 2);
}

#[tokio::test(start_paused = true)]
async fn a_stage_with_a_clock_or_a_network_is_cached_only_when_told_so() {
    let registry = Registry::with_builtins();
    let impure = cx().with_impure(vec!["http".to_owned(), "clock".to_owned()]);
    let error = layer(&registry, &CacheOptions::default(), &impure).unwrap_err();
    assert_eq!(error.code(), "R2004");
    assert!(error.to_string().contains("http, clock"), "{error}");
    let mut options = CacheOptions::default();
    options.cacheable = true;
    let _ = layer(&registry, &options, &impure).unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_inner_hit_is_not_made_young_again_by_an_outer_cache() {
    let registry = Registry::with_builtins();
    let (inner, count) = counting();
    let list: Vec<PluginUse> =
        serde_json::from_value(json!([{"cache": {"ttl_seconds": 5}}, {"cache": {"ttl_seconds": 10}}])).unwrap();
    let service = compose(&registry, &list, inner, &cx()).unwrap();
    run(&service, on(json!({}))).await.unwrap();
    for (seconds, age) in [(6, 6), (3, 9)] {
        tokio::time::advance(Duration::from_secs(seconds)).await;
        let output = run(&service, on(json!({}))).await.unwrap();
        assert_eq!(output.cached, Some(Duration::from_secs(age)));
    }
    tokio::time::advance(Duration::from_secs(1)).await;
    run(&service, on(json!({}))).await.unwrap();
    assert_eq!(count.load(Ordering::Relaxed), 2);
}

#[tokio::test(start_paused = true)]
async fn a_result_in_its_stale_time_is_served_while_a_new_one_is_made() {
    let (handler, count) = counting();
    let service =
        stack(&Registry::with_builtins(), json!([{"cache": {"ttl_seconds": 10, "stale_seconds": 10}}]), handler);
    run(&service, on(json!({}))).await.unwrap();
    tokio::time::advance(Duration::from_secs(15)).await;
    for _ in 0..3 {
        let stale = run(&service, on(json!({}))).await.unwrap();
        assert_eq!((stale.cached, stale.marks.stale), (Some(Duration::from_secs(15)), true));
    }
    tokio::task::yield_now().await;
    assert_eq!(count.load(Ordering::SeqCst), 2, "one new result for three calls");
    let fresh = run(&service, on(json!({}))).await.unwrap();
    assert_eq!((fresh.cached, fresh.marks.stale), (Some(Duration::ZERO), false));
    tokio::time::advance(Duration::from_secs(20)).await;
    assert_eq!(run(&service, on(json!({}))).await.unwrap().cached, None);
}

#[tokio::test(start_paused = true)]
async fn failures_that_would_come_again_are_kept_for_their_own_time() {
    for (options, kind, kept) in [
        (json!({"negative_ttl_seconds": 5}), FailureKind::BadOutput, true),
        (json!({"negative_ttl_seconds": 5}), FailureKind::Timeout, false),
        (json!({"negative_ttl_seconds": 5}), FailureKind::CircuitOpen, false),
        (json!({"negative_ttl_seconds": 5, "negative_on": ["timeout"]}), FailureKind::Timeout, true),
        (json!({}), FailureKind::BadOutput, false),
    ] {
        let script = Script::new([Do::Fail(kind)]);
        let service = stack(&Registry::with_builtins(), json!([{ "cache": options }]), script.service());
        for _ in 0..2 {
            assert_eq!(run(&service, on(json!({}))).await.unwrap_err().kind, kind);
        }
        assert_eq!(script.count(), if kept { 1 } else { 2 }, "{options} {kind}");
        tokio::time::advance(Duration::from_secs(6)).await;
        run(&service, on(json!({}))).await.unwrap_err();
        assert_eq!(script.count(), if kept { 2 } else { 3 });
    }
}

#[tokio::test(start_paused = true)]
async fn a_spelling_that_was_met_before_has_the_key_of_its_values() {
    let script = Script::new([Do::Return("ok")]);
    let service = stack(&Registry::with_builtins(), json!(["cache"]), script.service());
    let on = |event: &str| crate::testing::call_on(event, &["s"]).unwrap();
    // Twice each: the second time its key is known by its spelling.
    for spelled in [r#"{"a":1,"b":"x"}"#, r#"{ "b": "\u0078", "a": 1 }"#, r#"{"a":1,"b":"x"}"#] {
        run(&service, on(spelled)).await.unwrap();
        run(&service, on(spelled)).await.unwrap();
    }
    assert_eq!(script.count(), 1);
    for other in [r#"{"a":1.0,"b":"x"}"#, r#"{"a":1,"b":"x","c":null}"#, r#"{"a":1,"b":"xx"}"#] {
        run(&service, on(other)).await.unwrap();
        run(&service, on(other)).await.unwrap();
    }
    assert_eq!(script.count(), 4);
}
