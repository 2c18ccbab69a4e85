//! `cascata replay`: recorded decisions are proved to be made again, or shown where they part.

use serde_json::{Value, json};

use crate::support::*;

/// Records the decisions of a cascade.
fn record(scratch: &tempfile::TempDir, cascade: &str, events: &str, more: &[&str]) -> String {
    let folder = scratch.path().join("records").to_str().unwrap().to_owned();
    let arguments = [&["run", "-q", "-j", "1", cascade, "-", "--record", &folder], more].concat();
    with_stdin(&arguments, events.as_bytes()).exits(0);
    folder
}

#[test]
fn rules_decide_recorded_events_alike() {
    let scratch = scratch();
    let folder = record(&scratch, &fixture("rules.yaml"), &ndjson(), &[]);
    let ran = cascata(&["replay", &folder]).exits(0);
    assert_eq!(ran.out, "4 decisions: 4 identical, 0 decided otherwise\n");
    let json = cascata(&["replay", &folder, "--format", "json", "--outcome", "review"]).exits(0).lines_as_one();
    assert_eq!((&json["identical"], &json["different"]), (&json!(2), &json!(0)));
    cascata(&["replay", &folder, "--id", "nothing"]).exits(1).says("no record is meant");
}

#[test]
fn decisions_on_stdout_replay_with_a_cascade_named() {
    let scratch = scratch();
    let rules = fixture("rules.yaml");
    let decisions = with_stdin(&["run", &rules, "--detail", "full"], ndjson().as_bytes()).exits(0).out;
    let file = put(&scratch, "decisions.ndjson", decisions.as_bytes());
    cascata(&["replay", &file, "--cascade", &rules]).exits(0);
    let ran = cascata(&["replay", &file]).exits(1);
    assert!(ran.out.contains("not kept beside it"), "{}", ran.out);
}

#[test]
fn another_cascade_is_shown_where_it_parts() {
    let scratch = scratch();
    let folder = record(&scratch, &fixture("rules.yaml"), &ndjson(), &[]);
    let text = std::fs::read_to_string(fixture("rules.yaml")).unwrap().replace("value: 100}", "value: 1}");
    let other = put(&scratch, "other.yaml", text.as_bytes());
    let ran = cascata(&["replay", &folder, "--cascade", &other]).exits(1);
    assert!(ran.out.contains("outcome: recorded \"allow\", now \"review\""), "{}", ran.out);
    assert!(ran.out.contains("(line 1): decided otherwise") && ran.out.contains("3 identical"), "{}", ran.out);
    let json = cascata(&["replay", &folder, "--cascade", &other, "--format", "json"]).exits(1).lines_as_one();
    let places: Vec<_> =
        json["first"][0]["differences"].as_array().unwrap().iter().filter_map(|one| one["at"].as_str()).collect();
    assert!(places.contains(&"outcome") && places.iter().any(|place| place.starts_with("fired")), "{json}");
}

#[test]
fn answers_failures_and_writes_of_stages_are_replayed_without_the_stages() {
    let scratch = scratch();
    let flows = format!("{}/examples/cascades/flow_triage.yaml", env!("CARGO_MANIFEST_DIR"));
    let events = std::fs::read_to_string(format!("{}/examples/events/flow_triage.ndjson", env!("CARGO_MANIFEST_DIR")));
    let folder = record(&scratch, &flows, &events.unwrap(), &["--module-cache", "none"]);
    let ran = cascata(&["records", "stats", &folder, "--format", "json"]).exits(0).lines_as_one();
    assert!(ran["funnel"]["stages"].as_array().unwrap().iter().any(|stage| stage["fuel"].as_u64() > Some(0)), "{ran}");
    // No module is looked for: the folder of the records has none.
    let json = cascata(&["replay", &folder, "--format", "json"]).exits(0).lines_as_one();
    assert_eq!(json["identical"], ran["records"]);
}

#[test]
fn records_that_say_too_little_are_told() {
    let scratch = scratch();
    let folder = record(&scratch, &fixture("rules.yaml"), &ndjson(), &["--record-redact", "country"]);
    let ran = cascata(&["replay", &folder]).exits(1);
    assert!(ran.out.contains("country was redacted") && ran.out.contains("4 that cannot be replayed"), "{}", ran.out);
    let decisions = with_stdin(&["run", &fixture("rules.yaml")], ndjson().as_bytes()).exits(0).out;
    let file = put(&scratch, "decisions.ndjson", decisions.as_bytes());
    let json = cascata(&["replay", &file, "--format", "json"]).exits(1).lines_as_one();
    assert_eq!((&json["identical"], &json["not_replayable"]), (&json!(0), &json!(4)));
    assert!(json["first_not_replayable"][0]["why"].as_str().unwrap().contains("summary"));
}

#[test]
fn a_program_that_was_exchanged_is_refused() {
    let scratch = scratch();
    let folder = record(&scratch, &fixture("rules.yaml"), &ndjson(), &[]);
    let other = scratch.path().join("other.cbc");
    let staged = fixture("staged.yaml");
    cascata(&["compile", &staged, "-o", other.to_str().unwrap()]).exits(0);
    let programs = std::path::Path::new(&folder).join("programs");
    let kept = std::fs::read_dir(programs).unwrap().next().unwrap().unwrap().path();
    std::fs::copy(other, kept).unwrap();
    let ran = cascata(&["replay", &folder]).exits(1);
    assert!(ran.out.contains("has another"), "{}", ran.out);
}

#[test]
fn a_changed_record_does_not_replay() {
    let scratch = scratch();
    let rules = fixture("rules.yaml");
    let decisions = with_stdin(&["run", &rules, "--detail", "replay"], ndjson().as_bytes()).exits(0);
    let mut records = decisions.lines();
    records[1]["outcome"] = json!("allow");
    let lines: String = records.iter().map(|record: &Value| format!("{record}\n")).collect();
    let file = put(&scratch, "decisions.ndjson", lines.as_bytes());
    let ran = cascata(&["replay", &file, "--cascade", &rules]).exits(1);
    assert!(ran.out.contains("outcome: recorded \"allow\", now \"deny\""), "{}", ran.out);
}

#[test]
fn deterministic_stages_run_again_and_spend_the_same_fuel() {
    let scratch = scratch();
    let flows = format!("{}/examples/cascades/flow_triage.yaml", env!("CARGO_MANIFEST_DIR"));
    let events = std::fs::read_to_string(format!("{}/examples/events/flow_triage.ndjson", env!("CARGO_MANIFEST_DIR")));
    let ran = with_stdin(&["run", "--detail", "replay", &flows], events.unwrap().as_bytes()).exits(0);
    let mut records: Vec<_> =
        ran.lines().into_iter().filter(|one| one["stages"].as_array().unwrap().len() > 2).collect();
    records.truncate(5);
    let write = |records: &[Value]| {
        let lines: String = records.iter().map(|record| format!("{record}\n")).collect();
        put(&scratch, "decisions.ndjson", lines.as_bytes())
    };
    let file = write(&records);
    let live = ["replay", &file, "--live", "--cascade", &flows];
    let count = records.len();
    assert!(count > 0);
    assert!(cascata(&live).exits(0).out.starts_with(&format!("{count} decision")));
    let stages = records[0]["stages"].as_array_mut().unwrap();
    let metered = stages.iter_mut().find(|stage| stage["fuel"].is_u64()).expect("a module ran");
    let fuel = metered["fuel"].as_u64().unwrap();
    metered["fuel"] = json!(fuel + 1);
    write(&records);
    let out = cascata(&live).exits(1).out;
    assert!(out.contains(&format!(".fuel: recorded {}, now {fuel}", fuel + 1)), "{out}");
}

/// Spaces, escapes and numbers are written otherwise in a record than in the event, and a stage that follows lists spends fuel on them.
#[test]
fn deterministic_stages_spend_the_same_fuel_however_an_event_is_written() {
    let scratch = scratch();
    let stages = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/stages");
    let read = |path: &str| std::fs::read(stages.join(path)).unwrap();
    put(&scratch, "fraud.wasm", &read("rust/fraud/fraud.wasm"));
    let text = String::from_utf8(read("fraud.yaml")).unwrap().replace("rust/fraud/", "");
    let strict = text.replace("{kind: wasm,", "{kind: wasm, determinism: strict, fuel: 10000000,");
    assert_ne!(text, strict);
    let cascade = put(&scratch, "fraud.yaml", strict.as_bytes());
    let mut events = read("fraud.ndjson");
    events.extend(
        b"{ \"amount\" : 9e2 , \"items\" : [ {\"\\u006bind\" :\t\"gift\\u005fcard\", \"quantity\": 2 , \"quantity\": 1 } ] }\n",
    );
    let ran = with_stdin(&["run", "--detail", "replay", &cascade], &events).exits(0);
    let file = put(&scratch, "decisions.ndjson", ran.out.as_bytes());
    let count = ran.lines().len();
    let out = cascata(&["replay", &file, "--live", "--cascade", &cascade]).exits(0).out;
    assert!(count > 16 && out.contains(&format!("{count} decisions: {count} identical")), "{out}");
}

#[test]
fn a_stage_that_the_cascades_time_cut_off_is_cut_off_again() {
    let scratch = scratch();
    let cascade = "{name: slow, version: '1', global_timeout_ms: 50, execution_order: [SLOW, NEXT], stages: {
        SLOW: {name: SLOW, handler: {kind: native}, timeout_ms: 90000}, NEXT: {name: NEXT, handler: {kind: none}}}}";
    let cascade = put(&scratch, "slow.yaml", cascade.as_bytes());
    let record = json!({
        "v": 1, "mode": "replay", "id": "1", "cascade": "slow", "version": "1", "program_hash": "00".repeat(32),
        "now": "2026-01-01T00:00:00Z", "event": {"n": 1}, "outcome": null, "outcome_source": "none",
        "stages": [{"name": "SLOW", "status": "cancelled", "cause": "global_timeout", "result": null, "attempts": 0, "time_us": 0}],
        "fired": [], "skipped": [{"stage": "NEXT", "why": "terminated"}], "decisions": [], "writes": [],
        "errors": [{"stage": "__global__", "kind": "global_timeout", "code": "R0016", "message": "Global timeout exceeded: 50ms"}],
        "terminated": false, "success": false, "time_us": 50_000,
    });
    let cut = put(&scratch, "cut.ndjson", record.to_string().as_bytes());
    cascata(&["replay", &cut, "--cascade", &cascade]).exits(0);
    // It may also have finished, only too late.
    let mut late = record;
    late["stages"] = json!([{"name": "SLOW", "status": "ok", "result": "done", "attempts": 1, "time_us": 51_000}]);
    (late["outcome"], late["outcome_source"]) = (json!("done"), json!("last_result"));
    let late = put(&scratch, "late.ndjson", late.to_string().as_bytes());
    cascata(&["replay", &late, "--cascade", &cascade]).exits(0);
}
