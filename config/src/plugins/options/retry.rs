//! Options of `retry`.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::num::{NonZeroU32, NonZeroU64};

use super::policy::{ErrorPattern, OnExhausted, RetryAdvice, RetryMode, RetryPolicy, RetryPreset, StageRetryPolicy};
use super::{maybe_percent, multiplier, nonzero, percent};

/// Options of `retry`: calls the handler again after a failure that may pass.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct RetryOptions {
    /// Other defaults for the options below, under one name. Default: those that stand there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preset: Option<RetryPreset>,
    /// Whether calls are made again, or the failure only says what should be done. Default execute.
    pub mode: RetryMode,
    /// What `mode: annotate` tells. Default: everything.
    pub annotate: RetryAdvice,
    /// How many calls may follow the first one. Default 3.
    pub max_retries: u32,
    /// How the wait grows from retry to retry. Default exponential.
    pub strategy: RetryStrategy,
    /// The first wait, in milliseconds. Default 100.
    pub base_ms: u64,
    /// Factor between two waits of the exponential strategy, 1 or more. Default 2.
    #[serde(deserialize_with = "multiplier")]
    #[schemars(extend("minimum" = 1))]
    pub multiplier: f64,
    /// The longest wait, in milliseconds, jitter and the callee's own hint included. Default 60000.
    pub cap_ms: u64,
    /// How chance spreads the waits. Default none.
    pub jitter: Jitter,
    /// How far `jitter: equal` moves a wait up or down, in percent of it, 0 to 100. Default 25.
    #[serde(deserialize_with = "percent")]
    #[schemars(extend("minimum" = 0, "maximum" = 100))]
    pub jitter_percent: f64,
    /// Start of the random sequence that jitter draws from. Default: a different one in every process.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// The longest one attempt may take, in milliseconds. Default: only the stage's `timeout_ms` bounds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt_timeout_ms: Option<NonZeroU64>,
    /// Kinds of failure to retry, by name (`timeout`, `trapped`, …). Default: those that may pass by themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_on: Option<Vec<String>>,
    /// Kinds of failure never to retry, by name; stronger than `retry_on`. Default: none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub abort_on: Vec<String>,
    /// Statuses to retry (HTTP, guest or exit code). Default: whatever else says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_on_status: Option<Vec<i32>>,
    /// Statuses never to retry; stronger than all that says otherwise. Default: none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub never_retry_status: Vec<i32>,
    /// Whether to retry what ran out of time. Default: as the failure says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_on_timeout: Option<bool>,
    /// Whether to retry failures without a status whose message tells of a lost connection. Default: as the failure says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_on_connection_error: Option<bool>,
    /// Results to retry, null among them if listed. Default: none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub retry_on_result: Vec<Value>,
    /// A predicate that the host registered under this name: retries failures that all else would retry only if it says yes. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_if: Option<String>,
    /// A predicate of the host: results it says yes to are retried, like those of `retry_on_result`. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_result_if: Option<String>,
    /// A predicate of the host: results and failures it says yes to are never retried, whatever else says so. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub abort_if: Option<String>,
    /// What a result comes to that is still to be retried after the last attempt. Default return_last.
    pub on_exhausted: OnExhausted,
    /// Policies for stages by name, where several share these options. Default: none.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub stage_policies: BTreeMap<String, StageRetryPolicy>,
    /// Policies for statuses. Default: none.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "by_status")]
    pub status_policies: BTreeMap<i32, RetryPolicy>,
    /// Policies for messages; the first that fits counts. Default: none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub error_patterns: Vec<ErrorPattern>,
    /// Retries that a hundred calls of the stage pay for, above 0, up to 100, so that a stage that is down does not get a multiple of
    /// its calls. Default: off.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "maybe_percent")]
    #[schemars(extend("minimum" = 0, "maximum" = 100))]
    pub budget_percent: Option<f64>,
    /// Retries that may be saved up, and that there are at first. Default 10.
    pub budget_burst: NonZeroU32,
    /// Refuses stages that do not say `idempotent: true`. Default false.
    pub idempotent_only: bool,
}

impl Default for RetryOptions {
    fn default() -> Self {
        Self {
            preset: None,
            mode: RetryMode::default(),
            annotate: RetryAdvice::default(),
            max_retries: 3,
            strategy: RetryStrategy::default(),
            base_ms: 100,
            multiplier: 2.0,
            cap_ms: 60_000,
            jitter: Jitter::default(),
            jitter_percent: 25.0,
            seed: None,
            attempt_timeout_ms: None,
            retry_on: None,
            abort_on: Vec::new(),
            retry_on_status: None,
            never_retry_status: Vec::new(),
            retry_on_timeout: None,
            retry_on_connection_error: None,
            retry_on_result: Vec::new(),
            retry_if: None,
            retry_result_if: None,
            abort_if: None,
            on_exhausted: OnExhausted::default(),
            stage_policies: BTreeMap::new(),
            status_policies: BTreeMap::new(),
            error_patterns: Vec::new(),
            budget_percent: None,
            budget_burst: nonzero(10),
            idempotent_only: false,
        }
    }
}

/// Policies by status. Keys of JSON mappings are text, so the numbers are read here.
fn by_status<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<i32, RetryPolicy>, D::Error> {
    let by_text = BTreeMap::<String, RetryPolicy>::deserialize(deserializer)?;
    let number = |(status, policy): (String, RetryPolicy)| match status.trim().parse::<i32>() {
        Ok(status) => Ok((status, policy)),
        Err(_) => Err(D::Error::custom(format!("`status_policies`: `{status}` is no status, which is a whole number"))),
    };
    by_text.into_iter().map(number).collect()
}

/// How the wait before retry `n` (0 for the first) follows from the base wait.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RetryStrategy {
    /// `base * multiplier^n`.
    #[default]
    Exponential,
    /// `base * (n + 1)`.
    Linear,
    /// `base`, always.
    Fixed,
}

/// How chance spreads the waits, so that many callers do not come back at the same moment.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Jitter {
    /// The wait as computed. `false` means the same.
    #[default]
    None,
    /// The wait, up to `jitter_percent` shorter or longer. `true` means the same.
    Equal,
    /// Any wait from 0 to the computed one.
    Full,
    /// Any wait from the base to three times the wait before it; the strategy plays no part.
    Decorrelated,
}

impl Jitter {
    const NAMES: &'static [&'static str] = &["none", "equal", "full", "decorrelated"];
}

impl<'de> Deserialize<'de> for Jitter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Switch(bool),
            Name(String),
        }
        match Written::deserialize(deserializer) {
            Ok(Written::Switch(false)) => Ok(Self::None),
            Ok(Written::Switch(true)) => Ok(Self::Equal),
            Ok(Written::Name(name)) => match name.as_str() {
                "none" => Ok(Self::None),
                "equal" => Ok(Self::Equal),
                "full" => Ok(Self::Full),
                "decorrelated" => Ok(Self::Decorrelated),
                other => Err(D::Error::unknown_variant(other, Self::NAMES)),
            },
            Err(_) => Err(D::Error::custom("`jitter` must be none, equal, full, decorrelated, or a boolean")),
        }
    }
}

impl JsonSchema for Jitter {
    fn schema_name() -> Cow<'static, str> {
        "Jitter".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "How chance spreads the waits; true means equal, false none.",
            "anyOf": [{ "type": "string", "enum": Self::NAMES }, { "type": "boolean" }],
        })
    }
}
