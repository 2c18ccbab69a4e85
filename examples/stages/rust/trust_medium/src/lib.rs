//! Score card over a request: amount, action, account and log-ins.
//!
//! Starts at 0.95 and takes off what each sign costs. What is left is the confidence that the request is sound; under
//! 0.5 the answer is `review`, and the confidence is that of the answer given.
#![cfg_attr(target_arch = "wasm32", no_std)]

use cascata_stage::prelude::*;
use shared::logistic::Decimals;

stage! {
    fields: {
        AMOUNT: "amount",
        ACTION: "action",
        AGE_DAYS: "account.age_days",
        FAILED_LOGINS: "account.failed_logins",
        HOME: "account.country",
        COUNTRY: "country",
    },
    results: ["pass", "review"],
    run: check,
}

/// One sign: its name, whether it is there, and what it costs in hundredths.
type Sign = (&'static str, bool, u32);

fn check(event: &Event) -> Result<Outcome, StageError> {
    let met: Vec<Sign> = signs(event)?
        .into_iter()
        .filter(|(_, there, _)| *there)
        .collect();
    let cost: u32 = met.iter().map(|(_, _, cost)| cost).sum();
    let sound = f64::from(95_u32.saturating_sub(cost).max(5)) / 100.0;
    let (result, confidence) = if sound >= 0.5 {
        ("pass", sound)
    } else {
        ("review", 1.0 - sound)
    };
    let names: Vec<String> = met.iter().map(|(name, _, _)| (*name).to_owned()).collect();
    let data = Data::new()
        .with("method", "score_card")
        .with("sound", Decimals(sound))
        .with("signs", names);
    Ok(Outcome::new(result).confidence(confidence).data(data))
}

fn signs(event: &Event) -> Result<[Sign; 7], StageError> {
    let Some(amount) = event.get(AMOUNT).as_f64() else {
        return Err(StageError::invalid_input("amount is not a number"));
    };
    let action = event.get(ACTION);
    let pays_out = action.is_text("withdraw") || action.is_text("transfer");
    let failed = event.get(FAILED_LOGINS).as_i64().unwrap_or(0);
    Ok([
        ("large_amount", amount >= 5_000.0, 10),
        ("very_large_amount", amount >= 50_000.0, 20),
        (
            "round_payout",
            pays_out && amount >= 1_000.0 && amount % 1_000.0 == 0.0 && failed > 0,
            5,
        ),
        (
            "new_account",
            event.get(AGE_DAYS).as_i64().is_some_and(|days| days < 30),
            15,
        ),
        ("failed_logins", failed >= 3, 20),
        ("many_failed_logins", failed >= 10, 25),
        ("foreign_country", pays_out && abroad(event), 15),
    ])
}

/// Both countries are known and they differ.
fn abroad(event: &Event) -> bool {
    match (event.get(HOME).text(), event.get(COUNTRY).text()) {
        (Some(home), Some(country)) => home != country,
        _ => false,
    }
}
