//! First look at a request: is the user known to be trusted? The quick-start heuristic, as a stage.
#![cfg_attr(target_arch = "wasm32", no_std)]

use cascata_stage::prelude::*;

stage! {
    fields: { USER: "user_id" },
    results: ["pass", "review"],
    run: check,
}

fn check(event: &Event) -> Result<Outcome, StageError> {
    let Some(user) = event.get(USER).text() else {
        return Err(StageError::invalid_input("user_id is not a text"));
    };
    let confidence = if user.starts_with("trusted_") {
        0.75
    } else {
        0.4
    };
    let result = if confidence > 0.5 { "pass" } else { "review" };
    let data = Data::new()
        .with("method", "heuristic")
        .with("checks", vec!["basic_validation".to_owned()]);
    Ok(Outcome::new(result).confidence(confidence).data(data))
}
