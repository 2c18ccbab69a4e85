//! Values on one line of YAML or JSON, in a form that every reader of YAML takes for the same.

use std::fmt::Write;

use serde_json::Value;

/// A value on one line; `json` asks for JSON, which is YAML as well.
pub fn line(value: &Value, json: bool) -> String {
    if json {
        return spaced(value);
    }
    let mut out = String::new();
    write(value, &mut out);
    out
}

/// JSON with blanks after commas and colons.
fn spaced(value: &Value) -> String {
    let mut out = String::new();
    collection(value, &mut out, &|text, out| out.push_str(&Value::from(text).to_string()));
    out
}

fn write(value: &Value, out: &mut String) {
    collection(value, out, &|text, out| {
        if is_plain(text) {
            out.push_str(text);
        } else {
            out.push_str(&Value::from(text).to_string());
        }
    });
}

fn collection(value: &Value, out: &mut String, text: &dyn Fn(&str, &mut String)) {
    match value {
        Value::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at == 0 { "" } else { ", " });
                collection(item, out, text);
            }
            out.push(']');
        }
        Value::Object(entries) => {
            out.push('{');
            for (at, (key, item)) in entries.iter().enumerate() {
                out.push_str(if at == 0 { "" } else { ", " });
                text(key, out);
                out.push_str(": ");
                collection(item, out, text);
            }
            out.push('}');
        }
        Value::String(string) => text(string, out),
        // Writing into a string cannot fail.
        scalar => _ = write!(out, "{scalar}"),
    }
}

/// Whether a text needs no quotes in any version of YAML, also inside brackets: words of letters, digits and a few marks
/// that begin with a letter and are no word for something else.
fn is_plain(text: &str) -> bool {
    const WORDS: [&str; 12] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf", "infinity"];
    let begins = text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    let inside = text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | ' '));
    begins && inside && !text.ends_with(' ') && !WORDS.contains(&text.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_could_be_read_otherwise_is_quoted() {
        let value = json!({"a": "deny", "b": ["yes", "1", "", "x: y", "two words", "a#b"], "c d": null, "e": 1.0});
        assert_eq!(
            line(&value, false),
            r#"{a: deny, b: ["yes", "1", "", "x: y", two words, "a#b"], c d: null, e: 1.0}"#
        );
        assert_eq!(line(&json!({"a": ["b", 1]}), true), r#"{"a": ["b", 1]}"#);
    }
}
