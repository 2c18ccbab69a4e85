//! `cascata schema infer`: real events in, a schema out that a cascade takes and that all of them fit.

use std::io::Write;

use cascata_compiler::schema::Schema;
use cascata_compiler::{Options, Source};
use serde_json::Value;

use crate::support::{cascata, put, scratch, with_stdin};

const EVENTS: &str = r#"{"id": "a1", "amount": 12.5, "country": "CH", "user": {"age": 30}}
{"id": "a2", "amount": 7, "country": "US", "user": {"age": null}, "tags": ["new"]}
{"id": "a3", "amount": 900, "country": "CH", "user": {"age": 51}, "tags": []}
"#;

/// The schema under a cascade, and what `check` says of it.
fn attach(scratch: &tempfile::TempDir, yaml: &str, rest: &str) -> (Schema, crate::support::Ran) {
    let text = format!("name: c\nversion: \"1\"\nschema:\n{yaml}{rest}");
    let source = Source::new("c.yaml", text.clone());
    let schema = Schema::of(&source, &Options::default()).expect(&text);
    (schema, cascata(&["check", "--strict", &put(scratch, "c.yaml", text.as_bytes())]))
}

#[test]
fn a_drafted_schema_is_taken_by_a_cascade_and_every_event_fits() {
    let scratch = scratch();
    let ran = cascata(&["schema", "infer", &put(&scratch, "events.ndjson", EVENTS.as_bytes())]).exits(0);
    assert!(ran.out.starts_with("  # Drafted by `cascata schema infer` from 3 events.\n"), "{}", ran.out);
    assert!(ran.out.contains("required: [id, amount, country, user]\n"), "{}", ran.out);
    assert!(ran.out.contains("amount: {type: number}  # 7 to 900\n"), "{}", ran.out);
    assert!(ran.out.contains("age: {type: [integer, \"null\"]}  # 30 to 51\n"), "{}", ran.out);
    let (schema, checked) = attach(&scratch, &ran.out, "");
    checked.exits(0);
    for line in EVENTS.lines() {
        let event: Value = serde_json::from_str(line).expect("JSON");
        schema.fits(&event).expect("fits");
    }
    let rest = "global_termination_conditions:\n  - {field: amont, operator: \">\", value: 5}\n";
    attach(&scratch, &ran.out, rest).1.exits(1).says("W2012").says("amount");
}

#[test]
fn events_are_read_as_run_reads_them() {
    let scratch = scratch();
    let plain = with_stdin(&["schema", "infer"], EVENTS.as_bytes()).exits(0);
    let list = format!("[{}]", EVENTS.trim_end().replace('\n', ",\n"));
    assert_eq!(with_stdin(&["schema", "infer", "-"], list.as_bytes()).exits(0).out, plain.out);
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(EVENTS.as_bytes()).expect("memory");
    let gz = put(&scratch, "events", &gz.finish().expect("memory"));
    assert_eq!(cascata(&["schema", "infer", &gz]).exits(0).out, plain.out);
    let zst = zstd::encode_all(EVENTS.as_bytes(), 1).expect("memory");
    let zst = put(&scratch, "events.ndjson.zst", &zst);
    assert_eq!(cascata(&["schema", "infer", &zst]).exits(0).out, plain.out);
    let out = scratch.path().join("schema.yaml");
    cascata(&["schema", "infer", &zst, "-o", out.to_str().expect("text")]).exits(0).says("drafted from 3 events");
    assert_eq!(std::fs::read_to_string(&out).expect("written"), plain.out);
}

#[test]
fn bad_events_are_reported_and_the_rest_counts() {
    let text = "{\"a\": 1}\n{\"a\": \n[1]\n{\"a\": 2}\n";
    let ran =
        with_stdin(&["schema", "infer"], text.as_bytes()).exits(0).says("<stdin>:2: V0202").says("<stdin>:3: R0201");
    assert!(
        ran.out.contains("from 2 events, 2 texts bad") && ran.out.contains("a: {type: integer}  # 1 to 2"),
        "{}",
        ran.out
    );
    let ran = with_stdin(&["schema", "infer", "--fail-fast"], text.as_bytes()).exits(1).says("--fail-fast");
    assert_eq!(ran.out, "");
    with_stdin(&["schema", "infer"], b"").exits(1).says("no events");
    cascata(&["schema", "infer", "missing.ndjson"]).exits(4);
}

#[test]
fn options_say_what_is_listed() {
    let events: String =
        (0..40).map(|at| format!("{{\"kind\": \"{}\", \"m\": {{\"k{at}\": {at}}}}}\n", at % 2)).collect();
    let infer = |options: &[&str]| {
        let arguments: Vec<_> = ["schema", "infer"].into_iter().chain(options.iter().copied()).collect();
        with_stdin(&arguments, events.as_bytes()).exits(0).out
    };
    assert!(infer(&[]).contains("kind: {type: string, enum: [\"0\", \"1\"]}"));
    assert!(infer(&["--max-enum", "1"]).contains("kind: {type: string}"));
    let maps = infer(&["--max-keys", "30", "--ranges"]);
    assert!(
        maps.contains("m: {type: object, additionalProperties: {type: integer, minimum: 0, maximum: 39}}"),
        "{maps}"
    );
}

#[test]
fn every_example_is_clean_under_the_schema_of_its_events() {
    let scratch = scratch();
    let root = env!("CARGO_MANIFEST_DIR");
    for name in ["flow_triage", "message_moderation", "trust_scoring"] {
        let events = format!("{root}/examples/events/{name}.ndjson");
        let draft = cascata(&["schema", "infer", &events]).exits(0).out;
        let cascade = std::fs::read_to_string(format!("{root}/examples/cascades/{name}.yaml")).expect("the example");
        let text = format!("{cascade}\nschema:\n{draft}");
        let schema = Schema::of(&Source::new("c.yaml", text.clone()), &Options::default()).expect("a schema");
        let ran = cascata(&["check", &put(&scratch, "c.yaml", text.as_bytes())]).exits(0);
        assert!(ran.err.ends_with(": ok\n"), "{name}: {}", ran.err);
        for line in std::fs::read_to_string(&events).expect("the events").lines() {
            // Some lines of the examples are bad on purpose.
            let Ok(event @ Value::Object(_)) = serde_json::from_str(line) else { continue };
            schema.fits(&event).expect(line);
        }
    }
}

#[test]
fn what_is_learned_has_a_schema() {
    let schema = cascata(&["schema", "--proposals"]).exits(0).lines_as_one();
    assert_eq!(schema["title"], "Cascata learned rules");
    let proposal = &schema["$defs"]["Proposal"];
    for key in ["id", "rule", "measured", "precision_lower", "relations", "recommendation"] {
        assert!(proposal["properties"][key].is_object(), "{key} in {proposal}");
        assert!(proposal["required"].as_array().is_some_and(|keys| keys.iter().any(|one| one == key)), "{key}");
    }
    let old = proposal["required"].as_array().expect("a list");
    assert!(!old.iter().any(|key| key == "asked" || key == "answer_of"), "older proposals are read: {old:?}");
}
