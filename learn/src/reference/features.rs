//! Events as the reference flattens them.

use serde_json::{Value, json};

/// How deep it looks.
const MAX_DEPTH: usize = 5;

/// What makes a field's last key a moment to the reference, wherever it stands in it; so `rate` and `status` are moments too.
const MOMENTS: [&str; 4] = ["time", "date", "at", "created"];

/// The leaves of an event by path; of lists the length and the first element.
#[must_use]
pub fn features(data: &Value) -> Vec<(String, Value)> {
    let mut out = Vec::new();
    collect(data, "", 0, &mut out);
    out
}

fn collect(value: &Value, path: &str, depth: usize, out: &mut Vec<(String, Value)>) {
    match value {
        Value::Object(map) if depth <= MAX_DEPTH => {
            for (key, value) in map {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                collect(value, &path, depth + 1, out);
            }
        }
        Value::Array(list) => {
            let Some(first) = list.first() else { return };
            out.push((format!("{path}.__len__"), json!(list.len())));
            if !first.is_object() && !first.is_array() && !first.is_null() {
                out.push((format!("{path}[0]"), first.clone()));
            }
        }
        Value::Null | Value::Object(_) => {}
        leaf => out.push((path.to_owned(), leaf.clone())),
    }
}

/// The fields that the reference takes for moments, by their names.
#[must_use]
pub fn timestamp_fields(data: &Value) -> Vec<String> {
    let mut found = Vec::new();
    moments(data, "", &mut found);
    found
}

fn moments(data: &Value, prefix: &str, found: &mut Vec<String>) {
    for (key, value) in data.as_object().into_iter().flatten() {
        let path = format!("{prefix}{key}");
        let name = key.to_lowercase();
        if MOMENTS.iter().any(|part| name.contains(part)) {
            found.push(path.clone());
        } else {
            moments(value, &format!("{path}."), found);
        }
    }
}
