//! How a service rates the address that a payment comes from, remembered for a while: the stage with every capability, as
//! examples/stages/README.md defines it, as a component.

// Of this world a component imports what it calls, and its host is asked for no more.
wit_bindgen::generate!({ path: "../../../../stages-sdk/wit", world: "stage-with-capabilities" });

use cascata::stage::http::{self, Reason, Refusal, Request, Response};
use cascata::stage::types::{ErrorCode, Value};
use cascata::stage::{clock, config, event, kv, logging, metrics, random, secrets};

/// What the host knows of the module without running it.
#[unsafe(link_section = "cascata-manifest")]
#[used]
#[cfg(target_arch = "wasm32")]
static MANIFEST: [u8; include_bytes!("../manifest.json").len()] = *include_bytes!("../manifest.json");

/// How long payments of an address are counted together.
const HOUR_MS: u64 = 3_600_000;
/// How long a rating is remembered unless `with: {remember_ms}` says otherwise.
const REMEMBER_MS: i64 = 600_000;
/// More payments of one address an hour than this are looked at.
const BUSY: i64 = 20;

struct Stage;

export!(Stage);

impl Guest for Stage {
    fn init() -> Result<(), StageError> {
        Ok(())
    }

    fn run() -> Result<Outcome, StageError> {
        // Slot 0 is the first of the manifest's fields.
        let Value::Text(address) = event::get(0) else {
            return Err(failure(ErrorCode::InvalidInput, "ip is not a text"));
        };
        // A store that is out of order costs the memory only: the service is asked.
        let payments = kv::add(&format!("payments/{address}"), 1, HOUR_MS).unwrap_or(0);
        let key = format!("rating/{address}");
        let remembered = kv::get(&key).ok().flatten().and_then(|bytes| rating(&bytes));
        metrics::counter(if remembered.is_some() { "remembered" } else { "asked" }, 1.0);
        match remembered {
            Some(rating) => Ok(outcome(rating, "memory", payments)),
            None => Ok(outcome(ask(&address, &key)?, "service", payments)),
        }
    }
}

/// Asks the service, and keeps what it says.
fn ask(address: &str, key: &str) -> Result<u32, StageError> {
    let Value::Text(url) = config::get("url") else {
        return Err(failure(ErrorCode::InvalidConfig, "url is not a text"));
    };
    let token = secrets::get("REPUTATION_TOKEN")
        .ok_or_else(|| failure(ErrorCode::InvalidConfig, "the secret REPUTATION_TOKEN is not listed"))?;
    let id = random::bytes(8).iter().fold(0, |number: u64, byte| number << 8 | u64::from(*byte));
    let headers =
        vec![("authorization".to_owned(), format!("Bearer {token}")), ("x-request-id".to_owned(), id.to_string())];
    let request = Request { method: "GET".to_owned(), url: format!("{url}/{address}"), headers, body: Vec::new() };
    let began = clock::monotonic_ns();
    let response = http::send(&request);
    metrics::histogram("answer_ms", (clock::monotonic_ns() - began) as f64 / 1e6);
    let rated = rated(response)?;
    let remember = match config::get("remember_ms") {
        Value::Integer(ms) => ms,
        _ => REMEMBER_MS,
    };
    if let Err(error) = kv::set(key, rated.to_string().as_bytes(), remember.unsigned_abs()) {
        logging::log(logging::Level::Warn, &error.message);
    }
    Ok(rated)
}

/// The rating in an answer, or why there is none.
fn rated(response: Result<Response, Refusal>) -> Result<u32, StageError> {
    let response = response.map_err(|refusal| match refusal.reason {
        Reason::Unreachable => StageError { retryable: true, ..failure(ErrorCode::Unavailable, &refusal.message) },
        _ => failure(ErrorCode::Internal, &refusal.message),
    })?;
    if !(200..300).contains(&response.status) {
        let header =
            |(name, value): &(String, String)| name.eq_ignore_ascii_case("retry-after").then(|| value.parse().ok())?;
        let seconds: u64 = response.headers.iter().find_map(header).unwrap_or(1);
        return Err(StageError {
            retryable: true,
            status: Some(i32::from(response.status)),
            retry_after_ms: Some(seconds.saturating_mul(1_000)),
            ..failure(ErrorCode::Unavailable, "the service gave no rating")
        });
    }
    rating(&response.body).ok_or_else(|| failure(ErrorCode::Unavailable, "the service's answer is no rating"))
}

fn outcome(rating: u32, source: &str, payments: i64) -> Outcome {
    let result = match rating {
        70.. => "bad",
        30..70 => "unclear",
        _ if payments > BUSY => "unclear",
        _ => "good",
    };
    let data = format!(r#"{{"rating":{rating},"source":"{source}","payments":{payments}}}"#);
    let confidence = f64::from(rating.max(100 - rating)) / 100.0;
    Outcome { result: result.to_owned(), confidence: Some(confidence), data: Some(data) }
}

/// A number from 0 to 100, as digits.
fn rating(digits: &[u8]) -> Option<u32> {
    let number: u32 = core::str::from_utf8(digits).ok()?.trim().parse().ok()?;
    (number <= 100).then_some(number)
}

fn failure(code: ErrorCode, message: &str) -> StageError {
    StageError { code, message: message.to_owned(), retryable: false, status: None, retry_after_ms: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Result<Response, Refusal> {
        let headers = vec![("Retry-After".to_owned(), "7".to_owned())];
        Ok(Response { status, headers, body: body.as_bytes().to_vec() })
    }

    #[test]
    fn ratings_are_numbers_from_0_to_100() {
        assert_eq!(rated(answer(200, " 82\n")).unwrap(), 82);
        for wrong in ["", "x", "101", "-1"] {
            assert_eq!(rated(answer(200, wrong)).unwrap_err().message, "the service's answer is no rating");
        }
    }

    #[test]
    fn a_service_that_does_not_answer_says_whether_to_try_again() {
        let refusal = |reason| rated(Err(Refusal { reason, message: "so".to_owned() })).unwrap_err();
        let (unreachable, refused) = (refusal(Reason::Unreachable), refusal(Reason::NotAllowed));
        assert!(unreachable.retryable && unreachable.code == ErrorCode::Unavailable && unreachable.message == "so");
        assert!(!refused.retryable && refused.code == ErrorCode::Internal);
        let busy = rated(answer(503, "")).unwrap_err();
        assert_eq!((busy.status, busy.retry_after_ms, busy.retryable), (Some(503), Some(7_000), true));
    }

    #[test]
    fn busy_addresses_are_unclear() {
        assert_eq!(
            [(3, 20), (3, 21), (30, 0), (70, 0)].map(|(rating, payments)| outcome(rating, "memory", payments).result),
            ["good", "unclear", "unclear", "bad"]
        );
        let data = outcome(82, "service", 1).data.unwrap();
        assert_eq!(data, r#"{"rating":82,"source":"service","payments":1}"#);
    }
}
