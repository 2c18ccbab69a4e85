//! From a number to the rules whose interval it lies in.
//!
//! Between and on `n` bounds there are `2n + 1` elementary places, and an interval is a run of them. A short run is written out: each of its
//! places has the rule. Long ones stand in a segment tree: at most `2 log n` nodes of it cover a run, and the nodes above a place have its rules.

use alloc::vec;
use alloc::vec::Vec;

/// An interval, closed, and the rule that wants a number in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Interval {
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) rule: u32,
    pub(super) rest: Rest,
}

/// What a rule wants beside its interval.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Rest(u32);

impl Rest {
    /// Nothing: inside of the interval it holds.
    pub(super) const NOTHING: Self = Self(0);
    /// More than is known here.
    pub(super) const OPEN: Self = Self(u32::MAX);

    /// What stands at this place of a list.
    pub(super) fn at(place: usize) -> Self {
        u32::try_from(place).ok().and_then(|place| place.checked_add(1)).map_or(Self::OPEN, Self)
    }

    /// The place in the list.
    #[inline(always)]
    pub(super) const fn place(self) -> Option<usize> {
        if self.0 == Self::NOTHING.0 || self.0 == Self::OPEN.0 { None } else { Some(self.0.wrapping_sub(1) as usize) }
    }
}

/// A candidate, and what it wants beside.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    pub(super) candidate: u32,
    pub(super) rest: Rest,
}

impl Held {
    const NONE: Self = Self { candidate: 0, rest: Rest::OPEN };

    /// A rule at a place of its interval. On a bound it may depend on how the bound is meant.
    fn new(interval: &Interval, on_bound: bool) -> Self {
        let doubt = on_bound || interval.rest == Rest::OPEN;
        Self { candidate: interval.rule << 1 | u32::from(doubt), rest: interval.rest }
    }
}

/// Most places of an interval that is written out.
const SHORT: usize = 32;

/// Intervals of one field.
#[derive(Debug, Default)]
pub(super) struct RangeIndex {
    /// The distinct bounds, ascending.
    bounds: Vec<f64>,
    /// By place.
    short: Lists,
    /// Leaves of the tree: a power of two, or none.
    leaves: usize,
    /// By node.
    long: Lists,
}

/// Lists one behind the other.
#[derive(Debug, Default)]
struct Lists {
    /// Where each begins; one more for the end.
    starts: Vec<u32>,
    held: Vec<Held>,
}

impl Lists {
    /// So many lists of what `each` tells; it is asked twice and has to tell the same.
    fn new(count: usize, each: impl Fn(&mut dyn FnMut(usize, Held))) -> Self {
        let mut starts = vec![0_u32; count.saturating_add(1)];
        each(&mut |list, _| {
            if let Some(count) = starts.get_mut(list) {
                *count = count.saturating_add(1);
            }
        });
        let mut sum = 0_u32;
        for start in &mut starts {
            sum = sum.saturating_add(*start);
            *start = sum;
        }
        // From its end each list is filled to its beginning.
        let mut held = vec![Held::NONE; sum as usize];
        each(&mut |list, one| {
            if let Some(start) = starts.get_mut(list) {
                *start = start.saturating_sub(1);
                if let Some(place) = held.get_mut(*start as usize) {
                    *place = one;
                }
            }
        });
        Self { starts, held }
    }

    #[inline(always)]
    fn list(&self, number: usize) -> &[Held] {
        match (self.starts.get(number), self.starts.get(number.wrapping_add(1))) {
            (Some(start), Some(end)) => self.held.get(*start as usize..*end as usize).unwrap_or_default(),
            _ => &[],
        }
    }

    fn bytes(&self) -> usize {
        let starts = self.starts.len().saturating_mul(size_of::<u32>());
        self.held.len().saturating_mul(size_of::<Held>()).saturating_add(starts)
    }
}

impl RangeIndex {
    pub(super) fn new(intervals: &[Interval]) -> Self {
        let mut bounds: Vec<f64> = intervals.iter().flat_map(|interval| [interval.low, interval.high]).collect();
        bounds.sort_by(f64::total_cmp);
        bounds.dedup();
        let places = bounds.len().saturating_mul(2).saturating_add(1);
        let mut index = Self { bounds, ..Self::default() };
        let runs: Vec<(usize, usize)> =
            intervals.iter().map(|interval| (index.place(interval.low), index.place(interval.high))).collect();
        let is_short = |(low, high): (usize, usize)| high.saturating_sub(low) < SHORT;
        let of =
            |short: bool| intervals.iter().zip(runs.iter().copied()).filter(move |(_, run)| is_short(*run) == short);
        if of(true).next().is_some() {
            index.short = Lists::new(places, |take| {
                for (interval, (low, high)) in of(true) {
                    (low..=high).for_each(|at| take(at, Held::new(interval, at == low || at == high)));
                }
            });
        }
        if of(false).next().is_some() {
            let leaves = places.next_power_of_two();
            index.leaves = leaves;
            index.long = Lists::new(leaves.saturating_mul(2), |take| {
                for (interval, (low, high)) in of(false) {
                    let leaf = |place: usize| leaves.saturating_add(place);
                    take(leaf(low), Held::new(interval, true));
                    take(leaf(high), Held::new(interval, true));
                    let inside = (low.saturating_add(1), high.saturating_sub(1));
                    cover(leaves, inside, |node| take(node, Held::new(interval, false)));
                }
            });
        }
        index
    }

    /// The elementary place of a number: odd on a bound, even between two.
    pub(super) fn place(&self, number: f64) -> usize {
        // -0.0 and 0.0 are one number, so no total order here; NaN never comes.
        let below = self.bounds.partition_point(|bound| *bound < number);
        let on = self.bounds.get(below).is_some_and(|bound| *bound == number);
        below.saturating_mul(2).saturating_add(usize::from(on))
    }

    /// Looks at what a place has, so that it is near when it is needed.
    #[inline(always)]
    pub(super) fn look_at(&self, place: usize) -> u32 {
        self.short.list(place).first().map_or(0, |held| held.candidate)
    }

    /// Tells of the rules whose interval has the place.
    #[inline(always)]
    pub(super) fn each(&self, place: usize, mut found: impl FnMut(&Held)) {
        self.short.list(place).iter().for_each(&mut found);
        let mut node = if self.leaves == 0 { 0 } else { self.leaves.saturating_add(place) };
        while node > 0 {
            self.long.list(node).iter().for_each(&mut found);
            node /= 2;
        }
    }

    /// Size in memory.
    pub(super) fn bytes(&self) -> usize {
        let bounds = self.bounds.len().saturating_mul(size_of::<f64>());
        bounds.saturating_add(self.short.bytes()).saturating_add(self.long.bytes())
    }
}

/// The nodes that together cover the leaves of a run in a tree whose root is node 1.
fn cover(leaves: usize, (low, high): (usize, usize), mut take: impl FnMut(usize)) {
    let mut left = leaves.saturating_add(low);
    let mut right = leaves.saturating_add(high).saturating_add(1);
    while left < right {
        if left % 2 == 1 {
            take(left);
            left = left.saturating_add(1);
        }
        if right % 2 == 1 {
            right = right.saturating_sub(1);
            take(right);
        }
        left /= 2;
        right /= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_exactly_the_intervals_that_a_scan_finds() {
        let mut seed = 7_u64;
        let mut next = |n: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % n
        };
        // Of many, most are too long to be written out.
        for count in [1, 2, 5, 40, 400] {
            let intervals: Vec<Interval> = (0..count)
                .map(|rule| {
                    let low = next(50) as f64 / 2.0 - 5.0 + if count > 40 { f64::from(rule) / 64.0 } else { 0.0 };
                    let (low, high) = match next(4) {
                        0 => (f64::NEG_INFINITY, low),
                        1 => (low, f64::INFINITY),
                        _ => (low, low + next(10) as f64 / 2.0),
                    };
                    Interval { low, high, rule, rest: if next(3) == 0 { Rest::OPEN } else { Rest::NOTHING } }
                })
                .collect();
            let index = RangeIndex::new(&intervals);
            assert!(count < 400 || (index.leaves > 0 && !index.short.held.is_empty()));
            for number in
                (-200..500).map(|tenth| f64::from(tenth) / 10.0).chain([f64::INFINITY, -0.0, f64::NEG_INFINITY])
            {
                let mut found = Vec::new();
                index.each(index.place(number), |held| found.push(held.candidate));
                found.sort_unstable();
                let wanted: Vec<u32> = intervals
                    .iter()
                    .filter(|interval| (interval.low..=interval.high).contains(&number))
                    .map(|interval| {
                        let inside = interval.low < number && number < interval.high;
                        interval.rule << 1 | u32::from(!inside || interval.rest == Rest::OPEN)
                    })
                    .collect();
                // A long one is told of twice where its bounds are one.
                found.dedup();
                assert_eq!(found, wanted, "{number}");
            }
        }
    }
}
