//! `cascata learn`: from decision records to proposals.

use serde_json::{Value, json};

use crate::support::*;

/// Records of a stage that refuses large orders from two countries, and of some in which it was not asked.
fn records(count: u64, with_event: bool) -> String {
    let one = |number: u64| {
        let amount = number * 37 % 1_000;
        let country = ["CH", "DE", "KP", "IR", "FR"][(number % 5) as usize];
        let deny = amount >= 400 && ["KP", "IR"].contains(&country);
        let verdict = if deny { "deny" } else { "allow" };
        let mut record = json!({
            "v": 1, "id": format!("r{number}"), "now": "2026-11-21T10:00:00Z", "outcome": verdict, "outcome_source": "terminate",
            "event_hash": format!("{number:064x}"), "metadata": {"line": number + 1},
            "stages": [{"name": "RULES", "status": "rules", "result": null},
                       {"name": "DEEP", "status": "ok", "result": deny, "confidence": 0.9, "time_us": 250}],
        });
        if with_event {
            record["event"] = event(number);
        }
        if number.is_multiple_of(10) {
            record["stages"].as_array_mut().expect("a list").pop();
        }
        format!("{record}\n")
    };
    (0..count).map(one).collect()
}

fn event(number: u64) -> Value {
    let country = ["CH", "DE", "KP", "IR", "FR"][(number % 5) as usize];
    json!({"id": format!("e{number}"), "label": "secret", "order": {"amount": number * 37 % 1_000}, "country": country})
}

fn learned(arguments: &[&str]) -> Value {
    let mut all = vec!["learn", "--stage", "DEEP", "--target", "RULES", "--format", "json"];
    all.extend(arguments);
    cascata(&all).exits(0).lines().remove(0)
}

#[test]
fn what_a_stage_keeps_answering_becomes_rules() {
    let scratch = scratch();
    let file = put(&scratch, "decisions.ndjson", records(4_000, true).as_bytes());
    let rules = scratch.path().join("rules.yaml");
    let learned = learned(&[&file, "--rules", rules.to_str().expect("UTF-8")]);
    assert_eq!(learned["examples"], 3_600);
    assert_eq!(learned["recommendation"], "MIGRATE");
    let report = &learned["together"]["report"];
    let count = |key: &str| report[key].as_u64().expect("a count");
    assert_eq!(count("matched"), count("right"), "{report}");
    assert!(count("matched") * 20 >= count("examples") * 19, "{report}");
    let whens: Vec<_> =
        learned["proposals"].as_array().expect("a list").iter().map(|one| one["when"].clone()).collect();
    assert!(whens.iter().any(|when| when.as_str().is_some_and(|when| when.contains("order.amount >= "))), "{whens:?}");

    // The rules are a list to stand under `routing_rules`, and decide what the stage decided.
    let list = std::fs::read_to_string(rules).expect("the rules are written");
    let list: String = list.lines().map(|line| format!("      {line}\n")).collect();
    let cascade = format!(
        "name: t\nversion: \"1\"\nstages:\n  RULES:\n    name: RULES\n    handler: none\n    routing_rules:\n{list}"
    );
    let cascade = put(&scratch, "cascade.yaml", cascade.as_bytes());
    cascata(&["check", "--strict", &cascade]).exits(0);
    let denied = cascata(&[
        "explain",
        &cascade,
        "--format",
        "json",
        "--event",
        r#"{"country": "KP", "order": {"amount": 900}}"#,
    ]);
    assert_eq!(denied.exits(0).lines()[0]["decision"]["outcome"], "deny");
}

#[test]
fn events_may_stand_beside_the_records() {
    let scratch = scratch();
    let file = put(&scratch, "decisions.ndjson", records(3_000, false).as_bytes());
    let events: String = (0..3_000).map(|number| format!("{}\n", event(number))).collect();
    let events = put(&scratch, "events.ndjson", events.as_bytes());
    let beside = learned(&[&file, "--events", &events]);
    assert_eq!(beside["recommendation"], "MIGRATE");
    let without = cascata(&["learn", &file, "--stage", "DEEP", "--target", "RULES"]).exits(1);
    without.says("the record has no event").says("answered in none of 3,000 records");
}

#[test]
fn the_stage_itself_may_be_what_is_learned() {
    let scratch = scratch();
    let file = put(&scratch, "decisions.ndjson", records(3_000, true).as_bytes());
    let results = learned(&[&file, "--answer", "result"]);
    let answers: Vec<_> =
        results["answers"].as_array().expect("a list").iter().map(|one| one["answer"].clone()).collect();
    assert_eq!(answers, [json!(false), json!(true)]);
}

#[test]
fn proposals_say_which_rules_they_meet() {
    let scratch = scratch();
    let file = put(&scratch, "decisions.ndjson", records(4_000, true).as_bytes());
    let cascade = "name: t\nversion: \"1\"\nstages:\n  RULES:\n    name: RULES\n    handler: none\n    routing_rules:\n      - name: far\n        condition: {field: country, operator: IN, value: [KP, IR]}\n        action: {type: terminate, outcome: deny}\n";
    let cascade = put(&scratch, "cascade.yaml", cascade.as_bytes());
    let learned = learned(&[&file, "--cascade", &cascade]);
    let met: Vec<_> = learned["proposals"]
        .as_array()
        .expect("a list")
        .iter()
        .flat_map(|one| one["relations"].as_array().expect("a list"))
        .collect();
    assert!(met.iter().any(|one| one["rule"] == "far"), "{met:?}");
}

#[test]
fn reports_are_tables_and_pages() {
    let scratch = scratch();
    let file = put(&scratch, "decisions.ndjson", records(3_000, true).as_bytes());
    let table = cascata(&["learn", &file, "--stage", "DEEP", "--target", "RULES"]).exits(0);
    assert!(table.out.contains("together MIGRATE"), "{}", table.out);
    table.says("3,000 records; 2,700 answered by DEEP;");
    let page =
        cascata(&["learn", &file, "--stage", "DEEP", "--target", "RULES", "--format", "html", "--quiet"]).exits(0);
    assert!(page.out.starts_with("<!doctype html>") && page.out.contains("<svg"), "{}", page.out);
    assert!(!page.out.contains("<script") && !page.out.contains("href=") && !page.out.contains("src="));
    assert_eq!(page.err, "");
}

#[test]
fn bad_records_are_counted_or_end_the_run() {
    let scratch = scratch();
    let file = put(&scratch, "decisions.ndjson", format!("nope\n{}{{}}\n", records(2_000, true)).as_bytes());
    let ran = cascata(&["learn", &file, "--stage", "DEEP", "--target", "RULES"]).exits(0);
    ran.says("decisions.ndjson:1: not JSON").says("2 bad");
    cascata(&["learn", &file, "--stage", "DEEP", "--target", "RULES", "--fail-fast"]).exits(1);
    cascata(&["learn", "/nonexistent", "--stage", "DEEP", "--target", "RULES"]).exits(4);
    cascata(&["learn", &file, "--stage", "DEEP", "--target", "RULES", "--cost", "DEEP"]).exits(2);
}
