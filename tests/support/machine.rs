//! Conditions through the product: compiled, verified and evaluated by the machine, on the image as it came from the
//! compiler and on one read back from a file.

use std::sync::Arc;
use std::time::Duration;

use cascata_compiler::{Options, Passes, Source, compile};
use cascata_runtime::state::{FactsPlan, StageResult, State};
use cascata_runtime::{FailureKind, StageFailure, StageOutput};
use cascata_vm::eval::{self, Cursor, Matched, Matcher, NoTrace, Select, Step, Tracer, Vm, Walk};
use cascata_vm::image::{LoadOptions, Program, RuleKind, Shortcut, Shortcuts};
use cascata_vm::json::{ReadOptions, write_value};
use cascata_vm::{ListId, PathId, RuleId};
use serde_json::{Map, Value, json};

use super::computed::written;
use crate::oracle::condition::Outcome;
use crate::oracle::path;
use crate::oracle::time::NOW_US;

/// The stage that a lone condition becomes a rule of.
const HOST_STAGE: &str = "the condition's stage";

/// Compiles a cascade given as JSON, in which conditions may be [trees](super::computed); the error lists what was wrong.
pub fn image_of(config: &Value) -> Result<Vec<u8>, String> {
    image_with(config, Passes::ALL)
}

/// The same with chosen passes.
pub fn image_with(config: &Value, passes: Passes) -> Result<Vec<u8>, String> {
    let mut options = Options::default();
    options.passes = passes;
    let compiled = compile(&Source::new("cascade.json", written(config).to_string()), &options);
    let errors = compiled.diagnostics.iter().filter(|diagnostic| diagnostic.is_error());
    let errors: Vec<String> = errors.map(|error| format!("{}: {}", error.code.as_str(), error.message)).collect();
    match compiled.image {
        Some(image) => {
            assert!(errors.is_empty(), "an image in spite of errors: {errors:?}");
            Ok(image)
        }
        None => {
            assert!(!errors.is_empty(), "no image and no error");
            Err(errors.join("; "))
        }
    }
}

/// The program of an image, which the compiler must never make such that it is refused. All its lists have an index, however
/// short they are, and no sieve; one that is [loaded as users load it](program_reloaded_from_disk) has sieves for such lists.
pub fn program_of(image: Vec<u8>) -> Program<'static> {
    let shortcuts = Shortcuts::ALL.without(Shortcut::Sieve);
    Program::verify(image, &LoadOptions::default().index_min_rules(1).shortcuts(shortcuts))
        .expect("an image of the compiler verifies")
}

/// The same without the shortcuts of runs that nobody traces, and without indexes.
pub fn program_without_shortcuts(image: Vec<u8>) -> Program<'static> {
    Program::verify(image, &LoadOptions::default().index_min_rules(u32::MAX).shortcuts(Shortcuts::NONE))
        .expect("an image of the compiler verifies")
}

/// The program of an image, loaded as users load it: short lists have sieves.
pub fn program_as_loaded(image: Vec<u8>) -> Program<'static> {
    Program::verify(image, &LoadOptions::default()).expect("an image of the compiler verifies")
}

/// The same of an image that went through a file.
pub fn program_reloaded_from_disk(image: &[u8]) -> Program<'static> {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    std::fs::write(file.path(), image).expect("the image can be written");
    program_as_loaded(std::fs::read(file.path()).expect("the image can be read back"))
}

/// What a leaf condition was seen to be: the value of its field, null where missing, or both values where two were read;
/// and how it came out.
pub type Seen = (Value, Outcome);

/// What evaluation of rules came to.
#[derive(Debug, Clone)]
pub struct Traced {
    /// One per rule, in evaluation order.
    pub rules: Vec<Outcome>,
    pub leaves: Vec<Seen>,
    /// Where the machine stopped; the oracle tells none.
    pub steps: Vec<Step>,
}

#[derive(Default)]
struct Recorder {
    leaves: Vec<Seen>,
    rules: Vec<Outcome>,
    /// What the next condition compares its value with.
    operand: Option<Value>,
}

impl Tracer for Recorder {
    const ON: bool = true;

    fn condition(&mut self, _: u32, value: cascata_vm::Value<'_>, outcome: eval::Outcome) {
        let value = match self.operand.take() {
            Some(operand) => json!([read(&value), operand]),
            None => read(&value),
        };
        self.leaves.push((value, plain(outcome)));
    }

    fn operand(&mut self, _: u32, value: cascata_vm::Value<'_>) {
        self.operand = Some(read(&value));
    }

    fn rule(&mut self, _: RuleId, outcome: eval::Outcome) {
        self.rules.push(plain(outcome));
    }
}

fn plain(outcome: eval::Outcome) -> Outcome {
    match outcome {
        eval::Outcome::True => Outcome::True,
        eval::Outcome::False => Outcome::False,
        eval::Outcome::Error(_) => Outcome::Error,
    }
}

fn read(value: &cascata_vm::Value<'_>) -> Value {
    let mut text = String::new();
    write_value(value, &mut text);
    serde_json::from_str(&text).unwrap_or(Value::Null)
}

/// A cascade of one stage whose routing rules have the conditions. Every stage of `results` is one of it too, so that
/// paths reach their results.
pub fn hosting(conditions: &[Value], results: &[Value]) -> Value {
    let rules = conditions.iter().enumerate().map(|(index, condition)| {
        json!({ "name": format!("r{index}"), "type": "routing", "condition": condition, "action": { "type": "terminate" } })
    });
    let mut stages = Map::new();
    for name in results.iter().filter_map(|result| result["stage_name"].as_str()) {
        stages.insert(name.to_owned(), json!({ "name": name }));
    }
    stages.insert(HOST_STAGE.to_owned(), json!({ "name": HOST_STAGE, "routing_rules": rules.collect::<Vec<_>>() }));
    json!({ "name": "c", "version": "1", "stages": stages })
}

/// Evaluates every rule of the hosting stage, those after an error too.
pub fn run_rules(program: &Program<'_>, event: &Value, results: &[Value]) -> Traced {
    let host = program.stage_named(HOST_STAGE).expect("the hosting stage");
    let list = program.stage(host).expect("a stage found by name").list(RuleKind::Routing);
    run_list(program, list, &state(program, event, results))
}

/// Evaluates the same rules untraced: where each run stopped, and for what.
pub fn steps_untraced(program: &Program<'_>, event: &Value, results: &[Value]) -> Vec<Step> {
    let host = program.stage_named(HOST_STAGE).expect("the hosting stage");
    let list = program.stage(host).expect("a stage found by name").list(RuleKind::Routing);
    let state = state(program, event, results);
    let mut walk = Walk::new();
    walk.start(list);
    let next = || match walk.next(program, &state, &mut NoTrace) {
        Step::Done => None,
        step => Some(step),
    };
    std::iter::from_fn(next).collect()
}

/// What the rule set `R` answers, with the keys of the oracle's answer.
pub fn match_rules(program: &Program<'_>, select: Select, event: &Value) -> Value {
    let list = program.ruleset_named("R").expect("the rule set").list();
    let mut matcher = Matcher::new();
    matcher.run(program, list, select, &state(program, event, &[]), &mut NoTrace);
    let names = |wanted: fn(&Matched) -> bool| -> Vec<&str> {
        let rules = matcher.answers().iter().filter(|answer| wanted(answer));
        rules.filter_map(|answer| Some(program.rule(answer.rule)?.name())).collect()
    };
    let errors: Vec<&str> = matcher.errors().iter().filter_map(|e| Some(program.rule(e.rule)?.name())).collect();
    json!({
        "matches": names(|answer| !answer.otherwise && !answer.shadow),
        "else": names(|answer| answer.otherwise && !answer.shadow),
        "shadow": names(|answer| answer.shadow),
        "errors": errors,
    })
}

fn run_list(program: &Program<'_>, list: ListId, state: &State) -> Traced {
    let mut recorder = Recorder::default();
    let (mut cursor, mut steps) = (Cursor::start(list), Vec::new());
    loop {
        match Vm::new().next(program, &mut cursor, state, &mut recorder) {
            Step::Done => break,
            step => steps.push(step),
        }
    }
    let stops = recorder.rules.iter().filter(|outcome| **outcome != Outcome::False);
    assert!(stops.count() == steps.len(), "one stop for each rule that fired or failed");
    Traced { rules: recorder.rules, leaves: recorder.leaves, steps }
}

fn state(program: &Program<'_>, event: &Value, results: &[Value]) -> State {
    let paths = (0..program.path_count()).map(|index| program.path(PathId::new(index as u32)));
    let stages = program.stages().map(|stage| stage.name().to_owned());
    let mut state = State::new(Arc::new(FactsPlan::new(paths.collect(), stages.collect())));
    state.begin(event.to_string().as_bytes(), &ReadOptions::default(), &[], NOW_US).expect("an event is a JSON object");
    for row in results {
        let stage =
            row["stage_name"].as_str().and_then(|name| program.stage_named(name)).expect("a stage of the program");
        state.set_result(stage, stage_result(row));
    }
    state
}

fn stage_result(row: &Value) -> StageResult {
    let mut result = StageResult::succeeded(StageOutput::from_json(row), Duration::ZERO, 1);
    let failure = |message| Box::new(StageFailure::new(FailureKind::Handler, message));
    result.failure = row["error"].as_str().map(failure);
    result
}

/// What the oracle makes of the same conditions.
pub fn oracle_rules(conditions: &[Value], event: &Value, results: &[Value]) -> Traced {
    let results: Vec<path::StageResult> = results.iter().map(path::StageResult::read).collect();
    let mut trace = Vec::new();
    let facts = path::Facts { event, results: &results };
    let rules = conditions.iter().map(|condition| crate::oracle::condition::evaluate(condition, facts, &mut trace));
    let rules = rules.collect();
    let leaves = trace.into_iter().map(|leaf| (leaf.value, leaf.outcome)).collect();
    Traced { rules, leaves, steps: Vec::new() }
}
