//! Computed values and loops on assembly: what they answer, what the verifier refuses, what the trace tells.

use cascata_vm::eval::{Cursor, Outcome, Step, Tracer, TrapKind, Vm};
use cascata_vm::image::{ImageErrorKind, LoadOptions, Program};
use cascata_vm::isa::{assemble, describe_condition, disassemble};
use cascata_vm::json::{self, Extraction, JsonFacts, PathTrie, ReadOptions};
use cascata_vm::{PathId, RuleId, Value};

fn program(assembly: &str) -> Program<'static> {
    let image = assemble(assembly).unwrap_or_else(|error| panic!("{error}\n{assembly}"));
    Program::verify(image, &LoadOptions::default()).unwrap_or_else(|error| panic!("{error}\n{assembly}"))
}

fn refusal(body: &str) -> Option<ImageErrorKind> {
    let image = assemble(&format!("rule \"t\"\n{body}")).unwrap_or_else(|error| panic!("{error}\n{body}"));
    Program::verify(image, &LoadOptions::default()).err().map(|error| error.kind)
}

#[derive(Default)]
struct Seen(Vec<(u32, String, Outcome)>);

impl Tracer for Seen {
    const ON: bool = true;

    fn condition(&mut self, pc: u32, value: Value<'_>, outcome: Outcome) {
        let mut text = String::new();
        json::write_value(&value, &mut text);
        self.0.push((pc, text, outcome));
    }

    fn operand(&mut self, pc: u32, value: Value<'_>) {
        let mut text = String::from("with ");
        json::write_value(&value, &mut text);
        self.0.push((pc, text, Outcome::True));
    }

    fn rule(&mut self, _: RuleId, _: Outcome) {}
}

fn run(program: &Program<'_>, event: &str, now: Option<i64>, seen: &mut Seen) -> Result<bool, TrapKind> {
    let paths: Vec<_> = (0..program.path_count()).map(|path| program.path(PathId::new(path as u32))).collect();
    let trie = PathTrie::new(&paths);
    let mut extraction = Extraction::new();
    let text = extraction.read(&trie, event.as_bytes(), &ReadOptions::default()).unwrap();
    let facts = JsonFacts::new(text, &extraction);
    let facts = now.map_or(facts, |now| facts.at(now));
    match Vm::new().next(program, &mut Cursor::start(program.globals()), &facts, seen) {
        Step::Fired(_) => Ok(true),
        Step::Done | Step::Otherwise(_) => Ok(false),
        Step::Error { trap, .. } => Err(trap.kind),
    }
}

/// What lines that end in a test come to, on the fields `f` in r0 and `g` in r1.
fn on(lines: &str, event: &str) -> Result<bool, TrapKind> {
    let last = lines.matches('\n').count() + 5;
    let source =
        format!("rule \"t\"\n load r0, [\"f\"]\n load r1, [\"g\"]\n {lines}, false -> {}\n accept\n reject", last - 1);
    let program = program(&source);
    let again = self::program(&disassemble(&program));
    assert_eq!(again.hash(), program.hash(), "assembly survives a round trip");
    run(&program, event, Some(1_000_000), &mut Seen::default())
}

#[test]
fn tests_of_texts_and_networks_answer_as_the_language_says() {
    let kinds = Err(TrapKind::Kinds);
    for (test, field, expected) in [
        ("starts_with r0, \"ab\"", "\"abc\"", Ok(true)),
        ("starts_with r0, \"ab\"", "\"\\u0061b\"", Ok(true)),
        ("starts_with r0, \"ab\"", "\"cab\"", Ok(false)),
        ("starts_with r0, \"1\"", "12", kinds),
        ("starts_with r0, \"1\"", "null", Ok(false)),
        ("ends_with r0, \"bc\"", "\"abc\"", Ok(true)),
        ("ends_with r0, \"bc\"", "\"abc\\n\"", Ok(false)),
        ("ends_with r0, \"bc\"", "[\"bc\"]", kinds),
        ("eq_folded r0, \"STRASSE\"", "\"strasse\"", Ok(true)),
        ("eq_folded r0, \"ΣΊΣΥΦΟΣ\"", "\"σίσυφος\"", Ok(true)),
        ("eq_folded r0, \"STRASSE\"", "\"straße\"", Ok(false)),
        ("eq_folded r0, \"1\"", "1", Ok(false)),
        ("in_network r0, [\"10.0.0.0/8\",\"::1\"]", "\"10.1.2.3\"", Ok(true)),
        ("in_network r0, [\"10.0.0.0/8\",\"::1\"]", "\"::1\"", Ok(true)),
        ("in_network r0, [\"10.0.0.0/8\",\"::1\"]", "\"11.1.2.3\"", Ok(false)),
        ("in_network r0, [\"10.0.0.0/8\"]", "10", Ok(false)),
    ] {
        assert_eq!(on(test, &format!("{{\"f\": {field}}}")), expected, "{test} on {field}");
    }
}

#[test]
fn two_fields_relate_and_numbers_are_computed_with() {
    for (lines, event, expected) in [
        ("relate r0, r1, <", r#"{"f": 1, "g": 1.5}"#, Ok(true)),
        ("relate r0, r1, <", r#"{"f": 1, "g": "x"}"#, Err(TrapKind::Kinds)),
        ("relate r0, r1, !=", r#"{"f": 1}"#, Ok(false)),
        ("relate r0, r1, IN", r#"{"f": 1, "g": [2, 1.0]}"#, Ok(true)),
        ("relate r0, r1, NOT_IN", r#"{"f": "b", "g": "abc"}"#, Ok(false)),
        ("relate r0, r1, CONTAINS", r#"{"f": {"x": 1}, "g": "x"}"#, Ok(true)),
        ("relate r0, r1, STARTS_WITH", r#"{"f": "abc", "g": "ab"}"#, Ok(true)),
        ("relate r0, r1, ENDS_WITH", r#"{"f": "abc", "g": 1}"#, Err(TrapKind::Kinds)),
        ("relate r0, r1, IEQUALS", r#"{"f": "ABC", "g": "abc"}"#, Ok(true)),
        ("add r2, r0, r1\n eq_int r2, 7", r#"{"f": 3, "g": 4}"#, Ok(true)),
        ("add r2, r0, r1\n eq_int r2, 7", r#"{"f": 3}"#, Ok(false)),
        ("add r2, r0, r1\n eq_int r2, 7", r#"{"f": 3, "g": "4"}"#, Err(TrapKind::NotANumber)),
        ("mul r2, r0, r1\n eq_int r2, 7", r#"{"f": 4611686018427387904, "g": 2}"#, Err(TrapKind::Overflow)),
        ("div r2, r0, r1\n eq r2, 2.5", r#"{"f": 5, "g": 2}"#, Ok(true)),
        ("rem r2, r0, r1\n eq_int r2, 1", r#"{"f": 5, "g": 0}"#, Err(TrapKind::DivisionByZero)),
        ("length r2, r0\n eq_int r2, 3", r#"{"f": "añ日"}"#, Ok(true)),
        ("length r2, r0\n eq_int r2, 3", r#"{"f": 3}"#, Err(TrapKind::NoLength)),
        ("length r2, r0\n eq_int r2, 1", r#"{"f": {"a": 1, "a": 2}}"#, Ok(true)),
        ("time r2, r0\n eq_int r2, 1000000", r#"{"f": "1970-01-01T00:00:01Z"}"#, Ok(true)),
        ("time r2, r0\n eq_int r2, 1000000", r#"{"f": 1}"#, Err(TrapKind::NotATime)),
        ("time r2, r0\n hour r2, r2, 90\n eq_int r2, 1", r#"{"f": "1970-01-01"}"#, Ok(true)),
        ("time r2, r0\n weekday r2, r2, -60\n eq_int r2, 3", r#"{"f": "1970-01-01"}"#, Ok(true)),
        ("now r2\n eq_int r2, 1000000", "{}", Ok(true)),
        ("const r2, \"x\"\n relate r2, r0, IN", r#"{"f": ["x"]}"#, Ok(true)),
        ("member r2, r0, [\"a\",1]\n eq_int r2, 5", r#"{"f": {"a": [4, 5]}}"#, Ok(true)),
        ("member r2, r0, [\"a\",1]\n eq_int r2, 5", r#"{"f": [4, 5]}"#, Ok(false)),
        ("select r0, r0, [[\"p\"]]\n sum r0, each >, 4", r#"{"f": [{"p": 2}, {}, {"p": 3}]}"#, Ok(true)),
        ("select r0, r0, [[\"p\"]]\n any r0, each ==, 3", r#"{"f": [{"p": 2}, 3]}"#, Ok(false)),
        ("select r0, r0, [[\"p\"],[]]\n count r0, each ==, 3", r#"{"f": [{"p": [1, 2]}, {"p": [null, 3]}]}"#, Ok(true)),
        ("select r0, r0, [[\"p\"]]\n max r0, each ==, 3", r#"{"f": [{}]}"#, Err(TrapKind::EmptyArray)),
        ("sum_of r2, r0, [[]]\n relate r2, r1, ==", r#"{"f": [1, null, 2], "g": 3}"#, Ok(true)),
        ("sum_of r2, r0, []\n relate r2, r1, ==", r#"{"f": [1, 2], "g": 3}"#, Ok(true)),
        ("sum_of r2, r0, []\n relate r2, r1, ==", r#"{"f": [1, null, 2], "g": 3}"#, Err(TrapKind::NotAddable)),
        ("avg_of r2, r0, [[]]\n relate r2, r1, ==", r#"{"f": [], "g": 3}"#, Ok(false)),
        (
            "sum_of r2, r0, [[]]\n relate r2, r1, <",
            r#"{"f": [9223372036854775807, 1], "g": 3}"#,
            Err(TrapKind::Overflow),
        ),
        ("count_of r2, r0, [[\"p\"]]\n relate r2, r1, ==", r#"{"f": [{"p": 1}, 2], "g": 1}"#, Ok(true)),
    ] {
        assert_eq!(on(lines, event), expected, "{lines} on {event}");
    }
}

const LOOP: &str = "rule \"t\"\n load r0, [\"items\"]\n each r15, r0, to 7, false -> 8\n member r1, r15, [\"p\"]\n \
                    gt_int r1, 5, false -> 6\n jump -> 5\n accept\n reject\n accept\n reject";

#[test]
fn a_loop_holds_for_the_first_element_that_does_and_tells_of_each() {
    let program = program(LOOP);
    assert_eq!(self::program(&disassemble(&program)).hash(), program.hash());
    let mut seen = Seen::default();
    assert_eq!(run(&program, r#"{"items": [{"p": 1}, {"p": 7}, {"p": "x"}]}"#, None, &mut seen), Ok(true));
    let told: Vec<_> = seen.0.iter().map(|(pc, value, outcome)| (*pc, value.as_str(), *outcome)).collect();
    let list = r#"[{"p":1},{"p":7},{"p":"x"}]"#;
    let wanted = [(3, "1", Outcome::False), (3, "7", Outcome::True), (1, list, Outcome::True)];
    assert_eq!(told, wanted);
    assert_eq!(describe_condition(&program, 1).as_deref(), Some("any items[] (…)"));
    assert_eq!(describe_condition(&program, 3).as_deref(), Some("items[].p > 5"));
    for (event, expected) in [
        (r#"{"items": [{"p": 1}]}"#, Ok(false)),
        (r#"{"items": []}"#, Ok(false)),
        (r#"{"items": {"p": 9}}"#, Ok(false)),
        ("{}", Ok(false)),
        (r#"{"items": [{"p": "x"}, {"p": 9}]}"#, Err(TrapKind::Kinds)),
    ] {
        assert_eq!(run(&program, event, None, &mut Seen::default()), expected, "{event}");
    }
}

#[test]
fn a_value_that_cannot_be_computed_is_the_error_of_its_test() {
    let program = program(
        "rule \"t\"\n load r0, [\"a\"]\n load r1, [\"b\"]\n add r2, r0, r1\n gt_int r2, 5, false -> 5\n accept\n reject",
    );
    let mut seen = Seen::default();
    assert_eq!(run(&program, r#"{"a": 1, "b": "x"}"#, None, &mut seen), Err(TrapKind::NotANumber));
    let error = Outcome::Error(TrapKind::NotANumber);
    assert_eq!(seen.0, [(3, "with \"x\"".to_owned(), Outcome::True), (3, "1".to_owned(), error)]);
    assert_eq!(describe_condition(&program, 3).as_deref(), Some("(a + b) > 5"));
}

#[test]
fn a_host_without_a_clock_makes_questions_for_the_time_errors() {
    let program = program("rule \"t\"\n now r0\n gt_int r0, 5, false -> 3\n accept\n reject");
    assert_eq!(run(&program, "{}", None, &mut Seen::default()), Err(TrapKind::NoTime));
    assert_eq!(run(&program, "{}", Some(6), &mut Seen::default()), Ok(true));
}

#[test]
fn the_verifier_refuses_loops_and_selections_that_no_compiler_writes() {
    let looped = |body: &str| format!(" load r0, [\"x\"]\n each r1, r0, to 5, false -> 6\n{body}\n accept\n reject");
    for (body, kind) in [
        // A body that ends behind the rule, before it begins, or not at all.
        (
            " load r0, [\"x\"]\n each r1, r0, to 9, false -> 3\n accept\n accept\n reject".to_owned(),
            ImageErrorKind::Jump,
        ),
        (" load r0, [\"x\"]\n each r1, r0, to 2, false -> 3\n accept\n reject".to_owned(), ImageErrorKind::Jump),
        (looped(" exists r1, true -> 4\n exists r1, true -> 4\n exists r1, true -> 4"), ImageErrorKind::Jump),
        (looped(" exists r1, true -> 3\n load r2, [\"x\"]\n load r2, [\"x\"]"), ImageErrorKind::FallsOff),
        // Out of the body, and into it.
        (looped(" exists r1, true -> 6\n accept\n reject"), ImageErrorKind::Jump),
        (
            " load r0, [\"x\"]\n exists r0, true -> 3\n each r1, r0, to 4, false -> 5\n accept\n accept\n reject"
                .to_owned(),
            ImageErrorKind::Jump,
        ),
        (looped(" exists r1, true -> 3\n otherwise\n accept"), ImageErrorKind::Jump),
        // The element is not there behind the loop.
        (
            " load r0, [\"x\"]\n each r1, r0, to 3, false -> 5\n accept\n exists r1, false -> 5\n accept\n reject"
                .to_owned(),
            ImageErrorKind::Register,
        ),
        // No selection, and one that a loop may have lost.
        (" load r0, [\"x\"]\n sum r0, each ==, 1, false -> 3\n accept\n reject".to_owned(), ImageErrorKind::Register),
        (
            " load r0, [\"x\"]\n select r2, r0, [[]]\n each r1, r0, to 4, false -> 6\n accept\n \
             sum r2, each ==, 1, false -> 6\n accept\n reject"
                .to_owned(),
            ImageErrorKind::Register,
        ),
        (
            " load r0, [\"x\"]\n select r0, r0, [1]\n exists r0, false -> 4\n accept\n reject".to_owned(),
            ImageErrorKind::Operand,
        ),
        (
            " load r0, [\"x\"]\n member r0, r0, [-1]\n exists r0, false -> 4\n accept\n reject".to_owned(),
            ImageErrorKind::Operand,
        ),
        (
            " load r0, [\"x\"]\n in_network r0, [\"10.0.0.0/33\"], false -> 3\n accept\n reject".to_owned(),
            ImageErrorKind::Operand,
        ),
        (" now r0\n hour r0, r0, 1440\n exists r0, false -> 4\n accept\n reject".to_owned(), ImageErrorKind::Operand),
    ] {
        assert_eq!(refusal(&body), Some(kind), "{body}");
    }
}

#[test]
fn loops_stand_inside_one_another_four_deep_and_no_deeper() {
    let nested = |depth: usize| {
        let mut source = String::from(" load r0, [\"x\"]\n");
        for level in 0..depth {
            let end = depth + 2 + 2 * (depth - 1 - level);
            source.push_str(&format!(" each r{}, r0, to {end}, false -> {}\n", 15 - level, end + 1));
        }
        source + " accept\n" + &" accept\n reject\n".repeat(depth)
    };
    let verified = |depth| {
        let image = assemble(&format!("rule \"t\"\n{}", nested(depth))).unwrap();
        Program::verify(image, &LoadOptions::default()).map(|_| ()).map_err(|error| error.kind)
    };
    assert_eq!(verified(4), Ok(()));
    assert_eq!(verified(5), Err(ImageErrorKind::Nesting));
}
