//! Values that outlive the text they came from: what a stage returns, what the record and the caches keep.

use std::borrow::Cow;
use std::fmt::Write as _;

use cascata_vm::{Array, Object, Value, json};

mod tree;

pub use tree::json_tree;

/// One owned value. Containers stay JSON text, exactly as they were written, until somebody descends into them.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum OwnedValue {
    /// No value.
    #[default]
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// An integer that fits 64 bits.
    Int(i64),
    /// An integer outside 64 bits, as canonical decimal digits.
    BigInt(String),
    /// An IEEE-754 double. Infinity, which JSON only holds as a number too large, is written as `1e999`, NaN as `null`.
    Float(f64),
    /// Text, escapes decoded.
    Text(String),
    /// Valid JSON text of an array or an object.
    Json(String),
}

impl OwnedValue {
    /// The value of valid JSON text: containers keep the text, scalars are decoded.
    ///
    /// The text must have been validated (see [`json::validate`]); what invalid text gives is unspecified.
    #[must_use]
    pub fn from_valid_json(text: &str) -> Self {
        Self::from_value(&json::parse(text))
    }

    /// An owned copy of a borrowed value. Missing becomes [`OwnedValue::Null`].
    #[must_use]
    pub fn from_value(value: &Value<'_>) -> Self {
        match *value {
            Value::Missing | Value::Null => Self::Null,
            Value::Bool(flag) => Self::Bool(flag),
            Value::Int(number) => Self::Int(number),
            Value::BigInt(digits) => Self::BigInt(digits.to_owned()),
            Value::Float(number) => Self::Float(number),
            Value::Text(text) => Self::Text(text.to_owned()),
            Value::EscapedText(raw) => Self::Text(json::decode_escapes(raw)),
            Value::Array(Array::Json(text)) | Value::Object(Object::Json(text)) => Self::Json(text.to_owned()),
            Value::Array(_) | Value::Object(_) => {
                let mut text = String::new();
                json::write_value(value, &mut text);
                Self::Json(text)
            }
        }
    }

    /// The borrowed view that the VM and handlers read.
    #[must_use]
    pub fn as_value(&self) -> Value<'_> {
        match self {
            Self::Null => Value::Null,
            Self::Bool(flag) => Value::Bool(*flag),
            Self::Int(number) => Value::Int(*number),
            Self::BigInt(digits) => Value::BigInt(digits),
            Self::Float(number) => Value::Float(*number),
            Self::Text(text) => Value::Text(text),
            Self::Json(text) => json::parse(text),
        }
    }

    /// The bytes of its text.
    pub(crate) const fn held_bytes(&self) -> usize {
        match self {
            Self::Null | Self::Bool(_) | Self::Int(_) | Self::Float(_) => 0,
            Self::BigInt(text) | Self::Text(text) | Self::Json(text) => text.capacity(),
        }
    }

    /// True for [`OwnedValue::Null`].
    #[must_use]
    pub const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The value as JSON text; containers are handed out as they are.
    #[must_use]
    pub fn to_json(&self) -> Cow<'_, str> {
        match self {
            Self::Json(text) => Cow::Borrowed(text),
            other => {
                let mut text = String::new();
                other.write_json(&mut text);
                Cow::Owned(text)
            }
        }
    }

    /// Appends the value as JSON text.
    pub fn write_json(&self, out: &mut String) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(true) => out.push_str("true"),
            Self::Bool(false) => out.push_str("false"),
            // Writing to a String cannot fail.
            Self::Int(number) => _ = write!(out, "{number}"),
            Self::BigInt(text) | Self::Json(text) => out.push_str(text),
            Self::Float(number) => json::write_value(&Value::Float(*number), out),
            Self::Text(text) => write_json_text(text, out),
        }
    }

    /// The value as a `serde_json` tree, for records; see [`json_tree`] for what is nested very deeply.
    #[must_use]
    pub fn to_serde(&self) -> serde_json::Value {
        match self {
            Self::Null => serde_json::Value::Null,
            Self::Bool(flag) => serde_json::Value::Bool(*flag),
            Self::Int(number) => serde_json::Value::from(*number),
            Self::Float(number) if number.is_finite() => serde_json::Value::from(*number),
            Self::Float(_) => json_tree(&self.to_json()),
            Self::Text(text) => serde_json::Value::String(text.clone()),
            Self::BigInt(text) | Self::Json(text) => json_tree(text),
        }
    }
}

/// Appends `text` as a JSON string literal with its quotes.
pub fn write_json_text(text: &str, out: &mut String) {
    out.push('"');
    let mut plain_from = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        let escape = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            0x00..=0x1f => "",
            _ => continue,
        };
        out.push_str(text.get(plain_from..at).unwrap_or_default());
        if escape.is_empty() {
            _ = write!(out, "\\u{byte:04x}");
        } else {
            out.push_str(escape);
        }
        plain_from = at.saturating_add(1);
    }
    out.push_str(text.get(plain_from..).unwrap_or_default());
    out.push('"');
}

/// The last digits of a number, with zeros before it.
#[inline]
pub(crate) fn padded<const WIDTH: usize>(mut number: u32) -> [u8; WIDTH] {
    let mut places = [b'0'; WIDTH];
    for place in places.iter_mut().rev() {
        *place |= (number % 10) as u8;
        number /= 10;
    }
    places
}

impl From<&serde_json::Value> for OwnedValue {
    fn from(value: &serde_json::Value) -> Self {
        match value {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(flag) => Self::Bool(*flag),
            serde_json::Value::String(text) => Self::Text(text.clone()),
            other => Self::from_valid_json(&other.to_string()),
        }
    }
}

impl From<serde_json::Value> for OwnedValue {
    fn from(value: serde_json::Value) -> Self {
        match value {
            serde_json::Value::String(text) => Self::Text(text),
            other => Self::from(&other),
        }
    }
}

impl From<&str> for OwnedValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for OwnedValue {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for OwnedValue {
    fn from(flag: bool) -> Self {
        Self::Bool(flag)
    }
}

impl From<i64> for OwnedValue {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<f64> for OwnedValue {
    fn from(number: f64) -> Self {
        Self::Float(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_written_with_every_control_character_escaped() {
        let mut out = String::new();
        write_json_text("a\"b\\c\n\u{1}é", &mut out);
        assert_eq!(out, "\"a\\\"b\\\\c\\n\\u0001é\"");
    }

    #[test]
    fn numbers_keep_their_kind_through_json() {
        assert_eq!(OwnedValue::Float(1.0).to_json(), "1.0");
        assert_eq!(OwnedValue::Int(1).to_json(), "1");
        assert_eq!(OwnedValue::Float(f64::NAN).to_json(), "null");
    }

    #[test]
    fn a_number_too_large_for_a_double_stays_a_number() {
        for (text, written) in [("1e400", "1e999"), ("-1e400", "-1e999")] {
            let value = OwnedValue::from_valid_json(text);
            assert_eq!(value.to_json(), written);
            assert_eq!(value.to_serde().to_string(), written.replace('e', "e+"));
            assert_eq!(OwnedValue::from_valid_json(&value.to_json()), value);
        }
        assert_eq!(OwnedValue::Float(f64::NAN).to_serde(), serde_json::Value::Null);
    }
}
