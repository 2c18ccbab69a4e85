//! What a plugin costs that lets a call through: the same call without plugins, with each of them, and with the recommended order.

use std::hint::black_box;

use cascata::config::{PluginUse, default_stack};
use cascata::runtime::plugins::{PluginContext, Registry, compose};
use cascata::runtime::testing::call_on;
use cascata::runtime::{HandlerService, StageCall, StageOutput, StageService, handler_fn};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use serde_json::{Value, json};
use std::sync::Arc;
use tower::ServiceExt as _;

fn service(registry: &Registry, uses: &[PluginUse]) -> StageService {
    let handler = handler_fn(|_: StageCall| std::future::ready(Ok(StageOutput::default())));
    let cx = PluginContext::new("S", [0; 32]).with_idempotent(true);
    compose(registry, uses, HandlerService::boxed(Arc::new(handler)), &cx).expect("a plugin list")
}

/// The lists that are measured: name and list.
fn lists() -> Vec<(&'static str, Vec<PluginUse>)> {
    let one = |name: &str, options: Value| vec![PluginUse::new(name, options).expect(name)];
    vec![
        ("none", Vec::new()),
        ("metrics", one("metrics", Value::Null)),
        ("timeout", one("timeout", Value::Null)),
        ("retry", one("retry", Value::Null)),
        ("retry_budget", one("retry", json!({"budget_percent": 10}))),
        ("circuit_breaker", one("circuit_breaker", Value::Null)),
        ("circuit_breaker_rate", one("circuit_breaker", json!({"failure_rate_threshold": 0.5}))),
        ("bulkhead", one("bulkhead", Value::Null)),
        ("adaptive_bulkhead", one("adaptive_bulkhead", Value::Null)),
        ("rate_limit", one("rate_limit", json!({"rate": 4_000_000_000_u32}))),
        ("throttle", one("throttle", json!({"rate": 4_000_000_000_u32}))),
        ("fallback", one("fallback", Value::Null)),
        ("hedge", one("hedge", Value::Null)),
        ("coalesce", one("coalesce", Value::Null)),
        ("cache_hit", one("cache", Value::Null)),
        ("default", default_stack(Value::Null).expect("the recommended order")),
    ]
}

fn let_through(c: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let mut group = c.benchmark_group("plugins");
    for (name, uses) in lists() {
        let registry = Registry::with_builtins();
        let service = service(&registry, &uses);
        group.bench_function(BenchmarkId::from_parameter(name), |b| {
            // One look at the runtime for many calls: entering it costs more than any plugin.
            b.iter_custom(|rounds| {
                runtime.block_on(async {
                    let call = call_on(r#"{"amount":1}"#, &["S"]).expect("an event");
                    let began = std::time::Instant::now();
                    for _ in 0..rounds {
                        let output = service.clone().oneshot(black_box(call.clone())).await;
                        black_box(output.expect("a result"));
                    }
                    began.elapsed()
                })
            });
        });
    }
    group.finish();
}

criterion_group!(benches, let_through);
criterion_main!(benches);
