//! Text to a tree with positions.
//!
//! ```text
//! name ends in .json ─▶ json.rs ──────────────────────────────┐
//! otherwise ─▶ lines.rs, or parser events ─▶ events.rs ───────┴▶ tree.rs ─▶ Node
//!                                               └ scalar: what plain text means to YAML 1.1 and to 1.2
//! ```
//!
//! Events come from the parser beneath the YAML crate rather than through serde: only events carry what is asked here,
//! the style of a scalar (plain or quoted), its exact text (integers of any size) and the anchor of an alias.

mod events;
mod hints;
mod json;
mod lines;
mod moved;
mod scalar;
mod tree;

use std::collections::{HashMap, HashSet};

use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::limits::Limits;
use crate::source::Source;
use crate::span::Span;

pub(crate) use events::readers_agree;
pub(crate) use scalar::{Offsets, is_plain_text, quoted};

/// A value of the source with its place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    pub(crate) span: Span,
    pub(crate) kind: NodeKind,
    /// Whether it is a scalar without quotes.
    pub(crate) plain: bool,
}

/// What a value is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum NodeKind {
    Null,
    Bool(bool),
    /// Canonical decimal: an optional `-`, no leading zero, never `-0`.
    Int(String),
    Float(f64),
    Text(String),
    Seq(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

/// A key of a mapping.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Key {
    pub(crate) text: String,
    pub(crate) span: Span,
}

impl Node {
    /// What it is, in the words of messages.
    pub(crate) const fn type_name(&self) -> &'static str {
        match self.kind {
            NodeKind::Null => "null",
            NodeKind::Bool(_) => "a boolean",
            NodeKind::Int(_) | NodeKind::Float(_) => "a number",
            NodeKind::Text(_) => "text",
            NodeKind::Seq(_) => "a list",
            NodeKind::Map(_) => "a mapping",
        }
    }

    /// Its text, if it is text.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.kind {
            NodeKind::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// A whole source, read.
#[derive(Debug, Default)]
pub(crate) struct Document {
    /// The tree; absent if the text cannot be read.
    pub(crate) root: Option<Node>,
    /// What was wrong in any case.
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// What is wrong unless whoever reads the value says it is not.
    pub(crate) pending: Pending,
}

/// Mistakes that depend on what belongs at their place: whether `yes` may be a boolean is known only to the reader of
/// the setting.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Pending {
    /// Boolean words of 1.1 and what to say about each if it stands where no boolean belongs.
    words: HashMap<Span, Diagnostic>,
    /// Words that stand where a boolean belongs. An alias can bring one word to several places, so it stays in `words`.
    booleans: HashSet<Span>,
    /// Keys that are not text and what to say about each where keys have to be.
    keys: HashMap<Span, Diagnostic>,
}

impl Pending {
    /// Says that a boolean belongs at `span`; whether one of YAML 1.1's words stands there.
    pub(crate) fn accept_boolean(&mut self, span: Span) -> bool {
        let word = self.words.contains_key(&span);
        if word {
            self.booleans.insert(span);
        }
        word
    }

    /// Says that any key is welcome at `span`.
    pub(crate) fn accept_key(&mut self, span: Span) {
        self.keys.remove(&span);
    }

    /// What nobody has accepted.
    pub(crate) fn finish(self) -> impl Iterator<Item = Diagnostic> {
        let Self { words, booleans, keys } = self;
        let words = words.into_iter().filter(move |(span, _)| !booleans.contains(span));
        words.chain(keys).map(|(_, diagnostic)| diagnostic)
    }
}

/// What is said of a text that is longer than `limit` bytes.
pub(crate) fn too_large(text: &str, limit: usize) -> Diagnostic {
    let message = format!("the text has {} bytes, the limit is {limit}", text.len());
    Diagnostic::new(Code::DocumentTooLarge, message)
        .label(Span::at(text.floor_char_boundary(limit)), "the limit is here")
}

/// Reads the JSON value of a part of a text; places are those in the whole text.
pub(crate) fn read_json_line(text: &str, part: Span, limits: &Limits) -> Document {
    json::read_part(text.get(..part.end).unwrap_or_default(), part.start, limits)
}

/// Reads a source. Never recurses on its nesting.
pub(crate) fn read(source: &Source, limits: &Limits) -> Document {
    if source.text.len() > limits.bytes {
        let diagnostic = too_large(&source.text, limits.bytes);
        return Document { diagnostics: vec![diagnostic], ..Document::default() };
    }
    if source.is_json() { json::read(&source.text, limits) } else { events::read(&source.text, limits) }
}
