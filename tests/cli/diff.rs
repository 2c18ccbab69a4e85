//! `cascata diff`.

use serde_json::{Value, json};

use crate::support::*;

const OLD: &str = r#"
name: payments
version: "1"
stages:
  SCREEN:
    name: SCREEN
    handler: none
    timeout_ms: 1000
    routing_rules:
      - name: embargo
        priority: 10
        condition: {field: country, operator: IN, value: [KP, IR]}
        action: {type: terminate, outcome: deny}
      - name: small
        condition: {field: amount, operator: "<", value: 100}
        action: {type: terminate, outcome: allow}
      - name: odd
        condition: {field: odd, operator: EXISTS}
        action: {type: set_field, field: seen.odd, value: true}
      - name: lost
        condition: {field: lost, operator: EXISTS}
        action: {type: skip_to, target: REVIEW}
  REVIEW:
    name: REVIEW
    handler: none
    depends_on: [SCREEN]
    routing_rules:
      - name: to_people
        condition: {field: amount, operator: EXISTS}
        action: {type: terminate, outcome: review}
"#;

const NEW: &str = r#"
name: payments
version: "2"
stages:
  SCREEN:
    name: SCREEN
    handler: none
    timeout_ms: 500
    routing_rules:
      - name: embargo
        priority: 10
        condition: {field: country, operator: IN, value: [KP, IR]}
        action: {type: terminate, outcome: deny}
      - name: strange
        condition: {field: odd, operator: EXISTS}
        action: {type: set_field, field: seen.odd, value: true}
      - name: small
        when: amount < 150
        action: {type: terminate, outcome: allow}
  REVIEW:
    name: REVIEW
    handler: none
    depends_on: [SCREEN]
    routing_rules:
      - name: to_people
        when: amount exists
        action: {type: terminate, outcome: review}
      - name: rest
        when: not (amount exists)
        action: {type: terminate, outcome: allow, reason: free}
  ARCHIVE:
    name: ARCHIVE
    handler: none
    depends_on: [REVIEW]
"#;

const EVENTS: &str = r#"{"id": "e1", "amount": 50}
{"id": "e2", "amount": 120}
nothing
{"id": 4, "amount": 900, "country": "KP"}
{"amount": 900}
{"id": "e6"}
"#;

/// Both cascades and the events in files, and the directory they are in.
fn files() -> (tempfile::TempDir, [String; 3]) {
    let scratch = scratch();
    let files = [("old.yaml", OLD), ("new.yaml", NEW), ("events.ndjson", EVENTS)];
    let files = files.map(|(name, text)| put(&scratch, name, text.as_bytes()));
    (scratch, files)
}

fn json_of(arguments: &[&str]) -> Value {
    let ran = cascata(&[arguments, &["--format", "json"]].concat());
    serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{}{}", ran.out, ran.err))
}

fn rule<'v>(diff: &'v Value, name: &str) -> &'v Value {
    let rules = diff["rules"].as_array().unwrap();
    rules.iter().find(|rule| rule["rule"] == name).unwrap_or_else(|| panic!("{name} is not in {diff}"))
}

#[test]
fn the_same_cascade_written_otherwise_has_not_changed() {
    let (scratch, [old, ..]) = files();
    let text = OLD.replace("condition: {field: amount, operator: EXISTS}", "when: amount exists  # text");
    let other = put(&scratch, "other.yaml", text.as_bytes());
    let ran = cascata(&["diff", &old, &other]).exits(0);
    assert!(ran.out.starts_with("no change in meaning"), "{}", ran.out);
    let image = scratch.path().join("old.cbc").to_str().unwrap().to_owned();
    cascata(&["compile", &old, "-o", &image]).exits(0);
    cascata(&["diff", &image, &other]).exits(0);
    assert_eq!(json_of(&["diff", &image, &other])["same_meaning"], json!(true));
}

#[test]
fn settings_stages_and_rules_are_compared() {
    let (_scratch, [old, new, _]) = files();
    let diff = json_of(&["diff", &old, &new]);
    assert_eq!(diff["same_meaning"], json!(false));
    assert_eq!(diff["events"], json!(null));
    let keys: Vec<_> = diff["cascade"].as_array().unwrap().iter().map(|changed| &changed["key"]).collect();
    assert_eq!(keys, [&json!("version"), &json!("order")]);
    assert_eq!(
        diff["stages"],
        json!([
            {"stage": "SCREEN", "change": "changed", "settings": [{"key": "timeout_ms", "old": 1000, "new": 500}]},
            {"stage": "ARCHIVE", "change": "added"},
        ])
    );
    let small = rule(&diff, "small");
    assert_eq!(small["change"], "changed");
    assert_eq!(small["settings"], json!([{"key": "condition", "old": "amount < 100", "new": "amount < 150"}]));
    assert_eq!(rule(&diff, "strange")["change"], "renamed");
    assert_eq!(rule(&diff, "strange")["old_name"], "odd");
    assert_eq!(rule(&diff, "lost")["change"], "removed");
    assert_eq!(rule(&diff, "rest")["change"], "added");
    assert_eq!(diff["rules"].as_array().unwrap().len(), 4);
}

#[test]
fn people_read_what_changed() {
    let (_scratch, [old, new, events]) = files();
    let ran = cascata(&["diff", &old, &new, &events]).exits(1);
    for text in [
        "version: \"1\" → \"2\"",
        "  ~ SCREEN\n      timeout_ms: 1000 → 500",
        "  + ARCHIVE",
        "  ~ SCREEN.small (routing)\n      condition: amount < 100 → amount < 150",
        "  = SCREEN.strange (routing), was called odd",
        "  - SCREEN.lost (routing)\n      condition: lost exists",
        "  + REVIEW.rest (routing)\n      condition: not amount exists\n      action: terminate outcome: \"allow\", reason: \"free\"",
        "event 2 (id \"e2\")\n  outcome: \"review\" → \"allow\"",
        "5 events: 2 decided otherwise, 1 could not be read",
    ] {
        assert!(ran.out.contains(text), "{text:?} is not in:\n{}", ran.out);
    }
}

#[test]
fn rules_that_only_change_places_have_moved() {
    let scratch = scratch();
    let cascade = |names: [&str; 4]| {
        let rules = names.map(|name| format!("  - {{name: {name}, when: '{name} exists'}}\n")).concat();
        format!("name: m\nversion: '1'\nrulesets:\n  r:\n{}", rules.replace("  - ", "    - "))
    };
    let old = put(&scratch, "a.yaml", cascade(["a", "b", "c", "d"]).as_bytes());
    let new = put(&scratch, "b.yaml", cascade(["d", "a", "b", "c"]).as_bytes());
    let diff = json_of(&["diff", &old, &new]);
    assert_eq!(
        diff["rules"],
        json!([{"place": "r", "type": "match", "rule": "d", "change": "moved", "moved": {"old": 4, "new": 1}}])
    );
}

#[test]
fn images_tell_instructions() {
    let (scratch, [old, new, _]) = files();
    let image = scratch.path().join("old.cbc").to_str().unwrap().to_owned();
    cascata(&["compile", &old, "-o", &image]).exits(0);
    let diff = json_of(&["diff", &image, &new]);
    let settings = &rule(&diff, "small")["settings"];
    assert_eq!(settings.as_array().unwrap().len(), 1, "{settings}");
    assert_eq!(settings[0]["key"], "instructions");
    assert!(settings[0]["old"].as_str().unwrap().contains("100"), "{settings}");
}

#[test]
fn events_that_are_decided_otherwise_are_shown_and_counted() {
    let (_scratch, [old, new, events]) = files();
    let found = json_of(&["diff", &old, &new, &events])["events"].take();
    assert_eq!((&found["events"], &found["differing"], &found["bad"]), (&json!(5), &json!(2), &json!(1)));
    let lines: Vec<_> = found["first"].as_array().unwrap().iter().map(|event| (&event["line"], &event["id"])).collect();
    assert_eq!(lines, [(&json!(2), &json!("e2")), (&json!(6), &json!("e6"))]);
    assert_eq!(found["first"][0]["parts"][0], json!({"part": "outcome", "old": "review", "new": "allow"}));
    assert_eq!(found["parts"]["outcome"], json!(2));
    let one = json_of(&["diff", &old, &new, &events, "--limit", "1"])["events"].take();
    assert_eq!((&one["differing"], one["first"].as_array().unwrap().len()), (&json!(2), 1));
    // `writes` is the same in all of them.
    cascata(&["diff", &old, &new, &events, "--part", "writes"]).exits(0);
    cascata(&["diff", &old, &new, &events, "--part", "outcome"]).exits(1);
    cascata(&["diff", &old, &new, &events, "--part", "colour"]).exits(2);
}

#[test]
fn stages_run_on_both_sides() {
    let root = env!("CARGO_MANIFEST_DIR");
    let cascade = format!("{root}/examples/cascades/trust_scoring.yaml");
    let events = format!("{root}/examples/events/trust_scoring.ndjson");
    let ran = cascata(&["diff", &cascade, &cascade, &events]).exits(0);
    assert!(ran.out.contains("all decided alike"), "{}", ran.out);
}

#[test]
fn what_cannot_be_compared_says_so() {
    let (scratch, [old, new, _]) = files();
    cascata(&["diff", &old]).exits(2);
    cascata(&["diff", "-", "-"]).exits(2).says("stdin");
    cascata(&["diff", "-", &new, "-"]).exits(2).says("stdin");
    let piped = with_stdin(&["diff", &old, "-"], OLD.as_bytes()).exits(0);
    assert!(piped.out.contains("no change in meaning"), "{}", piped.out);
    cascata(&["diff", &old, &fixture("broken.yaml")]).exits(3);
    cascata(&["diff", &old, &new, "/nowhere/events"]).exits(4);
    let bad = put(&scratch, "bad.ndjson", b"no\nevent\n");
    cascata(&["diff", &old, &new, &bad]).exits(4).says("could be read");
}
