//! Fraud scoring, as examples/stages/README.md defines it for every language.
#![cfg_attr(target_arch = "wasm32", no_std)]

use cascata_stage::prelude::*;

stage! {
    version: "1.0.0",
    fields: {
        TRUSTED: "user.trusted",
        AMOUNT: "amount",
        COUNTRY: "geo.country",
        VELOCITY: "velocity",
        ITEMS: "items",
    },
    results: ["pass", "review", "block"],
    config: r#"{"type":"object","properties":{"limit":{"type":"number"},"countries":{"type":"array","items":{"type":"string"}}}}"#,
    run: score,
}

fn score(event: &Event) -> Result<Outcome, StageError> {
    let Some(amount) = event.get(AMOUNT).as_f64() else {
        return Err(StageError::invalid_input("amount is not a number"));
    };
    if event.get(VELOCITY).kind() == Kind::Null {
        let error = StageError::new(ErrorCode::Unavailable, "velocity is not known yet");
        return Err(error.retryable().status(503).retry_after_ms(250));
    }
    let country = event.get(COUNTRY).text();
    let cards = gift_cards(event.get(ITEMS));
    let mut points = 0;
    let mut reasons = Vec::new();
    let mut count = |applies: bool, more: i64, reason: &'static str| {
        if applies {
            points += more;
            reasons.push(reason);
        }
    };
    count(amount > config("limit").as_f64().unwrap_or(1000.0), 40, "amount");
    count(country.as_deref().is_some_and(is_listed), 30, "country");
    count(event.get(VELOCITY).as_i64().unwrap_or(0) >= 5, 20, "velocity");
    count(cards > 0, 10 * cards.min(3), "gift_cards");
    if event.get(TRUSTED).as_bool() == Some(true) {
        points /= 2;
        reasons.push("trusted");
    }
    let points = points.min(100);
    let result = match points {
        70.. => "block",
        30..70 => "review",
        _ => "pass",
    };
    if result == "block" {
        log(Level::Warn, "blocked");
    }
    set("risk.points", points)?;
    let data = Data::new().with("reasons", reasons).with("points", points).with("country", country);
    Ok(Outcome::new(result).confidence(points.max(100 - points) as f64 / 100.0).data(data))
}

fn is_listed(country: &str) -> bool {
    config("countries").items().any(|listed| listed.is_text(country))
}

fn gift_cards(items: Value<'_>) -> i64 {
    let cards = items.items().filter(|item| item.get("kind").is_text("gift_card"));
    cards.map(|card| card.get("quantity").as_i64().filter(|quantity| (1..=99).contains(quantity)).unwrap_or(1)).sum()
}
