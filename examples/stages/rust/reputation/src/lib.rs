//! How a service rates the address that a payment comes from, remembered for a while: a stage that uses every capability.
//!
//! | capability | for |
//! |---|---|
//! | `http` | asking the service, whose answer is a number from 0 to 100 |
//! | `secrets` | the token it wants to see |
//! | `kv` | what it said of an address, and how many payments came from there in the last hour |
//! | `clock` | how long it took |
//! | `random` | an id of the request, so that the service's log can be matched |
//! | `metrics` | how often it was asked, what was remembered, and how long it took |
//!
//! With `with: {url, remember_ms}`. A service that is out of order fails the stage, retryable; one that the cascade does not
//! list is a fault of the cascade. A store that is out of order costs the memory only: the service is asked.
#![cfg_attr(target_arch = "wasm32", no_std)]

use cascata_stage::http::Request;
use cascata_stage::prelude::*;
use cascata_stage::{clock, kv, metrics, random, secrets};

/// How long payments of an address are counted together.
const HOUR_MS: u64 = 3_600_000;
/// How long a rating is remembered unless `with: {remember_ms}` says otherwise.
const REMEMBER_MS: i64 = 600_000;
/// More payments of one address an hour than this are looked at.
const BUSY: i64 = 20;

stage! {
    version: "1.0.0",
    fields: { ADDRESS: "ip" },
    results: ["good", "unclear", "bad"],
    config: r#"{"type":"object","properties":{"url":{"type":"string"},"remember_ms":{"type":"integer","minimum":1}},"required":["url"]}"#,
    capabilities: ["clock", "http", "kv", "metrics", "random", "secrets"],
    run: rate,
}

fn rate(event: &Event) -> Result<Outcome, StageError> {
    let address = event.get(ADDRESS).text().ok_or(StageError::invalid_input("ip is not a text"))?;
    let payments = kv::add(&format!("payments/{address}"), 1, HOUR_MS).unwrap_or(0);
    let key = format!("rating/{address}");
    let remembered = kv::get(&key).ok().flatten().and_then(|bytes| rating(&bytes));
    metrics::counter(if remembered.is_some() { "remembered" } else { "asked" }, 1.0);
    let source = if remembered.is_some() { "memory" } else { "service" };
    let rating = match remembered {
        Some(rating) => rating,
        None => ask(&address, &key)?,
    };
    let result = match rating {
        70.. => "bad",
        30..70 => "unclear",
        _ if payments > BUSY => "unclear",
        _ => "good",
    };
    let data = Data::new().with("rating", rating).with("source", source).with("payments", payments);
    Ok(Outcome::new(result).confidence(f64::from(rating.max(100 - rating)) / 100.0).data(data))
}

/// Asks the service, and keeps what it says.
fn ask(address: &str, key: &str) -> Result<u32, StageError> {
    let url = config("url").text().unwrap_or_default();
    let token = secrets::get("REPUTATION_TOKEN")
        .ok_or(StageError::invalid_config("the secret REPUTATION_TOKEN is not listed"))?;
    let began = clock::monotonic_ns();
    let response = Request::get(format!("{url}/{address}"))
        .header("authorization", format!("Bearer {token}"))
        .header("x-request-id", random::number().to_string())
        .wants("retry-after")
        .send();
    metrics::histogram("answer_ms", (clock::monotonic_ns() - began) as f64 / 1e6);
    let response = response?;
    if !response.is_success() {
        let error = StageError::new(ErrorCode::Unavailable, "the service gave no rating").retryable();
        let wait = response.header("retry-after").and_then(|seconds| seconds.parse().ok()).unwrap_or(1_u64);
        return Err(error.status(i32::from(response.status)).retry_after_ms(wait.saturating_mul(1_000)));
    }
    let rated =
        rating(&response.body).ok_or(StageError::new(ErrorCode::Unavailable, "the service's answer is no rating"))?;
    let remember = config("remember_ms").as_i64().unwrap_or(REMEMBER_MS);
    if let Err(error) = kv::set(key, rated.to_string().as_bytes(), remember.unsigned_abs()) {
        log(Level::Warn, error.message());
    }
    Ok(rated)
}

/// A number from 0 to 100, as digits.
fn rating(digits: &[u8]) -> Option<u32> {
    let number: u32 = core::str::from_utf8(digits).ok()?.trim().parse().ok()?;
    (number <= 100).then_some(number)
}
