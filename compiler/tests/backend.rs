//! From cascades to code: what the back half makes of conditions, and that it is the same every time.

use cascata_compiler::{Options, Source, compile, intermediate};
use cascata_vm::image::{LoadOptions, Program};
use cascata_vm::isa::{assemble, disassemble};

fn image(text: &str) -> Vec<u8> {
    let compiled = compile(&Source::new("test.yaml", text), &Options::default());
    compiled.image.unwrap_or_else(|| panic!("{:#?}", compiled.diagnostics))
}

fn cascade(condition: &str) -> String {
    format!(
        "name: c\nversion: \"1\"\nstages:\n  S:\n    name: S\n    routing_rules:\n      - name: r\n        type: routing\n        \
         condition: {condition}\n        action: {{type: terminate}}\n"
    )
}

fn listing(condition: &str) -> String {
    let program = Program::verify(image(&cascade(condition)), &LoadOptions::default()).unwrap();
    let text = disassemble(&program);
    let code = text
        .lines()
        .filter(|line| line.starts_with("  "))
        .map(|line| line.split(" ; ").next().unwrap_or_default().trim());
    code.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_field_is_read_once_a_way() {
    let code = listing(
        "{operator: AND, conditions: [{field: a, operator: \">\", value: 1}, {field: a, operator: \"<\", value: 9}, {field: b, operator: EXISTS}]}",
    );
    assert_eq!(
        code,
        "0: load r0, [\"a\"]\n1: gt_int r0, 1, false -> 6\n2: lt_int r0, 9, false -> 6\n3: load r1, [\"b\"]\n\
         4: exists r1, false -> 6\n5: accept\n6: reject"
    );
}

#[test]
fn or_and_not_become_branches() {
    let code = listing(
        "{operator: NOT, conditions: [{operator: OR, conditions: [{field: a, operator: IN, value: [x, 2, true]}, {field: b, operator: IS_NULL}]}]}",
    );
    assert_eq!(
        code,
        "0: load r0, [\"a\"]\n1: in_set r0, [\"x\",1,2], true -> 5\n2: load r1, [\"b\"]\n3: is_null r1, true -> 5\n4: accept\n5: reject"
    );
}

#[test]
fn a_field_read_on_one_way_only_is_read_again() {
    let code = listing(
        "{operator: AND, conditions: [{operator: OR, conditions: [{field: a, operator: \"==\", value: 1}, {field: b, operator: \"==\", value: 1}]}, \
         {field: b, operator: \"<\", value: 9}]}",
    );
    assert_eq!(code.matches("[\"b\"]").count(), 2, "{code}");
}

#[test]
fn the_same_meaning_written_otherwise_has_the_same_hash() {
    let yaml = image(&cascade("{field: a, operator: \">\", value: 1}"));
    let json = r#"{"stages": {"S": {"routing_rules": [{"condition": {"value": 1, "operator": ">", "field": "a"}, "name": "r",
        "action": {"type": "terminate"}}], "name": "S", "enabled": true, "timeout_ms": 30000}}, "version": "1", "name": "c"}"#;
    let compiled = compile(&Source::new("test.json", json), &Options::default());
    let json = compiled.image.unwrap_or_else(|| panic!("{:#?}", compiled.diagnostics));
    let hash = |image: &[u8]| Program::verify(image.to_vec(), &LoadOptions::default()).unwrap().hash();
    assert_eq!(hash(&yaml), hash(&json));
    assert_ne!(yaml, json, "debug places differ");
    let other = image(&cascade("{field: a, operator: \">\", value: 2}"));
    assert_ne!(hash(&yaml), hash(&other));
}

#[test]
fn the_same_source_gives_the_same_bytes() {
    let text = cascade("{field: a, operator: MATCHES, value: \"[a-z]+$\"}");
    assert_eq!(image(&text), image(&text));
}

#[test]
fn wide_conditions_use_every_register_and_still_verify() {
    let tests: Vec<String> =
        (0..100).map(|n| format!("{{field: f{}, operator: \"==\", value: {n}}}", n % 37)).collect();
    for operator in ["AND", "OR"] {
        image(&cascade(&format!("{{operator: {operator}, conditions: [{}]}}", tests.join(", "))));
    }
    let pairs: Vec<String> =
        tests.chunks(3).map(|tests| format!("{{operator: OR, conditions: [{}]}}", tests.join(", "))).collect();
    image(&cascade(&format!("{{operator: AND, conditions: [{}]}}", pairs.join(", "))));
}

#[test]
fn equal_tests_are_one() {
    let text = format!(
        "{}      - name: r2\n        type: routing\n        condition: {{field: a, operator: \">\", value: 1}}\n        action: {{type: terminate}}\n",
        cascade("{field: a, operator: \">\", value: 1}")
    );
    let ir = intermediate(&Source::new("t.yaml", text), &Options::default()).unwrap();
    assert_eq!(ir.lines().filter(|line| line.starts_with("test")).count(), 1, "{ir}");
}

#[test]
fn the_listing_of_a_program_is_assembled_to_the_same_code() {
    let conditions = [
        "{operator: OR, conditions: [{field: a, operator: \"==\", value: x}, {field: a, operator: IN, value: [y, 1]}, {field: a, operator: \"==\", value: 2.5}]}",
        "{operator: AND, conditions: [{field: 's;\"', operator: MATCHES, value: '[a-c];\"'}, {field: b, operator: \">\", value: 1.0e+300}]}",
        "{operator: NOT, conditions: [{field: t, operator: AVG, compare: \"<=\", value: 3}]}",
        "{field: 'x[0].y', operator: CONTAINS, value: {k: [null, true, é]}}",
    ];
    let rules = conditions.iter().enumerate().map(|(number, condition)| {
        let otherwise = if number == 2 { ", else: {type: emit}" } else { "" };
        format!("    - {{name: r{number}, condition: {condition}{otherwise}}}\n    - {{name: again{number}, condition: {condition}}}\n")
    });
    let text = format!("name: c\nversion: \"1\"\nrulesets:\n  R:\n{}", rules.collect::<String>());
    let program = |image: Vec<u8>| Program::verify(image, &LoadOptions::default()).unwrap();
    let code =
        |text: &str| -> Vec<String> { text.lines().filter(|line| line.starts_with("  ")).map(without_line).collect() };
    let first = disassemble(&program(image(&text)));
    assert!(first.contains("untraced: in_set") && first.contains("asked once a run"), "{first}");
    let second = disassemble(&program(assemble(&first).unwrap()));
    assert_eq!(code(&second), code(&first));
}

/// A line of a listing without its line of the source, which assembly has not.
fn without_line(line: &str) -> String {
    match line.split_once(" ; line ") {
        Some((code, rest)) => format!("{code}{}", rest.trim_start_matches(|c: char| c.is_ascii_digit())),
        None => line.to_owned(),
    }
}

#[test]
fn the_reference_page_of_the_operators_is_the_table() {
    let page = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/operators.md");
    let wanted = cascata_compiler::operators::reference_page();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&page, &wanted).unwrap();
    }
    assert_eq!(std::fs::read_to_string(page).unwrap_or_default(), wanted, "run with UPDATE=1 to write it");
}
