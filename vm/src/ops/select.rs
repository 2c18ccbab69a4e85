//! Members of elements: what `items[].price` reads.

use alloc::vec::Vec;

use crate::{Segment, Value};

/// What stands at a path below a value; missing where a step does not fit. Of duplicate keys the last counts.
#[must_use]
pub fn member<'a>(value: Value<'a>, path: &[Segment]) -> Value<'a> {
    path.iter().fold(value, |value, segment| match (value, segment) {
        (Value::Object(object), Segment::Key(key)) => {
            object.iter().filter(|(name, _)| name == key).last().map_or(Value::Missing, |(_, value)| value)
        }
        (Value::Array(array), Segment::Index(index)) => array.iter().nth(*index as usize).unwrap_or_default(),
        _ => Value::Missing,
    })
}

/// The values that one path after the other reaches through the elements of lists, in order, without what is missing or
/// null. What is no list on the way has no elements. The first list is `value`; `None` if it is none. Without paths it is
/// all elements of the list itself.
#[must_use]
pub fn select<'a>(value: Value<'a>, paths: &[Vec<Segment>]) -> Option<Vec<Value<'a>>> {
    let Value::Array(array) = value else { return None };
    if paths.is_empty() {
        return Some(array.iter().collect());
    }
    let mut found: Vec<Value<'a>> = Vec::new();
    let mut lists = alloc::vec![array];
    for (depth, path) in (1..).zip(paths) {
        let elements = core::mem::take(&mut lists).into_iter().flat_map(crate::Array::iter);
        for value in elements.map(|element| member(element, path)).filter(|value| !value.is_nil()) {
            match value {
                _ if depth == paths.len() => found.push(value),
                Value::Array(inner) => lists.push(inner),
                _ => {}
            }
        }
    }
    Some(found)
}

/// The length of a value: characters of a text, elements of a list, keys of a mapping. Missing stays missing.
///
/// # Errors
/// [`OpError::NoLength`](super::OpError::NoLength) for numbers and booleans.
pub fn length(value: Value<'_>) -> Result<Value<'static>, super::OpError> {
    let count = match value {
        Value::Missing | Value::Null => return Ok(Value::Missing),
        Value::Array(array) => array.iter().count(),
        Value::Object(object) => object.iter().map(|(key, _)| key).collect::<alloc::collections::BTreeSet<_>>().len(),
        text => super::with_text(text, |text| text.chars().count()).ok_or(super::OpError::NoLength)?,
    };
    Ok(Value::Int(i64::try_from(count).unwrap_or(i64::MAX)))
}
