//! Ctrl-C: what was decided is whole, in order and written.
#![cfg(unix)]

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::support::*;

#[test]
fn an_interrupted_run_leaves_a_valid_prefix() {
    let mut child = command()
        .args(["run", "--jobs", "2", &fixture("rules.yaml")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the tool starts");
    let mut stdin = child.stdin.take().expect("stdin is piped");
    // Events without end, numbered; the writer ends with the pipe.
    let feeder = std::thread::spawn(move || {
        for number in 0_u64.. {
            if writeln!(stdin, r#"{{"amount": {number}, "country": "DE"}}"#).is_err() {
                return;
            }
        }
    });
    let mut stdout = BufReader::new(child.stdout.take().expect("stdout is piped"));
    let mut first = String::new();
    for _ in 0..100 {
        stdout.read_line(&mut first).expect("decisions arrive while the input is open");
    }
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill runs");
    assert!(killed.success());
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).expect("the rest is text");
    let mut err = String::new();
    child.stderr.take().expect("stderr is piped").read_to_string(&mut err).expect("stderr is text");
    let status = child.wait().expect("the tool ends");
    feeder.join().expect("the feeder ends");

    assert_eq!(status.code(), Some(130), "{err}");
    assert!(err.contains("interrupted") && err.contains("decided"), "{err}");
    let all = first + &rest;
    assert!(all.ends_with('\n'), "the last line is whole");
    for (number, line) in all.lines().enumerate() {
        let record: Value = serde_json::from_str(line).expect("every line is a whole record");
        assert_eq!(record["metadata"]["line"], number + 1, "no gap");
    }
}

#[test]
fn an_interrupted_learner_writes_nothing() {
    let scratch = scratch();
    let report = scratch.path().join("learned.json");
    let mut child = command()
        .args(["learn", "--stage", "DEEP", "--target", "RULES", "--format", "json", "-o"])
        .arg(&report)
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the tool starts");
    let mut stdin = child.stdin.take().expect("stdin is piped");
    let mut stderr = BufReader::new(child.stderr.take().expect("stderr is piped"));
    // A bad record is told, so whoever reads it knows that the tool listens; then the pipe stays open and silent.
    stdin.write_all(b"{}\n").and_then(|()| stdin.flush()).expect("is read");
    let mut told = String::new();
    stdin.write_all(b"{}\n").and_then(|()| stdin.flush()).expect("is read");
    stderr.read_line(&mut told).expect("a message");
    assert!(told.contains("<stdin>:1: no decision record"), "{told}");
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill runs");
    assert!(killed.success());
    let mut err = String::new();
    stderr.read_to_string(&mut err).expect("stderr is text");
    assert_eq!(child.wait().expect("the tool ends").code(), Some(130), "{err}");
    assert!(err.contains("interrupted; nothing was written"), "{err}");
    assert!(!report.exists());
    drop(stdin);
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let mut child = command()
        .args(["run", "--quiet", "-o", "-", &fixture("rules.yaml")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the tool starts");
    let mut stdin = child.stdin.take().expect("stdin is piped");
    let feeder = std::thread::spawn(move || while stdin.write_all(ndjson().as_bytes()).is_ok() {});
    let mut stdout = BufReader::new(child.stdout.take().expect("stdout is piped"));
    let mut line = String::new();
    stdout.read_line(&mut line).expect("a decision");
    drop(stdout);
    let output = child.wait_with_output().expect("the tool ends");
    feeder.join().expect("the feeder ends");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

/// A cascade whose stage has too little fuel and waits ten minutes for its retry, on events that say `wait`.
fn waiting_cascade(directory: &tempfile::TempDir) -> String {
    let module = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/cascades/stages/trust_fast.wasm");
    std::fs::copy(module, directory.path().join("fast.wasm")).expect("the example's module");
    let rule = json!({"name": "no_wait", "type": "precondition", "condition": {"field": "wait", "operator": "IS_NULL"},
                      "action": {"type": "set_field", "field": "waited", "value": false}});
    let stage = json!({"name": "FAST", "max_retries": 1, "retry_delay_ms": 600_000, "routing_rules": [rule],
                       "handler": {"kind": "wasm", "module": "fast.wasm", "fuel": 10}});
    let cascade = json!({"name": "waits", "version": "1", "stages": {"FAST": stage}});
    put(directory, "waits.json", cascade.to_string().as_bytes())
}

#[test]
fn a_decision_that_waits_is_given_up_and_the_ones_before_it_are_written() {
    let scratch = scratch();
    let mut child = command()
        .args(["run", "--jobs", "1", "--module-cache", "none", &waiting_cascade(&scratch)])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the tool starts");
    let mut stdin = child.stdin.take().expect("stdin is piped");
    // Decided at once, waiting, decided behind the waiting one: only the first is a prefix without a gap.
    let sound = r#"{"n": 1}"#;
    stdin.write_all(format!("{sound}\n").as_bytes()).expect("the first chunk");
    let mut stdout = BufReader::new(child.stdout.take().expect("stdout is piped"));
    let mut first = String::new();
    stdout.read_line(&mut first).expect("the first decision arrives while the input is open");
    stdin.write_all(format!("{sound}\n{{\"wait\": 1}}\n{sound}\n").as_bytes()).expect("the second chunk");
    // Whether the tool has taken the second chunk by then or not: what it writes has no gap.
    drop(stdin);
    let mut err = BufReader::new(child.stderr.take().expect("stderr is piped"));
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().expect("kill runs").success());
    let ended = child.wait().expect("the tool ends long before the retry");
    assert_eq!(ended.code(), Some(130));
    let (mut rest, mut said) = (String::new(), String::new());
    stdout.read_to_string(&mut rest).expect("text");
    err.read_to_string(&mut said).expect("text");
    for (number, line) in (first + &rest).lines().enumerate() {
        let record: Value = serde_json::from_str(line).expect("every line is a whole record");
        assert_eq!(record["metadata"]["line"], number + 1, "no gap: {said}");
        assert!(number < 2, "what comes after the waiting event is not written");
    }
}
