//! Compiling cascades of growing size.

mod common;

use std::hint::black_box;

use cascata_compiler::{Options, Source, compile};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

fn compile_cascades(c: &mut Criterion) {
    let mut group = c.benchmark_group("compile");
    group.sample_size(20);
    for extra in [10, 100, 1000] {
        let source = Source::new("many.yaml", common::many_rules(extra));
        assert!(compile(&source, &Options::default()).image.is_some());
        group.throughput(Throughput::Elements(3 * extra as u64));
        group.bench_function(BenchmarkId::new("rules", 3 * extra), |b| {
            b.iter(|| black_box(compile(&source, &Options::default()).image));
        });
    }
    group.finish();
}

criterion_group!(benches, compile_cascades);
criterion_main!(benches);
