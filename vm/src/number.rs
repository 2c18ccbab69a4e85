//! Exact numbers: comparison by mathematical value, sums and means as CPython computes them.
//!
//! Integers have any size, doubles are IEEE-754, and booleans count as 0 and 1. `2^53 + 1` is not
//! `2^53` as a double, because nothing here converts an integer to a double in order to compare.

#![expect(
    clippy::arithmetic_side_effects,
    reason = "doubles and big integers neither overflow nor panic, and the one divisor is checked"
)]

use alloc::format;
use alloc::string::{String, ToString};
use core::cmp::Ordering;
use core::fmt::Write as _;

use num_bigint::{BigInt, BigUint, Sign};

use crate::Value;

/// A number as operators see it.
#[derive(Clone, Copy, Debug)]
pub enum Number<'a> {
    /// Fits 64 bits.
    Int(i64),
    /// Canonical decimal digits of an integer outside 64 bits.
    Big(&'a str),
    /// A double.
    Float(f64),
}

impl<'a> Number<'a> {
    /// The number a value counts as; booleans are 0 and 1, everything else but numbers is `None`.
    #[inline]
    #[must_use]
    pub fn of(value: Value<'a>) -> Option<Self> {
        match value {
            Value::Int(i) => Some(Self::Int(i)),
            Value::Float(f) => Some(Self::Float(f)),
            Value::Bool(b) => Some(Self::Int(i64::from(b))),
            Value::BigInt(digits) => Some(Self::Big(digits)),
            _ => None,
        }
    }
}

/// Orders two numbers by mathematical value; `None` only where a NaN takes part.
#[inline]
#[must_use]
pub fn compare(left: Number<'_>, right: Number<'_>) -> Option<Ordering> {
    use Number::{Big, Float, Int};
    match (left, right) {
        (Int(l), Int(r)) => Some(l.cmp(&r)),
        (Float(l), Float(r)) => l.partial_cmp(&r),
        (Int(l), Float(r)) => int_with_float(l, r),
        (Float(l), Int(r)) => int_with_float(r, l).map(Ordering::reverse),
        (Big(l), Big(r)) => Some(digits_with_digits(l, r)),
        (Big(l), Int(_)) => Some(sign_of(l)),
        (Int(_), Big(r)) => Some(sign_of(r).reverse()),
        (Big(l), Float(r)) => big_with_float(l, r),
        (Float(l), Big(r)) => big_with_float(r, l).map(Ordering::reverse),
    }
}

/// 2^63, the first double above every `i64`.
const TWO_POW_63: f64 = 9_223_372_036_854_775_808.0;

fn int_with_float(int: i64, float: f64) -> Option<Ordering> {
    if float.is_nan() {
        return None;
    }
    if float >= TWO_POW_63 {
        return Some(Ordering::Less);
    }
    if float < -TWO_POW_63 {
        return Some(Ordering::Greater);
    }
    // In range, so the cast truncates towards zero, and the truncated value converts back exactly:
    // a double with a fraction is below 2^53.
    let whole = float as i64;
    Some(int.cmp(&whole).then_with(|| {
        let back = whole as f64;
        back.partial_cmp(&float).unwrap_or(Ordering::Equal)
    }))
}

/// The sign of an integer outside 64 bits, as its order against any `i64`.
fn sign_of(big: &str) -> Ordering {
    if big.starts_with('-') { Ordering::Less } else { Ordering::Greater }
}

fn digits_with_digits(left: &str, right: &str) -> Ordering {
    match (left.strip_prefix('-'), right.strip_prefix('-')) {
        (None, None) => magnitude(left, right),
        (Some(l), Some(r)) => magnitude(r, l),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
    }
}

/// Canonical digits have no leading zero, so the longer number is the larger one.
fn magnitude(left: &str, right: &str) -> Ordering {
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
}

fn big_with_float(big: &str, float: f64) -> Option<Ordering> {
    if float.is_nan() {
        return None;
    }
    if float.abs() < TWO_POW_63 {
        return Some(sign_of(big));
    }
    if float.is_infinite() {
        return Some(if float > 0.0 { Ordering::Less } else { Ordering::Greater });
    }
    // From 2^63 on every double is an integer, and `{:.0}` prints all of its digits.
    Some(digits_with_digits(big, &format!("{float:.0}")))
}

/// Writes a double as Python's `repr` does: `5.0`, `1e+16`, `1e-07`, `inf`.
///
/// `MATCHES` sees numbers as this text, because the reference does.
pub fn write_float(float: f64, out: &mut String) {
    if float.is_nan() {
        out.push_str("nan");
        return;
    }
    if float.is_infinite() {
        out.push_str(if float > 0.0 { "inf" } else { "-inf" });
        return;
    }
    let scientific = format!("{float:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    // Writing to a String cannot fail.
    if (-4..16).contains(&exponent) {
        let plain = float.to_string();
        out.push_str(&plain);
        if !plain.contains('.') {
            out.push_str(".0");
        }
    } else {
        let sign = if exponent < 0 { '-' } else { '+' };
        let _ = write!(out, "{mantissa}e{sign}{:02}", exponent.unsigned_abs());
    }
}

/// A result too large for a double where one is needed; CPython raises `OverflowError`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Overflow;

/// A running sum: exact while only integers came, a double from the first double on.
#[derive(Clone, Debug)]
pub enum Sum {
    /// Integers so far.
    Int(i64),
    /// Integers so far, beyond 64 bits.
    Big(BigInt),
    /// At least one double came.
    Float(f64),
}

impl Default for Sum {
    fn default() -> Self {
        Self::Int(0)
    }
}

impl Sum {
    /// Adds one number, from left to right as `sum()` does.
    ///
    /// # Errors
    /// [`Overflow`] when a double meets an integer too large for one.
    pub fn plus(self, number: Number<'_>) -> Result<Self, Overflow> {
        Ok(match (self, number) {
            (Self::Int(l), Number::Int(r)) => match l.checked_add(r) {
                Some(sum) => Self::Int(sum),
                None => Self::Big(BigInt::from(l) + BigInt::from(r)),
            },
            (Self::Float(l), r) => Self::Float(l + to_float(r)?),
            (Self::Int(l), Number::Float(r)) => Self::Float(l as f64 + r),
            (Self::Big(l), Number::Float(r)) => Self::Float(big_to_float(&l)? + r),
            (Self::Int(l), Number::Big(r)) => shrink(BigInt::from(l) + parse_big(r)),
            (Self::Big(l), Number::Int(r)) => shrink(l + BigInt::from(r)),
            (Self::Big(l), Number::Big(r)) => shrink(l + parse_big(r)),
        })
    }

    /// The mean of `count` summed elements as a correctly rounded double; `None` for no elements.
    ///
    /// # Errors
    /// [`Overflow`] when the mean is beyond the largest double.
    pub fn mean(&self, count: u32) -> Option<Result<f64, Overflow>> {
        if count == 0 {
            return None;
        }
        Some(match self {
            Self::Float(sum) => Ok(*sum / f64::from(count)),
            // Up to 2^53 both sides are exact doubles, so one division rounds once.
            Self::Int(sum) if sum.unsigned_abs() <= 1 << 53 => Ok(*sum as f64 / f64::from(count)),
            Self::Int(sum) => divide(&BigInt::from(*sum), count),
            Self::Big(sum) => divide(sum, count),
        })
    }
}

fn shrink(big: BigInt) -> Sum {
    match i64::try_from(&big) {
        Ok(small) => Sum::Int(small),
        Err(_) => Sum::Big(big),
    }
}

/// Canonical digits always parse; an empty text cannot be constructed by the readers.
fn parse_big(digits: &str) -> BigInt {
    digits.parse().unwrap_or_default()
}

fn to_float(number: Number<'_>) -> Result<f64, Overflow> {
    match number {
        Number::Int(i) => Ok(i as f64),
        Number::Float(f) => Ok(f),
        Number::Big(digits) => digits_to_float(digits),
    }
}

fn big_to_float(big: &BigInt) -> Result<f64, Overflow> {
    digits_to_float(&big.to_string())
}

/// The decimal parser of core rounds correctly (ties to even), as CPython's conversion does.
fn digits_to_float(digits: &str) -> Result<f64, Overflow> {
    match digits.parse::<f64>() {
        Ok(float) if float.is_finite() => Ok(float),
        _ => Err(Overflow),
    }
}

/// Correctly rounded integer division, as Python's `/` on integers.
///
/// The quotient is computed with at least 56 significant bits and a sticky bit for the remainder,
/// so the one conversion to a double is the only rounding.
fn divide(sum: &BigInt, count: u32) -> Result<f64, Overflow> {
    let magnitude = sum.magnitude();
    let up = 96_u64.saturating_sub(magnitude.bits());
    let scaled: BigUint = magnitude << up;
    let quotient = &scaled / count;
    let mut sticky = &quotient * count != scaled;
    let down = quotient.bits().saturating_sub(64);
    let top: BigUint = &quotient >> down;
    sticky |= (&top << down) != quotient;
    let mut bits = u64::try_from(&top).unwrap_or(u64::MAX);
    if sticky {
        bits |= 1;
    }
    let exponent = i64::try_from(down).unwrap_or(i64::MAX).saturating_sub(i64::try_from(up).unwrap_or(0));
    let value = bits as f64 * power_of_two(exponent).ok_or(Overflow)?;
    if value.is_infinite() {
        return Err(Overflow);
    }
    Ok(if sum.sign() == Sign::Minus { -value } else { value })
}

/// `2^exponent` for the exponents of normal doubles; `None` above them.
fn power_of_two(exponent: i64) -> Option<f64> {
    if exponent > 1023 {
        return None;
    }
    let biased = u64::try_from(exponent.max(-1022).saturating_add(1023)).unwrap_or(0);
    Some(f64::from_bits(biased << 52))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_and_doubles_compare_by_mathematical_value() {
        let two53 = 9_007_199_254_740_992_i64;
        assert_eq!(compare(Number::Int(two53 + 1), Number::Float(two53 as f64)), Some(Ordering::Greater));
        assert_eq!(compare(Number::Int(i64::MAX), Number::Float(TWO_POW_63)), Some(Ordering::Less));
        assert_eq!(compare(Number::Int(i64::MIN), Number::Float(-TWO_POW_63)), Some(Ordering::Equal));
        assert_eq!(compare(Number::Int(-1), Number::Float(-1.5)), Some(Ordering::Greater));
        assert_eq!(compare(Number::Int(0), Number::Float(-0.5)), Some(Ordering::Greater));
        assert_eq!(
            compare(Number::Big("18446744073709551616"), Number::Float(18_446_744_073_709_551_616.0)),
            Some(Ordering::Equal)
        );
        assert_eq!(
            compare(Number::Big("18446744073709551617"), Number::Float(18_446_744_073_709_551_616.0)),
            Some(Ordering::Greater)
        );
        assert_eq!(compare(Number::Big("-18446744073709551617"), Number::Int(3)), Some(Ordering::Less));
        assert_eq!(compare(Number::Int(1), Number::Float(f64::NAN)), None);
    }

    #[test]
    fn doubles_print_as_python_prints_them() {
        for (float, text) in [
            (5.0, "5.0"),
            (1e16, "1e+16"),
            (1e15, "1000000000000000.0"),
            (1e-4, "0.0001"),
            (1e-5, "1e-05"),
            (1.5e300, "1.5e+300"),
            (-0.0, "-0.0"),
            (0.1, "0.1"),
            (123456.789, "123456.789"),
            (f64::INFINITY, "inf"),
        ] {
            let mut out = String::new();
            write_float(float, &mut out);
            assert_eq!(out, text);
        }
    }

    #[test]
    fn means_of_large_integers_round_once() {
        let sum = Sum::default().plus(Number::Int(i64::MAX)).unwrap().plus(Number::Int(i64::MAX)).unwrap();
        assert_eq!(sum.mean(2), Some(Ok(9_223_372_036_854_775_807_i64 as f64)));
        let odd = Sum::Int(9_007_199_254_740_993);
        assert_eq!(odd.mean(1), Some(Ok(9_007_199_254_740_992.0)));
        assert_eq!(odd.mean(3), Some(Ok(3_002_399_751_580_331.0)));
        assert_eq!(Sum::Int(-7).mean(2), Some(Ok(-3.5)));
        let huge = Sum::Big(BigInt::from(10).pow(400));
        assert_eq!(huge.mean(1), Some(Err(Overflow)));
        assert_eq!(Sum::default().mean(0), None);
    }
}
