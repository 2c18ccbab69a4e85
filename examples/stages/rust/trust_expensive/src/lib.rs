//! Compares a request with the user's history, and weighs what the score card said.
//!
//! Reads the amounts of `history` (a list of mappings with `amount` and `action`). An amount far outside what the user
//! does, measured in standard deviations of the logarithm, is `review`; without a history the score card decides.
#![cfg_attr(target_arch = "wasm32", no_std)]

use cascata_stage::prelude::*;
use shared::logistic::{self, Decimals};

stage! {
    fields: {
        AMOUNT: "amount",
        ACTION: "action",
        HISTORY: "history",
        SOUND: "stages.MEDIUM_CHECK.data.sound",
    },
    results: ["pass", "review"],
    run: check,
}

/// Fewer past requests than this say nothing.
const ENOUGH: u32 = 5;

fn check(event: &Event) -> Result<Outcome, StageError> {
    let Some(amount) = event.get(AMOUNT).as_f64() else {
        return Err(StageError::invalid_input("amount is not a number"));
    };
    let past = Past::of(event);
    let distance = past.distance(amount);
    let sound = event.get(SOUND).as_f64().unwrap_or(0.5);
    // 0.85 of a sound score card is as good as certain; each deviation beyond the second takes half of that away.
    let logit = 5.5 * (2.0 * sound - 0.85)
        - distance.map_or(0.0, |distance| 2.5 * (distance - 2.0).max(0.0));
    let probability = logistic::probability(logit).min(0.99);
    let (result, confidence) = logistic::verdict(probability, "pass", "review");
    let data = Data::new()
        .with("method", "deep_analysis")
        .with("checks_run", past.requests + 2)
        .with("deviations", distance.map(Decimals));
    Ok(Outcome::new(result).confidence(confidence).data(data))
}

/// What the past requests of the same action look like.
struct Past {
    /// All past requests.
    requests: u32,
    /// Those of the same action with an amount above 0.
    alike: u32,
    mean: f64,
    deviation: f64,
}

impl Past {
    fn of(event: &Event) -> Self {
        let action = event.get(ACTION).text();
        let (mut requests, mut alike, mut mean, mut squares) = (0, 0, 0.0, 0.0);
        for request in event.get(HISTORY).items() {
            requests += 1;
            let same = action
                .as_deref()
                .is_none_or(|action| request.get("action").is_text(action));
            let Some(amount) = request
                .get("amount")
                .as_f64()
                .filter(|amount| same && *amount > 0.0)
            else {
                continue;
            };
            alike += 1;
            // Welford: one pass, no cancellation.
            let off = logistic::log(amount) - mean;
            mean += off / f64::from(alike);
            squares += off * (logistic::log(amount) - mean);
        }
        // A tenth at least, so that a standing order does not make every other amount infinitely odd.
        let deviation = if alike < 2 {
            0.0
        } else {
            logistic::root(squares / f64::from(alike - 1)).max(0.1)
        };
        Self {
            requests,
            alike,
            mean,
            deviation,
        }
    }

    /// How many deviations an amount lies above the mean; `None` if too little is known.
    fn distance(&self, amount: f64) -> Option<f64> {
        (self.alike >= ENOUGH && amount > 0.0)
            .then(|| (logistic::log(amount) - self.mean) / self.deviation)
    }
}
