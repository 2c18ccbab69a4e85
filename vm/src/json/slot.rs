//! What was found for one path: a decoded scalar, or where its text is.

use super::kernel::byte_at;
use super::number::{Digits, MOST_SHORT, exact};
use super::trie::PathTrie;
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

/// What was found so far for each node.
pub(super) struct Slots<'x>(pub &'x mut [Slot]);

impl Slots<'_> {
    pub fn get(&self, node: u32) -> Option<&Slot> {
        self.0.get(node as usize)
    }

    #[inline(always)]
    pub fn set(&mut self, node: u32, slot: Slot) {
        if let Some(place) = self.0.get_mut(node as usize) {
            *place = slot;
        }
    }

    /// Empties the slots of a node and of all below it: its key came again.
    #[cold]
    pub fn forget(&mut self, trie: &PathTrie, node: u32) {
        let end = trie.node(node).map_or(0, |node| node.end as usize);
        if let Some(slots) = self.0.get_mut(node as usize..end) {
            slots.fill(Slot::Missing);
        }
    }
}

impl Slot {
    /// The literal that begins with a byte.
    pub const fn of_literal(byte: u8) -> Self {
        match byte {
            b't' => Self::Bool(true),
            b'f' => Self::Bool(false),
            _ => Self::Null,
        }
    }

    /// A number of the event that has few digits and no exponent, as most have; text that is no number gives any.
    #[inline(always)]
    pub fn of_short_number(bytes: &[u8], at: usize) -> Option<Self> {
        let negative = byte_at(bytes, at) == b'-';
        let first = if negative { at.wrapping_add(1) } else { at };
        let (mut mantissa, mut end) = (0_i64, first);
        let mut digits = |from: usize| {
            end = from;
            while let digit @ b'0'..=b'9' = byte_at(bytes, end) {
                mantissa = mantissa.wrapping_mul(10).wrapping_add(i64::from(digit & 0x0F));
                end = end.wrapping_add(1);
            }
            end
        };
        let point = digits(first);
        if byte_at(bytes, point) != b'.' {
            let short =
                (1..=MOST_SHORT).contains(&point.wrapping_sub(first)) && !matches!(byte_at(bytes, point), b'e' | b'E');
            return short.then_some(Self::Int(if negative { mantissa.wrapping_neg() } else { mantissa }));
        }
        let end = digits(point.wrapping_add(1));
        let short = end.wrapping_sub(first) <= MOST_SHORT && !matches!(byte_at(bytes, end), b'e' | b'E');
        let magnitude = short.then(|| exact(mantissa, end.wrapping_sub(point).wrapping_sub(1)))??;
        Some(Self::Float(if negative { -magnitude } else { magnitude }))
    }

    /// A number of the event.
    #[inline]
    pub fn of_number(digits: &Digits, event: &str) -> Self {
        match digits.value(event.get(digits.start..digits.end).unwrap_or_default()) {
            Value::Int(value) => Self::Int(value),
            Value::Float(value) => Self::Float(value),
            _ => Self::BigInt(Span::new(digits.start, digits.end)),
        }
    }

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
