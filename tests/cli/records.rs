//! `cascata run --record` and `cascata records`: decisions on disk, and what is told of them.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::*;

/// Records the decisions of `rules.yaml` on the usual events, once a call.
fn recorded(scratch: &tempfile::TempDir, more: &[&str]) -> String {
    let folder = scratch.path().join("records").to_str().unwrap().to_owned();
    let rules = fixture("rules.yaml");
    let mut arguments = vec!["run", "--quiet", "--jobs", "1", &rules, "-", "--record", &folder];
    arguments.extend_from_slice(more);
    with_stdin(&arguments, ndjson().as_bytes()).exits(0).says("recorded");
    folder
}

fn cat(folder: &str, more: &[&str]) -> Vec<Value> {
    cascata(&[&["records", "cat", folder], more].concat()).exits(0).lines()
}

#[test]
fn recorded_decisions_name_event_program_and_line() {
    let scratch = scratch();
    let folder = recorded(&scratch, &[]);
    let records = cat(&folder, &[]);
    let outcomes: Vec<_> = records.iter().map(|record| record["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, verdicts());
    for (line, (record, (event, _))) in records.iter().zip(EVENTS).enumerate() {
        assert_eq!(record["event"], serde_json::from_str::<Value>(event).unwrap());
        assert_eq!((&record["mode"], &record["metadata"]["line"]), (&json!("replay"), &json!(line + 1)));
        let program = format!("programs/{}.cbc", record["program_hash"].as_str().unwrap());
        assert!(Path::new(&folder).join(program).is_file());
    }
}

#[test]
fn records_of_several_runs_stand_in_segments_and_are_chosen_by_what_they_say() {
    let scratch = scratch();
    recorded(&scratch, &[]);
    let folder = recorded(&scratch, &[]);
    let listed = cascata(&["records", "ls", &folder, "--format", "json"]).exits(0).lines();
    assert_eq!(listed.iter().map(|segment| segment["records"].as_u64().unwrap()).collect::<Vec<_>>(), [4, 4]);
    assert!(cascata(&["records", "ls", &folder]).exits(0).out.contains(".cdr"));
    assert_eq!(cat(&folder, &["--outcome", "deny"]).len(), 2);
    assert_eq!(cat(&folder, &["--rule", "mark", "--stage", "REVIEW"]).len(), 2);
    assert_eq!(cat(&folder, &["--stage", "NONE"]).len(), 0);
    assert_eq!(cat(&folder, &["--limit", "3"]).len(), 3);
    assert_eq!(cat(&folder, &["--since", "2020", "--until", "2021-06"]).len(), 0);
    assert_eq!(cat(&folder, &["--failed"]).len(), 0);
    let first = cat(&folder, &["--limit", "1"]).remove(0);
    assert_eq!(cat(&folder, &["--id", first["id"].as_str().unwrap()]), [first]);
    cascata(&["records", "cat", &folder, "--since", "yesterday"]).exits(2).says("is no time");
}

#[test]
fn stats_count_verdicts_stages_and_rules() {
    let scratch = scratch();
    let folder = recorded(&scratch, &[]);
    let stats = cascata(&["records", "stats", &folder, "--format", "json"]).exits(0).lines().remove(0);
    assert_eq!(stats["records"], 4);
    assert_eq!(stats["funnel"]["outcomes"], json!({"allow": 1, "deny": 1, "review": 2}));
    assert_eq!(stats["funnel"]["stages"][1]["reached"], 2);
    let small = json!({"stage": "SCREEN", "rule": "small", "fired": 1, "shadow": 0, "shadow_errors": 0});
    assert!(stats["rules"].as_array().unwrap().contains(&small), "{stats}");
    let text = cascata(&["records", "stats", &folder]).exits(0).out;
    for wanted in ["4 records from", "of 1 program", "review 2", "to_people"] {
        assert!(text.contains(wanted), "{wanted} in {text}");
    }
}

#[test]
fn redacted_and_hidden_fields_are_nowhere_in_the_folder() {
    let scratch = scratch();
    let text = std::fs::read_to_string(fixture("rules.yaml")).unwrap();
    let cascade = put(&scratch, "hiding.yaml", format!("{text}events: {{hide: [id, label]}}\n").as_bytes());
    let folder = scratch.path().join("records").to_str().unwrap().to_owned();
    let event =
        br#"{"id": "event-4711", "label": {"fraud": "yes-it-is"}, "user": {"email": "jo@corp.example"}, "amount": 5}"#;
    let arguments = ["run", "-q", &cascade, "--record", &folder, "--record-redact", "user.email"];
    with_stdin(&arguments, event).exits(0);
    let ran = cascata(&["records", "cat", &folder]).exits(0);
    for secret in ["event-4711", "yes-it-is", "corp.example"] {
        assert!(!ran.out.contains(secret), "{secret} in {}", ran.out);
    }
    let record = ran.lines().remove(0);
    assert_eq!(record["redacted"], json!(["user.email"]));
    assert_eq!(record["event"], json!({"user": {"email": {"$redacted": "R0208"}}, "amount": 5}));
}

#[test]
fn a_sample_takes_the_same_events_each_time() {
    let scratch = scratch();
    let folder = recorded(&scratch, &["--record-sample", "50"]);
    let first = cat(&folder, &[]);
    recorded(&scratch, &["--record-sample", "50"]);
    let both = cat(&folder, &[]);
    assert_eq!(both.len(), first.len() * 2);
    recorded(&scratch, &["--record-sample", "0"]);
    assert_eq!(cat(&folder, &[]).len(), both.len());
}

#[test]
fn settings_come_from_a_file_and_mistakes_in_them_are_told() {
    let scratch = scratch();
    let settings = put(&scratch, "settings.json", br#"{"detail": "summary", "sample_key": "country"}"#);
    let folder = recorded(&scratch, &["--record-settings", &settings]);
    assert!(cat(&folder, &[]).iter().all(|record| record["mode"] == "summary" && record["event"].is_null()));
    let rules = fixture("rules.yaml");
    for (text, code) in [(r#"{"detal": "full"}"#, "R0301"), (r#"{"block_bytes": 1}"#, "R0301")] {
        let settings = put(&scratch, "wrong.json", text.as_bytes());
        let arguments = ["run", &rules, "--record", &folder, "--record-settings", &settings];
        with_stdin(&arguments, b"").exits(2).says(code);
    }
    with_stdin(&["run", &rules, "--record", "full"], b"").exits(2).says("--detail full");
    assert_eq!(cascata(&["schema", "--records"]).exits(0).lines_as_one()["properties"]["flush_ms"]["default"], 1_000);
}

#[test]
fn a_torn_tail_is_told_and_all_before_it_is_printed() {
    let scratch = scratch();
    let folder = recorded(&scratch, &[]);
    recorded(&scratch, &[]);
    let mut segments: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    segments.retain(|path| path.extension().is_some());
    segments.sort();
    let bytes = std::fs::read(&segments[1]).unwrap();
    std::fs::write(&segments[1], &bytes[..bytes.len() - 3]).unwrap();
    let ran = cascata(&["records", "cat", &folder]).exits(1).says("R0305");
    assert_eq!(ran.lines().len(), 4);
    cascata(&["records", "ls", &folder]).exits(1).says("R0305");
    cascata(&["records", "cat", &format!("{folder}/none.cdr")]).exits(4).says("R0302");
}
