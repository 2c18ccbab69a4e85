//! Policies of `retry` for some failures only, and what it does when it does not retry.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Jitter, RetryStrategy, maybe_multiplier, maybe_percent};

/// Declares the options of a policy, with others before them.
macro_rules! policy {
    ($(#[doc = $doc:literal])+ $name:ident { $($(#[$attribute:meta])* pub $field:ident: $type:ty,)* }) => {
        $(#[doc = $doc])+
        ///
        /// What it leaves out is taken from the next policy that fits, and at last from the plugin's own options.
        #[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
        #[serde(default, deny_unknown_fields)]
        #[non_exhaustive]
        pub struct $name {
            $($(#[$attribute])* pub $field: $type,)*
            /// How many calls may follow the first one.
            #[serde(skip_serializing_if = "Option::is_none")]
            pub max_retries: Option<u32>,
            /// How the wait grows from retry to retry.
            #[serde(skip_serializing_if = "Option::is_none", alias = "backoff_strategy")]
            pub strategy: Option<RetryStrategy>,
            /// The first wait, in milliseconds.
            #[serde(skip_serializing_if = "Option::is_none", alias = "backoff_base_ms", alias = "delay_ms")]
            pub base_ms: Option<u64>,
            /// Factor between two waits of the exponential strategy, 1 or more.
            #[serde(
                skip_serializing_if = "Option::is_none",
                deserialize_with = "maybe_multiplier",
                alias = "backoff_multiplier",
                alias = "backoff_factor"
            )]
            #[schemars(extend("minimum" = 1))]
            pub multiplier: Option<f64>,
            /// The longest wait, in milliseconds.
            #[serde(skip_serializing_if = "Option::is_none", alias = "max_backoff_ms", alias = "max_delay_ms")]
            pub cap_ms: Option<u64>,
            /// How chance spreads the waits.
            #[serde(skip_serializing_if = "Option::is_none")]
            pub jitter: Option<Jitter>,
            /// How far `jitter: equal` moves a wait up or down, in percent of it, 0 to 100.
            #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "maybe_percent", alias = "jitter_max_percent")]
            #[schemars(extend("minimum" = 0, "maximum" = 100))]
            pub jitter_percent: Option<f64>,
        }
    };
}

policy! {
    /// How failures with a status are retried.
    RetryPolicy {}
}

policy! {
    /// How the failures of one stage are retried.
    StageRetryPolicy {
        /// Statuses to retry, in place of the plugin's.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub retry_on_status: Option<Vec<i32>>,
    }
}

policy! {
    /// How failures with a message are retried.
    ErrorPattern {
        /// A regular expression that is looked for anywhere in the message, in any case.
        pub pattern: String,
    }
}

/// Whether calls are made again.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RetryMode {
    /// They are.
    #[default]
    Execute,
    /// They are not: the failure is passed on with what would be done, as `stages.S.data.retry`.
    Annotate,
}

/// What `mode: annotate` tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct RetryAdvice {
    /// The policy that applies. Default true.
    pub policy: bool,
    /// When the next call should be made. Default true.
    pub next_retry_time: bool,
    /// How many calls there were. Default true.
    pub attempt_count: bool,
    /// Where the breaker behind the plugin stands. Default true.
    pub circuit_breaker_state: bool,
}

impl Default for RetryAdvice {
    fn default() -> Self {
        Self { policy: true, next_retry_time: true, attempt_count: true, circuit_breaker_state: true }
    }
}

/// What a result comes to that is still one of `retry_on_result` after the last attempt.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OnExhausted {
    /// It is the result.
    #[default]
    ReturnLast,
    /// It is a failure of kind `retry_exhausted`.
    Error,
}

/// Options of `retry` under one name.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RetryPreset {
    /// Many retries soon: 4, from 100 ms by 1.5 up to 2 s, jitter 25 %.
    Aggressive,
    /// Few retries late: 2, from 2 s doubling up to 30 s, jitter 25 %.
    Conservative,
    /// 2, from 1 s doubling up to 60 s, jitter 25 %.
    Lexigram,
    /// 2, from 200 ms doubling up to 5 s, jitter 20 %, with policies for statuses 429 and 500 to 504 and for three messages.
    Contextforge,
}
