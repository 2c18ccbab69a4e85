//! What tests see of a decision: its record, the names of the stages that ran, and the final data. Parts of the record that
//! are lists of named things can be expected in short forms; this file knows them.

use std::borrow::Cow;

use cascata_compiler::testing::{Expected, ExpectedKind};
use cascata_record::{DecisionRecord, StageStatus};
use serde_json::{Map, Value, json};

/// The record as tests see it.
pub fn seen(record: &DecisionRecord, final_data: Value) -> Value {
    let ran = record.stages.iter().filter(|stage| stage.status != StageStatus::Cancelled);
    let path: Vec<_> = ran.map(|stage| stage.name.as_str()).collect();
    let path = json!(path);
    // A record is plain data with text keys: it always has a JSON form.
    let mut view = serde_json::to_value(record).unwrap_or_default();
    if let Some(view) = view.as_object_mut() {
        view.insert("path".to_owned(), path);
        view.insert("final_data".to_owned(), final_data);
    }
    view
}

/// What a test that expects nothing yet is filled with.
pub fn essentials(view: &Value) -> Value {
    let rules = view.get("fired").and_then(Value::as_array).into_iter().flatten();
    let rules: Vec<_> = rules.map(|rule| rule.get("rule").cloned().unwrap_or_default()).collect();
    json!({"outcome": view.get("outcome"), "path": view.get("path"), "fired": rules})
}

/// A list of the record that has short forms.
struct Named {
    part: &'static str,
    /// The member that a text stands for.
    text: &'static str,
    /// The member that a mapping has as its keys; none where names repeat.
    key: Option<&'static str>,
    /// The member that a text stands for in such a mapping.
    value: &'static str,
}

const NAMED: [Named; 5] = [
    Named { part: "stages", text: "name", key: Some("name"), value: "result" },
    Named { part: "fired", text: "rule", key: None, value: "" },
    Named { part: "skipped", text: "stage", key: Some("stage"), value: "why" },
    Named { part: "writes", text: "path", key: Some("path"), value: "value" },
    Named { part: "errors", text: "kind", key: Some("stage"), value: "kind" },
];

/// A part of the record in the form in which it is expected.
pub fn in_form<'v>(part: &str, expected: &Expected, seen: &'v Value) -> Cow<'v, Value> {
    let (Some(named), Value::Array(items)) = (NAMED.iter().find(|named| named.part == part), seen) else {
        return Cow::Borrowed(seen);
    };
    match &expected.kind {
        ExpectedKind::List(wanted) => {
            // Of a list of texts everything is a text, also what is not expected.
            let all = wanted.iter().all(is_text);
            let item = |(at, item): (usize, &Value)| match wanted.get(at) {
                Some(wanted) if is_text(wanted) => named.text(item, Some(wanted)),
                _ if all => named.text(item, None),
                _ => item.clone(),
            };
            Cow::Owned(items.iter().enumerate().map(item).collect())
        }
        ExpectedKind::Map(entries) => match named.key {
            Some(key) => Cow::Owned(named.mapping(key, entries, items)),
            None => Cow::Borrowed(seen),
        },
        ExpectedKind::Scalar(_) => Cow::Borrowed(seen),
    }
}

/// One element of a part in the form in which it is expected.
pub fn item_in_form<'v>(part: &str, expected: &Expected, seen: &'v Value) -> Cow<'v, Value> {
    match NAMED.iter().find(|named| named.part == part) {
        Some(named) if is_text(expected) => Cow::Owned(named.text(seen, Some(expected))),
        _ => Cow::Borrowed(seen),
    }
}

fn is_text(expected: &Expected) -> bool {
    matches!(&expected.kind, ExpectedKind::Scalar(Value::String(_)))
}

impl Named {
    /// The text that stands for an element; `STAGE.RULE` where that is what is expected.
    fn text(&self, item: &Value, wanted: Option<&Expected>) -> Value {
        let name = item.get(self.text).cloned().unwrap_or_default();
        if self.part == "fired"
            && let (Some(stage), Some(rule)) = (item.get("stage").and_then(Value::as_str), name.as_str())
        {
            let full = Value::String(format!("{stage}.{rule}"));
            if wanted.is_some_and(|wanted| wanted.to_json() == full) {
                return full;
            }
        }
        name
    }

    fn mapping(
        &self,
        key: &str,
        wanted: &[(cascata_compiler::testing::Located<String>, Expected)],
        items: &[Value],
    ) -> Value {
        let mut map = Map::new();
        for item in items {
            let Some(name) = item.get(key).and_then(Value::as_str) else { continue };
            let wanted = wanted.iter().find(|(key, _)| key.value == name).map(|(_, wanted)| wanted);
            // Of writes the value is all there is to say; elsewhere a mapping asks for the members.
            let short =
                self.part == "writes" || wanted.is_some_and(|wanted| !matches!(wanted.kind, ExpectedKind::Map(_)));
            let value = if short { item.get(self.value).cloned().unwrap_or_default() } else { item.clone() };
            map.insert(name.to_owned(), value);
        }
        Value::Object(map)
    }
}
