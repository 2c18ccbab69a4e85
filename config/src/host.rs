//! What the runtime reads out of an image: everything of a cascade file that the VM does not need.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{HandlerConfig, PluginUse, StoreConfig};
use std::collections::BTreeMap;

/// The cascade-level settings of the runtime.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CascadeHost {
    /// What an error in a routing or postcondition rule does to the rest of its list. Default `stop`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub on_rule_error: OnRuleError,
    /// How event text is read.
    #[serde(default, skip_serializing_if = "is_default")]
    pub events: EventSettings,
    /// The verdict of a cascade that recorded an error. Default: as if there had been none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_error: Option<CascadeOnError>,
    /// The stores that plugins name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub stores: BTreeMap<String, StoreConfig>,
    /// `domain_config`: free for the host and its handlers.
    #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
    pub domain_config: serde_json::Map<String, serde_json::Value>,
    /// The top-level keys that start with `x-`, with that prefix.
    #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
    pub x: serde_json::Map<String, serde_json::Value>,
}

/// The settings of one stage that the runtime reads.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StageHost {
    /// What runs. Default: the handler the host registered under the stage's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handler: Option<HandlerConfig>,
    /// `handler_type`: free text that a host may resolve handlers by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handler_type: Option<String>,
    /// The plugins around the handler, outermost first. Default: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub plugins: Vec<PluginUse>,
    /// Whether a call may be made more than once. Default false.
    #[serde(default, skip_serializing_if = "is_default")]
    pub idempotent: bool,
    /// What a failure of the stage, after its retries, leads to. Default `route`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_error: Option<OnError>,
    /// What one run of the stage costs, in the host's own unit, for statistics and learning. At least 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<f64>,
    /// `custom_properties`: free for the host and its handlers.
    #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
    pub custom_properties: serde_json::Map<String, serde_json::Value>,
    /// The keys of the stage that start with `x-`, with that prefix.
    #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
    pub x: serde_json::Map<String, serde_json::Value>,
}

/// What an error in a routing or postcondition rule does to the rest of its list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnRuleError {
    /// The error is recorded on the stage and ends that rule list; what earlier rules did stays.
    #[default]
    Stop,
    /// The error is recorded on the stage; only that rule is skipped.
    Skip,
}

/// What a failed stage leads to. The failure is recorded either way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnError {
    /// The stage's rules run, and can look at `stages.NAME.error`.
    #[default]
    Route,
    /// The stage's rules do not run; the cascade goes on.
    Skip,
    /// The cascade ends.
    Fail,
}

/// How event text is read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventSettings {
    /// Which of several equal keys of one object counts. Default `last`.
    #[serde(default)]
    pub duplicate_keys: DuplicateKeys,
    /// Top-level keys of the event that rules and stages never see: they read as missing, and are absent from the
    /// event text a stage is given. For labels and ids, which a decision must not depend on. Default: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hide: Vec<String>,
}

/// Which of several equal keys of one object in an event counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DuplicateKeys {
    /// The last, as most JSON readers have it.
    #[default]
    Last,
    /// The first, which lets reading stop as soon as all fields are found.
    First,
    /// None: such an event is refused.
    Reject,
}

/// The verdict of a cascade that recorded an error.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CascadeOnError {
    /// The verdict that replaces any other, so that a cascade can fail closed.
    pub outcome: serde_json::Value,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
