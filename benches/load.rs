//! Loading verified images, beside compiling the same source.

mod common;

use std::hint::black_box;

use cascata_compiler::{Options, Source, compile};
use cascata_vm::image::{LoadOptions, Program};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

fn load_images(c: &mut Criterion) {
    let mut group = c.benchmark_group("load");
    for extra in [10, 100, 1000] {
        let source = Source::new("many.yaml", common::many_rules(extra));
        let image = compile(&source, &Options::default()).image.expect("a valid cascade");
        group.throughput(Throughput::Bytes(image.len() as u64));
        group.bench_function(BenchmarkId::new("borrowed", 3 * extra), |b| {
            b.iter(|| {
                black_box(Program::verify(image.as_slice(), &LoadOptions::default()).expect("a valid image").hash())
            });
        });
    }
    for trusted in [false, true] {
        let source = Source::new("ten_rules.yaml", common::TEN_RULES);
        let image = compile(&source, &Options::default()).image.expect("a valid cascade");
        let options = LoadOptions::default().trusted(trusted);
        group.bench_function(BenchmarkId::new("one_pattern", if trusted { "trusted" } else { "untrusted" }), |b| {
            b.iter(|| black_box(Program::verify(image.as_slice(), &options).expect("a valid image").hash()));
        });
    }
    group.finish();
}

criterion_group!(benches, load_images);
criterion_main!(benches);
