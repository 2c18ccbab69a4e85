//! `cascata explain`: why one event is decided as it is, and what codes mean.

use serde_json::Value;

use crate::support::*;

#[test]
fn codes_of_every_layer_are_explained() {
    for code in ["E0301", "w1007", "V0006", "V0203", "R0002", "C0101"] {
        let ran = cascata(&["explain", code]).exits(0);
        assert!(ran.out.to_uppercase().contains(&code.to_uppercase()), "{}", ran.out);
    }
    cascata(&["explain", "E9999"]).exits(2).says("E9999");
    let ran = cascata(&["explain", "--format", "json", "E0301"]).exits(0);
    assert_eq!(ran.lines()[0]["code"], "E0301");
}

#[test]
fn a_code_of_the_compiler_comes_with_what_fails_and_what_does_not() {
    let ran = cascata(&["explain", "E0301"]).exits(0);
    assert!(ran.out.contains("Reported:") && ran.out.contains("target: REVEIW"), "{}", ran.out);
    assert!(ran.out.contains("Fixed:") && ran.out.contains("target: REVIEW"), "{}", ran.out);
    let lines = cascata(&["explain", "--format", "json", "E0301"]).exits(0).lines();
    let scratch = scratch();
    let whole = |text: &Value| format!("name: c\nversion: \"1\"\n{}\n", text.as_str().expect("a text"));
    let reported = put(&scratch, "reported.yaml", whole(&lines[0]["reported"]).as_bytes());
    cascata(&["check", &reported]).exits(3).says("E0301");
    let fixed = put(&scratch, "fixed.yaml", whole(&lines[0]["fixed"]).as_bytes());
    cascata(&["check", &fixed]).exits(0);
}

#[test]
fn the_event_may_stand_behind_the_cascade() {
    let event = r#"{"amount": 500, "country": "DE"}"#;
    let behind = cascata(&["explain", &fixture("rules.yaml"), event]).exits(0);
    let option = cascata(&["explain", &fixture("rules.yaml"), "--event", event]).exits(0);
    assert!(behind.out.contains("blocked_country") && option.out.contains("blocked_country"));
    cascata(&["explain", &fixture("rules.yaml"), event, "--event", event]).exits(2);
}

#[test]
fn an_event_is_explained_rule_by_rule_with_values_and_lines() {
    let event = r#"{"amount": 500, "country": "DE"}"#;
    let ran = cascata(&["explain", &fixture("rules.yaml"), "--event", event]).exits(0);
    for text in ["SCREEN", "blocked_country", "\"DE\"", "small", "500", "REVIEW", "to_people", "review"] {
        assert!(ran.out.contains(text), "{text:?} is not in:\n{}", ran.out);
    }
    // Each condition names its line in the file.
    assert!(ran.out.contains("rules.yaml:11"), "{}", ran.out);
}

#[test]
fn json_has_every_condition_with_what_it_saw() {
    let event = r#"{"amount": 500, "country": null}"#;
    let ran = cascata(&["explain", "--format", "json", &fixture("rules.yaml"), "--event", event]).exits(0);
    let explanation: Value = serde_json::from_str(&ran.out).expect("one JSON object");
    assert_eq!(explanation["decision"]["outcome"], "review");
    let rules = explanation["rules"].as_array().expect("rules");
    let blocked = rules.iter().find(|rule| rule["rule"] == "blocked_country").expect("the rule was asked");
    assert_eq!(blocked["outcome"], "false");
    assert_eq!(blocked["conditions"][0]["kind"], "null");
    assert_eq!(blocked["conditions"][0]["line"], 11);
}

#[test]
fn an_event_may_come_from_a_line_of_a_file() {
    let scratch = scratch();
    let events = put(&scratch, "events.ndjson", ndjson().as_bytes());
    let ran = cascata(&["explain", &fixture("rules.yaml"), "--event", &format!("{events}:2")]).exits(0);
    assert!(ran.out.contains("\"KP\"") && ran.out.contains("embargo"), "{}", ran.out);
    cascata(&["explain", &fixture("rules.yaml"), "--event", &format!("{events}:9")]).exits(4).says("line 9");
}

#[test]
fn an_event_is_needed_and_must_be_readable() {
    cascata(&["explain", &fixture("rules.yaml")]).exits(2).says("--event");
    cascata(&["explain", &fixture("rules.yaml"), "--event", "{"]).exits(4).says("V0202");
}

/// Every code literal in the sources of the layers.
fn codes_in_sources() -> std::collections::BTreeSet<String> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders: Vec<_> = ["compiler/src", "vm/src", "runtime/src", "src"].map(|name| root.join(name)).into();
    let mut codes = std::collections::BTreeSet::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a source folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).expect("a source file");
                let literals = text.split('"').skip(1).step_by(2);
                codes.extend(literals.filter(|text| is_code(text)).map(str::to_owned));
            }
        }
    }
    codes
}

fn is_code(text: &str) -> bool {
    let (letter, digits) = text.split_at_checked(1).unwrap_or_default();
    "EWVRC".contains(letter) && digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_digit())
}

#[test]
fn no_code_in_the_sources_is_without_explanation() {
    let codes = codes_in_sources();
    assert!(codes.len() > 100, "{codes:?}");
    // E9999 and R9999 stand in tests as codes that do not exist.
    for code in codes.iter().filter(|code| !code.ends_with("9999")) {
        cascata(&["explain", code]).exits(0);
    }
}

const ROUTES: &str = r#"name: c
version: "1"
rulesets:
  QUEUES:
    - {name: vip, when: tier == "gold", action: {type: emit, value: {queue: vip}}, score: 10, priority: 2}
    - {name: watched, when: amount > 10, mode: shadow}
    - {name: sampled, when: amount > 0, sample: {percent: 0, key: user}, else: {type: emit, value: none}}
    - {name: other, when: tier == "silver", else: {type: emit, value: {queue: rest}}}
    - {name: last, when: amount > 5, stop: true}
    - {name: never, when: amount > 5}
    - {name: wrong, when: tier < 5, priority: 1}
"#;

#[test]
fn an_event_is_explained_against_a_rule_set() {
    let scratch = scratch();
    let file = put(&scratch, "routes.yaml", ROUTES.as_bytes());
    let event = r#"{"tier": "gold", "amount": 50, "user": "u"}"#;
    let ran = cascata(&["explain", &file, event, "--ruleset", "QUEUES"]).exits(0);
    for text in [
        "rule set QUEUES: 2 of 7 rules match",
        "match vip → emit",
        "match watched (shadow: only watches)",
        "match sampled (not in its sample)",
        "match other, else → emit",
        "match wrong failed, V0101",
        "saw \"gold\"",
        "routes.yaml:5",
        "vip matches, score 10: {\"queue\":\"vip\"}",
        "watched in shadow mode",
        "other its else answers: {\"queue\":\"rest\"}",
        "never was not asked: a rule with stop matched before",
    ] {
        assert!(ran.out.contains(text), "{text:?} is not in:\n{}", ran.out);
    }
    // There are only rule sets, so nobody has to say which.
    let json = cascata(&["explain", &file, event, "--format", "json"]).exits(0).lines();
    assert_eq!(json[0]["answers"][0]["value"]["queue"], "vip");
    assert_eq!(json[0]["not_asked"][0], "never");
    let sampled = json[0]["rules"].as_array().and_then(|rules| rules.iter().find(|rule| rule["rule"] == "sampled"));
    assert_eq!(sampled.expect("it was asked")["sampled"], false);
    cascata(&["explain", &file, event, "--ruleset", "QUEUE"]).exits(2).says("QUEUES");
}

#[test]
fn moments_and_ages_are_shown_as_text() {
    let scratch = scratch();
    let rules = "name: c\nversion: \"1\"\nglobal_termination_conditions:\n  - when: at before \"2026-01-01\"\n  - when: age(at) > \"30d\"\n  - when: hour(at, \"+02:00\") == 5\n  - when: at after due\nstages:\n  A: {name: A, handler: none}\n";
    let rules = put(&scratch, "c.yaml", rules.as_bytes());
    let event = r#"{"at": "2026-01-30T10:00:00+01:00", "due": "2026-02-01"}"#;
    let ran = cascata(&["explain", &rules, event, "--now", "2026-01-31T10:00:00Z"]).exits(0);
    for line in [
        "time(at) < \"2026-01-01\"  saw 2026-01-30T09:00:00Z: false",
        "(now() - time(at)) > \"30d\"  saw 1d1h: false",
        "hour(at, \"+02:00\") == 5  saw 11: false",
        "time(at) > time(due)  saw 2026-01-30T09:00:00Z and 2026-02-01: false",
    ] {
        assert!(ran.out.contains(line), "{line}\n{}", ran.out);
    }
}

const PROTECTED: &str = r#"name: c
version: "1"
plugins:
  backend: {circuit_breaker: {preset: tolerant, failure_threshold: 7}}
stages:
  SCORE:
    name: SCORE
    handler: {kind: wasm, module: score.wasm, with: {limit: 1000}}
    plugins: [{retry: {max_retries: 1}}, backend, {timeout: {timeout_ms: 200}}]
  BARE: {name: BARE, handler: {kind: wasm, module: score.wasm, with: {limit: 1000}}}
"#;

#[test]
fn plugins_are_shown_as_they_are_composed_with_the_origin_of_each_option() {
    let scratch = scratch();
    let module = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stages/released/core-v1.wasm");
    std::fs::copy(module, scratch.path().join("score.wasm")).expect("a module");
    let file = put(&scratch, "c.yaml", PROTECTED.as_bytes());
    let explain = |format: &str, variable: Option<(&str, &str)>| {
        let mut command = command();
        command
            .args(["explain", &file, r#"{"amount": 5}"#, "--format", format, "--module-cache", "none"])
            .envs(variable);
        let output = command.output().expect("the tool runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    };
    let cap = "CASCATA_RESILIENCE__STAGES__SCORE__RETRY__CAP_MS";
    let text = explain("human", Some((cap, "900")));
    let shown: Vec<_> = text.lines().skip_while(|line| !line.contains("outermost first")).skip(1).take(3).collect();
    assert!(shown[0].starts_with("      retry  max_retries 1 (cascade), "), "{text}");
    assert!(
        shown[0].contains(&format!("cap_ms 900 ({cap})")) && shown[0].contains(" default: mode execute, "),
        "{text}"
    );
    let breaker = "name backend (cascade), preset tolerant (cascade), failure_threshold 7 (cascade), reset_timeout_ms 120000 (preset tolerant)";
    assert!(shown[1].contains(breaker), "{text}");
    assert!(shown[2].contains("timeout  timeout_ms 200 (cascade)"), "{text}");
    assert!(explain("human", Some(("CASCATA_RESILIENCE__ENABLED", "false"))).contains("plugins: none runs"));

    let all: Value = serde_json::from_str(&explain("json", None)).expect("one JSON object");
    let plugins = all["plugins"].as_array().expect("plugins");
    assert_eq!((plugins.len(), &plugins[0]["stage"]), (1, &Value::from("SCORE")));
    let names: Vec<_> =
        plugins[0]["plugins"].as_array().expect("a list").iter().map(|one| one["name"].clone()).collect();
    assert_eq!(names, ["retry", "circuit_breaker", "timeout"]);
    let preset = serde_json::json!({"name": "reset_timeout_ms", "value": 120_000, "from": {"preset": "tolerant"}});
    let options = plugins[0]["plugins"][1]["options"].as_array().expect("options").clone();
    assert!(options.contains(&preset), "{options:?}");
}
