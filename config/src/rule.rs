//! Rules as their author writes them: of stages and of rule sets, their conditions and actions.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::defaults;

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
