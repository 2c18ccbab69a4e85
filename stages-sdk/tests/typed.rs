//! `#[handler]` and `#[derive(Fields)]`, natively.
#![cfg(feature = "macros")]
#![allow(clippy::unwrap_used)]

use cascata_stage::prelude::*;
use cascata_stage::testing::{self, Call};

#[derive(Fields)]
struct Order {
    amount: f64,
    #[field("geo.country")]
    country: Option<String>,
    #[field("user.trusted", default)]
    is_trusted: bool,
    #[field(default)]
    items: Vec<Item>,
    shipping: Option<Shipping>,
}

#[derive(Fields)]
struct Item {
    #[field("price.net")]
    price: f64,
    #[field(default)]
    quantity: u32,
}

#[derive(Fields)]
struct Shipping {
    days: i32,
}

/// Runs on orders.
#[handler(name = "orders", version = "2.0.0", results = ["pass", "review"], config = r#"{"type":"object"}"#)]
fn check(order: Order) -> Result<Outcome, StageError> {
    let total = order.items.iter().fold(0.0, |total, item| total + item.price * f64::from(item.quantity));
    let label = if order.amount > total && !order.is_trusted { "review" } else { "pass" };
    let data = Data::new()
        .with("total", total)
        .with("country", order.country)
        .with("days", order.shipping.map(|shipping| shipping.days));
    Ok(Outcome::new(label).data(data))
}

fn failure(event: &str) -> String {
    let error = testing::run(&STAGE, event).unwrap_err();
    assert_eq!((error.code, error.retryable), (ErrorCode::InvalidInput, false));
    error.message.into_owned()
}

#[test]
fn the_manifest_is_made_of_the_function_and_its_struct() {
    let manifest = &STAGE.manifest;
    assert_eq!((manifest.name, manifest.version), ("orders", "2.0.0"));
    assert_eq!(manifest.fields, ["amount", "geo.country", "user.trusted", "items", "shipping"]);
    assert_eq!(manifest.results, ["pass", "review"]);
    assert_eq!(manifest.config, r#"{"type":"object"}"#);
}

#[test]
fn fields_are_read_with_their_types() {
    let event = r#"{"amount": 30, "geo": {"country": "CH"}, "user": {"trusted": true}, "shipping": {"days": 3},
        "items": [{"price": {"net": 5.5}, "quantity": 2}, {"price": {"net": 1}}]}"#;
    let outcome = testing::run(&STAGE, event).unwrap();
    assert_eq!(outcome.result, "pass");
    assert_eq!(outcome.data.unwrap(), r#"{"total":11.0,"country":"CH","days":3}"#);
}

#[test]
fn what_may_be_absent_is_none_or_its_default_also_when_null() {
    let events = [
        r#"{"amount": 1}"#,
        r#"{"amount": 1, "geo": {"country": null}, "user": null, "items": null, "shipping": null}"#,
    ];
    for event in events {
        let outcome = Call::new(event).run(&STAGE).answer.unwrap();
        assert_eq!(outcome.result, "review");
        assert_eq!(outcome.data.unwrap(), r#"{"total":0.0,"country":null,"days":null}"#);
    }
}

#[test]
fn what_does_not_fit_is_named_with_its_place() {
    assert_eq!(failure("{}"), "amount is not a number");
    assert_eq!(failure(r#"{"amount": null}"#), "amount is not a number");
    assert_eq!(failure(r#"{"amount": 1, "geo": {"country": 7}}"#), "geo.country is not a text");
    assert_eq!(failure(r#"{"amount": 1, "user": {"trusted": "yes"}}"#), "user.trusted is not true or false");
    assert_eq!(failure(r#"{"amount": 1, "items": {}}"#), "items is not a list");
    assert_eq!(failure(r#"{"amount": 1, "items": [7]}"#), "items[0] is not an object");
    assert_eq!(failure(r#"{"amount": 1, "items": [{"price": {"net": 1}}, {}]}"#), "items[1].price.net is not a number");
    let negative = r#"{"amount": 1, "items": [{"price": {"net": 1}, "quantity": -1}]}"#;
    assert_eq!(failure(negative), "items[0].quantity is not an integer from 0 to 4294967295");
    let fraction = r#"{"amount": 1, "shipping": {"days": 1.5}}"#;
    assert_eq!(failure(fraction), "shipping.days is not an integer of 32 bits");
}
