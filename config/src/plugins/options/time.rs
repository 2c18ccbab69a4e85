//! Options of `timeout`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::num::NonZeroU64;

use super::nonzero64;

/// Options of `timeout`: bounds one call of what stands behind it in the list.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct TimeoutOptions {
    /// The longest a call may take, in milliseconds. Default 30000.
    pub timeout_ms: NonZeroU64,
    /// Other limits for some stages by name, in milliseconds, where several share these options. Default: none.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub stages: BTreeMap<String, NonZeroU64>,
    /// What the failure says. Default: how long the limit was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

impl Default for TimeoutOptions {
    fn default() -> Self {
        Self { timeout_ms: nonzero64(30_000), stages: BTreeMap::new(), message: None }
    }
}
