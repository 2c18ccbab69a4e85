//! What a record says about stages.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One stage that ran.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StageRecord {
    /// The stage.
    pub name: String,
    /// How it ended.
    pub status: StageStatus,
    /// The kind of failure behind the status: of the last attempt, where a plugin that retries gave up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// Its result; null when it failed.
    pub result: Value,
    /// Its confidence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<Value>,
    /// Its data, in mode `full`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<StageError>,
    /// How often it was tried, the calls that retry plugins made included; 0 when a kept result was used.
    pub attempts: u32,
    /// How long it took, the waits between attempts included.
    pub time_us: u64,
    /// Fuel spent by the last attempt, where the handler is metered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fuel: Option<u64>,
    /// The most memory held by the last attempt, in bytes, where the handler is metered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<u64>,
    /// The module that ran, where the handler is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub module: Option<String>,
    /// Capabilities that the module had: what its result may depend on beside the event.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub capabilities: Vec<String>,
    /// Set when a kept result was used instead of running the handler.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached: Option<Cached>,
    /// What the handler logged, in mode `full`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub logs: Vec<LogRecord>,
}

/// How a stage ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StageStatus {
    /// With a result.
    Ok,
    /// With an error, after its retries.
    Error,
    /// The cascade's timeout came first; it has no result.
    Cancelled,
    /// It has rules only and nothing to run.
    Rules,
}

/// Why a stage failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StageError {
    /// The kind of failure, in lower case with underscores.
    pub kind: String,
    /// The stable code of the kind.
    pub code: String,
    /// The kind of the last attempt's failure, where a plugin that retries gave up and `kind` says why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// What happened.
    pub message: String,
    /// A status of the handler's own: HTTP status, guest error code or exit code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<i32>,
    /// The guest's call stack at a trap, in mode `full`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backtrace: Option<String>,
}

/// A kept result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cached {
    /// How long ago the handler had returned it.
    pub age_ms: u64,
}

/// One line a handler logged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LogRecord {
    /// `trace`, `debug`, `info`, `warn` or `error`.
    pub level: String,
    /// What it says.
    pub message: String,
}

/// A stage that was due and did not run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SkippedStage {
    /// The stage.
    pub stage: String,
    /// Why.
    pub why: WhySkipped,
    /// The precondition that blocked it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
}

/// Why a stage did not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WhySkipped {
    /// It is not enabled.
    Disabled,
    /// A `skip_to` went past it.
    SkippedTo,
    /// A precondition held.
    Blocked,
    /// A stage it depends on can no longer run.
    UnmetDependency,
    /// It has no handler.
    NoHandler,
    /// The cascade ended before its turn.
    Terminated,
}
