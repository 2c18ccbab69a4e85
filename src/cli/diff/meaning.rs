//! What changed in meaning: settings, stages and rules that are new, gone, changed or in another place.

use std::collections::{HashMap, HashSet};

use serde::Serialize;
use serde_json::Value;

use super::side::{List, Settings, Side};

/// All changes, in the order of the new file, what is gone last.
#[derive(Debug, Default, Serialize)]
pub struct Meaning {
    /// Settings of the cascade.
    pub cascade: Vec<Changed>,
    /// Stages.
    pub stages: Vec<StageChange>,
    /// Rules.
    pub rules: Vec<RuleChange>,
}

/// A setting that says something else; what is not there is null.
#[derive(Debug, PartialEq, Serialize)]
pub struct Changed {
    /// Its key.
    pub key: String,
    /// What it said.
    pub old: Value,
    /// What it says.
    pub new: Value,
}

/// What happened to something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It says something else.
    Changed,
    /// It says the same under another name.
    Renamed,
    /// It says the same, at another place of its list.
    Moved,
}

/// A stage that is not as it was.
#[derive(Debug, PartialEq, Serialize)]
pub struct StageChange {
    /// Its name.
    pub stage: String,
    /// What happened.
    pub change: Kind,
    /// What it says otherwise.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub settings: Vec<Changed>,
}

/// A rule that is not as it was.
#[derive(Debug, PartialEq, Serialize)]
pub struct RuleChange {
    /// Its stage or rule set, or `__global__`.
    pub place: String,
    /// When it is asked.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Its name.
    pub rule: String,
    /// What happened.
    pub change: Kind,
    /// Its name before, if it has another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old_name: Option<String>,
    /// Its places in the list of evaluation, from 1, if it has moved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moved: Option<Moved>,
    /// What it says otherwise; of a new or lost one all it says.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub settings: Vec<Changed>,
}

/// Places in a list, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Moved {
    /// Before.
    pub old: usize,
    /// Now.
    pub new: usize,
}

impl Meaning {
    /// What parts two cascades.
    pub fn between(old: &Side, new: &Side) -> Self {
        let mut rules = Vec::new();
        let by_place = |side: &Side| -> HashMap<(String, &'static str), usize> {
            side.lists.iter().enumerate().map(|(at, list)| ((list.place.clone(), list.kind), at)).collect()
        };
        let olds = by_place(old);
        let news = by_place(new);
        for list in &new.lists {
            let before = olds.get(&(list.place.clone(), list.kind)).and_then(|at| old.lists.get(*at));
            rules.extend(list_changes(before, Some(list)));
        }
        for list in old.lists.iter().filter(|list| !news.contains_key(&(list.place.clone(), list.kind))) {
            rules.extend(list_changes(Some(list), None));
        }
        Self { cascade: changed(&old.cascade, &new.cascade), stages: stage_changes(old, new), rules }
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.cascade.is_empty() && self.stages.is_empty() && self.rules.is_empty()
    }
}

fn changed(old: &Settings, new: &Settings) -> Vec<Changed> {
    let keys = new.keys().chain(old.keys().filter(|key| !new.contains_key(*key)));
    let of = |settings: &Settings, key: &String| settings.get(key).cloned().unwrap_or_default();
    let all = keys.map(|key| Changed { key: key.clone(), old: of(old, key), new: of(new, key) });
    all.filter(|changed| changed.old != changed.new).collect()
}

fn stage_changes(old: &Side, new: &Side) -> Vec<StageChange> {
    let olds: HashMap<_, _> = old.stages.iter().map(|(name, settings)| (name.as_str(), settings)).collect();
    let news: HashSet<_> = new.stages.iter().map(|(name, _)| name.as_str()).collect();
    let change = |stage: &str, change, settings| StageChange { stage: stage.to_owned(), change, settings };
    let mut changes = Vec::new();
    for (name, settings) in &new.stages {
        match olds.get(name.as_str()).map(|old| changed(old, settings)) {
            None => changes.push(change(name, Kind::Added, Vec::new())),
            Some(settings) if !settings.is_empty() => changes.push(change(name, Kind::Changed, settings)),
            Some(_) => {}
        }
    }
    let gone = old.stages.iter().filter(|(name, _)| !news.contains(name.as_str()));
    changes.extend(gone.map(|(name, _)| change(name, Kind::Removed, Vec::new())));
    changes
}

/// The changes of one list of rules.
fn list_changes(old: Option<&List>, new: Option<&List>) -> Vec<RuleChange> {
    let Some(list) = new.or(old) else { return Vec::new() };
    let (olds, news) = (old.map_or(&[][..], |list| &list.rules), new.map_or(&[][..], |list| &list.rules));
    let nothing = Settings::new();
    let place_of: HashMap<_, _> = olds.iter().enumerate().map(|(at, rule)| (rule.key.as_str(), at)).collect();
    let kept: HashSet<_> = news.iter().map(|rule| rule.key.as_str()).collect();
    let mut gone: Vec<_> = olds.iter().filter(|rule| !kept.contains(rule.key.as_str())).collect();
    let pairs: Vec<_> =
        news.iter().enumerate().filter_map(|(at, rule)| Some((*place_of.get(rule.key.as_str())?, at))).collect();
    let moved = moved(&pairs);
    let change = |rule: &str, change, settings| RuleChange {
        place: list.place.clone(),
        kind: list.kind,
        rule: rule.to_owned(),
        change,
        old_name: None,
        moved: None,
        settings,
    };
    let mut changes = Vec::new();
    for (at, rule) in news.iter().enumerate() {
        if let Some(before) = place_of.get(rule.key.as_str()).and_then(|at| olds.get(*at)) {
            let settings = changed(&before.settings, &rule.settings);
            let moved = moved.get(&at).copied();
            let kind = if settings.is_empty() { Kind::Moved } else { Kind::Changed };
            if moved.is_some() || !settings.is_empty() {
                changes.push(RuleChange { moved, ..change(&rule.key, kind, settings) });
            }
        } else if let Some(same) = gone.iter().position(|before| before.settings == rule.settings) {
            let before = gone.remove(same);
            changes.push(RuleChange {
                old_name: Some(before.key.clone()),
                ..change(&rule.key, Kind::Renamed, Vec::new())
            });
        } else {
            changes.push(change(&rule.key, Kind::Added, changed(&nothing, &rule.settings)));
        }
    }
    changes.extend(gone.into_iter().map(|rule| change(&rule.key, Kind::Removed, changed(&rule.settings, &nothing))));
    changes
}

/// Of places before and now, in the order of now, the fewest that have to move: those outside the longest run that kept its
/// order. By their place now.
fn moved(pairs: &[(usize, usize)]) -> HashMap<usize, Moved> {
    // Patience sorting: `ends[n]` is where the run of length n + 1 with the least end ends.
    let mut ends: Vec<usize> = Vec::new();
    let mut before = vec![None; pairs.len()];
    for (at, (old, _)) in pairs.iter().enumerate() {
        let length = ends.partition_point(|end| pairs[*end].0 < *old);
        before[at] = length.checked_sub(1).map(|shorter| ends[shorter]);
        match ends.get_mut(length) {
            Some(end) => *end = at,
            None => ends.push(at),
        }
    }
    let stayed: HashSet<_> = std::iter::successors(ends.last().copied(), |at| before[*at]).collect();
    let moved = pairs.iter().enumerate().filter(|(at, _)| !stayed.contains(at));
    moved.map(|(_, (old, new))| (*new, Moved { old: old + 1, new: new + 1 })).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fewest_rules_move() {
        let places = |pairs: &[usize]| {
            let pairs: Vec<_> = pairs.iter().copied().enumerate().map(|(new, old)| (old, new)).collect();
            let mut places: Vec<_> = moved(&pairs).into_values().map(|moved| (moved.old, moved.new)).collect();
            places.sort_unstable();
            places
        };
        assert_eq!(places(&[0, 1, 2, 3]), []);
        assert_eq!(places(&[3, 0, 1, 2]), [(4, 1)]);
        assert_eq!(places(&[1, 2, 3, 0]), [(1, 4)]);
        assert_eq!(places(&[1, 0]).len(), 1);
        assert_eq!(places(&[]), []);
    }
}
