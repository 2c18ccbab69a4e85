use crate::plugins::Registry;
use crate::plugins::faulty::Faulty;
use crate::plugins::tests::{Do, Script, call_on, ms, record, run, service, stack};
use crate::{FailureKind, OwnedValue, StageCall, StageOutput, StageService, handler_fn};
use cascata_store::{Bytes, Claim, Store};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);

fn order(id: &str) -> StageCall {
    call_on(json!({"order": {"id": id}}), HOUR)
}

/// A registry with a store called `shared`.
fn registry(store: &Arc<Faulty>) -> Registry {
    let registry = Registry::with_builtins();
    registry.give_store("shared", Arc::clone(store) as Arc<dyn Store>);
    registry
}

fn by_order(more: Value) -> Value {
    let mut options = json!({"key": "order.id", "store": "shared"});
    options.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!([{"idempotency": options}])
}

/// A handler that takes a while and says how the many-th run it is.
fn slow(runs: &Arc<AtomicU32>, takes: Duration) -> StageService {
    let runs = Arc::clone(runs);
    service(handler_fn(move |_: StageCall| {
        let run = runs.fetch_add(1, Ordering::SeqCst) + 1;
        async move {
            tokio::time::sleep(takes).await;
            Ok(StageOutput::new(i64::from(run)))
        }
    }))
}

#[tokio::test(start_paused = true)]
async fn a_key_runs_once_and_null_is_a_result() {
    let (store, runs) = (Arc::new(Faulty::default()), Arc::new(AtomicU32::new(0)));
    let registry = registry(&store);
    let events = record(&registry);
    let counted = Arc::clone(&runs);
    let null = service(handler_fn(move |_: StageCall| {
        counted.fetch_add(1, Ordering::SeqCst);
        std::future::ready(Ok(StageOutput::default()))
    }));
    let service = stack(&registry, by_order(json!({"ttl_seconds": 10})), null);
    let first = run(&service, order("a")).await.unwrap();
    let again = run(&service, order("a")).await.unwrap();
    assert_eq!((first.result, first.marks.replayed), (OwnedValue::Null, false));
    assert_eq!((again.result, again.marks.replayed, again.attempts), (OwnedValue::Null, true, Some(0)));
    let hit = events.lock().unwrap()[0].clone();
    assert!(hit.contains("Hit") && hit.contains("key: \"a\"") && hit.contains("operation: \"s\""), "{hit}");
    run(&service, order("b")).await.unwrap();
    assert_eq!(runs.load(Ordering::SeqCst), 2);
    tokio::time::advance(Duration::from_secs(11)).await;
    assert!(!run(&service, order("a")).await.unwrap().marks.replayed);
}

#[tokio::test(start_paused = true)]
async fn of_a_hundred_callers_in_two_processes_one_runs() {
    let (store, runs) = (Arc::new(Faulty::default()), Arc::new(AtomicU32::new(0)));
    let registries = [0, 1].map(|_| registry(&store));
    let services = registries.each_ref().map(|registry| stack(registry, by_order(json!({})), slow(&runs, ms(50))));
    let calls: Vec<_> = (0..100)
        .map(|at| {
            let service = services[at % 2].clone();
            tokio::spawn(async move { run(&service, order("a")).await.unwrap() })
        })
        .collect();
    let mut replays = 0;
    for call in calls {
        let output = call.await.unwrap();
        assert_eq!(output.result, OwnedValue::Int(1));
        replays += u32::from(output.marks.replayed);
    }
    assert_eq!((runs.load(Ordering::SeqCst), replays), (1, 99));
    let figures = registries.each_ref().map(|registry| registry.idempotency("s").unwrap());
    assert_eq!((figures[0].ran + figures[1].ran, figures[0].replayed + figures[1].replayed), (1, 99));
}

#[tokio::test(start_paused = true)]
async fn failures_and_cancelled_calls_give_the_key_back() {
    let store = Arc::new(Faulty::default());
    let script = Script::new([Do::Fail(FailureKind::Handler), Do::Hang, Do::Return("ok")]);
    let service = stack(&registry(&store), by_order(json!({})), script.service());
    assert_eq!(run(&service, order("a")).await.unwrap_err().kind, FailureKind::Handler);
    let cancelled = tokio::time::timeout(ms(100), run(&service, order("a"))).await;
    assert!(cancelled.is_err());
    let began = tokio::time::Instant::now();
    assert_eq!(run(&service, order("a")).await.unwrap().result, OwnedValue::Text("ok".to_owned()));
    assert_eq!((script.count(), began.elapsed()), (3, Duration::ZERO), "nobody waits for the end of a lease");
}

#[tokio::test(start_paused = true)]
async fn failures_are_kept_where_that_is_said_but_for_rejections() {
    let store = Arc::new(Faulty::default());
    let script = Script::new([Do::Fail(FailureKind::CircuitOpen), Do::Fail(FailureKind::StageError), Do::Return("ok")]);
    let service = stack(&registry(&store), by_order(json!({"store_errors": true})), script.service());
    assert_eq!(run(&service, order("a")).await.unwrap_err().kind, FailureKind::CircuitOpen);
    assert_eq!(run(&service, order("a")).await.unwrap_err().kind, FailureKind::StageError);
    let replayed = run(&service, order("a")).await.unwrap_err();
    assert_eq!((replayed.kind, replayed.marks.replayed, script.count()), (FailureKind::StageError, true, 2));
}

#[tokio::test(start_paused = true)]
async fn a_lease_is_renewed_for_as_long_as_its_call_runs() {
    let (store, runs) = (Arc::new(Faulty::default()), Arc::new(AtomicU32::new(0)));
    let service = stack(&registry(&store), by_order(json!({"lease_ms": 300})), slow(&runs, ms(2_000)));
    let first = tokio::spawn({
        let service = service.clone();
        async move { run(&service, order("a")).await.unwrap() }
    });
    tokio::time::sleep(ms(1_000)).await;
    assert!(run(&service, order("a")).await.unwrap().marks.replayed);
    assert_eq!((first.await.unwrap().result, runs.load(Ordering::SeqCst)), (OwnedValue::Int(1), 1));
}

#[tokio::test(start_paused = true)]
async fn a_call_waits_no_longer_than_it_may() {
    let store = Arc::new(Faulty::default());
    let registry = registry(&store);
    let events = record(&registry);
    let script = Script::new([Do::Hang]);
    let service = stack(&registry, by_order(json!({"wait_timeout_ms": 500})), script.service());
    let first = tokio::spawn({
        let service = service.clone();
        async move { run(&service, order("a")).await }
    });
    tokio::time::sleep(ms(1)).await;
    let began = tokio::time::Instant::now();
    let failure = run(&service, order("a")).await.unwrap_err();
    assert_eq!((failure.kind, began.elapsed()), (FailureKind::IdempotencyConflict, ms(500)));
    // The call's own time is shorter.
    let short = call_on(json!({"order": {"id": "a"}}), ms(100));
    assert_eq!(run(&service, short).await.unwrap_err().kind, FailureKind::IdempotencyConflict);
    let figures = registry.idempotency("s").unwrap();
    assert_eq!((figures.ran, figures.conflicts), (1, 2));
    assert!(events.lock().unwrap()[0].contains("plugin: \"idempotency\", name: \"s\""));
    first.abort();
}

#[tokio::test(start_paused = true)]
async fn who_lost_the_lease_shows_the_result_of_who_has_it() {
    let (store, runs) = (Arc::new(Faulty::default()), Arc::new(AtomicU32::new(0)));
    let service = stack(&registry(&store), by_order(json!({})), slow(&runs, ms(1_000)));
    let first = tokio::spawn({
        let service = service.clone();
        async move { run(&service, order("a")).await }
    });
    tokio::time::sleep(ms(10)).await;
    // As if the process had stood still for longer than its lease.
    let key = "idempotency:s:a";
    assert!(store.inner.delete(key).await.unwrap());
    let Claim::Claimed { token } = store.inner.claim(key, "other", HOUR).await.unwrap() else { panic!("it is free") };
    let theirs = super::encode(&Ok(StageOutput::new("theirs")));
    assert!(store.inner.complete(key, token, theirs, Some(HOUR)).await.unwrap());
    let output = first.await.unwrap().unwrap();
    assert_eq!((output.result, output.marks.replayed), (OwnedValue::Text("theirs".to_owned()), true));

    // Nobody has a result: the call fails, and its own is never seen.
    let second = tokio::spawn({
        let service = service.clone();
        async move { run(&service, order("b")).await }
    });
    tokio::time::sleep(ms(10)).await;
    assert!(store.inner.delete("idempotency:s:b").await.unwrap());
    assert_eq!(second.await.unwrap().unwrap_err().kind, FailureKind::LeaseLost);
}

#[tokio::test(start_paused = true)]
async fn an_outage_fails_calls_or_lets_them_run_and_is_told_once() {
    for (on_outage, runs_meanwhile) in [("fail", 0), ("run", 2)] {
        let (store, runs) = (Arc::new(Faulty::default()), Arc::new(AtomicU32::new(0)));
        let registry = registry(&store);
        let events = record(&registry);
        let service = stack(&registry, by_order(json!({"on_outage": on_outage})), slow(&runs, ms(1)));
        store.set_down(true);
        for _ in 0..2 {
            let outcome = run(&service, order("a")).await;
            let kinds = outcome.map_err(|failure| (failure.kind, failure.retryable)).map(|_| ());
            let expected = if on_outage == "run" { Ok(()) } else { Err((FailureKind::StoreUnavailable, true)) };
            assert_eq!(kinds, expected);
        }
        assert_eq!(runs.load(Ordering::SeqCst), runs_meanwhile);
        store.set_down(false);
        run(&service, order("a")).await.unwrap();
        assert!(run(&service, order("a")).await.unwrap().marks.replayed);
        let told: Vec<_> =
            events.lock().unwrap().iter().filter(|event| event.starts_with("Store {")).cloned().collect();
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].contains("switched off") && told[1].contains("error: None"), "{told:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_outage_at_the_end_of_a_call_is_waited_out() {
    let (store, runs) = (Arc::new(Faulty::default()), Arc::new(AtomicU32::new(0)));
    let service = stack(&registry(&store), by_order(json!({"lease_ms": 10_000})), slow(&runs, ms(100)));
    let first = tokio::spawn({
        let service = service.clone();
        async move { run(&service, order("a")).await }
    });
    tokio::time::sleep(ms(50)).await;
    store.set_down(true);
    tokio::time::sleep(ms(1_000)).await;
    store.set_down(false);
    assert_eq!(first.await.unwrap().unwrap().result, OwnedValue::Int(1));
    assert_eq!(run(&service, order("a")).await.unwrap().result, OwnedValue::Int(1));
}

#[tokio::test(start_paused = true)]
async fn an_outage_at_the_end_of_a_call_that_may_run_without_a_store_costs_it_nothing() {
    for (on_outage, expected) in [("run", Ok(OwnedValue::Int(1))), ("fail", Err(FailureKind::StoreUnavailable))] {
        let (store, runs) = (Arc::new(Faulty::default()), Arc::new(AtomicU32::new(0)));
        let list = by_order(json!({"lease_ms": 400, "on_outage": on_outage}));
        let service = stack(&registry(&store), list, slow(&runs, ms(100)));
        let call = tokio::spawn(async move { run(&service, order("a")).await });
        tokio::time::sleep(ms(50)).await;
        store.set_down(true);
        let outcome = call.await.unwrap();
        assert_eq!(outcome.map(|output| output.result).map_err(|failure| failure.kind), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn keys_come_from_a_field_from_several_or_from_all_that_is_read() {
    let (store, runs) = (Arc::new(Faulty::default()), Arc::new(AtomicU32::new(0)));
    let count = || runs.swap(0, Ordering::SeqCst);
    let long = "x".repeat(300);
    let one = stack(&registry(&store), by_order(json!({})), slow(&runs, ms(0)));
    for event in [json!({}), json!({"order": {"id": null}}), json!({})] {
        run(&one, call_on(event, HOUR)).await.unwrap();
    }
    assert_eq!(count(), 3, "without a key calls just run");
    assert_eq!(run(&one, order(&long)).await.unwrap_err().kind, FailureKind::IdempotencyKey);
    assert_eq!(run(&one, order(&long[..257])).await.unwrap_err().kind, FailureKind::IdempotencyKey);
    run(&one, order(&long[..256])).await.unwrap();
    assert_eq!(count(), 1);
    run(&one, call_on(json!({"order": {"id": 5, "x": 1}}), HOUR)).await.unwrap();
    assert!(run(&one, call_on(json!({"order": {"id": 5, "x": 2}}), HOUR)).await.unwrap().marks.replayed);
    assert_eq!(count(), 1);

    let fields = json!([{"idempotency": {"name": "f", "key_fields": ["a", "b.c"]}}]);
    let several = stack(&registry(&store), fields, slow(&runs, ms(0)));
    for (event, expected) in [
        (json!({"a": 1, "z": 1}), 1),
        (json!({"a": 1, "z": 2}), 0),
        (json!({"a": 1, "b": {"c": long}}), 1),
        (json!({"z": 1}), 1),
        (json!({"z": 1}), 1),
    ] {
        run(&several, call_on(event.clone(), HOUR)).await.unwrap();
        assert_eq!(count(), expected, "{event}");
    }

    let all = stack(&registry(&store), json!([{"idempotency": {"name": "g"}}]), slow(&runs, ms(0)));
    for (event, expected) in [(json!({"a": 1, "b": 2}), 1), (json!({"b": 2, "a": 1}), 0), (json!({"a": 1}), 1)] {
        run(&all, call_on(event.clone(), HOUR)).await.unwrap();
        assert_eq!(count(), expected, "{event}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_nobody_here_wrote_is_replaced() {
    let (store, runs) = (Arc::new(Faulty::default()), Arc::new(AtomicU32::new(0)));
    store.inner.put("idempotency:s:a", Bytes::from_static(b"other"), None).await.unwrap();
    let service = stack(&registry(&store), by_order(json!({})), slow(&runs, ms(0)));
    assert_eq!(run(&service, order("a")).await.unwrap().result, OwnedValue::Int(1));
    assert!(run(&service, order("a")).await.unwrap().marks.replayed);
}

#[tokio::test(start_paused = true)]
async fn what_stands_in_for_a_result_is_not_kept() {
    let store = Arc::new(Faulty::default());
    let script = Script::new([Do::Fail(FailureKind::Handler), Do::Return("ok")]);
    let list = json!([by_order(json!({}))[0], {"fallback": {"value": "guess"}}]);
    let service = stack(&registry(&store), list, script.service());
    assert!(run(&service, order("a")).await.unwrap().marks.degraded);
    assert_eq!(run(&service, order("a")).await.unwrap().result, OwnedValue::Text("ok".to_owned()));
}

#[test]
fn options_that_cannot_work_are_refused_when_a_program_is_loaded() {
    use crate::plugins::tests::{PROGRAM, uses};
    use crate::plugins::{PluginContext, compose};
    let registry = Registry::with_builtins();
    for (options, code) in [
        (json!({"key": "a", "key_fields": ["b"]}), "R2002"),
        (json!({"key": "a..b"}), "R2002"),
        (json!({"key": "a[]"}), "R2002"),
        (json!({"key": "a", "max_key_bytes": 4000}), "R2002"),
        (json!({"store": "nowhere"}), "R2008"),
    ] {
        let list = uses(json!([{"idempotency": options}]));
        let inner = Script::new([Do::Return("ok")]).service();
        let error = compose(&registry, &list, inner, &PluginContext::new("s", PROGRAM)).unwrap_err();
        assert_eq!(error.code(), code, "{options}: {error}");
    }
}
