//! Which events a sampled rule looks at: a stable part of all values of one field.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;

use crate::{Value, json};

/// All of `share`.
const WHOLE: u128 = 10_000;

/// Whether a value is in a rule's sample of `share` hundredths of a percent.
///
/// The sample is the same on every machine and in every release: the first eight bytes, little-endian, of BLAKE3 over the
/// length of the rule's name in bytes (64 bits, little-endian), the name, and the value's text, as a fraction of 2^64,
/// are below the share. The text of a value is text itself, the digits of a whole number, and else its canonical JSON; so
/// `7`, `7.0` and `"7"` are one value. Two rules take different parts; a larger share contains the smaller one.
#[must_use]
pub fn in_sample(value: Value<'_>, rule: &str, share: u16) -> bool {
    let text = text_of(value);
    let mut hasher = blake3::Hasher::new();
    hasher.update(&(rule.len() as u64).to_le_bytes()).update(rule.as_bytes()).update(text.as_bytes());
    let hash = hasher.finalize();
    let place = hash.as_bytes().first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
    u128::from(place).saturating_mul(WHOLE) >> 64 < u128::from(share)
}

const TWO_TO_THE_63: f64 = 9_223_372_036_854_775_808.0;

fn text_of(value: Value<'_>) -> Cow<'_, str> {
    match value {
        Value::Text(text) => Cow::Borrowed(text),
        Value::EscapedText(raw) => Cow::Owned(json::decode_escapes(raw)),
        Value::Float(float) => match whole(float) {
            Some(int) => Cow::Owned(format!("{int}")),
            // From here on every double is whole; without places behind the point all its digits are written.
            None if float.is_finite() && float.abs() >= TWO_TO_THE_63 => Cow::Owned(format!("{float:.0}")),
            None => Cow::Owned(canonical(&value)),
        },
        _ => Cow::Owned(canonical(&value)),
    }
}

/// The integer that a double is, among those that fit 64 bits.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::float_cmp,
    reason = "the cast saturates, and only a double that comes back the same is whole"
)]
fn whole(float: f64) -> Option<i64> {
    let int = float as i64;
    (int as f64 == float && int != i64::MAX).then_some(int)
}

fn canonical(value: &Value<'_>) -> String {
    let mut out = String::new();
    json::write_value(value, &mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_is_the_one_written_down() {
        // The places of 0 to 7 in hundredths of a percent, made from the definition with another BLAKE3.
        for (int, place) in (0_i64..).zip(PLACES) {
            assert!(!in_sample(Value::Int(int), "rule", place), "{int}");
            assert!(in_sample(Value::Int(int), "rule", place + 1), "{int}");
        }
        assert!((0..1000).all(|at| in_sample(Value::Int(at), "rule", 10_000)));
        assert!((0..1000).all(|at| !in_sample(Value::Int(at), "rule", 0)));
    }

    const PLACES: [u16; 8] = [5332, 7230, 3374, 7154, 9414, 9261, 4262, 1513];

    #[test]
    fn equal_values_are_sampled_alike_and_larger_shares_contain_smaller_ones() {
        for int in 0..500_i64 {
            let digits = format!("{int}");
            for share in [1, 100, 2_500, 9_999] {
                let taken = in_sample(Value::Int(int), "r", share);
                assert_eq!(in_sample(Value::Float(int as f64), "r", share), taken);
                assert_eq!(in_sample(Value::Text(&digits), "r", share), taken);
                assert!(!taken || in_sample(Value::Int(int), "r", share + 1));
            }
        }
    }

    #[test]
    fn large_whole_numbers_are_one_value_however_they_are_written() {
        for (float, digits) in [
            (9_223_372_036_854_775_808.0, "9223372036854775808"),
            (-9_223_372_036_854_775_808.0, "-9223372036854775808"),
            (1e20, "100000000000000000000"),
            (-1e23, "-99999999999999991611392"),
            (1_267_650_600_228_229_401_496_703_205_376.0, "1267650600228229401496703205376"),
        ] {
            assert_eq!(text_of(Value::Float(float)), digits);
            assert_eq!(text_of(Value::BigInt(digits)), digits);
        }
        assert_eq!(text_of(Value::Float(f64::INFINITY)), "1e999");
        assert_eq!(text_of(Value::Float(0.5)), "0.5");
    }

    #[test]
    fn a_share_takes_its_part_of_many_values() {
        let taken = (0..20_000).filter(|at| in_sample(Value::Int(*at), "r", 2_500)).count();
        assert!((4_700..5_300).contains(&taken), "{taken}");
    }
}
