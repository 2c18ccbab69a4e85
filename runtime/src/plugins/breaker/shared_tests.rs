use super::LOCAL_TTL;
use crate::plugins::faulty::Faulty;
use crate::plugins::tests::{Do, Script, call, ms, record, run, stack};
use crate::plugins::{BreakerState, Registry};
use crate::{FailureKind, StageService};
use cascata_store::Store;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// A process: a registry of its own, with a stage behind a breaker that others share.
struct Process {
    registry: Registry,
    service: StageService,
    script: Script,
}

impl Process {
    fn new(store: &Arc<Faulty>, more: Value, script: impl IntoIterator<Item = Do>) -> Self {
        let registry = Registry::with_builtins();
        registry.give_store("shared", Arc::clone(store) as Arc<dyn Store>);
        let mut options = json!({"name": "b", "store": "shared", "failure_threshold": 2, "reset_timeout_ms": 5_000});
        options.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let script = Script::new(script);
        let service = stack(&registry, json!([{"circuit_breaker": options}]), script.service());
        Self { registry, service, script }
    }

    async fn call(&self) -> Result<(), FailureKind> {
        run(&self.service, call()).await.map(|_| ()).map_err(|failure| failure.kind)
    }

    fn state(&self) -> BreakerState {
        self.registry.breaker("b").unwrap().state()
    }
}

const OPEN: Result<(), FailureKind> = Err(FailureKind::CircuitOpen);
const FAILED: Result<(), FailureKind> = Err(FailureKind::Handler);

fn failing() -> [Do; 1] {
    [Do::Fail(FailureKind::Handler)]
}

#[tokio::test(start_paused = true)]
async fn what_one_finds_out_all_know_within_a_quarter_of_a_second() {
    let store = Arc::new(Faulty::default());
    let one = Process::new(&store, json!({}), failing());
    let other = Process::new(&store, json!({}), [Do::Return("ok")]);
    assert_eq!(other.call().await, Ok(()));
    assert_eq!([one.call().await, one.call().await], [FAILED, FAILED]);
    tokio::time::sleep(LOCAL_TTL).await;
    assert_eq!(other.call().await, OPEN);
    assert_eq!((other.state(), other.script.count()), (BreakerState::Open, 1));
    let record = store.inner.get("circuit_breaker:b").await.unwrap().unwrap();
    let record: Value = serde_json::from_slice(&record.value).unwrap();
    assert_eq!(
        (&record["state"], &record["failures_in_a_row"], &record["open_ms"]),
        (&json!("open"), &json!(2), &json!(5_000))
    );
    // A process that starts now knows it from its first call on.
    assert_eq!(Process::new(&store, json!({}), [Do::Return("ok")]).call().await, OPEN);
    // Its time is over for all at once, whenever they heard of it.
    tokio::time::sleep(ms(5_000) - LOCAL_TTL).await;
    assert_eq!(other.call().await, Ok(()));
    tokio::time::sleep(LOCAL_TTL).await;
    assert_eq!(one.call().await, FAILED, "closed again");
    assert_eq!(one.state(), BreakerState::Closed);
}

#[tokio::test(start_paused = true)]
async fn a_process_that_starts_late_waits_only_for_the_rest() {
    let store = Arc::new(Faulty::default());
    let one = Process::new(&store, json!({}), failing());
    _ = (one.call().await, one.call().await);
    tokio::time::sleep(ms(4_900)).await;
    let late = Process::new(&store, json!({}), [Do::Return("ok")]);
    assert_eq!(late.call().await, OPEN);
    tokio::time::sleep(ms(101)).await;
    assert_eq!(late.call().await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn probes_of_all_processes_count_together() {
    let store = Arc::new(Faulty::default());
    let processes: Vec<_> =
        (0..5).map(|_| Process::new(&store, json!({"half_open_max_calls": 2}), failing())).collect();
    _ = (processes[0].call().await, processes[0].call().await);
    tokio::time::sleep(LOCAL_TTL).await;
    for process in &processes {
        assert_eq!(process.call().await, OPEN);
    }
    tokio::time::sleep(ms(5_001)).await;
    // All of them hang from now on, so that probes are still under way when the next process asks.
    let running: Vec<_> = processes
        .iter()
        .map(|process| {
            let service = stack(
                &process.registry,
                json!([{"circuit_breaker": {"name": "b", "store": "shared", "failure_threshold": 2, "reset_timeout_ms": 5_000, "half_open_max_calls": 2}}]),
                Script::new([Do::Hang]).service(),
            );
            tokio::spawn(async move { run(&service, call()).await.map_err(|failure| failure.kind) })
        })
        .collect();
    tokio::time::sleep(ms(100)).await;
    let mut rejected = 0;
    for call in &running {
        rejected += usize::from(call.is_finished());
    }
    assert_eq!(rejected, 3);
    // Given up, the probes are free for others.
    running.iter().for_each(tokio::task::JoinHandle::abort);
    tokio::time::sleep(ms(1)).await;
    assert_eq!(processes[4].call().await, FAILED);
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_fails_keeps_all_of_them_open() {
    let store = Arc::new(Faulty::default());
    let one = Process::new(&store, json!({}), failing());
    let other = Process::new(&store, json!({}), failing());
    _ = (one.call().await, one.call().await);
    tokio::time::sleep(LOCAL_TTL).await;
    assert_eq!(other.call().await, OPEN);
    tokio::time::sleep(ms(5_000)).await;
    assert_eq!(one.call().await, FAILED);
    tokio::time::sleep(LOCAL_TTL).await;
    assert_eq!((other.call().await, other.script.count()), (OPEN, 0));
}

#[tokio::test(start_paused = true)]
async fn an_outage_leaves_each_to_its_own_and_what_they_decided_is_told_afterwards() {
    let store = Arc::new(Faulty::default());
    let one = Process::new(&store, json!({}), failing());
    let other = Process::new(&store, json!({}), [Do::Return("ok")]);
    let events = record(&one.registry);
    assert_eq!(other.call().await, Ok(()));
    store.set_down(true);
    assert_eq!([one.call().await, one.call().await, one.call().await], [FAILED, FAILED, OPEN]);
    tokio::time::sleep(LOCAL_TTL).await;
    assert_eq!([other.call().await, other.call().await], [Ok(()), Ok(())]);
    store.set_down(false);
    // The next calls find the store in order again, behind their backs.
    for _ in 0..3 {
        tokio::time::sleep(LOCAL_TTL).await;
        _ = (one.call().await, other.call().await);
    }
    assert_eq!((other.state(), other.call().await), (BreakerState::Open, OPEN));
    let told: Vec<_> = events.lock().unwrap().iter().filter(|event| event.starts_with("Store {")).cloned().collect();
    assert_eq!(told.len(), 2, "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn the_host_opens_and_resets_for_all() {
    let store = Arc::new(Faulty::default());
    let one = Process::new(&store, json!({}), [Do::Return("ok")]);
    let other = Process::new(&store, json!({}), [Do::Return("ok")]);
    assert_eq!([one.call().await, other.call().await], [Ok(()), Ok(())]);
    one.registry.breaker("b").unwrap().force_open();
    tokio::time::sleep(LOCAL_TTL).await;
    assert_eq!((other.call().await, other.state()), (OPEN, BreakerState::ForcedOpen));
    other.registry.breaker("b").unwrap().reset();
    tokio::time::sleep(LOCAL_TTL).await;
    assert_eq!((one.call().await, one.state()), (Ok(()), BreakerState::Closed));
}

#[tokio::test(start_paused = true)]
async fn calls_go_by_a_copy_and_rarely_ask_the_store() {
    let store = Arc::new(Faulty::default());
    store.set_slow_ms(20);
    let process = Process::new(&store, json!({}), [Do::Return("ok")]);
    process.call().await.unwrap();
    let before = store.operations();
    for _ in 0..100 {
        let began = tokio::time::Instant::now();
        process.call().await.unwrap();
        assert_eq!(began.elapsed(), Duration::ZERO, "renewed behind the calls");
        tokio::time::sleep(ms(10)).await;
    }
    assert!(store.operations() - before <= 9, "{}", store.operations() - before);
}
