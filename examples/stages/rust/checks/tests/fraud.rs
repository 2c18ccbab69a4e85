//! Fraud scoring, natively.

use cascata_stage::testing::{Call, Report};
use cascata_stage::{ErrorCode, Level};

fn score(event: &str) -> Report {
    Call::new(event).config(r#"{"limit": 500, "countries": ["KP", "IR"]}"#).run(&fraud::STAGE)
}

#[test]
fn small_payments_pass() {
    let report = score(r#"{"amount": 20, "geo": {"country": "CH"}}"#);
    let outcome = report.answer.unwrap();
    assert_eq!((outcome.result.as_ref(), outcome.confidence), ("pass", Some(1.0)));
    assert_eq!(outcome.data.unwrap(), r#"{"reasons":[],"points":0,"country":"CH"}"#);
    assert_eq!(report.writes, [("risk.points".to_owned(), "0".to_owned())]);
}

#[test]
fn every_sign_adds_up() {
    let report = score(
        r#"{"amount": 900.5, "geo": {"country": "KP"}, "velocity": 7,
            "items": [{"kind": "gift_card", "quantity": 2}, {"kind": "book"}, {"kind": "gift_card"}]}"#,
    );
    let outcome = report.answer.unwrap();
    assert_eq!((outcome.result.as_ref(), outcome.confidence), ("block", Some(1.0)));
    let expected = r#"{"reasons":["amount","country","velocity","gift_cards"],"points":100,"country":"KP"}"#;
    assert_eq!(outcome.data.unwrap(), expected);
    assert_eq!(report.logs, [(Level::Warn, "blocked".to_owned())]);
}

#[test]
fn trust_halves() {
    let outcome = score(r#"{"amount": 900, "velocity": 5, "user": {"trusted": true}}"#).answer.unwrap();
    assert_eq!((outcome.result.as_ref(), outcome.confidence), ("review", Some(0.7)));
    assert_eq!(outcome.data.unwrap(), r#"{"reasons":["amount","velocity","trusted"],"points":30,"country":null}"#);
}

#[test]
fn what_cannot_be_scored_fails() {
    let wrong = score(r#"{"amount": "much"}"#).answer.unwrap_err();
    assert_eq!(
        (wrong.code, wrong.message.as_ref(), wrong.retryable),
        (ErrorCode::InvalidInput, "amount is not a number", false)
    );
    let early = score(r#"{"amount": 1, "velocity": null}"#);
    let error = early.answer.unwrap_err();
    assert_eq!((error.code, error.status, error.retry_after_ms), (ErrorCode::Unavailable, Some(503), Some(250)));
    assert!(error.retryable && early.writes.is_empty());
}
