//! `docs/plugins.md` says what the option types say: the same options, the same defaults, examples that can be read.

use cascata_config::{BUILTIN_PLUGINS, PluginUse};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

const PAGE: &str = include_str!("../../docs/plugins.md");

/// The text under `## name`.
fn section(name: &str) -> &'static str {
    let heading = format!("\n## {name}\n");
    let start = PAGE.find(&heading).unwrap_or_else(|| panic!("no section {name}")) + heading.len();
    let rest = &PAGE[start..];
    rest.find("\n## ").map_or(rest, |end| &rest[..end])
}

/// First and third column of the options' table, by option.
fn table(name: &str) -> BTreeMap<String, String> {
    let rows = section(name).lines().skip_while(|line| !line.starts_with("| option |")).skip(2);
    let rows = rows.take_while(|line| line.starts_with('|'));
    rows.map(|row| {
        let cells: Vec<&str> = row.split('|').map(|cell| cell.trim().trim_matches('`')).collect();
        (cells[1].to_owned(), cells[3].to_owned())
    })
    .collect()
}

/// The options of a plugin out of the schema.
fn options(name: &str) -> Vec<String> {
    let schema = schemars::schema_for!(PluginUse).to_value();
    let reference = schema["anyOf"][2]["properties"][name]["anyOf"][0]["$ref"].as_str().unwrap();
    let definition = schema.pointer(reference.trim_start_matches('#')).unwrap();
    definition["properties"].as_object().map(Map::keys).into_iter().flatten().cloned().collect()
}

#[test]
fn every_option_is_in_its_table_with_its_default() {
    for builtin in BUILTIN_PLUGINS {
        let mut documented = table(builtin.name);
        let defaults = PluginUse::new(builtin.name, Value::Null).unwrap().options();
        for option in options(builtin.name) {
            let cell = documented.remove(&option).unwrap_or_else(|| panic!("{}: {option} is missing", builtin.name));
            match defaults.get(&option) {
                Some(Value::Number(number)) => {
                    assert_eq!(cell.parse::<f64>().ok(), number.as_f64(), "{}: {option}", builtin.name);
                }
                Some(Value::String(text)) => assert_eq!(&cell, text, "{}: {option}", builtin.name),
                Some(other) => assert_eq!(cell, other.to_string(), "{}: {option}", builtin.name),
                None => assert!(!cell.is_empty(), "{}: {option}", builtin.name),
            }
        }
        assert!(documented.is_empty(), "{}: {documented:?} do not exist", builtin.name);
    }
}

#[test]
fn every_older_name_is_in_the_section_of_its_plugin() {
    for builtin in BUILTIN_PLUGINS {
        for alias in builtin.aliases {
            let name = format!("`{}`", alias.alias);
            assert!(section(builtin.name).contains(&name), "{}: {name} is missing", builtin.name);
        }
    }
}

#[test]
fn every_example_can_be_read() {
    let examples: Vec<&str> =
        PAGE.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap_or_default()).collect();
    assert!(examples.len() > BUILTIN_PLUGINS.len());
    for example in examples {
        let stage: BTreeMap<String, Vec<PluginUse>> = serde_yaml::from_str(example).expect(example);
        for plugin in &stage["plugins"] {
            assert!(!matches!(plugin, PluginUse::Custom { .. }), "{example}");
        }
    }
}
