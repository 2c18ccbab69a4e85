//! Options of the circuit breaker.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::num::{NonZeroU32, NonZeroU64};

use super::{FallbackStep, nonzero, nonzero64, rate};

/// Options of `circuit_breaker`: rejects calls for a while after too many failures.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct CircuitBreakerOptions {
    /// Name of a breaker to share; stages that name the same one open and close together. Default: the stage's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The store that processes share it through, by its name under `stores`. Default: none, each process has its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<String>,
    /// Other defaults for the options below, under one name. Default: those that stand there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preset: Option<BreakerPreset>,
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
    /// What is tried in place of a call that the breaker rejects, as in `fallback`. Default: nothing, the call fails.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fallback: Vec<FallbackStep>,
}

impl Default for CircuitBreakerOptions {
    fn default() -> Self {
        Self {
            name: None,
            store: None,
            preset: None,
            failure_threshold: nonzero(5),
            reset_timeout_ms: 60_000,
            half_open_max_calls: NonZeroU32::MIN,
            success_threshold: NonZeroU32::MIN,
            failure_rate_threshold: None,
            window_ms: nonzero64(60_000),
            min_calls: None,
            ignore: Vec::new(),
            fallback: Vec::new(),
        }
    }
}

/// Options of `circuit_breaker` under one name.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum BreakerPreset {
    /// Opens early and for a short time: 3 failures or a rate of 0.3, 30 s, closed by 1 success.
    Sensitive,
    /// Opens late and for a long time: 10 failures or a rate of 0.7, 120 s, closed by 5 successes.
    Tolerant,
    /// 5 failures or a rate of 0.5, 60 s, closed by 3 successes.
    Lexigram,
    /// 5 failures, 30 s, 3 probes at a time.
    Contextforge,
}
