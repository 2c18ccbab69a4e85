//! Options of the plugins that make one call of several, or several of one.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::num::NonZeroU32;

/// Options of `coalesce`: makes one call of several with the same input that come at the same time.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct CoalesceOptions {
    /// Says that the results of a stage with `http`, `kv` or clock access may be shared. Default false.
    pub cacheable: bool,
}

/// Options of `hedge`: makes a second call when the first is slow, and takes whichever succeeds first.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct HedgeOptions {
    /// How long a call may take before another is made beside it, in milliseconds. Default 100.
    pub after_ms: u64,
    /// How many calls may be made beside the first. Default 1.
    pub max_hedges: NonZeroU32,
    /// Refuses stages that do not say `idempotent: true`. Default true.
    pub idempotent_only: bool,
}

impl Default for HedgeOptions {
    fn default() -> Self {
        Self { after_ms: 100, max_hedges: NonZeroU32::MIN, idempotent_only: true }
    }
}
