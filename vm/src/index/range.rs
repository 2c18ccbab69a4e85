//! From a number to the rules whose interval it lies in: a segment tree over the distinct bounds.
//!
//! Between and on `n` bounds there are `2n + 1` elementary places. An interval is a run of places, which at most
//! `2 log n` nodes of a binary tree cover; a number is one place, and the nodes above it have its rules.

use alloc::vec;
use alloc::vec::Vec;

/// Intervals of one field.
#[derive(Debug, Default)]
pub(super) struct RangeIndex {
    /// The distinct bounds, ascending.
    bounds: Vec<f64>,
    /// Leaves of the tree: a power of two.
    leaves: usize,
    /// For each node, where its rules begin in `rules`; one more for the end.
    starts: Vec<u32>,
    rules: Vec<u32>,
}

impl RangeIndex {
    /// Builds the tree from closed intervals and their rules.
    pub(super) fn new(intervals: &[(f64, f64, u32)]) -> Self {
        let mut bounds: Vec<f64> = intervals.iter().flat_map(|(low, high, _)| [*low, *high]).collect();
        bounds.sort_by(f64::total_cmp);
        bounds.dedup();
        let places = bounds.len().saturating_mul(2).saturating_add(1);
        let leaves = places.next_power_of_two();
        let mut entries: Vec<(u32, u32)> = Vec::new();
        let mut index = Self { bounds, leaves, starts: Vec::new(), rules: Vec::new() };
        for (low, high, rule) in intervals {
            let (low, high) = (index.place(*low), index.place(*high));
            cover(leaves, low, high, |node| entries.push((u32::try_from(node).unwrap_or(u32::MAX), *rule)));
        }
        entries.sort_unstable();
        entries.dedup();
        index.starts = vec![0; leaves.saturating_mul(2).saturating_add(1)];
        for (node, _) in &entries {
            if let Some(count) = index.starts.get_mut((*node as usize).saturating_add(1)) {
                *count = count.saturating_add(1);
            }
        }
        let mut sum = 0_u32;
        for start in &mut index.starts {
            sum = sum.saturating_add(*start);
            *start = sum;
        }
        index.rules = entries.into_iter().map(|(_, rule)| rule).collect();
        index
    }

    /// The elementary place of a number: odd on a bound, even between two.
    fn place(&self, number: f64) -> usize {
        // -0.0 and 0.0 are one number, so no total order here; NaN never comes.
        let below = self.bounds.partition_point(|bound| *bound < number);
        let on = self.bounds.get(below).is_some_and(|bound| *bound == number);
        below.saturating_mul(2).saturating_add(usize::from(on))
    }

    /// Adds the rules whose interval has the number.
    #[inline]
    pub(super) fn find(&self, number: f64, out: &mut Vec<u32>) {
        let mut node = self.leaves.saturating_add(self.place(number));
        while node > 0 {
            let end = node.wrapping_add(1);
            if let (Some(start), Some(end)) = (self.starts.get(node), self.starts.get(end))
                && start != end
            {
                out.extend_from_slice(self.rules.get(*start as usize..*end as usize).unwrap_or_default());
            }
            node /= 2;
        }
    }

    /// Size in memory.
    pub(super) fn bytes(&self) -> usize {
        self.bounds
            .len()
            .saturating_mul(size_of::<f64>())
            .saturating_add(self.starts.len().saturating_add(self.rules.len()).saturating_mul(size_of::<u32>()))
    }
}

/// The nodes that together cover the leaves `low..=high` of a tree whose root is node 1.
fn cover(leaves: usize, low: usize, high: usize, mut take: impl FnMut(usize)) {
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
        for count in [1, 2, 5, 40] {
            let intervals: Vec<(f64, f64, u32)> = (0..count)
                .map(|rule| {
                    let low = next(50) as f64 / 2.0 - 5.0;
                    match next(4) {
                        0 => (f64::NEG_INFINITY, low, rule),
                        1 => (low, f64::INFINITY, rule),
                        _ => (low, low + next(10) as f64 / 2.0, rule),
                    }
                })
                .collect();
            let index = RangeIndex::new(&intervals);
            for tenth in -200..500 {
                let number = f64::from(tenth) / 10.0;
                let mut found = Vec::new();
                index.find(number, &mut found);
                found.sort_unstable();
                let wanted: Vec<u32> =
                    intervals.iter().filter(|(low, high, _)| (*low..=*high).contains(&number)).map(|i| i.2).collect();
                assert_eq!(found, wanted, "{number}");
            }
            let mut found = Vec::new();
            index.find(f64::INFINITY, &mut found);
            index.find(-0.0, &mut found);
        }
    }
}
