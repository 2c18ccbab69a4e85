//! The recorded rows of structured events, and what they do not cover.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::*;

fn rows() -> Vec<Value> {
    let root = std::env::var_os("CASCATA_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared"), PathBuf::from);
    let Ok(text) = std::fs::read_to_string(root.join("conformance/flatten.jsonl")) else { return Vec::new() };
    text.lines().map(|line| serde_json::from_str(line).expect("a row is JSON")).collect()
}

fn flat(row: &Value) -> Option<Value> {
    let structured = if row["kind"] == "construct" {
        let event = serde_json::from_value(row["event"].clone()).expect("constructor arguments");
        let context = serde_json::from_value(row["context"].clone()).expect("constructor arguments");
        EventWithContext::new(event, context)
    } else {
        EventWithContext::from_value(&row["input"]).ok()?
    };
    Some(Value::Object(structured.to_flat()))
}

fn remove(value: &mut Value, path: &str) {
    let (parent, key) = path.rsplit_once('.').unwrap_or(("", path));
    let parent = parent.split('.').filter(|key| !key.is_empty()).fold(value, |value, key| &mut value[key]);
    parent.as_object_mut().expect("a mapping").remove(key);
}

#[test]
fn recorded_events_flatten_the_same() {
    for (at, row) in rows().iter().enumerate() {
        let mut found = flat(row);
        if let (Some(found), Some(ignored)) = (&mut found, row["ignored_keys"].as_array()) {
            for key in ignored {
                remove(found, key.as_str().expect("a path"));
            }
        }
        let expected = Some(&row["expected"]).filter(|expected| **expected != json!("error"));
        // Compared as text: 1 and 1.0 are different numbers here, and keys have an order.
        assert_eq!(found.map(|found| found.to_string()), expected.map(ToString::to_string), "row {at}");
    }
}

#[test]
fn missing_ids_are_made_up() {
    let made = EventWithContext::from_value(&json!({"id": ""})).expect("an event");
    let id = made.event.id.as_str().expect("text");
    assert!(id.starts_with("evt_") && id.len() == 16, "{id}");
    let correlation = made.event.correlation_id.as_str().expect("text");
    assert!(correlation.starts_with("corr_") && correlation.len() == 13, "{correlation}");
}

#[test]
fn values_are_read_as_python_reads_floats() {
    let value = |value: Value| EventWithContext::from_value(&json!({"value": value})).ok().map(|made| made.event.value);
    assert_eq!(value(json!(" 1_000.5 ")), Some(json!(1000.5)));
    assert_eq!(value(json!("1__0")), None);
    assert_eq!(value(json!("inf")), None);
    assert_eq!(value(json!([1])), None);
}

#[test]
fn domains_have_their_constructors() {
    let post = create_content_event("c1", "u", "forum", "post", "héllo", object(json!({"has_media": false})));
    assert_eq!(post.value, json!(5));
    assert_eq!(post.domain_data, json!({"content": "héllo", "content_type": "post", "has_media": false}));
    let paid = create_finance_event("t", "u", "m", 12.5, "USD", "purchase", Map::new());
    assert_eq!((paid.domain.name(), paid.unit, paid.event_type), ("FINANCE", json!("USD"), json!("purchase")));
}
