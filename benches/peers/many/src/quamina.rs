//! quamina-rs: each rule as a pattern.

use ::quamina::Quamina;
use serde_json::{Map, Value, json};

use super::{Engine, Task};

pub struct Patterns(Quamina<u32>);

impl Patterns {
    pub fn new(task: &Task) -> Self {
        let rules = std::fs::read_to_string(task.file("jsonl")).expect("the rules");
        let mut quamina = Quamina::new();
        for (number, line) in (0_u32..).zip(rules.lines()) {
            let rule = serde_json::from_str(line).expect("a rule");
            quamina.add_pattern(number, &pattern(&rule).to_string()).expect("a pattern");
        }
        Self(quamina)
    }
}

/// A rule as a pattern; the Go program of this folder makes the same of it.
fn pattern(rule: &Value) -> Value {
    let mut pattern = Map::new();
    let tests = rule["all"].as_array().expect("tests");
    for test in tests {
        let field = test["field"].as_str().expect("a field");
        let value = &test["value"];
        let wanted = match (test["op"].as_str(), test["kind"].as_str()) {
            (Some("=="), _) => json!([value]),
            (Some("IN"), _) => value.clone(),
            (Some("MATCHES"), Some("prefix")) => json!([{"prefix": value}]),
            (Some("MATCHES"), Some("suffix")) => json!([{"suffix": test["raw"]}]),
            // The two bounds of a range stand one after the other.
            (Some(">="), _) => {
                let above = tests.iter().find(|other| other["field"] == test["field"] && other["op"] == "<");
                json!([{"numeric": [">=", value, "<", above.expect("both bounds")["value"]]}])
            }
            (Some("<"), _) => continue,
            other => panic!("{other:?}"),
        };
        insert(&mut pattern, field, wanted);
    }
    Value::Object(pattern)
}

fn insert(pattern: &mut Map<String, Value>, field: &str, wanted: Value) {
    match field.split_once('.') {
        None => {
            pattern.insert(field.to_owned(), wanted);
        }
        Some((first, rest)) => {
            let below = pattern.entry(first).or_insert_with(|| Value::Object(Map::new()));
            insert(below.as_object_mut().expect("a mapping"), rest, wanted);
        }
    }
}

impl Engine for Patterns {
    fn matches(&mut self, event: &str, found: &mut dyn FnMut(usize)) {
        let matched = self.0.matches_for_event(event.as_bytes()).expect("a valid event");
        matched.into_iter().for_each(|rule| found(rule as usize));
    }
}
