//! Builds the index of a list.

use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;

use super::atom::{self, Atom, Reading, Within};
use super::choose::{self, Choice, Plan};
use super::kinds::Kinds;
use super::range::RangeIndex;
use super::table::Table;
use super::ways::{Literal, Opaque, ways};
use super::within::WithinIndex;
use super::{Guard, ListIndex, Slot, key, writes};
use crate::image::Tables;
use crate::isa::{Instruction, Opcode};

/// One way for a rule to hold, as an index sees it.
#[derive(Default)]
pub(super) struct Way {
    pub(super) rule: u32,
    /// Parts of fields with the hashes that satisfy the way, by slot.
    pub(super) keys: Vec<(Slot, Vec<u64>)>,
    /// Intervals, by field.
    pub(super) ranges: Vec<(u32, (f64, f64))>,
    /// What a field has in it.
    pub(super) within: Vec<(u32, Within)>,
    /// A field that has to be there.
    pub(super) present: Option<u32>,
    /// It demands more, which would take too much memory.
    too_large: bool,
}

impl Way {
    /// Whether it demands nothing that could be looked up.
    fn is_open(&self) -> bool {
        self.keys.is_empty() && self.ranges.is_empty() && self.within.is_empty() && self.present.is_none()
    }
}

/// Why a rule is looked at for every event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Always {
    /// It has an `else`, or too many ways to hold.
    Opaque(Opaque),
    /// One of its ways demands nothing that an index could look up.
    Open,
    /// Its keys would take more memory than an index may have.
    TooLarge,
}

/// Most ways that the rules of a list may have on average, beyond [`FREE_WAYS`].
const MAX_WAYS_PER_RULE: usize = 4;
/// Ways that a list may have however few rules it has.
const FREE_WAYS: usize = 1 << 16;
/// Most members of lists that the rules of a list may have on average, beyond [`FREE_MEMBERS`].
const MAX_MEMBERS_PER_RULE: usize = 16;
/// Members that a list may have however few rules it has.
const FREE_MEMBERS: usize = 1 << 18;

/// What is said of the rules of a list.
#[derive(Default)]
pub(super) struct Said {
    /// In the order of rules.
    pub(super) ways: Vec<Way>,
    pub(super) guards: BTreeMap<(u32, Kinds), Vec<u32>>,
    /// By rule.
    pub(super) always: Vec<Option<Always>>,
    /// How many more ways may be noted.
    ways_left: usize,
    reading: Reading,
}

/// Reads the rules of a list.
pub(super) fn read(tables: &Tables<'_>, first: u32, count: u32) -> Said {
    let rules = count as usize;
    let mut said = Said {
        always: vec![None; rules],
        ways_left: rules.saturating_mul(MAX_WAYS_PER_RULE).saturating_add(FREE_WAYS),
        reading: Reading::new(rules.saturating_mul(MAX_MEMBERS_PER_RULE).saturating_add(FREE_MEMBERS)),
        ..Said::default()
    };
    let mut code = Vec::new();
    for rule in 0..count {
        let Some(record) = tables.rule(first.saturating_add(rule)) else { continue };
        code.clear();
        code.extend((record.entry..record.end).filter_map(|pc| tables.instruction(pc)));
        if let Err(why) = read_rule(tables, &code, rule, &mut said) {
            keep(&mut said.always, rule, why);
        }
    }
    said
}

fn keep(always: &mut [Option<Always>], rule: u32, why: Always) {
    if let Some(slot) = always.get_mut(rule as usize) {
        slot.get_or_insert(why);
    }
}

/// Reads one rule.
fn read_rule(tables: &Tables<'_>, code: &[Instruction], rule: u32, said: &mut Said) -> Result<(), Always> {
    let known = ways(tables, code).map_err(Always::Opaque)?;
    let before = said.ways.len();
    said.ways_left = said.ways_left.checked_sub(known.ways.len()).ok_or(Always::TooLarge)?;
    for literals in &known.ways {
        let Some(way) = read_way(tables, literals, rule, &mut said.reading) else { continue };
        if way.is_open() {
            said.ways.truncate(before);
            return Err(if way.too_large { Always::TooLarge } else { Always::Open });
        }
        said.ways.push(way);
    }
    for guard in known.guards {
        said.guards.entry(guard).or_default().push(rule);
    }
    Ok(())
}

/// What the literals demand together; `None` if nothing can meet that.
fn read_way(tables: &Tables<'_>, literals: &[Literal], rule: u32, reading: &mut Reading) -> Option<Way> {
    let mut way = Way { rule, ..Way::default() };
    for literal in literals {
        let Some(path) = literal.path else { continue };
        // Missing and null make every test false but `is_null`.
        if literal.outcome != (literal.test.op == Opcode::IsNull) {
            way.present.get_or_insert(path);
        }
        let possible = match atom::atom(tables, literal, reading) {
            Atom::Key(part, hashes) => restrict(&mut way.keys, Slot { path, part }, hashes),
            Atom::Range(low, high) => narrow(&mut way.ranges, path, low, high),
            Atom::Within(within) => {
                way.within.push((path, within));
                true
            }
            Atom::None => true,
            Atom::TooLarge => {
                way.too_large = true;
                true
            }
        };
        if !possible {
            return None;
        }
    }
    Some(way)
}

/// Both demands on a part have to be met; false if no value meets both.
fn restrict(keys: &mut Vec<(Slot, Vec<u64>)>, slot: Slot, mut hashes: Vec<u64>) -> bool {
    // The lowest bit is given up to tell an absent part from a hash.
    hashes.iter_mut().for_each(|hash| *hash |= 1);
    hashes.sort_unstable();
    hashes.dedup();
    match keys.iter_mut().find(|(known, _)| *known == slot) {
        Some((_, known)) => {
            known.retain(|hash| hashes.binary_search(hash).is_ok());
            !known.is_empty()
        }
        None => {
            let possible = !hashes.is_empty();
            keys.push((slot, hashes));
            possible
        }
    }
}

/// The intersection of two intervals; false if it is empty.
fn narrow(ranges: &mut Vec<(u32, (f64, f64))>, path: u32, low: f64, high: f64) -> bool {
    match ranges.iter_mut().find(|(known, _)| *known == path) {
        Some((_, range)) => {
            *range = (range.0.max(low), range.1.min(high));
            range.0 <= range.1
        }
        None => {
            ranges.push((path, (low, high)));
            low <= high
        }
    }
}

/// Reads and chooses: how each rule of a list is found.
pub(super) fn plan(tables: &Tables<'_>, first: u32, count: u32) -> (Said, Plan) {
    let mut said = read(tables, first, count);
    let plan = choose::choose(&said.ways);
    for (way, choice) in said.ways.iter().zip(&plan.choices) {
        if let Choice::Always(why) = choice {
            keep(&mut said.always, way.rule, *why);
        }
    }
    (said, plan)
}

pub(super) fn build(tables: &Tables<'_>, first: u32, count: u32) -> ListIndex {
    let (mut said, plan) = plan(tables, first, count);
    let is_always = |rule: u32| said.always.get(rule as usize).copied().flatten().is_some();
    let mut slots: Vec<Slot> = plan.shapes.iter().flatten().copied().collect();
    slots.sort_unstable();
    slots.dedup();
    let mut keys = Vec::new();
    let mut intervals: BTreeMap<u32, Vec<(f64, f64, u32)>> = BTreeMap::new();
    let mut within: BTreeMap<u32, Vec<(Within, u32)>> = BTreeMap::new();
    for (way, choice) in said.ways.into_iter().zip(&plan.choices).filter(|(way, _)| !is_always(way.rule)) {
        match choice {
            Choice::Keys(number) => {
                let shape = plan.shapes.get(*number as usize).map(Vec::as_slice).unwrap_or_default();
                each_key(u64::from(*number), shape, &way, |key| keys.push((key, way.rule)));
            }
            Choice::Range(at) => {
                if let Some((path, (low, high))) = way.ranges.get(*at) {
                    intervals.entry(*path).or_default().push((*low, *high, way.rule));
                }
            }
            Choice::Within(at) => {
                if let Some((path, wanted)) = way.within.into_iter().nth(*at) {
                    within.entry(path).or_default().push((wanted, way.rule));
                }
            }
            Choice::Present(path) => {
                let rules = said.guards.entry((*path, Kinds::NIL)).or_default();
                rules.push(way.rule);
            }
            Choice::Always(_) => {}
        }
    }
    let number_of = |slot: &Slot| u32::try_from(slots.binary_search(slot).unwrap_or(0)).unwrap_or(0);
    let always = (0_u32..).zip(&said.always).filter_map(|(rule, always)| always.map(|_| rule)).collect();
    let too_large = said.always.iter().filter(|always| **always == Some(Always::TooLarge)).count();
    let too_large = u32::try_from(too_large).unwrap_or(u32::MAX);
    let mut index = ListIndex {
        shapes: plan.shapes.iter().map(|shape| shape.iter().map(number_of).collect()).collect(),
        table: Table::new(keys),
        ranges: intervals.into_iter().map(|(path, intervals)| (path, RangeIndex::new(&intervals))).collect(),
        within: within.into_iter().map(|(path, wanted)| (path, WithinIndex::new(&wanted))).collect(),
        guards: said.guards.into_iter().map(|((path, safe), rules)| Guard { path, safe, rules }).collect(),
        always,
        too_large,
        slots,
        writes: Vec::new(),
    };
    index.writes = writes::that_matter(tables, first, count, &index.paths());
    index
}

/// Every key that a way has in a shape: one for each combination of hashes.
fn each_key(number: u64, shape: &[Slot], way: &Way, mut take: impl FnMut(u64)) {
    let lists: Vec<&[u64]> = shape.iter().map(|slot| hashes(way, *slot)).collect();
    let mut turn = vec![0_usize; lists.len()];
    loop {
        let parts = lists.iter().zip(&turn).map(|(list, at)| list.get(*at).copied());
        match key(number, parts) {
            Some(key) => take(key),
            None => return,
        }
        // Counts on like a clock, the last place fastest.
        let mut carry = true;
        for (at, list) in turn.iter_mut().zip(&lists).rev() {
            *at = at.saturating_add(1);
            carry = *at >= list.len();
            if !carry {
                break;
            }
            *at = 0;
        }
        if carry {
            return;
        }
    }
}

/// The hashes of a part that satisfy a way.
pub(super) fn hashes(way: &Way, slot: Slot) -> &[u64] {
    way.keys.iter().find(|(known, _)| *known == slot).map(|(_, hashes)| hashes.as_slice()).unwrap_or_default()
}
