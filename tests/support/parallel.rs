//! The committed rows of parallel cascades, `tests/data/parallel.jsonl`: what the oracle answers to generated cascades in
//! which at least two stages ran at the same time.

use std::path::PathBuf;

use proptest::prelude::Strategy;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};

use super::cascades::{Case, Shape, cases};
use super::refusals::cascade_may_be_refused;
use crate::oracle::cascade::decide;

/// How many rows there are.
pub const ROWS: usize = 200;

/// Longer rows are left out, and those in which no rule fired: they add bytes, not cases.
const LONGEST_ROW: usize = 3_600;

pub fn file() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/parallel.jsonl")
}

pub fn rows() -> Vec<Value> {
    let text = std::fs::read_to_string(file()).expect("tests/data/parallel.jsonl is committed");
    text.lines().map(|line| serde_json::from_str(line).expect("a row is JSON")).collect()
}

/// The rows made anew from their fixed seed.
pub fn generate() -> Vec<Value> {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, b"rows of parallel cascades, fixed");
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let mut rows = Vec::new();
    while rows.len() < ROWS {
        let tree = cases(Shape::Parallel).new_tree(&mut runner).expect("cases reject nothing");
        rows.extend(row(rows.len(), &tree.current()));
    }
    rows
}

fn row(number: usize, case: &Case) -> Option<Value> {
    let seen = decide(&case.config, &case.event, &case.script).ok()?;
    let together = seen.batches.iter().any(|batch| batch.len() > 1);
    let row = json!({
        "id": format!("par{number:03}"), "config": case.config, "event": case.event, "script": case.script,
        "batches": seen.batches, "expected": seen.row(),
    });
    // With a short timeout it matters who is faster.
    let timed = case.config.get("global_timeout_ms").is_some();
    let refused = cascade_may_be_refused(&case.config);
    (together && !timed && !refused && !seen.fired.is_empty() && row.to_string().len() <= LONGEST_ROW).then_some(row)
}
