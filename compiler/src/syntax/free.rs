//! Parts of a file that are the host's: any keys, any values, carried as JSON.

use serde_json::{Map, Number, Value};

use super::Reader;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::yaml::{Key, Node, NodeKind};

impl Reader<'_> {
    /// A value as JSON. Keys that are not text become text, as every writer of JSON has it.
    pub(crate) fn json(&mut self, node: &Node) -> Value {
        match &node.kind {
            NodeKind::Null => Value::Null,
            NodeKind::Bool(value) => Value::Bool(*value),
            NodeKind::Int(text) => text.parse().map_or(Value::Null, Value::Number),
            NodeKind::Float(value) => Value::Number(number(*value)),
            NodeKind::Text(text) => Value::String(text.clone()),
            NodeKind::Seq(items) => items.iter().map(|item| self.json(item)).collect(),
            NodeKind::Map(entries) => Value::Object(self.json_entries(entries)),
        }
    }

    fn json_entries<'n>(&mut self, entries: impl IntoIterator<Item = &'n (Key, Node)>) -> Map<String, Value> {
        let mut map = Map::new();
        for (key, node) in entries {
            self.pending.accept_key(key.span);
            let value = self.json(node);
            map.insert(key.text.clone(), value);
        }
        map
    }

    /// A free mapping; null is an empty one.
    pub(crate) fn free_mapping(&mut self, node: Option<&Node>, key: &str) -> Map<String, Value> {
        match node.map(|node| (node, &node.kind)) {
            None | Some((_, NodeKind::Null)) => Map::new(),
            Some((_, NodeKind::Map(entries))) => self.json_entries(entries),
            Some((node, _)) => {
                let message = format!("`{key}` is a mapping, not {}", node.type_name());
                self.report(Diagnostic::new(Code::WrongType, message).label(self.head(node), "expected a mapping"));
                Map::new()
            }
        }
    }

    /// The `x-` entries of a mapping.
    pub(crate) fn extensions(&mut self, fields: &super::Fields<'_>) -> Map<String, Value> {
        self.json_entries(fields.extensions())
    }
}

/// A double as a JSON number; JSON has no word for infinity but numbers that round to it.
fn number(value: f64) -> Number {
    let text = if value == f64::INFINITY {
        "1e999"
    } else if value == f64::NEG_INFINITY {
        "-1e999"
    } else {
        return Number::from_f64(value).unwrap_or_else(|| Number::from(0));
    };
    text.parse().unwrap_or_else(|_| Number::from(0))
}

/// The same value with the keys of every mapping sorted, so that equal settings are equal text.
pub(crate) fn canonical(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.into_iter().collect();
            entries.sort_by(|(a, _), (b, _)| a.cmp(b));
            Value::Object(entries.into_iter().map(|(key, value)| (key, canonical(value))).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(canonical).collect()),
        scalar => scalar,
    }
}
