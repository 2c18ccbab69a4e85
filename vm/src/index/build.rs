//! Builds the index of a list.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::atom::{self, Atom, Kinds};
use super::choose::{self, Choice};
use super::range::RangeIndex;
use super::table::Table;
use super::ways::{Ways, ways};
use super::{Guard, ListIndex, Slot, key};
use crate::image::Tables;
use crate::isa::Instruction;

/// One way for a rule to hold, as an index sees it.
pub(super) struct Way {
    pub(super) rule: u32,
    /// Parts of fields with the hashes that satisfy the way, by slot.
    pub(super) keys: BTreeMap<Slot, Vec<u64>>,
    /// Intervals, by field.
    pub(super) ranges: BTreeMap<u32, (f64, f64)>,
}

/// What is said of the rules of a list.
#[derive(Default)]
struct Said {
    ways: Vec<Way>,
    guards: BTreeMap<(u32, Kinds), Vec<u32>>,
    always: Vec<u32>,
}

pub(super) fn build(tables: &Tables<'_>, first: u32, count: u32) -> ListIndex {
    let mut said = Said::default();
    for rule in 0..count {
        if read_rule(tables, first.saturating_add(rule), rule, &mut said).is_none() {
            said.always.push(rule);
        }
    }
    assemble(said)
}

/// Reads one rule; `None` if it has to be looked at for every event.
fn read_rule(tables: &Tables<'_>, id: u32, rule: u32, said: &mut Said) -> Option<()> {
    let record = tables.rule(id)?;
    let code: Vec<Instruction> = (record.entry..record.end).filter_map(|pc| tables.instruction(pc)).collect();
    let Ways::Known(found) = ways(&code) else { return None };
    // Tests on ways that end in false are met as well, and may fail.
    let mut guards = guards_of(tables, &code)?;
    let mut read = Vec::new();
    for literals in &found {
        let mut way = Way { rule, keys: BTreeMap::new(), ranges: BTreeMap::new() };
        let mut possible = true;
        for literal in literals {
            let Some(path) = literal.path else { continue };
            match atom::atom(tables, literal) {
                Atom::Key(part, hashes) => possible &= restrict(&mut way.keys, Slot { path, part }, hashes),
                Atom::Range(low, high) => {
                    let range = way.ranges.entry(path).or_insert((f64::NEG_INFINITY, f64::INFINITY));
                    *range = (range.0.max(low), range.1.min(high));
                    possible &= range.0 <= range.1;
                }
                Atom::None => {}
            }
        }
        if possible {
            if way.keys.is_empty() && way.ranges.is_empty() {
                return None;
            }
            read.push(way);
        }
    }
    said.ways.extend(read);
    guards.sort_unstable();
    guards.dedup();
    for guard in guards {
        said.guards.entry(guard).or_default().push(rule);
    }
    Some(())
}

/// The fields that tests fail on, with the kinds they don't fail on; `None` if that can't be told.
fn guards_of(tables: &Tables<'_>, code: &[Instruction]) -> Option<Vec<(u32, Kinds)>> {
    let mut guards = Vec::new();
    let mut registers: [Option<Vec<u32>>; crate::isa::REGISTERS as usize] = core::array::from_fn(|_| None);
    for instruction in code {
        let register = registers.get_mut(usize::from(instruction.a))?;
        if instruction.op == crate::isa::Opcode::Load {
            // Code is laid out forward; a register that two loads fill may hold either field, so both are kept.
            register.get_or_insert_default().push(instruction.c);
        } else if instruction.op.is_test() {
            let safe = atom::safe_kinds(tables, instruction)?;
            if safe != Kinds::ALL {
                guards.extend(register.as_ref()?.iter().map(|path| (*path, safe)));
            }
        }
    }
    Some(guards)
}

/// Both demands on a part have to be met; false if no value meets both.
fn restrict(keys: &mut BTreeMap<Slot, Vec<u64>>, slot: Slot, mut hashes: Vec<u64>) -> bool {
    // The lowest bit is given up to tell an absent part from a hash.
    hashes.iter_mut().for_each(|hash| *hash |= 1);
    hashes.sort_unstable();
    hashes.dedup();
    let known = keys.entry(slot).or_insert_with(|| hashes.clone());
    known.retain(|hash| hashes.binary_search(hash).is_ok());
    !known.is_empty()
}

fn assemble(mut said: Said) -> ListIndex {
    let plan = choose::choose(&said.ways);
    let mut shapes: BTreeMap<&[Slot], u64> = BTreeMap::new();
    let mut slots: Vec<Slot> = Vec::new();
    for shape in &plan.shapes {
        let number = shapes.len() as u64;
        shapes.insert(shape, number);
        slots.extend_from_slice(shape);
    }
    slots.sort_unstable();
    slots.dedup();
    let mut keys = Vec::new();
    let mut intervals: BTreeMap<u32, Vec<(f64, f64, u32)>> = BTreeMap::new();
    for (way, choice) in said.ways.iter().zip(&plan.choices) {
        match choice {
            Choice::Keys(shape) => {
                let Some(number) = shapes.get(shape.as_slice()) else { continue };
                each_key(*number, shape, way, |key| keys.push((key, way.rule)));
            }
            Choice::Range(path) => {
                let (low, high) = way.ranges.get(path).copied().unwrap_or((f64::NEG_INFINITY, f64::INFINITY));
                intervals.entry(*path).or_default().push((low, high, way.rule));
            }
            Choice::Always => said.always.push(way.rule),
        }
    }
    said.always.sort_unstable();
    said.always.dedup();
    let number_of = |slot: &Slot| u32::try_from(slots.binary_search(slot).unwrap_or(0)).unwrap_or(0);
    ListIndex {
        shapes: plan.shapes.iter().map(|shape| shape.iter().map(number_of).collect()).collect(),
        table: Table::new(keys),
        ranges: intervals.into_iter().map(|(path, intervals)| (path, RangeIndex::new(&intervals))).collect(),
        guards: said.guards.into_iter().map(|((path, safe), rules)| Guard { path, safe, rules }).collect(),
        always: said.always,
        slots,
    }
}

/// Every key that a way has in a shape: one for each combination of hashes.
fn each_key(number: u64, shape: &[Slot], way: &Way, mut take: impl FnMut(u64)) {
    let lists: Vec<&[u64]> =
        shape.iter().map(|slot| way.keys.get(slot).map(Vec::as_slice).unwrap_or_default()).collect();
    let mut turn = alloc::vec![0_usize; lists.len()];
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
