//! Options of the two bulkheads.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::num::{NonZeroU32, NonZeroU64};

use super::{nonzero, nonzero64, share};

/// Options of `bulkhead`: bounds how many calls run at a time.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct BulkheadOptions {
    /// Name of a bulkhead to share; stages that name the same one share its slots. Default: the stage's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Calls that run at a time. Default 10.
    pub max_concurrent: NonZeroU32,
    /// Calls that may wait for a slot, first come, first served; with 0 none waits. Default 100.
    pub queue_size: u32,
    /// How long a call waits for a slot, in milliseconds. Default 30000.
    pub max_wait_ms: u64,
}

impl Default for BulkheadOptions {
    fn default() -> Self {
        Self { name: None, max_concurrent: nonzero(10), queue_size: 100, max_wait_ms: 30_000 }
    }
}

/// Options of `adaptive_bulkhead`: bounds how many calls run at a time, by how fast they are.
///
/// The limit grows by a step while calls are fast, and shrinks by a factor when one is slow or fails; it changes once a
/// second at most.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct AdaptiveBulkheadOptions {
    /// Name of a bulkhead to share; stages that name the same one share its slots. Default: the stage's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Calls that run at a time at first. Default 10.
    pub initial: NonZeroU32,
    /// The limit never falls below this. Default 1.
    pub min: NonZeroU32,
    /// The limit never rises above this. Default 100.
    pub max: NonZeroU32,
    /// How much the limit grows at a time. Default 1.
    pub increase: NonZeroU32,
    /// What the limit is multiplied with when it shrinks, between 0 and 1. Default 0.5.
    #[serde(deserialize_with = "share")]
    #[schemars(extend("exclusiveMinimum" = 0, "exclusiveMaximum" = 1))]
    pub decrease: f64,
    /// A call faster than this lets the limit grow, in milliseconds. Default 100.
    pub increase_below_ms: NonZeroU64,
    /// A call slower than this makes the limit shrink, as a failure does, in milliseconds. Default 1000.
    pub decrease_above_ms: NonZeroU64,
    /// Calls that may wait for a slot, first come, first served; with 0 none waits. Default 50.
    pub queue_size: u32,
    /// How long a call waits for a slot, in milliseconds. Default 30000.
    pub max_wait_ms: u64,
}

impl Default for AdaptiveBulkheadOptions {
    fn default() -> Self {
        Self {
            name: None,
            initial: nonzero(10),
            min: NonZeroU32::MIN,
            max: nonzero(100),
            increase: NonZeroU32::MIN,
            decrease: 0.5,
            increase_below_ms: nonzero64(100),
            decrease_above_ms: nonzero64(1_000),
            queue_size: 50,
            max_wait_ms: 30_000,
        }
    }
}
