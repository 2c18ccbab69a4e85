//! Cells: sets of values that every short test on a field answers alike.
//!
//! One value stands for its cell, and the machine itself says what a test answers to it. So what has to be right here is only that no test
//! changes its mind within a cell; where there are more bounds than needed, cells that leave the same are one.

use alloc::string::String;
use alloc::vec::Vec;

use super::field::{Ladder, Texts, Truths};
use crate::Value;
use crate::image::Tables;
use crate::isa::{Instruction, Opcode};

/// Most constants of one test.
const MAX_CONSTANTS: usize = 32;

/// Longest constant text in bytes.
const MAX_TEXT: usize = 64;

/// The constants that a test compares a value with, one by one and by nothing but order and equality; `None` for tests that do something
/// else, and for those with constants that cells are not made for.
pub(super) fn constants<'p>(tables: &Tables<'p>, test: &Instruction) -> Option<Vec<Value<'p>>> {
    let constant = |id: u32| tables.constant(id);
    let all: Vec<Value<'p>> = match test.op {
        Opcode::Exists | Opcode::IsNull => Vec::new(),
        Opcode::Eq
        | Opcode::Ne
        | Opcode::EqInt
        | Opcode::NeInt
        | Opcode::EqText
        | Opcode::NeText
        | Opcode::EqBool
        | Opcode::NeBool => [constant(test.c)?].to_vec(),
        Opcode::Lt
        | Opcode::Le
        | Opcode::Gt
        | Opcode::Ge
        | Opcode::LtInt
        | Opcode::LeInt
        | Opcode::GtInt
        | Opcode::GeInt
        | Opcode::LtFloat
        | Opcode::LeFloat
        | Opcode::GtFloat
        | Opcode::GeFloat => match constant(test.c)? {
            // The order of texts would need bounds of texts.
            Value::Text(_) => return None,
            other => [other].to_vec(),
        },
        Opcode::InSet | Opcode::NotInSet => {
            let set = tables.set(test.c)?;
            if (set.text_count as usize).saturating_add(set.number_count as usize) > MAX_CONSTANTS {
                return None;
            }
            let words = |first: u32, count: u32| (first..first.saturating_add(count)).map(|at| tables.set_word(at));
            let texts = words(set.texts, set.text_count).map(|id| tables.string(id?).map(Value::Text));
            texts.chain(words(set.numbers, set.number_count).map(|id| constant(id?))).collect::<Option<_>>()?
        }
        _ => return None,
    };
    all.iter().all(is_plain).then_some(all)
}

fn is_plain(constant: &Value<'_>) -> bool {
    match constant {
        Value::Null | Value::Bool(_) | Value::Int(_) => true,
        Value::Float(value) => !value.is_nan(),
        Value::Text(text) => text.len() <= MAX_TEXT,
        _ => false,
    }
}

/// Integers: what is compared with a constant may change its mind at it and behind it. A fraction lies between the integers that it is cut to
/// and the one behind, or before; both begin a cell.
pub(super) fn ints(constants: &[Value<'_>], left: impl Fn(Value<'_>) -> u64) -> Ladder<i64> {
    let mut bounds = Vec::new();
    for constant in constants {
        let at = match *constant {
            Value::Int(int) => int,
            Value::Bool(truth) => i64::from(truth),
            Value::Float(float) => float as i64,
            _ => continue,
        };
        bounds.extend([at, at.saturating_add(1)]);
    }
    bounds.sort_unstable();
    bounds.dedup();
    let below = bounds.first().map_or(0, |first| first.saturating_sub(1));
    ladder(bounds, below, i64::MAX, |int| left(Value::Int(int)))
}

/// Doubles: likewise. An integer that no double is equal to lies beside the one that it is rounded to.
pub(super) fn floats(constants: &[Value<'_>], left: impl Fn(Value<'_>) -> u64) -> Ladder<f64> {
    let mut bounds = Vec::new();
    for constant in constants {
        let at = match *constant {
            Value::Int(int) => int as f64,
            Value::Bool(truth) => f64::from(u8::from(truth)),
            Value::Float(float) => float,
            _ => continue,
        };
        bounds.extend([at, at.next_up()]);
    }
    bounds.sort_by(f64::total_cmp);
    // Zero and negative zero are equal.
    bounds.dedup_by(|one, other| one == other);
    let below = bounds.first().map_or(0.0, |first| first.next_down());
    ladder(bounds, below, f64::INFINITY, |float| left(Value::Float(float)))
}

/// Cells that leave the same become one.
fn ladder<T: Copy + PartialOrd>(bounds: Vec<T>, below: T, greatest: T, left: impl Fn(T) -> u64) -> Ladder<T> {
    let mut last = left(below);
    let (mut kept, mut ways) = (Vec::new(), [last].to_vec());
    for bound in bounds {
        let next = left(bound);
        if next != last {
            kept.push(bound);
            ways.push(next);
            last = next;
        }
    }
    Ladder::new(&kept, &ways, greatest)
}

pub(super) fn truths(left: impl Fn(Value<'_>) -> u64) -> Truths {
    Truths([false, true].map(|truth| left(Value::Bool(truth))))
}

/// Texts: each constant is a cell, and so are all others together.
pub(super) fn texts(constants: &[Value<'_>], left: impl Fn(Value<'_>) -> u64) -> Texts {
    // Longer than any of them.
    let other = String::from("x").repeat(MAX_TEXT.saturating_add(1));
    let rest = left(Value::Text(&other));
    let mut known: Vec<&str> = constants
        .iter()
        .filter_map(|constant| if let Value::Text(text) = constant { Some(*text) } else { None })
        .collect();
    known.sort_unstable();
    known.dedup();
    let left: Vec<(&str, u64)> = known.into_iter().map(|text| (text, left(Value::Text(text)))).collect();
    let left: Vec<(&str, u64)> = left.into_iter().filter(|(_, ways)| *ways != rest).collect();
    Texts::new(&left, rest)
}
