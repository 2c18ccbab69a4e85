//! From keys to rules: one hash table with open addressing over all shapes of a list.

use alloc::vec;
use alloc::vec::Vec;

use super::hash::Exact;
use super::open;

/// Marks an empty place.
const EMPTY: u32 = u32::MAX;
/// Marks a rule that is the only one of its key, and the last one of several.
const LAST: u32 = 1 << 31;
/// Marks rules in front of which stand the words of the values that they want.
const PROVEN: u32 = 1 << 30;

/// Where the rules of a key are.
#[derive(Clone, Copy, Debug)]
struct Place {
    /// The upper half of the key.
    tag: u32,
    /// The rule itself with [`LAST`], or where its rules begin in `postings`, perhaps with [`PROVEN`].
    rules: u32,
}

/// The table.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// A power of two of places, at most half of them taken; or none.
    places: Vec<Place>,
    /// Of each key the words of its values, if rules surely hold where they are the same, lower halves first; then its rules.
    postings: Vec<u32>,
}

/// What a table is made of.
#[derive(Default)]
pub(super) struct Keys {
    keys: Vec<Entry>,
    words: Vec<u32>,
}

struct Entry {
    key: u64,
    rule: u32,
    /// Where its words are.
    words: (u32, u32),
}

impl Keys {
    /// A rule that is a candidate where an event has the key. If `proof` stands for all that the rule wants, it surely holds where the
    /// event's own are the same.
    pub(super) fn add(&mut self, key: u64, rule: u32, proof: &[Exact]) {
        let end = |words: &Vec<u32>| u32::try_from(words.len()).unwrap_or(u32::MAX);
        let start = end(&self.words);
        for exact in proof {
            let second = (!Exact::is_one_word(exact.first)).then_some(exact.second);
            let words = [Some(exact.first), second].into_iter().flatten();
            self.words.extend(words.flat_map(|word| [(word & u64::from(u32::MAX)) as u32, (word >> 32) as u32]));
        }
        self.keys.push(Entry { key, rule, words: (start, end(&self.words)) });
    }

    fn words<'w>(words: &'w [u32], entry: &Entry) -> &'w [u32] {
        words.get(entry.words.0 as usize..entry.words.1 as usize).unwrap_or_default()
    }
}

impl FromIterator<(u64, u32)> for Keys {
    fn from_iter<T: IntoIterator<Item = (u64, u32)>>(keys: T) -> Self {
        let keys = keys.into_iter().map(|(key, rule)| Entry { key, rule, words: (0, 0) });
        Self { keys: keys.collect(), words: Vec::new() }
    }
}

impl Table {
    /// Builds the table. A rule may have several keys, and a key several rules.
    pub(super) fn new(Keys { mut keys, words }: Keys) -> Self {
        let words_of = |entry: &Entry| Keys::words(&words, entry);
        keys.sort_unstable_by(|l, r| {
            l.key.cmp(&r.key).then_with(|| words_of(l).cmp(words_of(r))).then_with(|| l.rule.cmp(&r.rule))
        });
        keys.dedup_by(|l, r| (l.key, l.rule) == (r.key, r.rule) && words_of(l) == words_of(r));
        if keys.is_empty() {
            return Self::default();
        }
        let alike = |l: &Entry, r: &Entry| l.key == r.key && words_of(l) == words_of(r);
        let groups = keys.chunk_by(alike);
        let capacity = groups.clone().count().saturating_mul(2).next_power_of_two();
        let mut table = Self { places: vec![Place { tag: 0, rules: EMPTY }; capacity], postings: Vec::new() };
        for group in groups {
            let Some(first) = group.first() else { continue };
            let proof = words_of(first);
            let rules = if group.len() == 1 && proof.is_empty() {
                first.rule | LAST
            } else {
                let start = u32::try_from(table.postings.len()).unwrap_or(EMPTY);
                table.postings.extend_from_slice(proof);
                table.postings.extend(group.iter().map(|entry| entry.rule));
                if let Some(last) = table.postings.last_mut() {
                    *last |= LAST;
                }
                if proof.is_empty() { start } else { start | PROVEN }
            };
            table.insert(first.key, rules);
        }
        table.postings.shrink_to_fit();
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

    /// Looks at the place of a key, so that it is near when it is needed.
    #[inline(always)]
    pub(super) fn look_at(&self, key: u64) -> u32 {
        self.places.get(bucket(key, self.places.len().wrapping_sub(1))).map_or(0, |place| place.tag)
    }

    /// Tells where the rules of a key are, and perhaps rules of another.
    #[inline(always)]
    pub(super) fn each(&self, key: u64, mut found: impl FnMut(Rules)) {
        let mask = self.places.len().wrapping_sub(1);
        let mut at = bucket(key, mask);
        while let Some(place) = self.places.get(at).filter(|place| place.rules != EMPTY) {
            if place.tag == tag(key) {
                found(Rules(place.rules));
            }
            at = at.wrapping_add(1) & mask;
        }
    }

    /// Adds the rules of a key as candidates that are to be decided, and perhaps rules of another. Of keys without words only.
    #[inline]
    pub(super) fn find(&self, key: u64, out: &mut Vec<u32>) {
        self.each(key, |rules| self.add(rules, core::iter::empty(), out));
    }

    /// Looks at where rules are, so that they are near when they are needed.
    #[inline(always)]
    pub(super) fn look_at_rules(&self, rules: Rules) -> u32 {
        if rules.0 & LAST != 0 { 0 } else { self.postings.get((rules.0 & !PROVEN) as usize).copied().unwrap_or(0) }
    }

    /// Adds rules as candidates: those that surely hold, if the words in front of them are `own`, and others that are to be decided.
    #[inline(always)]
    pub(super) fn add(&self, Rules(rules): Rules, own: impl Iterator<Item = Exact>, out: &mut Vec<u32>) {
        if rules & LAST != 0 {
            out.push(open(rules & !LAST));
            return;
        }
        let mut rest = self.postings.get((rules & !PROVEN) as usize..).unwrap_or_default();
        let mut doubt = 1;
        if rules & PROVEN != 0 {
            let mut same = true;
            for exact in own {
                let Some((first, behind)) = word(rest) else { return };
                rest = behind;
                same &= first == exact.first;
                if !Exact::is_one_word(first)
                    && let Some((second, behind)) = word(rest)
                {
                    rest = behind;
                    same &= second == exact.second;
                }
            }
            doubt = u32::from(!same);
        }
        for rule in rest {
            out.push((rule & !LAST) << 1 | doubt);
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

/// Where rules are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules(u32);

/// The word that stands first, and what stands behind it.
#[inline(always)]
fn word(words: &[u32]) -> Option<(u64, &[u32])> {
    let ([low, high], rest) = words.split_first_chunk()?;
    Some((u64::from(*low) | u64::from(*high) << 32, rest))
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
        let table = Table::new(keys.iter().copied().collect());
        for (key, rule) in &keys {
            let mut found = Vec::new();
            table.find(*key, &mut found);
            assert!(found.contains(&open(*rule)));
        }
        let mut found = Vec::new();
        table.find(key(999_999), &mut found);
        Table::new(Keys::default()).find(1, &mut found);
        assert!(found.is_empty());
    }

    #[test]
    fn rules_hold_where_the_words_are_the_same_and_are_in_doubt_elsewhere() {
        let texts = ["", "a", "1234567", "12345678", "123456789012345"];
        let exact = |text: &str| Exact::text(text.as_bytes());
        let mut keys = Keys::default();
        // All under one key, as if nothing else told them apart.
        for (rule, first) in (0..).zip(texts) {
            keys.add(9, rule, &[exact(first), exact("x")]);
            keys.add(9, rule + 10, &[exact(first), exact("x")]);
            keys.add(9, rule + 20, &[]);
            keys.add(9, rule, &[exact(first), exact("x")]);
        }
        let table = Table::new(keys);
        for (rule, first) in (0..).zip(texts) {
            for (second, holds) in [("x", true), ("y", false)] {
                let mut found = Vec::new();
                let own = [exact(first), exact(second)];
                table.each(9, |rules| table.add(rules, own.iter().copied(), &mut found));
                found.sort_unstable();
                let wanted: Vec<u32> = (0..25)
                    .filter(|other| other % 10 < 5)
                    .map(|other| other << 1 | u32::from(!(holds && (other == rule || other == rule + 10))))
                    .collect();
                assert_eq!(found, wanted, "{first:?} {second:?}");
            }
        }
    }
}
