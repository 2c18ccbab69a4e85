//! Rule sets, from the file to the matches.

use cascata_compiler::{Options, Source, compile};
use cascata_vm::PathId;
use cascata_vm::eval::{Matcher, NoTrace, Select};
use cascata_vm::image::{Action, LoadOptions, Program};
use cascata_vm::json::{Extraction, JsonFacts, PathTrie, ReadOptions, write_value};

fn program(rules: &str) -> Program<'static> {
    let text = format!("name: c\nversion: \"1\"\nrulesets:\n  R:\n{rules}");
    let compiled = compile(&Source::new("test.yaml", text), &Options::default());
    let image = compiled.image.unwrap_or_else(|| panic!("{:#?}", compiled.diagnostics));
    Program::verify(image, &LoadOptions::default()).unwrap()
}

/// What the set `R` answers: `name` for a match, `name=value` with a value, `!name` for an `else`, `?name` in shadow
/// mode, and `name CODE` for an error.
fn answers(program: &Program<'_>, select: Select, event: &str) -> String {
    let paths: Vec<_> = (0..program.path_count()).map(|path| program.path(PathId::new(path as u32))).collect();
    let mut extraction = Extraction::new();
    let text = extraction.read(&PathTrie::new(&paths), event.as_bytes(), &ReadOptions::default()).unwrap();
    let facts = JsonFacts::new(text, &extraction);
    let mut matcher = Matcher::new();
    let list = program.ruleset_named("R").unwrap().list();
    matcher.run(program, list, select, &facts, &mut NoTrace);
    let mut out = Vec::new();
    for answer in matcher.answers() {
        let rule = program.rule(answer.rule).unwrap();
        let action = if answer.otherwise { rule.otherwise().unwrap() } else { rule.action() };
        let mut text = String::new();
        text.push_str(if answer.shadow { "?" } else { "" });
        text.push_str(if answer.otherwise { "!" } else { "" });
        text.push_str(rule.name());
        if let Action::Emit(value) = action {
            text.push('=');
            write_value(&value, &mut text);
        }
        out.push(text);
    }
    let errors = matcher.errors().iter();
    out.extend(errors.map(|e| format!("{} {}", program.rule(e.rule).unwrap().name(), e.trap.kind.code())));
    out.join(" ")
}

#[test]
fn all_matches_come_by_priority_then_place_in_the_file() {
    let program = program(
        "    - {name: a, condition: {field: n, operator: \">\", value: 1}}
    - {name: b, condition: {field: n, operator: \">\", value: 2}, priority: 5, action: {type: emit, value: {to: [vip]}}}
    - {name: c, condition: {field: n, operator: \">\", value: 3}}
    - {name: d, condition: {field: n, operator: \">\", value: 1}, enabled: false}
    - {name: e, condition: {field: n, operator: \">\", value: 1}, mode: off}",
    );
    assert_eq!(program.list_len(program.ruleset_named("R").unwrap().list()), 3);
    assert_eq!(answers(&program, Select::All, r#"{"n": 9}"#), r#"b={"to":["vip"]} a c"#);
    assert_eq!(answers(&program, Select::First, r#"{"n": 9}"#), r#"b={"to":["vip"]}"#);
    assert_eq!(answers(&program, Select::First, r#"{"n": 2}"#), "a");
    assert_eq!(answers(&program, Select::All, r#"{"n": 0}"#), "");
}

#[test]
fn the_best_match_has_the_highest_score_then_the_first_place_in_the_file() {
    let program = program(
        "    - {name: a, condition: {field: n, operator: EXISTS}, score: -1}
    - {name: b, condition: {field: n, operator: EXISTS}}
    - {name: c, condition: {field: n, operator: \">\", value: 5}, score: 7}
    - {name: d, condition: {field: n, operator: \">\", value: 5}, score: 7.0, priority: 9}
    - {name: e, condition: {field: n, operator: EXISTS}, score: 99, mode: shadow}",
    );
    assert_eq!(answers(&program, Select::Best, r#"{"n": 1}"#), "b ?e");
    assert_eq!(answers(&program, Select::Best, r#"{"n": 6}"#), "c ?e");
    assert_eq!(answers(&program, Select::Best, "{}"), "");
}

#[test]
fn stop_ends_the_list_once_its_rule_matched_in_earnest() {
    let program = program(
        "    - {name: a, condition: {field: n, operator: \"==\", value: 1}, stop: true, else: {type: emit, value: nope}}
    - {name: b, condition: {field: n, operator: EXISTS}, stop: true, mode: shadow}
    - {name: c, condition: {field: n, operator: EXISTS}}",
    );
    assert_eq!(answers(&program, Select::All, r#"{"n": 1}"#), "a");
    assert_eq!(answers(&program, Select::All, r#"{"n": 2}"#), r#"!a="nope" ?b c"#);
}

#[test]
fn an_error_makes_its_rule_neither_match_nor_else_and_the_rest_run() {
    let program = program(
        "    - {name: a, condition: {field: n, operator: \">\", value: 1}, else: {type: emit, value: 0}}
    - {name: b, condition: {field: n, operator: EXISTS}}",
    );
    assert_eq!(answers(&program, Select::All, r#"{"n": "x"}"#), "b a V0101");
    assert_eq!(answers(&program, Select::All, "{}"), "!a=0");
}

#[test]
fn a_rule_looks_only_at_its_sample() {
    let program = program(
        "    - {name: rule, condition: {field: n, operator: \">\", value: 1}, sample: {percent: 50, key: id}, else: {type: emit}}
    - {name: every, condition: {field: n, operator: EXISTS}, sample: {percent: 100, key: id}}",
    );
    // Places of 0 and 2 for the name `rule`, in hundredths of a percent: 5332 and 3374.
    assert_eq!(answers(&program, Select::All, r#"{"n": 2, "id": 2}"#), "rule every");
    assert_eq!(answers(&program, Select::All, r#"{"n": 0, "id": 2}"#), "!rule=null every");
    assert_eq!(answers(&program, Select::All, r#"{"n": 2, "id": 0}"#), "every");
    // Out of the sample nothing is asked, so nothing can fail.
    assert_eq!(answers(&program, Select::All, r#"{"n": "x", "id": 0}"#), "every");
    assert_eq!(answers(&program, Select::All, r#"{"n": "x", "id": "2"}"#), "every rule V0101");
    assert_eq!(answers(&program, Select::All, r#"{"n": 2}"#), "every");
}

#[test]
fn tags_scores_and_modes_are_in_the_image() {
    let program = program(
        "    - {name: a, condition: {field: n, operator: EXISTS}, tags: [x, \"y z\"], score: 2.5, mode: shadow, stop: true}
    - {name: b, condition: {field: n, operator: EXISTS}}",
    );
    let rules: Vec<_> = program.list_rules(program.ruleset_named("R").unwrap().list()).collect();
    assert_eq!(rules[0].tags().collect::<Vec<_>>(), ["x", "y z"]);
    assert_eq!(format!("{:?}", rules[0].score()), "Some(Float(2.5))");
    assert!(rules[0].is_shadow() && rules[0].stops() && !rules[1].is_shadow() && !rules[1].stops());
    assert_eq!((rules[1].tags().count(), rules[1].score().is_none(), rules[1].order()), (0, true, 1));
}
