//! The analysis against brute force: whatever it claims of generated cascades is held against every event of a small
//! universe, through the oracle.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "a test speaks by failing"
)]

#[allow(unused_imports, reason = "the oracle of the whole project; this test uses part of it")]
#[path = "../../tests/oracle/mod.rs"]
mod oracle;

mod claims;

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};

use claims::{Checked, check};

/// What a field of the universe can be; nothing for a missing one.
fn universe() -> Vec<Option<Value>> {
    let values = json!([
        null, true, -0.0, 1, 2.5, 3, 5.0, 10, 1e300, "", "a", "ab", "abc", "b", "5", "True", "a\n", [], [1], [1, 2], ["a", null],
        [[1]], [7, 2.5], {"b": 1}, {"b": "ab", "a": 2}, {"b": null}, [{"b": 1}, {"b": "ab"}], [{"b": [5]}],
        "2026-01-31T22:00:00Z", "10.1.2.3"
    ]);
    std::iter::once(None).chain(values.as_array().unwrap().iter().cloned().map(Some)).collect()
}

/// Every pair of values under `a` and `b`.
fn events() -> Vec<Value> {
    let all = universe();
    let pairs = all.iter().flat_map(|a| all.iter().map(move |b| (a, b)));
    let event = |(a, b): (&Option<Value>, &Option<Value>)| {
        let fields = [("a", a), ("b", b)].into_iter().filter_map(|(key, value)| Some((key.to_owned(), value.clone()?)));
        Value::Object(fields.collect())
    };
    pairs.map(event).collect()
}

fn constants() -> impl Strategy<Value = Value> {
    let all = json!([
        null, true, false, 0, 1, 2, 2.5, 3, 5, 5.0, 10, -7, "", "a", "ab", "abc", "b", "5", "True", [], [1], [1, 2], ["a"], [[1]],
        {}, {"b": 1}
    ]);
    prop::sample::select(all.as_array().unwrap().clone())
}

fn ordered() -> impl Strategy<Value = Value> {
    prop::sample::select(json!([0, 1, 2, 2.5, 3, 5, 10, true, "a", "ab", "b", [1], [1, 2]]).as_array().unwrap().clone())
}

fn leaves() -> impl Strategy<Value = Value> {
    let field = prop::sample::select(
        &["a", "a", "a", "a", "b", "b", "b", "a.b", "b.b", "a[0]", "a[].b", "a[]", "b[].b", "a[].b[]"][..],
    );
    let plain = |operators: &'static [&'static str], operand: BoxedStrategy<Value>| {
        (prop::sample::select(operators), operand)
            .prop_map(|(operator, value)| json!({"operator": operator, "value": value}))
            .boxed()
    };
    let compared = |operators: &'static [&'static str], operand: BoxedStrategy<Value>| {
        (prop::sample::select(operators), prop::sample::select(&["==", "!=", "<", "<=", ">", ">="][..]), operand)
            .prop_map(|(operator, compare, value)| json!({"operator": operator, "compare": compare, "value": value}))
            .boxed()
    };
    let lists = prop::collection::vec(constants(), 0..4).prop_map(Value::Array);
    let container = prop_oneof![
        6 => lists.boxed(),
        1 => Just(json!("abc")).boxed(),
        1 => Just(json!({"a": 1, "b": 2})).boxed()
    ];
    let patterns = prop::sample::select(
        &["a", "ab", "^a$", "^abc", "b", "[0-9]+", ".*b", "(a|b)b?", "$a", "True", "5", "", "a\\Z", "[^a]"][..],
    );
    let numbers = prop::sample::select(json!([0, 1, 2, 2.5, 3, 5, 10]).as_array().unwrap().clone());
    let affixes =
        prop::sample::select(&["", "a", "A", "ab", "b", "c", "bc", "True", "Z"][..]).prop_map(|text| json!(text));
    let networks = prop::sample::select(
        json!(["10.0.0.0/8", "10.1.0.0/16", "11.0.0.1", "::/0", ["10.1.2.3", "::1"]]).as_array().unwrap().clone(),
    );
    let moments =
        prop::sample::select(&["2026-01-31", "2026-01-31T22:00:00Z", "2026-02-01T00:30:00+02:00", "2026-02-01"][..])
            .prop_map(|text| json!(text));
    let operation = prop_oneof![
        4 => plain(&["==", "!="], constants().boxed()),
        6 => plain(&["<", "<=", ">", ">="], ordered().boxed()),
        4 => plain(&["IN", "NOT_IN"], container.boxed()),
        2 => plain(&["CONTAINS"], constants().boxed()),
        3 => plain(&["MATCHES"], patterns.prop_map(|pattern| json!(pattern)).boxed()),
        3 => prop::sample::select(&["EXISTS", "IS_NULL"][..]).prop_map(|operator| json!({"operator": operator})),
        4 => plain(&["STARTS_WITH", "ENDS_WITH", "IEQUALS"], affixes.boxed()),
        1 => plain(&["CIDR"], networks.boxed()),
        1 => plain(&["BETWEEN"], prop::collection::vec(ordered(), 2..=2).prop_map(Value::Array).boxed()),
        3 => compared(&["LENGTH"], (-1..6).prop_map(|length| json!(length)).boxed()),
        2 => compared(&["HOUR", "WEEKDAY"], prop::sample::select(vec![0, 1, 6, 7, 21, 22, 23, 24]).prop_map(|n| json!(n)).boxed()),
        1 => plain(&["BEFORE", "AFTER"], moments.boxed()),
        1 => compared(&["AGE"], prop::sample::select(&["0s", "1d", "30d"][..]).prop_map(|span| json!(span)).boxed()),
        1 => compared(&["ALL", "ANY", "NONE"], constants().boxed()),
        2 => compared(&["SUM", "AVG", "MIN", "MAX", "COUNT"], numbers.boxed()),
    ];
    (field, operation).prop_map(|(field, mut condition)| {
        condition["field"] = json!(field);
        condition
    })
}

fn conditions() -> impl Strategy<Value = Value> {
    leaves().prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            4 => (prop::sample::select(&["AND", "OR"][..]), prop::collection::vec(inner.clone(), 1..4))
                .prop_map(|(operator, conditions)| json!({"operator": operator, "conditions": conditions})),
            1 => (prop::sample::select(&["a[]", "b[]", "a[].b[]"][..]), prop::collection::vec(inner.clone(), 1..3))
                .prop_map(|(list, conditions)| json!({"operator": "AND", "with": list, "conditions": conditions})),
            1 => inner.prop_map(|condition| json!({"operator": "NOT", "conditions": [condition]})),
        ]
    })
}

fn actions() -> impl Strategy<Value = Value> {
    prop_oneof![
        2 => Just(json!({"type": "terminate"})),
        4 => (prop::sample::select(&["x", "x", "x", "y", "b", "a.b"][..]), 0..3)
            .prop_map(|(field, value)| json!({"type": "set_field", "field": field, "value": value})),
        1 => prop::sample::select(&["R", "S", "T"][..]).prop_map(|target| json!({"type": "skip_to", "target": target})),
        1 => prop::sample::select(&["R", "S", "T", "U"][..])
            .prop_map(|stage| json!({"type": "enable_stages", "stages": [stage]})),
    ]
}

/// What lets a rule do something else than act on every event for which it holds; mostly nothing.
fn extras() -> impl Strategy<Value = Value> {
    prop_oneof![
        6 => Just(json!({})),
        2 => actions().prop_map(|action| json!({ "else": action })),
        1 => Just(json!({"stop": true})),
        1 => Just(json!({"mode": "shadow"})),
        1 => (prop::sample::select(&["a", "b"][..]), 10..90).prop_map(|(key, percent)| {
            json!({"sample": {"percent": percent, "key": key}})
        }),
    ]
}

fn cascades() -> impl Strategy<Value = Value> {
    let kinds = prop::sample::select(&["precondition", "routing", "routing", "postcondition"][..]);
    // Few conditions for many rules, so that rules meet others that ask the same.
    let pool = prop::collection::vec(conditions(), 4);
    let rules = prop::collection::vec((kinds, 0..3, 0..5usize, actions(), extras()), 1..5);
    let rules = (pool, rules).prop_map(|(pool, rules)| {
        let rule = |(at, (kind, priority, pick, action, extras)): (usize, (&str, i32, usize, Value, Value))| {
            let condition = &pool[pick % pool.len()];
            let mut rule = json!({
                "name": format!("r{at}"), "type": kind, "priority": priority, "condition": condition, "action": action
            });
            rule.as_object_mut().unwrap().extend(extras.as_object().unwrap().clone());
            rule
        };
        Value::Array(rules.into_iter().enumerate().map(rule).collect())
    });
    let globals = prop::collection::vec(conditions(), 0..2);
    let stage = (rules, prop::bool::weighted(0.8), prop::sample::subsequence(vec!["R", "S"], 0..=1));
    (prop::collection::vec(stage, 2..4), globals, prop::bool::ANY, prop::bool::weighted(0.3)).prop_map(
        |(stages, globals, stops, ordered)| {
            let names = ["R", "S", "T", "U"];
            let stages = stages.into_iter().chain(std::iter::once((json!([]), true, vec![])).cycle());
            let stages: serde_json::Map<_, _> = names
                .iter()
                .zip(stages)
                .map(|(name, (rules, enabled, depends_on))| {
                    let depends_on: Vec<_> = depends_on.into_iter().filter(|other| other < name).collect();
                    let stage =
                        json!({"name": name, "routing_rules": rules, "enabled": enabled, "depends_on": depends_on});
                    ((*name).to_owned(), stage)
                })
                .collect();
            let mut cascade = json!({
                "name": "c", "version": "1", "stages": stages, "global_termination_conditions": globals,
                "on_rule_error": if stops { "stop" } else { "skip" },
            });
            if ordered {
                cascade["execution_order"] = json!(["R", "T"]);
            }
            cascade
        },
    )
}

/// Schemas of the universe's events.
fn schemas() -> impl Strategy<Value = Value> {
    let types =
        prop::sample::subsequence(vec!["null", "boolean", "integer", "number", "string", "array", "object"], 1..4);
    let numbers = || prop::sample::select(json!([0, 1, 2, 2.5, 3, 5, 10, -7]).as_array().unwrap().clone());
    let keyword = |name: &'static str, says: BoxedStrategy<Value>| says.prop_map(move |says| (name.to_owned(), says));
    let words = prop_oneof![
        6 => keyword("type", types.prop_map(|types| json!(types)).boxed()),
        3 => keyword("type", prop::sample::select(&["integer", "number", "string", "array", "object"][..])
            .prop_map(|name| json!(name)).boxed()),
        2 => keyword("enum", prop::collection::vec(constants(), 1..4).prop_map(Value::Array).boxed()),
        1 => keyword("const", constants().boxed()),
        2 => keyword("minimum", numbers().boxed()),
        2 => keyword("maximum", numbers().boxed()),
        1 => keyword("exclusiveMinimum", numbers().boxed()),
        1 => keyword("exclusiveMaximum", numbers().boxed()),
    ];
    let shape = prop::collection::vec(words, 1..3).prop_map(|words| Value::Object(words.into_iter().collect())).boxed();
    let inner = shape.clone();
    let nested = (inner.clone(), inner, prop::sample::subsequence(vec!["a", "b"], 0..=2), 0..4).prop_map(
        |(a, b, required, others)| {
            let mut shape = json!({"type": "object", "properties": {"a": a, "b": b}, "required": required});
            match others {
                0 => shape["additionalProperties"] = json!(false),
                1 => shape = json!({"type": ["object", "null"], "additionalProperties": shape["properties"]["b"]}),
                2 => shape = json!({"type": "array", "items": shape["properties"]["a"]}),
                _ => {}
            }
            shape
        },
    );
    let any = prop_oneof![3 => shape, 2 => nested.boxed(), 1 => Just(json!({})).boxed()];
    let fields = (any.clone(), any, prop::sample::subsequence(vec!["a", "b"], 1..=2));
    (fields, prop::sample::subsequence(vec!["a", "b"], 0..=2), prop::bool::ANY).prop_map(
        |((a, b, listed), required, closed)| {
            let all = [("a", a), ("b", b)].into_iter().filter(|(name, _)| listed.contains(name));
            let properties: Value = all.map(|(name, shape)| (name.to_owned(), shape)).collect();
            let mut schema = json!({"type": "object", "properties": properties, "required": required});
            if closed {
                schema["additionalProperties"] = json!(false);
            }
            schema
        },
    )
}

#[test]
fn every_claim_under_a_schema_holds_for_every_event_that_fits() {
    let cases = std::env::var("ANALYSIS_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(600);
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, b"claims of the schemas, all held.");
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let (strategy, events) = ((cascades(), schemas()), events());
    let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
    for _ in 0..cases {
        let (mut config, schema) = strategy.new_tree(&mut runner).unwrap().current();
        config["schema"] = schema;
        let Checked::Claims(claims) = check(&config, &events) else { continue };
        for (name, refuted) in claims {
            assert_eq!(refuted, None, "{name}\n{config}");
            *counts.entry(name).or_default() += 1;
        }
    }
    println!("claims that hold: {counts:?}");
    for name in ["never-true", "always-true", "true-when-present", "redundant", "fails", "unknown", "of-elements"] {
        assert!(counts.get(name).is_some_and(|count| *count > 0) || cases < 600, "no claim {name}: {counts:?}");
    }
}

#[test]
fn every_claim_holds_for_every_event() {
    let cases = std::env::var("ANALYSIS_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(600);
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, b"claims of the analysis, allheld.");
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let (strategy, events) = (cascades(), events());
    let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
    for _ in 0..cases {
        let config = strategy.new_tree(&mut runner).unwrap().current();
        let Checked::Claims(claims) = check(&config, &events) else { continue };
        for (name, refuted) in claims {
            assert_eq!(refuted, None, "{name}\n{config}");
            *counts.entry(name).or_default() += 1;
        }
    }
    println!("claims that hold: {counts:?}");
    for name in [
        "never-true",
        "always-true",
        "true-when-present",
        "redundant",
        "shadowed",
        "duplicate",
        "never-runs",
        "drains",
        "overwritten",
        "mixed",
    ] {
        assert!(counts.get(name).is_some_and(|count| *count > 0) || cases < 600, "no claim {name}: {counts:?}");
    }
}
