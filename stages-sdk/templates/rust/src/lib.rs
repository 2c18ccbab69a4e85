//! The stage {{name}}.
#![cfg_attr(target_arch = "wasm32", no_std)]

use cascata_stage::prelude::*;

stage! {
    fields: { AMOUNT: "amount" },
    results: ["pass", "review"],
    run: run,
}

fn run(event: &Event) -> Result<Outcome, StageError> {
    let amount = event.get(AMOUNT).as_f64().ok_or(StageError::invalid_input("amount is not a number"))?;
    let limit = config("limit").as_f64().unwrap_or(1000.0);
    Ok(Outcome::new(if amount > limit { "review" } else { "pass" }).confidence(0.9))
}
