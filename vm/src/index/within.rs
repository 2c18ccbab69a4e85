//! From what a value has in it to the rules that ask for it: parts of a text, elements of a list, keys of a mapping.
//!
//! Of each wanted text four bytes are taken, those that the fewest wanted texts share. One pass over a value looks every
//! run of four bytes up: a bit says of most at once that nobody wants them. Wanted texts of fewer bytes are taken whole.

use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;

use super::atom::Within;
use super::hash::{self, Mark, Part};
use super::table::{Keys, Table};
use crate::{Value, ops};

/// Most bytes of a wanted text that are looked up.
const WIDTH: usize = 4;
/// Bits of the filter for each run of bytes that is looked for.
const FILTER_BITS: usize = 16;
/// Rules that are noted before those noted twice are dropped.
const NOTED: usize = 4096;

/// What rules want of one field.
#[derive(Debug, Default)]
pub(super) struct WithinIndex {
    parts: Parts,
    members: Table,
}

/// Parts of texts.
#[derive(Debug, Default)]
struct Parts {
    /// Whether runs of 1, 2, 3, 4 bytes are looked for.
    widths: [bool; WIDTH],
    /// A power of two of words; a bit is set for each run.
    filter: Vec<u64>,
    runs: Table,
}

impl WithinIndex {
    /// Builds it from what the rules want.
    pub(super) fn new(wanted: &[(Within, u32)]) -> Self {
        let members = wanted.iter().filter_map(|(within, rule)| Some((within.member?, *rule))).collect();
        Self { parts: Parts::new(wanted), members: Table::new(members) }
    }

    /// Adds the rules that want something of what the value has, and perhaps others: candidates that are to be decided.
    pub(super) fn find(&self, value: Value<'_>, out: &mut Vec<u32>) {
        let mut noted = Noted { out, limit: NOTED };
        match value {
            Value::Missing | Value::Null => {}
            Value::Array(elements) => {
                let marks = elements.iter().filter_map(|element| Part::Whole.of(element));
                noted.take(&self.members, marks);
            }
            Value::Object(entries) => {
                noted.take(&self.members, entries.iter().map(|(key, _)| Mark::text(key.as_bytes())))
            }
            Value::Text(text) => self.parts.find(text.as_bytes(), &mut noted),
            other => {
                if let (false, Ok(text)) = (self.parts.filter.is_empty(), ops::match_text(other)) {
                    self.parts.find(text.as_bytes(), &mut noted);
                }
            }
        }
    }

    /// Size in memory.
    pub(super) fn bytes(&self) -> usize {
        let filter = self.parts.filter.len().saturating_mul(size_of::<u64>());
        self.members.bytes().saturating_add(self.parts.runs.bytes()).saturating_add(filter)
    }
}

/// Rules found, each perhaps several times.
struct Noted<'o> {
    out: &'o mut Vec<u32>,
    limit: usize,
}

impl Noted<'_> {
    fn take(&mut self, table: &Table, marks: impl Iterator<Item = Mark>) {
        if table.is_empty() {
            return;
        }
        for mark in marks {
            self.one(table, mark.hash);
        }
    }

    /// A value of a million times the same has no more rules than one of one.
    fn one(&mut self, table: &Table, hash: u64) {
        table.find(hash, self.out);
        if self.out.len() > self.limit {
            self.out.sort_unstable();
            self.out.dedup();
            self.limit = self.out.len().saturating_mul(2).max(NOTED);
        }
    }
}

impl Parts {
    fn new(wanted: &[(Within, u32)]) -> Self {
        let needles = || wanted.iter().flat_map(|(within, rule)| within.needles.iter().map(|needle| (needle, *rule)));
        let mut shared: BTreeMap<(usize, u32), u32> = BTreeMap::new();
        for run in needles().flat_map(|(needle, _)| runs(needle)) {
            let count = shared.entry(run).or_default();
            *count = count.saturating_add(1);
        }
        let mut widths = [false; WIDTH];
        let mut keys = Vec::new();
        for (needle, rule) in needles() {
            let Some((width, run)) = runs(needle).min_by_key(|run| shared.get(run).copied()) else { continue };
            if let Some(used) = widths.get_mut(width.saturating_sub(1)) {
                *used = true;
            }
            keys.push((key(width, run), rule));
        }
        if keys.is_empty() {
            return Self::default();
        }
        let words = keys.len().saturating_mul(FILTER_BITS).div_ceil(64).next_power_of_two();
        let mut filter = vec![0_u64; words];
        for (key, _) in &keys {
            let (word, bit) = place(*key, words);
            if let Some(word) = filter.get_mut(word) {
                *word |= bit;
            }
        }
        Self { widths, filter, runs: Table::new(Keys::from_iter(keys)) }
    }

    fn find(&self, text: &[u8], noted: &mut Noted<'_>) {
        let mut last = 0_u32;
        let mut before = [0_u64; WIDTH];
        for (seen, byte) in (1_usize..).zip(text) {
            // The last four bytes, the newest on top.
            last = last >> 8 | u32::from(*byte) << 24;
            for (((width, run), used), before) in RUNS.iter().zip(self.widths).zip(&mut before) {
                if !used || seen < *width {
                    continue;
                }
                let key = key(*width, last >> run);
                let (word, bit) = place(key, self.filter.len());
                // The same again and again, as in a row of blanks, is looked up once.
                if self.filter.get(word).is_some_and(|word| word & bit != 0) && core::mem::replace(before, key) != key {
                    noted.one(&self.runs, key);
                }
            }
        }
    }
}

/// Each width with what the newest bytes are shifted by.
const RUNS: [(usize, u32); WIDTH] = [(1, 24), (2, 16), (3, 8), (4, 0)];

/// The runs of a wanted text that may stand for it, all of one width.
fn runs(needle: &[u8]) -> impl Iterator<Item = (usize, u32)> {
    let width = needle.len().min(WIDTH);
    // A wanted text may be long; its beginning has enough to choose from.
    const FIRST: usize = 64;
    let needle = needle.get(..FIRST).unwrap_or(needle);
    needle.windows(width.max(1)).map(move |run| {
        (
            width,
            run.iter().fold(0_u32, |word, byte| word >> 8 | u32::from(*byte) << 24)
                >> (32_usize.saturating_sub(width.saturating_mul(8))),
        )
    })
}

#[inline(always)]
const fn key(width: usize, run: u32) -> u64 {
    hash::mix(width as u64, run as u64)
}

/// The word and bit of a key in a filter.
#[inline(always)]
const fn place(key: u64, words: usize) -> (usize, u64) {
    ((key >> 6) as usize & words.wrapping_sub(1), 1 << (key & 63))
}

#[cfg(test)]
mod tests {
    use alloc::string::String;

    use super::*;
    use crate::Array;

    fn found(index: &WithinIndex, value: Value<'_>) -> Vec<u32> {
        let mut out = Vec::new();
        index.find(value, &mut out);
        out.sort_unstable();
        out.dedup();
        // None is known to hold.
        assert!(out.iter().all(|rule| rule & 1 == 1));
        out.iter().map(|rule| rule >> 1).collect()
    }

    fn text(needle: &str) -> Within {
        Within { needles: [needle.as_bytes().to_vec()].to_vec(), member: Some(Mark::text(needle.as_bytes()).hash) }
    }

    #[test]
    fn rules_are_found_wherever_their_text_stands() {
        let needles = ["needle", "a", "xy", "xyz", "@corp.com", "@mail.com", "é", "0"];
        let wanted: Vec<_> = (0..).zip(needles).map(|(rule, needle)| (text(needle), rule)).collect();
        let index = WithinIndex::new(&wanted);
        for (rule, needle) in (0..).zip(needles) {
            for around in [("", ""), ("q", ""), ("", "q"), ("long before it ", " and after")] {
                let hay: String = [around.0, needle, around.1].concat();
                assert!(found(&index, Value::Text(&hay)).contains(&rule), "{hay}");
            }
        }
        assert_eq!(found(&index, Value::Text("qqq")), []);
        assert_eq!(found(&index, Value::Text("")), []);
        assert_eq!(found(&index, Value::Int(102)), [7]);
        assert_eq!(found(&index, Value::Missing), []);
    }

    #[test]
    fn members_are_found_by_value() {
        let wanted = [
            (text("needle"), 0),
            (Within { needles: Vec::new(), member: Part::Whole.of(Value::Int(1)).map(|mark| mark.hash) }, 1),
        ];
        let index = WithinIndex::new(&wanted);
        assert_eq!(found(&index, Value::Array(Array::Json("[1.0, \"needles\"]"))), [1]);
        assert_eq!(found(&index, Value::Array(Array::Json("[2, \"n\\u0065edle\"]"))), [0]);
        assert_eq!(found(&index, Value::Object(crate::Object::Json("{\"needle\": 1}"))), [0]);
        assert_eq!(found(&index, Value::Text("no such thing")), []);
    }

    #[test]
    fn what_repeats_takes_no_memory() {
        let wanted: Vec<_> = (0..100).map(|rule| (text("ab"), rule)).collect();
        let index = WithinIndex::new(&wanted);
        let hay = "ab".repeat(10_000);
        let mut out = Vec::new();
        index.find(Value::Text(&hay), &mut out);
        assert!(out.len() <= 2 * NOTED, "{}", out.len());
    }
}
