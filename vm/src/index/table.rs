//! From keys to rules: one hash table with open addressing over all shapes of a list.

use alloc::vec;
use alloc::vec::Vec;

/// Marks an empty place.
const EMPTY: u32 = u32::MAX;
/// Marks a rule that is the only one of its key, and the last one of several.
const LAST: u32 = 1 << 31;

/// Where the rules of a key are.
#[derive(Clone, Copy, Debug)]
struct Place {
    /// The upper half of the key.
    tag: u32,
    /// The rule itself with [`LAST`], or where its rules begin in `postings`.
    rules: u32,
}

/// The table.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// A power of two of places, at most half of them taken; or none.
    places: Vec<Place>,
    postings: Vec<u32>,
}

impl Table {
    /// Builds the table. A rule may have several keys, and a key several rules.
    pub(super) fn new(mut keys: Vec<(u64, u32)>) -> Self {
        keys.sort_unstable();
        keys.dedup();
        if keys.is_empty() {
            return Self::default();
        }
        let groups = keys.chunk_by(|l, r| l.0 == r.0).count();
        let capacity = groups.saturating_mul(2).next_power_of_two();
        let mut table = Self { places: vec![Place { tag: 0, rules: EMPTY }; capacity], postings: Vec::new() };
        for group in keys.chunk_by(|l, r| l.0 == r.0) {
            let Some((key, first)) = group.first().copied() else { continue };
            let rules = if group.len() == 1 {
                first | LAST
            } else {
                let start = u32::try_from(table.postings.len()).unwrap_or(EMPTY);
                table.postings.extend(group.iter().map(|(_, rule)| *rule));
                if let Some(last) = table.postings.last_mut() {
                    *last |= LAST;
                }
                start
            };
            table.insert(key, rules);
        }
        table
    }

    fn insert(&mut self, key: u64, rules: u32) {
        let mask = self.places.len().saturating_sub(1);
        let mut at = bucket(key, mask);
        // Half of the places are free, so this ends.
        while let Some(place) = self.places.get_mut(at) {
            if place.rules == EMPTY {
                *place = Place { tag: tag(key), rules };
                return;
            }
            at = at.wrapping_add(1) & mask;
        }
    }

    /// Adds the rules of a key, and perhaps rules of another.
    #[inline]
    pub(super) fn find(&self, key: u64, out: &mut Vec<u32>) {
        let mask = self.places.len().wrapping_sub(1);
        let mut at = bucket(key, mask);
        while let Some(place) = self.places.get(at).filter(|place| place.rules != EMPTY) {
            if place.tag == tag(key) {
                self.rules(place.rules, out);
            }
            at = at.wrapping_add(1) & mask;
        }
    }

    #[inline]
    fn rules(&self, rules: u32, out: &mut Vec<u32>) {
        if rules & LAST != 0 {
            out.push(rules & !LAST);
            return;
        }
        for rule in self.postings.get(rules as usize..).unwrap_or_default() {
            out.push(rule & !LAST);
            if rule & LAST != 0 {
                return;
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Size in memory.
    pub(super) fn bytes(&self) -> usize {
        self.places
            .len()
            .saturating_mul(size_of::<Place>())
            .saturating_add(self.postings.len().saturating_mul(size_of::<u32>()))
    }
}

/// The lower half says where to look, the upper half what to look for.
#[inline(always)]
const fn bucket(key: u64, mask: usize) -> usize {
    (key & u32::MAX as u64) as usize & mask
}

#[inline(always)]
const fn tag(key: u64) -> u32 {
    (key >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_is_found_under_each_of_its_keys() {
        let key = |n: u64| super::super::hash::mix(n, 7);
        let keys: Vec<(u64, u32)> =
            (0..1000_u32).flat_map(|n| [(key(u64::from(n % 300)), n), (key(5000 + u64::from(n)), n)]).collect();
        let table = Table::new(keys.clone());
        for (key, rule) in &keys {
            let mut found = Vec::new();
            table.find(*key, &mut found);
            assert!(found.contains(rule));
        }
        let mut found = Vec::new();
        table.find(key(999_999), &mut found);
        Table::new(Vec::new()).find(1, &mut found);
        assert!(found.is_empty());
    }
}
