//! `cascata test`: results in every form, coverage, and rewriting what is expected.

use std::path::Path;

use serde_json::Value;

use crate::support::*;

/// `rules.yaml` in a directory of its own, with a file of tests beside it.
fn tested(tests: &str) -> (tempfile::TempDir, String) {
    let scratch = scratch();
    let cascade = std::fs::read(fixture("rules.yaml")).expect("the fixture is there");
    put(&scratch, "rules.yaml", &cascade);
    let file = put(&scratch, "rules.test.yaml", tests.as_bytes());
    (scratch, file)
}

/// One test that passes and one that does not.
const ONE_WRONG: &str = "\
# About payments.
tests:
  - name: blocked countries are denied
    event: {amount: 500, country: KP}
    expect: {outcome: deny, fired: [blocked_country], reason: embargo}
  - name: small payments are allowed
    event: {amount: 50, country: DE} # below the limit
    expect:
      outcome: deny # wrong
      path:
        - SCREEN
        - REVIEW # not reached
      fired: {contains: [small]}
";

fn report(ran: &Ran) -> Value {
    serde_json::from_str(&ran.out).expect("one JSON object")
}

#[test]
fn scripted_stages_do_as_told_and_nothing_waits() {
    let started = std::time::Instant::now();
    let ran = cascata(&["test", &fixture("staged.test.yaml")]).exits(0);
    assert!(ran.out.contains("4 tests: 4 ok, 0 failed"), "{}", ran.out);
    // The script's minute passes on the test's own clock.
    assert!(started.elapsed().as_secs() < 30, "{:?}", started.elapsed());
}

#[test]
fn a_cascade_is_tested_by_the_file_beside_it_and_by_what_stands_in_it() {
    let (scratch, _) = tested("tests:\n  - {name: beside, event: {amount: 1}, expect: {outcome: allow}}\n");
    let path = scratch.path().join("rules.yaml");
    let cascade = std::fs::read_to_string(&path).expect("a file");
    let inside = "tests:\n  - {name: inside, event: {amount: 1}, expect: {outcome: allow}}\n";
    std::fs::write(&path, cascade + inside).expect("a file is written");
    let ran = cascata(&["test", path.to_str().expect("UTF-8")]).exits(0);
    assert!(ran.out.contains("inside") && ran.out.contains("beside"), "{}", ran.out);
    // A directory gives both as well.
    let ran = cascata(&["test", scratch.path().to_str().expect("UTF-8")]).exits(0);
    assert!(ran.out.contains("2 tests: 2 ok"), "{}", ran.out);
}

#[test]
fn a_failure_shows_where_expected_and_seen_part() {
    let (_scratch, file) = tested(ONE_WRONG);
    let ran = cascata(&["test", &file]).exits(1);
    for text in [
        "ok      blocked countries are denied",
        "FAILED  small payments are allowed",
        "outcome: expected \"deny\", seen \"allow\"",
        "path: expected [\"SCREEN\",\"REVIEW\"], seen [\"SCREEN\"]",
        "outcome: deny # wrong",
        "rules.test.yaml:9:16",
        "2 tests: 1 ok, 1 failed",
    ] {
        assert!(ran.out.contains(text), "{text:?} is not in:\n{}", ran.out);
    }
}

#[test]
fn json_names_every_difference_with_its_place() {
    let (_scratch, file) = tested(ONE_WRONG);
    let ran = cascata(&["test", "--format", "json", &file]).exits(1);
    let report = report(&ran);
    assert_eq!((&report["tests"], &report["ok"], &report["failed"]), (&2.into(), &1.into(), &1.into()));
    let failed = &report["suites"][0]["tests"][1];
    assert_eq!((&failed["status"], &failed["line"]), (&"failed".into(), &6.into()));
    let difference = &failed["differences"][0];
    assert_eq!((&difference["at"], &difference["line"]), (&"outcome".into(), &9.into()));
    assert_eq!((&difference["expected"], &difference["seen"]), (&"deny".into(), &"allow".into()));
    assert_eq!(cascata(&["test", "--format", "json", &file]).out, ran.out, "the same results give the same report");
}

#[test]
fn junit_is_for_build_servers() {
    let (_scratch, file) = tested(&ONE_WRONG.replace("small payments are allowed", "'a < b & \"c\"'"));
    let ran = cascata(&["test", "--format", "junit", &file]).exits(1);
    assert!(ran.out.starts_with("<?xml"), "{}", ran.out);
    for text in
        ["tests=\"2\" failures=\"1\" errors=\"0\"", "name=\"a &lt; b &amp; &quot;c&quot;\"", "<failure message="]
    {
        assert!(ran.out.contains(text), "{text:?} is not in:\n{}", ran.out);
    }
}

#[test]
fn tests_are_chosen_by_name_and_the_first_failure_may_end_the_run() {
    let (_scratch, file) = tested(ONE_WRONG);
    let ran = cascata(&["test", "--filter", "blocked", &file]).exits(0);
    assert!(ran.out.contains("1 test: 1 ok"), "{}", ran.out);
    cascata(&["test", "--filter", "nothing is called so", &file]).exits(2).says("nothing is called so");
    let (_scratch, file) = tested(&ONE_WRONG.replace("outcome: deny, fired", "outcome: allow, fired"));
    let ran = cascata(&["test", "--fail-fast", &file]).exits(1);
    assert!(ran.out.contains("1 test: 0 ok, 1 failed, 1 not run"), "{}", ran.out);
}

#[test]
fn files_that_cannot_be_used_are_reported_and_the_others_run() {
    let (scratch, file) = tested("tests:\n  - {name: fine, event: {amount: 1}, expect: {outcome: allow}}\n");
    let mistaken =
        put(&scratch, "mistaken.test.yaml", b"cascade: rules.yaml\ntests:\n  - {name: x, events: {}, expect: {}}\n");
    let ran = cascata(&["test", &mistaken, &file]).exits(2).says("E0203").says("did you mean `event`?");
    assert!(ran.out.contains("1 test: 1 ok, 0 failed; 1 file could not be used"), "{}", ran.out);
    let stage = b"cascade: rules.yaml\ntests:\n  - {name: x, event: {}, stages: {SCREN: {}}, expect: {outcome: a}}\n";
    cascata(&["test", &put(&scratch, "stage.test.yaml", stage)]).exits(2).says("E0301").says("`SCREEN`");
    let kind = b"cascade: rules.yaml\ntests:\n  - {name: x, event: {}, now: noon, stages: {SCREEN: {error: {kind: bad}}}, expect: {outcome: a}}\n";
    cascata(&["test", &put(&scratch, "kind.test.yaml", kind)]).exits(2).says("E0205").says("ISO 8601");
    cascata(&["test", &put(&scratch, "orphan.test.yaml", b"tests: []")]).exits(2).says("which cascade?");
    cascata(&["test", &put(&scratch, "bare.yaml", b"name: c\nversion: '1'\n")]).exits(2).says("no tests in it");
}

#[test]
fn a_handler_of_a_host_has_to_be_scripted_where_it_is_reached() {
    let scratch = scratch();
    let cascade = std::fs::read(fixture("staged.yaml")).expect("the fixture is there");
    put(&scratch, "staged.yaml", &cascade);
    let tests = b"tests:\n  - {name: bare, event: {}, expect: {outcome: null}}\n";
    let ran = cascata(&["test", &put(&scratch, "staged.test.yaml", tests)]).exits(1);
    assert!(ran.out.contains("ERROR   bare") && ran.out.contains("the stage LOOKUP was reached"), "{}", ran.out);
}

#[test]
fn a_test_that_expects_nothing_fails_until_it_is_filled() {
    let (_scratch, file) = tested("tests:\n  - name: filled\n    event: {amount: 1}\n    expect:\n");
    let ran = cascata(&["test", &file]).exits(1);
    assert!(ran.out.contains("nothing is expected"), "{}", ran.out);
    cascata(&["test", "--update", &file]).exits(0);
    let text = std::fs::read_to_string(&file).expect("a file");
    assert!(text.ends_with("expect: {outcome: allow, path: [SCREEN], fired: [small]}\n"), "{text}");
}

#[test]
fn update_rewrites_what_is_expected_and_nothing_else() {
    let (_scratch, file) = tested(ONE_WRONG);
    let ran = cascata(&["test", "--update", &file]).exits(0);
    assert!(ran.out.contains("updated small payments are allowed"), "{}", ran.out);
    let text = std::fs::read_to_string(&file).expect("a file");
    let wanted = ONE_WRONG
        .replace("outcome: deny # wrong", "outcome: allow # wrong")
        .replace("        - REVIEW # not reached\n", "");
    let wanted = wanted.replace("        - SCREEN\n", "        - SCREEN # not reached\n");
    assert_eq!(text, wanted);
    cascata(&["test", &file]).exits(0);
    let before = std::fs::metadata(&file).and_then(|data| data.modified()).expect("a time");
    cascata(&["test", "--update", &file]).exits(0);
    assert_eq!(std::fs::metadata(&file).and_then(|data| data.modified()).expect("a time"), before, "nothing to write");
}

#[test]
fn update_never_breaks_a_test_that_passed() {
    let tests = "\
tests:
  - {name: first, event: {amount: 1}, expect: &same {outcome: allow}}
  - {name: second, event: {amount: 500}, expect: *same}
";
    let (_scratch, file) = tested(tests);
    let ran = cascata(&["test", "--update", &file]).exits(1);
    assert!(ran.out.contains("not updated: tests that passed would fail"), "{}", ran.out);
    assert_eq!(std::fs::read_to_string(&file).expect("a file"), tests);
}

#[test]
fn tests_in_json_are_updated_as_json() {
    let scratch = scratch();
    let cascade = std::fs::read(fixture("rules.yaml")).expect("the fixture is there");
    put(&scratch, "rules.yaml", &cascade);
    let tests = r#"{"tests": [{"name": "t", "event": {"amount": 1}, "expect": {"outcome": "deny", "path": []}}]}"#;
    let file = put(&scratch, "rules.test.json", tests.as_bytes());
    cascata(&["test", "--update", &file]).exits(0);
    let wanted = tests.replace("\"deny\"", "\"allow\"").replace("[]}}", "[\"SCREEN\"]}}");
    assert_eq!(std::fs::read_to_string(&file).expect("a file"), wanted);
}

#[test]
fn coverage_tells_which_outcomes_no_test_has_seen() {
    let (_scratch, file) =
        tested("tests:\n  - {name: small, event: {amount: 1, country: DE}, expect: {outcome: allow}}\n");
    let ran = cascata(&["test", "--coverage", "text", &file]).exits(0);
    for text in [
        "4 of 16 outcomes covered (25.0 %)",
        "SCREEN.small: fired 1, not 0, error 0   <- always fired",
        "SCREEN.blocked_country: fired 0, not 1, error 0   <- never fired",
        "line 11: country IN [\"IR\",\"KP\"]: true 0, false 1, error 0   <- never true",
        "REVIEW.mark: fired 0, not 0, error 0   <- never asked",
    ] {
        assert!(ran.out.contains(text), "{text:?} is not in:\n{}", ran.out);
    }
    cascata(&["test", "--min-coverage", "25", &file]).exits(0);
    cascata(&["test", "--min-coverage", "25.1", &file]).exits(1).says("coverage is 25.0 %");
}

#[test]
fn errors_of_conditions_are_counted_apart() {
    let (_scratch, file) = tested(
        "tests:\n  - {name: text, event: {amount: x, country: DE}, expect: {errors: {SCREEN: rule_condition}}}\n",
    );
    let ran = cascata(&["test", "--coverage", "text", &file]).exits(0);
    assert!(ran.out.contains("SCREEN.small: fired 0, not 0, error 1"), "{}", ran.out);
    assert!(ran.out.contains("amount < 100: true 0, false 0, error 1"), "{}", ran.out);
}

#[test]
fn lcov_has_rules_as_functions_and_conditions_as_branches() {
    let (scratch, file) =
        tested("tests:\n  - {name: small, event: {amount: 1, country: DE}, expect: {outcome: allow}}\n");
    let out = scratch.path().join("coverage.info");
    cascata(&["test", "--coverage", &format!("lcov={}", out.display()), &file]).exits(0);
    let text = std::fs::read_to_string(&out).expect("a trace file");
    for line in [
        "FN:9,SCREEN.blocked_country",
        "FNDA:1,SCREEN.small",
        "FNF:4",
        "FNH:1",
        "BRF:8",
        "BRH:2",
        "DA:11,1",
        "LF:8",
        "LH:4",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is not in:\n{text}");
    }
    let source = text.lines().find_map(|line| line.strip_prefix("SF:")).expect("a source");
    assert!(Path::new(source).is_file(), "{source}");
    // On stdout the report makes room.
    let ran = cascata(&["test", "--coverage", "lcov", &file]).exits(0).says("1 test: 1 ok");
    assert_eq!(ran.out, text);
}
