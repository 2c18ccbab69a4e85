//! Answers from an earlier result of the stage for the same input.
//!
//! ```text
//!            ┌ younger than ttl ────▶ it
//! call ─▶ key┤ in its stale time ──▶ it, and one call behind it that makes a new one
//!            └ else ─▶ one call (the others wait for it, with single_flight) ─▶ kept
//! ```
//!
//! A hit keeps result, confidence, data and writes, and says that it is one and how old; fuel, memory and log belong to
//! the call that made it and are gone. Failures are kept only if told so. `cache_enabled` on a stage and the plugin are this
//! layer.

mod key;
mod layer;
mod memo;
mod remote;
mod store;

use crate::StageOutput;
use cascata_config::CacheOptions;

pub use key::Reads;
pub(super) use key::{Key, Keyer};
pub(super) use layer::Cache;
pub use store::CacheSnapshot;
pub(super) use store::Store;

use super::{PluginContext, PluginError, Registry, StageLayer};

/// The cache of a stage that sets `cache_enabled` (or `enable_caching`) instead of listing the plugin.
///
/// # Errors
/// [`PluginError::NotCacheable`] when the stage may use what no key can hold, and `options` do not allow that.
pub fn layer(registry: &Registry, options: &CacheOptions, cx: &PluginContext) -> Result<StageLayer, PluginError> {
    registry.cache_layer(options, cx)
}

/// What is kept of an output: what the stage decided, not what deciding took.
pub(super) fn kept(output: &StageOutput) -> StageOutput {
    StageOutput {
        result: output.result.clone(),
        confidence: output.confidence.clone(),
        data: output.data.clone(),
        writes: output.writes.clone(),
        ..StageOutput::default()
    }
}

#[cfg(test)]
mod tests;
