//! What a plugin costs that lets a call through: the same call without plugins, with each of them, and with the recommended order.
//!
//! Lists are measured in turns, a short while each, many rounds; a list's figure is the fastest of its rounds, and its cost that of
//! the bare handler less. Noise of the machine only ever adds. Ours are called as the engine calls them, which looks at the clock when a
//! call begins and when its result came, whether there are plugins or not; layers of others on a service that one caller keeps, which is the
//! cheapest there is.
//!
//! A bench that cannot be set up ends there: each `expect` says what was missing.

use std::cell::{Cell, RefCell};
use std::fmt::Debug;
use std::future::{Future, poll_fn};
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cascata_config::{PluginUse, default_stack};
use cascata_runtime::plugins::{PluginContext, Registry, compose};
use cascata_runtime::testing::{call_on, timed_call};
use cascata_runtime::{HandlerService, StageCall, StageFailure, StageOutput, StageService, StageStack, handler_fn};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tower::limit::rate::Rate;
use tower::retry::Policy;
use tower::{Layer as _, Service};
use tower_resilience::bulkhead::BulkheadLayer;
use tower_resilience::circuitbreaker::CircuitBreakerLayer;
use tower_resilience::ratelimiter::RateLimiterLayer;
use tower_resilience::retry::RetryLayer;
use tower_resilience::timelimiter::TimeLimiterLayer;

const ROUNDS: u32 = 300;
const CALLS: u32 = 5_000;

/// Different events, more than a store of the memory keeps: none is known any more when it comes again.
const EVENTS: u32 = 12_000;

/// A list to measure: makes so many calls, in turn those that are given, and says how long they took.
type Measured = (String, Box<dyn Fn(&Runtime, &[StageCall]) -> Duration>);

fn bare() -> StageService {
    let handler = handler_fn(|_: StageCall| std::future::ready(Ok(StageOutput::default())));
    HandlerService::boxed(Arc::new(handler))
}

/// So many calls one after the other, each as `begin` makes it.
fn timed<F>(runtime: &Runtime, calls: &[StageCall], next: &Cell<usize>, begin: impl Fn(StageCall) -> F) -> Duration
where
    F: Future,
{
    runtime.block_on(async {
        let began = Instant::now();
        let mut at = next.get();
        for _ in 0..CALLS {
            at = if at < calls.len() { at } else { 0 };
            drop(black_box(begin(black_box(calls[at].clone())).await));
            at += 1;
        }
        next.set(at);
        began.elapsed()
    })
}

/// A list of ours, called as the engine calls it.
fn ours(name: &str, service: StageService) -> Measured {
    let stack = StageStack::new(service);
    let next = Cell::new(0);
    let calls = move |runtime: &Runtime, calls: &[StageCall]| {
        timed(runtime, calls, &next, async |call| timed_call(&stack, call).await.0.expect("a result"))
    };
    (name.to_owned(), Box::new(calls))
}

/// A service of somebody else, called at its cheapest: by one caller who keeps it, without a copy.
fn theirs<S>(name: &str, service: S) -> Measured
where
    S: Service<StageCall, Response = StageOutput> + 'static,
    S::Error: Debug,
{
    let service = RefCell::new(service);
    let next = Cell::new(0);
    let calls = move |runtime: &Runtime, calls: &[StageCall]| {
        timed(runtime, calls, &next, |call| async {
            let future = {
                let mut service = service.borrow_mut();
                poll_fn(|cx| service.poll_ready(cx)).await.expect("a free service");
                service.call(call)
            };
            future.await.expect("a result")
        })
    };
    (name.to_owned(), Box::new(calls))
}

/// Retries nothing, as there is nothing to retry, but keeps the call for it.
#[derive(Clone)]
struct KeepsCall;

impl Policy<StageCall, StageOutput, StageFailure> for KeepsCall {
    type Future = std::future::Ready<()>;

    fn retry(&mut self, _: &mut StageCall, result: &mut Result<StageOutput, StageFailure>) -> Option<Self::Future> {
        result.is_err().then(|| std::future::ready(()))
    }

    fn clone_request(&mut self, call: &StageCall) -> Option<StageCall> {
        Some(call.clone())
    }
}

/// The lists of ours.
fn lists() -> Vec<(&'static str, Vec<PluginUse>)> {
    let one = |name: &str, options: Value| vec![PluginUse::new(name, options).expect(name)];
    vec![
        ("none", Vec::new()),
        ("metrics", one("metrics", Value::Null)),
        ("timeout", one("timeout", Value::Null)),
        ("retry", one("retry", Value::Null)),
        ("retry, budget", one("retry", json!({"budget_percent": 10}))),
        ("circuit_breaker", one("circuit_breaker", Value::Null)),
        ("circuit_breaker, rate", one("circuit_breaker", json!({"failure_rate_threshold": 0.5}))),
        ("bulkhead", one("bulkhead", Value::Null)),
        ("adaptive_bulkhead", one("adaptive_bulkhead", Value::Null)),
        ("rate_limit", one("rate_limit", json!({"rate": 4_000_000_000_u32}))),
        ("throttle", one("throttle", json!({"rate": 4_000_000_000_u32}))),
        ("fallback", one("fallback", json!({"value": 1}))),
        ("hedge", one("hedge", Value::Null)),
        ("coalesce", one("coalesce", Value::Null)),
        ("cache, hit", one("cache", Value::Null)),
        ("idempotency, no key", one("idempotency", json!({"key": "order"}))),
        ("idempotency, a replay", one("idempotency", json!({"key": "amount"}))),
        ("default order", default_stack(Value::Null).expect("the recommended order")),
    ]
}

/// The lists of ours whose work is about the event.
fn lists_of_inputs() -> Vec<(&'static str, Vec<PluginUse>)> {
    let one = |name: &str, options: Value| vec![PluginUse::new(name, options).expect(name)];
    vec![
        ("none", Vec::new()),
        ("coalesce", one("coalesce", Value::Null)),
        ("cache", one("cache", Value::Null)),
        ("idempotency by a field", one("idempotency", json!({"key": "amount"}))),
        ("idempotency by all of it", one("idempotency", Value::Null)),
    ]
}

fn all_of_ours(more: &str, lists: Vec<(&'static str, Vec<PluginUse>)>) -> Vec<Measured> {
    let registry = Registry::with_builtins();
    // A stage for each, so that no two share a state.
    let around = |(name, uses): (&'static str, Vec<PluginUse>)| {
        let name = format!("{name}{more}");
        let cx = PluginContext::new(name.clone(), [0; 32]).with_idempotent(true);
        ours(&name, compose(&registry, &uses, bare(), &cx).expect("a plugin list"))
    };
    lists.into_iter().map(around).collect()
}

/// A call on an event.
fn on(event: &str) -> StageCall {
    call_on(event, &["S"]).expect("an event")
}

/// An event of about a kilobyte.
fn kilobyte() -> String {
    let items: Vec<Value> =
        (0..16).map(|item| json!({"sku": format!("article {item}"), "price": item * 7, "count": 2})).collect();
    json!({"amount": 1, "customer": "somebody@example.org", "items": items, "note": "left at the door".repeat(12)})
        .to_string()
}

fn all_of_theirs() -> Vec<Measured> {
    let breaker = CircuitBreakerLayer::builder().build().expect("a breaker");
    let bulkhead = BulkheadLayer::builder().max_concurrent_calls(10).build().expect("a bulkhead");
    let limiter = RateLimiterLayer::builder().limit_for_period(4_000_000_000).refresh_period(Duration::from_secs(1));
    let limiter = limiter.build().expect("a limiter");
    let retry = RetryLayer::<StageCall, StageOutput, StageFailure>::builder()
        .max_attempts(4)
        .exponential_backoff(Duration::from_millis(100))
        .build();
    let timeout = TimeLimiterLayer::builder().timeout_duration(Duration::from_secs(30)).build();
    vec![
        theirs("none, as a tower service", bare()),
        theirs("tower-resilience circuitbreaker", breaker.layer(bare())),
        theirs("tower-resilience bulkhead", bulkhead.layer(bare())),
        theirs("tower-resilience ratelimiter", limiter.layer(bare())),
        theirs("tower-resilience retry", retry.layer(bare())),
        theirs("tower-resilience timelimiter", timeout.layer(bare())),
        theirs("tower ConcurrencyLimit", tower::limit::ConcurrencyLimit::new(bare(), 10)),
        theirs(
            "tower RateLimit",
            tower::limit::RateLimit::new(bare(), Rate::new(4_000_000_000, Duration::from_secs(1))),
        ),
        theirs("tower Retry", tower::retry::Retry::new(KeepsCall, bare())),
        theirs("tower Timeout", tower::timeout::Timeout::new(bare(), Duration::from_secs(30))),
    ]
}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    println!(
        "ns a call, {CALLS} calls a round, {ROUNDS} rounds in turns; `adds` is the fastest round less that of `none`"
    );
    println!("{:<40} {:>9} {:>9} {:>9}", "list", "fastest", "median", "adds");
    // Layers of tower-resilience look for the runtime when they are made.
    let _inside = runtime.enter();
    let small = [on(r#"{"amount":1}"#)];
    measure(&runtime, &small, all_of_ours("", lists()));
    measure(&runtime, &small, all_of_theirs());
    let large = [on(&kilobyte())];
    measure(&runtime, &large, all_of_ours(", the same kilobyte", lists_of_inputs()));
    let new: Vec<StageCall> = (0..EVENTS).map(|number| on(&format!("{{\"amount\":{number}}}"))).collect();
    measure(&runtime, &new, all_of_ours(", a new event", lists_of_inputs()));
}

/// Measures lists in turns; the first is what they are compared with.
fn measure(runtime: &Runtime, calls: &[StageCall], all: Vec<Measured>) {
    let mut times = vec![Vec::new(); all.len()];
    for _ in 0..ROUNDS {
        for ((_, list), times) in all.iter().zip(&mut times) {
            times.push(list(runtime, calls).as_secs_f64() * 1e9 / f64::from(CALLS));
        }
    }
    for times in &mut times {
        times.sort_by(f64::total_cmp);
    }
    for ((name, _), of_list) in all.iter().zip(&times) {
        let (fastest, median) = (of_list[0], of_list[of_list.len() / 2]);
        println!("{name:<40} {fastest:>9.1} {median:>9.1} {:>9.1}", fastest - times[0][0]);
    }
}
