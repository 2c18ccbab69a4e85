//! The stage {{name}}.
#![cfg_attr(target_arch = "wasm32", no_std)]

use cascata_stage::prelude::*;

/// What the stage reads of an event.
#[derive(Fields)]
struct Payment {
    amount: f64,
}

#[handler(results = ["pass", "review"])]
fn run(payment: Payment) -> Result<Outcome, StageError> {
    let limit = config("limit").as_f64().unwrap_or(1000.0);
    Ok(Outcome::new(if payment.amount > limit { "review" } else { "pass" }).confidence(0.9))
}
