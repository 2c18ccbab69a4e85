//! `cascata learn`: from decision records to proposals.

use std::io::Write;

use cascata_record::DecisionRecord;
use cascata_record::log::Recorder;
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
            "v": 1, "mode": "replay", "id": format!("r{number}"), "cascade": "t", "version": "1", "program_hash": "0".repeat(64),
            "now": "2026-11-21T10:00:00Z", "outcome": verdict, "outcome_source": "terminate",
            "event_hash": format!("{number:064x}"), "metadata": {"line": number + 1},
            "stages": [{"name": "RULES", "status": "rules", "result": null, "attempts": 0, "time_us": 0},
                       {"name": "DEEP", "status": "ok", "result": deny, "confidence": 0.9, "attempts": 1, "time_us": 250}],
            "fired": [], "skipped": [], "decisions": [], "writes": [], "errors": [], "terminated": true, "success": true,
            "time_us": 300,
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

/// A folder as a recorder writes it, in several segments.
fn recorded(folder: &std::path::Path, text: &str) {
    let settings = serde_json::from_value(json!({"segment_bytes": 65_536, "block_bytes": 4_096})).expect("settings");
    let recorder = Recorder::open(folder, settings).expect("a folder");
    text.lines().for_each(|line| recorder.write(DecisionRecord::from_json(line.as_bytes()).expect("a record")));
    recorder.close().expect("written");
}

#[test]
fn folders_segments_files_and_pipes_teach_the_same() {
    let scratch = scratch();
    let text = records(3_000, true);
    let file = put(&scratch, "decisions.ndjson", text.as_bytes());
    let from_file = learned(&[&file]);
    let folder = scratch.path().join("records");
    recorded(&folder, &text);
    let folder = folder.to_str().expect("UTF-8").to_owned();
    assert_eq!(learned(&[&folder]), from_file);
    // Segments one by one are the folder again.
    let list = cascata(&["records", "ls", &folder, "--format", "json"]).exits(0).lines();
    assert!(list.len() > 1, "rotated: {list:?}");
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(text.as_bytes()).expect("in memory");
    let packed = put(&scratch, "decisions.ndjson.gz", &packed.finish().expect("in memory"));
    assert_eq!(learned(&[&packed]), from_file);
    let piped = with_stdin(&["learn", "--stage", "DEEP", "--target", "RULES", "--format", "json"], text.as_bytes());
    assert_eq!(piped.exits(0).lines().remove(0), from_file);
    // What a crash left is told, and all before it is learned from.
    let segment = std::fs::read_dir(&folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let segment = segment.filter(|path| path.extension().is_some_and(|name| name == "cdr")).max().expect("a segment");
    let bytes = std::fs::read(&segment).expect("readable");
    std::fs::write(&segment, &bytes[..bytes.len() - 5]).expect("writable");
    let torn = cascata(&["learn", &folder, "--stage", "DEEP", "--target", "RULES", "--format", "json"]).exits(1);
    assert!(torn.says("R0305").lines()[0]["examples"].as_u64().expect("a count") > 2_000);
}

#[test]
fn proposals_of_a_run_come_in_for_review_and_hold_in_a_backtest() {
    let scratch = scratch();
    let file = put(&scratch, "decisions.ndjson", records(3_000, true).as_bytes());
    let learned = learned(&[&file]);
    let proposals = put(&scratch, "learned.json", learned.to_string().as_bytes());
    let store = scratch.path().join("proposals.log").to_str().expect("UTF-8").to_owned();
    let propose = |arguments: &[&str]| cascata(&[&["propose", "--store", &store], arguments].concat());
    let imported = propose(&["import", &proposals, "--by", "ann"]).exits(0).out;
    let ids: Vec<_> = learned["proposals"].as_array().expect("a list").iter().map(|one| one["id"].clone()).collect();
    assert!(!ids.is_empty() && imported.starts_with(&format!("{} proposal", ids.len())), "{imported}");
    let mut backtest = vec!["backtest", "--records", &file, "--format", "json"];
    backtest.extend(ids.iter().filter_map(Value::as_str));
    for line in propose(&backtest).exits(0).lines() {
        let counts = &line["backtest"]["counts"];
        assert_eq!((&counts["examples"], &counts["matched"]), (&json!(2_700), &counts["right"]), "{line}");
        assert_eq!((&line["backtest"]["holds"], &line["backtest"]["calls"]), (&json!(true), &json!(2_700)));
    }
    // What is not the whole of a proposal is refused as a whole.
    let mut short = learned;
    short["proposals"][0].as_object_mut().expect("an object").remove("answer");
    let short = put(&scratch, "short.json", short.to_string().as_bytes());
    propose(&["import", &short, "--by", "ann"]).exits(2).says("missing field `answer`");
}

#[test]
fn hostile_names_stay_text_in_the_page() {
    let scratch = scratch();
    let evil = "\"><script>alert('x')</script><img src=x onerror=alert(1)>&amp;";
    let lines: String = records(2_000, true)
        .lines()
        .map(|line| {
            let mut record: Value = serde_json::from_str(line).expect("JSON");
            let amount = record["event"]["order"]["amount"].take();
            record["event"] =
                json!({"id": record["id"], evil: amount, "country": format!("{}{evil}", record["event"]["country"])});
            let answer = format!("{}{evil}", record["outcome"].as_str().expect("a text"));
            record["outcome"] = answer.into();
            for stage in record["stages"].as_array_mut().expect("a list") {
                stage["data"] = json!({"factors": [evil], "reasoning": format!("because {evil}")});
            }
            format!("{record}\n")
        })
        .collect();
    let file = put(&scratch, "decisions.ndjson", lines.as_bytes());
    let page =
        cascata(&["learn", &file, "--stage", "DEEP", "--target", "RULES", "--format", "html", "-q"]).exits(0).out;
    assert!(page.contains("&lt;script&gt;") && page.contains("Other thresholds"), "the names are there: {page}");
    for hostile in ["<script", "<img", "&amp;&amp;", "alert('x')"] {
        assert!(!page.contains(hostile), "{hostile} in {page}");
    }
    let tags = page.matches('<').count();
    assert_eq!(tags, page.matches('>').count(), "nothing breaks out of a tag");
    for plot in ["Cost against recall", "Precision against recall", "Which rules overlap", "mean cost of an event"] {
        assert!(page.contains(plot), "{plot}");
    }
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

#[test]
fn nobody_has_to_read_what_is_told_beside_the_result() {
    // As in `cascata learn … 2>&1 | head`: the other end is closed before anything is said.
    let directory = scratch();
    let path = put(&directory, "records.ndjson", records(300, true).as_bytes());
    let (reader, unread) = std::io::pipe().expect("a pipe");
    drop(reader);
    let arguments = ["learn", &path, "--stage", "DEEP", "--target", "RULES", "--format", "json"];
    let ended = command().args(arguments).stderr(unread).output().expect("it runs");
    assert_eq!(ended.status.code(), Some(0));
    assert!(serde_json::from_slice::<Value>(&ended.stdout).is_ok());
}
