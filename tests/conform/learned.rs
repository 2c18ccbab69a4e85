//! The reference's pattern learner: what it hashes, extracts, counts as worth moving, writes as rules, and lets a proposal go through.

use std::collections::BTreeMap;

use cascata::learn::reference::{
    Observation, ReferenceLearner, ReferenceOptions, ReferencePattern, RuleOptions, feature_hash, generate,
    routing_rule, timestamp_fields,
};
use cascata::learn::{Costs, Move, Recommendation, Roi, RoiThresholds, Savings, StageCost, Status, rank};
use serde_json::{Map, Value, json};

use super::Tally;
use crate::support::corpus;

/// The rows of `apls.jsonl` but those of the plan optimizer, which have a suite of their own.
pub fn suite(_: &str) -> Option<Tally> {
    let mut tally = Tally::default();
    for row in corpus("apls.jsonl")?.iter().filter(|row| row["kind"] != "optimizer") {
        tally.count(row["id"].as_str().unwrap_or("?"), check(row));
    }
    Some(tally)
}

fn check(row: &Value) -> Result<(), String> {
    let seen = match row["kind"].as_str().unwrap_or_default() {
        "learn" => learn(row),
        "feature_hash" => json!(feature_hash(row["features"].as_object().ok_or("no features")?)),
        "timestamp_fields" => json!(timestamp_fields(&row["data"])),
        "roi" => roi(row),
        "savings" => savings(row),
        "rank" => json!({"descending": ranked(row, false), "ascending": ranked(row, true)}),
        "generate_rule" => generated(row),
        "proposal" => proposal(row),
        other => return Err(format!("no such kind: {other}")),
    };
    let wanted = &row["expected"];
    if same(&seen, wanted) { Ok(()) } else { Err(format!("wants {wanted} got {seen}")) }
}

/// Whole values; doubles bit by bit, whole numbers and doubles by value.
fn same(seen: &Value, wanted: &Value) -> bool {
    match (seen, wanted) {
        (Value::Number(seen), Value::Number(wanted)) => seen.as_f64() == wanted.as_f64(),
        (Value::Array(seen), Value::Array(wanted)) => {
            seen.len() == wanted.len() && seen.iter().zip(wanted).all(|(seen, wanted)| same(seen, wanted))
        }
        (Value::Object(seen), Value::Object(wanted)) => {
            seen.len() == wanted.len()
                && wanted.iter().all(|(key, wanted)| seen.get(key).is_some_and(|seen| same(seen, wanted)))
        }
        (seen, wanted) => seen == wanted,
    }
}

fn pattern(row: &Value) -> (String, ReferencePattern) {
    let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
    let map = |key: &str| row[key].as_object().cloned().unwrap_or_default();
    let pattern = ReferencePattern {
        pattern_type: text("pattern_type"),
        stage: text("stage"),
        confidence: row["confidence"].as_f64().unwrap_or_default(),
        sample_count: row["sample_count"].as_u64().unwrap_or_default(),
        features: map("features"),
        metadata: map("metadata"),
    };
    (text("id"), pattern)
}

fn learn(row: &Value) -> Value {
    let mut options = ReferenceOptions::default();
    let config = &row["config"];
    options.min_confidence = config["min_confidence"].as_f64().unwrap_or(options.min_confidence);
    options.min_samples_for_candidate =
        config["min_samples_for_candidate"].as_u64().unwrap_or(options.min_samples_for_candidate);
    options.max_patterns = config["max_patterns"].as_u64().map_or(options.max_patterns, |most| most as usize);
    options.enable_temporal_extraction = config["enable_temporal_extraction"].as_bool().unwrap_or(true);
    let mut learner = ReferenceLearner::new(options);
    let steps = row["sequence"].as_array().into_iter().flatten();
    let returned: Vec<_> = steps.map(|step| learner.learn(&observation(step)).map_or(Value::Null, told)).collect();
    let numbers =
        |patterns: Vec<(usize, &ReferencePattern)>| patterns.into_iter().map(|(number, _)| number).collect::<Vec<_>>();
    let defaults = ReferenceOptions::default();
    let insight = learner.insight();
    json!({
        "returned": returned,
        "patterns_kept": numbers(learner.kept()),
        "candidates_default": numbers(learner.candidates(defaults.min_confidence, defaults.min_samples_for_candidate)),
        "candidates_insight": numbers(learner.insight_candidates()),
        "estimated_cost_reduction": insight.estimated_cost_reduction,
        "detection_rate_impact": insight.detection_rate_impact,
    })
}

fn observation(step: &Value) -> Observation<'_> {
    let kinds: BTreeMap<&str, &str> =
        [("enable", "enable_stage"), ("disable", "disable_stage"), ("skip", "skip_to")].into_iter().collect();
    let prior = step["prior"].as_array().into_iter().flatten();
    let decisions = step["decisions"].as_array().into_iter().flatten();
    Observation {
        data: step.get("data"),
        stage: step["stage"].as_str().unwrap_or_default(),
        stage_data: step.get("stage_data"),
        prior: prior.map(|one| (one["stage"].as_str().unwrap_or_default(), one["confidence"].as_f64())).collect(),
        decisions: decisions.filter_map(|one| kinds.get(one[0].as_str()?).copied()).collect(),
    }
}

fn told((number, pattern): (usize, ReferencePattern)) -> Value {
    json!({
        "pattern": number, "pattern_type": pattern.pattern_type, "confidence": pattern.confidence,
        "sample_count": pattern.sample_count, "features": pattern.features, "metadata": pattern.metadata,
    })
}

fn costs(row: &Value) -> Costs {
    let Some(stated) = row["stage_costs"].as_object() else { return Costs::default() };
    let one = |(stage, cost): (&String, &Value)| StageCost {
        stage: stage.clone(),
        cost: cost[0].as_f64().unwrap_or_default(),
    };
    Costs(stated.iter().map(one).collect())
}

fn roi_of(row: &Value, pattern: &ReferencePattern) -> Option<Roi> {
    let mut thresholds = RoiThresholds::default();
    thresholds.effort = row["migration_effort"].as_f64().unwrap_or(thresholds.effort);
    let target = row["target_stage"].as_str().unwrap_or_default();
    let volume = row["volume"].as_i64().unwrap_or_default();
    costs(row).roi((&pattern.stage, target), pattern.confidence, volume, &thresholds).ok()
}

fn roi(row: &Value) -> Value {
    let (id, pattern) = pattern(&row["pattern"]);
    let Some(roi) = roi_of(row, &pattern) else { return json!({"error": "ValueError"}) };
    let mut told = json!(roi);
    told["pattern_id"] = json!(id);
    told["source_stage"] = json!(pattern.stage);
    told["target_stage"] = row["target_stage"].clone();
    told
}

fn rois(row: &Value) -> Vec<(String, Roi)> {
    let patterns = row["patterns"].as_array().into_iter().flatten().map(pattern);
    patterns.filter_map(|(id, pattern)| Some((id, roi_of(row, &pattern)?))).collect()
}

fn savings(row: &Value) -> Value {
    let all = rois(row);
    let savings = Savings::of(all.iter().map(|(_, roi)| roi));
    let of = |wanted: Recommendation| {
        all.iter().filter(|(_, roi)| roi.recommendation == wanted).map(|(id, _)| id.as_str()).collect::<Vec<_>>()
    };
    let [migrate, monitor, reject] = [Recommendation::Migrate, Recommendation::Monitor, Recommendation::Reject].map(of);
    json!({
        "total_absolute_savings": savings.total_absolute_savings,
        "total_volume": savings.total_volume,
        "average_reduction_percentage": savings.average_reduction_percentage,
        "migrate_count": migrate.len(), "monitor_count": monitor.len(), "reject_count": reject.len(),
        "patterns_by_recommendation": {"MIGRATE": migrate, "MONITOR": monitor, "REJECT": reject},
    })
}

fn ranked(row: &Value, ascending: bool) -> Vec<String> {
    let mut all = rois(row);
    rank(&mut all, |(_, roi)| roi, ascending);
    all.into_iter().map(|(id, _)| id).collect()
}

fn generated(row: &Value) -> Value {
    let (id, pattern) = pattern(&row["pattern"]);
    let mut options = RuleOptions::default();
    options.min_confidence = row["options"]["min_confidence"].as_f64().unwrap_or(options.min_confidence);
    options.min_coverage = row["options"]["min_coverage"].as_f64().unwrap_or(options.min_coverage);
    let Some(rule) = generate(&id, &pattern, &options) else { return Value::Null };
    json!({
        "name": rule.name, "description": rule.description, "template": rule.template, "conditions": rule.conditions,
        "action": rule.action, "target_stage": rule.target_stage, "source_pattern_id": id, "confidence": rule.confidence,
        "estimated_coverage": rule.estimated_coverage,
        "routing_rule": routing_rule(&rule).unwrap_or_else(|| json!({"error": "ValueError"})),
    })
}

/// A proposal's life as the reference's reviewer leads it; what it keeps beside the status follows from the moves.
fn proposal(row: &Value) -> Value {
    let mut status = Status::default();
    let mut kept = Map::new();
    for key in ["reviewer", "review_notes", "test_results"] {
        kept.insert(key.to_owned(), Value::Null);
    }
    let (mut reviewed, mut activated) = (false, false);
    let mut steps = Vec::new();
    for action in row["actions"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        let attempted = match action {
            "approve" => Move::Approve,
            "reject" => Move::Reject,
            "start_testing" => Move::StartTesting,
            "record" => Move::Record,
            "activate" => Move::Activate,
            _ => Move::Deprecate,
        };
        let mut step = json!({"action": action});
        match status.after(attempted) {
            Ok(next) => {
                status = next;
                noted(attempted, &mut kept);
                reviewed |= matches!(attempted, Move::Approve | Move::Reject);
                activated |= attempted == Move::Activate;
            }
            Err(_) => step["error"] = json!("ValueError"),
        }
        step["status"] = json!(status.name());
        steps.push(step);
    }
    kept.insert("steps".to_owned(), json!(steps));
    kept.insert("has_reviewed_at".to_owned(), json!(reviewed));
    kept.insert("has_activated_at".to_owned(), json!(activated));
    kept.insert("listed_active".to_owned(), json!(u8::from(status == Status::Active)));
    kept.insert("listed_pending".to_owned(), json!(u8::from(status == Status::PendingReview)));
    Value::Object(kept)
}

fn noted(done: Move, kept: &mut Map<String, Value>) {
    match done {
        Move::Approve | Move::Reject => {
            kept.insert("reviewer".to_owned(), json!("rev"));
            kept.insert("review_notes".to_owned(), json!("n"));
        }
        Move::StartTesting => drop(kept.insert("test_results".to_owned(), json!({}))),
        Move::Record => drop(kept.insert("test_results".to_owned(), json!({"acc": 0.9}))),
        Move::Deprecate => drop(kept.insert("review_notes".to_owned(), json!("n\n\nDeprecation reason: old"))),
        Move::Activate => {}
    }
}
