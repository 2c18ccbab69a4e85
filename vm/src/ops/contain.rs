//! Membership: `IN` and `CONTAINS`.

use super::{OpError, compare::equal, text::with_text};
use crate::json::search;
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
        Value::Array(array) => {
            let known = if let Value::Text(text) = operand { has_element(array, text) } else { None };
            known.map_or_else(|| in_array(operand, array), Ok)
        }
        Value::Object(object) => in_object(operand, object),
        _ => with_text(field, |text| in_text(operand, text)).unwrap_or(Err(OpError::Kinds)),
    }
}

/// Up to this many bytes a text is looked through many places at a time; the standard search, which takes linear
/// time whatever the texts are, costs more to begin with.
const SHORT: usize = 64;

/// True when the needle stands somewhere in the text.
#[inline]
pub(crate) fn has_text(text: &str, needle: &str) -> bool {
    if text.len() > SHORT {
        return text.contains(needle);
    }
    let (text, needle) = (text.as_bytes(), needle.as_bytes());
    match *needle {
        [] => true,
        [byte] => search::find_byte(text, byte),
        [first, second, ..] => search::any_pair(text, (first, second), None, |at| stands_at(text, at, needle)),
    }
}

#[inline(always)]
fn stands_at(text: &[u8], at: usize, needle: &[u8]) -> bool {
    text.get(at..at.saturating_add(needle.len())).is_some_and(|found| search::same(found, needle))
}

/// Whether an array has a text as element, if a look at its bytes tells.
#[inline]
pub(crate) fn has_element(array: Array<'_>, text: &str) -> Option<bool> {
    match array {
        Array::Json(json) => lacks_text(json, text).then_some(false),
        Array::Values(values) => {
            let mut found = false;
            for value in values {
                let Value::Text(element) = value else { return None };
                if element.len() == text.len() {
                    found |= search::same(element.as_bytes(), text.as_bytes());
                }
            }
            Some(found)
        }
    }
}

/// Whether a look at the bytes of an array already tells that no element is the text. In JSON without escapes an element that is
/// equal to a text has the text in it literally, so most arrays that lack it need not be taken apart.
#[inline]
fn lacks_text(json: &str, text: &str) -> bool {
    // No text is shorter in JSON, and an element stands between quotes and brackets.
    if json.len() < text.len().saturating_add(4) {
        return true;
    }
    let (bytes, needle) = (json.as_bytes(), text.as_bytes());
    match *needle {
        [first, second, ..] if bytes.len() <= SHORT => {
            !search::any_pair(bytes, (first, second), Some(b'\\'), |at| stands_at(bytes, at, needle))
        }
        _ => !has_text(json, text) && !has_text(json, "\\"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;

    #[test]
    fn a_text_is_found_wherever_it_stands() {
        // Every text of two letters up to nine places, beside fillers that make words whole.
        for (filler, length) in [("", 0), ("x", 3), ("b", 9), ("a", 60)] {
            let filler = filler.repeat(length);
            for number in 0..512_u32 {
                let text: String = (0..9).map(|place| if number >> place & 1 == 1 { 'a' } else { 'b' }).collect();
                let text = alloc::format!("{filler}{text}");
                for needle in ["", "a", "ab", "ba", "aab", "abab", "bbbbbbbb", "abababababab"] {
                    assert_eq!(has_text(&text, needle), text.contains(needle), "{needle} in {text}");
                }
            }
        }
    }
}
