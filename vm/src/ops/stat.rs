//! `SUM`, `AVG`, `MIN`, `MAX`, `COUNT` over the elements of an array.

use alloc::string::{String, ToString};
use core::cmp::Ordering;

use super::{OpError, compare};
use crate::Value;
use crate::number::{Number, Sum};

/// Which statistic.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Stat {
    /// The sum; 0 for an empty array.
    Sum,
    /// The mean; nothing for an empty array.
    Avg,
    /// The first smallest element.
    Min,
    /// The first largest element.
    Max,
    /// The number of elements.
    Count,
}

/// A statistic that may own its digits: only a sum beyond 64 bits does.
#[derive(Clone, Debug)]
pub enum StatValue<'a> {
    /// No statistic: not an array, or the mean of nothing. Every comparison with it is false.
    None,
    /// An element, a count, or a sum that fits.
    Value(Value<'a>),
    /// Digits of a sum outside 64 bits.
    Digits(String),
}

impl StatValue<'_> {
    /// As a value to compare; `None` when there is no statistic.
    #[must_use]
    pub fn as_value(&self) -> Option<Value<'_>> {
        match self {
            Self::None => None,
            Self::Value(value) => Some(*value),
            Self::Digits(digits) => Some(Value::BigInt(digits)),
        }
    }
}

/// Computes a statistic.
///
/// # Errors
/// Elements that cannot be added or ordered, `MIN`/`MAX` of nothing, integers too large for a mean.
pub fn statistic<'a>(stat: Stat, elements: impl Iterator<Item = Value<'a>>) -> Result<StatValue<'a>, OpError> {
    match stat {
        Stat::Count => {
            let count = elements.count();
            Ok(StatValue::Value(Value::Int(i64::try_from(count).unwrap_or(i64::MAX))))
        }
        Stat::Sum => Ok(match sum(elements)?.0 {
            Sum::Int(int) => StatValue::Value(Value::Int(int)),
            Sum::Float(float) => StatValue::Value(Value::Float(float)),
            Sum::Big(big) => StatValue::Digits(big.to_string()),
        }),
        Stat::Avg => {
            let (sum, count) = sum(elements)?;
            match sum.mean(count) {
                None => Ok(StatValue::None),
                Some(mean) => mean.map(|mean| StatValue::Value(Value::Float(mean))).map_err(|_| OpError::TooLarge),
            }
        }
        Stat::Min => extreme(elements, Ordering::Less).map(StatValue::Value),
        Stat::Max => extreme(elements, Ordering::Greater).map(StatValue::Value),
    }
}

fn sum<'a>(elements: impl Iterator<Item = Value<'a>>) -> Result<(Sum, u32), OpError> {
    let mut total = Sum::default();
    let mut count = 0_u32;
    for element in elements {
        let number = Number::of(element).ok_or(OpError::NotAddable)?;
        total = total.plus(number).map_err(|_| OpError::TooLarge)?;
        count = count.saturating_add(1);
    }
    Ok((total, count))
}

/// The first element that no other is before (or after): ties keep the first, as `min` and `max` do.
fn extreme<'a>(mut elements: impl Iterator<Item = Value<'a>>, wanted: Ordering) -> Result<Value<'a>, OpError> {
    let mut best = elements.next().ok_or(OpError::EmptyArray)?;
    for element in elements {
        let order = compare::order(element, best).map_err(|_| OpError::NotOrderable)?;
        if order == Some(wanted) {
            best = element;
        }
    }
    Ok(best)
}
