//! Membership: `IN` and `CONTAINS`.

use super::{OpError, compare::equal, text::with_text};
use crate::{Array, Object, Value};

/// True when some element equals the value.
///
/// # Errors
/// As [`equal`].
pub fn in_array(value: Value<'_>, array: Array<'_>) -> Result<bool, OpError> {
    for element in array.iter() {
        if equal(value, element)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// True when the value is a substring of the text.
///
/// # Errors
/// [`OpError::Kinds`] when the value is not text.
pub fn in_text(value: Value<'_>, text: &str) -> Result<bool, OpError> {
    with_text(value, |needle| has_text(text, needle)).ok_or(OpError::Kinds)
}

/// True when the value is a key of the object.
///
/// # Errors
/// [`OpError::Kinds`] when the value is an array or object, which can't be a key.
pub fn in_object(value: Value<'_>, object: Object<'_>) -> Result<bool, OpError> {
    if matches!(value, Value::Array(_) | Value::Object(_)) {
        return Err(OpError::Kinds);
    }
    Ok(with_text(value, |key| object.iter().any(|(k, _)| k == key)).unwrap_or(false))
}

/// `CONTAINS`: text has the substring, an array the element, an object the key.
///
/// # Errors
/// [`OpError::Kinds`] when the field is a number or boolean, or text with an operand that is not text.
pub fn contains(field: Value<'_>, operand: Value<'_>) -> Result<bool, OpError> {
    match field {
        Value::Array(array) if lacks_text(array, operand) => Ok(false),
        Value::Array(array) => in_array(operand, array),
        Value::Object(object) => in_object(operand, object),
        _ => with_text(field, |text| in_text(operand, text)).unwrap_or(Err(OpError::Kinds)),
    }
}

/// Up to this many bytes a text is looked through place by place; the standard search, which takes linear
/// time whatever the texts are, costs more to begin with.
const SHORT: usize = 64;

/// True when the needle stands somewhere in the text.
#[inline]
fn has_text(text: &str, needle: &str) -> bool {
    let Some(first) = needle.as_bytes().first() else { return true };
    if text.len() > SHORT {
        return text.contains(needle);
    }
    text.as_bytes().windows(needle.len()).any(|window| window.first() == Some(first) && window == needle.as_bytes())
}

/// Whether a look at the bytes already tells that no element is the text. In JSON without escapes an element that is
/// equal to a text has the text in it literally, so most arrays that lack it need not be taken apart.
fn lacks_text(array: Array<'_>, operand: Value<'_>) -> bool {
    match (array, operand) {
        (Array::Json(json), Value::Text(text)) => !has_text(json, "\\") && !has_text(json, text),
        _ => false,
    }
}
