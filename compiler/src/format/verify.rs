//! The result against the source: the same values, the same comments, the same program. A formatter that is wrong about a
//! text leaves it alone.

use super::Refusal;
use crate::options::Options;
use crate::settings::Place;
use crate::source::Source;
use crate::yaml::{Node, NodeKind, read};

/// Proves that `after` means what `before` means; `sorted`: keys whose order means nothing may have moved.
pub(super) fn verify(before: &Source, after: &Source, sorted: bool, options: &Options) -> Result<(), Refusal> {
    let (old, new) = (read(before, &options.limits), read(after, &options.limits));
    if old.diagnostics.len() != new.diagnostics.len() {
        return Err(Refusal::Changed("diagnostics"));
    }
    if !before.is_json() && comments(before, options) != comments(after, options) {
        return Err(Refusal::Changed("comments"));
    }
    meaning(before, after, sorted, options)
}

/// The same for two sources that may be of different syntax: values and program.
pub(super) fn meaning(before: &Source, after: &Source, sorted: bool, options: &Options) -> Result<(), Refusal> {
    let (old, new) = (read(before, &options.limits), read(after, &options.limits));
    let (Some(old), Some(new)) = (&old.root, &new.root) else { return Err(Refusal::Changed("values")) };
    if !same(old, new, sorted.then(|| Place::of_source(before)).as_ref()) {
        return Err(Refusal::Changed("values"));
    }
    program(before, after, options)
}

/// Proves that two sources make the same program, or none.
pub(super) fn program(before: &Source, after: &Source, options: &Options) -> Result<(), Refusal> {
    if hash(before, options) == hash(after, options) { Ok(()) } else { Err(Refusal::Changed("program")) }
}

fn same(old: &Node, new: &Node, place: Option<&Place>) -> bool {
    match (&old.kind, &new.kind) {
        (NodeKind::Seq(old), NodeKind::Seq(new)) => {
            let place = place.map(Place::item);
            old.len() == new.len() && old.iter().zip(new).all(|(old, new)| same(old, new, place.as_ref()))
        }
        (NodeKind::Map(old), NodeKind::Map(new)) => {
            let sorted = place.is_some_and(|place| !place.settings().is_empty());
            old.len() == new.len()
                && old.iter().enumerate().all(|(at, (key, value))| {
                    let other = if sorted {
                        new.iter().find(|(other, _)| other.text == key.text)
                    } else {
                        new.get(at).filter(|(other, _)| other.text == key.text)
                    };
                    let place = place.map(|place| place.key(&key.text));
                    other.is_some_and(|(_, other)| same(value, other, place.as_ref()))
                })
        }
        (NodeKind::Float(old), NodeKind::Float(new)) => old.to_bits() == new.to_bits(),
        (old, new) => old == new,
    }
}

/// The comments of a text, sorted.
pub(super) fn comments<'s>(source: &'s Source, options: &Options) -> Option<Vec<&'s str>> {
    let found = super::comments(&source.text, &options.limits)?;
    let mut texts: Vec<_> = found.iter().map(|span| span.slice(&source.text).trim_end()).collect();
    texts.sort_unstable();
    Some(texts)
}

/// The hash of the program; none if there are mistakes.
pub(super) fn hash(source: &Source, options: &Options) -> Option<[u8; 32]> {
    let image = crate::compile(source, options).image?;
    cascata_vm::image::Program::verify(image, &cascata_vm::image::LoadOptions::default())
        .ok()
        .map(|program| program.hash())
}
