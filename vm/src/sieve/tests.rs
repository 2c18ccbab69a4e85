//! Random short lists over values at and beside the bounds of their rules: what comes through is what holds, fails or has an `else`.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::Sieve;
use crate::eval::{Cursor, Matcher, NoTrace, Outcome, Select, Step, Tracer, Vm, Walk};
use crate::image::{Finder, LoadOptions, Program, Shortcut, Shortcuts};
use crate::isa::assemble;
use crate::{Array, Facts, ListId, PathId, RuleId, Segment, Value};

struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }
}

const FIELDS: [&str; 4] = ["a", "b", "c", "d"];

const NUMBERS: [&str; 14] = [
    "0",
    "1",
    "-1",
    "2",
    "2.5",
    "-2.5",
    "-0.5",
    "1e300",
    "-1e300",
    "9007199254740993",
    "9007199254740992",
    "9223372036854775807",
    "-9223372036854775808",
    "9.3e18",
];

const TEXTS: [&str; 6] =
    ["\"\"", "\"x\"", "\"xy\"", "\"seven77\"", "\"eight888\"", "\"a text of more than sixteen bytes\""];

fn scalar(random: &mut Random) -> &'static str {
    match random.below(8) {
        0..4 => random.pick(&NUMBERS),
        4..7 => random.pick(&TEXTS),
        _ => random.pick(&["true", "false", "null", "18446744073709551616"]),
    }
}

fn test(random: &mut Random) -> String {
    match random.below(19) {
        0 => format!(
            "{} r0, {}",
            random.pick(&["lt_int", "le_int", "gt_int", "ge_int", "eq_int", "ne_int"]),
            random.pick(&["0", "1", "-1", "9223372036854775807", "9007199254740993"])
        ),
        1 => format!(
            "{} r0, {}",
            random.pick(&["lt_float", "le_float", "gt_float", "ge_float"]),
            random.pick(&["2.5", "-0.5", "-2.5", "1e300"])
        ),
        2..5 => format!("{} r0, {}", random.pick(&["lt", "le", "gt", "ge"]), random.pick(&NUMBERS)),
        5 => format!("{} r0, {}", random.pick(&["eq_text", "ne_text"]), random.pick(&TEXTS)),
        6 => format!("{} r0, {}", random.pick(&["eq_bool", "ne_bool"]), random.pick(&["true", "false"])),
        7..9 => format!("{} r0, {}", random.pick(&["eq", "ne"]), scalar(random)),
        9..11 => {
            let (mut members, all) = (Vec::new(), [&NUMBERS[..], &TEXTS[..]].concat());
            for _ in 0..1 + random.below(4) {
                let member = random.pick(&all);
                if !members.contains(&member) {
                    members.push(member);
                }
            }
            format!("{} r0, [{}]", random.pick(&["in_set", "not_in_set"]), members.join(", "))
        }
        11 => format!("{} r0", random.pick(&["exists", "is_null"])),
        12 => format!("lt r0, {}", random.pick(&TEXTS)),
        13 | 16..19 => format!("contains r0, {}", random.pick(&TEXTS)),
        // Fails on numbers, lists and mappings.
        14 => format!("length r1, r0\n gt_int r1, {}", random.pick(&["0", "1", "2"])),
        _ => format!("matches r0, {}", random.pick(&["\".*y\"", "\"[x1]\"", "\"e\""])),
    }
}

/// A conjunction or a disjunction of up to three tests, as the compiler lays them out.
fn rule(random: &mut Random, number: usize) -> String {
    let tests = 1 + random.below(3);
    let all = random.below(3) > 0;
    let (mut lines, mut ends): (Vec<String>, Vec<usize>) = (Vec::new(), Vec::new());
    for _ in 0..tests {
        let register = format!("r{}", 2 + random.below(3));
        lines.push(format!("load {register}, [\"{}\"]", random.pick(&FIELDS)));
        lines.extend(test(random).lines().map(|line| line.trim().replace("r0", &register)));
        ends.push(lines.len() - 1);
    }
    let accept = lines.len();
    for (at, end) in ends.iter().enumerate() {
        let (when, target) = if !all && at + 1 < tests { ("true", accept) } else { ("false", accept + 1) };
        // Now and then a test of the other outcome.
        let when = if all && random.below(5) == 0 { "true" } else { when };
        lines[*end] += &format!(", {when} -> {target}");
    }
    let reject = if random.below(20) == 0 { "otherwise" } else { "reject" };
    format!("rule \"{number}\"\n {}\n accept\n {reject}\n", lines.join("\n "))
}

/// What a host holds: a value for each path.
struct Held<'v>(Vec<(PathId, Value<'v>)>);

impl Facts for Held<'_> {
    fn get(&self, path: PathId) -> Value<'_> {
        self.0.iter().find(|(of, _)| *of == path).map_or(Value::Missing, |(_, value)| *value)
    }
}

fn value(random: &mut Random) -> Value<'static> {
    const INTS: [i64; 12] =
        [0, 1, -1, 2, 3, -2, -3, i64::MAX, i64::MIN, (1 << 53) + 1, 1 << 53, 9_223_372_036_854_775_806];
    const FLOATS: [f64; 14] = [
        0.0,
        -0.0,
        1.0,
        2.5,
        -2.5,
        -0.5,
        2.499_999_999_999_999_6,
        1e300,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::NAN,
        9_007_199_254_740_992.0,
        9_223_372_036_854_775_808.0,
        9.3e18,
    ];
    const WORDS: [&str; 8] =
        ["", "x", "xy", "seven77", "eight888", "eight889", "a text of more than sixteen bytes", "something else"];
    match random.below(10) {
        0..3 => Value::Int(random.pick(&INTS)),
        3..5 => Value::Float(random.pick(&FLOATS)),
        5..7 => Value::Text(random.pick(&WORDS)),
        7 => Value::Bool(random.below(2) == 0),
        8 => random.pick(&[Value::Missing, Value::Null]),
        _ => random.pick(&[
            Value::EscapedText("\\u0078"),
            Value::BigInt("18446744073709551616"),
            Value::Array(Array::Json("[1, \"x\"]")),
        ]),
    }
}

/// Listens, so that nothing is left out.
struct Listens;

impl Tracer for Listens {
    const ON: bool = true;

    fn condition(&mut self, _: u32, _: Value<'_>, _: Outcome) {}

    fn rule(&mut self, _: RuleId, _: Outcome) {}
}

fn load(assembly: &str, shortcuts: Shortcuts) -> Program<'static> {
    let image = assemble(assembly).unwrap_or_else(|error| panic!("{error}\n{assembly}"));
    Program::verify(image, &LoadOptions::default().index_min_rules(u32::MAX).shortcuts(shortcuts)).unwrap()
}

/// With an `else` rules are a rule set.
fn list_of(program: &Program<'_>) -> ListId {
    program.rulesets().next().map_or(program.globals(), |set| set.list())
}

fn sieve<'p>(program: &'p Program<'_>) -> Option<&'p Sieve> {
    if let Finder::Sieve(sieve) = program.finder(list_of(program)) { Some(sieve) } else { None }
}

/// Steps of the plain way, from first to last.
fn steps(program: &Program<'_>, facts: &Held<'_>) -> Vec<Step> {
    let mut cursor = Cursor::start(list_of(program));
    let next = || Some(Vm::new().next(program, &mut cursor, facts, &mut Listens)).filter(|step| *step != Step::Done);
    core::iter::from_fn(next).collect()
}

#[test]
fn what_comes_through_is_what_matters() {
    let mut random = Random(7);
    let (mut sieves, mut rules_seen, mut run, mut sure) = (0, 0, 0, 0);
    let mut walk = Walk::new();
    for _ in 0..1_500 {
        let rules = 3 + random.below(12);
        let assembly: String = (0..rules).map(|number| rule(&mut random, number)).collect();
        let program = load(&assembly, Shortcuts::ALL);
        let Some(sieve) = sieve(&program) else { continue };
        sieves += 1;
        let list = list_of(&program);
        let first = program.list_rules(list).next().unwrap().id().as_u32();
        for _ in 0..40 {
            let facts =
                Held(FIELDS.iter().filter_map(|field| Some((path_of(&program, field)?, value(&mut random)))).collect());
            let steps = steps(&program, &facts);
            let sifted = sieve.sift(&program, &facts);
            let told = |step: &Step| match step {
                Step::Fired(rule) | Step::Otherwise(rule) | Step::Error { rule, .. } => 1 << (rule.as_u32() - first),
                Step::Done => 0_u64,
            };
            let what = || format!("{:?}\n{assembly}\n{sieve:?}", facts.0);
            let all = steps.iter().map(told).fold(0, |all, bit| all | bit);
            let holding =
                steps.iter().filter(|step| matches!(step, Step::Fired(_))).map(told).fold(0, |all, bit| all | bit);
            assert_eq!(all & !(sifted.sure | sifted.open), 0, "{}", what());
            assert_eq!(sifted.sure & !holding, 0, "{}", what());
            assert_eq!(sifted.sure & sifted.open, 0, "{}", what());
            (rules_seen, run) = (rules_seen + rules, run + sifted.open.count_ones() as usize);
            sure += sifted.sure.count_ones() as usize;
            let (mut quick, mut plain) = (Matcher::new(), Matcher::new());
            quick.run(&program, list, Select::All, &facts, &mut NoTrace);
            plain.run(&program, list, Select::All, &facts, &mut Listens);
            assert_eq!((quick.answers(), quick.errors()), (plain.answers(), plain.errors()), "{}", what());
            walk.start(list);
            for step in &steps {
                assert_eq!(walk.next(&program, &facts, &mut NoTrace), *step, "{}", what());
                if random.below(4) == 0 {
                    walk.changed();
                }
            }
            assert_eq!(walk.next(&program, &facts, &mut NoTrace), Step::Done, "{}", what());
        }
    }
    // That it decides a good part of them is the point.
    assert!(sieves > 900 && run * 4 < rules_seen * 3 && sure * 10 > rules_seen, "{sieves} {run} {sure} {rules_seen}");
}

fn path_of(program: &Program<'_>, name: &str) -> Option<PathId> {
    (0..program.path_count() as u32).map(PathId::new).find(|path| program.path(*path) == [Segment::Key(name.into())])
}

#[test]
fn lists_that_nothing_is_gained_from_have_none() {
    let short = "rule \"0\"\n load r0, [\"a\"]\n eq_int r0, 1, false -> 3\n accept\n reject\n";
    let long = "rule \"0\"\n load r0, [\"a\"]\n contains r0, \"x\", false -> 3\n accept\n reject\n";
    let has = |rules: &str, shortcuts| sieve(&load(rules, shortcuts)).is_some();
    assert!(has(&short.repeat(2), Shortcuts::ALL) && has(&short.repeat(64), Shortcuts::ALL));
    assert!(!has(short, Shortcuts::ALL) && !has(&short.repeat(65), Shortcuts::ALL));
    assert!(!has(&short.repeat(3), Shortcuts::ALL.without(Shortcut::Sieve)));
    assert!(has(&[short, long].concat(), Shortcuts::ALL) && !has(&[short, long, long].concat(), Shortcuts::ALL));
}

#[test]
fn a_sieve_that_decides_all_rules_is_taken_before_an_index() {
    let rule = |number: usize, test: &str| {
        format!("rule \"{number}\"\n load r0, [\"a\"]\n {test}, false -> 3\n accept\n reject\n")
    };
    let list = |test: fn(usize) -> String, rules: usize| -> String {
        (0..rules).map(|number| rule(number, &test(number))).collect()
    };
    let found = |assembly: &str| {
        let program = Program::verify(assemble(assembly).unwrap(), &LoadOptions::default()).unwrap();
        (sieve(&program).is_some(), program.index_words(list_of(&program)).pop())
    };
    let words = |words: &str| Some(words.to_string());
    let eq = |number| format!("eq_int r0, {number}");
    assert_eq!(found(&list(eq, 15)), (true, None));
    assert_eq!(found(&list(eq, 16)), (true, words("what each field leaves")));
    assert_eq!(found(&list(eq, 64)), (true, words("what each field leaves")));
    assert_eq!(found(&list(eq, 65)), (false, words("a ==")));
    let contains = |number| format!("contains r0, \"text {number}\"");
    assert_eq!(found(&list(contains, 16)), (false, words("a contains")));
}

/// An image may have more than is worth looking at: it is left to the machine, and tables stay small.
#[test]
fn what_would_take_too_much_is_run() {
    let rule = |number: usize, members: usize| {
        let list: Vec<String> = (0..members).map(|at| format!("{}", number * 100 + at)).collect();
        let test = format!("in_set r0, [{}]", list.join(", "));
        format!("rule \"{number}\"\n load r0, [\"a\"]\n {test}, false -> 3\n accept\n reject\n")
    };
    let words = |rules: &[(usize, usize)]| {
        let assembly: String = rules.iter().map(|(number, members)| rule(*number, *members)).collect();
        sieve(&load(&assembly, Shortcuts::ALL)).map(Sieve::words)
    };
    let (sure, run) = ("what each field leaves", "what each field leaves, and run");
    // Three times 32 constants are as many as a field may have.
    assert_eq!(words(&[(0, 32), (1, 32), (2, 32), (3, 32)]).unwrap(), [sure, sure, sure, run]);
    // A test may have 32.
    assert_eq!(words(&[(0, 1), (1, 33)]).unwrap(), [sure, run]);
    assert!(words(&[(0, 33), (1, 33)]).is_none());
}
