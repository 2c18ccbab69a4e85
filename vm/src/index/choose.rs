//! Chooses by which of its demands each way is found.
//!
//! All equalities of a way together make the most selective key, but each distinct combination of fields costs
//! a probe for every event. So combinations with few rules give way to smaller ones that others use too, and where
//! an interval leaves fewer rules than the key would, the interval is taken.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use super::Slot;
use super::build::Way;

/// Most shapes of a list, so most probes for an event.
const MAX_SHAPES: usize = 32;
/// Most slots of a shape.
const MAX_SLOTS: usize = 4;
/// Most keys that one way may have.
const MAX_KEYS: usize = 64;

/// How a way is found.
pub(super) enum Choice {
    /// By a key over these slots.
    Keys(Vec<Slot>),
    /// By the interval of this field.
    Range(u32),
    /// Not at all: its rule is always a candidate.
    Always,
}

/// What was chosen.
pub(super) struct Plan {
    pub(super) shapes: Vec<Vec<Slot>>,
    /// For each way.
    pub(super) choices: Vec<Choice>,
}

/// What is known of a shape.
#[derive(Default)]
struct Counts {
    ways: usize,
    keys: BTreeSet<u64>,
}

impl Counts {
    /// Rules that one of its keys leads to, on average.
    fn mean(&self) -> f64 {
        self.ways as f64 / self.keys.len().max(1) as f64
    }
}

pub(super) fn choose(ways: &[Way]) -> Plan {
    let full: Vec<Vec<Slot>> = ways.iter().map(full_shape).collect();
    let mut counts: BTreeMap<&[Slot], Counts> = BTreeMap::new();
    for (way, shape) in ways.iter().zip(&full) {
        if !shape.is_empty() {
            let counts = counts.entry(shape).or_default();
            counts.ways = counts.ways.saturating_add(1);
            counts.keys.insert(sample_key(way, shape));
        }
    }
    let kept = keep(&counts);
    let stabs = Stabs::new(ways);
    let choices = ways
        .iter()
        .zip(&full)
        .map(|(way, shape)| {
            let key =
                kept.get(shape.as_slice()).map(|kept| (kept, counts.get(shape.as_slice()).map_or(1.0, Counts::mean)));
            let range = stabs.best(way);
            match (key, range) {
                (Some((_, rules)), Some((path, overlap))) if overlap < rules => Choice::Range(path),
                (Some((kept, _)), _) => Choice::Keys(kept.clone()),
                (None, Some((path, _))) => Choice::Range(path),
                (None, None) => Choice::Always,
            }
        })
        .collect::<Vec<_>>();
    let used: BTreeSet<&Vec<Slot>> =
        choices.iter().filter_map(|choice| if let Choice::Keys(shape) = choice { Some(shape) } else { None }).collect();
    Plan { shapes: used.into_iter().cloned().collect(), choices }
}

/// The slots of a way's key: those with the fewest values first, as long as the combinations stay few.
fn full_shape(way: &Way) -> Vec<Slot> {
    let mut slots: Vec<(usize, Slot)> = way.keys.iter().map(|(slot, hashes)| (hashes.len(), *slot)).collect();
    slots.sort_unstable();
    let mut shape = Vec::new();
    let mut keys = 1_usize;
    for (count, slot) in slots {
        // One part of a field is enough: the longest says most, and parts of one field come in rising order.
        let more = keys.saturating_mul(count);
        if more <= MAX_KEYS && shape.len() < MAX_SLOTS {
            keys = more;
            shape.push(slot);
        }
    }
    shape.sort_unstable();
    shape
}

/// One number for the combination of a way's values, to count distinct ones.
fn sample_key(way: &Way, shape: &[Slot]) -> u64 {
    shape.iter().flat_map(|slot| way.keys.get(slot)).flatten().fold(0, |key, hash| super::hash::mix(key, *hash))
}

/// Which shape stands for each full shape: itself, a smaller one that is kept, or none.
fn keep<'s>(counts: &BTreeMap<&'s [Slot], Counts>) -> BTreeMap<&'s [Slot], Vec<Slot>> {
    let mut by_size: Vec<(&&[Slot], &Counts)> = counts.iter().collect();
    by_size.sort_by(|l, r| r.1.ways.cmp(&l.1.ways).then_with(|| l.0.cmp(r.0)));
    let mut shapes: Vec<Vec<Slot>> = Vec::new();
    let mut kept = BTreeMap::new();
    for (shape, _) in by_size {
        // Room is left for shapes of one slot, which many others can share.
        let largest =
            shapes.iter().filter(|known| known.iter().all(|slot| shape.contains(slot))).max_by_key(|s| s.len());
        let single = || shape.iter().min_by_key(|slot| slot.part).map(|slot| [*slot].to_vec());
        let chosen = if shapes.len() < MAX_SHAPES / 2 {
            Some(shape.to_vec())
        } else if let Some(known) = largest {
            Some(known.clone())
        } else if shapes.len() < MAX_SHAPES {
            single()
        } else {
            None
        };
        if let Some(chosen) = chosen {
            if !shapes.contains(&chosen) {
                shapes.push(chosen.clone());
            }
            kept.insert(*shape, chosen);
        }
    }
    kept
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

    /// The field of a way whose interval overlaps fewest others, counted at its ends.
    fn best(&self, way: &Way) -> Option<(u32, f64)> {
        let overlap = |path: &u32, low: f64, high: f64| {
            let (lows, highs) = self.bounds.get(path)?;
            let at = |number: f64| {
                let begun = lows.partition_point(|low| *low <= number);
                begun.saturating_sub(highs.partition_point(|high| *high < number))
            };
            Some((*path, at(low).max(at(high)) as f64))
        };
        way.ranges
            .iter()
            .filter_map(|(path, (low, high))| overlap(path, *low, *high))
            .min_by(|l, r| l.1.total_cmp(&r.1))
    }
}
