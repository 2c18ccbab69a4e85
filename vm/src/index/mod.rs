//! Which rules of a list an event can concern, found without looking at the others.
//!
//! ```text
//!  rules ─▶ ways to hold ─▶ atoms: field == value, prefix, suffix, interval
//!                             │   several equalities make one key, by the shape "these parts of these fields"
//!                             ▼
//!  event ─▶ hashes of the parts ─▶ one probe a shape ─┐
//!        ─▶ numbers ─▶ one walk a field ──────────────┼─▶ candidates, in order ─▶ the machine decides them
//!        ─▶ kinds on which some test would fail ──────┘
//! ```
//!
//! An index is derived from verified code, so it cannot disagree with it. It leaves out only rules that surely come
//! out false, never one that would hold, fail or act on `else`: candidates are decided by the machine as ever, so the
//! index changes neither answers nor their order nor errors. Rules that nothing can be said about are always
//! candidates, and cost only themselves.

mod atom;
mod build;
mod choose;
mod hash;
mod range;
mod table;
#[cfg(test)]
mod tests;
mod ways;

use alloc::vec::Vec;

use crate::image::Tables;
use crate::{Facts, PathId};
use atom::Kinds;
use hash::Part;
use range::RangeIndex;
use table::Table;

/// Lists with fewer rules are evaluated from first to last: looking things up would cost more.
pub const INDEX_MIN_RULES: u32 = 16;

/// A part of a field that keys are made of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Slot {
    path: u32,
    part: Part,
}

/// Fields on which tests fail unless the value is of these kinds, with the rules that have such tests.
#[derive(Debug)]
struct Guard {
    path: u32,
    safe: Kinds,
    rules: Vec<u32>,
}

/// The index of one rule list. Rules are numbered within the list, in evaluation order.
#[derive(Debug, Default)]
pub(crate) struct ListIndex {
    slots: Vec<Slot>,
    /// Which slots make a key together; the place in this list is part of the key.
    shapes: Vec<Vec<u32>>,
    table: Table,
    ranges: Vec<(u32, RangeIndex)>,
    guards: Vec<Guard>,
    always: Vec<u32>,
}

/// What an index is like, for people and tools.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct IndexStats {
    /// Rules of the list.
    pub rules: u32,
    /// Rules that are looked at for every event.
    pub always: u32,
    /// Hash probes for an event.
    pub probes: u32,
    /// Interval trees walked for an event.
    pub trees: u32,
    /// Bytes of memory.
    pub bytes: usize,
}

/// The rules of a list that an event can concern. Made once and used for event after event.
#[derive(Clone, Default, Debug)]
pub(crate) struct Candidates {
    hashes: Vec<u64>,
    pub(crate) rules: Vec<u32>,
}

/// Stands for a part that the event does not have; no key is made of it.
const ABSENT: u64 = 0;

impl ListIndex {
    /// Builds the index of the rules `first..first + count` from their verified code.
    pub(crate) fn build(tables: &Tables<'_>, first: u32, count: u32) -> Self {
        build::build(tables, first, count)
    }

    /// Finds the candidates among the rules, ascending and each once.
    pub(crate) fn find<F: Facts>(&self, facts: &F, candidates: &mut Candidates) {
        let Candidates { hashes, rules } = candidates;
        rules.clear();
        hashes.clear();
        let mut last = None;
        for slot in &self.slots {
            // Slots of one field stand side by side.
            let value = match last {
                Some((path, value)) if path == slot.path => value,
                _ => facts.get(PathId::new(slot.path)),
            };
            last = Some((slot.path, value));
            hashes.push(slot.part.of(value).map_or(ABSENT, |hash| hash | 1));
        }
        for (number, shape) in (0_u64..).zip(&self.shapes) {
            if let Some(key) = key(number, shape.iter().map(|slot| hashes.get(*slot as usize).copied())) {
                self.table.find(key, rules);
            }
        }
        for (path, range) in &self.ranges {
            if let Some(number) = atom::rounded(facts.get(PathId::new(*path))) {
                range.find(number, rules);
            }
        }
        for guard in &self.guards {
            if !guard.safe.has(facts.get(PathId::new(guard.path)).kind()) {
                rules.extend_from_slice(&guard.rules);
            }
        }
        let found = rules.len();
        rules.extend_from_slice(&self.always);
        if found > 0 {
            rules.sort_unstable();
            rules.dedup();
        }
    }

    /// What the index is like.
    pub(crate) fn stats(&self, rules: u32) -> IndexStats {
        let count = |len: usize| u32::try_from(len).unwrap_or(u32::MAX);
        let ranges: usize = self.ranges.iter().map(|(_, range)| range.bytes()).sum();
        let guards: usize = self.guards.iter().map(|guard| guard.rules.len()).sum();
        let words = self.always.len().saturating_add(guards).saturating_mul(size_of::<u32>());
        IndexStats {
            rules,
            always: count(self.always.len()),
            probes: count(self.shapes.len()),
            trees: count(self.ranges.len()),
            bytes: self.table.bytes().saturating_add(ranges).saturating_add(words),
        }
    }
}

/// The key of a shape; `None` when a part is absent.
#[inline]
fn key(shape: u64, parts: impl Iterator<Item = Option<u64>>) -> Option<u64> {
    let mut key = shape;
    for part in parts {
        match part {
            Some(ABSENT) | None => return None,
            Some(part) => key = hash::mix(key, part),
        }
    }
    Some(key)
}
