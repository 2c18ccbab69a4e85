//! Tests of a cascade: an event, scripted stages, and the parts of the decision that are expected. They stand under
//! `tests` of the cascade, or in a file of their own beside it, and are no part of its meaning.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A file of tests beside a cascade: `payments.test.yaml` tests `payments.yaml`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Cascata tests", extend("patternProperties" = {"^x-": {}}))]
pub struct TestFile {
    /// The cascade or image that is tested, relative to this file. Default: the file of the same name without `.test`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cascade: Option<String>,
    /// The tests.
    pub tests: Vec<TestCase>,
}

/// One test: what is to come out for an event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("patternProperties" = {"^x-": {}}))]
pub struct TestCase {
    /// What is shown, in words: `blocked countries are denied`.
    pub name: String,
    /// The event.
    pub event: serde_json::Map<String, Value>,
    /// The moment that counts as now, ISO 8601. Default 2000-01-01T00:00:00Z.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub now: Option<String>,
    /// What stages do: `real`, or by name what those do that are scripted. Default `real`.
    #[serde(default)]
    pub stages: TestStages,
    /// The parts of the decision that are compared; what is not named may be anything.
    pub expect: Expectation,
}

/// What the stages of a test do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum TestStages {
    /// Every module runs as it does in a real run.
    Real(Real),
    /// These stages do as told, the others run for real.
    Scripted(BTreeMap<String, StageScript>),
}

impl Default for TestStages {
    fn default() -> Self {
        Self::Real(Real::Real)
    }
}

/// The word for stages that are not scripted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Real {
    /// Nothing is scripted.
    Real,
}

/// What one stage does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum StageScript {
    /// It runs for real.
    Real(Real),
    /// The same at every attempt.
    Always(Box<Attempt>),
    /// One thing an attempt; the last one repeats.
    Each(Vec<Attempt>),
}

/// What a scripted stage does when it is called once.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Attempt {
    /// `stages.NAME.result`. Default null.
    #[serde(default)]
    pub result: Value,
    /// `stages.NAME.confidence`. Default: none.
    #[serde(default)]
    pub confidence: Value,
    /// `stages.NAME.data`. Default: none.
    #[serde(default)]
    pub data: Value,
    /// What the stage writes into the event, by path. Default: nothing.
    #[serde(default)]
    pub writes: serde_json::Map<String, Value>,
    /// The stage fails. Not together with the four above.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ScriptedFailure>,
    /// How long it takes, in milliseconds, on a clock of the test's own. A stage that takes longer than its `timeout_ms`
    /// is timed out. Default 0.
    #[serde(default)]
    pub time_ms: u64,
}

/// How a scripted stage fails.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ScriptedFailure {
    /// An error of the handler with this message.
    Message(String),
    /// A failure of a kind.
    Failure(FailureScript),
}

/// A failure of a kind.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FailureScript {
    /// The kind as records name it: `handler`, `out_of_fuel`, `trapped`. Default `handler`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// `stages.NAME.error`. Default: what the kind means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// A status of the handler's own. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<i32>,
    /// Whether another attempt may help. Default: as the kind is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retryable: Option<bool>,
}

/// Parts of a decision record. Mappings name the parts that are compared, lists are compared whole, numbers exactly;
/// `{contains: …}` in place of a list or text asks for a part of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    /// The verdict.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Value>,
    /// Where the verdict comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome_source: Option<Value>,
    /// Why, as the rule that ended the cascade says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Value>,
    /// The names of the stages that ran, in order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<Value>,
    /// The stages that ran: a list in order, or a mapping by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stages: Option<Value>,
    /// The rules whose condition held, in order. A text stands for the rule of that name, `STAGE.RULE` for that of a stage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fired: Option<Value>,
    /// The stages that were due and did not run: a list in order, or a mapping from stage to why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skipped: Option<Value>,
    /// How rules changed the way, in order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decisions: Option<Value>,
    /// Writes to the event: a list in order, or a mapping from path to the value written last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub writes: Option<Value>,
    /// The event with all writes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub final_data: Option<Value>,
    /// Everything that went wrong: a list in order, in which a text stands for the kind, or a mapping from stage to kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub errors: Option<Value>,
    /// Whether the cascade ended early.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terminated: Option<Value>,
    /// What ended it early: `action`, `global` or `stage_error`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub termination: Option<Value>,
    /// True when nothing went wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub success: Option<Value>,
}
