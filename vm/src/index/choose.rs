//! Chooses by which of its demands each way is found.
//!
//! All equalities of a way together make the most selective key, but each distinct combination of fields costs
//! a probe for every event. So combinations with few rules give way to smaller ones that others use too, and where
//! an interval leaves fewer rules than the key would, the interval is taken. What a text has in it comes next, and last
//! that a field is there at all.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::build::{Always, Way, marks};
use super::hash::mix;
use super::{MAX_SLOTS, Slot};

/// Most shapes of a list, so most probes for an event.
const MAX_SHAPES: usize = 32;
/// Most combinations of values that a way's key may have of several slots.
const MAX_COMBINED: usize = 64;
/// Most keys that the rules of a list may have on average, beyond [`FREE_KEYS`].
const MAX_KEYS_PER_WAY: usize = 16;
/// Keys that a list may have however few rules it has.
const FREE_KEYS: usize = 1 << 18;
/// Rules that are taken to be found in vain by a part of a text.
const WITHIN: f64 = 2.0;

/// How a way is found.
#[derive(Clone, Copy)]
pub(super) enum Choice {
    /// By a key over the slots of this shape.
    Keys(u32),
    /// By its interval at this place.
    Range(usize),
    /// By what a field has in it, at this place.
    Within(usize),
    /// By this field being there.
    Present(u32),
    /// Not at all: its rule is always a candidate.
    Always(Always),
}

/// What was chosen.
pub(super) struct Plan {
    pub(super) shapes: Vec<Vec<Slot>>,
    /// For each way.
    pub(super) choices: Vec<Choice>,
}

pub(super) fn choose(ways: &[Way]) -> Plan {
    let wanted = Wanted::new(ways);
    let (mut shapes, kept) = wanted.keep();
    let means = means(ways, &wanted, &kept, &shapes);
    let stabs = Stabs::new(ways);
    let mut choices: Vec<Choice> = ways
        .iter()
        .zip(&wanted.of)
        .map(|(way, wanted)| {
            let shape = wanted.and_then(|wanted| kept.get(wanted as usize).copied().flatten());
            let key = shape.map(|shape| (means.get(shape as usize).copied().unwrap_or(1.0), Choice::Keys(shape)));
            let range = stabs.best(way).map(|(at, overlap)| (overlap, Choice::Range(at)));
            let within = best_within(way).map(|at| (WITHIN, Choice::Within(at)));
            let best = [key, range, within].into_iter().flatten().min_by(|l, r| l.0.total_cmp(&r.0));
            best.map_or_else(|| way.present.map_or(Choice::Always(Always::Open), Choice::Present), |(_, choice)| choice)
        })
        .collect();
    hold_budget(ways, &shapes, &mut choices);
    drop_unused(&mut shapes, &mut choices);
    Plan { shapes, choices }
}

/// The shapes that ways would have if every one could be kept.
struct Wanted {
    shapes: Vec<Vec<Slot>>,
    /// How many ways want each shape.
    counts: Vec<usize>,
    /// For each way.
    of: Vec<Option<u32>>,
}

impl Wanted {
    fn new(ways: &[Way]) -> Self {
        let mut numbers: BTreeMap<Vec<Slot>, u32> = BTreeMap::new();
        let mut wanted = Self { shapes: Vec::new(), counts: Vec::new(), of: Vec::with_capacity(ways.len()) };
        for way in ways {
            let shape = full_shape(way);
            if shape.is_empty() {
                wanted.of.push(None);
                continue;
            }
            let number = match numbers.get(&shape) {
                Some(number) => *number,
                None => {
                    let number = u32::try_from(wanted.shapes.len()).unwrap_or(u32::MAX);
                    wanted.shapes.push(shape.clone());
                    wanted.counts.push(0);
                    numbers.insert(shape, number);
                    number
                }
            };
            if let Some(count) = wanted.counts.get_mut(number as usize) {
                *count = count.saturating_add(1);
            }
            wanted.of.push(Some(number));
        }
        wanted
    }

    /// The shapes that are kept, and which of them stands for each wanted one: itself, a smaller one, or none.
    fn keep(&self) -> (Vec<Vec<Slot>>, Vec<Option<u32>>) {
        let mut by_count: Vec<(usize, &Vec<Slot>)> = self.shapes.iter().enumerate().collect();
        let count = |at: usize| self.counts.get(at).copied().unwrap_or(0);
        by_count.sort_by(|l, r| count(r.0).cmp(&count(l.0)).then_with(|| l.1.cmp(r.1)));
        let mut shapes: Vec<Vec<Slot>> = Vec::new();
        let mut kept = alloc::vec![None; self.shapes.len()];
        for (at, shape) in by_count {
            // Room is left for shapes of one slot, which many others can share.
            let known = (0..).zip(&shapes).filter(|(_, known)| known.iter().all(|slot| shape.contains(slot)));
            let largest = known.max_by_key(|(_, known)| known.len()).map(|(number, _)| number);
            let new = if shapes.len() < MAX_SHAPES / 2 {
                Some(shape.clone())
            } else if largest.is_none() && shapes.len() < MAX_SHAPES {
                shape.iter().min_by_key(|slot| slot.part).map(|slot| [*slot].to_vec())
            } else {
                None
            };
            let number = match new {
                Some(new) => match shapes.iter().position(|known| *known == new) {
                    Some(known) => u32::try_from(known).ok(),
                    None => {
                        shapes.push(new);
                        u32::try_from(shapes.len().saturating_sub(1)).ok()
                    }
                },
                None => largest,
            };
            if let Some(slot) = kept.get_mut(at) {
                *slot = number;
            }
        }
        (shapes, kept)
    }
}

/// The slots of a way's key: those with the fewest values first, as long as the combinations stay few.
fn full_shape(way: &Way) -> Vec<Slot> {
    let mut slots: Vec<(usize, Slot)> = way.keys.iter().map(|(slot, marks)| (marks.len(), *slot)).collect();
    slots.sort_unstable();
    let mut shape = Vec::new();
    let mut keys = 1_usize;
    for (count, slot) in slots {
        let more = keys.saturating_mul(count);
        // One list alone may be long.
        if shape.is_empty() || (more <= MAX_COMBINED && shape.len() < MAX_SLOTS) {
            keys = more;
            shape.push(slot);
        }
    }
    shape.sort_unstable();
    shape
}

/// For each kept shape the rules that one of its keys leads to, on average.
fn means(ways: &[Way], wanted: &Wanted, kept: &[Option<u32>], shapes: &[Vec<Slot>]) -> Vec<f64> {
    let mut keys: Vec<(u32, u64)> = Vec::with_capacity(ways.len());
    for (way, wanted) in ways.iter().zip(&wanted.of) {
        let number = wanted.and_then(|wanted| kept.get(wanted as usize).copied().flatten());
        if let Some((number, shape)) = number.and_then(|number| Some((number, shapes.get(number as usize)?))) {
            // One number for the combination of the way's values is enough to count distinct ones.
            let all = shape.iter().flat_map(|slot| marks(way, *slot));
            keys.push((number, all.fold(0, |key, mark| mix(key, mark.hash))));
        }
    }
    keys.sort_unstable();
    let mut means = alloc::vec![1.0; shapes.len()];
    for group in keys.chunk_by(|l, r| l.0 == r.0) {
        let distinct = group.chunk_by(|l, r| l == r).count();
        if let Some(mean) = group.first().and_then(|(number, _)| means.get_mut(*number as usize)) {
            *mean = group.len() as f64 / distinct.max(1) as f64;
        }
    }
    means
}

/// The place of the demand with the longest texts.
fn best_within(way: &Way) -> Option<usize> {
    let shortest = |at: usize| {
        let (_, within) = way.within.get(at)?;
        Some(within.needles.iter().map(Vec::len).min().unwrap_or(usize::MAX))
    };
    (0..way.within.len()).max_by_key(|at| shortest(*at))
}

/// Takes the ways with most keys out of the tables until memory is bounded.
fn hold_budget(ways: &[Way], shapes: &[Vec<Slot>], choices: &mut [Choice]) {
    let mut left = ways.len().saturating_mul(MAX_KEYS_PER_WAY).saturating_add(FREE_KEYS);
    let keys = |way: &Way, choice: &Choice| match choice {
        Choice::Keys(number) => {
            let shape = shapes.get(*number as usize).map(Vec::as_slice).unwrap_or_default();
            shape.iter().fold(1_usize, |keys, slot| keys.saturating_mul(marks(way, *slot).len()))
        }
        _ => 0,
    };
    let mut by_size: Vec<(usize, usize)> =
        ways.iter().zip(choices.iter()).map(|(way, choice)| keys(way, choice)).zip(0..).collect();
    if by_size.iter().fold(0_usize, |sum, (keys, _)| sum.saturating_add(*keys)) <= left {
        return;
    }
    by_size.sort_unstable();
    for (keys, at) in by_size {
        match left.checked_sub(keys) {
            Some(rest) => left = rest,
            None => {
                if let Some(choice) = choices.get_mut(at) {
                    *choice = Choice::Always(Always::TooLarge);
                }
            }
        }
    }
}

/// Each shape is a probe for every event, so those that no way uses go.
fn drop_unused(shapes: &mut Vec<Vec<Slot>>, choices: &mut [Choice]) {
    let mut used: Vec<Option<u32>> = alloc::vec![None; shapes.len()];
    for choice in choices.iter() {
        if let Choice::Keys(number) = choice
            && let Some(used) = used.get_mut(*number as usize)
        {
            *used = Some(0);
        }
    }
    let mut numbers = used.iter().map(Option::is_some);
    shapes.retain(|_| numbers.next().unwrap_or(false));
    for (number, used) in (0..).zip(used.iter_mut().flatten()) {
        *used = number;
    }
    for choice in choices.iter_mut() {
        if let Choice::Keys(number) = choice {
            *number = used.get(*number as usize).copied().flatten().unwrap_or(0);
        }
    }
}

/// How many intervals of a field a number lies in.
struct Stabs {
    /// By field: all lower bounds and all upper bounds, ascending.
    bounds: BTreeMap<u32, (Vec<f64>, Vec<f64>)>,
}

impl Stabs {
    fn new(ways: &[Way]) -> Self {
        let mut bounds: BTreeMap<u32, (Vec<f64>, Vec<f64>)> = BTreeMap::new();
        for (path, (low, high)) in ways.iter().flat_map(|way| &way.ranges) {
            let (lows, highs) = bounds.entry(*path).or_default();
            lows.push(*low);
            highs.push(*high);
        }
        for (lows, highs) in bounds.values_mut() {
            lows.sort_by(f64::total_cmp);
            highs.sort_by(f64::total_cmp);
        }
        Self { bounds }
    }

    /// The place of the way's interval that overlaps fewest others, counted at its ends.
    fn best(&self, way: &Way) -> Option<(usize, f64)> {
        let overlap = |path: &u32, low: f64, high: f64| {
            let (lows, highs) = self.bounds.get(path)?;
            let at = |number: f64| {
                let begun = lows.partition_point(|low| *low <= number);
                begun.saturating_sub(highs.partition_point(|high| *high < number))
            };
            Some(at(low).max(at(high)) as f64)
        };
        let ranges = way.ranges.iter().enumerate();
        ranges
            .filter_map(|(at, (path, (low, high)))| Some((at, overlap(path, *low, *high)?)))
            .min_by(|l, r| l.1.total_cmp(&r.1))
    }
}
