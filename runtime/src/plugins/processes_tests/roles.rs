//! What the other processes do. They say what they find on lines of their own, and go on when they are told.

use super::redis::{ROLE, RUNS, URL};
use crate::plugins::tests::{call_on, service, stack};
use crate::plugins::{PluginEvent, Registry};
use crate::{OwnedValue, StageCall, StageFailure, StageOutput, StageService, handler_fn};
use cascata_store::{Settings, Store};
use cascata_vm::Segment;
use serde_json::{Value, json};
use std::io::Write as _;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tower::ServiceExt as _;

/// Calls a second, and calls at once, of the limit.
pub(super) const RATE: u32 = 200;
pub(super) const BURST: u32 = 20;
/// Keys that are to run once.
pub(super) const KEYS: u32 = 40;

/// Plays the role that the environment names; nothing where it names none.
pub(super) fn play() {
    let Ok(role) = std::env::var(ROLE) else { return };
    let store = cascata_store::open(&std::env::var(URL).unwrap(), Settings::default()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        // Connected before anything counts.
        store.ping().await.unwrap();
        match role.as_str() {
            "limit" => limit(&store).await,
            "fails" => fails(&store).await,
            "watches" => watches(&store).await,
            "outage" => outage(&store).await,
            _ => once(&store).await,
        }
    });
}

fn say(value: &Value) {
    println!("@{value}");
}

async fn wait_for_go() {
    // What runs behind the calls goes on meanwhile.
    tokio::task::spawn_blocking(|| std::io::stdin().read_line(&mut String::new()).unwrap()).await.unwrap();
}

/// Microseconds of the clock that all processes of this machine have.
fn micros() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros()).unwrap()
}

fn registry(store: &Arc<dyn Store>) -> Registry {
    let registry = Registry::with_builtins();
    registry.give_store("shared", Arc::clone(store));
    registry
}

fn succeeding() -> StageService {
    service(handler_fn(|_: StageCall| std::future::ready(Ok(StageOutput::default()))))
}

fn failing() -> StageService {
    service(handler_fn(|_: StageCall| std::future::ready(Err(StageFailure::handler("as told")))))
}

async fn call(service: &StageService, key: u32) -> Result<StageOutput, StageFailure> {
    service.clone().oneshot(call_on(json!({"key": key}), Duration::from_hours(1))).await
}

async fn limit(store: &Arc<dyn Store>) {
    let plugin = json!({"rate_limit": {"name": "l", "store": "shared", "rate": RATE, "burst": BURST}});
    let service = stack(&registry(store), json!([plugin]), succeeding());
    say(&json!("ready"));
    wait_for_go().await;
    let (began, mut admitted) = (Instant::now(), 0);
    while began.elapsed() < Duration::from_millis(1_500) {
        admitted += u32::from(call(&service, 0).await.is_ok());
    }
    say(&json!(admitted));
}

fn breaker() -> Value {
    json!({"circuit_breaker": {"name": "b", "store": "shared", "failure_threshold": 2, "reset_timeout_ms": 3_600_000}})
}

/// Waits until the store has the record of the breaker.
async fn written(store: &Arc<dyn Store>) {
    while store.get("circuit_breaker:b").await.unwrap().is_none() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Opens the breaker; says when, and when the store certainly had it.
async fn fails(store: &Arc<dyn Store>) {
    let registry = registry(store);
    let service = stack(&registry, json!([breaker()]), failing());
    say(&json!("ready"));
    wait_for_go().await;
    for _ in 0..2 {
        call(&service, 0).await.unwrap_err();
    }
    let opened = micros();
    written(store).await;
    say(&json!([opened, micros()]));
}

/// Calls until the breaker is open; says when the last call began that passed, and when it was over.
async fn watches(store: &Arc<dyn Store>) {
    let service = stack(&registry(store), json!([breaker()]), succeeding());
    call(&service, 0).await.unwrap();
    say(&json!("ready"));
    let mut passed = 0;
    loop {
        let began = micros();
        match call(&service, 0).await {
            Ok(_) => passed = began,
            Err(_) => break,
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    say(&json!([passed, micros()]));
}

/// Makes the same calls with a store, without one, and with one again.
async fn outage(store: &Arc<dyn Store>) {
    let registry = registry(store);
    let told = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&told);
    registry.subscribe(move |event| {
        if let PluginEvent::Store { error, .. } = event {
            sink.lock().unwrap().push(error.is_some());
        }
    });
    // One more comes in an hour.
    let limit = json!({"rate_limit": {"name": "l", "store": "shared", "rate": 1, "per_ms": 3_600_000, "burst": BURST}});
    let limit = stack(&registry, json!([limit]), succeeding());
    let runs = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&runs);
    let counting = service(handler_fn(move |_: StageCall| {
        count.fetch_add(1, Ordering::Relaxed);
        std::future::ready(Ok(StageOutput::default()))
    }));
    let once = |name: &str, on_outage: &str| json!([{"idempotency": {"name": name, "store": "shared", "key": "key", "on_outage": on_outage}}]);
    let loose = stack(&registry, once("loose", "run"), counting);
    let strict = stack(&registry, once("strict", "fail"), succeeding());
    let guarded = stack(&registry, json!([breaker()]), succeeding());
    say(&json!("ready"));
    for _ in 0..3 {
        wait_for_go().await;
        let (mut admitted, before) = (0, runs.load(Ordering::Relaxed));
        for _ in 0..2 * BURST {
            admitted += u32::from(call(&limit, 0).await.is_ok());
        }
        call(&loose, 1).await.unwrap();
        call(&guarded, 0).await.unwrap();
        let strict = call(&strict, 1).await.map_or_else(|failure| failure.kind.name(), |_| "ok");
        say(&json!({
            "admitted": admitted,
            "ran": runs.load(Ordering::Relaxed) > before,
            "strict": strict,
            "breaker": registry.breaker("b").unwrap().state(),
            "told": std::mem::take(&mut *told.lock().unwrap()),
        }));
    }
    wait_for_go().await;
    opens(store, &registry).await;
}

/// Opens the breaker, unless another process did; says where it stands.
async fn opens(store: &Arc<dyn Store>, registry: &Registry) {
    let failing = stack(registry, json!([breaker()]), failing());
    let known = store.get("circuit_breaker:b").await.unwrap().is_some();
    if known {
        // Its copy may be of a moment ago.
        while registry.breaker("b").unwrap().state() != crate::plugins::BreakerState::Open {
            _ = call(&stack(registry, json!([breaker()]), succeeding()), 0).await;
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    } else {
        for _ in 0..2 {
            call(&failing, 0).await.unwrap_err();
        }
        written(store).await;
    }
    say(&json!(registry.breaker("b").unwrap().state()));
}

/// Makes the calls of every key, and says what they came to.
async fn once(store: &Arc<dyn Store>) {
    let path = std::env::var(RUNS).unwrap();
    let handler = service(handler_fn(move |call: StageCall| {
        let key = OwnedValue::from_value(&call.field(&[Segment::Key("key".to_owned())])).to_json().into_owned();
        let path = path.clone();
        async move {
            let mut runs = std::fs::OpenOptions::new().append(true).create(true).open(path).unwrap();
            // In one piece, so that lines of several processes do not mix.
            runs.write_all(format!("{key} {}\n", std::process::id()).as_bytes()).unwrap();
            tokio::time::sleep(Duration::from_millis(5)).await;
            Ok(StageOutput::new(i64::from(std::process::id())))
        }
    }));
    let plugin = json!({"idempotency": {"name": "i", "store": "shared", "key": "key", "lease_ms": 1_000}});
    let service = stack(&registry(store), json!([plugin]), handler);
    say(&json!("ready"));
    wait_for_go().await;
    let mut order: Vec<u32> = (0..KEYS).collect();
    fastrand::shuffle(&mut order);
    for key in order {
        // Where the machine stood still for longer than a lease, the call fails and is made again.
        let output = loop {
            if let Ok(output) = call(&service, key).await {
                break output;
            }
        };
        say(&json!([key, output.result.to_serde()]));
    }
}
