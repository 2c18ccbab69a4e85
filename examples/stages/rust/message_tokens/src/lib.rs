//! Quick spam model: logistic regression on the hashed words of a message.
//!
//! Reads `message.text`; answers `spam` or `ham` with the probability of its answer, and as data the score, the number
//! of features and the word that speaks most for spam, if any does.
#![cfg_attr(target_arch = "wasm32", no_std)]

mod weights;

use cascata_stage::prelude::*;
use shared::hash::{Fnv, Seen};
use shared::logistic::{self, Decimals};
use shared::text;
use weights::{BIAS, WORDS};

stage! {
    fields: { TEXT: "message.text" },
    results: ["spam", "ham"],
    run: score,
}

/// Words of 64 buckets in the set of buckets met.
const SET: usize = WORDS.characters.len() / 64;

fn score(event: &Event) -> Result<Outcome, StageError> {
    let Some(message) = event.get(TEXT).text() else {
        return Err(StageError::invalid_input("message.text is not a text"));
    };
    let mut seen = Seen::<SET>::new();
    let mut steps = 0;
    let mut telling = ("", 0);
    text::words(&message, |hash, word| {
        let weight = weigh(&mut seen, hash);
        steps += weight;
        if weight > telling.1 {
            telling = (word, weight);
        }
    });
    for shape in shapes(&message) {
        steps += weigh(&mut seen, shape);
    }
    let logit = BIAS + f64::from(steps) * WORDS.step;
    let (result, confidence) = logistic::verdict(logistic::probability(logit), "spam", "ham");
    let data = Data::new()
        .with("logit", Decimals(logit))
        .with("features", seen.count())
        .with(
            "telling",
            Some(telling.0)
                .filter(|word| !word.is_empty())
                .map(ToOwned::to_owned),
        );
    Ok(Outcome::new(result).confidence(confidence).data(data))
}

/// A feature's weight in steps; 0 if its bucket has been counted.
fn weigh(seen: &mut Seen<SET>, feature: Fnv) -> i32 {
    let bucket = WORDS.bucket(feature.spread());
    if seen.insert(bucket) {
        WORDS.steps(bucket)
    } else {
        0
    }
}

/// Two features besides the words: how many digits a message has, in pairs, and how long it is, in twenties.
fn shapes(message: &str) -> [Fnv; 2] {
    let digits = message.bytes().filter(u8::is_ascii_digit).count().min(31) / 2;
    let length = message.chars().count().min(255) / 20;
    [(1, digits), (2, length)].map(|(tag, value)| {
        Fnv::default()
            .byte(tag)
            .byte(u8::try_from(value).unwrap_or(u8::MAX))
    })
}
