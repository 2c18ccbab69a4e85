//! The oracle against the recorded corpora, on its own: what the product is compared with has to be right first.

mod oracle;
mod support;

use oracle::condition::{Outcome, evaluate, refused};
use oracle::path::{Facts, StageResult};
use serde_json::{Value, json};
use support::corpus;
use support::rows::compare_rows;

/// `true`, `false` or `"error"`, as the rows have it.
fn condition_answer(row: &Value) -> Value {
    if refused(&row["condition"]).is_some() {
        return json!("error");
    }
    let results: Vec<StageResult> =
        row["stage_results"].as_array().into_iter().flatten().map(StageResult::read).collect();
    match evaluate(&row["condition"], Facts { event: &row["data"], results: &results }, &mut Vec::new()) {
        Outcome::True => json!(true),
        Outcome::False => json!(false),
        Outcome::Error => json!("error"),
    }
}

fn rows(name: &str) -> Vec<Value> {
    corpus(name).unwrap_or_else(|| {
        println!("{name}: skipped, the recorded rows are not here");
        Vec::new()
    })
}

fn wrong_conditions(name: &str, answer_key: &str) -> Vec<String> {
    let rows = rows(name);
    let wrong = rows.iter().filter_map(|row| {
        let got = condition_answer(row);
        let refused = got == "error" && allows(row, "load_error");
        (got != row[answer_key] && !refused).then(|| format!("{} wants {} got {got}", row["id"], row[answer_key]))
    });
    wrong.collect()
}

fn wrong_cascades(name: &str, answer_key: &str) -> Vec<String> {
    let rows = rows(name);
    let mut wrong = Vec::new();
    for row in rows.iter().filter(|row| row.get("event").is_some()) {
        let got = match oracle::cascade::decide(&row["config"], &row["event"], &row["script"]) {
            Ok(seen) => seen.row(),
            Err(why) => json!({ "outcome": "config_error", "why": why }),
        };
        if let Err(why) = compare_rows(&got, &row[answer_key]) {
            wrong.push(format!("{} {why}", row["id"]));
        }
    }
    wrong
}

/// Whether a row takes a refusal before evaluation as well.
fn allows(row: &Value, refusal: &str) -> bool {
    row["also_acceptable"].as_array().is_some_and(|list| list.iter().any(|one| one == refusal))
}

#[track_caller]
fn none(wrong: Vec<String>) {
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong[..wrong.len().min(40)].join("\n"));
}

#[test]
fn conditions_public() {
    none(wrong_conditions("conditions_public.jsonl", "expected"));
}

#[test]
fn conditions_quirks() {
    none(wrong_conditions("conditions_quirks.jsonl", "ours"));
}

#[test]
fn corpus_public() {
    none(wrong_cascades("corpus_public.jsonl", "expected"));
}

#[test]
fn corpus_quirks() {
    none(wrong_cascades("corpus_quirks.jsonl", "ours"));
}
