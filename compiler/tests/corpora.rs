//! Every row of the recorded corpora: what has to be refused is refused with a code and a place, everything else loads.
//!
//! The corpora are no part of the repository; without them (`CASCATA_SHARED`, or `../shared` beside the checkout) the
//! tests pass with a note.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "a test speaks by failing"
)]

use std::path::PathBuf;

use cascata_compiler::{Options, Source, check};
use serde_json::{Value, json};

fn rows(file: &str) -> Vec<Value> {
    let shared = std::env::var_os("CASCATA_SHARED")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared")), PathBuf::from);
    let path = shared.join("conformance").join(file);
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("skipped: no {}", path.display());
        return Vec::new();
    };
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What a row asks of a compiler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    Accept,
    Reject,
    Either,
}

/// Compiles the JSON of a configuration, and says what is wrong with the answer.
fn complaint(config: &Value, wanted: Wanted) -> Option<String> {
    let source = Source::new("row.json", config.to_string());
    let mut options = Options::default();
    options.analysis = false;
    let (model, diagnostics) = check(&source, &options);
    let errors: Vec<_> = diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).collect();
    let placed = errors.iter().all(|error| {
        error.labels.iter().all(|label| label.span.end <= source.text.len())
            && !error.labels.is_empty()
            && !error.message.is_empty()
    });
    match (wanted, model.is_some()) {
        _ if model.is_some() != errors.is_empty() => Some("a model exactly without errors".to_owned()),
        _ if !placed => Some(format!("an error without a place: {errors:?}")),
        (Wanted::Accept, false) => Some(format!("refused: {} {}", errors[0].code, errors[0].message)),
        (Wanted::Reject, true) => Some("accepted".to_owned()),
        _ => None,
    }
}

fn assert_none(complaints: &[String]) {
    assert!(complaints.is_empty(), "{} rows:\n{}", complaints.len(), complaints.join("\n"));
}

#[test]
fn whole_cascades_are_refused_exactly_where_the_corpora_want_it() {
    let mut complaints = Vec::new();
    for file in ["corpus_public.jsonl", "corpus_quirks.jsonl"] {
        for row in rows(file) {
            let outcome = |key: &str| row.pointer(&format!("/{key}/outcome")).and_then(Value::as_str);
            let wanted = match outcome("ours").or(outcome("expected")) {
                Some("config_error") => Wanted::Reject,
                _ if row.get("also_acceptable").is_some() => Wanted::Either,
                _ => Wanted::Accept,
            };
            complaints
                .extend(complaint(&row["config"], wanted).map(|what| format!("{} {wanted:?}: {what}", row["id"])));
        }
    }
    assert_none(&complaints);
}

#[test]
fn conditions_are_refused_exactly_where_the_corpora_want_it() {
    let refused = ["not_extra_children", "operator_missing", "field_not_string"];
    let mut complaints = Vec::new();
    for file in ["conditions_public.jsonl", "conditions_quirks.jsonl"] {
        for row in rows(file) {
            let quirk = |name: &&str| row["quirks"].as_array().is_some_and(|quirks| quirks.contains(&json!(name)));
            let wanted = if row["phase"] == "load" || refused.iter().any(quirk) {
                Wanted::Reject
            } else if row.get("also_acceptable").is_some() {
                Wanted::Either
            } else {
                Wanted::Accept
            };
            let rule = json!({"name": "r", "condition": row["condition"], "action": {"type": "terminate"}});
            let config = json!({"name": "c", "version": "1", "stages": {"S": {"name": "S", "routing_rules": [rule]}}});
            complaints.extend(
                complaint(&config, wanted).map(|what| format!("{} {wanted:?}: {what} {}", row["id"], row["condition"])),
            );
        }
    }
    assert_none(&complaints);
}
