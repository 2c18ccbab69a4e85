//! `docs/keys.md` is written from the configuration types: every key with its type, its default and what it is for.
//! `UPDATE=1 cargo test` writes it anew.

#![allow(clippy::unwrap_used, reason = "a test speaks by failing")]

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::Value;

/// Types that stand at the start of a section of their own, with what a reader calls them. The others are written where they
/// are used.
const SECTIONS: &[(&str, &str)] = &[
    ("StageFile", "A stage"),
    ("RuleFile", "A rule"),
    ("RulesetRuleFile", "A rule of a rule set"),
    ("ConditionFile", "A condition"),
    ("ActionFile", "An action"),
    ("EmitFile", "An action of a rule set"),
    ("SampleFile", "A sample"),
    ("OutcomeCase", "A case of the outcome"),
    ("ListFile", "A list in a file"),
    ("StoreConfig", "A store"),
    ("EventSettings", "How events are read"),
    ("CascadeOnError", "What counts on errors"),
    ("SchemaFile", "A schema"),
    ("SchemaReference", "A schema in a file"),
    ("TestCase", "A test"),
    ("Attempt", "A scripted stage"),
    ("FailureScript", "A scripted failure"),
    ("Expectation", "What a test expects"),
];

/// Types that have pages of their own.
const ELSEWHERE: &[(&str, &str)] =
    &[("HandlerConfig", "[a handler](stages.md)"), ("PluginUse", "[a plugin](plugins.md)")];

struct Page {
    schema: Value,
}

impl Page {
    fn of(&self, name: &str) -> &Value {
        self.schema.pointer(&format!("/$defs/{name}")).unwrap_or_else(|| panic!("no type {name}"))
    }

    /// A type in words, with a link where it has a section.
    fn words(&self, schema: &Value) -> String {
        if let Some(name) = schema.get("$ref").and_then(Value::as_str).and_then(|name| name.rsplit('/').next()) {
            if let Some((_, link)) = ELSEWHERE.iter().find(|(known, _)| *known == name) {
                return (*link).to_owned();
            }
            return match SECTIONS.iter().find(|(known, _)| *known == name) {
                Some((_, title)) => format!("[{}](#{})", title.to_lowercase(), anchor(title)),
                None => self.words(self.of(name)),
            };
        }
        if let Some(word) = schema.get("const") {
            return format!("`{}`", word.as_str().map_or_else(|| word.to_string(), str::to_owned));
        }
        if let Some(words) = schema.get("enum").and_then(Value::as_array) {
            return words
                .iter()
                .filter_map(Value::as_str)
                .map(|word| format!("`{word}`"))
                .collect::<Vec<_>>()
                .join(", ");
        }
        for form in ["anyOf", "oneOf"] {
            if let Some(forms) = schema.get(form).and_then(Value::as_array) {
                return self.one_of(forms);
            }
        }
        match schema.get("type") {
            Some(Value::Array(types)) => {
                let named = types.iter().filter_map(Value::as_str).filter(|kind| *kind != "null");
                named.map(|kind| self.kind(kind, schema)).collect::<Vec<_>>().join(" or ")
            }
            Some(Value::String(kind)) => self.kind(kind, schema),
            _ => "any value".to_owned(),
        }
    }

    fn one_of(&self, forms: &[Value]) -> String {
        let mut words: Vec<String> = Vec::new();
        for form in forms.iter().filter(|form| form.get("type").is_none_or(|kind| kind != "null")) {
            let said = self.words(form);
            if !words.contains(&said) {
                words.push(said);
            }
        }
        let all_words = words.iter().all(|word| word.starts_with('`'));
        words.join(if all_words { ", " } else { " or " })
    }

    fn kind(&self, kind: &str, schema: &Value) -> String {
        match kind {
            "string" => "text".to_owned(),
            "boolean" => "boolean".to_owned(),
            "integer" => "whole number".to_owned(),
            "number" => "number".to_owned(),
            "array" => match schema.get("items").map(|items| self.words(items)) {
                None => "list".to_owned(),
                Some(items) if items == "any value" => "list of values".to_owned(),
                Some(items) => format!("list: {items}"),
            },
            "object" => match schema.get("additionalProperties").filter(|values| values.is_object()) {
                Some(values) => format!("by name: {}", self.words(values)),
                None if schema.get("properties").is_some() => self.inline(schema),
                None => "mapping".to_owned(),
            },
            other => other.to_owned(),
        }
    }

    /// A mapping without a section: its keys.
    fn inline(&self, schema: &Value) -> String {
        let properties = schema["properties"].as_object().unwrap();
        let keys: Vec<_> = properties.keys().map(|key| format!("`{key}`")).collect();
        format!("mapping with {}", keys.join(", "))
    }

    fn table(&self, of: &Value, out: &mut String) {
        let required: Vec<_> = of.get("required").and_then(Value::as_array).into_iter().flatten().collect();
        out.push_str("| key | type | meaning |\n|---|---|---|\n");
        for (key, schema) in of["properties"].as_object().unwrap() {
            let (meaning, default) = meaning(schema);
            assert!(!meaning.is_empty(), "{key} is not documented");
            let needed = required.iter().any(|name| *name == key);
            let default = match (default, needed) {
                (Some(default), _) => format!(" Default {default}"),
                (None, true) => " Required.".to_owned(),
                (None, false) => String::new(),
            };
            writeln!(out, "| `{key}` | {} | {meaning}{default} |", self.words(schema).replace('|', "\\|")).unwrap();
        }
        out.push('\n');
    }
}

/// What a key is for, and its default where the description does not have it.
fn meaning(schema: &Value) -> (String, Option<String>) {
    let said = schema.get("description").and_then(Value::as_str).unwrap_or_default();
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|");
    let default = schema.get("default").filter(|default| !default.is_null() && !said.contains("Default"));
    (said, default.map(|default| format!("`{default}`.")))
}

fn anchor(title: &str) -> String {
    title.to_lowercase().replace(' ', "-")
}

fn page() -> String {
    let page = Page { schema: cascata_config::schema() };
    let mut out = String::from(
        "# Keys of a cascade file\n\nWritten from the configuration types. What the settings mean together is in \
         [language.md](language.md); handlers are in\n[stages.md](stages.md), plugins in [plugins.md](plugins.md). \
         Keys that start with `x-` are free for the host in cascades, stages and rules.\nTimes have their unit in the \
         name of the key.\n\n## A cascade\n\n",
    );
    page.table(&page.schema, &mut out);
    for (name, title) in SECTIONS {
        let of = page.of(name);
        let (said, _) = meaning(of);
        writeln!(out, "## {title}\n\n{said}\n").unwrap();
        page.table(of, &mut out);
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

#[test]
fn the_reference_page_of_the_keys_is_that_of_the_types() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/keys.md");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, page()).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(page(), written, "run with UPDATE=1 to write the page anew");
}

#[test]
fn every_mapping_that_keys_lead_to_has_a_section() {
    let schema = cascata_config::schema();
    let mut reached = BTreeSet::new();
    let mut keys = schema.clone();
    keys.as_object_mut().unwrap().remove("$defs");
    reach(&keys, &schema, &mut reached);
    assert!(SECTIONS.iter().all(|(section, _)| reached.contains(*section)), "a section nothing leads to: {reached:?}");
    for name in &reached {
        let mapping = schema["$defs"][name].get("properties").is_some();
        assert!(!mapping || SECTIONS.iter().any(|(section, _)| section == name), "{name} has no section");
    }
}

/// The types that `from` leads to, but for those behind a page of their own.
fn reach(from: &Value, schema: &Value, reached: &mut BTreeSet<String>) {
    match from {
        Value::Object(members) => {
            if let Some(name) = members.get("$ref").and_then(Value::as_str).and_then(|name| name.rsplit('/').next())
                && ELSEWHERE.iter().all(|(known, _)| *known != name)
                && reached.insert(name.to_owned())
            {
                reach(&schema["$defs"][name], schema, reached);
            }
            members.values().for_each(|member| reach(member, schema, reached));
        }
        Value::Array(items) => items.iter().for_each(|item| reach(item, schema, reached)),
        _ => {}
    }
}
