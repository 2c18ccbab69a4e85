//! Hashes of values, so that equal values have equal hashes.
//!
//! A hash only says which rules to look at; whether they hold is decided on the values. So collisions cost time and
//! never change an answer.

use alloc::borrow::Cow;

use crate::json::search::find_byte;
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

/// A short text, or an integer, in words: equal ones stand for equal values, and for no others.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Exact {
    /// The number of bytes on top and the first seven of them; or what kind of other value it is.
    pub(super) first: u64,
    /// Of a text of more than seven bytes the last eight; or the integer.
    pub(super) second: u64,
}

impl Exact {
    /// No value that words stand for: of two such nothing is known.
    pub(super) const LOOSE: Self = Self { first: u64::MAX, second: 0 };
    const INT: u64 = 0xFE << 56;
    /// Most bytes of a text.
    const MOST: usize = 15;

    /// A text.
    #[inline(always)]
    pub(super) fn text(bytes: &[u8]) -> Self {
        let len = bytes.len();
        let (word, second) = match (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
            _ if len > Self::MOST => return Self::LOOSE,
            (Some(first), Some(last)) => (u64::from_le_bytes(*first) << 8 >> 8, u64::from_le_bytes(*last)),
            _ => (short(bytes), 0),
        };
        Self { first: (len as u64) << 56 | word, second }
    }

    const fn int(int: i64) -> Self {
        Self { first: Self::INT, second: int.cast_unsigned() }
    }

    /// Whether the first word says all.
    #[inline(always)]
    pub(super) const fn is_one_word(first: u64) -> bool {
        first >> 56 < 8
    }
}

/// The bytes of a text of at most seven.
#[inline(always)]
fn short(bytes: &[u8]) -> u64 {
    match (bytes.first_chunk::<4>(), bytes.last_chunk::<4>(), bytes) {
        (Some(first), Some(last), _) => {
            let shift = bytes.len().wrapping_sub(4).wrapping_mul(8) & 31;
            u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << shift
        }
        (_, _, [a, b, c]) => u64::from(*a) | u64::from(*b) << 8 | u64::from(*c) << 16,
        (_, _, [a, b]) => u64::from(*a) | u64::from(*b) << 8,
        (_, _, [a]) => u64::from(*a),
        _ => 0,
    }
}

/// What of a value keys are made of, and what tells it from all that has the same hash.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Mark {
    pub(super) hash: u64,
    pub(super) exact: Exact,
}

impl Mark {
    /// Stands for a part that an event does not have; no key is made of it.
    pub(super) const ABSENT: Self = Self { hash: 0, exact: Exact::LOOSE };

    /// A hash that others may have.
    pub(super) const fn loose(hash: u64) -> Self {
        Self { hash: hash | 1, exact: Exact::LOOSE }
    }

    /// A text.
    #[inline]
    pub(super) fn text(bytes: &[u8]) -> Self {
        let exact = Exact::text(bytes);
        // The lowest bit is given up to tell an absent part from a hash.
        Self { hash: hash(bytes, exact) | 1, exact }
    }

    const fn int(int: i64) -> Self {
        Self { hash: mix(INT, int.cast_unsigned()) | 1, exact: Exact::int(int) }
    }
}

/// Hash of a text.
#[inline]
pub(super) fn text(bytes: &[u8]) -> u64 {
    hash(bytes, Exact::text(bytes))
}

#[inline(always)]
fn hash(bytes: &[u8], exact: Exact) -> u64 {
    if exact == Exact::LOOSE { long(bytes) } else { mix(mix(TEXT, exact.first), exact.second) }
}

/// Hash of a text that words do not stand for.
#[inline(never)]
fn long(bytes: &[u8]) -> u64 {
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
    /// What this part of an event's value is, if it has one.
    #[inline]
    pub(super) fn of(self, value: Value<'_>) -> Option<Mark> {
        match (self, value) {
            (Self::Whole, Value::Text(body)) => Some(Mark::text(body.as_bytes())),
            (Self::Whole, Value::Int(int)) => Some(Mark::int(int)),
            (Self::Prefix(len), Value::Text(body)) => body.as_bytes().get(..len as usize).map(Mark::text),
            _ => self.of_other(value),
        }
    }

    #[inline(never)]
    fn of_other(self, value: Value<'_>) -> Option<Mark> {
        match self {
            Self::Whole => {
                return match Number::of(value) {
                    Some(value) => number(value).map(Mark::loose),
                    None => value.text().map(|body| Mark::loose(text(body.as_bytes()))),
                };
            }
            Self::Folded => return value.text().map(|body| Mark::loose(folded(&body))),
            Self::Prefix(_) | Self::LineSuffix(_) => {}
        }
        // Patterns see numbers as text, too.
        let body: Cow<'_, str> = ops::match_text(value).ok()?;
        let bytes = body.as_bytes();
        match self {
            Self::Whole | Self::Folded => None,
            Self::Prefix(len) => bytes.get(..len as usize).map(|part| Mark::loose(text(part))),
            Self::LineSuffix(len) => {
                let line = bytes.strip_suffix(b"\n").unwrap_or(bytes);
                let part = line.get(line.len().checked_sub(len as usize)?..)?;
                // Of a text of one line all tests of ends say the same.
                let one_line = matches!(value, Value::Text(_)) && !find_byte(bytes, b'\n');
                Some(if one_line { Mark::text(part) } else { Mark::loose(text(part)) })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_numbers_have_equal_hashes() {
        let of = |value| Part::Whole.of(value).map(|mark| mark.hash);
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
        let of = |part: Part, value| part.of(value).map(|mark| mark.hash);
        assert_eq!(of(Part::Whole, Value::Text("a\n")), of(Part::Whole, Value::EscapedText("a\\n")));
        for (a, b) in [("", "\0"), ("a", "a\0"), ("abcdefgh", "abcdefgh\0"), ("abcdefghi", "abcdefghii"), ("ab", "ba")]
        {
            assert_ne!(text(a.as_bytes()), text(b.as_bytes()), "{a:?} {b:?}");
        }
        assert_eq!(of(Part::Prefix(2), Value::Text("abc")), of(Part::Prefix(2), Value::Text("abd")));
        assert_eq!(of(Part::Prefix(2), Value::Int(123)), Some(text(b"12") | 1));
        assert_eq!(of(Part::Prefix(4), Value::Text("abc")), None);
        assert_eq!(of(Part::LineSuffix(2), Value::Text("xabc\n")), Some(text(b"bc") | 1));
        assert_eq!(
            of(Part::Folded, Value::Text("Straße ΣΑΣ")),
            of(Part::Folded, Value::EscapedText("STRA\\u00dfE σας"))
        );
        assert_ne!(of(Part::Folded, Value::Text("ab")), of(Part::Folded, Value::Text("ac")));
    }

    #[test]
    fn words_tell_short_texts_and_integers_apart() {
        let mut seen = alloc::collections::BTreeSet::new();
        for length in 0..16 {
            let text = alloc::vec![b'a'; length];
            assert!(seen.insert(Exact::text(&text)));
            for at in 0..length {
                for byte in [0, b'b', 0xFF] {
                    let mut other = text.clone();
                    other[at] = byte;
                    assert!(seen.insert(Exact::text(&other)), "{other:?}");
                }
            }
        }
        for int in [0, 1, -1, 0x61, i64::MIN, i64::MAX] {
            assert!(seen.insert(Exact::int(int)), "{int}");
        }
        assert!(!seen.contains(&Exact::LOOSE));
        assert_eq!(Exact::text(&[b'a'; 16]), Exact::LOOSE);
        let exact = |part: Part, value| part.of(value).map(|mark| mark.exact);
        assert_eq!(exact(Part::Whole, Value::Bool(true)), Some(Exact::LOOSE));
        assert_eq!(exact(Part::Whole, Value::EscapedText("a")), Some(Exact::LOOSE));
        assert_eq!(exact(Part::Prefix(1), Value::Int(1)), Some(Exact::LOOSE));
        assert_eq!(exact(Part::LineSuffix(1), Value::Text("a\n")), Some(Exact::LOOSE));
        assert_eq!(exact(Part::LineSuffix(1), Value::Text("\nba")), Some(Exact::LOOSE));
        assert_eq!(exact(Part::LineSuffix(1), Value::Text("ba")), Some(Exact::text(b"a")));
    }
}
