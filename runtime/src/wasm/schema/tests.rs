use serde_json::{Value, json};

use super::{Mistake, check};

/// The wrong places of a block and what is wrong there, one a line.
fn wrong(schema: &Value, config: &Value) -> String {
    match check(schema, config.as_object().unwrap()) {
        Ok(()) => String::new(),
        Err(Mistake::Config(wrong)) => wrong.iter().map(|(at, what)| format!("{at} {what}\n")).collect(),
        Err(Mistake::Schema { at, what }) => format!("schema {at}: {what}"),
    }
}

/// Whether `v` may be a value, by the schema for it.
fn takes(schema: &Value, value: &Value) -> bool {
    let text = wrong(&json!({"properties": {"v": schema}}), &json!({ "v": value }));
    assert!(text.is_empty() || text.starts_with("with.v"), "{text}");
    text.is_empty()
}

#[test]
fn every_keyword_takes_what_json_schema_says() {
    let big: Value = serde_json::from_str("123456789012345678901234567890").unwrap();
    let rows = json!([
        [{"type": "integer"}, [1, 1.0, -3, big], [1.5, "1", true, null]],
        [{"type": "number"}, [1, 1.5], ["1", true]],
        [{"type": "boolean"}, [true], [1, "true"]],
        [{"type": "null"}, [null], [0, "", false]],
        [{"type": ["string", "null"]}, ["a", null], [1, []]],
        [{"type": "array", "items": {"type": "integer"}, "minItems": 1, "maxItems": 2}, [[1], [1, 2]], [[], [1, 2, 3], ["a"], {}]],
        [{"enum": [1, "a", null, [true]]}, [1, 1.0, "a", null, [true]], [2, "b", true, [1]]],
        [{"const": {"a": [1]}}, [{"a": [1.0]}], [{"a": [1], "b": 2}, {}]],
        [{"minimum": 1, "maximum": 2}, [1, 1.5, 2, "a"], [0.99, 2.01, big]],
        [{"exclusiveMinimum": 1, "exclusiveMaximum": 2}, [1.5], [1, 2]],
        [{"minLength": 2, "maxLength": 3}, ["aé", "abc", 1], ["a", "abcd", ""]],
        [{"required": ["a"], "properties": {"a": {"type": "null"}}}, [{"a": null}, {"a": null, "b": 1}, 3], [{}, {"a": 1}]],
        [{"additionalProperties": {"type": "integer"}, "properties": {"a": true}}, [{"a": "x", "b": 1}], [{"b": "x"}]],
        [{"minProperties": 1, "maxProperties": 1}, [{"a": 1}], [{}, {"a": 1, "b": 2}]],
        [{"allOf": [{"minimum": 1}, {"maximum": 2}]}, [1, 2], [0, 3]],
        [{"anyOf": [{"type": "string"}, {"minimum": 1}]}, ["a", 1], [0]],
        [{"oneOf": [{"type": "integer"}, {"minimum": 2}]}, [1, 2.5], [2, 1.5]],
        [{"not": {"type": "string"}}, [1], ["a"]],
        [true, [1, null], []],
        [false, [], [1, null]],
        [{"description": "d", "format": "email", "default": 3}, ["no email"], []]
    ]);
    for row in rows.as_array().unwrap() {
        for good in row[1].as_array().unwrap() {
            assert!(takes(&row[0], good), "{} takes {good}", row[0]);
        }
        for bad in row[2].as_array().unwrap() {
            assert!(!takes(&row[0], bad), "{} does not take {bad}", row[0]);
        }
    }
}

#[test]
fn all_mistakes_are_listed_with_their_paths() {
    let schema = json!({
        "type": "object",
        "required": ["model"],
        "properties": {
            "model": {"type": "string"},
            "threshold": {"type": "number", "minimum": 0, "maximum": 1},
            "mode": {"enum": ["fast", "exact"]},
            "labels": {"type": "array", "items": {"type": "object", "properties": {"a b": {"type": "integer"}}}},
        },
        "additionalProperties": false,
    });
    let config = json!({"threshold": 1.5, "mode": "exakt", "labels": [{}, {"a b": "x"}], "thresold": 1});
    assert_eq!(
        wrong(&schema, &config),
        "with.model is missing, and the module needs it\n\
         with.threshold is 1.5, expected at most 1\n\
         with.mode is \"exakt\", expected one of \"fast\", \"exact\"; did you mean `exact`?\n\
         with.labels[1][\"a b\"] is \"x\", expected a whole number\n\
         with.thresold is no key that the module takes; did you mean `threshold`?\n"
    );
    assert_eq!(wrong(&schema, &json!({"model": "m"})), "");
    assert_eq!(wrong(&Value::Null, &json!({"anything": [1]})), "");
}

#[test]
fn a_schema_that_cannot_be_checked_is_refused_where_it_is_wrong() {
    let rows = [
        (json!([]), "schema : a schema is a mapping, true or false"),
        (
            json!({"properties": {"a/b": {"$ref": "#"}}}),
            "schema /properties/a~1b/$ref: references are not taken; write the schema out where it is used",
        ),
        (json!({"requierd": ["a"]}), "schema /requierd: there is no keyword `requierd`; did you mean `required`?"),
        (json!({"pattern": "^a"}), "schema /pattern: this version does not check the keyword `pattern`; leave it out"),
        (json!({"anyOf": [true, 3]}), "schema /anyOf/1: a schema is a mapping, true or false"),
        (json!({"minLength": -1}), "schema /minLength: expected a whole number from 0"),
        (json!({"required": "a"}), "schema /required: expected a list of texts"),
        (json!({"enum": []}), "schema /enum: expected a list of values"),
    ];
    for (schema, expected) in rows {
        assert_eq!(wrong(&schema, &json!({})), expected);
    }
    assert!(wrong(&json!({"type": "text"}), &json!({})).starts_with("schema /type: expected one or a list of null, "));
}

#[test]
fn a_hostile_schema_ends_soon() {
    let mut schema = json!({"type": "string"});
    for _ in 0..20 {
        schema = json!({"anyOf": [schema, {"minLength": 1}]});
    }
    assert!(takes(&schema, &json!("")));
    let keys: serde_json::Map<String, Value> = (0..1_000).map(|n| (format!("k{n}"), json!(n))).collect();
    let text = wrong(&json!({"additionalProperties": false}), &Value::Object(keys));
    assert_eq!(text.lines().count(), super::MOST_LISTED);
}
