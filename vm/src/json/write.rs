//! Values as canonical JSON text: one text for one value, however the event wrote it.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::{self, Vec};
use core::fmt::Write;
use core::slice;

use super::text::{Elements, decode_escapes, elements, entries};
use crate::{Array, Object, Value};

/// Appends the canonical JSON text of a value.
///
/// Keys are sorted by their bytes and the last of duplicates is kept; no whitespace; in strings only quotes,
/// backslashes and control characters are escaped; integers are their digits; doubles are the shortest text that
/// reads back as the same double and not as an integer (`1.0`; infinity, which an event can only hold as a
/// number too large, is `1e999`). Missing is written as null, and left out of an object. NaN, which no JSON gives, is null.
///
/// Nesting costs no stack. Each level of it is stepped over once more, so time is length times depth, which
/// [`ReadOptions::max_depth`](super::ReadOptions::max_depth) bounds.
pub fn write_value(value: &Value<'_>, out: &mut String) {
    let mut open: Vec<Open<'_>> = Vec::new();
    let mut next = Some(*value);
    loop {
        if let Some(value) = next.take() {
            open.extend(write_start(value, out));
        }
        let Some(container) = open.last_mut() else { return };
        let separate = core::mem::replace(&mut container.started, true);
        match &mut container.items {
            Items::Array(items) => next = items.next(),
            Items::Object(items) => {
                if let Some((key, value)) = items.next() {
                    if separate {
                        out.push(',');
                    }
                    write_string(&key, out);
                    out.push(':');
                    next = Some(value);
                    continue;
                }
            }
        }
        if next.is_none() {
            out.push(if matches!(container.items, Items::Array(_)) { ']' } else { '}' });
            open.pop();
        } else if separate {
            out.push(',');
        }
    }
}

/// A container whose end has not been written.
struct Open<'a> {
    items: Items<'a>,
    /// An item of it has been written, so a comma comes before the next.
    started: bool,
}

enum Items<'a> {
    Array(ArrayItems<'a>),
    Object(vec::IntoIter<(Cow<'a, str>, Value<'a>)>),
}

enum ArrayItems<'a> {
    Json(Elements<'a>),
    Values(slice::Iter<'a, Value<'a>>),
}

impl<'a> Iterator for ArrayItems<'a> {
    type Item = Value<'a>;

    fn next(&mut self) -> Option<Value<'a>> {
        match self {
            Self::Json(elements) => elements.next(),
            Self::Values(values) => values.next().copied(),
        }
    }
}

/// Writes a scalar, or the opening bracket of a container.
fn write_start<'a>(value: Value<'a>, out: &mut String) -> Option<Open<'a>> {
    // Writing to a string cannot fail.
    let _ = match value {
        Value::Missing | Value::Null => out.write_str("null"),
        Value::Bool(value) => write!(out, "{value}"),
        Value::Int(value) => write!(out, "{value}"),
        Value::BigInt(digits) => out.write_str(digits),
        Value::Float(value) if value.is_nan() => out.write_str("null"),
        Value::Float(f64::INFINITY) => out.write_str("1e999"),
        Value::Float(f64::NEG_INFINITY) => out.write_str("-1e999"),
        // Debug, unlike Display, always has a point or an exponent.
        Value::Float(value) => write!(out, "{value:?}"),
        Value::Text(text) => {
            write_string(text, out);
            Ok(())
        }
        Value::EscapedText(raw) => {
            write_string(&decode_escapes(raw), out);
            Ok(())
        }
        Value::Array(array) => {
            out.push('[');
            let items = match array {
                Array::Json(json) => ArrayItems::Json(elements(json)),
                Array::Values(values) => ArrayItems::Values(values.iter()),
            };
            return Some(Open { items: Items::Array(items), started: false });
        }
        Value::Object(object) => {
            out.push('{');
            return Some(Open { items: Items::Object(sorted(object).into_iter()), started: false });
        }
    };
    None
}

/// The entries that count, in canonical order.
fn sorted(object: Object<'_>) -> Vec<(Cow<'_, str>, Value<'_>)> {
    let mut list: Vec<_> = match object {
        Object::Json(json) => entries(json).collect(),
        Object::Entries(entries) => entries.iter().map(|(key, value)| (Cow::Borrowed(*key), *value)).collect(),
    };
    // Stable, so that equal keys stay in the order they came in.
    list.sort_by(|a, b| a.0.cmp(&b.0));
    list.dedup_by(|later, kept| {
        let same = later.0 == kept.0;
        if same {
            core::mem::swap(later, kept);
        }
        same
    });
    list.retain(|(_, value)| !matches!(value, Value::Missing));
    list
}

/// A string literal with as few escapes as JSON allows.
fn write_string(text: &str, out: &mut String) {
    out.push('"');
    let mut rest = text;
    while let Some(at) = rest.find(|c| matches!(c, '"' | '\\' | '\0'..='\u{1F}')) {
        let (plain, special) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(plain);
        let mut chars = special.chars();
        let _ = match chars.next() {
            Some('\u{8}') => out.write_str("\\b"),
            Some('\u{C}') => out.write_str("\\f"),
            Some('\n') => out.write_str("\\n"),
            Some('\r') => out.write_str("\\r"),
            Some('\t') => out.write_str("\\t"),
            Some(quoted @ ('"' | '\\')) => write!(out, "\\{quoted}"),
            Some(control) => write!(out, "\\u{:04x}", u32::from(control)),
            None => Ok(()),
        };
        rest = chars.as_str();
    }
    out.push_str(rest);
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::parse;

    fn canonical(json: &str) -> String {
        let mut out = String::new();
        write_value(&parse(json), &mut out);
        out
    }

    #[test]
    fn equal_values_have_equal_text() {
        assert_eq!(
            canonical(r#" { "b" : [ 1 , [ ] , { } ] , "a" : null, "b": [ true ,2] } "#),
            r#"{"a":null,"b":[true,2]}"#
        );
        assert_eq!(canonical(r#"{"\u0062":1,"é":2,"a":{"z":[],"y":{}}}"#), r#"{"a":{"y":{},"z":[]},"b":1,"é":2}"#);
        assert_eq!(canonical(r#""\/\u0041\u000a\u0001\"""#), r#""/A\n\u0001\"""#);
    }

    #[test]
    fn numbers_keep_kind_and_value() {
        for (json, text) in [
            ("1.0", "1.0"),
            ("1E2", "100.0"),
            ("1e16", "1e16"),
            ("1e400", "1e999"),
            ("-1e400", "-1e999"),
            ("-0.0", "-0.0"),
            ("-0", "0"),
            ("0.1", "0.1"),
            ("5e-324", "5e-324"),
            ("123456789012345678901234567890", "123456789012345678901234567890"),
        ] {
            assert_eq!(canonical(json), text);
        }
    }

    #[test]
    fn values_of_a_host_are_written_alike() {
        let values = [Value::Missing, Value::Text("x")];
        let entries = [
            ("b", Value::Array(Array::Values(&values))),
            ("gone", Value::Missing),
            ("a", Value::Int(1)),
            ("a", Value::EscapedText("\\u0041")),
        ];
        let mut out = String::new();
        write_value(&Value::Object(Object::Entries(&entries)), &mut out);
        assert_eq!(out, r#"{"a":"A","b":[null,"x"]}"#);
    }

    #[test]
    fn deep_nesting_is_written_without_deep_recursion() {
        let deep = "[".repeat(1_500) + &"]".repeat(1_500);
        assert!(canonical(&deep) == deep);
    }
}
