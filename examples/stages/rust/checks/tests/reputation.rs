//! The stage with every capability, natively.

use cascata_stage::ErrorCode;
use cascata_stage::http::HttpError;
use cascata_stage::kv::KvError;
use cascata_stage::testing::{Call, Kv, Metric, Reply, Report};

const LINE: &str = "GET https://rate.example.com/10.1.2.3";

fn rate(kv: &Kv, answer: Result<Reply, HttpError>) -> Report {
    Call::new(r#"{"ip": "10.1.2.3"}"#)
        .config(r#"{"url": "https://rate.example.com", "remember_ms": 60000}"#)
        .kv(kv)
        .answers(LINE, answer)
        .secret("REPUTATION_TOKEN", "t0ken")
        .clock(1_000)
        .random(7)
        .run(&reputation::STAGE)
}

#[test]
fn a_rating_is_asked_for_once_and_remembered() {
    let kv = Kv::default();
    let report = rate(&kv, Ok(Reply::new(200, "82\n")));
    let outcome = report.answer.unwrap();
    assert_eq!((outcome.result.as_ref(), outcome.confidence), ("bad", Some(0.82)));
    assert_eq!(outcome.data.unwrap(), r#"{"rating":82,"source":"service","payments":1}"#);
    assert_eq!(report.requests[0].line, LINE);
    assert!(report.requests[0].headers.contains(&("authorization".to_owned(), "Bearer t0ken".to_owned())));
    assert_eq!(report.metrics[0], Metric::Counter("asked".to_owned(), 1.0));
    assert_eq!(kv.value("rating/10.1.2.3").unwrap(), b"82");

    let report = rate(&kv, Ok(Reply::new(200, "1")));
    assert_eq!(report.answer.unwrap().data.unwrap(), r#"{"rating":82,"source":"memory","payments":2}"#);
    assert!(report.requests.is_empty());
    assert_eq!(report.metrics, [Metric::Counter("remembered".to_owned(), 1.0)]);
}

#[test]
fn what_was_remembered_is_asked_for_again_after_its_time() {
    let kv = Kv::default();
    let at = |ms: u64| {
        let call = Call::new(r#"{"ip": "1"}"#).config(r#"{"url": "http://s", "remember_ms": 500}"#).kv(&kv);
        let call = call.answers("GET http://s/1", Ok(Reply::new(200, "5"))).secret("REPUTATION_TOKEN", "t");
        call.clock(ms).random(1).run(&reputation::STAGE).requests.len()
    };
    assert_eq!((at(1_000), at(1_499), at(1_500)), (1, 0, 1));
}

#[test]
fn busy_addresses_are_unclear() {
    let kv = Kv::default();
    let results = (0..21).map(|_| rate(&kv, Ok(Reply::new(200, "3"))).answer.unwrap().result);
    let results: Vec<_> = results.collect();
    assert_eq!((results[19].as_ref(), results[20].as_ref()), ("good", "unclear"));
}

#[test]
fn a_store_that_is_out_of_order_costs_only_the_memory() {
    let kv = Kv::default();
    kv.fail(KvError::Unavailable("down".to_owned()));
    let report = rate(&kv, Ok(Reply::new(200, "40")));
    assert_eq!(report.answer.unwrap().data.unwrap(), r#"{"rating":40,"source":"service","payments":0}"#);
    assert_eq!(report.logs[0].1, "down");
    kv.fail(None);
    assert_eq!(rate(&kv, Ok(Reply::new(200, "40"))).answer.unwrap().result, "unclear");
}

#[test]
fn a_service_that_does_not_answer_fails_the_stage_and_says_how() {
    let kv = Kv::default();
    let error = rate(&kv, Err(HttpError::Unreachable("refused".to_owned()))).answer.unwrap_err();
    assert_eq!((error.code, error.retryable, error.message.as_ref()), (ErrorCode::Unavailable, true, "refused"));
    let error = rate(&kv, Err(HttpError::NotAllowed("not listed".to_owned()))).answer.unwrap_err();
    assert_eq!((error.code, error.retryable), (ErrorCode::Internal, false));
    let error = rate(&kv, Ok(Reply::new(503, "").header("Retry-After", "7"))).answer.unwrap_err();
    assert_eq!((error.status, error.retry_after_ms, error.retryable), (Some(503), Some(7_000), true));
    for answer in ["", "x", "101", "-1"] {
        assert_eq!(
            rate(&kv, Ok(Reply::new(200, answer))).answer.unwrap_err().message,
            "the service's answer is no rating"
        );
    }
}

#[test]
#[should_panic(expected = "the stage has no capability `kv` in this test")]
fn a_capability_that_is_not_given_ends_the_test() {
    drop(Call::new(r#"{"ip": "1"}"#).run(&reputation::STAGE));
}
