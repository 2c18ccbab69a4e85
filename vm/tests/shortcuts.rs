//! Shortcuts: what is made of code when nobody traces, and that it gives the same answers.
//!
//! `UPDATE=1` writes the listings in `tests/shortcuts` anew; look at what changed before committing it.

use std::path::Path;

use cascata_vm::eval::{Cursor, NoTrace, Outcome, Step, Tracer, Vm};
use cascata_vm::image::{LoadOptions, Program, Shortcut, Shortcuts};
use cascata_vm::isa::{assemble, disassemble};
use cascata_vm::{Facts, PathId, RuleId, Value};

fn program(source: &str, shortcuts: Shortcuts) -> Program<'static> {
    Program::verify(assemble(source).unwrap(), &LoadOptions::default().shortcuts(shortcuts)).unwrap()
}

/// The rules of a listing, with places and shortcuts.
fn rules(listing: &str) -> String {
    let lines = listing.lines().skip_while(|line| !line.starts_with("rule")).filter(|line| !line.is_empty());
    lines.map(|line| format!("{line}\n")).collect()
}

#[test]
fn each_shortcut_is_found_where_it_is_and_nowhere_else() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/shortcuts");
    for (name, shortcut) in [
        ("chains", Shortcut::Chains),
        ("common", Shortcut::Common),
        ("order", Shortcut::Order),
        ("merged", Shortcut::Merged),
        ("late", Shortcut::Late),
    ] {
        let source = std::fs::read_to_string(dir.join(format!("{name}.asm"))).unwrap();
        let plain = program(&source, Shortcuts::NONE);
        let short = program(&source, Shortcuts::NONE.with(shortcut));
        assert_eq!(plain.hash(), short.hash());
        let (plain, found) = (rules(&disassemble(&plain)), rules(&disassemble(&short)));
        assert_ne!(plain, found, "{name} finds nothing");
        let golden = dir.join(format!("{name}.listing"));
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&golden, &found).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&golden).unwrap_or_default(), found, "{}", golden.display());
        // Comments only: the listing is assembled to the same program.
        assert_eq!(program(&found, Shortcuts::NONE).hash(), program(&source, Shortcuts::ALL).hash());
    }
}

#[test]
fn rows_of_tests_that_everything_jumps_to_are_found_in_time_that_grows_with_them() {
    // A row of long tests; before them as many that go to the first of the row, each of them reached by a jump of its own.
    const TESTS: usize = 20_000;
    let (jumped_to, row) = (TESTS + 1, TESTS * 3 + 1);
    let reject = row + TESTS + 1;
    let mut source = String::from("rule \"r\"\n load r0, [\"a\"]\n");
    for test in 0..TESTS {
        source.push_str(&format!(" is_null r0, true -> {}\n", jumped_to + test * 2));
    }
    // What is asked twice is remembered, and keeps its place.
    for test in 0..TESTS {
        source.push_str(&format!(" contains r0, \"b{test}\", true -> {row}\n reject\n"));
    }
    for test in 0..TESTS {
        source.push_str(&format!(" contains r0, \"a{test}\", false -> {reject}\n"));
    }
    source.push_str(" accept\n reject\n");
    let options = LoadOptions::default().shortcuts(Shortcuts::ALL);
    let program = Program::verify(assemble(&source).unwrap(), &options);
    assert!(program.is_ok(), "{:?}", program.err());
}

/// One value for the first field of a program, another for all others.
#[derive(Debug)]
struct Fields(Value<'static>, Value<'static>);

impl Facts for Fields {
    fn get(&self, path: PathId) -> Value<'_> {
        if path == PathId::new(0) { self.0 } else { self.1 }
    }
}

#[derive(Default)]
struct Seen(Vec<(u32, Outcome)>);

impl Tracer for Seen {
    const ON: bool = true;

    fn condition(&mut self, pc: u32, _: Value<'_>, outcome: Outcome) {
        self.0.push((pc, outcome));
    }

    fn rule(&mut self, _: RuleId, _: Outcome) {}
}

fn steps<T: Tracer>(program: &Program<'_>, facts: &Fields, tracer: &mut T) -> Vec<Step> {
    let mut cursor = Cursor::start(program.globals());
    let mut steps = Vec::new();
    while steps.last() != Some(&Step::Done) {
        steps.push(Vm::new().next(program, &mut cursor, facts, tracer));
    }
    steps
}

#[test]
fn shortcuts_change_no_answer_no_error_and_no_trace() {
    let values = [
        Value::Missing,
        Value::Null,
        Value::Bool(true),
        Value::Bool(false),
        Value::Int(1),
        Value::Int(3),
        Value::Int(9),
        Value::Float(1.0),
        Value::Float(2.5),
        Value::Float(f64::NAN),
        Value::BigInt("9223372036854775808"),
        Value::Text("a"),
        Value::Text("b"),
        Value::Text("c"),
        Value::Text("zz"),
        Value::EscapedText("\\u0061"),
        Value::Array(cascata_vm::Array::Json("[1,2]")),
        Value::Array(cascata_vm::Array::Json("[]")),
        Value::Array(cascata_vm::Array::Json("[\"b\",\"\\u0061\"]")),
        Value::Array(cascata_vm::Array::Values(&[Value::Text("b"), Value::Text("c")])),
        Value::Array(cascata_vm::Array::Values(&[Value::Text("b"), Value::Int(1)])),
        Value::Object(cascata_vm::Object::Json("{\"a\":1}")),
    ];
    let sources = [
        include_str!("shortcuts/chains.asm"),
        include_str!("shortcuts/common.asm"),
        include_str!("shortcuts/order.asm"),
        include_str!("shortcuts/merged.asm"),
        include_str!("shortcuts/late.asm"),
    ];
    for source in sources {
        let (plain, short) = (program(source, Shortcuts::NONE), program(source, Shortcuts::ALL));
        for facts in values.iter().flat_map(|a| values.iter().map(|b| Fields(*a, *b))) {
            let (mut seen, mut seen_short) = (Seen::default(), Seen::default());
            let wanted = steps(&plain, &facts, &mut seen);
            assert_eq!(steps(&short, &facts, &mut seen_short), wanted, "traced, {facts:?}");
            assert_eq!(seen_short.0, seen.0, "{facts:?}");
            assert_eq!(steps(&short, &facts, &mut NoTrace), wanted, "{facts:?}");
            assert_eq!(steps(&plain, &facts, &mut NoTrace), wanted, "{facts:?}");
        }
    }
}
