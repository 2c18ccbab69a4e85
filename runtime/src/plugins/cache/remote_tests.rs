use crate::plugins::Registry;
use crate::plugins::faulty::Faulty;
use crate::plugins::tests::{Do, Script, call_on, ms, run, stack};
use crate::{FailureKind, OwnedValue, StageCall, StageService};
use cascata_store::Store;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

fn process(store: &Arc<Faulty>, more: Value, script: &Script) -> (Registry, StageService) {
    let registry = Registry::with_builtins();
    registry.give_store("shared", Arc::clone(store) as Arc<dyn Store>);
    let mut options = json!({"store": "shared", "ttl_seconds": 10});
    options.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let service = stack(&registry, json!([{"cache": options}]), script.service());
    (registry, service)
}

fn event(a: u32) -> StageCall {
    call_on(json!({"a": a}), Duration::from_hours(1))
}

#[tokio::test(start_paused = true)]
async fn a_result_of_one_process_serves_the_others_with_its_age() {
    let (store, script) = (Arc::new(Faulty::default()), Script::new([Do::Return("ok")]));
    let [one, other] = [0, 1].map(|_| process(&store, json!({}), &script));
    assert_eq!(run(&one.1, event(1)).await.unwrap().cached, None);
    tokio::time::sleep(ms(4_000)).await;
    let hit = run(&other.1, event(1)).await.unwrap();
    assert_eq!((hit.result, hit.cached), (OwnedValue::Text("ok".to_owned()), Some(ms(4_000))));
    run(&other.1, event(2)).await.unwrap();
    tokio::time::sleep(ms(6_000)).await;
    assert_eq!(run(&other.1, event(1)).await.unwrap().cached, None);
    assert_eq!(script.count(), 3);
    let figures = other.0.cache("s").unwrap();
    assert_eq!((figures.hits, figures.misses), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn stale_results_are_renewed_behind_calls_for_all() {
    let script = Script::new([Do::Return("old"), Do::Return("new")]);
    let store = Arc::new(Faulty::default());
    let [one, other] = [0, 1].map(|_| process(&store, json!({"stale_seconds": 10}), &script));
    run(&one.1, event(1)).await.unwrap();
    tokio::time::sleep(ms(15_000)).await;
    let stale = run(&one.1, event(1)).await.unwrap();
    assert_eq!((stale.result, stale.marks.stale), (OwnedValue::Text("old".to_owned()), true));
    tokio::time::sleep(ms(1)).await;
    let renewed = run(&other.1, event(1)).await.unwrap();
    assert_eq!((renewed.result, renewed.marks.stale, script.count()), (OwnedValue::Text("new".to_owned()), false, 2));
}

#[tokio::test(start_paused = true)]
async fn failures_are_kept_for_all_where_that_is_said() {
    let (store, script) = (Arc::new(Faulty::default()), Script::new([Do::Fail(FailureKind::Trapped)]));
    let [one, other] = [0, 1].map(|_| process(&store, json!({"negative_ttl_seconds": 5}), &script));
    assert_eq!(run(&one.1, event(1)).await.unwrap_err().attempts, None);
    let kept = run(&other.1, event(1)).await.unwrap_err();
    assert_eq!((kept.kind, script.count()), (FailureKind::Trapped, 1));
    tokio::time::sleep(ms(5_001)).await;
    run(&other.1, event(1)).await.unwrap_err();
    assert_eq!(script.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn with_single_flight_those_of_one_process_make_one_call() {
    let script = Script::new([Do::FailAfter(ms(50), FailureKind::Handler), Do::Return("ok")]);
    let store = Arc::new(Faulty::default());
    let (_, service) = process(&store, json!({"single_flight": true}), &script);
    let calls: Vec<_> = (0..5)
        .map(|_| {
            let service = service.clone();
            tokio::spawn(async move { run(&service, event(1)).await.unwrap_err().kind })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap(), FailureKind::Handler);
    }
    assert_eq!(script.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_out_of_order_is_passed_by() {
    let (store, script) = (Arc::new(Faulty::default()), Script::new([Do::Return("ok")]));
    let (_, service) = process(&store, json!({}), &script);
    store.set_down(true);
    for _ in 0..2 {
        assert_eq!(run(&service, event(1)).await.unwrap().cached, None);
    }
    store.set_down(false);
    run(&service, event(1)).await.unwrap();
    assert!(run(&service, event(1)).await.unwrap().cached.is_some());
    assert_eq!(script.count(), 3);
}
