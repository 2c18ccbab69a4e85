//! One WASM stage: a module that reads fields and answers, with a fresh instance for each event and with a pooled one.

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use cascata::compiler::{Options, Source, compile};
use cascata::modules::ModuleFolder;
use cascata::runtime::engine::Engine;
use cascata::vm::image::{LoadOptions, Program};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

fn engine(instance: &str) -> Engine {
    let text = format!(
        "name: one\nversion: \"1\"\nstages:\n  S:\n    name: S\n    handler: {{kind: wasm, module: stages/trust_fast.wasm, instance: {instance}}}\n"
    );
    let compiled = compile(&Source::new("one.yaml", text), &Options::default());
    let image = compiled.image.unwrap_or_else(|| panic!("{:?}", compiled.diagnostics));
    let program = Program::verify(image, &LoadOptions::default()).expect("a valid image");
    let modules = ModuleFolder::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/cascades"));
    Engine::builder(program).source(Arc::new(modules)).build().expect("an engine")
}

fn one_stage(c: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let event = r#"{"user_id":"user_12345","action":"withdraw","amount":10000}"#;
    let mut group = c.benchmark_group("one_stage");
    group.throughput(Throughput::Elements(1));
    for (name, instance) in [("fresh", "fresh"), ("pooled", "{pooled: {max: 1}}")] {
        let engine = engine(instance);
        let decision = runtime.block_on(engine.execute(event.as_bytes())).expect("a decision");
        assert_eq!(decision.executed().collect::<Vec<_>>(), ["S"]);
        group.bench_function(BenchmarkId::from_parameter(name), |b| {
            b.iter(|| {
                runtime.block_on(async { black_box(engine.execute(event.as_bytes()).await.expect("a decision")) })
            });
        });
    }
    group.finish();
}

criterion_group!(benches, one_stage);
criterion_main!(benches);
