//! WASI commands: JSON in, JSON out.

use std::time::Duration;

use cascata_config::{Determinism, InstanceMode, PooledInstances};
use cascata_runtime::{FailureKind, OwnedValue, StageFailure, StageHandler, StageOutput};
use serde_json::json;

use super::support::{call, call_within, host, run, settings, stage, text, wasm};

#[tokio::test]
async fn a_command_reads_the_event_and_its_configuration() {
    let output = run("command_echo", r#"{"amount": 7, "note": "é"}"#, |handler| {
        handler.config.insert("limit".to_owned(), json!(5));
    });
    let output = output.await.unwrap();
    assert_eq!((text(&output), &output.confidence), ("seen", &OwnedValue::Float(0.5)));
    let data: serde_json::Value = serde_json::from_str(output.data.as_ref().unwrap()).unwrap();
    let expected =
        json!({"stage": "command_echo", "attempt": 1, "event": {"amount": 7, "note": "é"}, "config": {"limit": 5}});
    assert_eq!(data, expected);
    assert_eq!(output.logs[0].message, "reading");
    assert!(output.fuel.unwrap() > 0);
}

#[tokio::test]
async fn fields_choose_what_a_command_sees() {
    let event = r#"{"geo": {"country": "CH", "city": "Bern"}, "amount": 7, "secret": 1}"#;
    let fields = ["geo.country", "amount", "absent", "stages.fixture.result"];
    let output = run("command_echo", event, |handler| {
        handler.fields = Some(fields.iter().map(ToString::to_string).collect());
    });
    let data: serde_json::Value = serde_json::from_str(output.await.unwrap().data.as_ref().unwrap()).unwrap();
    assert_eq!(data["event"], json!({"geo": {"country": "CH"}, "amount": 7}));
    assert_eq!(data["stages"], json!({}));
    let indexed = settings(|handler| handler.fields = Some(vec!["items[0]".to_owned()]));
    assert_eq!(host().load("x", &wasm("command_echo"), &indexed).err().unwrap().code(), "R1014");
}

/// What comes of a command that writes this to standard output.
async fn said(stdout: &str) -> Result<StageOutput, StageFailure> {
    run("command_say", &json!({ "say": stdout }).to_string(), |_| ()).await
}

#[tokio::test]
async fn every_shape_of_answer_is_read_or_named() {
    let output = said(r#" {"result": {"a": [1]}, "confidence": 1, "data": {}} "#).await.unwrap();
    assert_eq!(output.result, OwnedValue::Json(r#"{"a": [1]}"#.to_owned()));
    assert_eq!((output.confidence, output.data), (OwnedValue::Int(1), None));
    assert_eq!(said(r#"{"result": null}"#).await.unwrap().result, OwnedValue::Null);
    let bad = async |stdout: &str| {
        let failure = said(stdout).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::BadOutput, "{stdout}");
        failure.message
    };
    assert!(bad("not json").await.contains(r#"it begins with "not json""#));
    assert!(bad("[1]").await.contains("no JSON object"));
    assert!(bad("").await.contains("wrote nothing"));
    assert!(bad("{}").await.contains("without `result`"));
    assert!(bad(r#"{"result": 1, "confidence": 2}"#).await.contains("from 0 to 1"));
    assert!(bad(r#"{"result": 1, "data": 2}"#).await.contains("`data` is no JSON object"));
}

#[tokio::test]
async fn a_command_reports_failure_in_its_answer_or_by_its_exit_code() {
    let failure =
        said(r#"{"error": {"message": "busy", "code": "unavailable", "retryable": true, "status": 503}}"#).await;
    let failure = failure.unwrap_err();
    assert_eq!((failure.kind, failure.message.as_str()), (FailureKind::StageError, "unavailable: busy"));
    assert_eq!((failure.retryable, failure.status), (true, Some(503)));
    assert_eq!(said(r#"{"error": "bad day"}"#).await.unwrap_err().message, "internal: bad day");
    let failure = run("command_exit", "{}", |_| ()).await.unwrap_err();
    assert_eq!((failure.kind, failure.status), (FailureKind::ExitCode, Some(3)));
    assert_eq!(failure.message, "the guest exited with code 3: no such model");
    assert_eq!(failure.logs.len(), 2);
}

#[tokio::test]
async fn a_flood_on_standard_output_ends_the_command() {
    let failure = run("command_flood", "{}", |_| ()).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::OutputTooLarge);
}

#[tokio::test]
async fn a_sleeping_command_ends_at_its_deadline() {
    let stage = stage("command_sleeps", |_| ());
    let failure = stage.call(call_within("{}", Duration::from_millis(20))).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Deadline);
}

#[tokio::test]
async fn strict_takes_clock_and_chance_away() {
    let usual = stage("command_ambient", |handler| handler.allow = vec!["clock".to_owned(), "random".to_owned()]);
    assert_ne!(usual.call(call("{}")).await.unwrap().result, usual.call(call("{}")).await.unwrap().result);
    let strict = stage("command_ambient", |handler| handler.determinism = Determinism::Strict);
    let (first, second) = (strict.call(call("{}")).await.unwrap(), strict.call(call("{}")).await.unwrap());
    assert_eq!(first, second);
    assert!(text(&first).ends_with("aaaaaaaaaaaaaaaa"), "the clock stands at 0");
}

#[tokio::test]
async fn a_clock_that_stands_still_is_not_at_zero_where_languages_take_that_for_a_fault() {
    // Ends with the code that the clock which only goes on shows. The runtime of Go wants it not to be 0.
    let text = r#"(module
        (import "wasi_snapshot_preview1" "clock_time_get" (func $clock_time_get (param i32 i64 i32) (result i32)))
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory (export "memory") 1)
        (func (export "_start")
            (drop (call $clock_time_get (i32.const 1) (i64.const 1) (i32.const 0)))
            (call $exit (i32.load (i32.const 0)))))"#;
    let stage = host().load_stage("clock", &wat::parse_str(text).unwrap(), &settings(|_| ())).unwrap();
    let failure = stage.call(call("{}")).await.unwrap_err();
    assert_eq!((failure.kind, failure.message.contains("code 1")), (FailureKind::ExitCode, true), "{failure:?}");
}

#[test]
fn a_command_can_not_be_kept() {
    let kept = settings(|handler| handler.instance = InstanceMode::Pooled(PooledInstances::default()));
    let error = host().load("x", &wasm("command_exit"), &kept).err().unwrap();
    assert_eq!(error.code(), "R1013");
}
