//! The options of the plugins that come with Cascata, a file for each family.

mod breaker;
mod cache;
mod capacity;
mod duplicate;
mod fallback;
mod idempotency;
mod policy;
mod rate;
mod retry;
mod time;

use schemars::JsonSchema;
use serde::de::{Error as _, Unexpected};
use serde::{Deserialize, Deserializer, Serialize};
use std::num::{NonZeroU32, NonZeroU64};

pub use breaker::{BreakerPreset, CircuitBreakerOptions};
pub use cache::CacheOptions;
pub use capacity::{AdaptiveBulkheadOptions, BulkheadOptions};
pub use duplicate::{CoalesceOptions, HedgeOptions};
pub use fallback::{FallbackLevel, FallbackOptions, FallbackStep};
pub use idempotency::{IdempotencyOptions, OnOutage};
pub use policy::{ErrorPattern, OnExhausted, RetryAdvice, RetryMode, RetryPolicy, RetryPreset, StageRetryPolicy};
pub use rate::{OnLimit, RateLimitOptions, RateStrategy, ThrottleOptions};
pub use retry::{Jitter, RetryOptions, RetryStrategy};
pub use time::TimeoutOptions;

/// Options of `metrics`: it has none.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct MetricsOptions {}

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

/// A share strictly between 0 and 1.
fn share<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    ranged(deserializer, |value| value > 0.0 && value < 1.0, "a number between 0 and 1")
}

fn maybe_multiplier<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    maybe_ranged(deserializer, |value| value >= 1.0, "a number of 1 or more")
}

fn maybe_percent<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    maybe_ranged(deserializer, |value| (0.0..=100.0).contains(&value), "a percentage from 0 to 100")
}

/// A finite number within a range, or null for none.
fn maybe_ranged<'de, D: Deserializer<'de>>(
    deserializer: D,
    fits: impl Fn(f64) -> bool,
    expected: &'static str,
) -> Result<Option<f64>, D::Error> {
    match Option::<f64>::deserialize(deserializer)? {
        Some(value) if !value.is_finite() || !fits(value) => {
            Err(D::Error::invalid_value(Unexpected::Float(value), &expected))
        }
        value => Ok(value),
    }
}
