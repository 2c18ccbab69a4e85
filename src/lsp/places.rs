//! What stands at a place of a cascade: a stage's name, a field's path, an operator.

use super::outline::Outline;

/// What the value at a path of keys means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// The name of a stage.
    Stage,
    /// A path into the event or a stage's result.
    Field,
    Operator,
    Compare,
    Other,
}

/// The meaning of the value at a path; an element of a list is an empty key.
pub fn meaning(path: &[&str]) -> Meaning {
    let action = |path: &[&str]| path.last().is_some_and(|key| matches!(*key, "action" | "else"));
    match path {
        ["execution_order", ""] | ["stages", _, "depends_on", ""] => Meaning::Stage,
        [before @ .., "target"] | [before @ .., "stages", ""] if action(before) => Meaning::Stage,
        ["outcome"] | ["cache_key_fields", ""] | [.., "field"] | [.., "value_field"] => Meaning::Field,
        [.., "operator"] => Meaning::Operator,
        [.., "compare"] => Meaning::Compare,
        _ => Meaning::Other,
    }
}

/// The stages of a cascade: the entries whose keys are their names.
pub fn stages(outline: &Outline<'_>) -> Vec<usize> {
    match outline.child(None, "stages") {
        Some(stages) => outline.children(Some(stages)).filter(|at| outline.key(*at).is_some()).collect(),
        None => Vec::new(),
    }
}

/// The entry of a stage.
pub fn stage(outline: &Outline<'_>, name: &str) -> Option<usize> {
    stages(outline).into_iter().find(|at| outline.key(*at) == Some(name))
}

/// The stage a value names, by itself or as the `stages.NAME.…` of a path.
pub fn named_stage<'t>(outline: &Outline<'t>, entry: usize) -> Option<&'t str> {
    let value = outline.value(entry)?;
    match meaning(&outline.path(Some(entry))) {
        Meaning::Stage => Some(value),
        Meaning::Field => value.strip_prefix("stages.").map(|rest| rest.split(['.', '[']).next().unwrap_or(rest)),
        _ => None,
    }
}

/// The fields a cascade names, each once, with the entries that name it.
pub fn fields<'t>(outline: &Outline<'t>) -> Vec<(&'t str, Vec<usize>)> {
    let mut fields: Vec<(&str, Vec<usize>)> = Vec::new();
    let mut known = std::collections::HashMap::new();
    for entry in 0..outline.entries.len() {
        let Some(value) = outline.value(entry).filter(|value| !value.is_empty()) else { continue };
        if meaning(&outline.path(Some(entry))) == Meaning::Field {
            let at = *known.entry(value).or_insert(fields.len());
            match fields.get_mut(at) {
                Some((_, uses)) => uses.push(entry),
                None => fields.push((value, vec![entry])),
            }
        }
    }
    fields
}
