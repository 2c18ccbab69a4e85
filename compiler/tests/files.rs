//! Cascades in several files: what is merged, in which order, and that a program does not depend on how it is cut.

#![allow(clippy::unwrap_used, reason = "a test speaks by failing")]

mod options;

use cascata_compiler::{Limits, Loader, Options, Source, compile};
use cascata_vm::image::{LoadOptions, Program};
use options::with_files;

/// Files by name.
struct Files<'f>(&'f [(&'f str, &'f str)]);

impl Loader for Files<'_> {
    fn load(&self, path: &str) -> Result<String, String> {
        let found = self.0.iter().find(|(name, _)| *name == path);
        found.map(|(_, text)| (*text).to_owned()).ok_or_else(|| "not here".to_owned())
    }
}

fn source(text: &str, files: &[(&str, &str)]) -> Source {
    Source::new("c.yaml", format!("name: c\nversion: \"1\"\n{text}")).with_files(&Files(files), &Limits::default())
}

fn program(source: &Source) -> Program<'static> {
    let compiled = compile(source, &Options::default());
    let image = compiled.image.unwrap_or_else(|| panic!("{:#?}", compiled.diagnostics));
    Program::verify(image, &LoadOptions::default()).unwrap()
}

#[test]
fn included_files_come_first_each_once_and_make_the_same_program_as_one_text() {
    let files = [
        ("a.yaml", "include: [b.yaml]\nstages:\n  A: {name: A, handler: {kind: none}}\n"),
        ("b.yaml", "stages:\n  B: {name: B, handler: {kind: none}}\nglobal_termination_conditions: [{when: x == 1}]\n"),
    ];
    let own = "stages:\n  C: {name: C, handler: {kind: none}}\nglobal_termination_conditions: [{when: x == 2}]\n";
    let cut = program(&source(&format!("include: [a.yaml, ./b.yaml]\n{own}"), &files));
    let stages: Vec<_> = cut.stages().map(|stage| stage.name().to_owned()).collect();
    assert_eq!(stages, ["B", "A", "C"]);
    let whole = "stages:\n  B: {name: B, handler: {kind: none}}\n  A: {name: A, handler: {kind: none}}\n  \
                 C: {name: C, handler: {kind: none}}\nglobal_termination_conditions: [{when: x == 1}, {when: x == 2}]\n";
    assert_eq!(cut.hash(), program(&source(whole, &[])).hash());
}

#[test]
fn a_list_makes_the_same_program_wherever_it_stands() {
    let condition = |operand: &str| {
        format!("global_termination_conditions:\n  - {{field: country, operator: NOT_IN, {operand}}}\n")
    };
    let inlined = program(&source(&condition("value: [KP, IR]"), &[])).hash();
    let text = |list: &str| format!("lists:\n  blocked: {list}\n{}", condition("value_list: blocked"));
    let files = [
        ("l.txt", "# embargo\nKP\n\n  IR  \n"),
        ("l.json", "[\"KP\", \"IR\"]"),
        ("l.yaml", "- KP\n- IR\n"),
        ("l.csv", "code,name\nKP,North Korea\nIR,\"Iran, Islamic Republic\"\n"),
    ];
    for list in ["[KP, IR]", "{file: l.txt}", "{file: l.json}", "{file: l.yaml}", "{file: l.csv, column: code}"] {
        assert_eq!(program(&source(&text(list), &files)).hash(), inlined, "{list}");
    }
    let expression =
        "lists: {blocked: [KP, IR]}\nglobal_termination_conditions:\n  - when: country not in lists.blocked\n";
    assert_eq!(program(&source(expression, &[])).hash(), inlined);
}

#[test]
fn lists_serve_every_operator_that_takes_a_list() {
    let text = "lists:\n  nets: [10.0.0.0/8]\n  pair: [1, 5]\n  tags: [a, b]\nglobal_termination_conditions:\n  \
                - when: ip cidr lists.nets\n  - when: items[].tag in lists.tags\n  - {field: n, operator: BETWEEN, value_list: pair}\n  \
                - {field: tags, operator: ALL, value_list: tags}\n  - when: tags == lists.tags\n";
    let inlined = "global_termination_conditions:\n  - when: ip cidr [\"10.0.0.0/8\"]\n  - when: items[].tag in [\"a\", \"b\"]\n  \
                   - {field: n, operator: BETWEEN, value: [1, 5]}\n  - {field: tags, operator: ALL, value: [a, b]}\n  \
                   - when: tags == [\"a\", \"b\"]\n";
    assert_eq!(program(&source(text, &[])).hash(), program(&source(inlined, &[])).hash());
}

#[test]
fn a_path_that_begins_with_lists_is_a_field_where_there_are_no_lists() {
    let text = "global_termination_conditions:\n  - when: a in lists.b\n";
    let field = "global_termination_conditions:\n  - {field: a, operator: IN, value_field: lists.b}\n";
    assert_eq!(program(&source(text, &[])).hash(), program(&source(field, &[])).hash());
}

#[test]
fn places_tell_the_file_they_are_in() {
    let source = with_files(Source::new("folder/c.yaml", "name: c\nversion: \"1\"\ninclude: [common.yaml]\n"));
    let program = program(&source);
    let rule = program.list_rules(program.stages().next().unwrap().list(cascata_vm::image::RuleKind::Routing)).next();
    let span = program.rule_span(rule.unwrap().id()).unwrap();
    assert_eq!((program.file(span.file), span.line), (Some("common.yaml"), 9));
    assert_eq!(program.file(0), None);
}

#[test]
fn a_schema_in_a_file_is_checked_against() {
    let cascade = |text: &str| {
        source(
            &format!("schema: {{file: s.json}}\nglobal_termination_conditions:\n  - when: {text}\n"),
            &[("s.json", r#"{"type": "object", "properties": {"amount": {"type": "number"}}}"#)],
        )
    };
    assert_eq!(compile(&cascade("amount > 5"), &Options::default()).diagnostics, []);
    let wrong = cascade("amount contains \"x\"");
    let found = compile(&wrong, &Options::default()).diagnostics;
    assert_eq!(found.first().unwrap().code.as_str(), "E0902");
    let said: Vec<_> = found[0].labels.iter().map(|label| wrong.slice(label.span)).collect();
    assert!(said.contains(&r#""type": "number""#), "{said:?}");
}

#[test]
fn comments_in_included_files_allow_their_warnings() {
    let file = "rulesets:\n  R:\n    # cascata: allow(contradiction) kept as a template\n    - {name: r, when: a > 5 and a < 2}\n";
    let with = source("include: [r.yaml]\n", &[("r.yaml", file)]);
    assert_eq!(compile(&with, &Options::default()).diagnostics, []);
    let without = source("include: [r.yaml]\n", &[("r.yaml", &file.replace("cascata:", "note:"))]);
    assert_eq!(compile(&without, &Options::default()).diagnostics.len(), 1);
}

#[test]
fn a_hundred_thousand_entries_in_a_file_are_one_condition() {
    let entries: String = (0..100_000).map(|n| format!("user-{n}\n")).collect();
    let text = "lists: {blocked: {file: l.txt}}\nglobal_termination_conditions:\n  - when: user in lists.blocked\n  \
                - when: user not in lists.blocked and vip\n";
    let program = program(&source(text, &[("l.txt", &entries)]));
    assert_eq!(program.list_len(program.globals()), 2);
}
