//! The obvious reading of the schemas that a cascade may state: slow, and made from nothing of the compiler.

use serde_json::Value;

/// Whether a value is as a schema says.
pub fn fits(schema: &Value, value: &Value) -> bool {
    let Some(schema) = schema.as_object() else { return schema == &Value::Bool(true) };
    schema.iter().all(|(keyword, says)| match keyword.as_str() {
        "type" => match says {
            Value::Array(types) => types.iter().any(|name| is(name, value)),
            name => is(name, value),
        },
        "enum" => says.as_array().unwrap().iter().any(|known| equal(known, value)),
        "const" => equal(says, value),
        "minimum" => number(value).is_none_or(|number| number >= says.as_f64().unwrap()),
        "exclusiveMinimum" => number(value).is_none_or(|number| number > says.as_f64().unwrap()),
        "maximum" => number(value).is_none_or(|number| number <= says.as_f64().unwrap()),
        "exclusiveMaximum" => number(value).is_none_or(|number| number < says.as_f64().unwrap()),
        "required" => value
            .as_object()
            .is_none_or(|map| says.as_array().unwrap().iter().all(|key| map.contains_key(key.as_str().unwrap()))),
        "properties" => value.as_object().is_none_or(|map| {
            says.as_object().unwrap().iter().all(|(key, below)| map.get(key).is_none_or(|value| fits(below, value)))
        }),
        "additionalProperties" => value.as_object().is_none_or(|map| {
            let listed = |key: &str| schema.get("properties").is_some_and(|listed| listed.get(key).is_some());
            map.iter().all(|(key, value)| listed(key) || fits(says, value))
        }),
        "items" => value.as_array().is_none_or(|list| list.iter().all(|element| fits(says, element))),
        other => panic!("no keyword {other}"),
    })
}

fn is(name: &Value, value: &Value) -> bool {
    match name.as_str().unwrap() {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => number(value).is_some_and(|number| number.fract() == 0.0),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("no type {other}"),
    }
}

fn number(value: &Value) -> Option<f64> {
    value.as_f64()
}

fn equal(one: &Value, other: &Value) -> bool {
    match (number(one), number(other)) {
        (Some(one), Some(other)) => one == other,
        _ => one == other,
    }
}
