//! Rules that give a value: the cases of a cascade's verdict.

use cascata_vm::eval::{Cursor, NoTrace, TrapKind, Vm};
use cascata_vm::image::{LoadOptions, Program};
use cascata_vm::isa::{assemble, describe_condition, disassemble, given};
use cascata_vm::json::{Extraction, JsonFacts, PathTrie, ReadOptions, write_value};
use cascata_vm::{PathId, RuleId};

const CASES: &str = r#"
rule "large"
  load r1, ["amount"]
  gt_int r1, 1000, false -> 4
  add r2, r1, r1
  give r2
  reject
rule "else"
  load r3, ["fallback"]
  give r3
"#;

fn program(text: &str) -> Program<'static> {
    Program::verify(assemble(text).unwrap(), &LoadOptions::default()).unwrap()
}

/// What the cases give, each error before it by its code.
fn gives(program: &Program<'_>, event: &str) -> String {
    let paths: Vec<_> = (0..program.path_count()).map(|path| program.path(PathId::new(path as u32))).collect();
    let mut extraction = Extraction::new();
    let text = extraction.read(&PathTrie::new(&paths), event.as_bytes(), &ReadOptions::default()).unwrap();
    let facts = JsonFacts::new(text, &extraction);
    let mut cursor = Cursor::start(program.outcome().unwrap());
    let mut out = String::new();
    loop {
        match Vm::new().give(program, &mut cursor, &facts, &mut NoTrace) {
            Ok(Some(value)) => {
                write_value(&value, &mut out);
                return out;
            }
            Ok(None) => return out + "nothing",
            Err((rule, trap)) => out += &format!("{rule} {} ", trap.kind.code()),
        }
    }
}

#[test]
fn the_first_case_that_holds_gives_what_it_computed() {
    let program = program(CASES);
    assert_eq!(gives(&program, r#"{"amount": 2000}"#), "4000");
    assert_eq!(gives(&program, r#"{"amount": 5, "fallback": {"to": [1]}}"#), r#"{"to":[1]}"#);
    assert_eq!(gives(&program, r#"{"amount": 5}"#), "null");
}

#[test]
fn a_case_that_cannot_be_decided_or_computed_is_an_error_and_the_next_is_asked() {
    let program = program(CASES);
    assert_eq!(gives(&program, r#"{"amount": "much", "fallback": 1}"#), format!("{} V0101 1", RuleId::new(0)));
    let huge = r#"{"amount": 9223372036854775807, "fallback": 1}"#;
    assert_eq!(gives(&program, huge), format!("{} {} 1", RuleId::new(0), TrapKind::Overflow.code()));
}

#[test]
fn what_a_case_gives_is_described_and_survives_the_disassembler() {
    let program = program(CASES);
    let gives = given(&program, RuleId::new(0)).unwrap();
    assert_eq!(describe_condition(&program, gives).unwrap(), "(amount + amount)");
    assert!(disassemble(&program).contains("outcome"));
    let again = assemble(&disassemble(&program)).unwrap();
    assert_eq!(Program::verify(again, &LoadOptions::default()).unwrap().hash(), program.hash());
}

#[test]
fn a_case_that_gives_nothing_it_has_written_is_no_program() {
    for text in ["rule \"r\"\n give r1", "rule \"r\"\n load r1, [\"a\"]\n give r1\nrule \"s\"\n accept"] {
        assert!(Program::verify(assemble(text).unwrap(), &LoadOptions::default()).is_err(), "{text}");
    }
}
