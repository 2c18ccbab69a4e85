//! Elements of containers as ranges, listed when a guest asks for one by position.

use std::borrow::Cow;
use std::collections::HashMap;

use cascata_vm::{Array, Object, Value, json};

use super::{Arena, Raw, Span, SpanKind, Texts};

/// The elements of an array, or the entries of an object with duplicate keys resolved.
pub(super) struct List {
    /// Keys of an object's entries; empty for an array.
    pub keys: Vec<Raw>,
    /// Elements, or values of the entries.
    pub values: Vec<Raw>,
}

/// Where `part` lies in `text`, if it is a slice of it.
pub(super) fn offset(text: &str, part: &str) -> Option<usize> {
    let start = part.as_ptr().addr().checked_sub(text.as_ptr().addr())?;
    (start.checked_add(part.len())? <= text.len()).then_some(start)
}

/// A value that lies in the text of `parent`, as a range.
fn raw_within(text: &str, parent: Span, value: &Value<'_>) -> Raw {
    let span = |kind, part: &str| {
        offset(text, part).map_or(Raw::Missing, |at| {
            Raw::Span(Span { source: parent.source, kind, start: parent.start.saturating_add(at), len: part.len() })
        })
    };
    match *value {
        Value::Null => Raw::Null,
        Value::Bool(flag) => Raw::Bool(flag),
        Value::Int(number) => Raw::Int(number),
        Value::Float(number) => Raw::Float(number),
        Value::BigInt(digits) => span(SpanKind::BigInt, digits),
        Value::Text(text) => span(SpanKind::Text, text),
        Value::EscapedText(raw) => span(SpanKind::Escaped, raw),
        Value::Array(Array::Json(text)) => span(SpanKind::Array, text),
        Value::Object(Object::Json(text)) => span(SpanKind::Object, text),
        // Elements of JSON text are JSON text.
        Value::Missing | Value::Array(Array::Values(_)) | Value::Object(Object::Entries(_)) => Raw::Missing,
    }
}

/// The elements of an array.
pub(super) fn array(text: &str, parent: Span) -> List {
    let values = json::elements(text).map(|value| raw_within(text, parent, &value)).collect();
    List { keys: Vec::new(), values }
}

/// Entries in the order of their keys' first appearance, each with its last value.
pub(super) fn object(text: &str, parent: Span) -> List {
    let mut list = List { keys: Vec::new(), values: Vec::new() };
    let mut seen: HashMap<Cow<'_, str>, usize> = HashMap::new();
    for (key, value) in json::entries(text) {
        let value = raw_within(text, parent, &value);
        if let Some(known) = seen.get(&key).and_then(|at| list.values.get_mut(*at)) {
            *known = value;
            continue;
        }
        list.keys.push(key_within(text, parent, &key));
        seen.insert(key, list.values.len());
        list.values.push(value);
    }
    list
}

/// A key without escapes is a range of the text. One with escapes is found again as the literal it was decoded from.
#[expect(clippy::ptr_arg, reason = "whether the key was borrowed is the question")]
fn key_within(text: &str, parent: Span, key: &Cow<'_, str>) -> Raw {
    match key {
        Cow::Borrowed(key) => raw_within(text, parent, &Value::Text(key)),
        Cow::Owned(key) => escaped_literal(text, key)
            .map_or(Raw::Missing, |literal| raw_within(text, parent, &Value::EscapedText(literal))),
    }
}

/// The inside of the first string literal of `text` that decodes to `key`.
fn escaped_literal<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    let mut rest = text;
    loop {
        let inner = rest.get(rest.find('"')?.saturating_add(1)..)?;
        let mut escaped = false;
        let end = inner.bytes().position(|byte| match byte {
            _ if escaped => {
                escaped = false;
                false
            }
            b'\\' => {
                escaped = true;
                false
            }
            byte => byte == b'"',
        })?;
        let literal = inner.get(..end)?;
        if literal.contains('\\') && json::decode_escapes(literal) == key {
            return Some(literal);
        }
        rest = inner.get(end.saturating_add(1)..)?;
    }
}

/// The entry of an object with this key; the last of duplicates counts.
pub fn entry<'v>(value: &Value<'v>, key: &str) -> Value<'v> {
    match *value {
        Value::Object(Object::Json(text)) => {
            json::entries(text).filter(|(name, _)| name == key).last().map_or(Value::Missing, |(_, value)| value)
        }
        Value::Object(Object::Entries(entries)) => {
            entries.iter().rev().find(|(name, _)| *name == key).map_or(Value::Missing, |(_, value)| *value)
        }
        _ => Value::Missing,
    }
}

impl Arena {
    /// Keys of an object's entries by position: at most `max`, from `start` on. Those of anything else are none. The
    /// entries were listed before.
    pub fn keys(&self, texts: &Texts<'_>, handle: u32, start: u32, max: u32) -> Vec<String> {
        let listed = self.node(handle).and_then(|node| self.lists.get(node.list?));
        let size = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        let keys = listed.map_or(&[][..], |list| &list.keys);
        let text = |raw: &Raw| self.value(texts, *raw).text().map_or_else(String::new, Cow::into_owned);
        keys.iter().skip(size(start)).take(size(max)).map(text).collect()
    }

    /// Whether a handle is that of an array, or of an object; `None` for any other and a stale one.
    pub fn is_array(&self, handle: u32) -> Option<bool> {
        match self.node(handle)?.raw {
            Raw::Span(Span { kind: SpanKind::Array, .. }) => Some(true),
            Raw::Span(Span { kind: SpanKind::Object, .. }) => Some(false),
            _ => None,
        }
    }
}
