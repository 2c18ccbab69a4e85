//! Generated conditions over all operators, with operands that can succeed most of the time.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::computed;
use super::values::{ELEMENTS, addresses, element_paths, numbers, paths, texts, values};

pub const COMPARISONS: [&str; 6] = ["==", "!=", "<", "<=", ">", ">="];

/// A condition up to four operators deep over the event and the results of `stages`.
pub fn conditions(stages: &'static [&'static str]) -> impl Strategy<Value = Value> {
    leaves(stages).prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            2 => (prop::sample::select(&["AND", "OR"][..]), prop::collection::vec(inner.clone(), 1..4))
                .prop_map(|(operator, conditions)| json!({ "operator": operator, "conditions": conditions })),
            1 => inner.clone().prop_map(|condition| json!({ "operator": "NOT", "conditions": [condition] })),
            1 => (prop::sample::select(&ELEMENTS[..]), prop::collection::vec(inner, 1..4)).prop_map(|(list, conditions)| {
                json!({ "with": list, "operator": "AND", "conditions": conditions })
            }),
        ]
    })
}

/// A condition without children.
pub fn leaves(stages: &'static [&'static str]) -> impl Strategy<Value = Value> {
    let field = move || prop_oneof![3 => paths(stages), 1 => element_paths().boxed()];
    let on_field = (field(), operations()).prop_map(|(field, mut condition)| {
        condition["field"] = json!(field);
        condition
    });
    let on_two = (field(), field(), relations()).prop_map(|(field, other, mut condition)| {
        condition["field"] = json!(field);
        condition["value_field"] = json!(other);
        condition
    });
    prop_oneof![10 => on_field, 2 => on_two, 3 => computed::comparisons(stages), 2 => computed::times()]
}

/// An operator that takes another field, with neither field.
fn relations() -> impl Strategy<Value = Value> {
    let plain = prop::sample::select(
        &["==", "!=", "<", "<=", ">", ">=", "IN", "NOT_IN", "CONTAINS", "STARTS_WITH", "ENDS_WITH", "IEQUALS"][..],
    );
    let compared = prop::sample::select(&["SUM", "AVG", "MIN", "MAX", "COUNT", "LENGTH"][..]);
    prop_oneof![
        2 => plain.prop_map(|operator| json!({ "operator": operator })),
        1 => (compared, prop::sample::select(&COMPARISONS[..]))
            .prop_map(|(operator, compare)| json!({ "operator": operator, "compare": compare })),
    ]
}

/// Conditions for an optimiser: chains of comparisons of one field, and the same long tests again and again.
pub fn repetitive() -> impl Strategy<Value = Value> {
    let field = prop::sample::select(&["n", "s", "a", "flag"][..]);
    let value = prop_oneof![3 => numbers(), 3 => texts(), 1 => any::<bool>().prop_map(|b| json!(b)), 1 => values()];
    let link = prop_oneof![
        6 => value.prop_map(|value| (json!("=="), json!("!="), value)),
        2 => lists().prop_map(|list| (json!("IN"), json!("NOT_IN"), list)),
    ];
    let chain = (field, any::<bool>(), prop::collection::vec(link, 2..7)).prop_map(|(field, member, links)| {
        let link = |(equal, unequal, value)| {
            json!({ "field": field, "operator": if member { equal } else { unequal }, "value": value })
        };
        let links: Vec<Value> = links.into_iter().map(link).collect();
        json!({ "operator": if member { "OR" } else { "AND" }, "conditions": links })
    });
    let long = prop::sample::select(
        &[
            ("s", "MATCHES", "[a-c]+$"),
            ("words", "MATCHES", "[a-c]+$"),
            ("words", "ANY", "alpha"),
            ("words", "CONTAINS", "beta"),
            ("nums", "MAX", "1"),
            ("a", "CONTAINS", "a"),
        ][..],
    );
    let long =
        long.prop_map(|(field, operator, value)| json!({ "field": field, "operator": operator, "value": value }));
    let piece = prop_oneof![3 => chain, 3 => long, 2 => leaves(&["A", "B"])];
    piece.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            2 => (prop::sample::select(&["AND", "OR"][..]), prop::collection::vec(inner.clone(), 1..4))
                .prop_map(|(operator, conditions)| json!({ "operator": operator, "conditions": conditions })),
            1 => inner.prop_map(|condition| json!({ "operator": "NOT", "conditions": [condition] })),
        ]
    })
}

/// An operator with its operand, without a field.
fn operations() -> impl Strategy<Value = Value> {
    let plain = |operators: &'static [&'static str], operand: BoxedStrategy<Value>| {
        (prop::sample::select(operators), operand)
            .prop_map(|(operator, value)| json!({ "operator": operator, "value": value }))
            .boxed()
    };
    let ordered =
        prop_oneof![3 => numbers(), 2 => texts(), 1 => lists(), 1 => any::<bool>().prop_map(|b| json!(b))].boxed();
    let container = prop_oneof![6 => lists(), 2 => texts(), 1 => keyed()].boxed();
    prop_oneof![
        4 => plain(&["==", "!="], values().boxed()),
        4 => plain(&["<", "<=", ">", ">="], ordered),
        3 => plain(&["IN", "NOT_IN"], container),
        2 => plain(&["CONTAINS"], values().boxed()),
        2 => plain(&["MATCHES"], patterns().prop_map(|pattern| json!(pattern)).boxed()),
        3 => plain(&["STARTS_WITH", "ENDS_WITH", "IEQUALS"], texts().boxed()),
        1 => plain(&["CIDR"], networks().boxed()),
        2 => plain(&["BETWEEN"], bounds().boxed()),
        2 => compared(&["LENGTH"], prop_oneof![4 => (0..6).prop_map(|n| json!(n)), 1 => numbers()].boxed()),
        2 => prop::sample::select(&["EXISTS", "IS_NULL"][..]).prop_map(|operator| json!({ "operator": operator })),
        3 => compared(&["ALL", "ANY", "NONE"], values().boxed()),
        4 => compared(&["SUM", "AVG", "MIN", "MAX", "COUNT"], prop_oneof![5 => numbers(), 1 => values()].boxed()),
    ]
}

fn compared(operators: &'static [&'static str], operand: BoxedStrategy<Value>) -> impl Strategy<Value = Value> {
    let compare = prop::option::of(prop::sample::select(&COMPARISONS[..]));
    (prop::sample::select(operators), operand, compare).prop_map(|(operator, value, compare)| match compare {
        Some(compare) => json!({ "operator": operator, "value": value, "compare": compare }),
        None => json!({ "operator": operator, "value": value }),
    })
}

fn bounds() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => (numbers(), numbers()).prop_map(|(low, high)| json!([low, high])),
        1 => (texts(), texts()).prop_map(|(low, high)| json!([low, high])),
        1 => (values(), values()).prop_map(|(low, high)| json!([low, high])),
    ]
}

/// A network around a generated address, or several.
fn networks() -> impl Strategy<Value = Value> {
    let one = || {
        (addresses(), 0..=32_u8).prop_map(|(address, prefix)| {
            // An IPv4 address in the long form is a network of few addresses, else it would be none of IPv4.
            let prefix = if address.contains(':') { 96 + prefix } else { prefix };
            json!(format!("{address}/{prefix}"))
        })
    };
    prop_oneof![
        1 => addresses().prop_map(|address| json!(address)),
        2 => one(),
        2 => prop::collection::vec(one(), 1..4).prop_map(Value::Array),
    ]
}

fn lists() -> impl Strategy<Value = Value> {
    prop_oneof![
        3 => prop::collection::vec(prop_oneof![numbers(), texts()], 0..5).prop_map(Value::Array),
        1 => prop::collection::vec(texts(), 0..20).prop_map(Value::Array),
        1 => prop::collection::vec(values(), 0..4).prop_map(Value::Array),
    ]
}

fn keyed() -> impl Strategy<Value = Value> {
    texts().prop_map(|key| json!({ key.as_str().unwrap_or_default(): 1, "alpha": 2 }))
}

/// A pattern of the syntax both readings share.
pub fn patterns() -> impl Strategy<Value = String> {
    let atom = prop::sample::select(
        &[
            "a", "b", "1", "5", "l", ".", "\\d", "\\w", "\\W", "\\s", "\\.", "[a-z]", "[^a]", "[\\w.]", "[0-9A-F]",
            "é", "日", "\\n", "True",
        ][..],
    );
    let quantifier = prop::sample::select(&["", "", "", "*", "+", "?", "*?", "{2}", "{1,2}", "{,2}", "{1,}"][..]);
    let piece = (atom, quantifier).prop_map(|(atom, quantifier)| format!("{}{quantifier}", grouped(atom)));
    let sequence = prop::collection::vec(piece, 0..4).prop_map(|pieces| pieces.concat());
    let either = prop::collection::vec(sequence, 1..3).prop_map(|sequences| sequences.join("|"));
    let flags = prop::sample::select(&["", "", "", "(?i)", "(?m)", "(?s)"][..]);
    let start = prop::sample::select(&["", "", "^", "\\A", "\\b"][..]);
    let end = prop::sample::select(&["", "", "$", "\\Z", "\\b"][..]);
    let built = (flags, start, either, end).prop_map(|(flags, start, either, end)| {
        let either = if either.contains('|') { format!("(?:{either})") } else { either };
        format!("{flags}{start}{either}{end}")
    });
    prop_oneof![3 => built, 1 => literal_patterns()]
}

/// Patterns that are a literal, and such that only look so.
fn literal_patterns() -> impl Strategy<Value = String> {
    let start = prop::sample::select(&["", "", "^", ".*", ".*", "^.*"][..]);
    let piece = prop::sample::select(&["a", "l", "alpha", "1", "5", "\\.", "\\+", "0", "é", "\n", "True", "ta"][..]);
    let literal = prop::collection::vec(piece, 0..3).prop_map(|pieces| pieces.concat());
    let end = prop::sample::select(&["", "", "$", "$", ".*", ".*$", "\\Z"][..]);
    (start, literal, end).prop_map(|(start, literal, end)| format!("{start}{literal}{end}"))
}

/// Several letters become a group, so that a quantifier repeats them all.
fn grouped(atom: &str) -> String {
    if atom == "True" { "(True)".to_owned() } else { atom.to_owned() }
}
