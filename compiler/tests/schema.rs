//! The schema of a cascade: what it changes and what not, what it says of elements, and what it knows of paths.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "a test speaks by failing"
)]

use cascata_compiler::schema::{Found, Schema};
use cascata_compiler::{Options, Source, check, compile};
use cascata_vm::Segment;
use cascata_vm::image::{LoadOptions, Program};
use serde_json::json;

const SCHEMA: &str = r#"
schema:
  type: object
  required: [amount, user]
  properties:
    amount: {type: number, minimum: 0, maximum: 1000000, description: in cents}
    country: {enum: [CH, US]}
    user: {type: object, required: [age], properties: {age: {type: integer}, "first name": {type: [string, "null"]}}}
    items: {type: array, items: {type: object, properties: {price: {type: number}, sku: {type: string}}}}
    tags: {type: array, items: {type: string}}
    labels: {type: object, additionalProperties: {type: string}}
"#;

fn cascade(rest: &str) -> Source {
    Source::new("c.yaml", format!("name: c\nversion: \"1\"\n{rest}"))
}

fn schema() -> Schema {
    Schema::of(&cascade(SCHEMA), &Options::default()).unwrap()
}

/// The codes of a condition as text.
fn codes(when: &str) -> Vec<String> {
    let source = cascade(&format!("{SCHEMA}global_termination_conditions:\n  - {{when: '{when}'}}\n"));
    check(&source, &Options::default()).1.iter().map(|diagnostic| diagnostic.code.to_string()).collect()
}

#[test]
fn a_schema_changes_neither_program_nor_hash() {
    let rest = "global_termination_conditions:\n  - {field: amount, operator: \">\", value: 5}\n";
    let hash = |source: &Source| {
        let image = compile(source, &Options::default()).image.unwrap();
        Program::verify(image, &LoadOptions::default()).unwrap().hash()
    };
    assert_eq!(hash(&cascade(rest)), hash(&cascade(&format!("{SCHEMA}{rest}"))));
}

#[test]
fn type_errors_are_errors_without_the_analysis_as_well() {
    let mut options = Options::default();
    options.analysis = false;
    let source = cascade(&format!("{SCHEMA}global_termination_conditions:\n  - {{when: 'country > 5'}}\n"));
    let (model, diagnostics) = check(&source, &options);
    assert!(model.is_none());
    assert_eq!(diagnostics.iter().map(|diagnostic| diagnostic.code.as_str()).collect::<Vec<_>>(), ["E0902"]);
}

#[test]
fn elements_of_lists_have_the_types_of_their_schema() {
    for (when, wanted) in [
        ("items[].price > 5 and country == \"CH\"", &[][..]),
        ("items[].prise > 5", &["W2012"]),
        ("items[].sku > 5", &["E0902"]),
        ("items[0].sku > 5", &["E0902"]),
        ("items[].price == \"5\"", &["W2013"]),
        ("amount[].price > 5", &["W2013"]),
        ("item[].price > 5", &["W2012"]),
        ("any(tags) == 5", &["W2013"]),
        ("all(tags) == 5", &[]),
        ("sum(items[].prise) > 5", &["W2012"]),
        ("sum(items[].price) > 5", &[]),
    ] {
        assert_eq!(codes(when), wanted, "{when}");
    }
}

#[test]
fn fields_are_compared_with_fields_by_their_types() {
    for (when, wanted) in [
        ("amount > user.age", &[][..]),
        ("amount > country", &["E0902"]),
        ("amount == country", &["W2013"]),
        ("country in tags", &[]),
        ("country in amount", &["E0902"]),
        ("amount > user.agee", &["W2012"]),
    ] {
        assert_eq!(codes(when), wanted, "{when}");
    }
}

#[test]
fn paths_are_found_with_whether_they_are_always_there() {
    let schema = schema();
    let find = |path: &[&str]| {
        let path: Vec<_> = path.iter().map(|key| Segment::Key((*key).to_owned())).collect();
        match schema.find(&path) {
            Found::Known { shape, always } => format!("{}, {always}", shape.words()),
            Found::Open => "open".to_owned(),
            Found::Unlisted { step, closed, .. } => format!("unlisted {step} {closed}"),
            Found::Blocked { step, .. } => format!("blocked {step}"),
        }
    };
    assert_eq!(find(&["amount"]), "a number, 0 to 1000000, true");
    assert_eq!(find(&["country"]), "text, one of \"CH\", \"US\", false");
    assert_eq!(find(&["user", "age"]), "a whole number, true");
    assert_eq!(find(&["user", "first name"]), "text or null, false");
    assert_eq!(find(&["user", "age", "x"]), "blocked 2");
    assert_eq!(find(&["user", "name"]), "unlisted 1 false");
    assert_eq!(find(&["labels", "any"]), "text, false");
    assert_eq!(find(&["tags"]), "a list, false");
    let fields: Vec<_> = schema.fields().into_iter().map(|(path, _)| path).collect();
    let wanted = "amount country user user.age user[\"first name\"] items items[].price items[].sku tags labels";
    assert_eq!(fields.join(" "), wanted);
    let at = |path| schema.at(path).map(|(shape, always)| (shape.words(), always));
    assert_eq!(at("items[].price"), Some(("a number".to_owned(), false)));
    assert_eq!(at("user[\"first name\"]"), Some(("text or null".to_owned(), false)));
    assert_eq!(at("user.age"), Some(("a whole number".to_owned(), true)));
    assert_eq!((at("user.name"), at("tags[x"), at("amount[]")), (None, None, None));
}

#[test]
fn misfits_say_where_and_why() {
    let schema = schema();
    let fits = |event| schema.fits(&event).err().map(|misfit| misfit.to_string());
    let user = json!({"age": 5.0});
    assert_eq!(fits(json!({"amount": 5, "user": user, "other": 1})), None);
    assert_eq!(fits(json!({"amount": 5})).unwrap(), "user: missing");
    assert_eq!(fits(json!({"amount": true, "user": user})).unwrap(), "amount: a boolean, not a number");
    assert_eq!(fits(json!({"amount": 1e7, "user": user})).unwrap(), "amount: outside its range");
    let items = json!({"amount": 1, "user": user, "items": [{"price": 1}, {"price": "1"}]});
    assert_eq!(fits(items).unwrap(), "items[1].price: text, not a number");
    assert_eq!(fits(json!([])).unwrap(), "the event: a list, not a mapping");
}

#[test]
fn what_rules_write_is_not_what_the_schema_says() {
    let rest = r#"
stages:
  S:
    name: S
    routing_rules:
      - {name: w, when: 'amount > 5', action: {type: set_field, field: country, value: 7}}
      - {name: x, when: 'country > 5', action: {type: terminate}}
      - {name: y, when: 'score > 5', action: {type: set_field, field: score, value: 7}}
"#;
    let (_, diagnostics) = check(&cascade(&format!("{SCHEMA}{rest}")), &Options::default());
    // What is written is told of; the comparison with it is no error.
    let codes: Vec<_> = diagnostics.iter().map(|diagnostic| diagnostic.code.as_str()).collect();
    assert_eq!(codes, ["W2015"]);
}

#[test]
fn hidden_keys_are_not_what_the_schema_says() {
    let rest =
        "events: {hide: [amount]}\nglobal_termination_conditions:\n  - {when: 'amount exists or country == \"CH\"'}\n";
    let (_, diagnostics) = check(&cascade(&format!("{SCHEMA}{rest}")), &Options::default());
    assert_eq!(diagnostics.iter().map(|diagnostic| diagnostic.code.as_str()).collect::<Vec<_>>(), ["W2011"]);
}
