//! The reference's rules from patterns: templates, not search.

use serde_json::{Map, Value, json};

use super::ReferencePattern;
use super::hash::text;

/// What a generated rule needs at least.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RuleOptions {
    /// 0.5.
    pub min_confidence: f64,
    /// 0.01.
    pub min_coverage: f64,
}

impl Default for RuleOptions {
    fn default() -> Self {
        Self { min_confidence: 0.5, min_coverage: 0.01 }
    }
}

/// A rule as the reference generates it.
#[derive(Clone, Debug, PartialEq)]
pub struct GeneratedRule {
    /// Its name.
    pub name: String,
    /// What it says, for people.
    pub description: String,
    /// `value_threshold`, `multi_condition`, `temporal` or `behavioral`.
    pub template: &'static str,
    /// Conditions as mappings; all have to hold.
    pub conditions: Vec<Value>,
    /// `APPROVE`, `FLAG`, `ESCALATE` or `REJECT`.
    pub action: &'static str,
    /// The stage of the pattern.
    pub target_stage: String,
    /// The pattern's confidence.
    pub confidence: f64,
    /// A guess from confidence and samples.
    pub estimated_coverage: f64,
}

/// The pieces a template makes: name's end, what is said, the conditions.
struct Filled {
    template: &'static str,
    name: String,
    description: String,
    conditions: Vec<Value>,
}

/// The rule of a pattern that is called `id`, if it makes one.
#[must_use]
pub fn generate(id: &str, pattern: &ReferencePattern, options: &RuleOptions) -> Option<GeneratedRule> {
    let coverage = pattern.confidence * 0.1 * (0.5 + 0.5 * (pattern.sample_count as f64 / 100.0).min(1.0));
    if pattern.confidence < options.min_confidence || coverage < options.min_coverage {
        return None;
    }
    let filled = match pattern.pattern_type.as_str() {
        "threshold" => threshold(id, pattern),
        "temporal" => temporal(id, pattern),
        "behavioral" => behavioral(id, pattern),
        "reasoning" => reasoning(id, pattern),
        "sequence" | "frequency" => None,
        _ => correlation(id, pattern),
    }?;
    Some(GeneratedRule {
        name: filled.name,
        description: filled.description,
        template: filled.template,
        conditions: filled.conditions,
        action: action(pattern),
        target_stage: pattern.stage.clone(),
        confidence: pattern.confidence,
        estimated_coverage: coverage,
    })
}

/// The rule as a mapping of a cascade; none where its action has no such form (`FLAG`).
#[must_use]
pub fn routing_rule(rule: &GeneratedRule) -> Option<Value> {
    let action = match rule.action {
        "APPROVE" => json!({"type": "skip_to", "target": rule.target_stage}),
        "ESCALATE" => json!({"type": "skip_to", "target": "escalation"}),
        "REJECT" => json!({"type": "terminate"}),
        _ => return None,
    };
    let condition = match rule.conditions.as_slice() {
        [only] => only.clone(),
        several => json!({"operator": "AND", "conditions": several}),
    };
    let priority = (rule.confidence * 100.0) as i64;
    Some(json!({"name": rule.name, "type": "routing", "condition": condition, "action": action, "priority": priority}))
}

fn action(pattern: &ReferencePattern) -> &'static str {
    let set = |keys: &[&str]| keys.iter().any(|key| pattern.metadata.get(*key).is_some_and(truthy));
    if set(&["blocked", "is_rejection"]) {
        "REJECT"
    } else if set(&["needs_review", "requires_review"]) {
        "ESCALATE"
    } else if set(&["approved", "is_approval"]) || pattern.confidence >= 0.9 {
        "APPROVE"
    } else if pattern.confidence >= 0.7 {
        "FLAG"
    } else {
        "ESCALATE"
    }
}

fn truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(bool) => *bool,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Object(map) => !map.is_empty(),
    }
}

fn percent(confidence: f64) -> String {
    format!("{:.1}%", confidence * 100.0)
}

fn threshold(id: &str, pattern: &ReferencePattern) -> Option<Filled> {
    let features = &pattern.features;
    let named = features.get("feature_path").and_then(Value::as_str).zip(features.get("threshold"));
    let any = || {
        features
            .iter()
            .find(|(key, value)| value.is_number() && *key != "confidence")
            .map(|(key, value)| (key.as_str(), value))
    };
    let (path, cut) = named.or_else(any)?;
    let operator = features.get("operator").and_then(Value::as_str).unwrap_or_default();
    let (operator, words) = match operator {
        "gt" => (">", "greater than"),
        "lt" => ("<", "less than"),
        "lte" => ("<=", "less than or equal to"),
        "eq" => ("==", "equal to"),
        "ne" => ("!=", "not equal to"),
        _ => (">=", "greater than or equal to"),
    };
    Some(Filled {
        template: "value_threshold",
        name: format!("threshold_{}_{}", pattern.stage, path.replace('.', "_")),
        description: format!(
            "Route when {path} is {words} {}. Generated from pattern {id} with {} confidence based on {} samples.",
            text(cut),
            percent(pattern.confidence),
            pattern.sample_count
        ),
        conditions: vec![json!({"field": path, "operator": operator, "value": cut})],
    })
}

/// A rule of several parts, joined by `AND`.
fn joined(
    id: &str,
    pattern: &ReferencePattern,
    parts: Vec<(String, Value)>,
    template: &'static str,
    said: &str,
) -> Option<Filled> {
    let (words, mut conditions): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
    if conditions.is_empty() {
        return None;
    }
    if conditions.len() > 1 {
        conditions = vec![json!({"operator": "AND", "conditions": conditions})];
    }
    let kind = &pattern.pattern_type;
    Some(Filled {
        template,
        name: format!("{kind}_{}_{id}", pattern.stage),
        description: format!(
            "{said} {}. Generated from {kind} pattern {id} with {} confidence.",
            words.join(", "),
            percent(pattern.confidence)
        ),
        conditions,
    })
}

fn correlation(id: &str, pattern: &ReferencePattern) -> Option<Filled> {
    let exists = |path: &str| (format!("{path} exists"), json!({"field": path, "operator": "EXISTS", "value": true}));
    let valued = |(key, value): (&String, &Value)| {
        let path = key.strip_prefix("val_")?;
        let operator = if value.is_number() { ">=" } else { "==" };
        Some((format!("{path} matches {}", text(value)), json!({"field": path, "operator": operator, "value": value})))
    };
    let mut parts: Vec<_> = pattern.features.iter().filter_map(valued).collect();
    if parts.is_empty() {
        parts = texts(&pattern.features, "feature_paths").take(3).map(exists).collect();
    }
    joined(id, pattern, parts, "multi_condition", "Route when")
}

fn reasoning(id: &str, pattern: &ReferencePattern) -> Option<Filled> {
    let present = |factor: &str| {
        (
            format!("factor '{factor}' present"),
            json!({"field": format!("factors.{factor}"), "operator": "EXISTS", "value": true}),
        )
    };
    let mut parts: Vec<_> = texts(&pattern.features, "factors").take(3).map(present).collect();
    let words: Vec<_> = texts(&pattern.features, "reasoning_keywords").take(5).collect();
    if parts.is_empty() && !words.is_empty() {
        let condition = json!({"field": "content", "operator": "MATCHES", "value": words.join("|")});
        parts.push(("content matches keywords".to_owned(), condition));
    }
    joined(id, pattern, parts, "multi_condition", "Route when")
}

fn behavioral(id: &str, pattern: &ReferencePattern) -> Option<Filled> {
    let features = &pattern.features;
    let mut parts = Vec::new();
    if let Some(count) = features.get("stage_count") {
        let condition = json!({"field": "stage_count", "operator": ">=", "value": count});
        parts.push((format!("at least {} stages executed", text(count)), condition));
    }
    if let Some(average) = features.get("avg_confidence") {
        let condition = json!({"field": "avg_confidence", "operator": ">=", "value": average});
        parts.push((format!("average confidence >= {:.2}", average.as_f64().unwrap_or(0.0)), condition));
    }
    for kind in texts(features, "decision_types").take(2) {
        let condition = json!({"field": format!("decision_type.{kind}"), "operator": "EXISTS", "value": true});
        parts.push((format!("decision type '{kind}' present"), condition));
    }
    if parts.is_empty() {
        for stage in texts(features, "stages_executed").take(3) {
            let condition = json!({"field": format!("executed_stages.{stage}"), "operator": "EXISTS", "value": true});
            parts.push((format!("stage '{stage}' executed"), condition));
        }
    }
    let mut filled = joined(id, pattern, parts, "behavioral", "Route based on behavior:")?;
    // Said differently in the reference, for no reason that shows.
    filled.template = "behavioral";
    Some(filled)
}

/// Hours on each side of the moment a pattern was seen at.
const HOURS: i64 = 2;

fn temporal(id: &str, pattern: &ReferencePattern) -> Option<Filled> {
    let features = &pattern.features;
    let mut parts = Vec::new();
    let timed = [
        ("stage_time_ms", "processing time", "processing_time_ms"),
        ("total_elapsed_ms", "total elapsed time", "elapsed_time_ms"),
    ];
    if let Some((value, (_, words, field))) = timed.into_iter().find_map(|one| Some((features.get(one.0)?, one))) {
        let condition = json!({"field": field, "operator": ">=", "value": value});
        parts.push((format!("{words} >= {}ms", text(value)), condition));
    }
    let feature = pattern.metadata.get("temporal_feature").and_then(Value::as_str).unwrap_or("hour");
    if let Some(hour) = pattern.metadata.get("temporal_window").and_then(Value::as_f64).filter(|_| feature == "hour") {
        parts.push(window(hour as i64));
    }
    if parts.len() < 2 {
        return joined(id, pattern, parts, "temporal", "Route based on timing:");
    }
    // Several conditions stay beside one another here; all other templates join them.
    let (words, conditions): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
    let mut filled = joined(id, pattern, vec![(words.join(", "), Value::Null)], "temporal", "Route based on timing:")?;
    filled.conditions = conditions;
    Some(filled)
}

fn window(hour: i64) -> (String, Value) {
    let (from, to) = ((hour - HOURS).rem_euclid(24), (hour + HOURS).rem_euclid(24));
    let (from, to) = if hour < HOURS { (0, hour + HOURS) } else { (from, to) };
    let overnight = from > to;
    let operator = if overnight { "OR" } else { "AND" };
    let bound = |operator: &str, hour: i64| json!({"field": "hour", "operator": operator, "value": hour});
    let condition = json!({"operator": operator, "conditions": [bound(">=", from), bound("<=", to)]});
    (format!("time between {from}:00 and {to}:00{}", if overnight { " (overnight)" } else { "" }), condition)
}

fn texts<'f>(features: &'f Map<String, Value>, key: &str) -> impl Iterator<Item = &'f str> {
    features.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}
