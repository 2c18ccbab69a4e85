//! What the learner may be told.

use serde::{Deserialize, Serialize};

use crate::{AnswerOf, Costs, RoiThresholds};

/// Settings of a run; the defaults are those of the design.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Options {
    /// The stage whose answers are learned.
    pub stage: String,
    /// The stage the rules are to stand in.
    pub target: String,
    /// What of the stage is learned. Default: the verdict it leads to.
    pub answer_of: AnswerOf,
    /// The share of right answers that is asked of the rules together, 0 to 1. Default 0.99.
    pub precision: f64,
    /// The most rules. Default 50.
    pub max_rules: usize,
    /// The most comparisons of a rule. Default 6.
    pub max_conditions: usize,
    /// The least new examples a rule has to answer among the fitted ones. Default 10 (`min_samples_for_candidate`).
    pub min_samples: u64,
    /// The least confidence of a pattern, 0 to 1: the lower bound of its precision on the examples it was searched in and chosen with. Default 0.7.
    pub min_confidence: f64,
    /// The most rules that are kept to choose from, and the most words of reasons, times sixteen. Default 1,000.
    pub max_patterns: usize,
    /// After so many hours in which nothing came that it answers, a pattern is forgotten; by the moments of records. Default 168.
    pub pattern_ttl_hours: u32,
    /// The doubt that is left where a bound has room for all conjunctions that were tried. Default 0.05.
    pub alpha: f64,
    /// The most examples kept of a stream. Default 50,000.
    pub max_sample: usize,
    /// How finely numbers are cut. Default 40.
    pub cuts: usize,
    /// The least examples a value or word must come in. Default 5.
    pub min_value_count: u64,
    /// The most answers that rules are searched for, the most frequent ones. Default 8.
    pub max_answers: usize,
    /// What stages cost.
    pub costs: Costs,
    /// What a saving has to be.
    pub roi: RoiThresholds,
    /// Events of a period; default as many as there are records.
    pub volume: Option<i64>,
    /// Threads that search. Default 2.
    pub threads: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            stage: "SINGLE_AI".to_owned(),
            target: "RULES".to_owned(),
            answer_of: AnswerOf::Outcome,
            precision: 0.99,
            max_rules: 50,
            max_conditions: 6,
            min_samples: 10,
            min_confidence: 0.7,
            max_patterns: 1_000,
            pattern_ttl_hours: 168,
            alpha: 0.05,
            max_sample: 50_000,
            cuts: 40,
            min_value_count: 5,
            max_answers: 8,
            costs: Costs::default(),
            roi: RoiThresholds::default(),
            volume: None,
            threads: 2,
        }
    }
}
