//! Sets of scalars, made ready to be asked for one value.

use alloc::vec::Vec;
use core::cmp::Ordering;

use super::hot::Const;
use crate::Value;
use crate::number::{self, Number};

/// Sets with at most this many texts are looked through one by one, larger ones by halving.
const LINEAR: usize = 8;

/// Up to this many short texts are compared all at once.
const FEW: usize = 4;

/// A set: its texts and numbers, each sorted.
#[derive(Debug, Default)]
pub(crate) struct HotSet {
    /// All texts, where they are few and short: see [`short_key`]. Places behind the last one repeat it.
    few: Option<[u64; FEW]>,
    texts: Vec<HotText>,
    /// The numbers, where all of them fit 64 bits.
    ints: Vec<i64>,
    /// The numbers, where some does not.
    numbers: Vec<Const>,
}

/// A member that is text. Eight bytes decide most comparisons without touching the image.
#[derive(Clone, Copy, Debug)]
struct HotText {
    /// The first eight bytes, the first one highest, zeros after a shorter text: orders as the text does.
    prefix: u64,
    start: u32,
    end: u32,
}

impl HotText {
    fn bytes<'t>(&self, text: &'t str) -> &'t [u8] {
        text.as_bytes().get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

/// The first eight bytes, the first one highest.
#[inline(always)]
fn prefix(bytes: &[u8]) -> u64 {
    if let Some(first) = bytes.first_chunk::<8>() {
        return u64::from_be_bytes(*first);
    }
    // Four to seven bytes are two words that overlap.
    if let Some((first, last)) = bytes.first_chunk::<4>().zip(bytes.last_chunk::<4>()) {
        let behind = 8_u32.saturating_sub(u32::try_from(bytes.len()).unwrap_or(8)).wrapping_mul(8);
        return u64::from(u32::from_be_bytes(*first)) << 32 | u64::from(u32::from_be_bytes(*last)) << (behind & 63);
    }
    match *bytes {
        [a] => u64::from(a) << 56,
        [a, b] => u64::from(a) << 56 | u64::from(b) << 48,
        [a, b, c] => u64::from(a) << 56 | u64::from(b) << 48 | u64::from(c) << 40,
        _ => 0,
    }
}

/// A text of at most seven bytes as one number, its length lowest.
#[inline(always)]
pub(crate) fn short_key(bytes: &[u8]) -> Option<u64> {
    if bytes.len() < 8 { Some(prefix(bytes) | bytes.len() as u64) } else { None }
}

/// The texts of a set as numbers, if they are few and short.
fn few(texts: &[HotText], text: &str) -> Option<[u64; FEW]> {
    let last = short_key(texts.last()?.bytes(text))?;
    let mut keys = [last; FEW];
    for (at, member) in texts.iter().enumerate() {
        *keys.get_mut(at)? = short_key(member.bytes(text))?;
    }
    Some(keys)
}

impl HotSet {
    /// From members that are sorted: texts as ranges of the image's text, and numbers.
    pub(super) fn new(text: &str, texts: impl Iterator<Item = (u32, u32)>, numbers: Vec<Const>) -> Self {
        let texts: Vec<HotText> = texts
            .map(|(start, end)| {
                let mut member = HotText { prefix: 0, start, end };
                member.prefix = prefix(member.bytes(text));
                member
            })
            .collect();
        let ints: Option<Vec<i64>> =
            numbers.iter().map(|number| if let Const::Int(int) = number { Some(*int) } else { None }).collect();
        let few = few(&texts, text);
        match ints {
            Some(ints) => Self { few, texts, ints, numbers: Vec::new() },
            None => Self { few, texts, ints: Vec::new(), numbers },
        }
    }

    /// The members: texts as ranges, and numbers.
    pub(super) fn members(&self) -> (impl Iterator<Item = (u32, u32)>, impl Iterator<Item = Const>) {
        let texts = self.texts.iter().map(|text| (text.start, text.end));
        (texts, self.ints.iter().map(|int| Const::Int(*int)).chain(self.numbers.iter().copied()))
    }

    /// Whether the set has the value.
    #[inline]
    pub(crate) fn has(&self, value: Value<'_>, text: &str) -> bool {
        match value {
            Value::Text(wanted) => self.has_text(wanted.as_bytes(), text),
            Value::Int(wanted) if self.numbers.is_empty() => self.ints.binary_search(&wanted).is_ok(),
            _ => self.has_other(value, text),
        }
    }

    /// Whether the set has the text.
    #[inline(always)]
    pub(crate) fn has_text(&self, wanted: &[u8], text: &str) -> bool {
        if let Some(few) = &self.few {
            return short_key(wanted).is_some_and(|key| few.iter().fold(false, |has, member| has | (*member == key)));
        }
        self.has_any_text(wanted, text)
    }

    #[inline(never)]
    fn has_any_text(&self, wanted: &[u8], text: &str) -> bool {
        let key = prefix(wanted);
        if self.texts.len() <= LINEAR {
            // The length is compared before the bytes are, so a prefix that is all of the text needs no look at them.
            let same = |member: &HotText| {
                member.prefix == key
                    && member.end.wrapping_sub(member.start) as usize == wanted.len()
                    && (wanted.len() <= 8 || member.bytes(text) == wanted)
            };
            return self.texts.iter().any(same);
        }
        let order = |member: &HotText| member.prefix.cmp(&key).then_with(|| member.bytes(text).cmp(wanted));
        self.texts.binary_search_by(order).is_ok()
    }

    #[inline(never)]
    fn has_other(&self, value: Value<'_>, text: &str) -> bool {
        let Some(number) = Number::of(value) else {
            return crate::ops::with_text(value, |wanted| self.has_text(wanted.as_bytes(), text)).unwrap_or(false);
        };
        // Members are no NaNs; a NaN as value is behind all of them.
        let order = |member| number::compare(member, number).unwrap_or(Ordering::Less);
        if self.numbers.is_empty() {
            return self.ints.binary_search_by(|int| order(Number::Int(*int))).is_ok();
        }
        let order_const = |member: &Const| Number::of(member.value(text)).map_or(Ordering::Less, order);
        self.numbers.binary_search_by(order_const).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;

    fn set(words: &[&str], numbers: Vec<Const>) -> (String, HotSet) {
        let mut words = words.to_vec();
        words.sort_unstable();
        let text: String = words.concat();
        let mut at = 0;
        let ranges: Vec<(u32, u32)> = words
            .iter()
            .map(|word| {
                let start = at;
                at += word.len() as u32;
                (start, at)
            })
            .collect();
        let set = HotSet::new(&text, ranges.into_iter(), numbers);
        (text, set)
    }

    #[test]
    fn texts_are_found_whatever_their_length_and_zeros() {
        let words = ["", "a", "a\0", "a\0\0", "abcdefgh", "abcdefgh\0", "abcdefghi", "é", "zz", "abcdefgz", "b", "c"];
        for count in [3, words.len()] {
            let (text, set) = set(&words[..count], Vec::new());
            for word in words {
                assert_eq!(set.has(Value::Text(word), &text), words[..count].contains(&word), "{word:?}");
            }
            assert!(!set.has(Value::Text("abcdefghj"), &text));
            assert!(set.has(Value::EscapedText("a\\u0000"), &text));
        }
    }

    #[test]
    fn numbers_are_found_by_value() {
        let (text, ints) = set(&[], alloc::vec![Const::Int(-3), Const::Int(1), Const::Int(1 << 53)]);
        assert!(
            ints.has(Value::Int(-3), &text) && ints.has(Value::Float(1.0), &text) && ints.has(Value::Bool(true), &text)
        );
        assert!(!ints.has(Value::Float(1.5), &text) && !ints.has(Value::Float(f64::NAN), &text));
        assert!(!ints.has(Value::BigInt("9223372036854775808"), &text) && !ints.has(Value::Null, &text));
        let (text, mixed) = set(&[], alloc::vec![Const::Int(-3), Const::Float(0.5), Const::Int(7)]);
        assert!(mixed.has(Value::Int(7), &text) && mixed.has(Value::Float(0.5), &text));
        assert!(!mixed.has(Value::Int(0), &text));
    }
}
