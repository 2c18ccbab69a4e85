//! The formatter: golden texts, and its promises over every cascade of this repository and over generated ones.
//! `UPDATE=1 cargo test -p cascata-compiler --test format` writes the golden texts anew.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "a test speaks by failing"
)]

mod generated;
#[path = "format/rules.rs"]
mod rules;

use std::fs;
use std::path::{Path, PathBuf};

use cascata_compiler::format::{
    ConditionForm, Refusal, Rewritten, RuleList, Syntax, add_rule, convert, format, remove_rule, rewrite,
};
use cascata_compiler::{Options, Source, compile};
use cascata_vm::image::{LoadOptions, Program};
use proptest::prelude::*;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn sources(folder: &str) -> Vec<Source> {
    let mut paths: Vec<_> = fs::read_dir(root().join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "yaml" || ending == "json"))
        .collect();
    paths.sort();
    let read = |path: &PathBuf| Source::new(path.display().to_string(), fs::read_to_string(path).unwrap());
    paths.iter().map(read).collect()
}

fn hash(source: &Source) -> Option<[u8; 32]> {
    let image = compile(source, &Options::default()).image?;
    Some(Program::verify(image, &LoadOptions::default()).unwrap().hash())
}

fn comment_count(text: &str) -> usize {
    text.matches('#').count()
}

/// Formats a source and holds the result to every promise.
fn formatted(source: &Source) -> Result<String, Refusal> {
    let text = format(source, &Options::default())?;
    let after = Source::new(source.name.clone(), text);
    let again = format(&after, &Options::default());
    assert_eq!(again.as_deref(), Ok(after.text.as_str()), "not idempotent: {}\n{}", source.name, source.text);
    assert_eq!(hash(source), hash(&after), "{}", source.name);
    assert_eq!(comment_count(&source.text), comment_count(&after.text), "{}\n{}", source.text, after.text);
    assert!(after.text.ends_with('\n') && !after.text.ends_with("\n\n\n"));
    assert!(!after.text.lines().any(|line| line.ends_with(' ')), "{}", after.text);
    Ok(after.text)
}

#[test]
fn golden_texts_read_as_written_down() {
    for source in sources("compiler/tests/format") {
        let actual = formatted(&source).unwrap();
        let path = Path::new(&source.name).with_extension("out");
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&path, &actual).unwrap();
        }
        assert_eq!(actual, fs::read_to_string(&path).unwrap_or_default(), "{}", source.name);
    }
}

#[test]
fn every_cascade_of_the_repository_keeps_its_meaning() {
    let mut done = 0;
    for folder in ["examples/cascades", "compiler/tests/diagnostics", "tests/cli/fixtures"] {
        for source in sources(folder) {
            match formatted(&source) {
                Ok(_) => done += 1,
                Err(Refusal::Unreadable | Refusal::Unusual(_)) => assert_eq!(hash(&source), None, "{}", source.name),
                Err(other) => panic!("{}: {other}", source.name),
            }
        }
    }
    assert!(done > 50, "{done}");
}

#[test]
fn examples_are_canonical() {
    for source in sources("examples/cascades") {
        assert_eq!(formatted(&source).unwrap(), source.text, "{}", source.name);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 250, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn generated_cascades_keep_their_meaning(seed in any::<u64>()) {
        let source = Source::new("generated.yaml", generated::cascade(seed));
        prop_assert!(hash(&source).is_some(), "{}\n{:#?}", source.text, compile(&source, &Options::default()).diagnostics);
        let result = formatted(&source);
        prop_assert!(result.is_ok(), "{result:?}\n{}", source.text);
    }

    #[test]
    fn any_text_gives_an_answer(text in "[-a-c0-2:.,\\[\\]{}\"'|>&*!?#%@ \n\t\\\\~]{0,60}") {
        for name in ["c.yaml", "c.json"] {
            let source = Source::new(name, text.clone());
            for to in [Syntax::Yaml, Syntax::Json] {
                // An answer, whichever.
                let _ = convert(&source, to, &Options::default());
            }
            let _ = rewrite(&source, ConditionForm::Text, &Options::default());
            let result = format(&source, &Options::default());
            if let Ok(text) = result {
                let after = Source::new(name, text);
                prop_assert_eq!(format(&after, &Options::default()), Ok(after.text.clone()), "{}", source.text);
            }
        }
    }
}

proptest! {
    // Each case is formatted a dozen times.
    #![proptest_config(ProptestConfig { cases: 30, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn generated_cascades_have_other_forms(seed in any::<u64>()) {
        let source = Source::new("generated.yaml", generated::cascade(seed));
        for form in [ConditionForm::Text, ConditionForm::Mapping] {
            match rewritten(&source, form) {
                Ok(_) | Err(Refusal::Unusual(_)) => {}
                Err(other) => prop_assert!(false, "{other}\n{}", source.text),
            }
        }
        let json = convert(&source, Syntax::Json, &Options::default());
        prop_assert!(json.is_ok(), "{json:?}\n{}", source.text);
    }
}

#[test]
fn every_cascade_of_the_repository_is_the_same_in_the_other_syntax_and_back() {
    let mut done = 0;
    for folder in ["examples/cascades", "compiler/tests/diagnostics", "compiler/tests/format", "tests/cli/fixtures"] {
        for source in sources(folder) {
            let (there, back) = if source.name.ends_with(".json") {
                (Syntax::Yaml, Syntax::Json)
            } else {
                (Syntax::Json, Syntax::Yaml)
            };
            let other = match convert(&source, there, &Options::default()) {
                Ok(other) => other,
                // What means nothing has no other form.
                Err(Refusal::Unreadable | Refusal::Unusual(_) | Refusal::Mistaken) => continue,
                Err(other) => panic!("{}: {other}", source.name),
            };
            assert_eq!(hash(&source), hash(&other.source), "{}", source.name);
            let again = convert(&other.source, back, &Options::default()).unwrap();
            let third = convert(&again.source, there, &Options::default()).unwrap();
            assert_eq!(hash(&source), hash(&again.source), "{}", source.name);
            assert_eq!(third.source.text, other.source.text, "{}", source.name);
            done += 1;
        }
    }
    assert!(done > 40, "{done}");
}

#[test]
fn values_keep_their_kind_in_the_other_syntax() {
    let text = concat!(
        "name: c # one\nversion: \"1.0\"\n# two\nx-a: &a [1, 1.0, 1.0e+20, -0.0, 12345678901234567890123, ~, true, 'yes', \"1e3\"]\n",
        "x-b: *a\nx-c: {\"a b\": |\n  line\n  next\n}\n",
    );
    let source =
        Source::new("c.yaml", text.replace("{\"a b\": |\n  line\n  next\n}", "\n  \"a b\": |\n    line\n    next"));
    let json = convert(&source, Syntax::Json, &Options::default()).unwrap();
    assert_eq!(json.comments, 2);
    assert_eq!(json.source.name, "c.json");
    assert!(
        json.source
            .text
            .contains(r#""x-b": [1, 1.0, 1.0e+20, -0.0, 12345678901234567890123, null, true, "yes", "1e3"]"#),
        "{}",
        json.source.text
    );
    assert!(json.source.text.contains(r#""a b": "line\nnext\n""#), "{}", json.source.text);
    let yaml = convert(&json.source, Syntax::Yaml, &Options::default()).unwrap();
    assert!(
        yaml.source
            .text
            .contains("x-b: [1, 1.0, 1.0e+20, -0.0, 12345678901234567890123, null, true, \"yes\", \"1e3\"]"),
        "{}",
        yaml.source.text
    );
}

/// Writes conditions in a form; everything but their form is as `format` promises.
fn rewritten(source: &Source, form: ConditionForm) -> Result<Rewritten, Refusal> {
    let result = rewrite(source, form, &Options::default())?;
    let after = Source::new(source.name.clone(), result.text.as_str());
    assert_eq!(hash(source), hash(&after), "{}\n{}", source.text, after.text);
    assert_eq!(comment_count(&source.text), comment_count(&after.text), "{}\n{}", source.text, after.text);
    assert_eq!(format(&after, &Options::default()).as_deref(), Ok(after.text.as_str()));
    let again = rewrite(&after, form, &Options::default())?;
    assert_eq!((again.rewritten, again.left, &again.text), (0, result.left, &result.text), "{}", source.text);
    Ok(result)
}

#[test]
fn conditions_are_written_as_text_and_as_mappings() {
    let text = r#"name: c
version: "1"
global_termination_conditions:
  - {field: stop, operator: "==", value: true}
stages:
  A:
    name: A
    routing_rules:
      - name: r
        # about the rule
        condition:
          operator: AND
          conditions:
            - {field: amount, operator: ">", value: 1000}
            - {field: country, operator: NOT_IN, value: [US, CA]}
        action: {type: terminate}
      - name: kept
        condition: {field: scores, operator: ALL, compare: ">", value: 3}  # why
        action: {type: terminate}
      - name: commented
        condition:
          field: a  # inside
          operator: EXISTS
        action: {type: terminate}
"#;
    let source = Source::new("c.yaml", text);
    let as_text = rewritten(&source, ConditionForm::Text).unwrap();
    assert_eq!((as_text.rewritten, as_text.left), (3, 1), "{}", as_text.text);
    for line in [
        "  - {when: \"stop == true\"}",
        "        # about the rule\n        when: 'amount > 1000 and country not in [\"US\", \"CA\"]'\n        action:",
        "        when: \"all(scores) > 3\"  # why",
    ] {
        assert!(as_text.text.contains(line), "{line}\n\n{}", as_text.text);
    }
    let back = rewritten(&Source::new("c.yaml", as_text.text), ConditionForm::Mapping).unwrap();
    assert_eq!((back.rewritten, back.left), (3, 0));
    assert_eq!(back.text, format(&source, &Options::default()).unwrap());
}

#[test]
fn conditions_of_json_are_written_in_either_form() {
    let text = r#"{"name": "c", "version": "1", "rulesets": {"s": [{"name": "r", "when": "a between 1 and 1e300 or not b exists"}]}}"#;
    let source = Source::new("c.json", text);
    let mapping = rewritten(&source, ConditionForm::Mapping).unwrap();
    assert_eq!(mapping.rewritten, 1, "{}", mapping.text);
    assert!(mapping.text.contains(r#""operator": "BETWEEN", "value": [1, 1.0e+300]"#), "{}", mapping.text);
    let back = rewritten(&Source::new("c.json", mapping.text), ConditionForm::Text).unwrap();
    assert!(back.text.contains(r#""when": "a between 1 and 1e300 or not b exists""#), "{}", back.text);
}

#[test]
fn elements_of_lists_and_other_fields_have_both_forms_and_computed_values_have_one() {
    let text = r#"{"name": "c", "version": "1", "rulesets": {"s": [
        {"name": "element", "when": "items[].price > limit.daily"},
        {"name": "same", "when": "any items[] (items[].price > 100 and items[].kind == \"x\")"},
        {"name": "sum", "when": "sum(items[].price) > 5"},
        {"name": "computed", "when": "a + b > 5"}
    ]}}"#;
    let source = Source::new("c.json", text);
    let mapping = rewritten(&source, ConditionForm::Mapping).unwrap();
    assert_eq!((mapping.rewritten, mapping.left), (3, 1), "{}", mapping.text);
    assert!(mapping.text.contains(r#""value_field": "limit.daily""#), "{}", mapping.text);
    assert!(mapping.text.contains(r#""with": "items[]""#), "{}", mapping.text);
    let back = rewritten(&Source::new("c.json", mapping.text), ConditionForm::Text).unwrap();
    assert_eq!((back.rewritten, back.left), (3, 0));
    assert!(back.text.contains(r#""when": "items[].price > limit.daily""#), "{}", back.text);
    assert!(back.text.contains(r#""any items[] (items[].price > 100 and items[].kind == \"x\")""#), "{}", back.text);
}

#[test]
fn lengths_and_times_have_both_forms() {
    for (text, mapping) in [
        ("length(name) > 2", r#"{"field": "name", "operator": "LENGTH", "value": 2, "compare": ">"}"#),
        ("length(name) == max", r#"{"field": "name", "operator": "LENGTH", "value_field": "max"}"#),
        (
            "items[].at before \"2026-01-31T08:30:00Z\"",
            r#"{"field": "items[].at", "operator": "BEFORE", "value": "2026-01-31T08:30:00Z"}"#,
        ),
        ("at after due", r#"{"field": "at", "operator": "AFTER", "value_field": "due"}"#),
        ("age(at) >= \"1h30m\"", r#"{"field": "at", "operator": "AGE", "value": "1h30m", "compare": ">="}"#),
        ("hour(at) < 6", r#"{"field": "at", "operator": "HOUR", "value": 6, "compare": "<"}"#),
        ("weekday(at, \"+02:00\") == 7", r#"{"field": "at", "operator": "WEEKDAY", "value": 7, "zone": "+02:00"}"#),
        ("max(a) > b", r#"{"field": "a", "operator": "MAX", "value_field": "b", "compare": ">"}"#),
        (
            "any items[] (length(items[].name) > 2 or items[].b == 1)",
            r#"{"operator": "OR", "with": "items[]", "conditions": [
                {"field": "items[].name", "operator": "LENGTH", "value": 2, "compare": ">"},
                {"field": "items[].b", "operator": "==", "value": 1}
            ]}"#,
        ),
    ] {
        let rule = |condition: String| {
            let text =
                format!(r#"{{"name": "c", "version": "1", "rulesets": {{"s": [{{"name": "r", {condition}}}]}}}}"#);
            Source::new("c.json", text)
        };
        let source = rule(format!("\"when\": {}", serde_json::json!(text)));
        let there = rewritten(&source, ConditionForm::Mapping).unwrap();
        assert_eq!((there.rewritten, there.left), (1, 0), "{text}");
        let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(read(&there.text)["rulesets"]["s"][0]["condition"], read(mapping));
        let back = rewritten(&Source::new("c.json", there.text), ConditionForm::Text).unwrap();
        assert!(back.text.contains(&serde_json::json!(text).to_string()), "{text}: {}", back.text);
    }
}

#[test]
fn every_cascade_of_the_repository_can_have_its_conditions_rewritten() {
    let (mut texts, mut mappings) = (0, 0);
    for folder in ["examples/cascades", "compiler/tests/diagnostics", "tests/cli/fixtures"] {
        for source in sources(folder).iter().filter(|source| !source.is_tests()) {
            let text = match rewritten(source, ConditionForm::Text) {
                Ok(text) => text,
                Err(Refusal::Unreadable | Refusal::Unusual(_) | Refusal::Mistaken) => continue,
                Err(other) => panic!("{}: {other}", source.name),
            };
            texts += text.rewritten;
            let text = Source::new(source.name.clone(), text.text);
            mappings += rewritten(&text, ConditionForm::Mapping).unwrap().rewritten;
        }
    }
    assert!(texts > 50 && mappings > 50, "{texts} {mappings}");
}

const RULE: &str = "- {name: learned, priority: 5, condition: {field: n, operator: \">\", value: 3}, action: {type: terminate, outcome: x}}";
