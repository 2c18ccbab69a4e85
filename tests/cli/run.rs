//! `cascata run`: streams in, decisions and a funnel out.

use std::io::Write;

use serde_json::Value;

use crate::support::*;

#[test]
fn a_file_of_lines_is_decided_in_order() {
    let scratch = scratch();
    let events = put(&scratch, "events.ndjson", ndjson().as_bytes());
    let ran = cascata(&["run", &fixture("rules.yaml"), &events]).exits(0);
    assert_eq!(ran.outcomes(), verdicts());
    for (line, record) in ran.lines().iter().enumerate() {
        assert_eq!(record["metadata"]["line"], line + 1);
    }
}

#[test]
fn stdin_gzip_zstd_and_lists_decide_the_same() {
    let scratch = scratch();
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(ndjson().as_bytes()).unwrap();
    let list = format!("[{}]", EVENTS.map(|(event, _)| event).join(",\n "));
    let pretty = EVENTS.map(|(event, _)| event.replace(", ", ",\n  ")).join("\n");
    let inputs = [
        put(&scratch, "events.ndjson.gz", &gz.finish().unwrap()),
        put(&scratch, "named-wrongly.txt", &zstd::encode_all(ndjson().as_bytes(), 1).unwrap()),
        put(&scratch, "list.json", list.as_bytes()),
        put(&scratch, "pretty.json", pretty.as_bytes()),
    ];
    for input in &inputs {
        let ran = cascata(&["run", "--quiet", &fixture("rules.yaml"), input, "-o", "-"]).exits(0);
        assert_eq!(ran.outcomes(), verdicts(), "{input}");
    }
    let ran = with_stdin(&["run", &fixture("rules.yaml")], list.as_bytes()).exits(0);
    assert_eq!(ran.outcomes(), verdicts());
}

#[test]
fn many_events_keep_their_order_over_many_jobs() {
    let mut events = String::new();
    let mut expected = Vec::new();
    for number in 0..20_000 {
        let (event, verdict) = EVENTS[number * 7 % 4];
        events.push_str(event);
        events.push('\n');
        expected.push(verdict);
    }
    let one = with_stdin(&["run", "--jobs", "1", &fixture("rules.yaml")], events.as_bytes()).exits(0);
    let four = with_stdin(&["run", "--jobs", "4", &fixture("rules.yaml")], events.as_bytes()).exits(0);
    assert_eq!(one.outcomes(), expected);
    assert_eq!(four.outcomes(), expected);
}

#[test]
fn bad_events_are_reported_by_line_and_the_rest_runs() {
    let events = format!("{}\nnot json\n[1]\n\n{{\"amount\": }}\n{}\n", EVENTS[0].0, EVENTS[1].0);
    let ran = with_stdin(&["run", &fixture("rules.yaml")], events.as_bytes()).exits(0);
    assert_eq!(ran.outcomes(), ["allow", "deny"]);
    for text in ["<stdin>:2: V0203", "<stdin>:3: R0201", "<stdin>:5: V0203", "3 bad"] {
        assert!(ran.err.contains(text), "{text:?} is not in:\n{}", ran.err);
    }
}

#[test]
fn fail_fast_ends_at_the_first_bad_event() {
    let events = format!("{}\nnot json\n{}\n", EVENTS[0].0, EVENTS[1].0);
    let ran = with_stdin(&["run", "--fail-fast", &fixture("rules.yaml")], events.as_bytes()).exits(1);
    assert_eq!(ran.outcomes(), ["allow"]);
    assert!(ran.err.contains("<stdin>:2"), "{}", ran.err);
}

#[test]
fn an_event_over_the_limit_is_one_bad_event() {
    let long = format!("{{\"amount\": 5, \"x\": \"{}\"}}", "y".repeat(5_000));
    let events = format!("{}\n{long}\n{}\n", EVENTS[0].0, EVENTS[1].0);
    let arguments = ["run", "--max-event-bytes", "1000", &fixture("rules.yaml")];
    let ran = with_stdin(&arguments, events.as_bytes()).exits(0);
    assert_eq!(ran.outcomes(), ["allow", "deny"]);
    assert!(ran.err.contains("<stdin>:2: C0101"), "{}", ran.err);
}

#[test]
fn a_truncated_gzip_keeps_what_was_read() {
    let scratch = scratch();
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
    let events: String = std::iter::repeat_n(ndjson(), 20_000).collect();
    gz.write_all(events.as_bytes()).unwrap();
    let whole = gz.finish().unwrap();
    let half = put(&scratch, "half.gz", &whole[..whole.len() / 2]);
    let ran = cascata(&["run", &fixture("rules.yaml"), &half]).exits(4).says("half.gz");
    assert!(ran.lines().len() > 1_000, "{} decisions", ran.lines().len());
}

#[test]
fn the_funnel_adds_up() {
    let arguments = ["run", "--quiet", "--funnel", "json", &fixture("rules.yaml")];
    let ran = with_stdin(&arguments, ndjson().as_bytes()).exits(0);
    assert!(ran.out.is_empty(), "--quiet without -o writes no decisions: {}", ran.out);
    let funnel: Value = serde_json::from_str(ran.err.trim()).expect("the funnel is one JSON object");
    assert_eq!((&funnel["events"], &funnel["decided"], &funnel["bad"]), (&4.into(), &4.into(), &0.into()));
    let screen = &funnel["stages"][0];
    assert_eq!(screen["stage"], "SCREEN");
    assert_eq!((&screen["reached"], &screen["ended"], &screen["escalated"]), (&4.into(), &2.into(), &2.into()));
    assert_eq!(funnel["outcomes"]["review"], 2);
    let people = with_stdin(&["run", "--quiet", &fixture("rules.yaml")], ndjson().as_bytes()).exits(0);
    assert!(people.err.contains("4 events decided") && people.err.contains("SCREEN"), "{}", people.err);
}

#[test]
fn full_records_carry_the_event_and_summaries_do_not() {
    let full = with_stdin(&["run", "--detail", "full", &fixture("rules.yaml")], ndjson().as_bytes()).exits(0);
    assert_eq!(full.lines()[0]["event"]["amount"], 5);
    let summary = with_stdin(&["run", &fixture("rules.yaml")], ndjson().as_bytes()).exits(0);
    assert!(summary.lines()[0].get("event").is_none());
    assert!(summary.lines()[0]["event_hash"].is_string());
}

#[test]
fn decisions_go_to_a_file_and_several_inputs_follow_each_other() {
    let scratch = scratch();
    let one = put(&scratch, "one.ndjson", EVENTS[0].0.as_bytes());
    let two = put(&scratch, "two.ndjson", format!("{}\nnope\n", EVENTS[1].0).as_bytes());
    let out = scratch.path().join("decisions.ndjson");
    let ran = cascata(&["run", &fixture("rules.yaml"), &one, &two, "-o", out.to_str().unwrap()]).exits(0);
    assert!(ran.out.is_empty());
    assert!(ran.err.contains("two.ndjson:2:"), "{}", ran.err);
    let written = std::fs::read_to_string(out).unwrap();
    let records: Vec<Value> = written.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(records.len(), 2);
    assert_eq!(records[1]["metadata"]["line"], 1);
    assert!(records[1]["metadata"]["input"].as_str().is_some_and(|input| input.ends_with("two.ndjson")));
}

#[test]
fn a_missing_input_is_reported_before_anything_runs() {
    let scratch = scratch();
    let events = put(&scratch, "events.ndjson", ndjson().as_bytes());
    let ran = cascata(&["run", &fixture("rules.yaml"), &events, "/nowhere.ndjson"]).exits(4).says("/nowhere.ndjson");
    assert!(ran.out.is_empty());
}

#[test]
fn modules_outside_the_cascades_folder_are_refused() {
    let scratch = scratch();
    let cascade = |module: &str| {
        format!("name: c\nversion: '1'\nstages:\n  A:\n    name: A\n    handler: {{kind: wasm, module: {module}}}\n")
    };
    std::fs::create_dir(scratch.path().join("inner")).unwrap();
    put(&scratch, "outside.wasm", b"\0asm\x01\0\0\0");
    let escaping = put(&scratch, "inner/cascade.yaml", cascade("../outside.wasm").as_bytes());
    with_stdin(&["run", &escaping], b"").exits(5).says("--allow-outside");
    let absent = put(&scratch, "inner/absent.yaml", cascade("absent.wasm").as_bytes());
    with_stdin(&["run", &absent], b"").exits(5).says("absent.wasm");
}

#[test]
fn a_waiting_event_does_not_hold_up_others_and_order_is_kept() {
    let scratch = scratch();
    let module = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/cascades/stages/trust_fast.wasm");
    std::fs::copy(module, scratch.path().join("fast.wasm")).unwrap();
    let text = "name: waits\nversion: '1'\nstages:\n  FAST:\n    name: FAST\n    max_retries: 1\n    retry_delay_ms: 500\n    \
                handler: {kind: wasm, module: fast.wasm, fuel: 10}\n";
    let cascade = put(&scratch, "waits.yaml", text.as_bytes());
    // A hundred events that each wait 500 ms: 50 s one by one.
    let events: String = (0..100).map(|number| format!("{{\"user_id\": {number}}}\n")).collect();
    let started = std::time::Instant::now();
    let arguments = ["run", "--jobs", "1", "--in-flight", "64", "--module-cache", "none", &cascade];
    let ran = with_stdin(&arguments, events.as_bytes()).exits(0);
    assert!(started.elapsed().as_secs() < 30, "{:?}", started.elapsed());
    let lines: Vec<_> = ran.lines().iter().map(|record| record["metadata"]["line"].clone()).collect();
    assert_eq!(lines, (1..=100).map(Value::from).collect::<Vec<_>>());
    assert!(ran.err.contains("100 with errors"), "{}", ran.err);
    assert_eq!(ran.lines()[0]["stages"][0]["attempts"], 2);
}

#[test]
fn a_failed_decision_is_a_finding_under_fail_fast() {
    let scratch = scratch();
    // No handler is registered for the stage: a recorded error.
    let cascade = put(&scratch, "c.yaml", b"{name: c, version: '1', stages: {A: {name: A}}}");
    let ran = with_stdin(&["run", "--fail-fast", &cascade], b"{\"n\": 1}\n{\"n\": 2}\n").exits(1);
    assert_eq!(ran.lines().len(), 1, "the failed decision itself is written");
    assert!(ran.err.contains("<stdin>:1") && ran.err.contains("R0015"), "{}", ran.err);
}

#[test]
fn an_empty_stream_is_no_error() {
    let ran = with_stdin(&["run", &fixture("rules.yaml")], b"").exits(0);
    assert!(ran.out.is_empty());
    assert!(ran.err.contains("0 events decided"), "{}", ran.err);
}

#[test]
fn the_funnel_is_the_same_whether_decisions_are_written_or_not() {
    let counts = |quiet: &[&str]| {
        let cascade = fixture("rules.yaml");
        let arguments = [&["run", "--funnel", "json", "--jobs", "1", &cascade], quiet].concat();
        let mut funnel: Value =
            serde_json::from_str(with_stdin(&arguments, ndjson().as_bytes()).exits(0).err.trim()).unwrap();
        let parts = funnel.as_object_mut().unwrap();
        assert!(parts.remove("time_us").is_some() && parts.remove("busy_us").is_some());
        for stage in parts["stages"].as_array_mut().unwrap() {
            assert!(stage.as_object_mut().unwrap().remove("time_us").is_some());
        }
        funnel
    };
    assert_eq!(counts(&["--quiet"]), counts(&["-o", "/dev/null"]));
}

#[test]
fn fail_fast_says_what_failed_also_where_no_decision_is_written() {
    let events = "{\"amount\": 1}\nnonsense\n";
    let of =
        |quiet: &str| with_stdin(&["run", quiet, "--fail-fast", &fixture("rules.yaml")], events.as_bytes()).exits(1);
    let (loud, quiet) = (of("--jobs=1"), of("--quiet"));
    assert!(quiet.err.contains("ended by --fail-fast") && quiet.out.is_empty(), "{}", quiet.err);
    assert_eq!(loud.lines().len(), 1);
}

#[test]
fn a_cascade_that_asks_a_service_needs_the_feature_and_its_secrets() {
    let cascade = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/cascades/scoring_service.yaml");
    let said = if cfg!(feature = "http") { "CASCATA_SECRET_" } else { "--features http" };
    cascata(&["run", cascade, "-"]).exits(5).says(said);
}
