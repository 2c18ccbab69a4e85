//! What a field's value leaves of the ways.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::Left;
use crate::image::short_key;
use crate::{Facts, PathId, Value};

/// Up to that many bounds and texts lie in place.
const FEW: usize = 4;

/// More than that, such that a place is found without asking whether there is one.
const PLACES: usize = 8;

/// One field: for each value that it may have, the ways that are left open.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) path: PathId,
    pub(super) ints: Ladder<i64>,
    pub(super) floats: Ladder<f64>,
    pub(super) truths: Truths,
    pub(super) texts: Texts,
    /// Where it is missing or null.
    pub(super) nil: u64,
    /// The rules that have to be run.
    pub(super) run: Run,
}

/// The rules that have to be run, by the kind of a field.
#[derive(Debug)]
pub(super) struct Run {
    /// Numbers and truth values.
    pub(super) number: u64,
    pub(super) text: u64,
    /// Kinds that nothing was prepared for.
    pub(super) other: u64,
}

impl Field {
    /// Looks at a value that is not of the kind that rules mostly ask for.
    #[inline(never)]
    pub(super) fn other<F: Facts>(&self, facts: &F) -> Left {
        let (ways, run) = match facts.get(self.path) {
            Value::Missing | Value::Null => (self.nil, 0),
            Value::Bool(value) => (self.truths.of(value), self.run.number),
            Value::Int(value) => (self.ints.of(value), self.run.number),
            Value::Float(value) if !value.is_nan() => (self.floats.of(value), self.run.number),
            Value::Text(value) => (self.texts.of(value.as_bytes()), self.run.text),
            Value::Float(_) | Value::BigInt(_) | Value::EscapedText(_) | Value::Array(_) | Value::Object(_) => {
                (u64::MAX, self.run.other)
            }
        };
        Left { ways, run }
    }
}

/// Numbers: what is left from each bound on, and below the first one.
#[derive(Debug)]
pub(super) struct Ladder<T> {
    /// The first bounds, and behind them the greatest number.
    few: [T; FEW],
    more: Box<[T]>,
    /// What is left with that many bounds passed: of `few`, and of all.
    few_ways: [u64; PLACES],
    more_ways: Box<[u64]>,
}

impl<T: Copy + PartialOrd> Ladder<T> {
    /// From ascending bounds; `ways` has one more, that of values below the first bound.
    pub(super) fn new(bounds: &[T], ways: &[u64], greatest: T) -> Self {
        let mut few = [greatest; FEW];
        few.iter_mut().zip(bounds).for_each(|(place, bound)| *place = *bound);
        // The greatest number passes places that have no bound as well.
        let mut few_ways = [ways.last().copied().unwrap_or(0); PLACES];
        few_ways.iter_mut().zip(ways).for_each(|(place, ways)| *place = *ways);
        let more = bounds.get(FEW..).unwrap_or_default();
        Self { few, more: more.into(), few_ways, more_ways: if more.is_empty() { Box::default() } else { ways.into() } }
    }

    #[inline(always)]
    pub(super) fn of(&self, value: T) -> u64 {
        // Counted without a branch between them: which one it is cannot be guessed.
        let few = self.few.iter().fold(0_usize, |at, bound| at.wrapping_add(usize::from(*bound <= value)));
        if self.more.is_empty() {
            return self.few_ways.get(few % PLACES).copied().unwrap_or(0);
        }
        let more = self.more.partition_point(|bound| *bound <= value);
        self.more_ways.get(few.wrapping_add(more)).copied().unwrap_or(0)
    }
}

/// The two truth values.
#[derive(Debug)]
pub(super) struct Truths(pub(super) [u64; 2]);

impl Truths {
    #[inline(always)]
    pub(super) const fn of(&self, value: bool) -> u64 {
        let [no, yes] = self.0;
        if value { yes } else { no }
    }
}

/// Texts.
#[derive(Debug)]
pub(super) struct Texts {
    /// Texts of at most seven bytes as numbers, each in the place that [`Spread`] gives it.
    short: Box<[u64]>,
    spread: Spread,
    /// For each place what is left by its text, and what is left by every other.
    ways: Box<[u64]>,
    /// Short texts that share their place with one before them, ascending.
    more: Box<[(u64, u64)]>,
    /// Others.
    long: Box<[(Box<[u8]>, u64)]>,
    /// What every other text leaves.
    rest: u64,
}

/// Stands in places that no text has: no length of a short text is so large.
const NO_TEXT: u64 = u64::MAX;

impl Texts {
    /// From distinct texts with what each leaves, and what every other text leaves.
    pub(super) fn new(texts: &[(&str, u64)], rest: u64) -> Self {
        let key = |text: &str| short_key(text.as_bytes());
        let all: Vec<(u64, u64)> = texts.iter().filter_map(|(text, ways)| Some((key(text)?, *ways))).collect();
        let long = texts.iter().filter(|(text, _)| key(text).is_none());
        let spread = Spread::of(&all);
        let (mut short, mut more) = ([NO_TEXT].repeat(spread.places()), Vec::new());
        let mut ways = [rest].repeat(short.len().saturating_mul(2));
        for (key, left) in all {
            let at = spread.place(key);
            match (short.get_mut(at), ways.get_mut(at.saturating_mul(2))) {
                (Some(place), Some(way)) if *place == NO_TEXT => (*place, *way) = (key, left),
                _ => more.push((key, left)),
            }
        }
        more.sort_unstable();
        Self {
            short: short.into(),
            spread,
            ways: ways.into(),
            more: more.into(),
            long: long.map(|(text, ways)| (text.as_bytes().into(), *ways)).collect(),
            rest,
        }
    }

    #[inline(always)]
    pub(super) fn of(&self, value: &[u8]) -> u64 {
        match short_key(value) {
            Some(key) if self.more.is_empty() => self.of_short(key),
            None if self.long.is_empty() => self.rest,
            key => self.of_rare(key, value),
        }
    }

    #[inline(always)]
    fn of_short(&self, key: u64) -> u64 {
        let at = self.spread.place(key);
        let member = self.short.get(at).copied().unwrap_or(NO_TEXT);
        // Which text it is cannot be guessed, so whether it is the one of its place is a number and no branch.
        let other = usize::from(member != key);
        self.ways.get(at.wrapping_mul(2) | other).copied().unwrap_or(0)
    }

    #[inline(never)]
    fn of_rare(&self, key: Option<u64>, value: &[u8]) -> u64 {
        let found = match key {
            Some(key) => match self.more.binary_search_by_key(&key, |(member, _)| *member) {
                Ok(at) => self.more.get(at).map(|(_, ways)| *ways),
                Err(_) => return self.of_short(key),
            },
            None => self.long.iter().find(|(member, _)| **member == *value).map(|(_, ways)| *ways),
        };
        found.unwrap_or(self.rest)
    }
}

/// How short texts are spread over places: by the highest bits of a product, on which every byte has a say.
#[derive(Clone, Copy, Debug)]
struct Spread {
    factor: u64,
    /// The number of places as a power of two.
    bits: u32,
}

impl Spread {
    /// How many factors are tried for each number of places.
    const FACTORS: u32 = 16;

    /// As a power of two: the most places.
    const MOST_BITS: u32 = 8;

    /// One that gives each text a place of its own, if one is found.
    fn of(texts: &[(u64, u64)]) -> Self {
        let mut spread = Self { factor: 0x9e37_79b9_7f4a_7c15, bits: 1 };
        for bits in 1..=Self::MOST_BITS {
            for _ in 0..Self::FACTORS {
                spread = Self { factor: spread.factor.wrapping_mul(0xd134_2543_de82_ef95), bits };
                let mut taken: Vec<usize> = texts.iter().map(|(key, _)| spread.place(*key)).collect();
                taken.sort_unstable();
                taken.dedup();
                if taken.len() == texts.len() {
                    return spread;
                }
            }
        }
        spread
    }

    fn places(self) -> usize {
        1_usize.checked_shl(self.bits).unwrap_or(1)
    }

    #[inline(always)]
    fn place(self, key: u64) -> usize {
        // At most as many bits as a number of places has, so nothing is lost.
        (key.wrapping_mul(self.factor) >> (u64::BITS.wrapping_sub(self.bits) & 63)) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use alloc::string::String;

    #[test]
    fn texts_are_told_apart_in_little_memory() {
        for count in [0, 1, 2, 5, 24, 25, 90] {
            for form in ["{}", "C{}", "{}{}", "key {}", "a longer text {}"] {
                let letter = |n: usize| char::from(b'!' + n as u8);
                let texts: Vec<String> = (0..count).map(|n| form.replace("{}", &format!("{}", letter(n)))).collect();
                let known: Vec<(&str, u64)> = (1_u64..).zip(&texts).map(|(n, text)| (text.as_str(), n)).collect();
                let table = Texts::new(&known, 1000);
                for (text, ways) in &known {
                    assert_eq!(table.of(text.as_bytes()), *ways, "{text}");
                }
                for other in ["", "~", "C~", "key ~", "a longer text ~", "!!!", "a\0", "12345678"] {
                    assert_eq!(table.of(other.as_bytes()), 1000, "{other}");
                }
                assert!(table.short.len() <= 256 && table.ways.len() == 2 * table.short.len());
                assert!(count > 24 || table.more.is_empty(), "{count} {form}");
            }
        }
    }
}
