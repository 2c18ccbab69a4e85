//! `outcome` of a cascade in every verb: run, explain, test, fmt and diff.

use crate::support::*;

const CASCADE: &str = r#"name: c
version: "1"
stages:
  RULES:
    name: RULES
    handler: {kind: none}
    routing_rules:
      - {name: seen, when: amount > 0, action: {type: set_field, field: seen, value: true}}
      - {name: embargo, when: country == "KP", action: {type: terminate, outcome: deny}}
outcome:
  - {when: amount > 1000 and seen, value: {queue: people}}
  - {condition: {field: amount, operator: ">", value: 100}, expression: (amount + fee) * 2}
  - {value: allow}
on_error: {outcome: review}
"#;

fn outcome(cascade: &str, event: &str) -> String {
    let scratch = scratch();
    let file = put(&scratch, "c.yaml", cascade.as_bytes());
    let events = put(&scratch, "events.ndjson", event.as_bytes());
    cascata(&["run", &file, &events]).exits(0).lines()[0]["outcome"].to_string()
}

/// The verdict of a cascade that is nothing but an `outcome`.
fn of(outcome_key: &str, event: &str) -> String {
    outcome(&format!("name: c\nversion: \"1\"\noutcome: {outcome_key}\n"), event)
}

#[test]
fn the_first_case_that_holds_gives_the_verdict_unless_a_terminate_did() {
    let with = |event: &str| outcome(CASCADE, event);
    assert_eq!(with(r#"{"amount": 5000}"#), r#"{"queue":"people"}"#);
    assert_eq!(with(r#"{"amount": 500, "fee": 5}"#), "1010");
    assert_eq!(with(r#"{"amount": 5}"#), r#""allow""#);
    assert_eq!(with(r#"{"amount": 5000, "country": "KP"}"#), r#""deny""#);
}

#[test]
fn a_case_that_fails_is_an_error_of_the_cascade() {
    // A fee that is no number: `on_error` makes the cascade fail closed.
    assert_eq!(outcome(CASCADE, r#"{"amount": 500, "fee": "much"}"#), r#""review""#);
    let open = CASCADE.replace("on_error: {outcome: review}\n", "");
    assert_eq!(outcome(&open, r#"{"amount": 500, "fee": "much"}"#), r#""allow""#);
}

#[test]
fn an_outcome_is_a_path_a_value_a_condition_or_something_computed() {
    let event = r#"{"a": {"b-c": [1, 2]}, "n": 7, "items": [{"p": 1}, {"p": 5}]}"#;
    for (key, wanted) in [
        ("a.b-c[1]", "2"),
        ("a", r#"{"b-c":[1,2]}"#),
        ("absent", "null"),
        (r#"'"deny"'"#, r#""deny""#),
        ("3.5", "3.5"),
        ("true", "true"),
        ("n > 5 and not absent exists", "true"),
        ("n > 7", "false"),
        ("items[].p > 4", "true"),
        ("(n - 2) / 2", "2.5"),
        ("max(items[].p) * n", "35"),
    ] {
        assert_eq!(of(key, event), wanted, "{key}");
    }
}

#[test]
fn explain_shows_the_cases_with_values_and_lines() {
    let scratch = scratch();
    let file = put(&scratch, "c.yaml", CASCADE.as_bytes());
    let ran = cascata(&["explain", &file, r#"{"amount": 500, "fee": 5}"#]).exits(0);
    for text in
        ["the cascade's `outcome`", "the verdict", "outcome_0", "c.yaml:11", "outcome_1", "((amount + fee) * 2)"]
    {
        assert!(ran.out.contains(text), "{text:?} is not in:\n{}", ran.out);
    }
    assert!(!ran.out.contains("outcome_2"), "{}", ran.out);
}

#[test]
fn tests_coverage_fmt_and_diff_know_outcomes() {
    let scratch = scratch();
    let tests =
        "tests:\n  - {name: t, event: {amount: 500, fee: 5}, expect: {outcome: 1010, outcome_source: outcome}}\n";
    let file = put(&scratch, "c.yaml", format!("{CASCADE}{tests}").as_bytes());
    let ran = cascata(&["test", "--coverage", "text", &file]).exits(0);
    assert!(ran.out.contains("outcome_1") || ran.err.contains("outcome_1"), "{}{}", ran.out, ran.err);
    let old = put(&scratch, "old.yaml", CASCADE.as_bytes());
    for form in ["text", "mapping"] {
        let new = put(&scratch, "new.yaml", CASCADE.as_bytes());
        cascata(&["fmt", "--to", form, &new]).exits(0);
        let text = std::fs::read_to_string(&new).expect("a file");
        assert_eq!(text.contains("operator:"), form == "mapping", "{text}");
        cascata(&["diff", &old, &new]).exits(0);
    }
    let other = put(&scratch, "other.yaml", CASCADE.replace("* 2", "* 3").as_bytes());
    let ran = cascata(&["diff", &old, &other]).exits(1);
    assert!(ran.out.contains("((amount + fee) * 3)"), "{}", ran.out);
}
