//! One file per kind of recorded rows.

pub mod cascades;
pub mod conditions;
pub mod events;
pub mod learned;
pub mod matchers;
pub mod plans;
pub mod texts;

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::Value;

use crate::support::corpus;

/// How the rows of one file came out.
#[derive(Debug, Default)]
pub struct Tally {
    pub passed: usize,
    /// Row, what was wanted and what came instead.
    pub failures: Vec<String>,
}

impl Tally {
    pub fn count(&mut self, row: &str, outcome: Result<(), String>) {
        match outcome {
            Ok(()) => self.passed += 1,
            Err(why) => self.failures.push(format!("{row}: {why}")),
        }
    }
}

/// Checks every row of a JSON Lines file; a panic counts as a failure of its row.
pub fn each_row(name: &str, mut check: impl FnMut(&Value) -> Result<(), String>) -> Option<Tally> {
    let mut tally = Tally::default();
    for row in corpus(&format!("{name}.jsonl"))? {
        let checked = catch_unwind(AssertUnwindSafe(|| check(&row)));
        tally.count(row["id"].as_str().unwrap_or("?"), checked.unwrap_or_else(|_| Err("panicked".to_owned())));
    }
    Some(tally)
}

/// Whether a row takes a refusal before evaluation as well.
pub fn allows(row: &Value, refusal: &str) -> bool {
    row["also_acceptable"].as_array().is_some_and(|list| list.iter().any(|one| one == refusal))
}
