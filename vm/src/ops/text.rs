//! Text of values: comparison without decoding escapes first, and the text that patterns see.

use alloc::borrow::Cow;
use alloc::string::String;
use core::cmp::Ordering;
use core::fmt::Write as _;

use super::OpError;
use crate::number::write_float;
use crate::{Value, json};

/// Compares two text values by code point; `None` unless both are text. (UTF-8 keeps code point order.)
pub(super) fn compare_text(left: Value<'_>, right: Value<'_>) -> Option<Ordering> {
    match (left, right) {
        (Value::Text(l), Value::Text(r)) => Some(l.cmp(r)),
        _ => Some(left.text()?.as_ref().cmp(right.text()?.as_ref())),
    }
}

/// Runs `f` on the decoded text of a text value; `None` for other kinds.
#[inline]
pub fn with_text<T>(value: Value<'_>, f: impl FnOnce(&str) -> T) -> Option<T> {
    match value {
        Value::Text(text) => Some(f(text)),
        Value::EscapedText(raw) => Some(f(&json::decode_escapes(raw))),
        _ => None,
    }
}

/// The text that `MATCHES` looks at: text itself, numbers and booleans as Python prints them.
///
/// # Errors
/// [`OpError::Kinds`] for arrays and objects.
pub fn match_text(value: Value<'_>) -> Result<Cow<'_, str>, OpError> {
    let mut out = String::new();
    match value {
        Value::Text(text) => return Ok(Cow::Borrowed(text)),
        Value::EscapedText(raw) => return Ok(Cow::Owned(json::decode_escapes(raw))),
        Value::BigInt(digits) => return Ok(Cow::Borrowed(digits)),
        Value::Bool(true) => return Ok(Cow::Borrowed("True")),
        Value::Bool(false) => return Ok(Cow::Borrowed("False")),
        Value::Int(int) => {
            // Writing to a String cannot fail.
            let _ = write!(out, "{int}");
        }
        Value::Float(float) => write_float(float, &mut out),
        Value::Missing | Value::Null | Value::Array(_) | Value::Object(_) => return Err(OpError::Kinds),
    }
    Ok(Cow::Owned(out))
}

/// `MATCHES` with a pattern that is a literal: the text begins with it.
///
/// # Errors
/// As [`match_text`].
pub fn begins_with(value: Value<'_>, literal: &str) -> Result<bool, OpError> {
    if let Value::Text(text) = value {
        return Ok(text.as_bytes().starts_with(literal.as_bytes()));
    }
    Ok(match_text(value)?.starts_with(literal))
}

/// `MATCHES` with the pattern `.*LITERAL$`: `.` stands for no newline and `$` also for the place before a final one.
///
/// # Errors
/// As [`match_text`].
pub fn line_ends_with(value: Value<'_>, literal: &str) -> Result<bool, OpError> {
    let ends = |text: &str| {
        let line = text.strip_suffix('\n').unwrap_or(text);
        // The end first: most texts differ there.
        line.as_bytes().ends_with(literal.as_bytes()) && !line.contains('\n')
    };
    if let Value::Text(text) = value {
        return Ok(ends(text));
    }
    Ok(ends(&match_text(value)?))
}
