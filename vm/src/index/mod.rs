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
//! Where an event has exactly what a key stands for, or a number inside of an interval, and a rule wants nothing else, the rule is known to
//! hold. Matchers then need not run it; walks run it all the same, because what is known is of the fields as they were.
//!
//! An index is derived from verified code, so it cannot disagree with it. It leaves out only rules that surely come
//! out false, never one that would hold, fail or act on `else`: other candidates are decided by the machine as ever, so the
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
use crate::{Facts, PathId, Value};
pub use describe::IndexStats;
pub(crate) use describe::found_by;
use hash::{Mark, Part};
pub(crate) use kinds::Kinds;
use range::{Held, RangeIndex};
use table::{Rules, Table};
pub(crate) use ways::{Literal, ways};
use within::WithinIndex;
pub(crate) use writes::that_matter as writes_that_matter;

/// Shorter lists have none: looking things up would cost more.
pub const INDEX_MIN_RULES: u32 = 16;
/// Most slots of a shape.
const MAX_SLOTS: usize = 4;

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
    shapes: Vec<Shape>,
    table: Table,
    ranges: Vec<(u32, RangeIndex)>,
    /// What rules that are found by an interval want beside it.
    rests: Vec<Vec<(u32, Mark)>>,
    within: Vec<(u32, WithinIndex)>,
    guards: Vec<Guard>,
    /// As candidates.
    always: Vec<u32>,
    /// Of these, rules that could be found but would take too much memory.
    too_large: u32,
    /// The paths that rules of the list write to and that change what the index looks at, ascending.
    writes: Vec<u32>,
}

/// Slots that make a key together.
#[derive(Clone, Copy, Default, Debug)]
struct Shape {
    slots: [u32; MAX_SLOTS],
    count: usize,
}

impl Shape {
    fn new(slots: impl Iterator<Item = u32>) -> Self {
        slots.take(MAX_SLOTS).fold(Self::default(), |mut shape, slot| {
            if let Some(place) = shape.slots.get_mut(shape.count) {
                *place = slot;
            }
            shape.count = shape.count.saturating_add(1);
            shape
        })
    }

    /// What an event has in its slots.
    #[inline(always)]
    fn of<'m>(&self, marks: &'m [Mark]) -> impl Iterator<Item = Option<&'m Mark>> {
        self.slots.iter().take(self.count).map(|slot| marks.get(*slot as usize))
    }
}

/// The rules of a list that an event can concern. Made once and used for event after event.
#[derive(Clone, Default, Debug)]
pub(crate) struct Candidates {
    /// What the event has in each slot.
    marks: Vec<Mark>,
    /// The keys that it has, each with the place of its shape.
    keys: Vec<(u64, usize)>,
    /// Where the rules of keys are.
    hits: Vec<(Rules, usize)>,
    /// The places of its numbers among the bounds of intervals, each with the place of its tree and whether it is a plain number.
    numbers: Vec<(usize, usize, bool)>,
    /// The rules.
    pub(crate) rules: Vec<u32>,
}

/// A rule that is to be decided, as a candidate. One that surely holds has no bit set at the lower end.
#[inline(always)]
const fn open(rule: u32) -> u32 {
    rule << 1 | 1
}

/// The rule of a candidate, and whether it surely holds.
#[inline(always)]
pub(crate) const fn candidate(candidate: u32) -> (u32, bool) {
    (candidate >> 1, candidate & 1 == 0)
}

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
        self.look_up::<F, false>(facts, candidates);
        let rules = &mut candidates.rules;
        rules.iter_mut().for_each(|rule| *rule >>= 1);
    }

    /// Finds the candidates among the rules, ascending and each once, and says which of them surely hold: see [`candidate`]. That goes by
    /// more fields than finding them, so it is so only as long as no field changes.
    pub(crate) fn decide<F: Facts>(&self, facts: &F, candidates: &mut Candidates) {
        self.look_up::<F, true>(facts, candidates);
    }

    /// All that the event is looked up in is looked at before any of it is needed: what is missed in the cache is then fetched side by side.
    fn look_up<F: Facts, const DECIDE: bool>(&self, facts: &F, candidates: &mut Candidates) {
        candidates.rules.clear();
        self.mark(facts, &mut candidates.marks);
        let mut seen = self.find_keys(candidates);
        seen ^= self.find_numbers(facts, candidates);
        seen ^= self.find_rules(candidates);
        core::hint::black_box(seen);
        self.take_rules::<DECIDE>(candidates);
        let rules = &mut candidates.rules;
        for (path, within) in &self.within {
            within.find(facts.get(PathId::new(*path)), rules);
        }
        for guard in &self.guards {
            if !guard.safe.has(facts.get(PathId::new(guard.path)).kind()) {
                rules.extend(guard.rules.iter().map(|rule| open(*rule)));
            }
        }
        rules.sort_unstable();
        // Of a rule that was found several times the first is the one that surely holds, if any.
        rules.dedup_by_key(|rule| *rule >> 1);
        merge(rules, &self.always);
    }

    /// What the event has in each slot.
    #[inline(always)]
    fn mark<F: Facts>(&self, facts: &F, marks: &mut Vec<Mark>) {
        marks.clear();
        let mut last = None;
        for slot in &self.slots {
            // Slots of one field stand side by side.
            let value = match last {
                Some((path, value)) if path == slot.path => value,
                _ => facts.get(PathId::new(slot.path)),
            };
            last = Some((slot.path, value));
            marks.push(slot.part.of(value).unwrap_or(Mark::ABSENT));
        }
    }

    #[inline(always)]
    fn find_keys(&self, candidates: &mut Candidates) -> u32 {
        let Candidates { marks, keys, .. } = candidates;
        keys.clear();
        let mut seen = 0;
        for (number, shape) in self.shapes.iter().enumerate() {
            if let Some(key) = key(number as u64, shape.of(marks).map(|mark| mark.map(|mark| mark.hash))) {
                keys.push((key, number));
                seen ^= self.table.look_at(key);
            }
        }
        seen
    }

    #[inline(always)]
    fn find_numbers<F: Facts>(&self, facts: &F, candidates: &mut Candidates) -> u32 {
        candidates.numbers.clear();
        let mut seen = 0;
        for (number, (path, range)) in self.ranges.iter().enumerate() {
            let value = facts.get(PathId::new(*path));
            if let Some(rounded) = atom::rounded(value) {
                let place = range.place(rounded);
                candidates.numbers.push((place, number, matches!(value, Value::Int(_) | Value::Float(_))));
                seen ^= range.look_at(place);
            }
        }
        seen
    }

    #[inline(always)]
    fn find_rules(&self, candidates: &mut Candidates) -> u32 {
        let Candidates { keys, hits, .. } = candidates;
        hits.clear();
        let mut seen = 0;
        for (key, shape) in keys {
            self.table.each(*key, |rules| {
                hits.push((rules, *shape));
                seen ^= self.table.look_at_rules(rules);
            });
        }
        seen
    }

    #[inline(always)]
    fn take_rules<const DECIDE: bool>(&self, candidates: &mut Candidates) {
        let Candidates { marks, hits, numbers, rules, .. } = candidates;
        for (found, shape) in hits {
            let own = self.shapes.get(*shape).into_iter().flat_map(|shape| shape.of(marks).flatten());
            self.table.add(*found, own.map(|mark| mark.exact), rules);
        }
        for (place, range, plain) in numbers {
            let Some((_, range)) = self.ranges.get(*range) else { continue };
            range.each(*place, |held| {
                let rest = if DECIDE { self.rest(held, marks) } else { Outcome::Open };
                match rest {
                    Outcome::Holds if *plain => rules.push(held.candidate),
                    Outcome::Fails => {}
                    _ => rules.push(held.candidate | 1),
                }
            });
        }
    }

    /// Whether the event has what a rule wants beside its interval.
    #[inline(always)]
    fn rest(&self, held: &Held, marks: &[Mark]) -> Outcome {
        let Some(wanted) = held.rest.place() else { return Outcome::Holds };
        let Some(wanted) = self.rests.get(wanted) else { return Outcome::Open };
        let mut outcome = Outcome::Holds;
        for (slot, wanted) in wanted {
            match marks.get(*slot as usize) {
                Some(own) if own.hash != wanted.hash => return Outcome::Fails,
                Some(own) if own.exact == wanted.exact => {}
                _ => outcome = Outcome::Open,
            }
        }
        outcome
    }

    /// The paths it looks at, each once.
    fn paths(&self) -> Vec<u32> {
        // What rules want beside their interval only helps to decide them.
        let slots = self.shapes.iter().flat_map(|shape| shape.slots.iter().take(shape.count));
        let slots = slots.filter_map(|slot| Some(self.slots.get(*slot as usize)?.path));
        let ranges = self.ranges.iter().map(|(path, _)| *path);
        let within = self.within.iter().map(|(path, _)| *path);
        let mut paths: Vec<u32> =
            slots.chain(ranges).chain(within).chain(self.guards.iter().map(|guard| guard.path)).collect();
        paths.sort_unstable();
        paths.dedup();
        paths
    }
}

/// What is known of a rule.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Holds,
    Fails,
    /// It is to be decided.
    Open,
}

/// The key of a shape; `None` when a part is absent.
#[inline]
fn key(shape: u64, parts: impl Iterator<Item = Option<u64>>) -> Option<u64> {
    let mut key = shape;
    for part in parts {
        match part {
            // No mark that is there has a hash of zero.
            Some(0) | None => return None,
            Some(part) => key = hash::mix(key, part),
        }
    }
    Some(key)
}

/// Merges two ascending lists of candidates in place. They may share rules, which are then there once.
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
