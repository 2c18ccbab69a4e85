//! Which rules of a list an event can concern, found without looking at the others.
//!
//! ```text
//!  rules ─▶ ways to hold ─▶ atoms: field == value, prefix, suffix, interval, part of a text, member of a list
//!                             │   several equalities make one key, by the shape "these parts of these fields"
//!                             ▼
//!  event ─▶ hashes of the parts ─▶ one probe a shape ─┐
//!        ─▶ numbers ─▶ one walk a field ──────────────┤
//!        ─▶ texts and lists ─▶ one pass a field ──────┼─▶ candidates, in order ─▶ the machine decides them
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
mod describe;
mod hash;
mod kinds;
mod mine;
mod range;
mod table;
#[cfg(test)]
mod tests;
mod ways;
mod within;
mod writes;

use alloc::vec::Vec;

use crate::image::Tables;
use crate::{Facts, PathId};
pub use describe::IndexStats;
pub(crate) use describe::found_by;
use hash::Part;
use kinds::Kinds;
use range::RangeIndex;
use table::Table;
use within::WithinIndex;

/// Lists with fewer rules are evaluated from first to last: looking things up would cost more.
pub const INDEX_MIN_RULES: u32 = 16;

/// A part of a field that keys are made of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Slot {
    path: u32,
    part: Part,
}

/// Rules that are looked at unless a field is of these kinds: some test of theirs would fail, or they ask whether the
/// field is there.
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
    within: Vec<(u32, WithinIndex)>,
    guards: Vec<Guard>,
    always: Vec<u32>,
    /// Of these, rules that could be found but would take too much memory.
    too_large: u32,
    /// The paths that rules of the list write to and that change what the index looks at, ascending.
    writes: Vec<u32>,
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

    /// Whether candidates have to be found anew after a rule of the list has written to a path.
    pub(crate) fn is_stale_after(&self, path: PathId) -> bool {
        self.writes.binary_search(&path.as_u32()).is_ok()
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
        for (path, within) in &self.within {
            within.find(facts.get(PathId::new(*path)), rules);
        }
        for guard in &self.guards {
            if !guard.safe.has(facts.get(PathId::new(guard.path)).kind()) {
                rules.extend_from_slice(&guard.rules);
            }
        }
        rules.sort_unstable();
        rules.dedup();
        merge(rules, &self.always);
    }

    /// The paths it looks at, each once.
    fn paths(&self) -> Vec<u32> {
        let slots = self.slots.iter().map(|slot| slot.path);
        let ranges = self.ranges.iter().map(|(path, _)| *path);
        let within = self.within.iter().map(|(path, _)| *path);
        let mut paths: Vec<u32> =
            slots.chain(ranges).chain(within).chain(self.guards.iter().map(|guard| guard.path)).collect();
        paths.sort_unstable();
        paths.dedup();
        paths
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

/// Merges two ascending lists in place. They may share rules, which are then there once.
fn merge(rules: &mut Vec<u32>, always: &[u32]) {
    if rules.is_empty() || always.is_empty() {
        rules.extend_from_slice(always);
        return;
    }
    let mut left = rules.len();
    let mut right = always.len();
    rules.resize(left.saturating_add(right), 0);
    let mut shared = false;
    // From the back, so that nothing is overwritten before it was read.
    for at in (0..rules.len()).rev() {
        let one = left.checked_sub(1).and_then(|at| rules.get(at).copied());
        let other = right.checked_sub(1).and_then(|at| always.get(at).copied());
        shared |= one.is_some() && one == other;
        if one > other {
            left = left.saturating_sub(1);
        } else {
            right = right.saturating_sub(1);
        }
        if let (Some(slot), Some(rule)) = (rules.get_mut(at), one.max(other)) {
            *slot = rule;
        }
    }
    if shared {
        rules.dedup();
    }
}
