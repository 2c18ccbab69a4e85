//! What the test binaries share: the recorded rows, generated cascades, and the product driven as a user drives it.
#![allow(dead_code, reason = "each test binary that includes this uses its own part")]

pub mod cascades;
pub mod computed;
pub mod conditions;
pub mod decide;
pub mod machine;
pub mod parallel;
pub mod refusals;
pub mod rows;
pub mod values;

use std::path::PathBuf;

use serde_json::Value;

/// The folder of recorded rows: `conformance` under `CASCATA_SHARED`, else under `../shared`. `None` where there is none.
pub fn conformance_dir() -> Option<PathBuf> {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let dir = std::env::var_os("CASCATA_SHARED").map_or_else(beside, PathBuf::from).join("conformance");
    dir.is_dir().then_some(dir)
}

/// The rows of one JSON Lines file, or `None` where there is no such file.
pub fn corpus(name: &str) -> Option<Vec<Value>> {
    let path = conformance_dir()?.join(name);
    let text = path.is_file().then(|| std::fs::read_to_string(&path).expect("recorded rows can be read"))?;
    let rows = text.lines().filter(|line| !line.trim().is_empty());
    Some(rows.map(|line| serde_json::from_str(line).expect("a row is JSON")).collect())
}
