//! Whether a schema is one that can be checked.

use serde_json::Value;

use crate::wasm::error::nearest;

/// What a keyword's value must be.
#[derive(Clone, Copy)]
enum Form {
    /// It says nothing about what is valid, or may be anything.
    Any,
    /// The name of a type, or a list of them.
    Types,
    /// A list of at least one value.
    Values,
    /// A list of texts.
    Texts,
    /// A whole number from 0.
    Count,
    Number,
    /// True, false, or a mapping of keywords.
    Schema,
    /// A list of at least one schema.
    SchemaList,
    /// A mapping from keys to schemas.
    SchemaMap,
}

/// Every keyword that is taken.
const KEYWORDS: &[(&str, Form)] = &[
    ("$schema", Form::Any),
    ("$id", Form::Any),
    ("$comment", Form::Any),
    ("title", Form::Any),
    ("description", Form::Any),
    ("default", Form::Any),
    ("examples", Form::Any),
    ("deprecated", Form::Any),
    ("format", Form::Any),
    ("type", Form::Types),
    ("enum", Form::Values),
    ("const", Form::Any),
    ("minimum", Form::Number),
    ("maximum", Form::Number),
    ("exclusiveMinimum", Form::Number),
    ("exclusiveMaximum", Form::Number),
    ("minLength", Form::Count),
    ("maxLength", Form::Count),
    ("items", Form::Schema),
    ("minItems", Form::Count),
    ("maxItems", Form::Count),
    ("properties", Form::SchemaMap),
    ("required", Form::Texts),
    ("additionalProperties", Form::Schema),
    ("minProperties", Form::Count),
    ("maxProperties", Form::Count),
    ("allOf", Form::SchemaList),
    ("anyOf", Form::SchemaList),
    ("oneOf", Form::SchemaList),
    ("not", Form::Schema),
];

/// The names of types.
pub(super) const TYPES: [&str; 7] = ["null", "boolean", "integer", "number", "string", "array", "object"];

type Checked = Result<(), (String, String)>;

/// Checks a schema; the error is a JSON pointer and what is wrong there. As deep as the manifest's JSON, which its reader
/// bounds.
pub(super) fn check(schema: &Value, at: &str) -> Checked {
    let keywords = match schema {
        Value::Bool(_) => return Ok(()),
        Value::Object(keywords) => keywords,
        _ => return Err((at.to_owned(), "a schema is a mapping, true or false".to_owned())),
    };
    for (keyword, value) in keywords {
        let at = below(at, keyword);
        let Some((_, form)) = KEYWORDS.iter().find(|(name, _)| name == keyword) else {
            return Err((at, unknown(keyword)));
        };
        form.check(value, &at)?;
    }
    Ok(())
}

fn below(at: &str, key: &str) -> String {
    format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"))
}

fn unknown(keyword: &str) -> String {
    match nearest(keyword, KEYWORDS.iter().map(|(name, _)| *name)) {
        Some(near) => format!("there is no keyword `{keyword}`; did you mean `{near}`?"),
        None => match keyword {
            "$ref" | "$defs" | "definitions" => {
                "references are not taken; write the schema out where it is used".to_owned()
            }
            _ => format!("this version does not check the keyword `{keyword}`; leave it out"),
        },
    }
}

impl Form {
    fn check(self, value: &Value, at: &str) -> Checked {
        let refuse = |what: &str| Err((at.to_owned(), what.to_owned()));
        match (self, value) {
            (Self::Any, _) => Ok(()),
            (Self::Types, Value::String(name)) if TYPES.contains(&name.as_str()) => Ok(()),
            (Self::Types, Value::Array(names))
                if names.iter().all(|name| name.as_str().is_some_and(|name| TYPES.contains(&name))) =>
            {
                Ok(())
            }
            (Self::Types, _) => refuse(&format!("expected one or a list of {}", TYPES.join(", "))),
            (Self::Values, Value::Array(values)) if !values.is_empty() => Ok(()),
            (Self::Values, _) => refuse("expected a list of values"),
            (Self::Texts, Value::Array(texts)) if texts.iter().all(Value::is_string) => Ok(()),
            (Self::Texts, _) => refuse("expected a list of texts"),
            (Self::Count, value) if value.is_u64() => Ok(()),
            (Self::Count, _) => refuse("expected a whole number from 0"),
            (Self::Number, Value::Number(_)) => Ok(()),
            (Self::Number, _) => refuse("expected a number"),
            (Self::Schema, value) => check(value, at),
            (Self::SchemaList, Value::Array(schemas)) if !schemas.is_empty() => {
                schemas.iter().enumerate().try_for_each(|(index, schema)| check(schema, &format!("{at}/{index}")))
            }
            (Self::SchemaList, _) => refuse("expected a list of schemas"),
            (Self::SchemaMap, Value::Object(schemas)) => {
                schemas.iter().try_for_each(|(key, schema)| check(schema, &below(at, key)))
            }
            (Self::SchemaMap, _) => refuse("expected a mapping from keys to schemas"),
        }
    }
}
