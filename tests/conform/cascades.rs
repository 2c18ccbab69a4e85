//! Whole cascades through compiler, verifier and engine.

use serde_json::{Value, json};

use super::{Tally, allows, each_row};
use crate::oracle::value::identical;
use crate::support::decide::Product;
use crate::support::rows::compare_rows;

pub fn suite(name: &str, answer: &str) -> Option<Tally> {
    each_row(name, |row| if row.get("events").is_some() { several(row) } else { one(row, &row[answer]) })
}

fn one(row: &Value, wanted: &Value) -> Result<(), String> {
    let product = Product::new(&row["config"]);
    if product.error().is_some() && allows(row, "config_error") {
        return Ok(());
    }
    compare_rows(&product.decide(&row["event"], &row["script"]), wanted)?;
    compare_rows(&product.reloaded_from_disk().decide(&row["event"], &row["script"]), wanted)
}

/// The rows with several events, which the note of each explains: an event must not be decided otherwise because of the
/// events before it, but for a cached result, which keeps confidence and data and is keyed by the event as it came.
fn several(row: &Value) -> Result<(), String> {
    let product = Product::new(&row["config"]);
    if let Some(why) = product.error() {
        return Err(format!("refused: {why}"));
    }
    let events: Vec<Value> = row["events"].as_array().cloned().unwrap_or_default();
    let together = product.decide_all(&events, &row["script"]);
    for (index, (event, got)) in events.iter().zip(&together).enumerate() {
        let mut alone = product.decide(event, &row["script"]);
        alone["attempts"] = got["attempts"].clone();
        compare_rows(got, &alone).map_err(|why| format!("event {index} depends on those before: {why}"))?;
    }
    calls_as_cached(row, &events, &together)
}

/// Of stages that keep results, only events that differ in what the key is made of call the handler.
fn calls_as_cached(row: &Value, events: &[Value], together: &[Value]) -> Result<(), String> {
    let config = &row["config"];
    let fields = config["cache_key_fields"].as_array().filter(|fields| !fields.is_empty());
    let mut keys: Vec<Value> = Vec::new();
    for event in events {
        let key = fields.map_or(event.clone(), |fields| {
            fields.iter().map(|field| event[field.as_str().unwrap_or("")].clone()).collect()
        });
        if !keys.iter().any(|known| identical(known, &key)) {
            keys.push(key);
        }
    }
    for (stage, settings) in config["stages"].as_object().into_iter().flatten() {
        let kept = config["enable_caching"] == true && settings["cache_enabled"] == true;
        let calls = &together.last().unwrap_or(&Value::Null)["attempts"][stage];
        if kept && *calls != json!(keys.len()) {
            return Err(format!("{stage} was called {calls} times for {} keys", keys.len()));
        }
    }
    Ok(())
}
