//! Equality and order over whole values.

use std::cmp::Ordering;

use serde_json::Value;

use super::number::Num;

/// Two values that have no order, or a value an operator has no meaning for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault(pub &'static str);

/// Deep equality by mathematical value: `1`, `1.0` and `true` are equal, objects compare by their keys.
pub fn equal(a: &Value, b: &Value) -> bool {
    if let (Some(a), Some(b)) = (Num::of(a), Num::of(b)) {
        return a.order(&b) == Some(Ordering::Equal);
    }
    match (a, b) {
        (Value::Null, Value::Null) => true,
        (Value::String(a), Value::String(b)) => a == b,
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| equal(a, b)))
        }
        _ => false,
    }
}

/// Order of two numbers, two strings (by code point) or two arrays (by their first unequal elements).
pub fn order(a: &Value, b: &Value) -> Result<Option<Ordering>, Fault> {
    if let (Some(a), Some(b)) = (Num::of(a), Num::of(b)) {
        return Ok(a.order(&b));
    }
    match (a, b) {
        (Value::String(a), Value::String(b)) => Ok(Some(a.chars().cmp(b.chars()))),
        (Value::Array(a), Value::Array(b)) => match a.iter().zip(b).find(|(a, b)| !equal(a, b)) {
            Some((a, b)) => order(a, b),
            None => Ok(Some(a.len().cmp(&b.len()))),
        },
        _ => Err(Fault("values without an order")),
    }
}

/// Equality that also tells `1`, `1.0` and `true` apart: what a written document has to keep.
pub fn identical(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(x), Value::Number(y)) => {
            let same_kind = matches!(
                (Num::of(a), Num::of(b)),
                (Some(Num::Int(_)), Some(Num::Int(_))) | (Some(Num::Float(_)), Some(Num::Float(_)))
            );
            same_kind && (x == y || equal(a, b))
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| identical(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| identical(a, b)))
        }
        _ => a == b,
    }
}

/// Everything but null, false, zero and what has no length.
pub fn truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(object) => !object.is_empty(),
        number => !equal(number, &Value::from(0)),
    }
}
