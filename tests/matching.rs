//! Rule sets matched by a host, without an engine.

use cascata_compiler::{Options, Source, compile};
use cascata_runtime::engine::{Clock, EventError};
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
