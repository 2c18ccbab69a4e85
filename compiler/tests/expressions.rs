//! Expressions: the text of a condition and its mapping are one program, whatever the condition.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test speaks by failing")]

mod expressions {
    pub mod printed;
}

use cascata_compiler::operators::Operator;
use cascata_compiler::{Limits, Options, Source, compile, expression};
use cascata_vm::image::{LoadOptions, Program};
use expressions::printed::{printed, unprintable};
use proptest::prelude::*;
use serde_json::{Value, json};

/// The hash of the program of a condition, or what is wrong with it.
fn hash(condition: &Value) -> Result<[u8; 32], String> {
    let rule = match condition {
        Value::String(text) => json!({"name": "r", "when": text, "action": {"type": "terminate"}}),
        mapping => json!({"name": "r", "condition": mapping, "action": {"type": "terminate"}}),
    };
    let cascade = json!({"name": "c", "version": "1", "stages": {"A": {"name": "A", "routing_rules": [rule]}}});
    let compiled = compile(&Source::new("c.json", cascade.to_string()), &Options::default());
    match compiled.image {
        Some(image) => Ok(Program::verify(image, &LoadOptions::default()).unwrap().hash()),
        None => Err(compiled.diagnostics.iter().map(|d| format!("{}: {}\n", d.code, d.message)).collect()),
    }
}

fn same_program(text: &str, mapping: &Value) {
    assert_eq!(hash(&json!(text)), hash(mapping), "{text}\n{mapping}");
}

#[test]
fn the_text_of_every_example_is_its_mapping() {
    for op in Operator::ALL_OPERATORS {
        let example = op.example();
        let mapping = serde_json::from_str(example.condition).unwrap();
        same_program(example.text, &mapping);
        assert!(hash(&mapping).is_ok(), "{mapping}");
    }
}

#[test]
fn words_come_in_any_case_and_constants_on_either_side() {
    let one = json!({"field": "a", "operator": ">", "value": 1});
    for text in ["a > 1", "1 < a", "(a) > (1)", "a > 1 ", "\ta>1\n", "A.b > 1"].iter().take(5) {
        same_program(text, &one);
    }
    let both = json!({"operator": "AND", "conditions": [
        {"operator": "NOT", "conditions": [{"field": "tags", "operator": "CONTAINS", "value": "x"}]},
        {"operator": "OR", "conditions": [
            {"field": "b", "operator": "EXISTS"}, {"field": "c.d", "operator": "==", "value": true}]},
    ]});
    for text in [
        "not tags contains \"x\" and (b exists or c.d)",
        "NOT (tags CONTAINS 'x') AND (b IS NOT NULL OR c.d == TRUE)",
        "not 'x' in tags And (b Is Not Null oR true == c.d)",
    ] {
        same_program(text, &both);
    }
}

#[test]
fn operators_bind_as_the_table_says() {
    let leaf = |field: &str| json!({"field": field, "operator": "==", "value": true});
    let any = |a: Value, b: Value| json!({"operator": "OR", "conditions": [a, b]});
    let all = |a: Value, b: Value| json!({"operator": "AND", "conditions": [a, b]});
    let not = |a: Value| json!({"operator": "NOT", "conditions": [a]});
    same_program("a or b and c", &any(leaf("a"), all(leaf("b"), leaf("c"))));
    same_program("a and b or c", &any(all(leaf("a"), leaf("b")), leaf("c")));
    same_program("(a or b) and c", &all(any(leaf("a"), leaf("b")), leaf("c")));
    same_program("not a and b", &all(not(leaf("a")), leaf("b")));
    same_program("not not a", &not(not(leaf("a"))));
    let between = json!({"field": "a", "operator": "BETWEEN", "value": [1, 5]});
    same_program("a between 1 and 5 and b", &all(between.clone(), leaf("b")));
    same_program("a >= 1 and a <= 5", &between);
}

#[test]
fn paths_are_those_of_mappings() {
    for path in
        ["a.b", "a.b[0].c", "stages.A.result", "a.in", "nums.0.x", "a[\"x.y\"].z", "[\"a.b\"].c", "count", "a.1.5"]
    {
        same_program(&format!("{path} == 1"), &json!({"field": path, "operator": "==", "value": 1}));
    }
    same_program("[\"a b\"]", &json!({"field": "[\"a b\"]", "operator": "==", "value": true}));
    same_program("[\"a b\"] > 1", &json!({"field": "[\"a b\"]", "operator": ">", "value": 1}));
    same_program("a in [\"a b\"]", &json!({"field": "a", "operator": "IN", "value": ["a b"]}));
}

#[test]
fn printed_expressions_read_back_as_themselves() {
    for text in [
        "not (a or b) and (c or d) or e",
        "(a + 1) * 2 - (3 - b) > 0 - c",
        "-a * 2 - --b > 0 - -(c + 1)",
        "(0 - 1) * (0 - \"x\") > 0 - -2",
        "a between b - 1 and 5",
        "any items[] (items[].a > 1 or not items[].b exists)",
        "sum(txns[].amount) >= 5 and [\"a.b\"].c in [1, {\"k\": [null]}]",
        "now() > x",
        "a@b and $größe and x[\"in\"]",
    ] {
        let (first, wrong) = expression::parse(text, &Limits::default());
        assert_eq!(wrong, [], "{text}");
        assert_eq!(first.to_string(), text);
    }
}

fn scalars() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(|b| json!(b)),
        any::<i64>().prop_map(|n| json!(n)),
        (-1000..1000_i32).prop_map(|n| json!(f64::from(n) / 8.0)),
        Just(serde_json::from_str("340282366920938463463374607431768211456").unwrap()),
        "\\PC{0,8}".prop_map(|text| json!(text)),
        "[a\\\\\"'\n\t/]{0,4}".prop_map(|text| json!(text)),
    ]
}

fn constants() -> impl Strategy<Value = Value> {
    scalars().prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            prop::collection::btree_map("[a-z]{0,2}", inner, 0..3).prop_map(|map| json!(map)),
        ]
    })
}

fn fields() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["a", "b.c", "count", "nums[0]", "[\"a.b\"].c", "x[\"q\\\"\"]", "stages.A.result"])
        .prop_map(str::to_owned)
}

fn leaves() -> impl Strategy<Value = Value> {
    let operator = prop::sample::select(Operator::ALL_OPERATORS.to_vec());
    let compare = prop::option::of(prop::sample::select(vec!["==", "!=", "<", "<=", ">", ">="]));
    (fields(), operator, compare, constants(), constants()).prop_map(|(field, op, compare, value, other)| {
        let mut leaf = json!({"field": field, "operator": op.spelling()});
        match op {
            Operator::And | Operator::Or | Operator::Not => leaf["operator"] = json!("EXISTS"),
            Operator::Exists | Operator::IsNull => {}
            Operator::Between => leaf["value"] = json!([value, other]),
            _ => leaf["value"] = value,
        }
        if let Some(compare) = compare.filter(|_| op.takes_compare()) {
            leaf["compare"] = json!(compare);
        }
        leaf
    })
}

fn conditions() -> impl Strategy<Value = Value> {
    leaves().prop_recursive(4, 16, 4, |inner| {
        prop_oneof![
            (prop::sample::select(vec!["AND", "OR"]), prop::collection::vec(inner.clone(), 1..4))
                .prop_map(|(operator, conditions)| json!({"operator": operator, "conditions": conditions})),
            inner.prop_map(|condition| json!({"operator": "NOT", "conditions": [condition]})),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_condition_and_its_text_are_one_program(condition in conditions()) {
        prop_assume!(!unprintable(&condition));
        let text = printed(&condition);
        let (by_text, by_mapping) = (hash(&json!(text)), hash(&condition));
        prop_assert_eq!(by_text.is_ok(), by_mapping.is_ok(), "{}\n{:?}\n{:?}", &text, &by_text, &by_mapping);
        if by_mapping.is_ok() {
            prop_assert_eq!(by_text, by_mapping, "{}", text);
        }
    }

    #[test]
    fn any_text_is_read_to_its_end(text in "\\PC{0,60}") {
        let (_, wrong) = expression::parse(&text, &Limits::default());
        prop_assert!(wrong.iter().all(|wrong| text.get(wrong.span().start..wrong.span().end).is_some()));
    }

    #[test]
    fn what_prints_reads_back(
        words in prop::collection::vec(prop::sample::select(vec![
            "a", "b.c", "and", "or", "not", "(", ")", "==", "<", "in", "[1, 2]", "\"x\"", "5", "-", "+", "*", "exists", "is",
            "null", "between", "any", "items[]", "sum(", ",", "[", "]", ".", "&&", "=", "{", "}", "true", "now()", "'y'",
        ]), 0..14),
    ) {
        let text = words.join(" ");
        let (first, wrong) = expression::parse(&text, &Limits::default());
        for label in wrong.iter().flat_map(|diagnostic| &diagnostic.labels) {
            prop_assert!(text.get(label.span.start..label.span.end).is_some());
        }
        if wrong.is_empty() {
            let printed = first.to_string();
            let (again, wrong) = expression::parse(&printed, &Limits::default());
            prop_assert!(wrong.is_empty(), "{} became {}: {:?}", text, printed, wrong);
            prop_assert_eq!(again.to_string(), printed);
        }
    }
}

#[test]
fn nesting_of_any_depth_is_an_error_and_not_an_overflow() {
    for depth in [10, 200, 100_000] {
        for (open, close) in
            [("(", ")"), ("not ", ""), ("- ", ""), ("[", "]"), ("sum(", ")"), ("a + ", ""), ("any a[] (", ")")]
        {
            let text = format!("{}a == 1{}", open.repeat(depth), close.repeat(depth));
            let (_, wrong) = expression::parse(&text, &Limits::default());
            assert!(depth == 10 || !wrong.is_empty(), "{open} {depth}");
        }
        let text = vec!["a"; depth].join(" and ");
        assert_eq!(expression::parse(&text, &Limits::default()).1, [], "a long row is not deep");
    }
}
