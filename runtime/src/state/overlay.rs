//! Writes laid over the event. The event's text is never changed; a read goes through the writes first.
//!
//! The writes form a tree along their paths. A node is a mapping of which some entries were written; what was not comes
//! from its base, the event or a mapping written earlier. The text of such a merged mapping is made when it is read as a
//! whole, and once only until the next write below it.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::OnceLock;

use cascata_vm::json::{self, DuplicateKeys};
use cascata_vm::{Object, Segment, Value};

use super::raw;
use crate::value::write_json_text;

/// Why a write is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The path leads through a value that is no mapping, null included.
    #[error("cannot set {path}: {at} is not a mapping")]
    NotMapping {
        /// The whole path.
        path: String,
        /// As far as the value in the way.
        at: String,
    },
    /// The path is empty, has a position in it, or begins with `stages.`.
    #[error("cannot set {path}: a write takes a path of keys that does not begin with `stages.`")]
    BadPath {
        /// The whole path.
        path: String,
    },
    /// The path has too many segments.
    #[error("cannot set a path of {segments} segments: {limit} are allowed")]
    TooDeep {
        /// How many it has.
        segments: usize,
        /// How many are allowed.
        limit: usize,
    },
    /// The value is no JSON.
    #[error("cannot set {path}: {source}")]
    NotJson {
        /// The whole path.
        path: String,
        /// What is wrong with the value.
        source: json::JsonError,
    },
}

/// The longest path of a write: as deep as events may be.
const MAX_SEGMENTS: usize = 256;

/// All writes of one cascade.
#[derive(Clone, Debug, Default)]
pub(super) struct Overlay {
    root: Node,
    /// Which duplicate key of the event counts.
    pub duplicates: DuplicateKeys,
}

#[derive(Clone, Debug, Default)]
struct Node {
    base: Base,
    entries: Vec<(String, Entry)>,
    merged: OnceLock<String>,
}

/// What a node's unwritten entries come from.
#[derive(Clone, Debug, Default)]
enum Base {
    /// The mapping that the event has at the node's path.
    #[default]
    Event,
    /// A mapping that an earlier write put there.
    Text(String),
    /// Nothing was there.
    Empty,
}

#[derive(Clone, Debug)]
enum Entry {
    Text(String),
    Node(Box<Node>),
}

impl Overlay {
    /// True before the first write.
    pub fn is_empty(&self) -> bool {
        self.root.entries.is_empty()
    }

    /// About how many bytes the writes hold.
    pub fn held_bytes(&self) -> usize {
        if self.is_empty() { 0 } else { self.root.held_bytes() }
    }

    /// Forgets all writes.
    pub fn clear(&mut self) {
        self.root.entries.clear();
        self.root.merged.take();
    }

    /// Writes the JSON text at a path; an error writes nothing.
    pub fn set(&mut self, event: &str, path: &[Segment], value: String) -> Result<(), WriteError> {
        if path.len() > MAX_SEGMENTS {
            return Err(WriteError::TooDeep { segments: path.len(), limit: MAX_SEGMENTS });
        }
        let keys: Option<Vec<&str>> = path.iter().map(key).collect();
        let bad_path = || WriteError::BadPath { path: dotted(path) };
        let keys = keys.ok_or_else(bad_path)?;
        match keys.as_slice() {
            [] => return Err(bad_path()),
            [first, _, ..] if *first == "stages" => return Err(bad_path()),
            _ => {}
        }
        for length in 1..keys.len() {
            let prefix = path.get(..length).unwrap_or_default();
            match self.kind(event, prefix) {
                Prefix::Missing => break,
                Prefix::Mapping => {}
                Prefix::Other => return Err(WriteError::NotMapping { path: dotted(path), at: dotted(prefix) }),
            }
        }
        self.root.set(Some(event), &keys, value, self.duplicates);
        Ok(())
    }

    /// The value at a path, if a write has touched it, what is above it or what is below it.
    pub fn read<'a>(&'a self, event: &'a str, path: &[Segment]) -> Option<Value<'a>> {
        let mut node = &self.root;
        for (at, segment) in path.iter().enumerate() {
            let Segment::Key(key) = segment else { return Some(Value::Missing) };
            let below = path.get(at.saturating_add(1)..).unwrap_or_default();
            match node.entry(key) {
                Some(Entry::Node(inner)) => node = inner,
                Some(Entry::Text(text)) => return Some(json::lookup(text, below)),
                None => {
                    let from_here = path.get(at..).unwrap_or_default();
                    return match &node.base {
                        Base::Event => None,
                        Base::Text(text) => Some(json::lookup(text, from_here)),
                        Base::Empty => Some(Value::Missing),
                    };
                }
            }
        }
        Some(Value::Object(Object::Json(node.merged(event, path, self.duplicates))))
    }

    /// What is at a path, without making its text.
    fn kind(&self, event: &str, path: &[Segment]) -> Prefix {
        let mut node = &self.root;
        for (at, segment) in path.iter().enumerate() {
            let Segment::Key(key) = segment else { return Prefix::Other };
            let below = path.get(at.saturating_add(1)..).unwrap_or_default();
            match node.entry(key) {
                Some(Entry::Node(inner)) => node = inner,
                Some(Entry::Text(text)) => return Prefix::of(json::lookup(text, below)),
                None => {
                    return Prefix::of(match &node.base {
                        Base::Event => look_up(event, path, self.duplicates),
                        Base::Text(text) => json::lookup(text, path.get(at..).unwrap_or_default()),
                        Base::Empty => Value::Missing,
                    });
                }
            }
        }
        Prefix::Mapping
    }
}

enum Prefix {
    Missing,
    Mapping,
    Other,
}

impl Prefix {
    const fn of(value: Value<'_>) -> Self {
        match value {
            Value::Missing => Self::Missing,
            Value::Object(_) => Self::Mapping,
            _ => Self::Other,
        }
    }
}

impl Node {
    /// As deep as paths of writes may be, so never deeper than [`MAX_SEGMENTS`].
    fn held_bytes(&self) -> usize {
        let own = self.merged.get().map_or(0, String::capacity);
        let base = if let Base::Text(text) = &self.base { text.capacity() } else { 0 };
        let entries = self.entries.iter().map(|(key, entry)| {
            key.capacity().saturating_add(match entry {
                Entry::Text(text) => text.capacity(),
                Entry::Node(node) => node.held_bytes(),
            })
        });
        entries.fold(own.saturating_add(base), usize::saturating_add)
    }

    fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|(name, _)| name == key).map(|(_, entry)| entry)
    }

    /// Writes below this node; `base` is the text of the event's mapping here. All prefixes were checked.
    fn set(&mut self, base: Option<&str>, keys: &[&str], value: String, duplicates: DuplicateKeys) {
        self.merged.take();
        let [key, below @ ..] = keys else { return };
        let base = match &self.base {
            Base::Event => base,
            Base::Text(text) => Some(text.as_str()),
            Base::Empty => None,
        };
        let inherited = base.and_then(|text| object_at(text, key, duplicates));
        let position = self.entries.iter().position(|(name, _)| name == key);
        if below.is_empty() {
            match position.and_then(|at| self.entries.get_mut(at)) {
                Some((_, entry)) => *entry = Entry::Text(value),
                None => self.entries.push(((*key).to_owned(), Entry::Text(value))),
            }
            return;
        }
        let fresh_base = match (&self.base, inherited) {
            (Base::Event, Some(_)) => Base::Event,
            (_, Some(text)) => Base::Text(text.to_owned()),
            (_, None) => Base::Empty,
        };
        if position.is_none() {
            let node = Node { base: fresh_base, ..Node::default() };
            self.entries.push(((*key).to_owned(), Entry::Node(Box::new(node))));
        }
        let Some((_, entry)) = self.entries.iter_mut().find(|(name, _)| name == key) else { return };
        if let Entry::Text(text) = entry {
            let base = Base::Text(std::mem::take(text));
            *entry = Entry::Node(Box::new(Node { base, ..Node::default() }));
        }
        if let Entry::Node(node) = entry {
            node.set(inherited, below, value, duplicates);
        }
    }

    /// The mapping with all writes, as JSON text: keys of the base keep their places, new ones follow.
    fn merged(&self, event: &str, path: &[Segment], duplicates: DuplicateKeys) -> &str {
        self.merged.get_or_init(|| {
            let base = match &self.base {
                Base::Event => match look_up(event, path, duplicates) {
                    Value::Object(Object::Json(text)) => text,
                    _ => "{}",
                },
                Base::Text(text) => text,
                Base::Empty => "{}",
            };
            let mut parts = base_parts(base, duplicates);
            for (key, entry) in &self.entries {
                let text = match entry {
                    Entry::Text(text) => Cow::Borrowed(text.as_str()),
                    Entry::Node(node) => {
                        let mut below = path.to_vec();
                        below.push(Segment::Key(key.clone()));
                        Cow::Owned(node.merged(event, &below, duplicates).to_owned())
                    }
                };
                parts.put(Cow::Borrowed(key), text, true);
            }
            parts.into_json()
        })
    }
}

/// The entries of a mapping in order, each key once.
#[derive(Default)]
struct Parts<'a> {
    places: HashMap<Cow<'a, str>, usize>,
    entries: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

impl<'a> Parts<'a> {
    fn put(&mut self, key: Cow<'a, str>, value: Cow<'a, str>, replace: bool) {
        match self.places.get(&key).and_then(|place| self.entries.get_mut(*place)) {
            Some((_, old)) if replace => *old = value,
            Some(_) => {}
            None => {
                self.places.insert(key.clone(), self.entries.len());
                self.entries.push((key, value));
            }
        }
    }

    fn into_json(self) -> String {
        let mut out = String::from("{");
        for (key, value) in &self.entries {
            if out.len() > 1 {
                out.push(',');
            }
            write_json_text(key, &mut out);
            out.push(':');
            out.push_str(value);
        }
        out.push('}');
        out
    }
}

fn base_parts(base: &str, duplicates: DuplicateKeys) -> Parts<'_> {
    let mut parts = Parts::default();
    for (key, value) in raw::entries(base) {
        parts.put(decoded(key), Cow::Borrowed(value), duplicates != DuplicateKeys::First);
    }
    parts
}

/// The mapping without some of its keys.
pub(super) fn without(object: &str, hidden: &[String]) -> String {
    let mut parts = Parts::default();
    for (key, value) in raw::entries(object) {
        let key = decoded(key);
        if !hidden.iter().any(|name| *name == key) {
            // Duplicates stay duplicates: which counts is decided where they are read.
            parts.entries.push((key, Cow::Borrowed(value)));
        }
    }
    parts.into_json()
}

/// The value at a path of the event's text, with the duplicate key that counts.
pub(super) fn look_up<'a>(event: &'a str, path: &[Segment], duplicates: DuplicateKeys) -> Value<'a> {
    if duplicates != DuplicateKeys::First {
        return json::lookup(event, path);
    }
    let mut text = event;
    for segment in path {
        let next = match segment {
            Segment::Key(name) => {
                raw::entries(text).find(|(key, _)| decoded(key) == name.as_str()).map(|(_, text)| text)
            }
            // Positions have no duplicates; what follows them is read on from the element.
            Segment::Index(_) => match json::lookup(text, std::slice::from_ref(segment)) {
                Value::Object(Object::Json(text)) | Value::Array(cascata_vm::Array::Json(text)) => Some(text),
                value if path.last() == Some(segment) => return value,
                _ => None,
            },
        };
        let Some(next) = next else { return Value::Missing };
        text = next;
    }
    json::parse(text)
}

fn object_at<'a>(text: &'a str, key: &str, duplicates: DuplicateKeys) -> Option<&'a str> {
    match look_up(text, &[Segment::Key(key.to_owned())], duplicates) {
        Value::Object(Object::Json(text)) => Some(text),
        _ => None,
    }
}

fn decoded(key: &str) -> Cow<'_, str> {
    if key.contains('\\') { Cow::Owned(json::decode_escapes(key)) } else { Cow::Borrowed(key) }
}

fn key(segment: &Segment) -> Option<&str> {
    match segment {
        Segment::Key(key) => Some(key),
        Segment::Index(_) => None,
    }
}

/// A path as its author writes it.
#[must_use]
pub fn dotted(path: &[Segment]) -> String {
    let mut out = String::new();
    for segment in path {
        match segment {
            Segment::Index(position) => {
                out.push('[');
                out.push_str(&position.to_string());
                out.push(']');
            }
            Segment::Key(key) if key.is_empty() || key.contains(['.', '[', ']', '"']) => {
                out.push('[');
                write_json_text(key, &mut out);
                out.push(']');
            }
            Segment::Key(key) => {
                if !out.is_empty() {
                    out.push('.');
                }
                out.push_str(key);
            }
        }
    }
    out
}
