//! Builds the index of a list.

use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;

use super::atom::{self, Atom, Reading, Within};
use super::choose::{self, Choice, Plan};
use super::hash::{Exact, Mark};
use super::kinds::Kinds;
use super::range::{Interval, RangeIndex, Rest};
use super::table::{Keys, Table};
use super::ways::{Opaque, Path, ways};
use super::within::WithinIndex;
use super::{Guard, ListIndex, Shape, Slot, key, open, writes};
use crate::image::Tables;
use crate::isa::{Instruction, Opcode};

/// One way for a rule to hold, as an index sees it.
#[derive(Default)]
pub(super) struct Way {
    pub(super) rule: u32,
    /// Parts of fields with what satisfies the way, by slot.
    pub(super) keys: Vec<(Slot, Vec<Mark>)>,
    /// Intervals, by field.
    pub(super) ranges: Vec<(u32, (f64, f64))>,
    /// What a field has in it.
    pub(super) within: Vec<(u32, Within)>,
    /// A field that has to be there.
    pub(super) present: Option<u32>,
    /// What is noted here is all that it demands, so where that is met the rule holds.
    whole: bool,
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
    for path in &known.ways {
        let Some(way) = read_way(tables, path, rule, &mut said.reading) else { continue };
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
fn read_way(tables: &Tables<'_>, wanted: &Path, rule: u32, reading: &mut Reading) -> Option<Way> {
    let mut way = Way { rule, whole: wanted.holds, ..Way::default() };
    for literal in &wanted.literals {
        let Some(path) = literal.path else {
            way.whole = false;
            continue;
        };
        // Missing and null make every test false but `is_null`.
        if literal.outcome != (literal.test.op == Opcode::IsNull) {
            way.present.get_or_insert(path);
        }
        let possible = match atom::atom(tables, literal, reading) {
            Atom::Key(part, marks) => restrict(&mut way.keys, Slot { path, part }, marks),
            Atom::Range(low, high) => narrow(&mut way.ranges, path, low, high),
            Atom::Within(within) => {
                way.whole = false;
                way.within.push((path, within));
                true
            }
            Atom::None => {
                way.whole = false;
                true
            }
            Atom::TooLarge => {
                way.whole = false;
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
fn restrict(keys: &mut Vec<(Slot, Vec<Mark>)>, slot: Slot, mut marks: Vec<Mark>) -> bool {
    unite(&mut marks);
    match keys.iter_mut().find(|(known, _)| *known == slot) {
        Some((_, known)) => {
            known.retain(|mark| marks.binary_search_by_key(&mark.hash, |other| other.hash).is_ok());
            // One demand may be of values that words do not stand for.
            for mark in known.iter_mut() {
                if marks.binary_search(mark).is_err() {
                    *mark = Mark::loose(mark.hash);
                }
            }
            !known.is_empty()
        }
        None => {
            let possible = !marks.is_empty();
            keys.push((slot, marks));
            possible
        }
    }
}

/// Each hash once. Where several values have one, no words stand for them.
fn unite(marks: &mut Vec<Mark>) {
    marks.sort_unstable();
    marks.dedup_by(|next, kept| {
        let same = next.hash == kept.hash;
        if same && next.exact != kept.exact {
            kept.exact = Exact::LOOSE;
        }
        same
    });
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
    let mut keys = Keys::default();
    let mut intervals: BTreeMap<u32, Vec<Interval>> = BTreeMap::new();
    let mut rests = Rests::default();
    let mut within: BTreeMap<u32, Vec<(Within, u32)>> = BTreeMap::new();
    for (way, choice) in said.ways.into_iter().zip(&plan.choices).filter(|(way, _)| !is_always(way.rule)) {
        match choice {
            Choice::Keys(number) => {
                let shape = plan.shapes.get(*number as usize).map(Vec::as_slice).unwrap_or_default();
                let whole = way.whole && way.ranges.is_empty() && way.keys.len() == shape.len();
                each_key(u64::from(*number), shape, &way, |key, words| {
                    let proven = whole && !words.contains(&Exact::LOOSE);
                    keys.add(key, way.rule, if proven { words } else { &[] });
                });
            }
            Choice::Range(at) => {
                if let Some((path, (low, high))) = way.ranges.get(*at).copied() {
                    let rest = rests.of(&way);
                    intervals.entry(path).or_default().push(Interval { low, high, rule: way.rule, rest });
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
    let mut slots: Vec<Slot> = plan.shapes.iter().flatten().copied().chain(rests.slots()).collect();
    slots.sort_unstable();
    slots.dedup();
    let number_of = |slot: &Slot| u32::try_from(slots.binary_search(slot).unwrap_or(0)).unwrap_or(0);
    let always = (0_u32..).zip(&said.always).filter_map(|(rule, always)| always.map(|_| open(rule))).collect();
    let too_large = said.always.iter().filter(|always| **always == Some(Always::TooLarge)).count();
    let too_large = u32::try_from(too_large).unwrap_or(u32::MAX);
    let mut index = ListIndex {
        shapes: plan.shapes.iter().map(|shape| Shape::new(shape.iter().map(number_of))).collect(),
        rests: rests.numbered(number_of),
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

/// What ways that are found by an interval demand beside it.
#[derive(Default)]
struct Rests {
    known: BTreeMap<Vec<(Slot, Mark)>, usize>,
    list: Vec<Vec<(Slot, Mark)>>,
}

impl Rests {
    /// What a way demands beside its interval, if that is single values which words stand for.
    fn of(&mut self, way: &Way) -> Rest {
        if !way.whole || way.ranges.len() > 1 {
            return Rest::OPEN;
        }
        if way.keys.is_empty() {
            return Rest::NOTHING;
        }
        let single = |(slot, marks): &(Slot, Vec<Mark>)| match marks.as_slice() {
            [mark] if mark.exact != Exact::LOOSE => Some((*slot, *mark)),
            _ => None,
        };
        let Some(wanted) = way.keys.iter().map(single).collect::<Option<Vec<_>>>() else { return Rest::OPEN };
        Rest::at(*self.known.entry(wanted).or_insert_with_key(|wanted| {
            self.list.push(wanted.clone());
            self.list.len().saturating_sub(1)
        }))
    }

    fn slots(&self) -> impl Iterator<Item = Slot> {
        self.list.iter().flatten().map(|(slot, _)| *slot)
    }

    fn numbered(&self, number_of: impl Fn(&Slot) -> u32) -> Vec<Vec<(u32, Mark)>> {
        self.list.iter().map(|rest| rest.iter().map(|(slot, mark)| (number_of(slot), *mark)).collect()).collect()
    }
}

/// Every key that a way has in a shape: one for each combination of values, with the words for them.
fn each_key(number: u64, shape: &[Slot], way: &Way, mut take: impl FnMut(u64, &[Exact])) {
    let lists: Vec<&[Mark]> = shape.iter().map(|slot| marks(way, *slot)).collect();
    let mut turn = vec![0_usize; lists.len()];
    let mut words = Vec::new();
    loop {
        let parts = || lists.iter().zip(&turn).map(|(list, at)| list.get(*at));
        words.clear();
        words.extend(parts().flatten().map(|mark| mark.exact));
        match key(number, parts().map(|mark| mark.map(|mark| mark.hash))) {
            Some(key) => take(key, &words),
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

/// What satisfies a way in a part of a field.
pub(super) fn marks(way: &Way, slot: Slot) -> &[Mark] {
    way.keys.iter().find(|(known, _)| *known == slot).map(|(_, marks)| marks.as_slice()).unwrap_or_default()
}
