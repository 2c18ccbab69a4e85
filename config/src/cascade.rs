//! The cascade file as its author writes it. The compiler reads files with positions of its own; these types give the
//! JSON Schema, the reference page and the list of known keys.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    CascadeOnError, ConditionFile, EventSettings, HandlerConfig, ListSetting, OnError, OnRuleError, OutcomeFile,
    RuleFile, RulesetRuleFile, SchemaSetting, SharedPluginsFile, StagePluginsFile, StoreFile, TestCase,
};

/// A cascade: stages, the rules between them, and their limits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Cascata cascade", extend("patternProperties" = {"^x-": {}}))]
pub struct CascadeFile {
    /// The cascade's name, shown in records and logs.
    pub name: String,
    /// The version of this configuration, as text or number; shown, never compared.
    pub version: Version,
    /// Files whose stages, rule sets, lists, schema and global termination conditions belong to the cascade, by their paths from
    /// the file they are named in. Default: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub include: Vec<String>,
    /// The stages a run starts with, in this order. Default: every stage, ordered by `depends_on`.
    #[serde(default)]
    pub execution_order: Vec<String>,
    /// The time one run may take, in milliseconds, at least 1. Default 300000.
    #[serde(default = "defaults::global_timeout_ms")]
    pub global_timeout_ms: u64,
    /// The most stages that run at a time, at least 1. Default 5.
    #[serde(default = "defaults::max_parallel_stages")]
    pub max_parallel_stages: u32,
    /// Named lists of rules that are matched against an event on their own, without stages. Default: none.
    #[serde(default)]
    pub rulesets: BTreeMap<String, Vec<RulesetRuleFile>>,
    /// Conditions that end the cascade, asked before each stage. Default: none.
    #[serde(default)]
    pub global_termination_conditions: Vec<ConditionFile>,
    /// Whether results of stages with `cache_enabled` are cached. Default false.
    #[serde(default)]
    pub enable_caching: bool,
    /// The fields that make the key of cached results. Default: what the stage reads.
    #[serde(default)]
    pub cache_key_fields: Vec<String>,
    /// Free settings for the host and its handlers. Default: none.
    #[serde(default)]
    pub domain_config: serde_json::Map<String, serde_json::Value>,
    /// What an error in a routing or postcondition rule does to the rest of its list. Default `stop`.
    #[serde(default)]
    pub on_rule_error: OnRuleError,
    /// How event text is read.
    #[serde(default)]
    pub events: EventSettings,
    /// The verdict when no `terminate` carries one: a path or expression as text, a constant, or cases of which the first that
    /// holds counts. Default: the result of the stage that ran last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<OutcomeFile>,
    /// The verdict of a cascade that recorded an error. Default: as if there had been none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_error: Option<CascadeOnError>,
    /// Stores that plugins share between processes, each its URL or its URL with limits. Default: none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub stores: BTreeMap<String, StoreFile>,
    /// Names for plugins that stages list under them, and so share; or the entries of a ContextForge file for its
    /// retry-with-backoff plugin. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plugins: Option<SharedPluginsFile>,
    /// The types of the event's fields, which conditions are checked against; no part of the cascade's meaning. Default:
    /// unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<SchemaSetting>,
    /// Named lists of constants, for conditions to take by name. Default: none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub lists: BTreeMap<String, ListSetting>,
    /// The stages by name. Default: none.
    #[serde(default)]
    pub stages: BTreeMap<String, StageFile>,
    /// Tests of the cascade, run by `cascata test`; no part of its meaning. Default: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tests: Vec<TestCase>,
}

/// One stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("patternProperties" = {"^x-": {}}))]
pub struct StageFile {
    /// The stage's name, the same as its key.
    pub name: String,
    /// Whether it runs without being enabled by a rule. Default true.
    #[serde(default = "defaults::yes")]
    pub enabled: bool,
    /// Free text that a host may resolve handlers by. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handler_type: Option<String>,
    /// What runs. Default: the handler the host registered under the stage's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handler: Option<HandlerConfig>,
    /// The plugins around the handler, outermost first, or `default` for the recommended ones. Default: none.
    #[serde(default)]
    pub plugins: StagePluginsFile,
    /// Whether a call may be made more than once: plugins that do so may ask for it. Default false.
    #[serde(default)]
    pub idempotent: bool,
    /// The time one attempt may take, in milliseconds, at least 1. Default 30000.
    #[serde(default = "defaults::timeout_ms")]
    pub timeout_ms: u64,
    /// Attempts after the first. Default 0.
    #[serde(default)]
    pub max_retries: u32,
    /// The wait before each retry, in milliseconds. Default 1000.
    #[serde(default = "defaults::retry_delay_ms")]
    pub retry_delay_ms: u64,
    /// Whether it may run together with other such stages without a group. Default false.
    #[serde(default)]
    pub can_run_parallel: bool,
    /// The group it runs together with. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parallel_group: Option<String>,
    /// The stages that must have run before. Default: none.
    #[serde(default)]
    pub depends_on: Vec<String>,
    /// Whether results are cached, where `enable_caching` is set. Default false.
    #[serde(default)]
    pub cache_enabled: bool,
    /// How long a cached result is used, in seconds. Default 3600.
    #[serde(default = "defaults::cache_ttl_seconds")]
    pub cache_ttl_seconds: u64,
    /// What a failure of the stage, after its retries, leads to. Default `route`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_error: Option<OnError>,
    /// What one run costs, in the host's own unit. At least 0. Default: unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<f64>,
    /// Free settings for the host and the handler. Default: none.
    #[serde(default)]
    pub custom_properties: serde_json::Map<String, serde_json::Value>,
    /// The stage's rules. Default: none.
    #[serde(default)]
    pub routing_rules: Vec<RuleFile>,
}

/// A version, written as text or as a number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Version {
    /// As text.
    Text(String),
    /// As a number.
    Number(serde_json::Number),
}

/// The defaults of settings that have one other than zero, false or nothing.
pub mod defaults {
    /// `global_timeout_ms`: 300000 milliseconds.
    #[must_use]
    pub const fn global_timeout_ms() -> u64 {
        300_000
    }
    /// `max_parallel_stages`: 5.
    #[must_use]
    pub const fn max_parallel_stages() -> u32 {
        5
    }
    /// `timeout_ms` of a stage: 30000 milliseconds.
    #[must_use]
    pub const fn timeout_ms() -> u64 {
        30_000
    }
    /// `retry_delay_ms` of a stage: 1000 milliseconds.
    #[must_use]
    pub const fn retry_delay_ms() -> u64 {
        1000
    }
    /// `cache_ttl_seconds` of a stage: 3600 seconds.
    #[must_use]
    pub const fn cache_ttl_seconds() -> u64 {
        3600
    }
    /// `enabled` of stages and rules: true.
    #[must_use]
    pub const fn yes() -> bool {
        true
    }
}
