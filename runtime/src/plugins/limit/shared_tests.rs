use crate::plugins::Registry;
use crate::plugins::faulty::Faulty;
use crate::plugins::tests::{Do, Script, call, ms, record, run, stack};
use crate::{FailureKind, StageService};
use cascata_store::Store;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::time::Instant;

/// A process with a stage behind a limit that others share.
fn process(store: &Arc<Faulty>, list: Value, script: &Script) -> (Registry, StageService) {
    let registry = Registry::with_builtins();
    registry.give_store("shared", Arc::clone(store) as Arc<dyn Store>);
    let service = stack(&registry, list, script.service());
    (registry, service)
}

#[tokio::test(start_paused = true)]
async fn processes_together_stay_within_the_rate() {
    for strategy in ["token_bucket", "sliding_window"] {
        let (store, script) = (Arc::new(Faulty::default()), Script::new([Do::Return("ok")]));
        let list = json!([{"rate_limit": {"store": "shared", "rate": 10, "strategy": strategy}}]);
        let processes: Vec<_> = (0..4).map(|_| process(&store, list.clone(), &script)).collect();
        for round in 0..100 {
            for (_, service) in &processes {
                match run(service, call()).await {
                    Ok(_) => {}
                    Err(failure) => assert_eq!(failure.kind, FailureKind::RateLimited),
                }
            }
            if round == 0 {
                let failure = {
                    let (_, service) = &processes[0];
                    while run(service, call()).await.is_ok() {}
                    run(service, call()).await.unwrap_err()
                };
                assert!((1..=1_000).contains(&failure.retry_after_ms.unwrap()), "{failure:?}");
            }
            tokio::time::sleep(ms(25)).await;
        }
        // 2.5 s at 10 a second behind a full bucket, or three windows.
        let most = if strategy == "token_bucket" { 35 } else { 30 };
        let count = script.count();
        assert!((most - 2..=most).contains(&count), "{strategy}: {count}");
    }
}

#[tokio::test(start_paused = true)]
async fn throttled_calls_of_all_processes_take_turns() {
    let (store, script) = (Arc::new(Faulty::default()), Script::new([Do::Return("ok")]));
    let list = json!([{"throttle": {"store": "shared", "rate": 1, "per_ms": 100, "max_wait_ms": 1000}}]);
    let processes: Vec<_> = (0..3).map(|_| process(&store, list.clone(), &script)).collect();
    let began = Instant::now();
    let calls: Vec<_> = processes
        .iter()
        .map(|(_, service)| {
            let service = service.clone();
            tokio::spawn(async move { run(&service, call()).await.map(|_| ()) })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert!((ms(200)..ms(220)).contains(&began.elapsed()), "{:?}", began.elapsed());
    assert!(script.gaps().iter().all(|gap| *gap >= 99), "{:?}", script.gaps());
}

#[tokio::test(start_paused = true)]
async fn an_outage_leaves_each_process_its_own_limit() {
    let (store, script) = (Arc::new(Faulty::default()), Script::new([Do::Return("ok")]));
    let list = json!([{"rate_limit": {"store": "shared", "rate": 2, "per_ms": 60_000}}]);
    let processes: Vec<_> = (0..2).map(|_| process(&store, list.clone(), &script)).collect();
    let events = record(&processes[0].0);
    store.set_down(true);
    for _ in 0..5 {
        for (_, service) in &processes {
            _ = run(service, call()).await;
        }
    }
    assert_eq!(script.count(), 4, "the documented bound: each process its whole limit");
    store.set_down(false);
    for _ in 0..5 {
        for (_, service) in &processes {
            _ = run(service, call()).await;
        }
    }
    assert_eq!(script.count(), 6, "and together again");
    let told = events.lock().unwrap().iter().filter(|event| event.starts_with("Store {")).count();
    assert_eq!(told, 2);
}

#[test]
fn a_window_with_more_calls_than_a_store_counts_is_refused() {
    use crate::plugins::tests::{PROGRAM, uses};
    use crate::plugins::{PluginContext, compose};
    let registry = Registry::with_builtins();
    registry.give_store("shared", Arc::new(Faulty::default()));
    let list = uses(json!([{"throttle": {"store": "shared", "rate": 10_001, "strategy": "sliding_window"}}]));
    let inner = Script::new([Do::Return("ok")]).service();
    let error = compose(&registry, &list, inner, &PluginContext::new("s", PROGRAM)).unwrap_err();
    assert_eq!(error.code(), "R2002");
}
