//! Claims of the analysis about the recorded corpora, held against what the reference decided: evidence from outside.
//!
//! Without the corpora (`CASCATA_SHARED`, or `../shared` beside the checkout) the tests pass with a note.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "a test speaks by failing"
)]

#[allow(unused_imports, reason = "the oracle of the whole project; this test uses part of it")]
#[path = "../../tests/oracle/mod.rs"]
mod oracle;

#[allow(dead_code, reason = "shared with the brute-force test")]
mod claims;

use std::collections::BTreeMap;
use std::path::PathBuf;

use cascata_compiler::analyze::{Claim, Finding, analyze};
use cascata_compiler::model::{Cascade, RuleRef};
use cascata_compiler::{Options, Source};
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

fn findings(config: &Value) -> Option<(Cascade, Vec<Finding>)> {
    let text = config.to_string();
    let mut options = Options::default();
    options.analysis = false;
    let (cascade, _) = cascata_compiler::check(&Source::new("row.json", text.clone()), &options);
    cascade.map(|cascade| {
        let findings = analyze(&cascade, &text);
        (cascade, findings)
    })
}

/// Whether a record shows a rule of a stage firing.
fn fired(cascade: &Cascade, expected: &Value, rule: RuleRef) -> bool {
    let name = &cascade.rules[rule].name;
    let stage = cascade.stages.values().find(|stage| {
        [&stage.preconditions, &stage.routing, &stage.postconditions].into_iter().any(|list| list.contains(&rule))
    });
    let fired = expected["fired"].as_array().into_iter().flatten();
    stage.is_some_and(|stage| fired.clone().any(|one| one["rule"] == json!(name) && one["stage"] == json!(stage.name)))
}

/// What the record says against a claim; names of rules may repeat, so duplicates of a name are left out by the caller.
fn refuted(cascade: &Cascade, expected: &Value, claim: &Claim) -> Option<bool> {
    let whole = |at: &[usize]| at.is_empty();
    match claim {
        Claim::NeverTrue { rule, at } if whole(at) && cascade.globals.contains(rule) => {
            Some(cascade.globals.len() == 1 && expected["termination"] == "global")
        }
        Claim::NeverTrue { rule, at } if whole(at) => Some(fired(cascade, expected, *rule)),
        Claim::Shadowed { rule, .. } if !cascade.globals.contains(rule) => Some(fired(cascade, expected, *rule)),
        Claim::NeverRuns { stage } => {
            let name = json!(cascade.stages[*stage].name);
            Some(expected["executed"].as_array().is_some_and(|executed| executed.contains(&name)))
        }
        Claim::Overwritten { rule, by } => Some(fired(cascade, expected, *rule) && !fired(cascade, expected, *by)),
        Claim::Drains { rule, .. } if fired(cascade, expected, *rule) => {
            let last = expected["executed"].as_array().and_then(|executed| executed.last()).cloned();
            let stage = cascade.stages.values().find(|stage| {
                [&stage.preconditions, &stage.routing, &stage.postconditions]
                    .into_iter()
                    .any(|list| list.contains(rule))
            });
            let skips = expected["decisions"].as_array().into_iter().flatten().filter(|one| one["type"] == "skip_to");
            // With one jump only it surely was this one.
            (skips.count() == 1)
                .then(|| last != stage.map(|stage| json!(stage.name)) && !is_precondition(cascade, *rule))
        }
        _ => None,
    }
}

fn is_precondition(cascade: &Cascade, rule: RuleRef) -> bool {
    cascade.stages.values().any(|stage| stage.preconditions.contains(&rule))
}

#[test]
fn no_recorded_decision_refutes_a_claim() {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for file in ["corpus_public.jsonl", "corpus_quirks.jsonl"] {
        for row in rows(file) {
            let expected = row.get("ours").unwrap_or(&row["expected"]);
            if expected["outcome"] != "ok" {
                continue;
            }
            let Some((cascade, findings)) = findings(&row["config"]) else { continue };
            for finding in findings {
                let Some(refuted) = refuted(&cascade, expected, &finding.claim) else { continue };
                *counts.entry(finding.diagnostic.code.in_words()).or_default() += 1;
                if refuted {
                    wrong.push(format!("{} {:?}\n{}", row["id"], finding, row["config"]));
                }
            }
        }
    }
    println!("claims about recorded cascades: {counts:?}");
    assert!(wrong.is_empty(), "{} refuted\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn no_recorded_condition_refutes_a_claim() {
    let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for (file, key) in [("conditions_public.jsonl", "expected"), ("conditions_quirks.jsonl", "ours")] {
        for row in rows(file) {
            let rule = json!({"name": "r", "condition": row["condition"], "action": {"type": "terminate"}});
            let config = json!({"name": "c", "version": "1", "stages": {"S": {"name": "S", "routing_rules": [rule]}}});
            let Some((_, findings)) = findings(&config) else { continue };
            let recorded = &row[key];
            for finding in &findings {
                let (name, refuted) = match &finding.claim {
                    Claim::NeverTrue { at, .. } if at.is_empty() => ("never-true", recorded == &json!(true)),
                    Claim::AlwaysTrue { at, .. } if at.is_empty() => ("always-true", recorded != &json!(true)),
                    _ => continue,
                };
                *counts.entry(name).or_default() += 1;
                if refuted {
                    wrong.push(format!("{} {} recorded {recorded}", row["id"], row["condition"]));
                }
            }
            // Claims about parts, which no record shows, are held against the row's event through the oracle.
            if findings.is_empty() || row["stage_results"].as_array().is_some_and(|results| !results.is_empty()) {
                continue;
            }
            let claims::Checked::Claims(judged) = claims::check(&config, &[row["data"].clone()]) else { continue };
            for (name, refuted) in judged {
                *counts.entry(name).or_default() += 1;
                wrong.extend(refuted.map(|why| format!("{} {name} {why} {}", row["id"], row["condition"])));
            }
        }
    }
    println!("claims about recorded conditions: {counts:?}");
    assert!(wrong.is_empty(), "{} refuted\n{}", wrong.len(), wrong.join("\n"));
}
