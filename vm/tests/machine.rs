//! The machine on assembly, without a compiler: what each instruction answers, what the verifier refuses.

use cascata_vm::eval::{Cursor, Outcome, Step, Tracer, TrapKind, Vm};
use cascata_vm::image::{ImageErrorKind, LoadOptions, Program, Section};
use cascata_vm::isa::{self, assemble, disassemble};
use cascata_vm::json::{self, Extraction, JsonFacts, PathTrie, ReadOptions};
use cascata_vm::{PathId, RuleId, Value};

fn program(assembly: &str) -> Program<'static> {
    let image = assemble(assembly).unwrap_or_else(|error| panic!("{error}\n{assembly}"));
    Program::verify(image, &LoadOptions::default()).unwrap_or_else(|error| panic!("{error}\n{assembly}"))
}

fn refusal(assembly: &str) -> ImageErrorKind {
    let image = assemble(assembly).unwrap_or_else(|error| panic!("{error}\n{assembly}"));
    Program::verify(image, &LoadOptions::default()).expect_err("the verifier has to refuse it").kind
}

/// Runs the first rule of a program on an event.
fn run(program: &Program<'_>, event: &str) -> Step {
    let paths: Vec<_> = (0..program.path_count()).map(|path| program.path(PathId::new(path as u32))).collect();
    let trie = PathTrie::new(&paths);
    let mut extraction = Extraction::new();
    let text = extraction.read(&trie, event.as_bytes(), &ReadOptions::default()).unwrap();
    let facts = JsonFacts::new(text, &extraction);
    let mut cursor = Cursor::start(program.globals());
    Vm::new().next(program, &mut cursor, &facts, &mut cascata_vm::eval::NoTrace)
}

/// The outcome of one test on field `f`.
fn test_on(test: &str, event: &str) -> Result<bool, TrapKind> {
    let source = format!("rule \"t\"\n load r0, [\"f\"]\n {test}, false -> 3\n accept\n reject");
    match run(&program(&source), event) {
        Step::Fired(_) => Ok(true),
        Step::Done | Step::Otherwise(_) => Ok(false),
        Step::Error { trap, .. } => Err(trap.kind),
    }
}

#[test]
fn tests_answer_as_the_language_says() {
    let yes = Ok(true);
    let no = Ok(false);
    let kinds = Err(TrapKind::Kinds);
    for (test, field, expected) in [
        ("matches_prefix r0, \"ab\"", "\"abc\"", yes),
        ("matches_prefix r0, \"ab\"", "\"\\u0061b\"", yes),
        ("matches_prefix r0, \"ab\"", "\"cab\"", no),
        ("matches_prefix r0, \"1\"", "12", yes),
        ("matches_prefix r0, \"Tr\"", "true", yes),
        ("matches_prefix r0, \"\"", "null", no),
        ("matches_prefix r0, \"a\"", "[\"a\"]", kinds),
        ("matches_suffix r0, \"bc\"", "\"abc\"", yes),
        ("matches_suffix r0, \"bc\"", "\"abc\\n\"", yes),
        ("matches_suffix r0, \"bc\"", "\"abc\\n\\n\"", no),
        ("matches_suffix r0, \"bc\"", "\"a\\nbc\"", no),
        ("matches_suffix r0, \"\"", "\"a\\nb\"", no),
        ("matches_suffix r0, \".5\"", "2.5", yes),
        ("matches_suffix r0, \"a\"", "{\"a\":1}", kinds),
        ("sample r0, 7230, \"rule\"", "1", no),
        ("sample r0, 7231, \"rule\"", "1", yes),
        ("sample r0, 7231, \"rule\"", "null", no),
        ("eq r0, 1", "1.0", yes),
        ("eq r0, 1", "true", yes),
        ("eq r0, [1,{\"a\":2}]", "[1.0, {\"a\": 2}]", yes),
        ("eq r0, {\"a\":1,\"b\":2}", "{\"b\":2,\"a\":9,\"a\":1}", yes),
        ("eq r0, 9007199254740993", "9007199254740992.0", no),
        ("eq r0, 18446744073709551616", "18446744073709551616.0", yes),
        ("ne r0, 1", "\"1\"", yes),
        ("ne r0, 1", "null", no),
        ("lt r0, \"b\"", "\"a\"", yes),
        ("lt r0, \"b\"", "1", kinds),
        ("le r0, [1,2]", "[1]", yes),
        ("lt_int r0, 5", "4.5", yes),
        ("lt_int r0, 5", "\"4\"", kinds),
        ("ge_int r0, 1", "true", yes),
        ("eq_text r0, \"é\\n\"", "\"\\u00e9\\n\"", yes),
        ("ne_text r0, \"a\"", "3", yes),
        ("in_set r0, [\"a\",\"c\",1,2.5]", "\"c\"", yes),
        ("in_set r0, [\"a\",\"c\",1,2.5]", "2.5", yes),
        ("in_set r0, [\"a\",\"c\",1,2.5]", "true", yes),
        ("in_set r0, [\"a\",\"c\",1,2.5]", "[]", no),
        ("not_in_set r0, [\"a\",\"c\"]", "\"b\"", yes),
        ("in_array r0, [[1],{}]", "{}", yes),
        ("in_text r0, \"hello\"", "\"ell\"", yes),
        ("in_text r0, \"hello\"", "3", kinds),
        ("in_object r0, {\"k\":1}", "\"k\"", yes),
        ("contains r0, \"b\"", "\"abc\"", yes),
        ("contains r0, 2", "[1, 2.0]", yes),
        ("contains r0, \"k\"", "{\"k\": null}", yes),
        ("contains r0, \"b\"", "[\"abc\", \"a\"]", no),
        ("contains r0, \"b\"", "[\"a\", \"\\u0062\"]", yes),
        ("contains r0, \"b\"", "[{\"b\": 1}, [\"b\"]]", no),
        ("contains r0, 2", "7", kinds),
        ("matches r0, \"5\\\\.0$\"", "5.0", yes),
        ("matches r0, \"b\"", "\"ab\"", no),
        ("matches r0, \"b\"", "[]", kinds),
        ("exists r0", "0", yes),
        ("is_null r0", "null", yes),
        ("all r0, >, 1", "[2, 3]", yes),
        ("all r0, >, 1", "[]", yes),
        ("any r0, >, 1", "[1, \"x\", 3]", yes),
        ("none r0, ==, 4", "[1, 2]", yes),
        ("sum r0, ==, 6", "[1, 2, 3]", yes),
        ("sum r0, ==, 18446744073709551614", "[9223372036854775807, 9223372036854775807]", yes),
        ("sum r0, ==, 0", "[\"a\"]", Err(TrapKind::NotAddable)),
        ("avg r0, ==, 2.5", "[2, 3]", yes),
        ("avg r0, ==, 0", "[]", no),
        ("min r0, ==, null", "[null]", yes),
        ("max r0, >=, 3", "[1, 3.5]", yes),
        ("max r0, ==, 3", "[]", Err(TrapKind::EmptyArray)),
        ("max r0, ==, 3", "[1, \"a\"]", Err(TrapKind::NotOrderable)),
        ("count r0, <, 3", "[1, 2]", yes),
        ("count r0, <, 3", "\"no array\"", no),
    ] {
        assert_eq!(test_on(test, &format!("{{\"f\": {field}}}")), expected, "{test} on {field}");
    }
}

#[test]
fn a_missing_field_makes_every_test_false_but_is_null() {
    // A loop needs a body, and is asked elsewhere.
    for op in isa::Opcode::ALL.iter().filter(|op| op.is_test() && **op != isa::Opcode::Each) {
        let mut operands = String::from("r0");
        for (_, operand) in op.operands().iter().skip(1) {
            operands.push_str(match operand {
                isa::Operand::Const | isa::Operand::Int => ", 1",
                isa::Operand::Float => ", 1.5",
                isa::Operand::Bool => ", true",
                isa::Operand::Text | isa::Operand::Regex => ", \"a\"",
                isa::Operand::Array | isa::Operand::Set => ", [1]",
                isa::Operand::Object => ", {\"a\":1}",
                isa::Operand::Compare => ", ==",
                isa::Operand::Share => ", 9999",
                isa::Operand::Use => ", r0",
                isa::Operand::Relation => ", ==",
                isa::Operand::Networks => ", [\"::1\"]",
                _ => "",
            });
        }
        let test = format!("{} {operands}", op.mnemonic());
        for event in ["{}", "{\"f\": null}"] {
            assert_eq!(test_on(&test, event), Ok(*op == isa::Opcode::IsNull), "{test} on {event}");
        }
    }
}

#[test]
fn the_verifier_refuses_what_could_go_wrong() {
    for (code, kind) in [
        ("eq r0, 1, false -> 1\n accept", ImageErrorKind::Register),
        ("load r0, [\"a\"]", ImageErrorKind::FallsOff),
        ("load r16, [\"a\"]\n accept", ImageErrorKind::Operand),
        ("load r0, [\"a\"]\n exists r0, true -> 1\n accept", ImageErrorKind::Jump),
        ("load r0, [\"a\"]\n exists r0, true -> 9\n accept", ImageErrorKind::Jump),
        ("accept\n reject", ImageErrorKind::Unreachable),
        ("jump -> 0", ImageErrorKind::Jump),
        ("load r0, [\"a\"]\n eq_text r0, 1, true -> 2\n accept", ImageErrorKind::Operand),
        ("load r0, [\"a\"]\n lt_int r0, 1.5, true -> 2\n accept", ImageErrorKind::Operand),
        // Written on one way only.
        (
            "load r0, [\"a\"]\n exists r0, true -> 3\n load r1, [\"b\"]\n exists r1, true -> 4\n accept",
            ImageErrorKind::Register,
        ),
    ] {
        assert_eq!(refusal(&format!("rule \"r\"\n {code}")), kind, "{code}");
    }
}

#[test]
fn every_change_of_a_byte_is_refused_or_harmless() {
    let image =
        assemble("rule \"r\"\n load r0, [\"a\",\"b\"]\n in_set r0, [\"x\",\"y\",3], true -> 3\n reject\n accept")
            .unwrap();
    for at in 0..image.len() {
        for bit in 0..8 {
            let mut changed = image.clone();
            changed[at] ^= 1 << bit;
            // The checksum catches all of it.
            assert!(Program::verify(changed, &LoadOptions::default()).is_err(), "byte {at} bit {bit}");
        }
        assert!(Program::verify(image[..at].to_vec(), &LoadOptions::default()).is_err(), "cut at {at}");
    }
}

#[test]
fn resealed_changes_never_panic() {
    // With a right checksum the tables themselves have to hold.
    let image = assemble(
        "rule \"r\"\n load r0, [\"a\",0]\n matches r0, \"a+b\", true -> 4\n sum r0, <=, [1,2], true -> 4\n reject\n accept",
    )
    .unwrap();
    for at in 8..image.len() {
        for value in [0_u8, 1, 2, 0x7f, 0x80, 0xff] {
            let mut changed = image.clone();
            changed[at] = value;
            let seal = *blake3::hash(&changed[64..]).as_bytes();
            changed[32..64].copy_from_slice(&seal);
            if let Ok(program) = Program::verify(changed, &LoadOptions::default()) {
                let _ = run(&program, "{\"a\": [\"aab\"]}");
                let _ = disassemble(&program);
            }
        }
    }
}

#[test]
fn assembly_survives_a_round_trip() {
    let source = "rule \"odd ; name\"\n load r1, [\"a.b\",3,\"c\"]\n any r1, >=, {\"k\":[1,2.5,\"é\"]}, true -> 3\n \
                  jump -> 4\n accept\n reject";
    let first = program(source);
    let second = program(&disassemble(&first));
    assert_eq!(first.hash(), second.hash());
}

#[derive(Default)]
struct Collected(Vec<(u32, String, Outcome)>, Vec<(RuleId, Outcome)>);

impl Tracer for Collected {
    const ON: bool = true;

    fn condition(&mut self, pc: u32, value: Value<'_>, outcome: Outcome) {
        let mut text = String::new();
        json::write_value(&value, &mut text);
        self.0.push((pc, text, outcome));
    }

    fn rule(&mut self, rule: RuleId, outcome: Outcome) {
        self.1.push((rule, outcome));
    }
}

#[test]
fn the_trace_tells_every_condition_that_was_evaluated() {
    let program = program(
        "rule \"first\"\n load r0, [\"a\"]\n gt_int r0, 5, false -> 4\n eq_text r0, \"x\", false -> 4\n accept\n reject\n\
         rule \"second\"\n load r0, [\"a\"]\n lt r0, \"x\", false -> 3\n accept\n reject",
    );
    struct One;
    impl cascata_vm::Facts for One {
        fn get(&self, _: PathId) -> Value<'_> {
            Value::Int(3)
        }
    }
    let mut trace = Collected::default();
    let mut cursor = Cursor::start(program.globals());
    let step = Vm::new().next(&program, &mut cursor, &One, &mut trace);
    assert!(
        matches!(step, Step::Error { rule, trap } if rule == RuleId::new(1) && trap.pc == 6 && trap.kind == TrapKind::Kinds)
    );
    assert_eq!(trace.0, [(1, "3".to_owned(), Outcome::False), (6, "3".to_owned(), Outcome::Error(TrapKind::Kinds))]);
    assert_eq!(trace.1, [(RuleId::new(0), Outcome::False), (RuleId::new(1), Outcome::Error(TrapKind::Kinds))]);
    assert_eq!(Vm::new().next(&program, &mut cursor, &One, &mut trace), Step::Done);
}

#[test]
fn the_page_of_the_image_lists_the_sections_as_they_are() {
    let page = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/image.md");
    let page = std::fs::read_to_string(page).unwrap();
    for section in Section::ALL {
        let semantic = if section.is_semantic() { "yes" } else { "no" };
        let row = format!("| {} | {} | {} | {semantic} |", *section as u32, section.name(), section.doc());
        assert!(page.contains(&row), "docs/image.md lacks: {row}");
    }
}

#[test]
fn the_reference_page_is_the_table() {
    let page = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/isa.md");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&page, isa::reference()).unwrap();
    }
    assert_eq!(std::fs::read_to_string(page).unwrap_or_default(), isa::reference(), "run with UPDATE=1 to write it");
}
