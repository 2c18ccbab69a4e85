//! From event bytes to ten rules: ours beside the same rules by hand on `serde_json`, in one run; and the machine
//! alone, with fields already extracted.
//!
//! A bench that cannot be set up ends there: each `expect` says what was missing.

mod common;

use std::hint::black_box;

use cascata_compiler::{Options, Source, compile};
use cascata_vm::eval::{NoTrace, Step, Walk};
use cascata_vm::image::{LoadOptions, Program, RuleKind};
use cascata_vm::json::{DuplicateKeys, Extraction, JsonFacts, PathTrie, ReadOptions, Validate};
use cascata_vm::{ListId, PathId};
use common::{Payment, Place};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

fn program() -> Program<'static> {
    let compiled = compile(&Source::new("ten_rules.yaml", common::TEN_RULES), &Options::default());
    let image = compiled.image.unwrap_or_else(|| panic!("{:?}", compiled.diagnostics));
    Program::verify(image, &LoadOptions::default().trusted(true)).expect("a valid image")
}

fn trie(program: &Program<'_>) -> PathTrie {
    let paths: Vec<_> = (0..program.path_count()).map(|path| program.path(PathId::new(path as u32))).collect();
    PathTrie::new(&paths)
}

/// The list of rules and the number of the first, looked up once, as a host does.
fn rules(program: &Program<'_>) -> (ListId, u32) {
    let list = program.stages().next().expect("a stage").list(RuleKind::Routing);
    (list, program.list_rules(list).next().expect("a rule").id().as_u32())
}

/// A bit for each rule that fires.
fn fired(program: &Program<'_>, (list, first): (ListId, u32), facts: &JsonFacts<'_>) -> u32 {
    let mut walk = Walk::new();
    walk.start(list);
    let mut bits = 0;
    loop {
        match walk.next(program, facts, &mut NoTrace) {
            Step::Fired(rule) => bits |= 1 << (rule.as_u32() - first),
            Step::Error { .. } | Step::Otherwise(_) => {}
            Step::Done => return bits,
        }
    }
}

fn end_to_end(c: &mut Criterion) {
    let program = program();
    let (trie, rules) = (trie(&program), rules(&program));
    let pattern = common::temp_mail();
    for bytes in [1 << 10, 10 << 10] {
        let mut group = c.benchmark_group(format!("ten_rules/{}KB", bytes >> 10));
        for place in [Place::Early, Place::Middle, Place::Late] {
            let events: Vec<String> = (0..64).map(|seed| common::event(bytes, place, seed)).collect();
            let mut extraction = Extraction::new();
            let full = ReadOptions::default();
            // The answers come before the times.
            for event in &events {
                let text = extraction.read(&trie, event.as_bytes(), &full).expect("a valid event");
                let ours = fired(&program, rules, &JsonFacts::new(text, &extraction));
                let payment: Payment<'_> = serde_json::from_str(event).expect("a valid event");
                assert_eq!(ours, common::by_hand(&payment, Some(&pattern)), "{event}");
            }
            group.throughput(Throughput::Elements(events.len() as u64));
            group.bench_function(BenchmarkId::new("serde_json_by_hand", format!("{place:?}")), |b| {
                b.iter(|| {
                    for event in &events {
                        let payment: Payment<'_> = serde_json::from_slice(event.as_bytes()).expect("a valid event");
                        black_box(common::by_hand(&payment, Some(&pattern)));
                    }
                });
            });
            let trusted = ReadOptions {
                validate: Validate::Trusted,
                duplicate_keys: DuplicateKeys::First,
                ..ReadOptions::default()
            };
            for (name, options) in [("cascata_default", &full), ("cascata_trusted_first", &trusted)] {
                group.bench_function(BenchmarkId::new(name, format!("{place:?}")), |b| {
                    b.iter(|| {
                        for event in &events {
                            let text = extraction.read(&trie, event.as_bytes(), options).expect("a valid event");
                            black_box(fired(&program, rules, &JsonFacts::new(text, &extraction)));
                        }
                    });
                });
            }
        }
        group.finish();
    }
}

fn machine_alone(c: &mut Criterion) {
    let program = program();
    let (trie, rules) = (trie(&program), rules(&program));
    let pattern = common::temp_mail();
    let mut group = c.benchmark_group("machine_alone");
    for count in [256_u64, 8192] {
        let events: Vec<String> = (0..count).map(|seed| common::event(0, Place::Early, seed)).collect();
        let extracted: Vec<(String, Extraction)> = events
            .iter()
            .map(|event| {
                let mut extraction = Extraction::new();
                extraction.read(&trie, event.as_bytes(), &ReadOptions::default()).expect("a valid event");
                (event.clone(), extraction)
            })
            .collect();
        let payments: Vec<Payment<'_>> =
            events.iter().map(|event| serde_json::from_str(event).expect("a valid event")).collect();
        group.throughput(Throughput::Elements(count));
        group.bench_function(BenchmarkId::new("by_hand", count), |b| {
            b.iter(|| {
                payments.iter().map(|payment| common::by_hand(black_box(payment), Some(&pattern))).fold(0, |a, b| a ^ b)
            });
        });
        group.bench_function(BenchmarkId::new("cascata", count), |b| {
            b.iter(|| {
                extracted
                    .iter()
                    .map(|(event, extraction)| fired(&program, rules, &JsonFacts::new(black_box(event), extraction)))
                    .fold(0, |a, b| a ^ b)
            });
        });
    }
    group.finish();
}

criterion_group!(benches, end_to_end, machine_alone);
criterion_main!(benches);
