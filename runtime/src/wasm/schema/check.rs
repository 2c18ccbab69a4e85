//! The walk over a schema that is well formed and a value.

use std::cmp::Ordering;

use cascata_vm::number::{self, Number};
use serde_json::{Map, Value};

use super::MOST_LISTED;
use crate::value::OwnedValue;
use crate::wasm::error::nearest;

/// A place and what is wrong there.
type Wrong = Vec<(String, String)>;

/// Characters of a value that a message shows.
const SHOWN: usize = 40;

/// What is wrong with a `with:` block.
pub(super) fn mistakes(schema: &Value, config: &Map<String, Value>) -> Wrong {
    let mut walk = Walk::default();
    walk.schema(schema, &Value::Object(config.clone()), "with");
    walk.0
}

/// As deep as the schema, which is as deep as a manifest's JSON may be, however deep the value is.
#[derive(Default)]
struct Walk(Wrong);

impl Walk {
    fn wrong(&mut self, at: &str, what: impl Into<String>) {
        if self.0.len() < MOST_LISTED {
            self.0.push((at.to_owned(), what.into()));
        }
    }

    fn schema(&mut self, schema: &Value, value: &Value, at: &str) {
        match schema {
            Value::Bool(false) => self.wrong(at, "nothing is allowed here"),
            Value::Object(keywords) => self.keywords(keywords, value, at),
            _ => {}
        }
    }

    fn keywords(&mut self, keywords: &Map<String, Value>, value: &Value, at: &str) {
        if let Some(types) = keywords.get("type")
            && !is_of(value, types)
        {
            // What else is said is about values of that type.
            return self.wrong(at, format!("is {}, expected {}", shown(value), in_words(types)));
        }
        if let Some(one) = keywords.get("const")
            && !equal(one, value)
        {
            self.wrong(at, format!("is {}, expected {}", shown(value), shown(one)));
        }
        if let Some(Value::Array(values)) = keywords.get("enum")
            && !values.iter().any(|one| equal(one, value))
        {
            let near = value.as_str().and_then(|text| nearest(text, values.iter().filter_map(Value::as_str)));
            let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            let values: Vec<_> = values.iter().take(MOST_LISTED).map(shown).collect();
            self.wrong(at, format!("is {}, expected one of {}{near}", shown(value), values.join(", ")));
        }
        match value {
            Value::Number(_) => self.number(keywords, value, at),
            Value::String(text) => {
                self.size(keywords, ["minLength", "maxLength"], text.chars().count(), "characters", at);
            }
            Value::Array(items) => {
                self.size(keywords, ["minItems", "maxItems"], items.len(), "elements", at);
                if let Some(schema) = keywords.get("items") {
                    for (index, item) in items.iter().enumerate() {
                        self.schema(schema, item, &format!("{at}[{index}]"));
                    }
                }
            }
            Value::Object(entries) => self.entries(keywords, entries, at),
            Value::Null | Value::Bool(_) => {}
        }
        self.combined(keywords, value, at);
    }

    fn number(&mut self, keywords: &Map<String, Value>, value: &Value, at: &str) {
        use Ordering::{Equal, Greater, Less};
        const BOUNDS: [(&str, &[Ordering], &str); 4] = [
            ("minimum", &[Greater, Equal], "at least"),
            ("maximum", &[Less, Equal], "at most"),
            ("exclusiveMinimum", &[Greater], "more than"),
            ("exclusiveMaximum", &[Less], "less than"),
        ];
        for (keyword, allowed, words) in BOUNDS {
            if let Some(bound) = keywords.get(keyword)
                && !order(value, bound).is_some_and(|order| allowed.contains(&order))
            {
                self.wrong(at, format!("is {}, expected {words} {}", shown(value), shown(bound)));
            }
        }
    }

    fn size(&mut self, keywords: &Map<String, Value>, [min, max]: [&str; 2], size: usize, of: &str, at: &str) {
        let size = u64::try_from(size).unwrap_or(u64::MAX);
        let bound = |keyword| keywords.get(keyword).and_then(Value::as_u64);
        if let Some(least) = bound(min).filter(|least| size < *least) {
            self.wrong(at, format!("has {size} {of}, expected at least {least}"));
        }
        if let Some(most) = bound(max).filter(|most| size > *most) {
            self.wrong(at, format!("has {size} {of}, expected at most {most}"));
        }
    }

    fn entries(&mut self, keywords: &Map<String, Value>, entries: &Map<String, Value>, at: &str) {
        self.size(keywords, ["minProperties", "maxProperties"], entries.len(), "keys", at);
        let required = keywords.get("required").and_then(Value::as_array).into_iter().flatten();
        for key in required.filter_map(Value::as_str).filter(|key| !entries.contains_key(*key)) {
            self.wrong(&below(at, key), "is missing, and the module needs it");
        }
        let known = keywords.get("properties").and_then(Value::as_object);
        let others = keywords.get("additionalProperties");
        for (key, value) in entries {
            let at = below(at, key);
            match (known.and_then(|known| known.get(key)), others) {
                (Some(schema), _) => self.schema(schema, value, &at),
                (None, Some(Value::Bool(false))) => {
                    let near = nearest(key, known.into_iter().flat_map(Map::keys).map(String::as_str));
                    let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
                    self.wrong(&at, format!("is no key that the module takes{near}"));
                }
                (None, Some(schema)) => self.schema(schema, value, &at),
                (None, None) => {}
            }
        }
    }

    fn combined(&mut self, keywords: &Map<String, Value>, value: &Value, at: &str) {
        let list = |keyword| keywords.get(keyword).and_then(Value::as_array).map(Vec::as_slice);
        let holds = |schema: &Value| {
            let mut walk = Self::default();
            walk.schema(schema, value, at);
            walk.0.is_empty()
        };
        for schema in list("allOf").unwrap_or_default() {
            self.schema(schema, value, at);
        }
        if let Some(schemas) = list("anyOf")
            && !schemas.iter().any(holds)
        {
            self.wrong(at, format!("is {}, which fits none of the forms that the module takes", shown(value)));
        }
        if let Some(schemas) = list("oneOf") {
            match schemas.iter().filter(|schema| holds(schema)).count() {
                1 => {}
                0 => self.wrong(at, format!("is {}, which fits none of the forms that the module takes", shown(value))),
                _ => self.wrong(at, format!("is {}, which fits several forms and may fit only one", shown(value))),
            }
        }
        if keywords.get("not").is_some_and(holds) {
            self.wrong(at, format!("is {}, which the module does not take", shown(value)));
        }
    }
}

fn below(at: &str, key: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    if !key.is_empty() && key.chars().all(plain) {
        format!("{at}.{key}")
    } else {
        format!("{at}[{}]", Value::from(key))
    }
}

fn is_of(value: &Value, types: &Value) -> bool {
    match types {
        Value::String(name) => is(value, name),
        Value::Array(names) => names.iter().filter_map(Value::as_str).any(|name| is(value, name)),
        _ => false,
    }
}

fn is(value: &Value, name: &str) -> bool {
    match (value, name) {
        (Value::Null, "null")
        | (Value::Bool(_), "boolean")
        | (Value::Number(_), "number")
        | (Value::String(_), "string")
        | (Value::Array(_), "array")
        | (Value::Object(_), "object") => true,
        // `1.0` is an integer too.
        (Value::Number(_), "integer") => match OwnedValue::from(value) {
            OwnedValue::Float(float) => float.fract() == 0.0,
            OwnedValue::Int(_) | OwnedValue::BigInt(_) => true,
            _ => false,
        },
        _ => false,
    }
}

fn in_words(types: &Value) -> String {
    let word = |name: &str| match name {
        "boolean" => "true or false",
        "integer" => "a whole number",
        "number" => "a number",
        "string" => "a text",
        "array" => "a list",
        "object" => "a mapping",
        _ => "null",
    };
    match types {
        Value::String(name) => word(name).to_owned(),
        Value::Array(names) => {
            let names: Vec<_> = names.iter().filter_map(Value::as_str).map(word).collect();
            names.join(" or ")
        }
        _ => String::new(),
    }
}

fn shown(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// Numbers by their value; as in JSON Schema, true is not 1.
fn equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(_), Value::Number(_)) => order(one, other) == Some(Ordering::Equal),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| equal(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            let same = |(key, value): (&String, &Value)| other.get(key).is_some_and(|other| equal(value, other));
            one.len() == other.len() && one.iter().all(same)
        }
        _ => one == other,
    }
}

fn order(one: &Value, other: &Value) -> Option<Ordering> {
    let (one, other) = (OwnedValue::from(one), OwnedValue::from(other));
    number::compare(Number::of(one.as_value())?, Number::of(other.as_value())?)
}
