//! What a plugin costs that lets a call through: the same call without plugins, with each of them, and with the recommended order.
//!
//! Lists are measured in turns, a short while each, many rounds; a list's figure is the fastest of its rounds, and its cost that of
//! the bare handler less. Noise of the machine only ever adds.

use std::fmt::Debug;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cascata_config::{PluginUse, default_stack};
use cascata_runtime::plugins::{PluginContext, Registry, compose};
use cascata_runtime::testing::call_on;
use cascata_runtime::{HandlerService, StageCall, StageFailure, StageOutput, StageService, handler_fn};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tower::{Layer as _, Service, ServiceExt as _};
use tower_resilience::bulkhead::BulkheadLayer;
use tower_resilience::circuitbreaker::CircuitBreakerLayer;
use tower_resilience::ratelimiter::RateLimiterLayer;
use tower_resilience::retry::RetryLayer;
use tower_resilience::timelimiter::TimeLimiterLayer;

const ROUNDS: u32 = 60;
const CALLS: u32 = 20_000;

/// A list to measure: makes so many calls and says how long they took.
type Measured = (String, Box<dyn Fn(&Runtime, &StageCall) -> Duration>);

fn bare() -> StageService {
    let handler = handler_fn(|_: StageCall| std::future::ready(Ok(StageOutput::default())));
    HandlerService::boxed(Arc::new(handler))
}

fn measured<S>(name: impl Into<String>, service: S) -> Measured
where
    S: Service<StageCall> + Clone + 'static,
    S::Error: Debug,
{
    let calls = move |runtime: &Runtime, call: &StageCall| {
        runtime.block_on(async {
            let began = Instant::now();
            for _ in 0..CALLS {
                let output = service.clone().oneshot(black_box(call.clone())).await;
                drop(black_box(output.expect("a result")));
            }
            began.elapsed()
        })
    };
    (name.into(), Box::new(calls))
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
        ("default order", default_stack(Value::Null).expect("the recommended order")),
    ]
}

fn all(runtime: &Runtime) -> Vec<Measured> {
    // Layers of tower-resilience look for the runtime when they are made.
    let _inside = runtime.enter();
    let registry = Registry::with_builtins();
    let cx = PluginContext::new("S", [0; 32]).with_idempotent(true);
    let mut all: Vec<Measured> = Vec::new();
    for (name, uses) in lists() {
        // A stage for each, so that no two share a state.
        let cx = PluginContext::new(name, cx.program).with_idempotent(true);
        all.push(measured(name, compose(&registry, &uses, bare(), &cx).expect("a plugin list")));
    }
    let breaker = CircuitBreakerLayer::builder().build().expect("a breaker");
    all.push(measured("tower-resilience circuitbreaker", breaker.layer(bare())));
    let bulkhead = BulkheadLayer::builder().max_concurrent_calls(10).build().expect("a bulkhead");
    all.push(measured("tower-resilience bulkhead", bulkhead.layer(bare())));
    let limiter = RateLimiterLayer::builder().limit_for_period(4_000_000_000).refresh_period(Duration::from_secs(1));
    let limiter = limiter.build().expect("a limiter");
    all.push(measured("tower-resilience ratelimiter", limiter.layer(bare())));
    let retry = RetryLayer::<StageCall, StageOutput, StageFailure>::builder()
        .max_attempts(4)
        .exponential_backoff(Duration::from_millis(100))
        .build();
    all.push(measured("tower-resilience retry", retry.layer(bare())));
    let timeout = TimeLimiterLayer::builder().timeout_duration(Duration::from_secs(30)).build();
    all.push(measured("tower-resilience timelimiter", timeout.layer(bare())));
    all
}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let call = runtime.block_on(async { call_on(r#"{"amount":1}"#, &["S"]).expect("an event") });
    let all = all(&runtime);
    let mut times = vec![Vec::new(); all.len()];
    for _ in 0..ROUNDS {
        for ((_, calls), times) in all.iter().zip(&mut times) {
            times.push(calls(&runtime, &call).as_secs_f64() * 1e9 / f64::from(CALLS));
        }
    }
    for times in &mut times {
        times.sort_by(f64::total_cmp);
    }
    println!("ns a call, {CALLS} calls a round, {ROUNDS} rounds in turns; `adds` is the fastest round less that of `none`");
    println!("{:<34} {:>9} {:>9} {:>9}", "list", "fastest", "median", "adds");
    let none = times[0][0];
    for ((name, _), times) in all.iter().zip(&times) {
        let (fastest, median) = (times[0], times[times.len() / 2]);
        println!("{name:<34} {fastest:>9.1} {median:>9.1} {:>9.1}", fastest - none);
    }
}
