//! The learner of rotalabs-cascade 1.1 as its recorded cases show it: for those who come from there, and as what ours is measured against.
//!
//! It takes each event's value for a threshold with a confidence of 0.6 and never looks at what it would get wrong. Its
//! confidences are constants; where it counts, it counts samples. Nothing else in this crate builds on it.

mod features;
mod generate;
mod hash;

use std::collections::HashMap;

use serde_json::{Map, Value, json};

pub use features::{features, timestamp_fields};
pub use generate::{GeneratedRule, RuleOptions, generate, routing_rule};
pub use hash::feature_hash;

/// Settings of the reference learner, with its defaults.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReferenceOptions {
    /// 0.7.
    pub min_confidence: f64,
    /// 10.
    pub min_samples_for_candidate: u64,
    /// 1000; the least recently used pattern goes first.
    pub max_patterns: usize,
    /// On.
    pub enable_temporal_extraction: bool,
}

impl Default for ReferenceOptions {
    fn default() -> Self {
        Self {
            min_confidence: 0.7,
            min_samples_for_candidate: 10,
            max_patterns: 1_000,
            enable_temporal_extraction: true,
        }
    }
}

/// A pattern as the reference has it.
#[derive(Clone, Debug, PartialEq)]
pub struct ReferencePattern {
    /// `threshold`, `correlation`, `reasoning`, `behavioral` or `temporal`.
    pub pattern_type: String,
    /// The stage it came from.
    pub stage: String,
    /// A constant of the type, averaged with itself.
    pub confidence: f64,
    /// How often it came.
    pub sample_count: u64,
    /// What it is about.
    pub features: Map<String, Value>,
    /// What its making knew.
    pub metadata: Map<String, Value>,
}

/// What one call of the reference learner sees.
#[derive(Clone, Debug, Default)]
pub struct Observation<'o> {
    /// The event.
    pub data: Option<&'o Value>,
    /// The stage that answered.
    pub stage: &'o str,
    /// Its data.
    pub stage_data: Option<&'o Value>,
    /// Stages that ran before, with their confidences.
    pub prior: Vec<(&'o str, Option<f64>)>,
    /// The kinds of routing decisions made.
    pub decisions: Vec<&'o str>,
}

/// The weight of what is new in a confidence.
const FRESH: f64 = 0.1;

/// The reference learner.
#[derive(Debug, Default)]
pub struct ReferenceLearner {
    options: ReferenceOptions,
    patterns: HashMap<String, (u64, usize, ReferencePattern)>,
    clock: u64,
    made: usize,
}

/// What candidates are expected to bring.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Insight {
    /// Rounded to four digits.
    pub estimated_cost_reduction: f64,
    /// Rounded to four digits.
    pub detection_rate_impact: f64,
}

impl ReferenceLearner {
    /// With no patterns.
    #[must_use]
    pub fn new(options: ReferenceOptions) -> Self {
        Self { options, ..Self::default() }
    }

    /// Takes one observation; the pattern it belongs to with its number by first appearance, or none.
    pub fn learn(&mut self, seen: &Observation<'_>) -> Option<(usize, ReferencePattern)> {
        let new = extract(seen, self.options.enable_temporal_extraction)?;
        let key = format!("{}/{}/{}", new.stage, new.pattern_type, feature_hash(&new.features));
        self.clock += 1;
        if let Some((used, number, known)) = self.patterns.get_mut(&key) {
            *used = self.clock;
            known.sample_count += 1;
            known.confidence = known.confidence * (1.0 - FRESH) + new.confidence * FRESH;
            return Some((*number, known.clone()));
        }
        if self.patterns.len() >= self.options.max_patterns {
            let oldest = self.patterns.iter().min_by_key(|(_, (used, ..))| *used).map(|(key, _)| key.clone());
            oldest.and_then(|oldest| self.patterns.remove(&oldest));
        }
        let number = self.made;
        self.made += 1;
        self.patterns.insert(key, (self.clock, number, new.clone()));
        Some((number, new))
    }

    /// The patterns that are kept, by number.
    #[must_use]
    pub fn kept(&self) -> Vec<(usize, &ReferencePattern)> {
        let mut kept: Vec<_> = self.patterns.values().map(|(_, number, pattern)| (*number, pattern)).collect();
        kept.sort_by_key(|(number, _)| *number);
        kept
    }

    /// Those that are confident and frequent enough.
    #[must_use]
    pub fn candidates(&self, min_confidence: f64, min_samples: u64) -> Vec<(usize, &ReferencePattern)> {
        let enough =
            |pattern: &ReferencePattern| pattern.confidence >= min_confidence && pattern.sample_count >= min_samples;
        self.kept().into_iter().filter(|(_, pattern)| enough(pattern)).collect()
    }

    /// The candidates by its own settings.
    #[must_use]
    pub fn insight_candidates(&self) -> Vec<(usize, &ReferencePattern)> {
        self.candidates(self.options.min_confidence, self.options.min_samples_for_candidate)
    }

    /// What those candidates are expected to bring: four fifths of the cost of their share of the samples, and their doubt.
    #[must_use]
    pub fn insight(&self) -> Insight {
        let all: u64 = self.patterns.values().map(|(.., pattern)| pattern.sample_count).sum();
        let candidates = self.insight_candidates();
        if all == 0 || candidates.is_empty() {
            return Insight::default();
        }
        let share = |of: &dyn Fn(&ReferencePattern) -> f64| {
            candidates.iter().map(|(_, pattern)| pattern.sample_count as f64 * of(pattern)).sum::<f64>() / all as f64
        };
        let rounded = |value: f64| (value * 1e4).round() / 1e4;
        Insight {
            estimated_cost_reduction: rounded(share(&|_| 0.8)),
            detection_rate_impact: rounded(-share(&|pattern| 1.0 - pattern.confidence)),
        }
    }
}

/// The one pattern of an observation: reasons before fields together, before one number, before the way it came.
fn extract(seen: &Observation<'_>, temporal: bool) -> Option<ReferencePattern> {
    let empty = Value::Null;
    let fields = features(seen.data.unwrap_or(&empty));
    reasoning(seen)
        .or_else(|| (fields.len() >= 3).then(|| correlation(seen, &fields)))
        .or_else(|| threshold(seen, &fields))
        .or_else(|| (fields.len() == 2).then(|| correlation(seen, &fields)))
        .or_else(|| behavioral(seen))
        .or_else(|| temporal.then(|| made(seen, "temporal", 0.5, Map::new(), Map::new())))
}

fn made(
    seen: &Observation<'_>,
    kind: &str,
    confidence: f64,
    features: Map<String, Value>,
    mut metadata: Map<String, Value>,
) -> ReferencePattern {
    metadata.insert("source_stage".to_owned(), json!(seen.stage));
    let (pattern_type, stage) = (kind.to_owned(), seen.stage.to_owned());
    ReferencePattern { pattern_type, stage, confidence, sample_count: 1, features, metadata }
}

fn reasoning(seen: &Observation<'_>) -> Option<ReferencePattern> {
    let data = seen.stage_data?;
    let either = |first: &str, second: &str| data.get(first).or_else(|| data.get(second));
    let text = either("reasoning", "explanation").and_then(Value::as_str).filter(|text| !text.is_empty());
    let factors = match either("factors", "signals") {
        Some(Value::Array(list)) => list.clone(),
        Some(Value::Object(map)) => map.keys().map(|key| json!(key)).collect(),
        _ => Vec::new(),
    };
    if text.is_none() && factors.is_empty() {
        return None;
    }
    let mut features = Map::new();
    if let Some(text) = text {
        let words =
            text.split_whitespace().map(|word| word.trim_matches(|sign: char| !sign.is_alphanumeric()).to_lowercase());
        let words: Vec<_> = words.filter(|word| word.chars().count() > 4).take(10).collect();
        features.insert("reasoning_keywords".to_owned(), json!(words));
        features.insert("reasoning_length".to_owned(), json!(text.chars().count()));
    }
    let has_factors = !factors.is_empty();
    if has_factors {
        features.insert("factor_count".to_owned(), json!(factors.len()));
        features.insert("factors".to_owned(), Value::Array(factors));
    }
    let mut metadata = Map::new();
    metadata.insert("has_reasoning".to_owned(), json!(text.is_some()));
    metadata.insert("has_factors".to_owned(), json!(has_factors));
    Some(made(seen, "reasoning", 0.75, features, metadata))
}

fn correlation(seen: &Observation<'_>, fields: &[(String, Value)]) -> ReferencePattern {
    let all: Map<String, Value> = fields.iter().cloned().collect();
    let mut paths: Vec<_> = fields.iter().map(|(path, _)| path.clone()).collect();
    paths.sort();
    let mut features = Map::new();
    features.insert("feature_count".to_owned(), json!(paths.len()));
    features.insert("feature_hash".to_owned(), json!(feature_hash(&all)));
    for path in paths.iter().take(5) {
        features.insert(format!("val_{path}"), all.get(path).cloned().unwrap_or_default());
    }
    features.insert("feature_paths".to_owned(), json!(paths));
    let mut metadata = Map::new();
    metadata.insert("total_features".to_owned(), json!(fields.len()));
    made(seen, "correlation", 0.65, features, metadata)
}

fn threshold(seen: &Observation<'_>, fields: &[(String, Value)]) -> Option<ReferencePattern> {
    let (path, value) = fields.iter().find(|(_, value)| value.is_number())?;
    let operator = if value.as_f64()? > 0.0 { "gte" } else { "lte" };
    let features = json!({"feature_path": path, "value": value, "operator": operator, "threshold": value});
    let Value::Object(features) = features else { return None };
    Some(made(seen, "threshold", 0.6, features, Map::new()))
}

fn behavioral(seen: &Observation<'_>) -> Option<ReferencePattern> {
    if seen.prior.is_empty() {
        return None;
    }
    let stages: Vec<_> = seen.prior.iter().map(|(stage, _)| *stage).collect();
    let confidences: Vec<f64> = seen.prior.iter().filter_map(|(_, confidence)| *confidence).collect();
    let mut features = Map::new();
    features.insert("stage_count".to_owned(), json!(stages.len()));
    features.insert("stages_executed".to_owned(), json!(stages));
    if !seen.decisions.is_empty() {
        features.insert("routing_count".to_owned(), json!(seen.decisions.len()));
        features.insert("decision_types".to_owned(), json!(seen.decisions));
    }
    if !confidences.is_empty() {
        let sum: f64 = confidences.iter().sum();
        features.insert("avg_confidence".to_owned(), json!(sum / confidences.len() as f64));
        features.insert("max_confidence".to_owned(), json!(confidences.iter().copied().fold(f64::MIN, f64::max)));
    }
    Some(made(seen, "behavioral", 0.55, features, Map::new()))
}
