//! What a rule's roll-out and a cascade's verdict do in every verb: `mode`, `sample`, `outcome`, `on_error`.

use crate::support::*;

const CASCADE: &str = r#"name: c
version: "1"
stages:
  RULES:
    name: RULES
    handler: {kind: none}
    routing_rules:
      - {name: watched, when: amount > 10, mode: shadow, action: {type: terminate, outcome: deny}}
      - {name: nobody, when: amount > 10, sample: {percent: 0, key: user}, action: {type: terminate, outcome: deny}}
      - {name: gone, when: amount > 10, mode: off, action: {type: terminate, outcome: deny}}
      - {name: all, when: amount > 10, sample: {percent: 100, key: user}, action: {type: set_field, field: seen, value: true}}
      - {name: typed, when: amount > limit, action: {type: set_field, field: over, value: true}}
outcome: [{when: seen, value: review}, {value: allow}]
on_error: {outcome: closed}
rulesets:
  ROUTES:
    - {name: watched, when: amount > 10, mode: shadow}
    - {name: nobody, when: amount > 10, sample: {percent: 0, key: user}}
    - {name: all, when: amount > 10, sample: {percent: 100, key: user}}
tests:
  - name: verdict of the outcome
    event: {amount: 50, user: u}
    expect: {outcome: review, outcome_source: outcome, fired: [all]}
  - name: fails closed
    event: {amount: 50, user: u, limit: much}
    expect: {outcome: closed, outcome_source: on_error}
"#;

const EVENT: &str = r#"{"amount": 50, "user": "u"}"#;

fn cascade(scratch: &tempfile::TempDir) -> String {
    put(scratch, "c.yaml", CASCADE.as_bytes())
}

#[test]
fn run_records_shadows_and_decides_by_samples_outcome_and_on_error() {
    let scratch = scratch();
    let file = cascade(&scratch);
    let events = format!("{EVENT}\n{{\"amount\": 5}}\n{{\"amount\": 50, \"limit\": \"much\"}}\n");
    let events = put(&scratch, "events.ndjson", events.as_bytes());
    let ran = cascata(&["run", &file, &events, "--detail", "full"]).exits(0);
    assert_eq!(ran.outcomes(), ["review", "allow", "closed"]);
    let first = &ran.lines()[0];
    let names = |key: &str| -> Vec<String> {
        let rules = first[key].as_array().into_iter().flatten();
        rules.map(|rule| rule["rule"].as_str().unwrap_or_default().to_owned()).collect()
    };
    assert_eq!((names("shadow"), names("fired")), (vec!["watched".to_owned()], vec!["all".to_owned()]));
}

#[test]
fn match_leaves_out_what_only_watches_or_is_not_sampled() {
    let scratch = scratch();
    let file = cascade(&scratch);
    let events = put(&scratch, "events.ndjson", EVENT.as_bytes());
    let counts = cascata(&["match", &file, &events, "--count"]).exits(0).out;
    for line in ["watched 0", "nobody 0", "all 1"] {
        assert!(counts.lines().any(|counted| counted.ends_with(line)), "{line:?} is not in:\n{counts}");
    }
}

#[test]
fn explain_says_who_watches_who_is_not_sampled_and_where_the_verdict_is_from() {
    let scratch = scratch();
    let file = cascade(&scratch);
    let ran = cascata(&["explain", &file, EVENT]).exits(0);
    for text in [
        "watched (shadow: only watches)",
        "nobody (not in its sample)",
        "\"review\" (the cascade's `outcome`)",
        "outcome_0",
    ] {
        assert!(ran.out.contains(text), "{text:?} is not in:\n{}", ran.out);
    }
    let failed = cascata(&["explain", &file, r#"{"amount": 50, "limit": "much"}"#]).exits(0);
    assert!(failed.out.contains("\"closed\" (on_error, because something went wrong)"), "{}", failed.out);
}

#[test]
fn tests_see_all_of_it() {
    let scratch = scratch();
    let file = cascade(&scratch);
    cascata(&["test", &file]).exits(0);
}
