//! Stages beside their peers: the same guest work in our host, in the bare engine, in Extism and in no sandbox.
//!
//! `stages-bench` prints a line of JSON for each contender; `stages-bench neighbours` measures a healthy stage beside hostile ones.
//!
//! A bench that cannot be set up ends there: each `expect` says what was missing.

mod bare;
mod neighbours;
mod ours;

use std::hint::black_box;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use cascata_runtime::wasm::{WasmHost, WasmHostOptions};
use cascata_runtime::{OwnedValue, StageCall, StageHandler, StageOutput, handler_fn};
use cascata_vm::{Segment, Value};
use serde_json::{Map, json};

/// Rounds in which contenders take turns.
const ROUNDS: usize = 31;

/// One contender: what it is called, calls a round, and how it is called.
struct Contender<'c> {
    case: &'static str,
    name: &'static str,
    calls: u32,
    call: Box<dyn FnMut() + 'c>,
}

/// Holds an output against what all contenders have to answer.
fn checked(output: &StageOutput) {
    assert_eq!(output.result, OwnedValue::Text("pass".to_owned()));
    assert_eq!(output.confidence, OwnedValue::Float(0.9));
    assert_eq!(output.data.as_deref(), Some(r#"{"seen":8}"#));
}

fn extism() -> (extism::CompiledPlugin, Vec<u8>) {
    let manifest = extism::Manifest::new([extism::Wasm::data(ours::guest("extism.wat"))]);
    let compiled = extism::PluginBuilder::new(manifest).with_wasi(false).with_cache_disabled().compile();
    (compiled.expect("a plugin"), (0_u64..8).flat_map(u64::to_le_bytes).collect())
}

fn ask(plugin: &mut extism::Plugin, input: &[u8]) {
    let said = plugin.call::<&[u8], &[u8]>("run", input).expect("an answer");
    assert_eq!(&said[..14], b"pass{\"seen\":8}");
}

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("neighbours") => neighbours::measure(),
        Some("start") => load(Path::new(&std::env::args().nth(2).expect("a folder"))),
        _ => compare(),
    }
}

/// A handler of the host program that does the same.
fn native() -> impl cascata_runtime::StageHandler {
    let paths: Arc<[Vec<Segment>]> =
        ["a", "b", "c", "d", "e", "f", "g", "h"].iter().map(|name| vec![Segment::Key((*name).to_owned())]).collect();
    handler_fn(move |call: StageCall| {
        let paths = Arc::clone(&paths);
        async move {
            let seen = paths.iter().filter(|path| !matches!(call.field(path), Value::Missing)).count();
            let mut data = Map::new();
            data.insert("seen".to_owned(), json!(seen));
            Ok(StageOutput::new("pass").with_confidence(0.9).with_data(&data))
        }
    })
}

/// A contender that is a stage of ours, its answer held first.
fn contender<'c, H: StageHandler>(
    case: &'static str,
    name: &'static str,
    calls: u32,
    handler: &'c H,
    call: &'c StageCall,
) -> Contender<'c> {
    checked(&ours::run(handler, call.clone()).expect("an answer"));
    let run = move || drop(black_box(ours::run(handler, call.clone())));
    Contender { case, name, calls, call: Box::new(run) }
}

/// Measures all contenders in turns.
fn compare() {
    let host = WasmHost::new(WasmHostOptions::default());
    let (core, call) = (ours::fixture("eight_fields.wat"), ours::prepared());
    let kept = ours::stage(&host, &core, ours::pooled);
    let fresh = ours::stage(&host, &core, |_| ());
    let kept_component = ours::stage(&host, &ours::component(), ours::pooled);
    let fresh_component = ours::stage(&host, &ours::component(), |_| ());
    let (native, bare) = (native(), bare::Bare::new(&core));
    let mut bare_kept = bare.kept();
    assert_eq!(bare_kept.call(), ("pass".to_owned(), r#"{"seen":8}"#.to_owned()));
    let (compiled, input) = extism();
    let mut plugin = extism::Plugin::new_from_compiled(&compiled).expect("a plugin");
    let mut contenders = vec![
        contender("kept", "cascata, core", 10_000, &kept, &call),
        Contender {
            case: "kept",
            name: "wasmtime",
            calls: 10_000,
            call: Box::new(|| drop(black_box(bare_kept.call()))),
        },
        contender("kept", "cascata, component", 2_000, &kept_component, &call),
        Contender { case: "kept", name: "Extism", calls: 500, call: Box::new(|| ask(&mut plugin, &input)) },
        contender("kept", "cascata, native handler", 10_000, &native, &call),
        contender("fresh", "cascata, core", 500, &fresh, &call),
        Contender { case: "fresh", name: "wasmtime", calls: 500, call: Box::new(|| drop(black_box(bare.fresh()))) },
        contender("fresh", "cascata, component", 200, &fresh_component, &call),
        Contender {
            case: "fresh",
            name: "Extism",
            calls: 50,
            call: Box::new(|| ask(&mut extism::Plugin::new_from_compiled(&compiled).expect("a plugin"), &input)),
        },
    ];
    let mut times = vec![Vec::with_capacity(ROUNDS); contenders.len()];
    for round in 0..=ROUNDS {
        for (contender, times) in contenders.iter_mut().zip(&mut times) {
            let begun = Instant::now();
            (0..contender.calls).for_each(|_| (contender.call)());
            // The first round warms.
            if round > 0 {
                times.push(begun.elapsed().as_secs_f64() * 1e9 / f64::from(contender.calls));
            }
        }
    }
    for (Contender { case, name, .. }, times) in contenders.iter().zip(times) {
        line(case, name, times);
    }
    starts();
}

/// Prints a contender's line.
fn line(case: &str, name: &str, mut times: Vec<f64>) {
    times.sort_by(f64::total_cmp);
    let [least, median, most] =
        [times[0], times[times.len() / 2], times[times.len() - 1]].map(|ns| (ns * 10.0).round() / 10.0);
    println!(
        "{}",
        json!({"table": "stages", "case": case, "contender": name, "ns": median, "min": least, "max": most})
    );
}

/// Starts of a process with ten stages, compiled and cached.
fn starts() {
    let folder = tempfile::tempdir().expect("a folder");
    let begun = Instant::now();
    let modules = folder.path().join("modules");
    load(&modules);
    line("start, ten stages", "cascata, compiling", vec![begun.elapsed().as_secs_f64() * 1e9]);
    let program = std::env::current_exe().expect("our own path");
    let start = || {
        let begun = Instant::now();
        assert!(Command::new(&program).arg("start").arg(&modules).status().expect("a process").success());
        begun.elapsed().as_secs_f64() * 1e9
    };
    line("start, ten stages", "cascata, cached", (0..11).map(|_| start()).collect());
}

/// Loads ten modules on a host with a cache.
fn load(folder: &Path) {
    let host = ours::cached(folder);
    assert!(host.is_caching());
    for bytes in ours::ten() {
        black_box(ours::stage(&host, &bytes, |_| ()));
    }
}
