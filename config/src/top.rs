//! Settings of a cascade that have several forms: its schema, its lists, its verdict.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{ConditionFile, SchemaFile};

/// The types of the event's fields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum SchemaSetting {
    /// They stand in a file of their own.
    File(SchemaReference),
    /// They stand here.
    Inline(Box<SchemaFile>),
}

/// A schema in a file of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SchemaReference {
    /// The path of the JSON Schema file, JSON or YAML.
    pub file: String,
}

/// A named list of constants.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ListSetting {
    /// The entries.
    Entries(Vec<serde_json::Value>),
    /// A file that has them.
    File(ListFile),
}

/// A list in a file of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListFile {
    /// The path of the file. One that ends in `.json`, `.yaml` or `.yml` holds a list of values; of any other each line is one
    /// text, but empty lines and those that start with `#`.
    pub file: String,
    /// The column of comma-separated values with a first line of names. Default: the file has no columns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
}

/// A cascade's verdict.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum OutcomeFile {
    /// A path or an expression: `stages.MODEL.result`, `amount > 1000`, `'"review"'`.
    Text(String),
    /// The verdict itself.
    Bool(bool),
    /// The verdict itself.
    Number(f64),
    /// The first case that holds gives the verdict; where none does it is the result of the stage that ran last.
    Cases(Vec<OutcomeCase>),
}

/// A case of a cascade's verdict. Without a condition it always holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OutcomeCase {
    /// What must hold, as text. Default: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// What must hold, as a mapping. Default: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<ConditionFile>,
    /// The verdict, any value.
    #[serde(default)]
    pub value: serde_json::Value,
    /// A path or expression that gives the verdict, in place of `value`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expression: Option<String>,
}
