//! Places in JSON values and the values there, as people read them.

use serde_json::Value;

/// The longest value that is shown whole, in characters.
const MAX_VALUE_CHARS: usize = 160;

/// The path of a member: `stages.A`, `["a.b"]`.
pub fn member(at: &str, key: &str) -> String {
    if key.contains(['.', '[', ']', '"']) {
        return format!("{at}[{}]", Value::from(key));
    }
    let dot = if at.is_empty() { "" } else { "." };
    format!("{at}{dot}{key}")
}

/// A value that fits a line.
pub fn short(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().nth(MAX_VALUE_CHARS).is_none() {
        return text;
    }
    text.chars().take(MAX_VALUE_CHARS).chain(['…']).collect()
}
