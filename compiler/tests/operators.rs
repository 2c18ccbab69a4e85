//! The example of every operator, run: text to image to machine to answer.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test speaks by failing")]

use cascata_compiler::operators::Operator;
use cascata_compiler::{Options, Source, compile};
use cascata_vm::eval::{Cursor, NoTrace, Step, Vm};
use cascata_vm::image::{LoadOptions, Program};
use cascata_vm::json::{Extraction, JsonFacts, PathTrie, ReadOptions};

/// 2026-01-31T10:00:00Z.
const NOW_US: i64 = 1_769_853_600_000_000;

fn holds(condition: &str, event: &str) -> bool {
    let text = format!(r#"{{"name": "c", "version": "1", "global_termination_conditions": [{condition}]}}"#);
    let compiled = compile(&Source::new("example.json", text), &Options::default());
    assert_eq!(compiled.diagnostics, [], "{condition}");
    let program = Program::verify(compiled.image.unwrap(), &LoadOptions::default()).unwrap();
    let paths: Vec<_> =
        (0..program.path_count()).map(|at| program.path(cascata_vm::PathId::new(u32::try_from(at).unwrap()))).collect();
    let mut extraction = Extraction::new();
    let event = extraction.read(&PathTrie::new(&paths), event.as_bytes(), &ReadOptions::default()).unwrap();
    let mut cursor = Cursor::start(program.globals());
    let facts = JsonFacts::new(event, &extraction).at(NOW_US);
    match Vm::new().next(&program, &mut cursor, &facts, &mut NoTrace) {
        Step::Fired(_) => true,
        Step::Done | Step::Otherwise(_) => false,
        other => panic!("{condition}: {other:?}"),
    }
}

#[test]
fn every_example_of_the_reference_page_is_true() {
    for op in Operator::ALL_OPERATORS {
        let example = op.example();
        assert_eq!(holds(example.condition, example.event), example.holds, "{}", op.spelling());
    }
}

#[test]
fn the_table_of_times_in_the_language_page_is_true() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/language.md")).unwrap();
    let section = page.split("### Times").nth(1).unwrap().split("\n## ").next().unwrap();
    let mut rows = 0;
    for row in section.lines().filter_map(|line| line.strip_prefix("| `")) {
        let [text, event, holds] = row.split(" | ").collect::<Vec<_>>().try_into().unwrap();
        let condition = serde_json::json!({ "when": text.trim_end_matches('`') }).to_string();
        let wanted: bool = holds.trim_end_matches(" |").parse().unwrap();
        assert_eq!(self::holds(&condition, event.trim_matches('`')), wanted, "{text}");
        rows += 1;
    }
    assert!(rows > 5, "{rows}");
}
