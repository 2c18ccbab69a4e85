//! Hints in `custom_properties` that say for which events a stage is meant. They are the reference's; the engine does not
//! look at them, rules decide what runs.

use cascata_vm::{json, ops};
use serde_json::{Map, Value};

/// Whether the hints of a stage admit an event:
///
/// * `enable_conditions`: each path (dots descend mappings) equals its value;
/// * `domains`: the event's `domain` is the text, or one of the list;
/// * `min_value`, `max_value`: the number under `value_field` (`value`), text that reads as one included, is in the range;
///   what is missing or no number is not held against the event.
#[must_use]
pub fn admits(properties: &Map<String, Value>, event: &Value) -> bool {
    enabled(properties, event) && in_domain(properties, event) && in_range(properties, event)
}

fn enabled(properties: &Map<String, Value>, event: &Value) -> bool {
    let conditions = properties.get("enable_conditions").and_then(Value::as_object);
    conditions.into_iter().flatten().all(|(path, wanted)| {
        let found = path.split('.').try_fold(event, |value, key| value.get(key));
        same(found.unwrap_or(&Value::Null), wanted)
    })
}

fn in_domain(properties: &Map<String, Value>, event: &Value) -> bool {
    let domain = event.get("domain").unwrap_or(&Value::Null);
    match properties.get("domains") {
        Some(Value::Array(domains)) if !domains.is_empty() => domains.iter().any(|one| same(one, domain)),
        Some(one @ Value::String(text)) if !text.is_empty() => same(one, domain),
        _ => true,
    }
}

fn in_range(properties: &Map<String, Value>, event: &Value) -> bool {
    let field = properties.get("value_field").and_then(Value::as_str).unwrap_or("value");
    let Some(value) = event.get(field).and_then(number) else { return true };
    let bound = |key: &str| properties.get(key).filter(|bound| bound.is_number()).and_then(number);
    !bound("min_value").is_some_and(|least| value < least) && !bound("max_value").is_some_and(|most| value > most)
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Bool(value) => Some(f64::from(u8::from(*value))),
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// Equal as conditions compare: numbers by value.
fn same(left: &Value, right: &Value) -> bool {
    let (left, right) = (left.to_string(), right.to_string());
    ops::equal(json::parse(&left), json::parse(&right)).unwrap_or(false)
}
