//! Random rules and events: no rule that holds, fails or has more to say than false is left out.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Candidates, INDEX_MIN_RULES, candidate};
use crate::eval::{Cursor, Matcher, NoTrace, Outcome, Select, Step, Tracer, Vm, Walk};
use crate::image::{LoadOptions, Program, Shortcut, Shortcuts};
use crate::isa::assemble;
use crate::json::{Extraction, JsonFacts, PathTrie, ReadOptions};
use crate::{ListId, PathId, RuleId, Value};

struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n
    }

    fn pick<'t>(&mut self, of: &[&'t str]) -> &'t str {
        of[self.below(of.len())]
    }
}

const FIELDS: [&str; 4] = ["a", "b", "c", "d"];
const SCALARS: [&str; 12] =
    ["1", "2", "2.5", "true", "\"x\"", "\"xy\"", "\"xyz\"", "\"\"", "18446744073709551616", "-1", "0", "\"yz\\n\""];

fn test(random: &mut Random) -> String {
    let scalar = random.pick(&SCALARS);
    match random.below(16) {
        0..3 => format!("eq r0, {scalar}"),
        3 => format!("{} r0, {}", random.pick(&["lt", "le", "gt", "ge"]), random.pick(&["1", "2.5", "\"x\"", "0"])),
        4 => format!("in_set r0, {}", random.pick(&["[1, \"x\"]", "[\"x\", \"xy\"]", "[2.5]", "[0, 1]", "[\"xyz\"]"])),
        5 => format!("{} r0, {scalar}", random.pick(&["ne", "contains"])),
        6 => format!("{} r0", random.pick(&["exists", "is_null"])),
        7 => format!("matches_prefix r0, {}", random.pick(&["\"x\"", "\"xy\"", "\"1\"", "\"T\"", "\"\""])),
        8 => format!("matches_suffix r0, {}", random.pick(&["\"x\"", "\"z\"", "\"1\"", "\"e\"", "\"\""])),
        9 => format!("matches r0, {}", random.pick(&["\"x\"", "\"xy\"", "\".*y\"", "\".*(?:xy|2)\"", "\"[xT]\""])),
        10 => format!("contains r0, {}", random.pick(&["\"x\"", "\"yz\"", "\"xyz\"", "1", "true", "\"\""])),
        11 => format!(
            "{} r0, {}",
            random.pick(&["starts_with", "ends_with"]),
            random.pick(&["\"x\"", "\"xy\"", "\"\\n\""])
        ),
        12 => format!("eq_folded r0, {}", random.pick(&["\"X\"", "\"xY\"", "\"\""])),
        13 => format!("any r0, ==, {scalar}"),
        // Fails on numbers, and on lists and mappings; on others it may hold.
        14 => format!("length r1, r0\n gt_int r1, {}", random.pick(&["0", "1", "2"])),
        _ => format!("{} r0, ==, {scalar}", random.pick(&["any", "sum", "min"])),
    }
}

/// A conjunction or a disjunction of up to three tests, as the compiler lays them out.
fn rule(random: &mut Random, number: usize) -> String {
    let tests = 1 + random.below(3);
    let all = random.below(3) > 0;
    let mut lines = Vec::new();
    let mut ends = Vec::new();
    for _ in 0..tests {
        lines.push(format!("load r0, [\"{}\"]", random.pick(&FIELDS)));
        lines.extend(test(random).lines().map(|line| line.trim().into()));
        ends.push(lines.len() - 1);
    }
    let accept = lines.len();
    for (at, end) in ends.iter().enumerate() {
        let (when, target) = match (all, at + 1 == tests) {
            // To `reject`, which stands behind `accept`.
            (true, _) | (false, true) => ("false", accept + 1),
            (false, false) => ("true", accept),
        };
        lines[*end] += &format!(", {when} -> {target}");
    }
    // With an `else` the last instruction is another one.
    let reject = if random.below(20) == 0 { "otherwise" } else { "reject" };
    format!("rule \"{number}\"\n {}\n accept\n {reject}\n", lines.join("\n "))
}

fn event(random: &mut Random) -> String {
    let mut members = Vec::new();
    for field in FIELDS {
        let value = match random.below(6) {
            0 => continue,
            1 => "null",
            2 => random.pick(&["[1, \"x\"]", "{\"x\": 1}", "[]"]),
            _ => random.pick(&SCALARS),
        };
        members.push(format!("\"{field}\": {value}"));
    }
    format!("{{{}}}", members.join(", "))
}

/// Listens, so that no index is used.
struct Listens;

impl Tracer for Listens {
    const ON: bool = true;

    fn condition(&mut self, _: u32, _: Value<'_>, _: Outcome) {}

    fn rule(&mut self, _: RuleId, _: Outcome) {}
}

/// Matches with the index and without it.
fn matched_alike(program: &Program<'_>, list: ListId, facts: &JsonFacts<'_>, event: &str) {
    for select in [Select::All, Select::First, Select::Best] {
        let (mut indexed, mut plain) = (Matcher::new(), Matcher::new());
        indexed.run(program, list, select, facts, &mut NoTrace);
        plain.run(program, list, select, facts, &mut Listens);
        assert_eq!(indexed.answers(), plain.answers(), "{select:?} {event}");
        assert_eq!(indexed.errors(), plain.errors(), "{select:?} {event}");
    }
}

/// Goes through the list with the index and without it; the host says at random that fields changed.
fn walked_alike(program: &Program<'_>, list: ListId, facts: &JsonFacts<'_>, random: &mut Random, walk: &mut Walk) {
    let mut cursor = Cursor::start(list);
    walk.start(list);
    loop {
        let step = Vm::new().next(program, &mut cursor, facts, &mut NoTrace);
        assert_eq!(walk.next(program, facts, &mut NoTrace), step);
        if step == Step::Done {
            return;
        }
        if random.below(4) == 0 {
            walk.changed();
        }
    }
}

#[test]
fn no_rule_that_can_matter_is_left_out() {
    let mut random = Random(42);
    let (mut kept, mut all) = (0, 0);
    let (mut certain, mut held) = (0, 0);
    let mut walk = Walk::new();
    let options = LoadOptions::default().shortcuts(Shortcuts::ALL.without(Shortcut::Sieve));
    for _ in 0..60 {
        let rules = INDEX_MIN_RULES as usize + random.below(60);
        let assembly: String = (0..rules).map(|number| rule(&mut random, number)).collect();
        let program = Program::verify(assemble(&assembly).unwrap(), &options).unwrap();
        // With an `else` they are a rule set.
        let list = program.rulesets().next().map_or(program.globals(), |set| set.list());
        let first = program.list_rules(list).next().unwrap().id().as_u32();
        let index = program.index(list).unwrap();
        let paths: Vec<_> = (0..program.path_count()).map(|path| program.path(PathId::new(path as u32))).collect();
        let trie = PathTrie::new(&paths);
        let mut extraction = Extraction::new();
        for _ in 0..50 {
            let event = event(&mut random);
            let text = extraction.read(&trie, event.as_bytes(), &ReadOptions::default()).unwrap();
            let facts = JsonFacts::new(text, &extraction);
            let mut candidates = Candidates::default();
            index.find(&facts, &mut candidates);
            assert!(candidates.rules.is_sorted_by(|l, r| l < r));
            let mut decided = Candidates::default();
            index.decide(&facts, &mut decided);
            let mut holds: Vec<u32> = decided
                .rules
                .iter()
                .map(|rule| candidate(*rule))
                .filter(|(_, holds)| *holds)
                .map(|(rule, _)| rule)
                .collect();
            assert!(
                decided.rules.iter().all(|rule| candidates.rules.contains(&candidate(*rule).0)),
                "{event}\n{assembly}"
            );
            certain += holds.len();
            let mut cursor = Cursor::start(list);
            loop {
                if let Step::Fired(rule) = {
                    let mut ahead = cursor;
                    Vm::new().next(&program, &mut ahead, &facts, &mut NoTrace)
                } {
                    held += 1;
                    holds.retain(|held| *held != rule.as_u32() - first);
                }
                let concerned = |rule: RuleId| candidates.rules.contains(&(rule.as_u32() - first));
                match Vm::new().next(&program, &mut cursor, &facts, &mut NoTrace) {
                    Step::Done => break,
                    Step::Fired(rule) | Step::Otherwise(rule) => {
                        assert!(concerned(rule), "{event}\n{assembly}\n{rule:?}");
                    }
                    Step::Error { rule, .. } => assert!(concerned(rule), "{event}\n{assembly}\n{rule:?}"),
                }
            }
            assert!(holds.is_empty(), "{holds:?} do not hold\n{event}\n{assembly}");
            matched_alike(&program, list, &facts, &event);
            walked_alike(&program, list, &facts, &mut random, &mut walk);
            kept += candidates.rules.len();
            all += rules;
        }
    }
    // That it leaves out a good part of them is the point.
    assert!(kept * 3 < all * 2, "{kept} of {all}");
    // As it is that it decides many of those that hold.
    assert!(certain * 16 > held, "{certain} of {held}");
}
