//! Deep equality and order.

use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use core::cmp::Ordering;

use super::{MAX_DEPTH, OpError, text::compare_text};
use crate::number::{self, Number};
use crate::{Array, Object, Value};

/// Deep equality: numbers by mathematical value (booleans are 0 and 1), text by code points, arrays element by
/// element, objects as mappings; values of different kinds are not equal.
///
/// # Errors
/// [`OpError::TooDeep`] past [`MAX_DEPTH`].
#[inline]
pub fn equal(left: Value<'_>, right: Value<'_>) -> Result<bool, OpError> {
    match (left, right) {
        (Value::Text(l), Value::Text(r)) => Ok(l == r),
        (Value::Int(l), Value::Int(r)) => Ok(l == r),
        _ => equal_at(left, right, 0),
    }
}

fn equal_at(left: Value<'_>, right: Value<'_>, depth: u32) -> Result<bool, OpError> {
    if depth > MAX_DEPTH {
        return Err(OpError::TooDeep);
    }
    if let (Some(l), Some(r)) = (Number::of(left), Number::of(right)) {
        return Ok(number::compare(l, r) == Some(Ordering::Equal));
    }
    match (left, right) {
        (Value::Null | Value::Missing, Value::Null | Value::Missing) => Ok(true),
        (Value::Array(l), Value::Array(r)) => arrays_equal(l, r, depth.saturating_add(1)),
        (Value::Object(l), Value::Object(r)) => objects_equal(l, r, depth.saturating_add(1)),
        _ => Ok(compare_text(left, right) == Some(Ordering::Equal)),
    }
}

fn arrays_equal(left: Array<'_>, right: Array<'_>, depth: u32) -> Result<bool, OpError> {
    let (mut l, mut r) = (left.iter(), right.iter());
    loop {
        match (l.next(), r.next()) {
            (None, None) => return Ok(true),
            (Some(l), Some(r)) => {
                if !equal_at(l, r, depth)? {
                    return Ok(false);
                }
            }
            _ => return Ok(false),
        }
    }
}

/// A map for each side, so that order and duplicate keys (the last counts) need no thought and cost n log n.
fn objects_equal(left: Object<'_>, right: Object<'_>, depth: u32) -> Result<bool, OpError> {
    let l: BTreeMap<Cow<'_, str>, Value<'_>> = left.iter().collect();
    let r: BTreeMap<Cow<'_, str>, Value<'_>> = right.iter().collect();
    if l.len() != r.len() {
        return Ok(false);
    }
    for ((lk, lv), (rk, rv)) in l.iter().zip(&r) {
        if lk != rk || !equal_at(*lv, *rv, depth)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Order of two values: numbers with numbers, text with text by code point, arrays with arrays by their first
/// difference. `Ok(None)` where a NaN takes part.
///
/// # Errors
/// [`OpError::Kinds`] for any other pair, [`OpError::TooDeep`] past [`MAX_DEPTH`].
#[inline]
pub fn order(left: Value<'_>, right: Value<'_>) -> Result<Option<Ordering>, OpError> {
    if let (Some(l), Some(r)) = (Number::of(left), Number::of(right)) {
        return Ok(number::compare(l, r));
    }
    order_at(left, right, 0)
}

fn order_at(left: Value<'_>, right: Value<'_>, depth: u32) -> Result<Option<Ordering>, OpError> {
    if depth > MAX_DEPTH {
        return Err(OpError::TooDeep);
    }
    if let (Some(l), Some(r)) = (Number::of(left), Number::of(right)) {
        return Ok(number::compare(l, r));
    }
    if let (Value::Array(l), Value::Array(r)) = (left, right) {
        return order_arrays(l, r, depth.saturating_add(1));
    }
    compare_text(left, right).map(Some).ok_or(OpError::Kinds)
}

fn order_arrays(left: Array<'_>, right: Array<'_>, depth: u32) -> Result<Option<Ordering>, OpError> {
    let (mut l, mut r) = (left.iter(), right.iter());
    loop {
        match (l.next(), r.next()) {
            (None, None) => return Ok(Some(Ordering::Equal)),
            (None, Some(_)) => return Ok(Some(Ordering::Less)),
            (Some(_), None) => return Ok(Some(Ordering::Greater)),
            // Only the first pair that differs is ordered, so `[1, "a"] < [2, 3]` is fine.
            (Some(l), Some(r)) => {
                if !equal_at(l, r, depth)? {
                    return order_at(l, r, depth);
                }
            }
        }
    }
}
