//! Whole cascades: the trust-scoring example with its three WASM modules, and the same with native handlers, an event
//! after the other on one thread.

#[path = "common/trust_scoring.rs"]
mod trust_scoring;

use std::hint::black_box;

use cascata::runtime::engine::Engine;
use cascata::runtime::{StageOutput, handler_fn};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

fn native() -> Engine {
    let answer =
        |confidence: f64| handler_fn(move |_| async move { Ok(StageOutput::new("pass").with_confidence(confidence)) });
    Engine::builder(trust_scoring::program())
        .handler("FAST_CHECK", answer(0.75))
        .handler("MEDIUM_CHECK", answer(0.85))
        .handler("EXPENSIVE_CHECK", answer(0.99))
        .build()
        .expect("an engine")
}

fn whole_cascade(c: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let events = trust_scoring::events();
    let mut group = c.benchmark_group("trust_scoring");
    group.throughput(Throughput::Elements(events.len() as u64));
    for (name, engine) in [("wasm", trust_scoring::wasm()), ("native", native())] {
        runtime.block_on(trust_scoring::check(&engine, &events[0]));
        group.bench_function(name, |b| {
            b.iter(|| {
                runtime.block_on(async {
                    for event in &events {
                        black_box(engine.execute(event.as_bytes()).await.expect("a decision"));
                    }
                });
            });
        });
    }
    group.finish();
}

criterion_group!(benches, whole_cascade);
criterion_main!(benches);
