//! The example of every operator, run: text to image to machine to answer.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test speaks by failing")]

use cascata_compiler::operators::Operator;
use cascata_compiler::{Options, Source, compile};
use cascata_vm::eval::{Cursor, NoTrace, Step, Vm};
use cascata_vm::image::{LoadOptions, Program};
use cascata_vm::json::{Extraction, JsonFacts, PathTrie, ReadOptions};

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
    match Vm::new().next(&program, &mut cursor, &JsonFacts::new(event, &extraction), &mut NoTrace) {
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
