//! The options of the plugins that come with Cascata.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error as _, Unexpected};
use serde::{Deserialize, Deserializer, Serialize};
use std::borrow::Cow;
use std::num::{NonZeroU32, NonZeroU64};

/// Options of `cache`: answers from an earlier result for the same input.
///
/// Failures are never stored. A stage that may use `http`, `kv` or a clock is cached only with `cacheable: true`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct CacheOptions {
    /// How long a result may be served, in seconds. Default 300. With 0 nothing is served.
    pub ttl_seconds: u64,
    /// How many results the stage keeps; the one unused for longest leaves first. Default 10000.
    pub max_entries: NonZeroU32,
    /// Says that the results of a stage with `http`, `kv` or clock access may be reused. Default false.
    pub cacheable: bool,
}

impl Default for CacheOptions {
    fn default() -> Self {
        Self { ttl_seconds: 300, max_entries: nonzero(10_000), cacheable: false }
    }
}

/// Options of `retry`: calls the handler again after a failure that may pass.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct RetryOptions {
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
}

impl Default for RetryOptions {
    fn default() -> Self {
        Self {
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
        }
    }
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

/// Options of `metrics`: it has none.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct MetricsOptions {}

/// Options of `circuit_breaker`: rejects calls for a while after too many failures.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct CircuitBreakerOptions {
    /// Name of a breaker to share; stages that name the same one open and close together. Default: the stage's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Failures in a row that open the breaker. Default 5.
    pub failure_threshold: NonZeroU32,
    /// How long an open breaker rejects every call before it lets a probe through, in milliseconds. Default 60000.
    pub reset_timeout_ms: u64,
    /// How many probes may run at a time while half-open; calls beyond them are rejected. Default 1.
    pub half_open_max_calls: NonZeroU32,
    /// Successful probes that close a half-open breaker. Default 1.
    pub success_threshold: NonZeroU32,
    /// Share of failed calls within `window_ms` that opens the breaker too, above 0, up to 1. Default: off.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "rate")]
    #[schemars(extend("exclusiveMinimum" = 0, "maximum" = 1))]
    pub failure_rate_threshold: Option<f64>,
    /// The time over which `failure_rate_threshold` is measured, in milliseconds. Default 60000.
    pub window_ms: NonZeroU64,
    /// Calls that the window must hold before `failure_rate_threshold` counts. Default: `failure_threshold`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_calls: Option<NonZeroU32>,
    /// Kinds of failure that neither open nor close the breaker, by name. Default: none, every failure counts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ignore: Vec<String>,
}

impl Default for CircuitBreakerOptions {
    fn default() -> Self {
        Self {
            name: None,
            failure_threshold: nonzero(5),
            reset_timeout_ms: 60_000,
            half_open_max_calls: NonZeroU32::MIN,
            success_threshold: NonZeroU32::MIN,
            failure_rate_threshold: None,
            window_ms: nonzero64(60_000),
            min_calls: None,
            ignore: Vec::new(),
        }
    }
}

/// A default that is written as a number and is not 0.
const fn nonzero(value: u32) -> NonZeroU32 {
    match NonZeroU32::new(value) {
        Some(value) => value,
        None => NonZeroU32::MIN,
    }
}

/// As [`nonzero`], in 64 bits.
const fn nonzero64(value: u64) -> NonZeroU64 {
    match NonZeroU64::new(value) {
        Some(value) => value,
        None => NonZeroU64::MIN,
    }
}

fn multiplier<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    ranged(deserializer, |value| value >= 1.0, "a number of 1 or more")
}

fn percent<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    ranged(deserializer, |value| (0.0..=100.0).contains(&value), "a percentage from 0 to 100")
}

fn rate<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    match Option::<f64>::deserialize(deserializer)? {
        None => Ok(None),
        Some(value) if value > 0.0 && value <= 1.0 => Ok(Some(value)),
        Some(value) => {
            Err(D::Error::invalid_value(Unexpected::Float(value), &"a share above 0, up to 1 (null is off)"))
        }
    }
}

/// A finite number within a range.
fn ranged<'de, D: Deserializer<'de>>(
    deserializer: D,
    fits: impl Fn(f64) -> bool,
    expected: &'static str,
) -> Result<f64, D::Error> {
    let value = f64::deserialize(deserializer)?;
    if value.is_finite() && fits(value) {
        Ok(value)
    } else {
        Err(D::Error::invalid_value(Unexpected::Float(value), &expected))
    }
}
