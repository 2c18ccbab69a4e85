//! Rule sets matched by a host, without an engine; and lists of stages that are long enough for a sieve or an index.

use cascata_compiler::{Options, Source, compile};
use cascata_record::Mode;
use cascata_runtime::engine::{Clock, Engine, EventError};
use cascata_runtime::matching::{MatchWorker, Matching};
use cascata_vm::eval::Select;
use cascata_vm::image::{LoadOptions, Program};
use std::sync::Arc;

const CASCADE: &str = "name: c\nversion: '1'\nevents: {hide: [label]}\nstages: {S: {name: S}}\nrulesets:\n  R:\n\
    \x20   - {name: large, score: 2, condition: {field: amount, operator: '>', value: 5}}\n\
    \x20   - {name: labelled, condition: {field: label, operator: EXISTS}}\n\
    \x20   - {name: staged, condition: {field: stages.S.result, operator: EXISTS}}\n\
    \x20   - {name: any, score: 1, condition: {field: amount, operator: EXISTS}}\n";

fn names(event: &str, select: Select) -> Result<Vec<String>, EventError> {
    let image = compile(&Source::new("c.yaml", CASCADE), &Options::default()).image.expect("it compiles");
    let program = Program::verify(image, &LoadOptions::default()).expect("it is verified");
    let matching = Arc::new(Matching::new(program, Clock::fixed(0)).expect("settings are read"));
    let list = matching.program().ruleset_named("R").expect("it is there").list();
    let mut worker = MatchWorker::new(Arc::clone(&matching));
    worker.begin(event.as_bytes())?;
    let matches = worker.matches(list, select).matches();
    let name = |rule| matching.program().rule(rule).map_or("", |rule| rule.name()).to_owned();
    Ok(matches.map(name).collect())
}

#[test]
fn hidden_fields_and_results_of_stages_are_missing() {
    let event = r#"{"amount": 7, "label": 1, "stages": {"S": {"result": 1}}}"#;
    assert_eq!(names(event, Select::All).expect("an event"), ["large", "any"]);
}

#[test]
fn what_is_selected() {
    assert_eq!(names(r#"{"amount": 7}"#, Select::First).expect("an event"), ["large"]);
    assert_eq!(names(r#"{"amount": 7}"#, Select::Best).expect("an event"), ["large"]);
    assert_eq!(names(r#"{"amount": 1}"#, Select::Best).expect("an event"), ["any"]);
    assert!(names("{}", Select::All).expect("an event").is_empty());
    names("[]", Select::All).expect_err("no object");
}

#[test]
fn what_a_rule_writes_is_seen_by_rules_that_were_left_out_before() {
    // Sixty rules have a sieve, a hundred an index.
    for count in [60, 100] {
        assert_eq!(fired_of(count), ["first", "second", "third", "back"], "{count}");
    }
}

fn fired_of(count: usize) -> Vec<String> {
    let mut rules = Vec::new();
    let mut rule = |name: &str, field: &str, value: &str, writes: (&str, &str)| {
        rules.push(format!(
            "{{name: {name}, condition: {{field: {field}, operator: '==', value: {value}}}, \
             action: {{type: set_field, field: {}, value: {}}}}}",
            writes.0, writes.1
        ));
    };
    for number in 0..count {
        match number {
            3 => rule("first", "country", "CH", ("level", "7")),
            20 => rule("second", "level", "7", ("user", "{name: Ann}")),
            30 => rule("third", "user.name", "Ann", ("other", "1")),
            40 => rule("back", "level", "7", ("level", "8")),
            50 => rule("late", "level", "7", ("never", "1")),
            _ => rule(&format!("r{number}"), "level", &format!("{}", number + 100), ("never", "1")),
        }
    }
    let stage = format!("{{name: S, handler: none, routing_rules: [{}]}}", rules.join(", "));
    let source = Source::new("c.yaml", format!("{{name: c, version: '1', stages: {{S: {stage}}}}}"));
    let image = compile(&source, &Options::default()).image.expect("it compiles");
    let engine = Engine::from_image(image).expect("it is verified").build().expect("it is built");
    let tokio = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let decision = tokio.block_on(engine.execute(br#"{"country": "CH"}"#)).expect("an event");
    let record = decision.record(Mode::Full);
    record.fired.iter().map(|fired| fired.rule.as_str().to_owned()).collect()
}
