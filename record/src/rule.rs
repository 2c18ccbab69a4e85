//! What a record says about rules, their actions and errors.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A rule that acted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FiredRule {
    /// The stage it belongs to.
    pub stage: String,
    /// Its name.
    pub rule: String,
    /// When it is asked.
    #[serde(rename = "type")]
    pub kind: RuleType,
    /// What it does.
    pub action: ActionKind,
    /// Its condition was false and its `else` acted. Absent when its condition held.
    #[serde(default, rename = "else", skip_serializing_if = "is_false")]
    pub otherwise: bool,
}

/// A rule in shadow mode that would have acted, or could not be decided. Nothing came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ShadowRule {
    /// The stage it belongs to.
    pub stage: String,
    /// Its name.
    pub rule: String,
    /// When it is asked.
    #[serde(rename = "type")]
    pub kind: RuleType,
    /// What it would have done; absent when it could not be decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<ActionKind>,
    /// Its condition was false and its `else` would have acted.
    #[serde(default, rename = "else", skip_serializing_if = "is_false")]
    pub otherwise: bool,
    /// The code of why it could not be decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trap: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
const fn is_false(value: &bool) -> bool {
    !*value
}

/// When a rule is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RuleType {
    /// Before every stage, for the whole cascade.
    Global,
    /// Before its stage.
    Precondition,
    /// After its stage.
    Routing,
    /// After the routing rules.
    Postcondition,
}

/// What a rule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActionKind {
    /// Ends the cascade.
    Terminate,
    /// Goes to a stage further on.
    SkipTo,
    /// Enables and queues stages.
    EnableStages,
    /// Disables stages.
    DisableStages,
    /// Writes to the event.
    SetField,
}

/// How a rule changed the way through the stages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum RoutingDecision {
    /// A stage was enabled.
    EnableStage {
        /// Which.
        stage: String,
    },
    /// A stage was disabled.
    DisableStage {
        /// Which.
        stage: String,
    },
    /// Stages were gone past.
    SkipTo {
        /// Up to which.
        target: String,
    },
}

/// A write to the event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WriteRecord {
    /// The stage whose rule or handler wrote.
    pub stage: String,
    /// The rule that wrote; absent for a handler's write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Where to, as a dotted path.
    pub path: String,
    /// What.
    pub value: Value,
}

/// Something that went wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ErrorRecord {
    /// The stage, or `__global__`.
    pub stage: String,
    /// The kind, in lower case with underscores.
    pub kind: String,
    /// The stable code of the kind.
    pub code: String,
    /// The kind of the last attempt's failure, where a plugin that retries gave up and `kind` says why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// What happened.
    pub message: String,
    /// The rule whose condition or action failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// The code of the trap behind a failed condition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trap: Option<String>,
}
