//! The types of event fields: the subset of JSON Schema (draft 2020-12) that `schema` of a cascade takes.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is known of a value. Every keyword left out says nothing; `{}` lets every value through.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("patternProperties" = {"^x-": {}}))]
pub struct SchemaFile {
    /// The dialect of JSON Schema; for people.
    #[serde(rename = "$schema", default, skip_serializing_if = "Option::is_none")]
    pub dialect: Option<String>,
    /// The name of the schema; for people.
    #[serde(rename = "$id", default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// A remark for people.
    #[serde(rename = "$comment", default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// A short name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What the value is, for people; editors show it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The type of the value, or several: null, boolean, integer, number, string, array, object. Default: any.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<SchemaTypes>,
    /// The values there can be. Default: any.
    #[serde(rename = "enum", default, skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<serde_json::Value>>,
    /// The only value there can be. Default: any.
    #[serde(rename = "const", default, skip_serializing_if = "Option::is_none")]
    pub only: Option<serde_json::Value>,
    /// The least a number can be. Default: no bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum: Option<serde_json::Number>,
    /// A number is greater than this. Default: no bound.
    #[serde(rename = "exclusiveMinimum", default, skip_serializing_if = "Option::is_none")]
    pub exclusive_minimum: Option<serde_json::Number>,
    /// The most a number can be. Default: no bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maximum: Option<serde_json::Number>,
    /// A number is less than this. Default: no bound.
    #[serde(rename = "exclusiveMaximum", default, skip_serializing_if = "Option::is_none")]
    pub exclusive_maximum: Option<serde_json::Number>,
    /// What the format of a text is called; for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// The keys that an object always has. Default: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub required: Vec<String>,
    /// What stands under the keys of an object. Default: nothing is known.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub properties: BTreeMap<String, SchemaOrBool>,
    /// Other keys of an object: true, false, or what stands under each. Default: there may be others, and a condition on
    /// one is warned of.
    #[serde(rename = "additionalProperties", default, skip_serializing_if = "Option::is_none")]
    pub others: Option<Box<SchemaOrBool>>,
    /// What every element of an array is. Default: anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<Box<SchemaOrBool>>,
    /// A value for people to start from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<serde_json::Value>,
    /// Some values, for people.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<serde_json::Value>,
    /// Whether nobody should use it any more; for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deprecated: Option<bool>,
}

/// A schema; true says nothing about the value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum SchemaOrBool {
    /// Anything, or nothing at all.
    Bool(bool),
    /// What is known.
    Schema(Box<SchemaFile>),
}

/// One type, or several of which the value has one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum SchemaTypes {
    /// One.
    One(SchemaType),
    /// One of several.
    Several(Vec<SchemaType>),
}

/// The types of JSON Schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SchemaType {
    /// No value. To conditions it is as if the field were missing.
    Null,
    /// True or false.
    Boolean,
    /// A number without fraction; `5.0` is one.
    Integer,
    /// Any number.
    Number,
    /// Text.
    String,
    /// A list.
    Array,
    /// A mapping.
    Object,
}
