//! The differences for people.

use std::fmt::Write;

use serde_json::Value;

use super::events::Events;
use super::meaning::{Changed, Kind, Meaning, RuleChange};
use crate::cli::terminal::{count, thousands};

/// The longest value that is shown whole, in characters.
const MAX_VALUE_CHARS: usize = 160;

/// What changed in meaning.
pub fn meaning(meaning: &Meaning) -> String {
    let mut out = String::new();
    if !meaning.cascade.is_empty() {
        out.push_str("cascade\n");
        settings(&mut out, &meaning.cascade, 2);
    }
    if !meaning.stages.is_empty() {
        out.push_str("stages\n");
        for stage in &meaning.stages {
            // Writing into a string cannot fail.
            let _ = writeln!(out, "  {} {}", sign(stage.change), stage.stage);
            settings(&mut out, &stage.settings, 6);
        }
    }
    if !meaning.rules.is_empty() {
        out.push_str("rules\n");
        meaning.rules.iter().for_each(|change| rule(&mut out, change));
    }
    out
}

const fn sign(kind: Kind) -> char {
    match kind {
        Kind::Added => '+',
        Kind::Removed => '-',
        Kind::Changed => '~',
        Kind::Renamed => '=',
        Kind::Moved => '>',
    }
}

fn rule(out: &mut String, change: &RuleChange) {
    let renamed = change.old_name.as_ref().map(|old| format!(", was called {old}")).unwrap_or_default();
    let moved = change.moved.map(|moved| format!(", moved from place {} to {}", moved.old, moved.new));
    let place = format!("{}.{} ({})", change.place, change.rule, change.kind);
    // Writing into a string cannot fail.
    let _ = writeln!(out, "  {} {place}{renamed}{}", sign(change.change), moved.unwrap_or_default());
    match change.change {
        Kind::Added => one_sided(out, &change.settings, |changed| &changed.new),
        Kind::Removed => one_sided(out, &change.settings, |changed| &changed.old),
        _ => settings(out, &change.settings, 6),
    }
}

/// What a rule says that has no other to be compared with: its condition and action.
fn one_sided(out: &mut String, changed: &[Changed], side: impl Fn(&Changed) -> &Value) {
    for changed in changed.iter().filter(|changed| changed.key != "priority" || *side(changed) != 0) {
        // Writing into a string cannot fail.
        let _ = writeln!(out, "      {}: {}", changed.key, shown(&changed.key, side(changed)));
    }
}

fn settings(out: &mut String, changed: &[Changed], indent: usize) {
    for changed in changed {
        let (old, new) = (shown(&changed.key, &changed.old), shown(&changed.key, &changed.new));
        let line = format!("{}: {old} → {new}", changed.key);
        // Writing into a string cannot fail.
        let _ = if line.chars().count() + indent <= 100 && !line.contains('\n') {
            writeln!(out, "{:indent$}{line}", "")
        } else {
            writeln!(out, "{:indent$}{}:\n{:indent$}  - {old}\n{:indent$}  + {new}", "", changed.key, "", "")
        };
    }
}

/// A value as it is read: conditions as they are written, what is not there as a dash.
fn shown(key: &str, value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::String(text) if key == "condition" => text.clone(),
        Value::String(text) if key == "instructions" => {
            text.trim_end().lines().map(str::trim).collect::<Vec<_>>().join("; ")
        }
        Value::Object(action) if matches!(key, "action" | "else") => {
            let kind = action.get("type").and_then(Value::as_str).unwrap_or_default();
            let others = action.iter().filter(|(key, _)| *key != "type").map(|(key, value)| format!("{key}: {value}"));
            let others: Vec<_> = others.collect();
            short(format!("{kind} {}", others.join(", ")).trim_end())
        }
        value => short(&value.to_string()),
    }
}

fn short(text: &str) -> String {
    if text.chars().nth(MAX_VALUE_CHARS).is_none() {
        return text.to_owned();
    }
    text.chars().take(MAX_VALUE_CHARS - 1).chain(['…']).collect()
}

/// Which events are decided otherwise.
pub fn events(found: &Events) -> String {
    let mut out = String::new();
    // Writing into a string cannot fail; every result below is dropped for that reason.
    for event in &found.first {
        let place = event.input.as_ref().map(|input| format!("{input}:")).unwrap_or_default();
        let id = if event.id.is_null() { String::new() } else { format!(" (id {})", short(&event.id.to_string())) };
        let _ = writeln!(out, "event {place}{}{id}", event.line);
        for part in &event.parts {
            let (old, new) = (shown("", &part.old), shown("", &part.new));
            let _ = writeln!(out, "  {}: {old} → {new}", part.part);
        }
    }
    let more = found.differing.saturating_sub(found.first.len() as u64);
    if more > 0 {
        let _ = writeln!(out, "… and {} more (--limit)", thousands(more));
    }
    let bad = if found.bad > 0 { format!(", {} could not be read", thousands(found.bad)) } else { String::new() };
    if found.differing == 0 {
        let _ = writeln!(out, "{}: all decided alike{bad}", count(found.events, "event"));
        return out;
    }
    let _ = writeln!(out, "{}: {} decided otherwise{bad}", count(found.events, "event"), thousands(found.differing));
    for (part, events) in &found.parts {
        let _ = writeln!(out, "  {} in {part}", thousands(*events));
    }
    out
}
