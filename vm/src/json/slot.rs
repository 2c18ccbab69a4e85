//! What was found for one path: a decoded scalar, or where its text is.

use crate::{Array, Object, Value};

/// A part of the event's text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    start: u32,
    end: u32,
}

impl Span {
    /// Events of 4 GiB are refused before a span is made, so positions fit.
    pub fn new(start: usize, end: usize) -> Self {
        let narrow = |pos| u32::try_from(pos).unwrap_or(u32::MAX);
        Self { start: narrow(start), end: narrow(end) }
    }

    #[inline(always)]
    pub fn of(self, event: &str) -> Option<&str> {
        event.get(self.start as usize..self.end as usize)
    }

    #[inline(always)]
    pub fn bytes_of(self, event: &str) -> Option<&[u8]> {
        event.as_bytes().get(self.start as usize..self.end as usize)
    }
}

/// What was found for one node of the trie.
#[derive(Clone, Copy, Debug)]
pub(super) enum Slot {
    Missing,
    /// A container that is being read, or one that nobody asked for as a whole.
    Open,
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    BigInt(Span),
    Text(Span),
    Escaped(Span),
    Array(Span),
    Object(Span),
}

impl Slot {
    /// The value, borrowed from the event where it is text or a container.
    #[inline(always)]
    pub fn value(self, event: &str) -> Value<'_> {
        let value = match self {
            Self::Missing | Self::Open => None,
            Self::Null => Some(Value::Null),
            Self::Bool(value) => Some(Value::Bool(value)),
            Self::Int(value) => Some(Value::Int(value)),
            Self::Float(value) => Some(Value::Float(value)),
            Self::BigInt(span) => span.of(event).map(Value::BigInt),
            Self::Text(span) => span.of(event).map(Value::Text),
            Self::Escaped(span) => span.of(event).map(Value::EscapedText),
            Self::Array(span) => span.of(event).map(|json| Value::Array(Array::Json(json))),
            Self::Object(span) => span.of(event).map(|json| Value::Object(Object::Json(json))),
        };
        value.unwrap_or(Value::Missing)
    }
}
