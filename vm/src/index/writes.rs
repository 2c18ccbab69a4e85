//! Which writes of a list's own rules an index has to look at again.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::ops::Bound;

use crate::Segment;
use crate::image::{Action, Tables, rule_of};

/// The paths that `set_field` actions of the rules write to and that change what one of `read` holds, ascending.
///
/// A write changes what is read at its own path, below it and above it.
pub(crate) fn that_matter(tables: &Tables<'_>, first: u32, count: u32, read: &[u32]) -> Vec<u32> {
    let mut written: BTreeMap<u32, bool> = BTreeMap::new();
    let mut readable: Option<BTreeSet<Vec<Segment>>> = None;
    for rule in (first..first.saturating_add(count)).filter_map(|rule| rule_of(*tables, rule)) {
        for action in [Some(rule.action()), rule.otherwise()].into_iter().flatten() {
            let Action::SetField { path, .. } = action else { continue };
            written.entry(path.as_u32()).or_insert_with(|| {
                let readable =
                    readable.get_or_insert_with(|| read.iter().map(|path| segments(tables, *path)).collect());
                overlaps(&segments(tables, path.as_u32()), readable)
            });
        }
    }
    written.into_iter().filter_map(|(path, matters)| matters.then_some(path)).collect()
}

fn overlaps(written: &[Segment], read: &BTreeSet<Vec<Segment>>) -> bool {
    let above = (0..=written.len()).any(|length| read.contains(written.get(..length).unwrap_or_default()));
    // Of all paths from the written one on, those that it begins stand first.
    let below = read.range::<[Segment], _>((Bound::Included(written), Bound::Unbounded)).next();
    above || below.is_some_and(|path| path.starts_with(written))
}

fn segments(tables: &Tables<'_>, path: u32) -> Vec<Segment> {
    let Some((table, range)) = tables.path_range(path) else { return Vec::new() };
    range.filter_map(|at| tables.segment(table, at)).collect()
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    fn path(text: &str) -> Vec<Segment> {
        text.split('.').map(|key| Segment::Key(key.to_string())).collect()
    }

    #[test]
    fn a_write_matters_to_its_own_path_and_those_above_and_below() {
        let read: BTreeSet<_> = ["a.b", "c", "d.e.f", "d.a"].map(path).into();
        for written in ["a", "a.b", "a.b.x", "c.x.y", "c", "d", "d.e", "d.e.f.g"] {
            assert!(overlaps(&path(written), &read), "{written}");
        }
        for written in ["b", "a.c", "ab", "d.e.g", "d.f", "x", "e"] {
            assert!(!overlaps(&path(written), &read), "{written}");
        }
    }
}
