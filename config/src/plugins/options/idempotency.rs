//! Options of `idempotency`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::num::{NonZeroU32, NonZeroU64};

use super::{nonzero, nonzero64};

/// Options of `idempotency`: runs a call once for each key, whoever asks, and gives its result to all others.
///
/// Of `key` and `key_fields` at most one is given. Without either the key is a hash of all that the stage reads, as that of a cache.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct IdempotencyOptions {
    /// Name before the keys; stages that name the same one share results. Default: the stage's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The store, by its name under `stores`. Default: memory of the process.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<String>,
    /// The field that holds the key, by its path. Where it is missing or null, a call just runs. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The fields whose values make the key, by their paths; where all are missing or null, a call just runs. Default: none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub key_fields: Vec<String>,
    /// The longest value of `key`, in bytes; a call with a longer one fails. Default 256.
    pub max_key_bytes: NonZeroU32,
    /// How long a result is given again, in seconds. Default 3600.
    pub ttl_seconds: NonZeroU64,
    /// How long a key stays taken when its process dies, in milliseconds; a call that runs renews it. Default 30000.
    pub lease_ms: NonZeroU64,
    /// The longest a call waits for another with its key, in milliseconds. Default 30000.
    pub wait_timeout_ms: u64,
    /// Keeps failures of the handler as well, so that calls with their key fail without running. Default false.
    pub store_errors: bool,
    /// What a call does when the store is out of order. Default `fail`.
    pub on_outage: OnOutage,
}

impl Default for IdempotencyOptions {
    fn default() -> Self {
        Self {
            name: None,
            store: None,
            key: None,
            key_fields: Vec::new(),
            max_key_bytes: nonzero(256),
            ttl_seconds: nonzero64(3600),
            lease_ms: nonzero64(30_000),
            wait_timeout_ms: 30_000,
            store_errors: false,
            on_outage: OnOutage::Fail,
        }
    }
}

/// What an idempotent call does when its store is out of order.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OnOutage {
    /// It fails, and the handler does not run.
    #[default]
    Fail,
    /// It runs; its key is not kept, so it may run again.
    Run,
}
