//! What a module with the capability `kv` may keep, and where.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a module keeps values under keys, and how much.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KvAccess {
    /// One of the cascade's `stores`, shared with whoever else has it open. Default: memory of this namespace alone, gone with the
    /// process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store: Option<String>,
    /// Which keys are the module's: stages with the same namespace on the same store see the same values. 1 to 128 bytes without
    /// `/`, `:` and `%`. Default: the names of the cascade and the stage, which no namespace that is given can be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The longest key, in bytes, at least 1. Default 256.
    #[serde(default = "key_bytes")]
    pub key_bytes: u32,
    /// The longest value, in bytes. Default 65536 (64 KiB).
    #[serde(default = "value_bytes")]
    pub value_bytes: u32,
    /// The most operations of one call. Default 64.
    #[serde(default = "operations")]
    pub operations: u32,
    /// Without `store`: how many values and how many counters the memory keeps, at least 1; beyond it the oldest values go, and new
    /// counters are refused. Of stages that share a namespace, the most that one of them gives. Default 1000.
    #[serde(default = "entries")]
    pub entries: u32,
}

impl Default for KvAccess {
    fn default() -> Self {
        Self {
            store: None,
            namespace: None,
            key_bytes: key_bytes(),
            value_bytes: value_bytes(),
            operations: operations(),
            entries: entries(),
        }
    }
}

const fn key_bytes() -> u32 {
    256
}
const fn value_bytes() -> u32 {
    64 << 10
}
const fn operations() -> u32 {
    64
}
const fn entries() -> u32 {
    1_000
}
