//! The stores of a cascade: where plugins keep what processes share.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::num::{NonZeroU32, NonZeroU64};

/// How the URL of a store may begin. Every kind but `memory:` is a feature of the build.
pub const STORE_SCHEMES: &[&str] =
    &["memory:", "file:", "redis:", "rediss:", "postgres:", "postgresql:", "nats:", "tls:"];

/// A store as a cascade file writes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum StoreFile {
    /// Its URL: `memory:`, `file:PATH`, `redis://…`, `postgres://…` or `nats://…`, with limits as options behind `?`.
    Url(String),
    /// Its URL and limits.
    Settings(StoreConfig),
}

/// A store and its limits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StoreConfig {
    /// Where it is: `memory:`, `file:PATH`, `redis://…`, `postgres://…` or `nats://…`.
    pub url: String,
    /// How long one operation may take, in milliseconds. Default 1000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline_ms: Option<NonZeroU64>,
    /// The longest key, in bytes. Default 512.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_key_bytes: Option<NonZeroU32>,
    /// The longest value, in bytes. Default 1048576.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_value_bytes: Option<NonZeroU32>,
    /// How many values a store in memory keeps; beyond it the oldest go. Default 10000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_entries: Option<NonZeroU32>,
}

impl StoreConfig {
    /// A store with the limits that its URL names.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        let url = url.into();
        Self { url, deadline_ms: None, max_key_bytes: None, max_value_bytes: None, max_entries: None }
    }

    /// Reads a URL, or a mapping of a URL and limits.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn from_value(value: Value) -> Result<Self, String> {
        let config = match value {
            Value::String(url) => Self::new(url),
            value => serde_json::from_value(value).map_err(|error| error.to_string())?,
        };
        if STORE_SCHEMES.iter().any(|scheme| config.url.starts_with(scheme)) {
            return Ok(config);
        }
        Err(format!("`url` of a store begins with one of {}", STORE_SCHEMES.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_store_is_a_url_with_or_without_limits() {
        assert_eq!(StoreConfig::from_value(json!("memory:")), Ok(StoreConfig::new("memory:")));
        let limited = StoreConfig::from_value(json!({"url": "redis://h", "deadline_ms": 50})).unwrap();
        assert_eq!(serde_json::to_value(&limited).unwrap(), json!({"url": "redis://h", "deadline_ms": 50}));
        for wrong in [json!("mysql://h"), json!({}), json!(1), json!({"url": "memory:", "deadline": 1})] {
            assert!(StoreConfig::from_value(wrong.clone()).is_err(), "{wrong}");
        }
    }
}
