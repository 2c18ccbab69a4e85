//! What a run of the learner found, as data: the text, JSON and HTML reports are made from this alone.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Counts, Drift, Measured, Proposal, Recommendation};

/// Everything a run found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "Cascata learned rules")]
pub struct Learned {
    /// The version of this format.
    pub v: u32,
    /// The stage whose answers were learned.
    pub stage: String,
    /// The stage the rules are to stand in.
    pub target: String,
    /// The precision that was asked for.
    pub precision: f64,
    /// Examples that came.
    pub examples: u64,
    /// Of these, kept: all, up to the size of the sample.
    pub sampled: u64,
    /// How many of the kept ones were fitted, tuned and reported with.
    pub parts: [u64; 3],
    /// What the stage answered how often, most frequent first.
    pub answers: Vec<AnswerCount>,
    /// Conjunctions that were looked at: what the bounds leave room for.
    pub tried: u64,
    /// Rules that were found, of which some are proposed.
    pub found: u64,
    /// The rules, in the order they are to be asked in.
    pub proposals: Vec<Proposal>,
    /// All of them as one list, the first that holds answering: `positives` are all examples.
    pub together: Measured,
    /// The lower bound of its precision on the reported examples, one-sided at 95 %.
    pub precision_lower: f64,
    /// The list in the older and the newer half of the examples it was not fitted to.
    pub drift: Drift,
    /// Rules that were learned from the older half alone: on what was held back of it, and on the newer half. Nothing where the older
    /// half gives none.
    #[serde(default)]
    pub forward: Option<Drift>,
    /// What to do with the list.
    pub recommendation: Recommendation,
    /// Why.
    pub reasons: Vec<String>,
    /// The list rule by rule, on the reported examples.
    pub curve: Vec<CurvePoint>,
    /// For each pair of rules how many reported examples both answer.
    pub overlap: Vec<Vec<u64>>,
    /// What other cuts of a number would have given, on the reported examples.
    pub thresholds: Vec<ThresholdCurve>,
    /// Words that the stage gave as reasons, by answer.
    pub reasons_given: Vec<ReasonCount>,
    /// What a reader of the report has to know.
    pub notes: Vec<String>,
}

/// How often something was answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AnswerCount {
    /// The answer.
    pub answer: Value,
    /// Examples with it.
    pub count: u64,
}

/// The list up to a rule.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CurvePoint {
    /// Rules so far.
    pub rules: usize,
    /// Comparisons so far.
    pub conditions: usize,
    /// What the list counted.
    pub counts: Counts,
    /// The mean cost of an event when the stage is asked only for what the list leaves.
    pub cost: f64,
}

/// One rule with one of its numbers moved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ThresholdCurve {
    /// The rule.
    pub proposal: String,
    /// The field.
    pub field: String,
    /// `<=` or `>=`.
    pub operator: String,
    /// The number the rule has.
    pub chosen: f64,
    /// Cut and what the rule would count.
    pub points: Vec<(f64, Counts)>,
}

/// How often a word came among the reasons for an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReasonCount {
    /// The word.
    pub word: String,
    /// The answer it came with most.
    pub answer: Value,
    /// Examples with the word.
    pub count: u64,
    /// Of these, with that answer.
    pub right: u64,
    /// The lower bound of that share: the pattern's confidence.
    pub confidence: f64,
}

/// The JSON Schema of what a run found, with that of its proposals under `$defs`.
#[must_use]
pub fn schema() -> Value {
    schemars::schema_for!(Learned).to_value()
}
