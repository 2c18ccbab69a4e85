//! Generated comparisons of computed values, as trees that the oracle walks and as the texts that the product reads.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::conditions::COMPARISONS;
use super::values::{moments, numbers};
use crate::oracle::time;

/// The configuration with every tree in it as `when:`.
pub fn written(config: &Value) -> Value {
    match config {
        Value::Object(condition) if condition.contains_key("computed") => {
            let operator = condition["computed"].as_str().expect("an operator");
            json!({ "when": format!("{} {operator} {}", text(&condition["left"]), text(&condition["right"])) })
        }
        Value::Object(object) => object.iter().map(|(key, value)| (key.clone(), written(value))).collect(),
        Value::Array(items) => items.iter().map(written).collect(),
        scalar => scalar.clone(),
    }
}

fn text(tree: &Value) -> String {
    if let Some(words) = tree["text"].as_str() {
        return json!(words).to_string();
    }
    let (node, of) = tree.as_object().and_then(|tree| tree.iter().next()).expect("a tree is a mapping");
    let path = of.as_str().unwrap_or_default();
    match node.as_str() {
        "const" => of.to_string(),
        "now" => "now()".to_owned(),
        "path" => path.to_owned(),
        "hour" | "weekday" if tree.get("zone").is_some() => format!("{node}({path}, {})", tree["zone"]),
        "+" | "-" | "*" | "/" | "%" => format!("({} {node} {})", text(&of[0]), text(&of[1])),
        call => format!("{}({path})", call.to_lowercase()),
    }
}

const FIELDS: [&str; 14] = [
    "n",
    "n",
    "flag",
    "a",
    "s",
    "obj.n",
    "obj.a.n",
    "nums[0]",
    "nums[1]",
    "absent",
    "items[].n",
    "items[].nums[0]",
    "nums[]",
    "mixed[].n",
];
const LISTS: [&str; 8] =
    ["nums", "nums", "words", "mixed", "items[].n", "items[].nums[]", "mixed[]", "items[].items[].n"];
const TIMES: [&str; 9] = ["at", "at", "at", "s", "n", "absent", "items[].at", "items[].at", "words[]"];
const ZONES: [&str; 6] = ["Z", "+02:00", "-11:00", "+05:30", "-00:00", "+23:59"];
const SPANS: [&str; 9] = ["0s", "1us", "500ms", "1h30m", "24h", "1d", "30d", "4w2d", "3650d"];

/// A comparison of numbers that are computed.
pub fn comparisons(stages: &'static [&'static str]) -> impl Strategy<Value = Value> {
    let compared = (trees(stages), prop::sample::select(&COMPARISONS[..]), trees(stages), numbers(), 0..4_u8);
    compared.prop_map(|(left, operator, right, constant, turn)| {
        let constant = json!({ "const": constant });
        let (left, right) = match turn {
            0 => (left, constant),
            1 => (constant, left),
            _ => (left, right),
        };
        json!({ "computed": operator, "left": left, "right": right })
    })
}

/// A value that is no constant.
fn trees(stages: &'static [&'static str]) -> impl Strategy<Value = Value> {
    let results = prop::sample::select(stages).prop_map(|stage| format!("stages.{stage}.result"));
    let field = prop_oneof![6 => prop::sample::select(&FIELDS[..]).prop_map(str::to_owned), 1 => results];
    let statistics = prop::sample::select(&["SUM", "AVG", "MIN", "MAX", "COUNT"][..]);
    let atom = prop_oneof![
        4 => field.prop_map(|path| json!({ "path": path })),
        2 => (statistics, prop::sample::select(&LISTS[..])).prop_map(|(statistic, path)| json!({ statistic: path })),
        1 => prop::sample::select(&["s", "words", "obj", "n", "items[].s"][..]).prop_map(|path| json!({ "length": path })),
        1 => clocks(),
        1 => times_of("time").prop_map(|time| json!({ "-": [{ "now": true }, time] })),
    ];
    let constant = numbers().prop_map(|number| json!({ "const": number })).boxed();
    let operator = || prop::sample::select(&["+", "-", "*", "/", "%"][..]);
    atom.prop_recursive(3, 6, 2, move |inner| {
        prop_oneof![
            3 => (operator(), inner.clone(), inner.clone()).prop_map(|(operator, a, b)| json!({ operator: [a, b] })),
            2 => (operator(), inner.clone(), constant.clone()).prop_map(|(operator, a, b)| json!({ operator: [a, b] })),
            1 => (operator(), inner, constant.clone()).prop_map(|(operator, a, b)| json!({ operator: [b, a] })),
        ]
    })
}

/// A comparison of moments, ages, hours or weekdays, in both forms.
pub fn times() -> impl Strategy<Value = Value> {
    let compare = || prop::sample::select(&COMPARISONS[..]);
    let field = || prop::sample::select(&TIMES[..]);
    let before = || prop::sample::select(&["BEFORE", "AFTER"][..]);
    let moment = moments(true)
        .prop_map(|text| json!({ "const": time::moment(&json!(text)).expect("a sound moment"), "text": text }));
    let span = prop::sample::select(&SPANS[..]).prop_map(|text| json!({ "const": time::span(text), "text": text }));
    let shifted = (prop::sample::select(&["+", "-"][..]), span.clone())
        .prop_map(|(operator, span)| json!({ operator: [{ "now": true }, span] }));
    let comparison = |(left, operator, right)| json!({ "computed": operator, "left": left, "right": right });
    prop_oneof![
        2 => (field(), before(), moments(true))
            .prop_map(|(field, operator, value)| json!({ "field": field, "operator": operator, "value": value })),
        1 => (field(), before(), field())
            .prop_map(|(field, operator, other)| json!({ "field": field, "operator": operator, "value_field": other })),
        2 => (field(), compare(), prop::sample::select(&SPANS[..]))
            .prop_map(|(field, compare, value)| json!({ "field": field, "operator": "AGE", "compare": compare, "value": value })),
        1 => (clock_words(), field(), compare(), numbers()).prop_map(|(operator, field, compare, value)| {
            json!({ "field": field, "operator": operator.to_uppercase(), "compare": compare, "value": value })
        }),
        1 => (clock_words(), field(), compare(), 0..24).prop_map(|(operator, field, compare, value)| {
            json!({ "field": field, "operator": operator.to_uppercase(), "compare": compare, "value": value, "zone": "+05:30" })
        }),
        1 => (clocks(), compare(), (0..24).prop_map(|hour| json!({ "const": hour }))).prop_map(comparison),
        1 => (times_of("time"), compare(), moment).prop_map(comparison),
        1 => (times_of("time"), compare(), shifted).prop_map(comparison),
        1 => (times_of("age"), compare(), span).prop_map(comparison),
        1 => (times_of("age"), compare(), times_of("age")).prop_map(comparison),
    ]
}

fn clock_words() -> impl Strategy<Value = &'static str> {
    prop::sample::select(&["hour", "weekday"][..])
}

fn clocks() -> impl Strategy<Value = Value> {
    let zone = prop::option::of(prop::sample::select(&ZONES[..]));
    (clock_words(), prop::sample::select(&TIMES[..]), zone).prop_map(|(word, path, zone)| match zone {
        Some(zone) => json!({ word: path, "zone": zone }),
        None => json!({ word: path }),
    })
}

fn times_of(node: &'static str) -> impl Strategy<Value = Value> {
    prop::sample::select(&TIMES[..]).prop_map(move |path| json!({ node: path }))
}
