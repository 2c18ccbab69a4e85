//! Generated values, events and paths: few names and many collisions, so that comparisons hit often, and the numbers
//! around which a careless reader of numbers goes wrong.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// Keys of generated events. Paths are drawn from the same few.
pub const KEYS: [&str; 8] = ["n", "s", "flag", "nums", "words", "mixed", "obj", "a"];

/// Lists whose elements conditions take one by one.
pub const ELEMENTS: [&str; 5] = ["items[]", "nums[]", "mixed[]", "items[].nums[]", "obj.a[]"];

const ELEMENT_PATHS: [&str; 14] = [
    "items[].n",
    "items[].n",
    "items[].s",
    "items[].s",
    "items[].nums",
    "items[].nums[]",
    "items[].nums[0]",
    "items[]",
    "nums[]",
    "words[]",
    "mixed[].n",
    "mixed[][]",
    "items[].items[].n",
    "items[]",
];

/// A path through the elements of lists.
pub fn element_paths() -> impl Strategy<Value = String> {
    prop::sample::select(&ELEMENT_PATHS[..]).prop_map(str::to_owned)
}

const MOMENTS: [&str; 22] = [
    "2026-01-31T10:20:30.000456Z",
    "2026-01-31T12:20:30.000456789+02:00",
    "2026-01-31T10:20:30.000455Z",
    "2026-01-31",
    "2026-01-31T00:00:00Z",
    "2026-01-30t23:30:00.5-01:00",
    "2026-02-01 10:20:31+23:59",
    "2025-12-31T23:59:60Z",
    "2026-01-01T05:29:60.25+05:30",
    "2026-01-01T00:00:00Z",
    "2024-02-29T12:00:00-00:00",
    "1969-12-31T23:59:59.999999Z",
    "1970-01-01",
    "0000-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59.999999-23:59",
    "2026-02-29",
    "2026-01-31T10:20:60Z",
    "2026-01-31T24:00:00Z",
    "2026-01-31T10:20:30",
    "2026-01-31T10:20Z",
    "2026-01-31T10:20:30.Z",
    "10000-01-01",
];

/// RFC 3339 times and dates; `sound` ones, or also such that only look so.
pub fn moments(sound: bool) -> impl Strategy<Value = String> {
    prop::sample::select(&MOMENTS[..if sound { 15 } else { MOMENTS.len() }]).prop_map(str::to_owned)
}

const ADDRESSES: [&str; 7] =
    ["10.0.0.1", "10.1.2.3", "192.168.7.9", "::1", "2001:db8::7", "::ffff:10.0.0.1", "2001:db8:ffff::1"];

/// An IP address.
pub fn addresses() -> impl Strategy<Value = String> {
    prop::sample::select(&ADDRESSES[..]).prop_map(str::to_owned)
}

const BRACKETS: [&str; 12] = [
    "nums[0]",
    "nums[1]",
    "words[0]",
    "mixed[0]",
    "mixed[0].n",
    "mixed[1][0]",
    "nums[9]",
    "s[0]",
    "obj[0]",
    r#"obj["n"]"#,
    r#"["obj"].a["n"]"#,
    r#"["a.b"]"#,
];

const NUMBERS: [&str; 30] = [
    "0",
    "1",
    "-1",
    "2",
    "5",
    "42",
    "1000",
    "-7",
    "0.0",
    "-0.0",
    "1.0",
    "5.0",
    "0.1",
    "0.3",
    "0.30000000000000004",
    "1e16",
    "1e-7",
    "9007199254740992",
    "9007199254740993",
    "9007199254740992.0",
    "9223372036854775807",
    "-9223372036854775808",
    "9223372036854775808",
    "9.223372036854775807e18",
    "18446744073709551616",
    "1e300",
    "-1e300",
    "1e400",
    "340282366920938463463374607431768211456",
    "123456789012345678901234567890123456789012",
];

const TEXTS: [&str; 20] = [
    "",
    "a",
    "alpha",
    "beta",
    "abc",
    "A1",
    "10",
    "5.0",
    "True",
    "line\nbreak",
    "alpha\n",
    "Ω",
    "日本語",
    "emoji😀",
    "quote\"back\\slash",
    "Timeout after 5ms",
    "ALPHA",
    "ω",
    "K",
    "ſ",
];

fn number(text: &str) -> Value {
    serde_json::from_str(text).expect("a JSON number")
}

/// A number, often one of the awkward ones.
pub fn numbers() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => prop::sample::select(&NUMBERS[..]).prop_map(number),
        2 => (-5i64..50).prop_map(|n| json!(n)),
        1 => any::<i64>().prop_map(|n| json!(n)),
        1 => (-400i32..400).prop_map(|n| json!(f64::from(n) / 8.0)),
        1 => any::<f64>().prop_filter("JSON has no such number", |f| f.is_finite()).prop_map(|f| json!(f)),
    ]
}

pub fn texts() -> impl Strategy<Value = Value> {
    prop_oneof![
        5 => prop::sample::select(&TEXTS[..]).prop_map(|text| json!(text)),
        1 => "[ab\\n1é]{0,6}".prop_map(|text| json!(text)),
        1 => addresses().prop_map(|text| json!(text)),
        1 => moments(false).prop_map(|text| json!(text)),
    ]
}

pub fn scalars() -> impl Strategy<Value = Value> {
    prop_oneof![
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(|flag| json!(flag)),
        4 => numbers(),
        3 => texts(),
    ]
}

/// Any value, containers up to a depth of three.
pub fn values() -> impl Strategy<Value = Value> {
    scalars().prop_recursive(3, 16, 4, |inner| {
        let keys = prop::sample::select(&KEYS[..]).prop_map(str::to_owned);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            prop::collection::vec((keys, inner), 0..4).prop_map(object),
        ]
    })
}

/// The same values without the number beyond every double: it can be read and compared, but JSON has no way to write it.
pub fn writable(values: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    values.prop_map(|mut value| {
        make_finite(&mut value);
        value
    })
}

fn make_finite(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(make_finite),
        Value::Object(object) => object.values_mut().for_each(make_finite),
        Value::Number(number)
            if number.as_f64().is_none_or(f64::is_infinite) && number.to_string().contains(['e', 'E']) =>
        {
            *value = json!(1e300);
        }
        _ => {}
    }
}

fn object(entries: Vec<(String, Value)>) -> Value {
    Value::Object(Map::from_iter(entries))
}

/// An event: its usual shape with parts left out, or replaced by anything at all.
pub fn events() -> impl Strategy<Value = Value> {
    let usual: [(&str, BoxedStrategy<Value>); 11] = [
        ("n", numbers().boxed()),
        ("s", texts().boxed()),
        ("flag", any::<bool>().prop_map(|flag| json!(flag)).boxed()),
        ("nums", prop::collection::vec(numbers(), 0..5).prop_map(Value::Array).boxed()),
        ("words", prop::collection::vec(texts(), 0..4).prop_map(Value::Array).boxed()),
        ("mixed", prop::collection::vec(values(), 0..4).prop_map(Value::Array).boxed()),
        ("obj", objects().boxed()),
        ("items", items().boxed()),
        ("a", values().boxed()),
        ("a.b", scalars().boxed()),
        ("at", moments(false).prop_map(|text| json!(text)).boxed()),
    ];
    let parts = usual.map(|(key, usual)| {
        prop_oneof![8 => usual.prop_map(Some), 1 => Just(None), 1 => values().prop_map(Some)]
            .prop_map(move |value| value.map(|value| (key.to_owned(), value)))
            .boxed()
    });
    Vec::from(parts).prop_map(|parts| object(parts.into_iter().flatten().collect()))
}

/// A list of mappings, some of which lack something.
fn items() -> impl Strategy<Value = Value> {
    let part = |usual: BoxedStrategy<Value>| prop_oneof![5 => usual.prop_map(Some), 1 => Just(None), 1 => scalars().prop_map(Some)];
    let at = moments(false).prop_map(|text| json!(text)).boxed();
    let one = (part(numbers().boxed()), part(texts().boxed()), part(at), prop::collection::vec(numbers(), 0..3));
    let one = one.prop_map(|(n, s, at, nums)| {
        let mut item = json!({ "nums": nums });
        for (key, value) in [("n", n), ("s", s), ("at", at)] {
            if let Some(value) = value {
                item[key] = value;
            }
        }
        item
    });
    prop::collection::vec(prop_oneof![8 => one, 1 => values()], 0..4).prop_map(Value::Array)
}

fn objects() -> impl Strategy<Value = Value> {
    (numbers(), values(), values()).prop_map(|(n, a, s)| json!({ "n": n, "a": { "n": a, "obj": { "s": s } } }))
}

/// A dotted path, into the event or (when `stages` are given) into a stage's result.
pub fn paths(stages: &'static [&'static str]) -> BoxedStrategy<String> {
    let event = prop_oneof![
        6 => prop::sample::select(&KEYS[..]).prop_map(str::to_owned),
        2 => Just("obj.n".to_owned()),
        1 => prop::sample::select(&["obj.a.n", "obj.a.obj.s", "obj.a.obj", "n.s", "nums.0", "s.a", "absent", "obj.absent.n"][..])
            .prop_map(str::to_owned),
        1 => (prop::sample::select(&KEYS[..]), prop::sample::select(&KEYS[..])).prop_map(|(a, b)| format!("{a}.{b}")),
        2 => prop::sample::select(&BRACKETS[..]).prop_map(str::to_owned),
    ];
    if stages.is_empty() {
        return event.boxed();
    }
    let field = prop::sample::select(
        &[
            "result",
            "result",
            "confidence",
            "error",
            "data",
            "data.score",
            "score",
            "tags",
            "result.label",
            "result.n",
            "data.n",
        ][..],
    );
    let stage = (prop::sample::select(stages), field).prop_map(|(stage, field)| format!("stages.{stage}.{field}"));
    prop_oneof![3 => event, 2 => stage].boxed()
}
