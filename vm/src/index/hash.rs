//! Hashes of values, so that equal values have equal hashes.
//!
//! A hash only says which rules to look at; whether they hold is decided on the values. So collisions cost time and
//! never change an answer.

use alloc::borrow::Cow;

use crate::number::Number;
use crate::{Value, ops};

/// What of a value is hashed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Part {
    /// All of a scalar.
    Whole,
    /// The first bytes of its text.
    Prefix(u32),
    /// The last bytes of its text, or those before a final newline. Hashed for both readings.
    LineSuffix(u32),
    /// All of its text, whatever the case of its letters.
    Folded,
}

/// Odd constants with about as many ones as zeros (digits of pi).
const K0: u64 = 0x2430_8d31_3198_a2e1;
const K1: u64 = 0x0370_7344_a409_3823;
const TEXT: u64 = 0x299f_31d0_082e_fa99;
const FLOAT: u64 = 0xec4e_6c89_4528_21e7;
const INT: u64 = 0x38d0_1377_be54_66cf;
/// All integers outside 64 bits, and the doubles that may equal one.
const BIG: u64 = 0x34e9_0c6c_c0ac_29b7;

/// Multiplies to 128 bits and folds the halves together (the step of wyhash).
#[inline(always)]
pub(super) const fn mix(a: u64, b: u64) -> u64 {
    let product = ((a ^ K0) as u128).wrapping_mul((b ^ K1) as u128);
    (product & u64::MAX as u128) as u64 ^ (product >> 64) as u64
}

/// Hash of a text.
#[inline]
pub(super) fn text(bytes: &[u8]) -> u64 {
    let mut hash = mix(TEXT, bytes.len() as u64);
    let (words, rest) = bytes.as_chunks::<8>();
    for word in words {
        hash = mix(hash, u64::from_le_bytes(*word));
    }
    if rest.is_empty() {
        return hash;
    }
    // Of a text of eight bytes or more the last eight, which overlap those before; of a shorter one all.
    let last = match bytes.last_chunk::<8>() {
        Some(last) => u64::from_le_bytes(*last),
        None => rest.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)),
    };
    mix(hash, last)
}

/// Hash of a text under simple case folding.
fn folded(text: &str) -> u64 {
    text.chars().fold(TEXT, |hash, character| mix(hash, u64::from(ops::fold(character))))
}

/// Hash of a number: the same for the integer, the double and the truth value that are equal. `None` for NaN, which
/// equals nothing.
pub(super) fn number(number: Number<'_>) -> Option<u64> {
    /// 2^63.
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    match number {
        Number::Int(int) => Some(mix(INT, int.cast_unsigned())),
        Number::Big(_) => Some(BIG),
        Number::Float(float) if float.is_nan() => None,
        Number::Float(float) if !(-LIMIT..LIMIT).contains(&float) => Some(BIG),
        Number::Float(float) => {
            // In range, so the cast truncates, and a double that is whole survives it.
            let whole = float as i64;
            if whole as f64 == float {
                Some(mix(INT, whole.cast_unsigned()))
            } else {
                Some(mix(FLOAT, float.to_bits()))
            }
        }
    }
}

impl Part {
    /// The hash of this part of an event's value, if it has one.
    #[inline]
    pub(super) fn of(self, value: Value<'_>) -> Option<u64> {
        match (self, value) {
            (Self::Whole, Value::Text(body)) => Some(text(body.as_bytes())),
            (Self::Whole, Value::Int(int)) => Some(mix(INT, int.cast_unsigned())),
            (Self::Folded, Value::Text(body)) => Some(folded(body)),
            (Self::Prefix(len), Value::Text(body)) => body.as_bytes().get(..len as usize).map(text),
            _ => self.of_other(value),
        }
    }

    #[inline(never)]
    fn of_other(self, value: Value<'_>) -> Option<u64> {
        match self {
            Self::Whole => {
                return match Number::of(value) {
                    Some(value) => number(value),
                    None => value.text().map(|body| text(body.as_bytes())),
                };
            }
            Self::Folded => return value.text().map(|body| folded(&body)),
            Self::Prefix(_) | Self::LineSuffix(_) => {}
        }
        // Patterns see numbers as text, too.
        let body: Cow<'_, str> = ops::match_text(value).ok()?;
        let bytes = body.as_bytes();
        let tail =
            |bytes: &[u8], len: u32| bytes.len().checked_sub(len as usize).and_then(|at| bytes.get(at..).map(text));
        match self {
            Self::Whole | Self::Folded => None,
            Self::Prefix(len) => bytes.get(..len as usize).map(text),
            Self::LineSuffix(len) => tail(bytes.strip_suffix(b"\n").unwrap_or(bytes), len),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_numbers_have_equal_hashes() {
        let of = |value| Part::Whole.of(value);
        assert_eq!(of(Value::Int(1)), of(Value::Float(1.0)));
        assert_eq!(of(Value::Int(1)), of(Value::Bool(true)));
        assert_eq!(of(Value::Int(0)), of(Value::Float(-0.0)));
        assert_eq!(of(Value::Int(i64::MIN)), of(Value::Float(-9_223_372_036_854_775_808.0)));
        assert_eq!(of(Value::BigInt("9223372036854775808")), of(Value::Float(9_223_372_036_854_775_808.0)));
        assert_ne!(of(Value::Int(1)), of(Value::Float(1.5)));
        assert_eq!(of(Value::Float(f64::NAN)), None);
        assert_eq!(of(Value::Missing), None);
    }

    #[test]
    fn texts_hash_by_content_however_they_are_written() {
        assert_eq!(Part::Whole.of(Value::Text("a\n")), Part::Whole.of(Value::EscapedText("a\\n")));
        for (a, b) in [("", "\0"), ("a", "a\0"), ("abcdefgh", "abcdefgh\0"), ("abcdefghi", "abcdefghii"), ("ab", "ba")]
        {
            assert_ne!(text(a.as_bytes()), text(b.as_bytes()), "{a:?} {b:?}");
        }
        assert_eq!(Part::Prefix(2).of(Value::Text("abc")), Part::Prefix(2).of(Value::Text("abd")));
        assert_eq!(Part::Prefix(2).of(Value::Int(123)), Some(text(b"12")));
        assert_eq!(Part::Prefix(4).of(Value::Text("abc")), None);
        assert_eq!(Part::LineSuffix(2).of(Value::Text("xabc\n")), Some(text(b"bc")));
        assert_eq!(Part::Folded.of(Value::Text("Straße ΣΑΣ")), Part::Folded.of(Value::EscapedText("STRA\\u00dfE σας")));
        assert_ne!(Part::Folded.of(Value::Text("ab")), Part::Folded.of(Value::Text("ac")));
    }
}
