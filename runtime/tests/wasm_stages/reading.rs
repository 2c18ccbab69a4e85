//! What a stage reads and answers.

use cascata_runtime::{LogLevel, OwnedValue, StageHandler};
use cascata_vm::Segment;
use serde_json::json;

use super::support::{call, run, settings, stage, text};

fn with_limit(handler: &mut cascata_config::WasmHandler) {
    handler.config.insert("limit".to_owned(), json!(1000));
}

#[tokio::test]
async fn a_good_stage_answers_with_result_confidence_and_data() {
    let review = run("good", r#"{"amount": 1500.5}"#, with_limit).await.unwrap();
    assert_eq!(text(&review), "review");
    assert_eq!(review.confidence, OwnedValue::Float(0.75));
    assert_eq!(review.data.as_deref(), Some(r#"{"seen":true}"#));
    assert!(review.fuel.unwrap() > 10 && review.memory_bytes == Some(65_536));
    let pass = run("good", r#"{"amount": 1}"#, with_limit).await.unwrap();
    assert_eq!((text(&pass), &pass.confidence), ("pass", &OwnedValue::Null));
}

#[tokio::test]
async fn the_same_with_and_without_yields_and_by_epoch() {
    let stage_with = |change: fn(&mut cascata_config::WasmHandler)| {
        stage("good", |handler| {
            with_limit(handler);
            change(handler);
        })
    };
    let inline = stage_with(|h| h.fuel = Some(10_000)).call(call(r#"{"amount": 2000}"#)).await.unwrap();
    let yielding = stage_with(|h| h.fuel = Some(1_000_000_000)).call(call(r#"{"amount": 2000}"#)).await.unwrap();
    let epoch = stage_with(|h| (h.fuel, h.interruption) = (None, cascata_config::Interruption::Epoch));
    let epoch = epoch.call(call(r#"{"amount": 2000}"#)).await.unwrap();
    assert_eq!(inline, yielding);
    assert_eq!((&epoch.result, epoch.fuel), (&inline.result, None));
}

/// What `describe` logs of the event's `v` and its elements: tag, then text.
async fn described(v: &str) -> Vec<String> {
    let output = run("describe", &format!(r#"{{"v": {v}}}"#), |_| ()).await.unwrap();
    output.logs.into_iter().map(|line| line.message).collect()
}

#[tokio::test]
async fn every_kind_of_value_is_tagged_and_read() {
    assert_eq!(described("null").await, ["1"]);
    assert_eq!(described("true").await, ["2"]);
    assert_eq!(described("-42").await, ["3 -42"]);
    assert_eq!(described("123456789012345678901234567890").await, ["3 123456789012345678901234567890"]);
    assert_eq!(described("1.5").await, ["4 1.5"]);
    assert_eq!(described(r#""grün""#).await, ["5 grün"]);
    assert_eq!(described(r#""a\n\u00e9\"""#).await, ["5 a\né\""]);
    assert_eq!(described(r#"[1, "x", [2]]"#).await, [r#"6 [1, "x", [2]]"#, "3 1", "5 x", "6 [2]"]);
    let missing = run("describe", "{}", |_| ()).await.unwrap();
    assert_eq!(missing.logs[0].message, "0");
}

#[tokio::test]
async fn of_duplicate_keys_the_last_counts_and_the_first_place_is_kept() {
    let entries = described(r#"{"a": 1, "b\t": 2, "a": {"c": 3}}"#).await;
    assert_eq!(&entries[1..], ["5 a", r#"7 {"c": 3}"#, "5 b\t", "3 2"]);
}

#[tokio::test]
async fn a_field_of_the_manifest_is_a_slot_and_its_labels_are_the_only_results() {
    let output = run("manifest", r#"{"geo": {"country": "CH"}}"#, |_| ()).await.unwrap();
    assert_eq!(text(&output), "CH");
    let failure = run("manifest", r#"{"geo": {"country": "FR"}}"#, |_| ()).await.unwrap_err();
    assert_eq!(failure.kind.name(), "bad_output");
    assert_eq!(failure.message, "the result `FR` is none of the manifest's: `CH`, `DE`");
}

#[tokio::test]
async fn writes_are_buffered_and_bad_ones_answered() {
    let output = run("writes", "{}", |_| ()).await.unwrap();
    assert_eq!(text(&output), "0012");
    let key = |text: &str| Segment::Key(text.to_owned());
    assert_eq!(output.writes[0].path, [key("risk"), key("score")]);
    assert_eq!((output.writes[0].json.as_str(), output.writes[1].json.as_str()), ("0.5", "[1,{}]"));
}

#[tokio::test]
async fn a_reported_failure_keeps_everything_said_about_it() {
    let failure = run("fails", "{}", |_| ()).await.unwrap_err();
    assert_eq!(failure.kind.name(), "stage_error");
    assert_eq!(failure.message, "unavailable: busy");
    assert_eq!((failure.retryable, failure.status, failure.retry_after_ms), (true, Some(503), Some(1_500)));
    assert_eq!((failure.logs[0].level, failure.logs[0].message.as_str()), (LogLevel::Warn, "trying hard"));
    assert!(failure.fuel.is_some());
}

#[tokio::test]
async fn the_handler_is_a_service_for_the_engine() {
    let handler = super::support::host().load("good", &super::support::wasm("good"), &settings(with_limit)).unwrap();
    assert_eq!(text(&handler.call(call(r#"{"amount": 7}"#)).await.unwrap()), "pass");
}
