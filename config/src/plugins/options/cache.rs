//! Options of the result cache.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::num::NonZeroU32;

use super::nonzero;

/// Options of `cache`: answers from an earlier result for the same input.
///
/// Failures are stored only with `negative_ttl_seconds`. A stage that may use `http`, `kv` or a clock is cached only with `cacheable: true`.
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
    /// How long after `ttl_seconds` a result may still be served, while a new one is made behind it, in seconds. Default 0.
    pub stale_seconds: u64,
    /// Makes one call of several with the same input that find nothing at the same time. Default false.
    pub single_flight: bool,
    /// How long a failure is kept, in seconds. Default 0: failures are not kept.
    pub negative_ttl_seconds: u64,
    /// The store that keeps results for all processes, by its name under `stores`. Default: none, each process keeps its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<String>,
    /// Kinds of failure that are kept, by name. Default: those that say another attempt would not help.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub negative_on: Option<Vec<String>>,
}

impl Default for CacheOptions {
    fn default() -> Self {
        Self {
            ttl_seconds: 300,
            max_entries: nonzero(10_000),
            cacheable: false,
            stale_seconds: 0,
            single_flight: false,
            negative_ttl_seconds: 0,
            store: None,
            negative_on: None,
        }
    }
}
