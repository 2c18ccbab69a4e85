//! The cascade file as its author writes it. The compiler reads files with positions of its own; these types give the
//! JSON Schema, the reference page and the list of known keys.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    CascadeOnError, EventSettings, HandlerConfig, ListSetting, OnError, OnRuleError, OutcomeFile, SchemaSetting,
    SharedPluginsFile, StagePluginsFile, TestCase,
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

/// One rule of a stage: when its condition holds, its action runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("patternProperties" = {"^x-": {}}))]
pub struct RuleFile {
    /// The rule's name, shown in records.
    pub name: String,
    /// When it is asked. Default `routing`.
    #[serde(default, rename = "type")]
    pub kind: RuleType,
    /// Rules of higher priority are asked first; ties in the order of the file. Default 0.
    #[serde(default)]
    pub priority: f64,
    /// What must hold; `when` may say it instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<ConditionFile>,
    /// What must hold, as text: `amount > 1000 and country in ["US", "CA"]`. In place of `condition`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// What then happens.
    pub action: ActionFile,
    /// What happens when the condition is false; never on an error. Default: nothing.
    #[serde(default, rename = "else", skip_serializing_if = "Option::is_none")]
    pub otherwise: Option<ActionFile>,
    /// Whether the rule takes part at all. Default true.
    #[serde(default = "defaults::yes")]
    pub enabled: bool,
    /// Labels for people and tools. Default: none.
    #[serde(default)]
    pub tags: Vec<String>,
    /// How much the rule counts where the best match is wanted; a number. Default 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<serde_json::Number>,
    /// Ends its list after its action acted. Default false.
    #[serde(default)]
    pub stop: bool,
    /// Whether it acts. Default `active`.
    #[serde(default)]
    pub mode: RuleMode,
    /// The part of the events it looks at. Default: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample: Option<SampleFile>,
}

/// One rule of a rule set: an event that its condition holds for is matched by it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("patternProperties" = {"^x-": {}}))]
pub struct RulesetRuleFile {
    /// The rule's name, shown in matches.
    pub name: String,
    /// Rules of higher priority are asked first; ties in the order of the file. Default 0.
    #[serde(default)]
    pub priority: f64,
    /// What must hold; `when` may say it instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<ConditionFile>,
    /// What must hold, as text: `amount > 1000 and country in ["US", "CA"]`. In place of `condition`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// What a match carries besides the rule's name, tags and score. Default: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<EmitFile>,
    /// What the answer carries when the condition is false; never on an error. Default: nothing.
    #[serde(default, rename = "else", skip_serializing_if = "Option::is_none")]
    pub otherwise: Option<EmitFile>,
    /// Whether the rule takes part at all. Default true.
    #[serde(default = "defaults::yes")]
    pub enabled: bool,
    /// Labels for people and tools. Default: none.
    #[serde(default)]
    pub tags: Vec<String>,
    /// How much the rule counts where the best match is wanted; a number. Default 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<serde_json::Number>,
    /// Ends its list after its action acted. Default false.
    #[serde(default)]
    pub stop: bool,
    /// Whether it acts. Default `active`.
    #[serde(default)]
    pub mode: RuleMode,
    /// The part of the events it looks at. Default: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample: Option<SampleFile>,
}

/// What a rule of a rule set answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EmitFile {
    /// Which action: `emit`.
    #[serde(rename = "type")]
    pub kind: EmitType,
    /// The value that goes with the match. Default null.
    #[serde(default)]
    pub value: serde_json::Value,
}

/// The actions of rules in rule sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EmitType {
    /// Gives the answer a value.
    Emit,
}

/// Whether a rule acts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RuleMode {
    /// It is evaluated and acts.
    #[default]
    Active,
    /// It is evaluated and recorded, and never acts.
    Shadow,
    /// It takes no part.
    Off,
}

/// The part of the events that a rule looks at, chosen by a stable hash of one field and the rule's name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SampleFile {
    /// How many of a hundred values of the field are in it: 0 to 100, in steps of 0.01.
    pub percent: f64,
    /// The path of the field whose value decides, so that equal values are always treated alike. An event without it is in
    /// no sample below 100.
    pub key: String,
}

/// When a rule is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RuleType {
    /// Before the stage: the first that holds blocks it.
    Precondition,
    /// After the stage.
    #[default]
    Routing,
    /// After the routing rules.
    Postcondition,
}

/// A condition: one field compared with a constant or another field, or `AND`, `OR`, `NOT` over others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConditionFile {
    /// The condition as text: `amount > 1000 and country in ["US", "CA"]`. In place of all other keys but `with`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// A list with `[]` at its end, `items[]`: some one element of it satisfies the condition. Paths in it that begin so read
    /// that element. Default: every comparison looks at all elements on its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with: Option<String>,
    /// The path of the field. Not for `AND`, `OR`, `NOT`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// How the field is compared, or how `conditions` are combined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
    /// How `ALL`, `ANY`, `NONE`, `SUM`, `AVG`, `MIN`, `MAX`, `COUNT`, `LENGTH`, `AGE`, `HOUR` and `WEEKDAY` compare. Default `==`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compare: Option<String>,
    /// `HOUR`, `WEEKDAY`: the offset from UTC of the clock that is looked at, `+02:00`. Default `Z`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// The constant to compare with. Default null.
    #[serde(default)]
    pub value: serde_json::Value,
    /// The path of another field to compare with, in place of `value`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value_field: Option<String>,
    /// The name of a list to compare with, in place of `value`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value_list: Option<String>,
    /// The children of `AND`, `OR` and `NOT`; `NOT` takes exactly one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<ConditionFile>,
}

/// What a rule does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ActionFile {
    /// Which action.
    #[serde(rename = "type")]
    pub kind: ActionType,
    /// `skip_to`: the stage to go to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// `enable_stages`, `disable_stages`: the stages.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<String>,
    /// `set_field`: the path of the event field to write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// `set_field`: what to write. Default null.
    #[serde(default)]
    pub value: serde_json::Value,
    /// `terminate`: the verdict the decision carries. Default: the cascade's `outcome`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<serde_json::Value>,
    /// `terminate`: why, for people. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The actions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActionType {
    /// Ends the cascade.
    Terminate,
    /// Drops queued stages up to `target`.
    SkipTo,
    /// Enables and queues `stages`.
    EnableStages,
    /// Disables `stages`.
    DisableStages,
    /// Writes `value` to `field` of the event.
    SetField,
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
