//! The example cascades as tests run them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use cascata::compiler::{Options, Source, compile};
use cascata::modules::ModuleFolder;
use cascata::record::{DecisionRecord, Mode};
use cascata::runtime::engine::Engine;
use cascata::vm::image::{LoadOptions, Program};
use serde_json::{Map, Value, json};

/// The cascades in `examples/cascades`.
pub const NAMES: [&str; 3] = ["trust_scoring", "message_moderation", "flow_triage"];

/// The folder of the examples.
pub fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")
}

/// A file of JSON lines.
pub fn read_lines(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// An example cascade, ready to decide.
pub struct Runner {
    engine: Engine,
    tokio: tokio::runtime::Runtime,
}

impl Runner {
    pub fn new(name: &str) -> Self {
        let path = examples().join(format!("cascades/{name}.yaml"));
        let source = Source::new(path.display().to_string(), std::fs::read_to_string(&path).unwrap());
        let compiled = compile(&source, &Options::default());
        assert!(compiled.diagnostics.is_empty(), "{name}: {:?}", compiled.diagnostics);
        let program = Program::verify(compiled.image.unwrap(), &LoadOptions::default()).unwrap();
        let modules = ModuleFolder::new(examples().join("cascades"));
        let engine = Engine::builder(program).source(Arc::new(modules)).build().unwrap();
        let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { engine, tokio }
    }

    /// The full record of an event's decision.
    pub fn decide(&self, event: &Value) -> DecisionRecord {
        self.record(&event.to_string(), Mode::Full)
    }

    /// The record of an event's decision.
    pub fn record(&self, event: &str, mode: Mode) -> DecisionRecord {
        self.tokio.block_on(self.engine.execute(event.as_bytes())).unwrap().record(mode)
    }

    /// What an event's decision comes to: verdict, stages, rules, how it ended.
    pub fn verdict(&self, event: &Value) -> Map<String, Value> {
        verdict(&self.record(&event.to_string(), Mode::Summary))
    }
}

/// The fields of a record that expected decisions have.
pub fn verdict(record: &DecisionRecord) -> Map<String, Value> {
    let executed: Vec<_> = record.stages.iter().map(|stage| &stage.name).collect();
    let fired: Vec<_> = record.fired.iter().map(|rule| &rule.rule).collect();
    let errors: Vec<_> = record.errors.iter().map(|error| format!("{}: {}", error.stage, error.kind)).collect();
    let row = json!({
        "outcome": record.outcome, "executed": executed, "fired": fired, "terminated": record.terminated, "errors": errors,
    });
    match row {
        Value::Object(row) => row,
        _ => Map::new(),
    }
}

/// A row of expected decisions: the event's id, or its line where it has none, and the verdict.
pub fn summary(runner: &Runner, line: usize, event: &Value) -> Value {
    let mut row = match event.get("id") {
        Some(id) => Map::from_iter([("id".to_owned(), id.clone())]),
        None => Map::from_iter([("line".to_owned(), json!(line))]),
    };
    row.extend(runner.verdict(event));
    Value::Object(row)
}

/// The event with its label turned round, and without label and id.
pub fn relabelled(event: &Value) -> [Value; 2] {
    let (mut turned, mut bare) = (event.clone(), event.clone());
    for (_, label) in turned["label"].as_object_mut().unwrap() {
        *label = match label {
            Value::Bool(truth) => json!(!*truth),
            _ => json!("something else"),
        };
    }
    turned["id"] = json!("another");
    bare.as_object_mut().unwrap().retain(|key, _| key != "label" && key != "id");
    [turned, bare]
}
