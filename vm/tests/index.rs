//! How indexes find rules, as listings tell it.

use cascata_vm::IndexStats;
use cascata_vm::image::{LoadOptions, Program, Shortcut, Shortcuts};
use cascata_vm::isa::{assemble, disassemble};

fn program(assembly: &str) -> Program<'static> {
    let image = assemble(assembly).unwrap_or_else(|error| panic!("{error}\n{assembly}"));
    Program::verify(
        image,
        &LoadOptions::default().index_min_rules(1).shortcuts(Shortcuts::ALL.without(Shortcut::Sieve)),
    )
    .unwrap()
}

/// A rule that is the conjunction of tests, each of which reads its field into r0.
fn rule(tests: &[&str], last: &str) -> String {
    let tests: Vec<String> = tests.iter().map(|test| format!("load r0, {test}")).collect();
    let lines: Vec<&str> = tests.iter().flat_map(|test| test.split('\n')).collect();
    let end = lines.len() + 1;
    let is_test = |line: &str| !line.starts_with("load") && !line.starts_with("length");
    let body: String = lines
        .iter()
        .map(|line| if is_test(line) { format!(" {line}, false -> {end}\n") } else { format!(" {line}\n") })
        .collect();
    format!("rule \"r\"\n{body} accept\n {last}\n")
}

#[test]
fn rules_are_found_by_what_they_demand() {
    for (tests, found) in [
        (&["[\"a\"]\neq_int r0, 1"][..], "a =="),
        (&["[\"a\"]\neq_int r0, 1", "[\"b\",\"c\"]\neq_text r0, \"x\""], "a == and b.c =="),
        (&["[\"a\"]\nin_set r0, [\"x\",2]"], "a =="),
        (&["[\"a\"]\neq_folded r0, \"x\""], "a iequals"),
        (&["[\"a\"]\nmatches_prefix r0, \"abc\""], "a begins (3)"),
        (&["[\"a\"]\nstarts_with r0, \"a text that is long\""], "a begins (16)"),
        (&["[\"a\"]\nmatches r0, \"abc[0-9]+\""], "a begins (3)"),
        (&["[\"a\"]\nends_with r0, \"abc\""], "a ends (3)"),
        (&["[\"a\"]\nmatches_suffix r0, \"abc\""], "a ends (3)"),
        (&["[\"a\"]\nge_int r0, 1", "[\"a\"]\nlt_float r0, 2.5"], "a in an interval"),
        (&["[\"a\"]\ncontains r0, \"abc\""], "a contains"),
        (&["[\"a\"]\nany r0, ==, \"abc\""], "a contains"),
        (&["[\"a\"]\nmatches r0, \".*abc\""], "a contains"),
        (&["[\"a\"]\nmatches r0, \"[a-z]+\""], "a is there"),
        (&["[\"a\"]\nne_int r0, 1"], "a is there"),
        (&["[\"a\"]\nis_null r0"], "every event, because it demands nothing that can be looked up"),
        // What fails is tried whenever a plain run would try it.
        (&["[\"a\"]\nlength r0, r0\neq_int r0, 1"], "every event, because it demands nothing that can be looked up"),
        (&["[\"b\"]\neq_int r0, 1", "[\"a\"]\nlength r0, r0\neq_int r0, 1"], "b =="),
        (&["[\"a\"]\neq_int r0, 1", "[\"a\"]\neq_int r0, 2"], "nothing"),
    ] {
        let program = program(&rule(tests, "reject"));
        assert_eq!(program.index_words(program.globals()), [found], "{tests:?}");
        let listing = disassemble(&program);
        assert!(listing.contains(&format!("; found by: {found}\n")), "{listing}");
        assert_eq!(self::program(&listing).hash(), program.hash(), "the listing is assembly");
    }
}

#[test]
fn each_branch_of_an_or_is_found_by_its_own_demand() {
    let either = "rule \"r\"\n load r0, [\"a\"]\n eq_int r0, 1, true -> 4\n load r0, [\"b\"]\n gt_int r0, 5, false -> 5\n accept\n reject\n";
    let program = program(either);
    assert_eq!(program.index_words(program.globals()), ["a == or b in an interval"]);
}

#[test]
fn a_rule_with_an_else_is_asked_for_every_event() {
    let program = program(&rule(&["[\"a\"]\neq_int r0, 1"], "otherwise"));
    let list = program.rulesets().next().unwrap().list();
    assert_eq!(program.index_words(list), ["every event, because it has an else"]);
    let IndexStats { rules, always, probes, .. } = program.index_stats(list).unwrap();
    assert_eq!((rules, always, probes), (1, 1, 0));
}

#[test]
fn what_would_make_an_index_too_large_is_left_out_and_told() {
    // 40 lists of 10,000 members are more than an index of 41 rules may have.
    let list: Vec<String> = (0..10_000).map(|n| n.to_string()).collect();
    let test = format!("[\"a\"]\nin_set r0, [{}]", list.join(","));
    let rules: String = (0..40).map(|_| rule(&[&test], "reject")).collect();
    let program = program(&(rules + &rule(&["[\"a\"]\neq_int r0, 1"], "reject")));
    let stats = program.index_stats(program.globals()).unwrap();
    assert_eq!((stats.rules, stats.always, stats.too_large), (41, 0, 0), "they are found by their field being there");
    let words = program.index_words(program.globals());
    assert_eq!(words.iter().filter(|found| *found == "a is there").count(), 14);
    assert_eq!(words.last().unwrap(), "a ==");
}

#[test]
fn short_lists_have_no_index_unless_asked_for() {
    let image = assemble(&rule(&["[\"a\"]\neq_int r0, 1"], "reject")).unwrap();
    let program = Program::verify(image, &LoadOptions::default()).unwrap();
    program.prepare();
    assert_eq!(program.index_stats(program.globals()), None);
    assert!(program.index_words(program.globals()).is_empty());
}
