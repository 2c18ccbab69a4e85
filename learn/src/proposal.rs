//! A proposal: one rule as text, and everything that was measured about it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Roi, stats};

/// The version of the format, in every proposal as `v`.
pub const VERSION: u32 = 1;

/// A rule the learner proposes. Its status, and who did what with it when, is kept by the store of proposals.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Proposal {
    /// The version of this format.
    pub v: u32,
    /// Names the proposal: `p` and 12 hexadecimal digits of BLAKE3 over stage, target, answer and condition, so what is learned twice is one
    /// proposal.
    pub id: String,
    /// The rule's name in the cascade.
    pub name: String,
    /// What kind of regularity it is.
    pub pattern: Pattern,
    /// The expensive stage whose answers it was learned from.
    pub stage: String,
    /// The stage it is to stand in.
    pub target: String,
    /// What it answers in that stage's place: the `outcome` of its `terminate`.
    pub answer: Value,
    /// What of the stage that is. Default: the verdict.
    #[serde(default)]
    pub answer_of: AnswerOf,
    /// The precision that was asked for, 0 to 1. Default 0.99.
    #[serde(default = "asked")]
    pub asked: f64,
    /// The rule as a mapping, as it stands in a list of `routing_rules`.
    pub rule: Value,
    /// The rule as YAML: one item of such a list, in canonical form.
    pub yaml: String,
    /// Its condition as an expression, for people.
    pub when: String,
    /// How many comparisons it has.
    pub conditions: usize,
    /// What was counted, by part of the examples.
    pub measured: Measured,
    /// The share of right answers among those it gives, on the examples kept for the report.
    pub precision: f64,
    /// The lower end of its Wilson interval, one-sided at 95 %: the proposal's confidence.
    pub precision_lower: f64,
    /// The share of all calls it takes away, there.
    pub coverage: f64,
    /// The share it finds of the calls that end with its answer, there.
    pub recall: f64,
    /// What it saves.
    pub saving: Saving,
    /// The reference's figures.
    pub roi: Roi,
    /// What to do with it.
    pub recommendation: Recommendation,
    /// Why, one sentence each; the first decided.
    pub reasons: Vec<String>,
    /// Whether it holds in the newer half as it did in the older.
    pub drift: Drift,
    /// Rules of the cascade it meets.
    pub relations: Vec<Relation>,
    /// When the oldest and the newest example it answers were decided, RFC 3339 in UTC, where records say so.
    pub seen: Option<(String, String)>,
}

/// What a rule answers in place of a stage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AnswerOf {
    /// The verdict that asking the stage led to.
    #[default]
    Outcome,
    /// The stage's own result.
    Result,
}

const fn asked() -> f64 {
    0.99
}

/// The kinds of regularity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Pattern {
    /// One field beyond a number.
    Threshold,
    /// Several fields together.
    Correlation,
    /// Words of a text, or of what a stage said about its reasons.
    Reasoning,
    /// The time of day, the day of the week, an age.
    Temporal,
    /// What earlier stages answered.
    Behavioral,
    /// Elements of a list.
    Sequence,
    /// A value, or one of a set of values, that comes often.
    Frequency,
}

/// What to do with a proposal. Ordered by how well it is thought of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Recommendation {
    /// Bring it into service.
    Migrate,
    /// Watch it in shadow mode.
    Monitor,
    /// Leave it.
    Reject,
}

impl Recommendation {
    /// As it is written in files: `MIGRATE`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Migrate => "MIGRATE",
            Self::Monitor => "MONITOR",
            Self::Reject => "REJECT",
        }
    }
}

/// What was counted on some examples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Counts {
    /// Examples looked at.
    pub examples: u64,
    /// Of these, with the rule's answer.
    pub positives: u64,
    /// Of these examples, answered by the rule.
    pub matched: u64,
    /// Of these, as the stage did.
    pub right: u64,
}

impl Counts {
    /// Of both together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            examples: self.examples + other.examples,
            positives: self.positives + other.positives,
            matched: self.matched + other.matched,
            right: self.right + other.right,
        }
    }

    /// The share of right answers; 1 where it gave none.
    #[must_use]
    pub fn precision(&self) -> f64 {
        if self.matched == 0 { 1.0 } else { self.right as f64 / self.matched as f64 }
    }

    /// The lower Wilson bound of [`Self::precision`], one-sided at 95 %.
    #[must_use]
    pub fn precision_lower(&self) -> f64 {
        stats::lower(self.right, self.matched, stats::Z95)
    }

    /// The share of examples it answers.
    #[must_use]
    pub fn coverage(&self) -> f64 {
        if self.examples == 0 { 0.0 } else { self.matched as f64 / self.examples as f64 }
    }

    /// The share of the positives it finds.
    #[must_use]
    pub fn recall(&self) -> f64 {
        if self.positives == 0 { 0.0 } else { self.right as f64 / self.positives as f64 }
    }
}

/// What was counted, by part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Measured {
    /// Where it was searched: too good to be believed.
    pub fit: Counts,
    /// Where it was chosen.
    pub tune: Counts,
    /// Where nothing was decided: what is believed.
    pub report: Counts,
}

/// What a rule saves, by what the stages cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Saving {
    /// For an event it answers, in the unit of the costs.
    pub per_item: f64,
    /// For a period, at the volume that was given or seen.
    pub per_period: f64,
    /// Microseconds of the stage for an event it answers, as recorded.
    pub time_us: f64,
}

/// Two halves of the examples beside each other: older and newer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Drift {
    /// The older half.
    pub older: Counts,
    /// The newer one.
    pub newer: Counts,
    /// How far its precision moved, in standard deviations; negative is worse.
    pub precision_z: f64,
    /// How far the share it answers moved, likewise.
    pub coverage_z: f64,
    /// How likely so many mistakes, or more, are in the newer half if nothing changed: Fisher's exact test, one-sided, 0 to 1.
    #[serde(default = "certain")]
    pub precision_p: f64,
    /// Whether that is more than chance, with room for all rules that were looked at.
    pub drifted: bool,
}

/// What says nothing against a rule: reports of before it was counted.
const fn certain() -> f64 {
    1.0
}

/// How a proposal meets a rule that exists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Relation {
    /// The rule of the target stage.
    pub rule: String,
    /// How.
    pub kind: RelationKind,
    /// Examples both answer.
    pub both: u64,
    /// Whether the compiler proves it; else it was only seen in the examples.
    pub certain: bool,
}

/// The ways two rules can meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RelationKind {
    /// The existing rule answers everything the proposal would.
    SubsumedBy,
    /// The proposal answers everything the existing rule does, and as it does.
    Subsumes,
    /// Both answer some events, and alike.
    Overlaps,
    /// Both answer some events, differently.
    Conflicts,
}
