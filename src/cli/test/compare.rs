//! Where a decision parts from what is expected of it.
//!
//! Mappings are compared by the keys that are expected, lists whole and in order, numbers by exact value. Missing and null are
//! the same, as in conditions. `{contains: …}` asks for elements of a list or a part of a text.

use cascata_compiler::Span;
use cascata_compiler::testing::{Expected, ExpectedKind, Located};
use cascata_vm::{json, ops};
use serde_json::Value;

use super::view;
use crate::cli::place;

/// The key that asks for a part of a list or text.
const CONTAINS: &str = "contains";

/// One place where expected and seen differ.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The path into the record: `stages.CHECK.result`.
    pub at: String,
    /// What is expected.
    pub expected: Expected,
    /// Where its key stands, if it is an entry of a mapping.
    pub key: Option<Span>,
    /// What was seen, in the form in which it is expected.
    pub seen: Value,
    /// What is asked of it.
    pub ask: Ask,
}

/// What an expectation asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// To be the same.
    Equal,
    /// To contain it.
    Contain,
    /// Nothing yet.
    Nothing,
}

/// All differences, in the order of the expectation.
pub fn compare(expected: &Expected, seen: &Value) -> Vec<Difference> {
    let mut comparison = Comparison::default();
    if expected.entries().is_empty() {
        comparison.differ("expect", expected, None, view::essentials(seen), Ask::Nothing);
    }
    for (key, wanted) in expected.entries() {
        let seen = seen.get(&key.value).unwrap_or(&Value::Null);
        comparison.part(key, wanted, seen);
    }
    comparison.differences
}

#[derive(Default)]
struct Comparison {
    differences: Vec<Difference>,
}

impl Comparison {
    fn differ(&mut self, at: &str, expected: &Expected, key: Option<Span>, seen: Value, ask: Ask) {
        self.differences.push(Difference { at: at.to_owned(), expected: expected.clone(), key, seen, ask });
    }

    /// A part of the record, which may have short forms.
    fn part(&mut self, key: &Located<String>, expected: &Expected, seen: &Value) {
        if let Some(wanted) = contains(expected, seen) {
            let in_form = |wanted: &Expected, item: &Value| view::item_in_form(&key.value, wanted, item).into_owned();
            self.contains(&key.value, wanted, seen, &in_form);
            return;
        }
        let seen = view::in_form(&key.value, expected, seen);
        self.value(&key.value, expected, Some(key.span), &seen);
    }

    fn value(&mut self, at: &str, expected: &Expected, key: Option<Span>, seen: &Value) {
        if let Some(wanted) = contains(expected, seen) {
            self.contains(at, wanted, seen, &|_, item| item.clone());
            return;
        }
        match (&expected.kind, seen) {
            (ExpectedKind::Map(entries), Value::Object(members)) => {
                for (key, wanted) in entries {
                    let member = members.get(&key.value).unwrap_or(&Value::Null);
                    self.value(&place::member(at, &key.value), wanted, Some(key.span), member);
                }
            }
            (ExpectedKind::List(items), Value::Array(elements)) if items.len() == elements.len() => {
                for (position, (wanted, element)) in items.iter().zip(elements).enumerate() {
                    self.value(&format!("{at}[{position}]"), wanted, None, element);
                }
            }
            (ExpectedKind::Scalar(wanted), seen) if equal(wanted, seen) => {}
            _ => self.differ(at, expected, key, seen.clone(), Ask::Equal),
        }
    }

    fn contains(&mut self, at: &str, wanted: &Expected, seen: &Value, in_form: &dyn Fn(&Expected, &Value) -> Value) {
        let wanted = match &wanted.kind {
            ExpectedKind::List(items) => items.as_slice(),
            _ => std::slice::from_ref(wanted),
        };
        for wanted in wanted {
            let found = match seen {
                Value::Array(elements) => elements.iter().any(|element| matches(wanted, &in_form(wanted, element))),
                Value::String(text) => wanted.to_json().as_str().is_some_and(|part| text.contains(part)),
                _ => false,
            };
            if !found {
                self.differ(at, wanted, None, seen.clone(), Ask::Contain);
            }
        }
    }
}

/// Whether a value is as expected.
pub fn matches(expected: &Expected, seen: &Value) -> bool {
    let mut comparison = Comparison::default();
    comparison.value("", expected, None, seen);
    comparison.differences.is_empty()
}

/// What has to be contained, if that is what is expected of a list or text.
fn contains<'e>(expected: &'e Expected, seen: &Value) -> Option<&'e Expected> {
    match expected.entries() {
        [(key, wanted)] if key.value == CONTAINS && (seen.is_array() || seen.is_string()) => Some(wanted),
        _ => None,
    }
}

/// Numbers by exact value, as conditions compare them; everything else as it is.
fn equal(expected: &Value, seen: &Value) -> bool {
    match (expected, seen) {
        (Value::Number(expected), Value::Number(seen)) => {
            let (expected, seen) = (expected.to_string(), seen.to_string());
            ops::equal(json::parse(&expected), json::parse(&seen)).unwrap_or(false)
        }
        _ => expected == seen,
    }
}

#[cfg(test)]
mod tests {
    use cascata_compiler::{Options, Source, check_tests};
    use serde_json::json;

    use super::*;

    /// The differences between a written expectation and what was seen.
    pub fn differences(expect: &str, seen: &Value) -> Vec<String> {
        let text = format!("tests:\n  - {{name: t, event: {{}}, expect: {expect}}}\n");
        let (file, found) = check_tests(&Source::new("t.test.yaml", text), &Options::default());
        let file = file.unwrap_or_else(|| panic!("{found:?}"));
        compare(&file.tests[0].expect, seen).into_iter().map(|difference| difference.at).collect()
    }

    fn record() -> Value {
        json!({
            "outcome": "deny", "reason": "embargo list", "path": ["A", "B"], "terminated": true,
            "stages": [{"name": "A", "result": 1.0, "data": {"x": [1, 2]}}, {"name": "B", "result": null}],
            "fired": [{"stage": "A", "rule": "r", "type": "routing"}, {"stage": "B", "rule": "s", "type": "routing"}],
            "skipped": [{"stage": "C", "why": "blocked", "rule": "p"}],
            "writes": [{"stage": "A", "path": "a.b", "value": 1}, {"stage": "B", "path": "a.b", "value": 2}],
            "errors": [{"stage": "B", "kind": "timeout", "code": "R0002"}],
            "final_data": {"a": {"b": 2}, "big": 9_007_199_254_740_993_i64},
        })
    }

    #[test]
    fn parts_that_are_not_named_may_be_anything() {
        for expect in [
            "{outcome: deny}",
            "{path: [A, B], termination: null}",
            "{stages: {A: {data: {x: [1, 2]}}}}",
            "{stages: {A: 1}, errors: {B: timeout}, skipped: {C: blocked}, writes: {a.b: 2}}",
            "{stages: [{result: 1}, {result: null}], skipped: [C], errors: [{code: R0002}], writes: [a.b, {value: 2}]}",
            "{fired: [r, B.s]}",
            "{fired: {contains: [s]}, path: {contains: A}, reason: {contains: embargo}}",
            "{skipped: {C: {rule: p}, D: null}}",
        ] {
            assert_eq!(differences(expect, &record()), Vec::<String>::new(), "{expect}");
        }
    }

    #[test]
    fn each_difference_has_its_own_path() {
        let differ = |expect: &str| differences(expect, &record());
        assert_eq!(differ("{outcome: allow, terminated: false}"), ["outcome", "terminated"]);
        assert_eq!(differ("{path: [A, C]}"), ["path[1]"]);
        assert_eq!(differ("{path: [A]}"), ["path"]);
        assert_eq!(differ("{stages: {A: {data: {x: [1, 3]}}, C: {result: 1}}}"), ["stages.A.data.x[1]", "stages.C"]);
        assert_eq!(differ("{fired: [B.r, s]}"), ["fired[0]"]);
        assert_eq!(differ("{fired: {contains: [r, t]}}"), ["fired"]);
        assert_eq!(differ("{reason: {contains: sanctions}}"), ["reason"]);
        assert_eq!(differ("{skipped: {C: disabled}}"), ["skipped.C"]);
        assert_eq!(differ("{}"), ["expect"]);
    }

    #[test]
    fn numbers_are_compared_exactly() {
        assert!(differences("{final_data: {big: 9007199254740993}}", &record()).is_empty());
        assert_eq!(differences("{final_data: {big: 9007199254740992}}", &record()), ["final_data.big"]);
        assert_eq!(differences("{final_data: {a: {b: 2.0000000001}}}", &record()), ["final_data.a.b"]);
        assert_eq!(differences("{final_data: {a: {b: true}}}", &record()), ["final_data.a.b"]);
    }
}
