//! Options of `fallback`, and the steps that other plugins take from it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What is tried in place of a handler that failed.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FallbackStep {
    /// This value: a mapping gives `result`, `confidence` and `data`, anything else is the result itself.
    Value(Value),
    /// The handler of another stage, with the same call; not that stage's plugins and rules.
    Stage(String),
    /// A handler that the host registered under this name.
    Handler(String),
}

/// How loud a fallback is.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FallbackLevel {
    /// Reported as a warning.
    #[default]
    Warn,
    /// Reported as an ordinary event.
    Info,
    /// Reported for whoever looks closely.
    Debug,
}

/// Options of `fallback`: gives a result where the handler has none.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct FallbackOptions {
    /// What is tried, in this order, until one step gives a result. Default: null as the result.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<FallbackStep>,
    /// Kinds of failure that it stands in for, by name. Default: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kinds: Option<Vec<String>>,
    /// How loud it is. Default warn.
    pub level: FallbackLevel,
}
