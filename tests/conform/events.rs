//! Structured events and the flat mapping that rules read.

use cascata_runtime::event::{EventContext, EventWithContext, UniversalEvent};
use serde_json::{Value, json};

use super::{Tally, each_row};
use crate::oracle::value::identical;

pub fn suite(name: &str) -> Option<Tally> {
    each_row(name, check)
}

fn check(row: &Value) -> Result<(), String> {
    let event = match row["kind"].as_str() {
        Some("construct") => construct(row).map_err(|error| error.to_string()),
        _ => EventWithContext::from_value(&row["input"]).map_err(|error| error.to_string()),
    };
    let wanted = &row["expected"];
    let mut got = match event {
        Ok(event) => Value::Object(event.to_flat()),
        Err(_) if wanted == "error" => return Ok(()),
        Err(why) => return Err(format!("refused: {why}")),
    };
    // Keys that hold the current time.
    for ignored in row["ignored_keys"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        remove(&mut got, ignored);
    }
    if identical(&got, wanted) { Ok(()) } else { Err(format!("wants {wanted} got {got}")) }
}

/// The parts as a host constructs them; absent ones take their defaults.
fn construct(row: &Value) -> serde_json::Result<EventWithContext> {
    let event: UniversalEvent = serde_json::from_value(row["event"].clone())?;
    let context = row.get("context").cloned().unwrap_or_else(|| json!({}));
    Ok(EventWithContext::new(event, serde_json::from_value::<EventContext>(context)?))
}

fn remove(value: &mut Value, path: &str) {
    match (value, path.split_once('.')) {
        (Value::Object(object), Some((first, rest))) => {
            object.get_mut(first).into_iter().for_each(|value| remove(value, rest))
        }
        (Value::Object(object), None) => {
            object.remove(path);
        }
        _ => {}
    }
}
