//! Careful spam model: logistic regression on hashed letter groups, beside the quick model's score.
//!
//! Reads `message.text`, and the score of the stage that its setting `after` names (default `FAST`): without one, that
//! score counts as 0. Letter groups see through spellings that words miss (`fr3e`, `FREEmsg`), at a price: some hundred
//! features a message where the quick model has twenty.
#![cfg_attr(target_arch = "wasm32", no_std)]

mod weights;

use cascata_stage::prelude::*;
use shared::hash::Seen;
use shared::logistic::{self, Decimals};
use shared::text;
use weights::{BIAS, GROUPS, HEARD};

stage! {
    fields: { TEXT: "message.text" },
    results: ["spam", "ham"],
    config: r#"{"type":"object","properties":{"after":{"type":"string"}},"additionalProperties":false}"#,
    run: score,
}

/// Words of 64 buckets in the set of buckets met.
const SET: usize = GROUPS.characters.len() / 64;

fn score(event: &Event) -> Result<Outcome, StageError> {
    let Some(message) = event.get(TEXT).text() else {
        return Err(StageError::invalid_input("message.text is not a text"));
    };
    let mut seen = Seen::<SET>::new();
    let mut steps = 0;
    text::groups(&message, |hash| {
        let bucket = GROUPS.bucket(hash.spread());
        if seen.insert(bucket) {
            steps += GROUPS.steps(bucket);
        }
    });
    let scale = if seen.count() == 0 {
        0.0
    } else {
        1.0 / logistic::root(f64::from(seen.count()))
    };
    let heard = heard(event);
    let logit = BIAS + f64::from(steps) * GROUPS.step * scale + HEARD * heard;
    let (result, confidence) = logistic::verdict(logistic::probability(logit), "spam", "ham");
    let data = Data::new()
        .with("logit", Decimals(logit))
        .with("features", seen.count())
        .with("heard", Decimals(heard));
    Ok(Outcome::new(result).confidence(confidence).data(data))
}

/// The score of the stage before.
fn heard(event: &Event) -> f64 {
    let stage = config("after")
        .text()
        .unwrap_or_else(|| String::from("FAST"));
    event
        .get(format!("stages.{stage}.data.logit").as_str())
        .as_f64()
        .unwrap_or(0.0)
}
