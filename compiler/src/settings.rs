//! What may stand at a place of a cascade file, read from the JSON Schema of the configuration types: which keys, in
//! which order, of which type, and what each is for.
//!
//! The formatter takes the order of keys from here and the language server their documentation, so a key that is added to
//! the configuration types is ordered, completed and explained without a word here.

use std::sync::LazyLock;

use serde_json::Value;

use crate::source::Source;

static SCHEMA: LazyLock<Value> = LazyLock::new(cascata_config::schema);

/// What it defines is defined alike in [`SCHEMA`], where references are looked up.
static TESTS: LazyLock<Value> = LazyLock::new(cascata_config::test_schema);

/// References and alternatives are followed this deep; the schema's own nesting is about four.
const MAX_HOPS: usize = 16;

/// A place of a cascade file: all that the schema says may stand there. Empty where anything may.
#[derive(Clone, Debug, Default)]
pub struct Place {
    alternatives: Vec<&'static Value>,
    types: Vec<&'static str>,
}

/// A key that a mapping may have.
#[derive(Clone, Debug)]
pub struct Setting {
    /// The key.
    pub name: &'static str,
    /// What it is for, with unit and default, one paragraph.
    pub doc: &'static str,
    /// Whether the mapping has to have it.
    pub required: bool,
}

impl Place {
    /// A whole cascade file.
    #[must_use]
    pub fn root() -> Self {
        let mut place = Self { types: vec!["CascadeFile"], ..Self::default() };
        place.add(&SCHEMA, MAX_HOPS);
        place
    }

    /// The whole of a source: a cascade, or a file of tests by its name.
    #[must_use]
    pub fn of_source(source: &Source) -> Self {
        if !source.is_tests() {
            return Self::root();
        }
        let mut place = Self { types: vec!["TestFile"], ..Self::default() };
        place.add(&TESTS, MAX_HOPS);
        place
    }

    /// The place of a path of keys; a list's element is an empty key.
    #[must_use]
    pub fn of<'p>(path: impl IntoIterator<Item = &'p str>) -> Self {
        path.into_iter().fold(Self::root(), |place, key| if key.is_empty() { place.item() } else { place.key(key) })
    }

    fn add(&mut self, schema: &'static Value, hops: usize) {
        let Some(hops) = hops.checked_sub(1) else { return };
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            if let Some(name) = reference.strip_prefix("#/$defs/") {
                self.types.push(name);
            }
            if let Some(target) = reference.strip_prefix('#').and_then(|pointer| SCHEMA.pointer(pointer)) {
                self.add(target, hops);
            }
        }
        for form in ["anyOf", "oneOf", "allOf"] {
            for alternative in schema.get(form).and_then(Value::as_array).into_iter().flatten() {
                self.add(alternative, hops);
            }
        }
        self.alternatives.push(schema);
    }

    /// What stands under a key.
    #[must_use]
    pub fn key(&self, name: &str) -> Self {
        let mut place = Self::default();
        for schema in &self.alternatives {
            let found = schema.get("properties").and_then(|properties| properties.get(name));
            let found = found.or_else(|| schema.get("additionalProperties").filter(|schema| schema.is_object()));
            if let Some(found) = found {
                place.add(found, MAX_HOPS);
            }
        }
        place
    }

    /// What an element of a list is.
    #[must_use]
    pub fn item(&self) -> Self {
        let mut place = Self::default();
        for schema in &self.alternatives {
            if let Some(found) = schema.get("items") {
                place.add(found, MAX_HOPS);
            }
        }
        place
    }

    /// The keys a mapping here may have, in canonical order; none where any key may stand.
    #[must_use]
    pub fn settings(&self) -> Vec<Setting> {
        let mut settings: Vec<Setting> = Vec::new();
        for schema in &self.alternatives {
            let required = schema.get("required").and_then(Value::as_array);
            for (name, of) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
                let required = required.is_some_and(|list| list.iter().any(|key| key == name));
                match settings.iter_mut().find(|setting| setting.name == name) {
                    Some(known) => known.required &= required,
                    None => settings.push(Setting { name, doc: description(of), required }),
                }
            }
        }
        settings
    }

    /// Whether the place is a mapping of names that the author chooses, like `stages`.
    #[must_use]
    pub fn is_named_mapping(&self) -> bool {
        self.alternatives.iter().any(|schema| schema.get("additionalProperties").is_some_and(Value::is_object))
    }

    /// Whether it is of a type of the configuration, like `ConditionFile`.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.types.contains(&name)
    }

    /// Whether anything may stand here.
    #[must_use]
    pub fn is_free(&self) -> bool {
        self.alternatives.is_empty()
    }

    /// What the place is for: the description of the setting.
    #[must_use]
    pub fn doc(&self) -> &'static str {
        // The setting's own description was added last.
        self.alternatives.iter().rev().map(|schema| description(schema)).find(|doc| !doc.is_empty()).unwrap_or_default()
    }

    /// The words that may stand here, with what each means.
    #[must_use]
    pub fn words(&self) -> Vec<(&'static str, &'static str)> {
        let mut words = Vec::new();
        for schema in &self.alternatives {
            if let Some(word) = schema.get("const").and_then(Value::as_str) {
                words.push((word, description(schema)));
            }
            let listed = schema.get("enum").and_then(Value::as_array).into_iter().flatten();
            words.extend(listed.filter_map(Value::as_str).map(|word| (word, "")));
            if schema.get("type").is_some_and(|kind| kind == "boolean") {
                words.extend([("true", ""), ("false", "")]);
            }
        }
        words
    }
}

fn description(schema: &'static Value) -> &'static str {
    schema.get("description").and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(place: &Place) -> Vec<&'static str> {
        place.settings().iter().map(|setting| setting.name).collect()
    }

    #[test]
    fn keys_come_in_the_order_of_the_configuration_types() {
        assert_eq!(names(&Place::root()).get(..2), Some(&["name", "version"][..]));
        let condition = Place::of(["stages", "A", "routing_rules", "", "condition"]);
        assert!(condition.is("ConditionFile"));
        let names = names(&condition);
        let at = |name: &str| names.iter().position(|other| *other == name);
        assert!(at("field") < at("operator") && at("operator") < at("value") && at("value") < at("conditions"));
    }

    #[test]
    fn a_file_of_tests_has_keys_of_its_own() {
        let place = Place::of_source(&Source::new("a/payments.test.yaml", ""));
        assert_eq!(names(&place), ["cascade", "tests"]);
        let attempt = place.key("tests").item().key("stages").key("MODEL");
        assert!(names(&attempt).contains(&"time_ms"), "{:?}", names(&attempt));
    }

    #[test]
    fn every_setting_is_documented() {
        let stage = Place::of(["stages", "A"]);
        for place in [Place::root(), stage.clone(), stage.key("routing_rules").item(), stage.key("handler")] {
            assert!(!place.settings().is_empty());
            for setting in place.settings() {
                assert!(!setting.doc.is_empty() || setting.name == "kind", "{}", setting.name);
            }
        }
        assert!(stage.key("timeout_ms").doc().contains("milliseconds"));
    }

    #[test]
    fn alternatives_are_followed_and_free_places_are_free() {
        let handler = Place::of(["stages", "A", "handler"]);
        assert!(names(&handler).contains(&"module"));
        assert!(handler.key("kind").words().iter().any(|(word, _)| *word == "wasm"));
        assert!(Place::of(["domain_config", "x"]).is_free());
        assert!(Place::of(["stages"]).is_named_mapping());
        let words = Place::of(["stages", "A", "routing_rules", "", "type"]).words();
        assert!(words.iter().any(|(word, doc)| *word == "precondition" && !doc.is_empty()), "{words:?}");
    }
}
