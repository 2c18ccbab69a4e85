//! What indexes are like, for people and tools.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::build::{self, Always, Way};
use super::choose::{Choice, Plan};
use super::hash::Part;
use super::ways::Opaque;
use super::{ListIndex, Slot};
use crate::image::Program;
use crate::isa::path_text;
use crate::{ListId, PathId};

/// What an index is like, for people and tools.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
#[non_exhaustive]
pub struct IndexStats {
    /// Rules of the list.
    pub rules: u32,
    /// Rules that are looked at for every event.
    pub always: u32,
    /// Of these, rules that could be found but would make the index larger than it may be.
    pub too_large: u32,
    /// Hash probes for an event.
    pub probes: u32,
    /// Interval trees walked for an event.
    pub trees: u32,
    /// Fields that are looked through for an event.
    pub passes: u32,
    /// Bytes of memory.
    pub bytes: usize,
}

fn count(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

impl ListIndex {
    /// What the index of a list with that many rules is like.
    pub(crate) fn stats(&self, rules: u32) -> IndexStats {
        let ranges: usize = self.ranges.iter().map(|(_, range)| range.bytes()).sum();
        let within: usize = self.within.iter().map(|(_, within)| within.bytes()).sum();
        let guards: usize = self.guards.iter().map(|guard| guard.rules.len()).sum();
        let words = self.always.len().saturating_add(guards).saturating_mul(size_of::<u32>());
        IndexStats {
            rules,
            always: count(self.always.len()),
            too_large: self.too_large,
            probes: count(self.shapes.len()),
            trees: count(self.ranges.len()),
            passes: count(self.within.len()),
            bytes: self.table.bytes().saturating_add(ranges).saturating_add(within).saturating_add(words),
        }
    }
}

/// How each rule of a list is found, in evaluation order.
pub(crate) fn found_by(program: &Program<'_>, list: ListId) -> Vec<String> {
    let Some((first, rules)) = program.hot().lists.get(list.index()).map(|list| (list.first, list.count)) else {
        return Vec::new();
    };
    let (said, plan) = build::plan(&program.tables(), first, rules);
    let mut found: Vec<String> = said
        .always
        .iter()
        .map(|always| always.map_or_else(String::new, |why| format!("every event, because {}", reason(why))))
        .collect();
    for (way, choice) in said.ways.iter().zip(&plan.choices) {
        let is_always = said.always.get(way.rule as usize).is_some_and(Option::is_some);
        let Some(text) = found.get_mut(way.rule as usize).filter(|_| !is_always) else { continue };
        let how = way_text(program, way, choice, &plan);
        // Ways that differ in values only are found alike.
        if !text.split(" or ").any(|known| known == how) {
            let or = if text.is_empty() { "" } else { " or " };
            *text = format!("{text}{or}{how}");
        }
    }
    // No event satisfies what it demands.
    found.iter_mut().filter(|text| text.is_empty()).for_each(|text| *text = String::from("nothing"));
    found
}

const fn reason(why: Always) -> &'static str {
    match why {
        Always::Opaque(Opaque::Otherwise) => "it has an else",
        Always::Opaque(Opaque::TooManyWays) => "it has too many ways to hold",
        Always::Open => "it demands nothing that can be looked up",
        Always::TooLarge => "the index would be too large",
    }
}

fn way_text(program: &Program<'_>, way: &Way, choice: &Choice, plan: &Plan) -> String {
    let path = |path: u32| path_text(&program.path(PathId::new(path)));
    let at = |field: Option<u32>, what: &str| format!("{} {what}", field.map(path).unwrap_or_default());
    match choice {
        Choice::Keys(shape) => {
            let slots = plan.shapes.get(*shape as usize).map(Vec::as_slice).unwrap_or_default();
            let part = |slot: &Slot| match slot.part {
                Part::Whole => format!("{} ==", path(slot.path)),
                Part::Prefix(length) => format!("{} begins ({length})", path(slot.path)),
                Part::LineSuffix(length) => format!("{} ends ({length})", path(slot.path)),
                Part::Folded => format!("{} iequals", path(slot.path)),
            };
            slots.iter().map(part).collect::<Vec<_>>().join(" and ")
        }
        Choice::Range(place) => at(way.ranges.get(*place).map(|(path, _)| *path), "in an interval"),
        Choice::Within(place) => at(way.within.get(*place).map(|(path, _)| *path), "contains"),
        Choice::Present(path) => at(Some(*path), "is there"),
        Choice::Always(why) => String::from(reason(*why)),
    }
}
