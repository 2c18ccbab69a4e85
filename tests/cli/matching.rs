//! `cascata match`: matches, counts and figures of rule sets and of rules as JSON lines.

use serde_json::{Value, json};

use crate::support::*;

const ROUTES: &str = r#"
name: routes
version: "1"
rulesets:
  QUEUES:
    - {name: any, score: 1, condition: {field: amount, operator: EXISTS}}
    - name: large
      score: 5
      tags: [a, b]
      priority: 200
      condition: {field: amount, operator: ">", value: 100}
      action: {type: emit, value: {queue: slow}}
      else: {type: emit, value: small}
    - {name: watched, mode: shadow, condition: {field: amount, operator: EXISTS}}
  OTHERS:
    - {name: swiss, when: 'country == "CH"'}
"#;

const EVENTS: &str = "{\"amount\": 500, \"country\": \"CH\"}\n{\"amount\": \"x\"}\nnope\n{\"amount\": 1}\n";

/// A scratch directory with a file of rules and one of events.
fn files(name: &str, rules: &str, events: &str) -> (tempfile::TempDir, String, String) {
    let scratch = scratch();
    let rules = put(&scratch, name, rules.as_bytes());
    let events = put(&scratch, "events.ndjson", events.as_bytes());
    (scratch, rules, events)
}

#[test]
fn every_match_is_a_line() {
    let (_scratch, rules, events) = files("routes.yaml", ROUTES, EVENTS);
    let ran = cascata(&["match", &rules, &events, "--ruleset", "QUEUES"]).exits(0);
    let any = |line: u64| json!({"line": line, "ruleset": "QUEUES", "rule": "any", "score": 1});
    let watched = |line: u64| json!({"line": line, "ruleset": "QUEUES", "rule": "watched", "shadow": true});
    let message = "the operator does not take values of these kinds together";
    let wanted = [
        json!({"line": 1, "ruleset": "QUEUES", "rule": "large", "score": 5, "tags": ["a", "b"], "value": {"queue": "slow"}}),
        any(1),
        watched(1),
        any(2),
        watched(2),
        json!({"line": 2, "ruleset": "QUEUES", "rule": "large", "error": {"code": "V0101", "message": message}}),
        json!({"line": 4, "ruleset": "QUEUES", "rule": "large", "else": true, "value": "small"}),
        any(4),
        watched(4),
    ];
    assert_eq!(ran.lines(), wanted);
    assert!(ran.err.contains("events.ndjson:3: V0203"), "{}", ran.err);
    assert!(ran.err.contains("3 rules, 4 events: 4 matches, 1 rule error, 1 bad event"), "{}", ran.err);
}

#[test]
fn first_and_best_are_one_match_an_event() {
    let events = "{\"amount\": 500}\n{\"amount\": 1}\n";
    let (_scratch, rules, events) = files("routes.yaml", ROUTES, events);
    for select in ["first", "best"] {
        let ran = cascata(&["match", &rules, &events, "--ruleset", "QUEUES", "--select", select, "-q"]).exits(0);
        let is_match = |line: &&Value| line.get("else").is_none() && line.get("shadow").is_none();
        let names: Vec<_> = ran.lines().iter().filter(is_match).map(|line| line["rule"].clone()).collect();
        assert_eq!(names, ["large", "any"], "{select}");
    }
}

#[test]
fn counts_are_in_the_order_of_the_file_and_have_every_rule() {
    let (_scratch, rules, events) = files("routes.yaml", ROUTES, EVENTS);
    let ran = cascata(&["match", &rules, &events, "--count"]).exits(0);
    assert_eq!(ran.out, "any 3\nlarge 1\nwatched 0\nswiss 1\n");
}

#[test]
fn figures_are_one_object() {
    let (_scratch, rules, events) = files("routes.yaml", ROUTES, EVENTS);
    let ran = cascata(&["match", &rules, &events, "--count", "--stats", "json", "--jobs", "2"]).exits(0);
    let stats: Value = serde_json::from_str(ran.err.lines().last().expect("a line")).expect("JSON");
    assert_eq!((&stats["rules"], &stats["events"], &stats["matches"]), (&json!(4), &json!(4), &json!(5)));
    for key in ["compile_ms", "image_bytes", "bytes", "seconds"] {
        assert!(stats[key].as_f64().expect("a number") > 0.0, "{key}: {stats}");
    }
    if cfg!(target_os = "linux") {
        assert!(stats["cpu_ns_per_event"].as_f64().expect("a number") > 0.0, "{stats}");
        assert!(stats["peak_rss"].as_u64() > Some(1 << 20), "{stats}");
    }
}

/// Rules of every kind that the index knows and some that it does not, with the number of events each of them matches.
fn many_rules() -> (String, String) {
    const COUNT: u32 = 60;
    let (mut rules, mut counts) = (String::new(), String::new());
    let text = |n: u32| format!("k{n}x{n}");
    for number in 0..COUNT {
        let (test, holds): (Value, Box<dyn Fn(u32) -> bool>) = match number % 6 {
            0 => (json!([{"field": "n", "op": "==", "value": number}]), Box::new(move |n| n == number)),
            1 => {
                let prefix = format!("k{number}");
                let test = json!([{"field": "s", "op": "MATCHES", "value": prefix}]);
                (test, Box::new(move |n| text(n).starts_with(&prefix)))
            }
            2 => {
                let test = json!([{"field": "s", "op": "MATCHES", "value": format!(".*{number}$")}]);
                (test, Box::new(move |n| text(n).ends_with(&number.to_string())))
            }
            3 => {
                let low = json!({"field": "n", "op": ">=", "value": number});
                let high = json!({"field": "n", "op": "<", "value": number + 2});
                (json!([low, high]), Box::new(move |n| n >= number && n < number + 2))
            }
            4 => {
                let member = json!({"field": "n", "op": "IN", "value": [number, -1]});
                (json!([member, {"field": "s", "op": "EXISTS"}]), Box::new(move |n| n == number))
            }
            _ => {
                let part = format!("{number}x");
                let test = json!([{"field": "s", "op": "CONTAINS", "value": part}]);
                (test, Box::new(move |n| text(n).contains(&part)))
            }
        };
        rules += &format!("{}\n", json!({"id": number, "all": test, "source": "generated"}));
        counts += &format!("{number} {}\n", (0..COUNT).filter(|n| holds(*n)).count());
    }
    (rules, counts)
}

#[test]
fn rules_as_json_lines_match_alike_as_text_image_and_without_a_name_that_says_so() {
    let (rules, counts) = many_rules();
    let events: String = (0..60_u32).map(|n| format!("{{\"n\": {n}, \"s\": \"k{n}x{n}\"}}\n")).collect();
    let (scratch, file, events_file) = files("rules.jsonl", &rules, &events);
    let ran = cascata(&["match", &file, &events_file, "--count"]).exits(0);
    assert_eq!(ran.out, counts);
    assert_eq!(ran.err.matches("has no key `source`").count(), 1, "one warning for all lines: {}", ran.err);

    let image = scratch.path().join("rules.cbc");
    let image = image.to_str().expect("UTF-8");
    cascata(&["compile", &file, "-o", image]).exits(0);
    let ran = with_stdin(&["match", image, "--count"], events.as_bytes()).exits(0);
    assert_eq!(ran.out, counts);
    let unnamed = put(&scratch, "rules", rules.as_bytes());
    assert_eq!(cascata(&["match", &unnamed, &events_file, "--count"]).exits(0).out, counts);
}

#[test]
fn mistakes_in_lines_are_all_reported_with_their_places() {
    let rules = "{\"id\": 1, \"all\": [{\"field\": \"a\", \"op\": \"=\", \"value\": 1}]}\n\
                 {\"id\": 2, \"all\": [}\n\n\
                 {\"id\": [], \"all\": []}\n\
                 {\"id\": 3, \"all\": [{\"field\": \"a\", \"op\": \"==\", \"vaule\": 1}]}\n\
                 {\"id\": 3, \"all\": [{\"field\": \"a\", \"op\": \"==\", \"value\": 1}]}\n";
    let (_scratch, file, _events) = files("rules.jsonl", rules, "");
    let ran = cascata(&["check", &file]).exits(3);
    for (code, line) in [("E0402", 1), ("E0102", 2), ("E0201", 4), ("E0405", 4), ("E0203", 5), ("W1012", 6)] {
        let place = format!("rules.jsonl:{line}:");
        let found = ran.err.split("\n\n").any(|part| part.contains(&place));
        assert!(found && ran.err.contains(code), "{code} in line {line}: {}", ran.err);
    }
}

#[test]
fn what_cannot_be_matched_with_is_said() {
    let (_scratch, rules, events) = files("routes.yaml", ROUTES, EVENTS);
    let ran = cascata(&["match", &rules, &events, "--ruleset", "NOPE"]).exits(2);
    assert!(ran.err.contains("QUEUES, OTHERS"), "{}", ran.err);
    let ran = cascata(&["match", &fixture("rules.yaml"), &events]).exits(2);
    assert!(ran.err.contains("has no rule sets"), "{}", ran.err);
    let ran = cascata(&["match", &rules, &events, "--fail-fast", "--jobs", "1"]).exits(1);
    assert!(ran.err.contains("events.ndjson:2: rule `large`: V0101"), "{}", ran.err);
}

#[test]
fn now_can_be_set() {
    let rules = "name: c\nversion: \"1\"\nrulesets:\n  R:\n    - {name: old, when: 'age(at) >= \"1d\"'}\n";
    let events = "{\"at\": \"2026-01-30T10:00:00Z\"}\n{\"at\": \"2026-01-30T10:00:00.000001Z\"}\n{\"at\": \"today\"}\n";
    let (_scratch, rules, events) = files("times.yaml", rules, events);
    let ran = cascata(&["match", &rules, &events, "--now", "2026-01-31T11:00:00+01:00"]).exits(0);
    let line = |line: u64| json!({"line": line, "ruleset": "R", "rule": "old"});
    let mut undecided = line(3);
    undecided["error"] = json!({"code": "V0112", "message": "the value is no RFC 3339 time or date"});
    assert_eq!(ran.lines(), [line(1), undecided]);
    cascata(&["match", &rules, &events, "--now", "noon"]).exits(2).says("expected an RFC 3339 time or date");
}
