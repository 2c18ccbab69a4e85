//! How a cascade file writes its plugins: the types behind its JSON Schema. The compiler reads files with positions of its own.

use super::PluginUse;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The plugins of a stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum StagePluginsFile {
    /// The recommended ones in their recommended order.
    Stack(PluginStackFile),
    /// These, outermost first.
    List(Vec<PluginUse>),
}

impl Default for StagePluginsFile {
    fn default() -> Self {
        Self::List(Vec::new())
    }
}

/// A set of plugins under one name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PluginStackFile {
    /// Metrics, bulkhead, circuit breaker, retry, timeout, and metrics of every attempt.
    Default,
}

/// The plugins that a cascade gives names to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum SharedPluginsFile {
    /// By name.
    Named(BTreeMap<String, SharedPluginFile>),
    /// As ContextForge has them.
    Manifests(Vec<serde_json::Map<String, serde_json::Value>>),
}

/// What a name stands for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum SharedPluginFile {
    /// One plugin.
    One(Box<PluginUse>),
    /// Several, outermost first.
    Several(Vec<PluginUse>),
}
