//! One cascade, some events, scripted handlers.

use cascata::compiler::{Options, Source, compile};
use cascata::record::{DecisionRecord, Mode};
use cascata::runtime::engine::Engine;
use cascata::runtime::testing::ScriptedHandler;
use serde_json::{Value, json};

/// A cascade written as JSON, with its handlers.
pub struct Cascade {
    engine: Engine,
}

impl Cascade {
    /// Compiles `stages` (and `more` keys of the file) and registers a handler for each name.
    #[track_caller]
    pub fn new(stages: &Value, more: &Value, handlers: &[(&str, &ScriptedHandler)]) -> Self {
        let compiled = compile(&Source::new("cascade.json", file(stages, more).to_string()), &Options::default());
        let image = compiled.image.unwrap_or_else(|| panic!("{:#?}", compiled.diagnostics));
        let mut builder = Engine::from_image(image).expect("the compiler writes images that load");
        for (name, handler) in handlers {
            builder = builder.handler(*name, (*handler).clone());
        }
        Self { engine: builder.build().expect("the engine is built") }
    }

    /// Decides one event.
    #[track_caller]
    pub fn decide(&self, event: &Value) -> DecisionRecord {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        let decision = runtime.block_on(self.engine.execute(event.to_string().as_bytes())).expect("the event is read");
        let mut record = decision.record(Mode::Full);
        record.final_data = Some(decision.final_tree());
        record
    }
}

/// The codes of the errors of a cascade.
pub fn refusals(stages: &Value, more: &Value) -> Vec<&'static str> {
    let compiled = compile(&Source::new("cascade.json", file(stages, more).to_string()), &Options::default());
    assert_eq!(compiled.image.is_none(), compiled.diagnostics.iter().any(|diagnostic| diagnostic.is_error()));
    compiled.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).map(|found| found.code.as_str()).collect()
}

fn file(stages: &Value, more: &Value) -> Value {
    let mut file = json!({"name": "c", "version": "1"});
    let named = stages.as_object().expect("stages by name").iter().map(|(name, stage)| {
        let mut stage = stage.clone();
        if stage.get("name").is_none() {
            stage["name"] = name.as_str().into();
        }
        (name.clone(), stage)
    });
    file["stages"] = Value::Object(named.collect());
    for (key, value) in more.as_object().into_iter().flatten() {
        file[key] = value.clone();
    }
    file
}

/// A handler that always answers this.
pub fn says(value: Value) -> ScriptedHandler {
    ScriptedHandler::returning(value)
}

/// A rule.
pub fn rule(kind: &str, condition: Value, action: Value) -> Value {
    json!({"name": format!("a_{kind}"), "type": kind, "condition": condition, "action": action})
}

/// The condition that holds for every event of these tests: they all have `n`.
pub fn always() -> Value {
    json!({"field": "n", "operator": "EXISTS"})
}

/// A condition that is an error for events whose `n` is a number.
pub fn failing() -> Value {
    json!({"field": "n", "operator": "<", "value": "text"})
}

/// The names of the stages that ran.
pub fn ran(record: &DecisionRecord) -> Vec<&str> {
    record.stages.iter().map(|stage| stage.name.as_str()).collect()
}

/// Stage and kind of what went wrong.
pub fn errors(record: &DecisionRecord) -> Vec<(&str, &str)> {
    record.errors.iter().map(|error| (error.stage.as_str(), error.kind.as_str())).collect()
}
