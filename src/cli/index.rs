//! What the indexes of rule lists are like, in words and as JSON.

use cascata_vm::IndexStats;
use serde_json::{Value, json};

use super::terminal::{count, thousands};

/// One index of several lists: the sums. `None` if none of them has one.
pub fn sum(lists: impl Iterator<Item = Option<IndexStats>>) -> Option<IndexStats> {
    lists.flatten().reduce(|mut sum, one| {
        sum.rules += one.rules;
        sum.always += one.always;
        sum.too_large += one.too_large;
        sum.probes += one.probes;
        sum.trees += one.trees;
        sum.passes += one.passes;
        sum.bytes += one.bytes;
        sum
    })
}

/// One object; null for lists too short to have an index.
pub fn json(stats: Option<IndexStats>) -> Value {
    stats.map_or(Value::Null, |stats| {
        json!({
            "rules": stats.rules,
            "always": stats.always,
            "too_large": stats.too_large,
            "probes": stats.probes,
            "trees": stats.trees,
            "passes": stats.passes,
            "bytes": stats.bytes,
        })
    })
}

/// `index of 98 rules by 3 probes, 2 rules asked for every event`.
pub fn words(stats: &IndexStats) -> String {
    let found = u64::from(stats.rules.saturating_sub(stats.always));
    let look_ups = [(stats.probes, "probe"), (stats.trees, "interval tree"), (stats.passes, "pass")];
    let look_ups = look_ups.iter().filter(|(number, _)| *number > 0).map(|(number, noun)| match (*number, *noun) {
        (number @ 2.., "pass") => format!("{number} passes"),
        (number, noun) => count(u64::from(number), noun),
    });
    let look_ups: Vec<_> = look_ups.collect();
    let by = if look_ups.is_empty() { String::new() } else { format!(" by {}", look_ups.join(", ")) };
    let mut words = format!("index of {}{by}", count(found, "rule"));
    if stats.always > 0 {
        words += &format!(", {} asked for every event", count(u64::from(stats.always), "rule"));
    }
    if stats.too_large > 0 {
        words += &format!(" ({} because the index would be too large)", thousands(u64::from(stats.too_large)));
    }
    words
}
