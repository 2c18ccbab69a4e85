//! Events as flat fields.

use std::collections::HashMap;
use std::sync::Arc;

use cascata_compiler::{FieldPath, Step};
use cascata_vm::{Array, Object, Value};

use crate::Scalar;

/// How deep an event is looked into; conditions on deeper fields are rare, and each path costs memory.
const MAX_DEPTH: usize = 12;

/// The most different paths that are kept apart; further ones are left out.
const MAX_PATHS: usize = 4_096;

/// Turns events into fields. Paths are shared between all events it saw.
#[derive(Debug)]
pub struct Flattener {
    hidden: Vec<String>,
    paths: HashMap<String, Arc<str>>,
}

impl Flattener {
    /// Leaves out these top-level keys beside [`crate::HIDDEN`].
    #[must_use]
    pub fn new(hidden: &[String]) -> Self {
        let always = crate::HIDDEN.iter().map(|&key| key.to_owned());
        Self { hidden: always.chain(hidden.iter().cloned()).collect(), paths: HashMap::new() }
    }

    /// Leaves out [`crate::HIDDEN`] only.
    #[must_use]
    pub fn default_hidden() -> Self {
        Self::new(&[])
    }

    /// Appends the leaves of an event.
    pub fn event(&mut self, event: Value<'_>, fields: &mut Vec<(Arc<str>, Scalar)>) {
        let Value::Object(object) = event else { return };
        let mut path = String::new();
        for (key, value) in object.iter() {
            if self.hidden.iter().any(|hidden| *hidden == *key) {
                continue;
            }
            path.clear();
            push_key(&mut path, &key);
            self.value(&mut path, value, 1, fields);
        }
    }

    /// Appends one value under a path that is already written as conditions write it.
    pub fn named(&mut self, path: &str, value: Value<'_>, fields: &mut Vec<(Arc<str>, Scalar)>) {
        self.value(&mut path.to_owned(), value, 1, fields);
    }

    fn value(&mut self, path: &mut String, value: Value<'_>, depth: usize, fields: &mut Vec<(Arc<str>, Scalar)>) {
        let scalar = match value {
            Value::Object(object) if depth < MAX_DEPTH => return self.object(path, object, depth, fields),
            Value::Missing | Value::Null | Value::Object(_) => return,
            Value::Bool(bool) => Scalar::Bool(bool),
            Value::Int(int) => Scalar::Number(int as f64),
            Value::BigInt(digits) => Scalar::Number(digits.parse().unwrap_or(f64::NAN)),
            Value::Float(float) => Scalar::Number(float),
            Value::Text(_) | Value::EscapedText(_) => Scalar::Text(value.text().unwrap_or_default().into_owned()),
            Value::Array(array) => list(array),
        };
        if let Some(path) = self.path(path) {
            fields.push((path, scalar));
        }
    }

    fn object(&mut self, path: &mut String, object: Object<'_>, depth: usize, fields: &mut Vec<(Arc<str>, Scalar)>) {
        let length = path.len();
        for (key, value) in object.iter() {
            push_key(path, &key);
            self.value(path, value, depth + 1, fields);
            path.truncate(length);
        }
    }

    fn path(&mut self, path: &str) -> Option<Arc<str>> {
        if let Some(known) = self.paths.get(path) {
            return Some(Arc::clone(known));
        }
        if self.paths.len() >= MAX_PATHS {
            return None;
        }
        let new: Arc<str> = path.into();
        self.paths.insert(path.to_owned(), Arc::clone(&new));
        Some(new)
    }
}

fn list(array: Array<'_>) -> Scalar {
    let (mut length, mut texts) = (0, Vec::new());
    for element in array.iter() {
        length += 1;
        texts.extend(element.text().map(std::borrow::Cow::into_owned));
    }
    Scalar::List { length, texts }
}

/// Appends a key as conditions write it.
fn push_key(path: &mut String, key: &str) {
    let plain = key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !key.as_bytes().first().is_none_or(u8::is_ascii_digit);
    if plain {
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(key);
        return;
    }
    let step = FieldPath { steps: vec![Step::Key(key.to_owned())], places: Vec::new() };
    let written = step.to_string();
    if !path.is_empty() && !written.starts_with('[') {
        path.push('.');
    }
    path.push_str(&written);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_have_the_paths_of_conditions_and_the_answer_is_not_among_them() {
        let event =
            r#"{"id": 1, "label": {"x": 2}, "a": {"b": 1.5, "c d": true}, "n": null, "l": ["x", 2], "t": "é\n"}"#;
        let mut fields = Vec::new();
        Flattener::new(&["t".to_owned()]).event(cascata_vm::json::parse(event), &mut fields);
        let seen: Vec<_> = fields.iter().map(|(path, scalar)| (&**path, scalar.clone())).collect();
        let list = Scalar::List { length: 2, texts: vec!["x".to_owned()] };
        let wanted = [("a.b", Scalar::Number(1.5)), ("a[\"c d\"]", Scalar::Bool(true)), ("l", list)];
        assert_eq!(seen, wanted);
    }
}
