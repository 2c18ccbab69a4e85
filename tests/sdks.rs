//! The fraud example in every language, through the engine: the same events, the same decisions, to the byte.
//!
//! Small modules are committed. Large ones are built by `examples/stages/build.sh` where their compiler is; a module that is
//! not there is named, so that nobody takes its silence for success.

#[path = "sdks/capabilities.rs"]
mod capabilities;
#[allow(dead_code)] // what other tests use of it
#[path = "../runtime/src/http/tests/server.rs"]
mod server;
#[path = "sdks/templates.rs"]
mod templates;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cascata::compiler::{Options, Source, compile};
use cascata::modules::ModuleFolder;
use cascata::record::Mode;
use cascata::runtime::engine::Engine;
use cascata::runtime::wasm::{CORE_ABI, Manifest, WIT_VERSIONS, WasmHost, WasmHostOptions, inspect};
use cascata::vm::image::{LoadOptions, Program};
use serde_json::{Value, json};

/// Languages whose modules are committed, so that a missing one is a failure.
const COMMITTED: &[&str] = &["rust", "rust-component", "c", "cpp", "zig", "assemblyscript", "d"];
/// Languages whose modules are built on demand.
const ON_DEMAND: &[&str] = &["go", "javascript", "typescript", "python"];
/// Of these, those whose module is so large that a debug build compiles it for a quarter of an hour.
const HUGE: &[&str] = &["python"];

/// What may differ between languages: what a module costs and which it is, and what differs between any two runs.
const OWN: &[&str] = &["fuel", "memory", "module", "time_us", "at_us", "now", "id"];

fn stages() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/stages")
}

/// Modules with a language's runtime in them take minutes to compile in a debug build; each does it once.
fn module_cache() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("modules")
}

/// Every event's full record by one language's module. The cascade names the module the same way for all, so that the
/// program is the same.
fn records(language: &str, module: &Path) -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("rust/fraud")).unwrap();
    std::fs::copy(module, folder.path().join("rust/fraud/fraud.wasm")).unwrap();
    let text = std::fs::read_to_string(stages().join("fraud.yaml")).unwrap();
    let compiled = compile(&Source::new("fraud.yaml", text), &Options::default());
    assert!(compiled.diagnostics.is_empty(), "{:?}", compiled.diagnostics);
    let program = Program::verify(compiled.image.unwrap(), &LoadOptions::default()).unwrap();
    let host = WasmHost::new(WasmHostOptions::default().with_cache_dir(module_cache()));
    let modules = ModuleFolder::with_host(folder.path(), host);
    let engine = Engine::builder(program)
        .source(Arc::new(modules))
        .build()
        .unwrap_or_else(|error| panic!("{language}: {error}"));
    let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let events = std::fs::read_to_string(stages().join("fraud.ndjson")).unwrap();
    let decide = |event: &str| {
        let decision = tokio.block_on(engine.execute(event.as_bytes())).unwrap();
        serde_json::to_value(decision.record(Mode::Full)).unwrap()
    };
    events.lines().map(decide).collect()
}

/// A record without what is a language's own.
fn comparable(record: &Value) -> Value {
    match record {
        Value::Object(fields) => {
            let kept = fields.iter().filter(|(key, _)| !OWN.contains(&key.as_str()));
            kept.map(|(key, value)| (key.clone(), comparable(value))).collect()
        }
        Value::Array(items) => items.iter().map(comparable).collect(),
        other => other.clone(),
    }
}

/// The modules that are there, by language; says which are not.
fn modules() -> BTreeMap<&'static str, PathBuf> {
    let mut found = BTreeMap::new();
    for language in COMMITTED.iter().chain(ON_DEMAND) {
        let module = stages().join(language).join("fraud/fraud.wasm");
        if module.exists() {
            found.insert(*language, module);
            continue;
        }
        assert!(!COMMITTED.contains(language), "{} is missing", module.display());
        eprintln!("NOT COMPARED: the {language} module is not built; `examples/stages/build.sh {language}` does it");
    }
    found
}

/// Holds every record of these languages against that of the stage in Rust.
fn compare(is_compared: impl Fn(&str) -> bool) {
    let modules = modules();
    let texts = |language| {
        let records = records(language, &modules[language]);
        records.iter().map(|record| comparable(record).to_string()).collect::<Vec<_>>()
    };
    let rust = texts("rust");
    for language in modules.keys().filter(|language| is_compared(language)) {
        for (line, (expected, found)) in rust.iter().zip(texts(language)).enumerate() {
            assert_eq!(*expected, found, "{language}, event {}", line + 1);
        }
    }
}

#[test]
fn every_language_decides_the_same_to_the_byte() {
    compare(|language| !HUGE.contains(&language));
}

#[test]
#[ignore = "compiles 19 MB: run it with --release"]
fn languages_with_huge_runtimes_decide_the_same_as_well() {
    compare(|language| HUGE.contains(&language));
}

#[test]
fn every_module_says_the_same_of_itself() {
    for (language, module) in modules() {
        let shape = inspect(&std::fs::read(module).unwrap()).unwrap();
        let manifest = Manifest::parse(&shape.manifest.unwrap_or_else(|| panic!("{language}: no manifest"))).unwrap();
        assert_eq!((manifest.name.as_str(), manifest.version.as_str()), ("fraud", "1.0.0"), "{language}");
        assert_eq!(manifest.fields, ["user.trusted", "amount", "geo.country", "velocity", "items"], "{language}");
        assert_eq!(manifest.results, ["pass", "review", "block"], "{language}");
        assert_eq!(manifest.config["properties"]["limit"], json!({"type": "number"}), "{language}");
        assert!(manifest.stateless, "{language}");
        let version = WIT_VERSIONS.last().unwrap();
        let abi = if shape.is_component { format!("cascata:stage@{version}") } else { CORE_ABI.to_owned() };
        assert_eq!(manifest.abi, abi, "{language}");
    }
}

#[test]
fn the_decisions_are_those_that_the_readme_defines() {
    let expected = [
        json!(["pass", 1.0, {"reasons": [], "points": 0, "country": "CH"}, "allow"]),
        json!(["pass", 1.0, {"reasons": [], "points": 0, "country": null}, "allow"]),
        json!(["review", 0.6, {"reasons": ["amount"], "points": 40, "country": null}, "review"]),
        json!(["review", 0.7, {"reasons": ["amount", "velocity", "trusted"], "points": 30, "country": null}, "review"]),
        json!(["block", 1.0, {"reasons": ["amount", "country", "velocity", "gift_cards"], "points": 100, "country": "KP"}, "deny"]),
        json!(["block", 1.0, {"reasons": ["amount", "country", "velocity", "gift_cards"], "points": 100, "country": "IR"}, "deny"]),
        json!(["pass", 0.9, {"reasons": ["gift_cards"], "points": 10, "country": null}, "allow"]),
        json!(["pass", 1.0, {"reasons": [], "points": 0, "country": "KPX"}, "allow"]),
        json!(["pass", 1.0, {"reasons": [], "points": 0, "country": "\"Üb\\er\" 東京 😀\n\t"}, "allow"]),
        json!(["pass", 1.0, {"reasons": [], "points": 0, "country": null}, "allow"]),
        json!(["review", 0.6, {"reasons": ["amount"], "points": 40, "country": null}, "review"]),
        json!(["pass", 1.0, {"reasons": ["trusted"], "points": 0, "country": ""}, "allow"]),
    ];
    let failures =
        ["amount is not a number", "amount is not a number", "amount is not a number", "velocity is not known yet"];
    let records = records("rust", &modules()["rust"]);
    assert_eq!(records.len(), expected.len() + failures.len());
    for (line, (record, expected)) in records.iter().zip(&expected).enumerate() {
        let stage = &record["stages"][0];
        let found = json!([stage["result"], stage["confidence"], stage["data"], record["outcome"]]);
        assert_eq!(found, *expected, "event {}", line + 1);
    }
    for (line, (record, message)) in records.iter().skip(expected.len()).zip(failures).enumerate() {
        let found = record["stages"][0]["error"]["message"].as_str().unwrap_or_default();
        assert!(found.contains(message), "event {}: {record}", expected.len() + line + 1);
        assert_eq!(record["outcome"], "ask_again");
    }
}
