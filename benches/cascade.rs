//! Whole cascades: the trust-scoring example with its three WASM modules, and the same with native handlers, an event
//! after the other on one thread.

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cascata::compiler::{Options, Source, compile};
use cascata::modules::ModuleFolder;
use cascata::runtime::engine::Engine;
use cascata::runtime::{StageOutput, handler_fn};
use cascata::vm::image::{LoadOptions, Program};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

fn cascades() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/cascades")
}

fn program() -> Program<'static> {
    let file = cascades().join("trust_scoring.yaml");
    let text = std::fs::read_to_string(&file).expect("the example cascade");
    let compiled = compile(&Source::new("trust_scoring.yaml", text), &Options::default());
    let image = compiled.image.unwrap_or_else(|| panic!("{:?}", compiled.diagnostics));
    Program::verify(image, &LoadOptions::default()).expect("a valid image")
}

fn wasm() -> Engine {
    let modules = ModuleFolder::new(cascades());
    Engine::builder(program()).source(Arc::new(modules)).build().expect("an engine")
}

fn native() -> Engine {
    let answer =
        |confidence: f64| handler_fn(move |_| async move { Ok(StageOutput::new("pass").with_confidence(confidence)) });
    Engine::builder(program())
        .handler("FAST_CHECK", answer(0.75))
        .handler("MEDIUM_CHECK", answer(0.85))
        .handler("EXPENSIVE_CHECK", answer(0.99))
        .build()
        .expect("an engine")
}

fn whole_cascade(c: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let events: Vec<String> =
        (0..64).map(|n| format!(r#"{{"user_id":"user_12345","action":"withdraw","amount":{}}}"#, 10_000 + n)).collect();
    let mut group = c.benchmark_group("trust_scoring");
    group.throughput(Throughput::Elements(events.len() as u64));
    for (name, engine) in [("wasm", wasm()), ("native", native())] {
        let first = runtime.block_on(engine.execute(events[0].as_bytes())).expect("a decision");
        assert_eq!(first.executed().collect::<Vec<_>>(), ["FAST_CHECK", "MEDIUM_CHECK", "EXPENSIVE_CHECK"], "{name}");
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
