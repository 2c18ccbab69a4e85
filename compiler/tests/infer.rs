//! Drafted schemas: every event that went in is as the draft says, and the draft is what a cascade takes.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "a test speaks by failing"
)]

use std::collections::BTreeMap;

use cascata_compiler::schema::{InferOptions, Inference, Schema};
use cascata_compiler::{Options, Source, compile};
use cascata_vm::json::parse;
use proptest::prelude::*;
use serde_json::{Value, json};

fn draft(events: &[Value], options: InferOptions) -> String {
    let mut inference = Inference::new(options);
    for event in events {
        inference.add(parse(&event.to_string()));
    }
    inference.yaml()
}

/// Puts a draft under `schema` of a cascade, which has to compile without a word.
fn attach(yaml: &str) -> Schema {
    let source = Source::new("c.yaml", format!("name: c\nversion: \"1\"\nschema:\n{yaml}"));
    let compiled = compile(&source, &Options::default());
    assert!(compiled.diagnostics.is_empty() && compiled.image.is_some(), "{:#?}\n{yaml}", compiled.diagnostics);
    Schema::of(&source, &Options::default()).unwrap()
}

fn options(change: impl FnOnce(&mut InferOptions)) -> InferOptions {
    let mut options = InferOptions::default();
    change(&mut options);
    options
}

#[test]
fn a_draft_says_types_required_values_ranges_and_maps() {
    let events: Vec<_> = (0..60_i64)
        .map(|at| {
            json!({
                "id": format!("e{at}"), "amount": at * 10, "rate": 0.5, "country": if at % 2 == 0 { "CH" } else { "no" },
                "user": {"age": if at % 3 == 0 { Value::Null } else { json!(at) }, "first name": "x"},
                "items": [{"sku": "a", "price": 1.5}, {"sku": "b"}], "tags": ["t"], "empty": [], "nothing": null,
                "labels": {format!("k{at}"): at, "x": 2}, "mixed": if at % 2 == 0 { json!(1) } else { json!("one") },
            })
        })
        .chain(std::iter::once(json!({"id": "last", "amount": 5})))
        .collect();
    let yaml = draft(&events, options(|options| options.max_keys = 20));
    let wanted = r#"  type: object
  required: [id, amount]
  properties:
    id: {type: string}
    amount: {type: integer}  # 0 to 590
    rate: {type: number}  # always 0.5
    country: {type: string, enum: [CH, "no"]}
    user:
      type: object
      required: [age, "first name"]
      properties:
        age: {type: [integer, "null"]}  # 1 to 59
        "first name": {type: string, enum: [x]}
    items:
      type: array
      items:
        type: object
        required: [sku]
        properties:
          sku: {type: string, enum: [a, b]}
          price: {type: number}  # always 1.5
    tags: {type: array, items: {type: string, enum: [t]}}
    empty: {type: array}
    nothing: {}  # null each time
    labels: {type: object, additionalProperties: {type: integer}}  # 0 to 59
    mixed: {type: [integer, string]}  # numbers: always 1
"#;
    assert_eq!(yaml, wanted);
    let schema = attach(&yaml);
    for event in &events {
        schema.fits(event).unwrap();
    }
}

#[test]
fn options_turn_lists_off_and_ranges_on() {
    let events: Vec<_> = (0..20).map(|at| json!({"kind": "a", "nr": at, "x": 1e300})).collect();
    let yaml = draft(
        &events,
        options(|options| {
            options.max_enum = 0;
            options.ranges = true;
        }),
    );
    let wanted = "  type: object\n  required: [kind, nr, x]\n  properties:\n    kind: {type: string}\n    \
                  nr: {type: integer, minimum: 0, maximum: 19}\n    x: {type: number, minimum: 1.0e+300, maximum: 1.0e+300}\n";
    assert_eq!(yaml, wanted);
    attach(&yaml).fits(&events[0]).unwrap();
}

#[test]
fn what_goes_beyond_a_limit_is_left_open() {
    let wide: Value = (0..50).map(|at| (format!("f{at}"), json!(at))).collect();
    let yaml = draft(std::slice::from_ref(&wide), options(|options| options.max_fields = 3));
    assert!(yaml.contains("f2: {type: integer}") && !yaml.contains("f3:"), "{yaml}");
    assert!(yaml.contains("additionalProperties: true  # more keys"), "{yaml}");
    attach(&yaml).fits(&wide).unwrap();
    let mut deep = json!(1);
    for at in 0..200 {
        deep = if at % 2 == 0 { json!({"a": deep}) } else { json!({"a": [deep, {}]}) };
    }
    attach(&draft(&[deep], InferOptions::default()));
}

#[test]
fn memory_is_bounded_whatever_comes() {
    let mut inference = Inference::new(InferOptions::default());
    for at in 0..30_000 {
        let event = json!({format!("k{at}"): {format!("x{at}"): 1}, "map": {format!("m{at}"): {format!("y{at}"): at}}});
        inference.add(parse(&event.to_string()));
    }
    let yaml = inference.yaml();
    assert!(yaml.lines().count() < 25_000, "{}", yaml.lines().count());
    attach(&yaml);
}

fn values() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-5..5_i64).prop_map(Value::from),
        (-1e6..1e6_f64).prop_map(Value::from),
        Just(json!(1e300)),
        "[a-c]{0,2}".prop_map(Value::from),
        "\\PC{0,6}".prop_map(Value::from),
        prop::sample::select(
            &["no", "~", "1e3", "017", "a: b", "- x", "#", "\u{2028}", "\u{85}\u{7f}", "\u{feff}", "\\"][..]
        )
        .prop_map(Value::from),
    ];
    scalar.prop_recursive(4, 24, 6, |inner| {
        let key =
            prop_oneof![4 => "[a-d]", 1 => "\\PC{0,5}", 1 => Just("no".to_owned()), 1 => Just("\u{85}".to_owned())];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(key, inner, 0..6)
                .prop_map(|map: BTreeMap<String, Value>| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn every_event_fits_its_draft(
        events in prop::collection::vec(prop::collection::btree_map("[a-e]", values(), 0..5), 1..12),
        max_keys in 0..6_usize,
        max_fields in prop::sample::select(&[2_usize, 10, 10_000][..]),
        ranges: bool,
    ) {
        let events: Vec<_> = events.into_iter().map(|map| Value::Object(map.into_iter().collect())).collect();
        // Each event several times, so that few texts are few.
        let events: Vec<_> = events.iter().cycle().take(events.len() * 5).cloned().collect();
        let yaml = draft(&events, options(|options| {
            options.max_keys = max_keys;
            options.max_fields = max_fields;
            options.ranges = ranges;
        }));
        let schema = attach(&yaml);
        for event in &events {
            prop_assert_eq!(schema.fits(event), Ok(()), "{}\n{}", event, yaml);
        }
    }
}
