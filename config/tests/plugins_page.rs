//! `docs/plugins/*.md` say what the option types say: the same options, the same defaults, examples that can be read.

use cascata_config::{BUILTIN_PLUGINS, PluginUse};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The overview.
const OVERVIEW: &str = include_str!("../../docs/plugins.md");

/// The page of a plugin.
fn page(name: &str) -> String {
    let path = format!("{}/../docs/plugins/{name}.md", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// First and third column of the options' table, by option.
fn table(name: &str) -> BTreeMap<String, String> {
    let page = page(name);
    let rows = page.lines().skip_while(|line| !line.starts_with("| option |")).skip(2);
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
                // A mapping of switches is described in words.
                Some(Value::Object(_)) => assert!(!cell.is_empty(), "{}: {option}", builtin.name),
                Some(other) => assert_eq!(cell, other.to_string(), "{}: {option}", builtin.name),
                None => assert!(!cell.is_empty(), "{}: {option}", builtin.name),
            }
        }
        assert!(documented.is_empty(), "{}: {documented:?} do not exist", builtin.name);
    }
}

#[test]
fn every_older_name_is_on_the_page_of_its_plugin() {
    for builtin in BUILTIN_PLUGINS {
        for alias in builtin.aliases {
            let name = format!("`{}`", alias.alias);
            assert!(page(builtin.name).contains(&name), "{}: {name} is missing", builtin.name);
        }
    }
}

#[test]
fn the_overview_lists_every_plugin() {
    for builtin in BUILTIN_PLUGINS {
        let link = format!("| [`{0}`](plugins/{0}.md) |", builtin.name);
        assert!(OVERVIEW.contains(&link), "{link}");
    }
}

fn examples(page: &str) -> Vec<String> {
    page.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn every_example_can_be_read() {
    for builtin in BUILTIN_PLUGINS {
        let examples = examples(&page(builtin.name));
        assert!(!examples.is_empty(), "{}", builtin.name);
        for example in examples {
            let stage: BTreeMap<String, Vec<PluginUse>> = serde_yaml::from_str(&example).expect(&example);
            assert!(stage["plugins"].iter().any(|plugin| plugin.name() == builtin.name), "{example}");
            assert!(!stage["plugins"].iter().any(|plugin| matches!(plugin, PluginUse::Custom { .. })), "{example}");
        }
    }
}
