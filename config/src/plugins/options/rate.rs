//! Options of `rate_limit` and `throttle`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::num::{NonZeroU32, NonZeroU64};

use super::{FallbackStep, nonzero, nonzero64};

/// How calls are counted.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RateStrategy {
    /// A bucket of `burst` tokens that fills evenly, `rate` in `per_ms`; a call takes one.
    #[default]
    TokenBucket,
    /// At most `rate` calls in any span of `per_ms`; no burst.
    SlidingWindow,
}

/// What happens to a call over the limit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OnLimit {
    /// It waits its turn, up to `max_wait_ms`.
    Wait,
    /// It fails at once, and says when to come again. With `fallback` that answers in its place.
    #[serde(alias = "fallback")]
    Reject,
}

/// Declares the options that `rate_limit` and `throttle` have in common; they differ in what happens over the limit.
macro_rules! rate_options {
    ($(#[doc = $doc:literal])+ $name:ident, $(#[doc = $on_limit_doc:literal])+ $on_limit:ident, $default:literal) => {
        $(#[doc = $doc])+
        #[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
        #[serde(default, deny_unknown_fields)]
        #[non_exhaustive]
        pub struct $name {
            /// Name of a limit to share; the calls of all stages that name it count together. Default: the stage's own.
            #[serde(skip_serializing_if = "Option::is_none")]
            pub name: Option<String>,
            /// The store that processes share it through, by its name under `stores`. Default: none, each process has its own.
            #[serde(skip_serializing_if = "Option::is_none")]
            pub store: Option<String>,
            /// How calls are counted. Default token_bucket.
            pub strategy: RateStrategy,
            /// Calls in `per_ms`. Default 1000.
            pub rate: NonZeroU32,
            /// The span that `rate` speaks of, in milliseconds. Default 1000.
            pub per_ms: NonZeroU64,
            /// Calls that may come at once after a quiet time, for `token_bucket`. Default: `rate`.
            #[serde(skip_serializing_if = "Option::is_none")]
            pub burst: Option<NonZeroU32>,
            /// Calls that may come at once at first, for `token_bucket`; at most `burst`, and 0 makes the first wait. Default: `burst`.
            #[serde(skip_serializing_if = "Option::is_none")]
            pub initial: Option<u32>,
            $(#[doc = $on_limit_doc])+
            pub on_limit: OnLimit,
            /// The longest a call waits, in milliseconds; one that would wait longer fails at once. Default 30000.
            pub max_wait_ms: u64,
            /// What is tried in place of a call that is not let through, as in `fallback`. Default: nothing, the call fails.
            #[serde(skip_serializing_if = "Vec::is_empty")]
            pub fallback: Vec<FallbackStep>,
        }

        impl Default for $name {
            fn default() -> Self {
                Self {
                    name: None,
                    store: None,
                    strategy: RateStrategy::default(),
                    rate: nonzero($default),
                    per_ms: nonzero64(1_000),
                    burst: None,
                    initial: None,
                    on_limit: OnLimit::$on_limit,
                    max_wait_ms: 30_000,
                    fallback: Vec::new(),
                }
            }
        }
    };
}

rate_options! {
    /// Options of `rate_limit`: bounds how many calls there are in a time, and refuses those over it.
    RateLimitOptions,
    /// What happens to a call over the limit. Default reject.
    Reject, 1000
}

rate_options! {
    /// Options of `throttle`: bounds how many calls there are in a time, and lets those over it wait their turn.
    ThrottleOptions,
    /// What happens to a call over the limit. Default wait.
    Wait, 1000
}

impl From<ThrottleOptions> for RateLimitOptions {
    fn from(options: ThrottleOptions) -> Self {
        let ThrottleOptions { name, store, strategy, rate, per_ms, burst, initial, on_limit, max_wait_ms, fallback } =
            options;
        Self { name, store, strategy, rate, per_ms, burst, initial, on_limit, max_wait_ms, fallback }
    }
}

impl RateLimitOptions {
    /// The most calls there ever are at once: what a bucket holds, or a window.
    #[must_use]
    pub fn most(&self) -> NonZeroU32 {
        match self.strategy {
            RateStrategy::TokenBucket => self.burst.unwrap_or(self.rate),
            RateStrategy::SlidingWindow => self.rate,
        }
    }
}
