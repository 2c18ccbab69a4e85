//! The page that holds the learner against the recorded rows of its reference names each of them, once and under its kind.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// Row, kind and whether it is a formula, as the page says.
fn page() -> BTreeMap<String, (String, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/learning-reference.md");
    let text = std::fs::read_to_string(path).expect("the page is there");
    let mut rows = BTreeMap::new();
    for line in text.lines().filter(|line| line.starts_with("| a")) {
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        let [_, ids, kind, here, why, _] = cells.as_slice() else { panic!("four cells: {line}") };
        assert!(["formula", "guess"].contains(here) && !why.is_empty(), "{line}");
        let (first, last) = ids.split_once('–').unwrap_or((ids, ids));
        let number = |id: &str| id.trim_start_matches('a').parse::<u32>().expect("a row");
        for row in number(first)..=number(last) {
            let told = rows.insert(format!("a{row:03}"), ((*kind).to_owned(), (*here).to_owned()));
            assert_eq!(told, None, "a{row:03} stands there twice");
        }
    }
    rows
}

#[test]
fn every_recorded_row_has_its_difference_told() {
    let page = page();
    assert_eq!(page.keys().cloned().collect::<Vec<_>>(), (0..131).map(|row| format!("a{row:03}")).collect::<Vec<_>>());
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    let shared = std::env::var_os("CASCATA_SHARED").map_or_else(beside, PathBuf::from);
    let Ok(text) = std::fs::read_to_string(shared.join("conformance/apls.jsonl")) else {
        println!("skipped: no recorded rows here");
        return;
    };
    for line in text.lines() {
        let row: Value = serde_json::from_str(line).expect("JSON");
        let (id, kind) = (row["id"].as_str().unwrap(), row["kind"].as_str().unwrap());
        let (told, here) = &page[id];
        assert_eq!(told, kind, "{id}");
        let formula = ["roi", "savings", "rank", "proposal", "optimizer"].contains(&kind);
        assert_eq!(here == "formula", formula, "{id}");
    }
}
