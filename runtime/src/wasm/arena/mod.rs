//! Handles: how a guest holds values of the event without copying them.
//!
//! ```text
//! tagged i64:  63..56 tag │ 55..32 bytes that `read` gives (all ones: that many or more) │ 31..0 handle, or a bool's value
//! handle:      31..18 generation of the call │ 17..0 position in the arena, from 1
//! ```
//!
//! The arena is emptied between calls and its generation moves on, so a handle of an earlier call answers `error`. (The generation
//! returns after 16,384 calls; a handle that old then reads some value of the current event, nothing else.) A node that lies
//! in the event's or the configuration's text is kept as a range of it. What doesn't (text with escapes, results of
//! stages) is copied once into the arena's own text, whose size is limited.

use std::borrow::Cow;

use cascata_vm::{Array, Object, PathId, Value, json};

use super::stop::Stop;
use crate::state::State;

mod list;
mod tagged;

pub(super) use list::entry;
use list::{List, array, object, offset};
use tagged::{
    ARRAY, BOOL, FLOAT, GENERATIONS, INT, LENGTH_OPEN, NULL, OBJECT, POSITION_BITS, POSITIONS, TEXT, position_of,
    tagged,
};
pub(super) use tagged::{ERROR, MISSING, Untagged, untag};

/// The texts that ranges are of.
#[derive(Clone, Copy)]
pub(super) struct Texts<'t> {
    pub event: &'t str,
    pub config: &'t str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Event,
    Config,
    Own,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SpanKind {
    BigInt,
    Text,
    /// Text whose escapes are still to be decoded; decoded before it gets a handle.
    Escaped,
    Array,
    Object,
}

#[derive(Clone, Copy, Debug)]
struct Span {
    source: Source,
    kind: SpanKind,
    start: usize,
    len: usize,
}

/// A value without its borrow.
#[derive(Clone, Copy, Debug)]
enum Raw {
    Missing,
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Span(Span),
}

/// What became of a value: either a range of a known text, or a text to copy.
enum Draft {
    Raw(Raw),
    Copy(SpanKind, String),
}

/// What a node is charged with; a handful of machine words.
const NODE_BYTES: u64 = size_of::<Node>() as u64;

struct Node {
    raw: Raw,
    /// Position in `lists` of the elements, once somebody asked for one by position.
    list: Option<usize>,
}

/// The values that a guest holds in one call.
pub(super) struct Arena {
    /// Counts calls, from 1; its low bits are the generation of handles.
    call: u64,
    nodes: Vec<Node>,
    lists: Vec<List>,
    own: String,
    /// Bytes that nodes, lists and own text may take together.
    limit: u64,
    held: u64,
}

impl Arena {
    pub const fn new(limit: u64) -> Self {
        Self { call: 1, nodes: Vec::new(), lists: Vec::new(), own: String::new(), limit, held: 0 }
    }

    /// The number of the call, never the same twice.
    pub const fn call(&self) -> u64 {
        self.call
    }

    const fn generation(&self) -> u32 {
        // Below 2^14, so nothing is cut off.
        (self.call % GENERATIONS) as u32
    }

    /// Makes every handle stale. Keeps some memory for the next call.
    pub fn clear(&mut self) {
        const KEEP_BYTES: usize = 64 << 10;
        const KEEP_NODES: usize = 1_024;
        self.call = self.call.saturating_add(1);
        self.nodes.clear();
        self.lists.clear();
        self.own.clear();
        self.nodes.shrink_to(KEEP_NODES);
        self.own.shrink_to(KEEP_BYTES);
        self.held = 0;
    }

    /// Gives a plain value of the event at once: a number, a truth value, a text without escapes, or none. `None` for anything else
    /// and at a limit, where [`give`](Self::give) knows what to say.
    ///
    /// Values go in registers here. Through [`Value`] and [`Raw`] they are moved through memory several times, in pieces that
    /// the processor has to wait for; that took most of the time of reading a field.
    #[inline]
    pub fn give_plain(&mut self, state: &State, path: PathId) -> Option<i64> {
        let (event, path) = state.unwritten_at(path)?;
        if let Some(number) = event.int(path) {
            return self.enter(INT, LENGTH_OPEN, Raw::Int(number));
        }
        if let Some(text) = event.text(state.event_text(), path) {
            let start = offset(state.event_text(), text)?;
            let span = Span { source: Source::Event, kind: SpanKind::Text, start, len: text.len() };
            return self.enter(TEXT, text.len(), Raw::Span(span));
        }
        if event.is_missing(path) {
            return Some(MISSING);
        }
        if let Some(number) = event.float(path) {
            return self.enter(FLOAT, LENGTH_OPEN, Raw::Float(number));
        }
        event.truth(path).map(|flag| tagged(BOOL, 0, u32::from(flag)))
    }

    /// Makes a node, if limits allow it.
    #[inline(always)]
    fn enter(&mut self, tag: u8, length: usize, raw: Raw) -> Option<i64> {
        let held = self.held.saturating_add(NODE_BYTES);
        if self.nodes.len() >= POSITIONS || held > self.limit {
            return None;
        }
        self.held = held;
        self.nodes.push(Node { raw, list: None });
        let position = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
        Some(tagged(tag, length, (self.generation() << POSITION_BITS) | position))
    }

    /// Gives a value to the guest.
    pub fn give(&mut self, texts: &Texts<'_>, value: Value<'_>) -> Result<i64, Stop> {
        let raw = match value {
            // The common scalars have nothing to find or to copy.
            Value::Int(number) => Raw::Int(number),
            Value::Float(number) => Raw::Float(number),
            value => {
                let draft = self.draft(texts, &value);
                self.settle(draft)?
            }
        };
        self.hand_out(texts, raw)
    }

    /// An entry of an object by key; the last of duplicates counts.
    pub fn child(&mut self, texts: &Texts<'_>, handle: u32, key: &str) -> Result<i64, Stop> {
        let Some(node) = self.node(handle) else { return Ok(ERROR) };
        let value = entry(&self.value(texts, node.raw), key);
        let draft = self.draft(texts, &value);
        let raw = self.settle(draft)?;
        self.hand_out(texts, raw)
    }

    /// An element or an entry's value by position.
    pub fn at(&mut self, texts: &Texts<'_>, handle: u32, index: u32) -> Result<i64, Stop> {
        self.nth(texts, handle, index, |list| &list.values)
    }

    /// An entry's key by position.
    pub fn key_at(&mut self, texts: &Texts<'_>, handle: u32, index: u32) -> Result<i64, Stop> {
        self.nth(texts, handle, index, |list| &list.keys)
    }

    fn nth(&mut self, texts: &Texts<'_>, handle: u32, index: u32, of: fn(&List) -> &Vec<Raw>) -> Result<i64, Stop> {
        let Some(node) = self.node(handle) else { return Ok(ERROR) };
        let list = node.list.and_then(|list| self.lists.get(list));
        let raw = list.zip(usize::try_from(index).ok()).and_then(|(list, index)| of(list).get(index).copied());
        self.hand_out(texts, raw.unwrap_or(Raw::Missing))
    }

    /// Elements of an array, entries of an object, bytes of a text.
    pub fn len(&self, handle: u32) -> Option<usize> {
        let node = self.node(handle)?;
        match node.raw {
            Raw::Span(Span { kind: SpanKind::Text, len, .. }) => Some(len),
            _ => Some(self.lists.get(node.list?)?.values.len()),
        }
    }

    /// Bytes of a node's text, which is what following it costs.
    pub fn bytes(&self, handle: u32) -> usize {
        match self.node(handle).map(|node| node.raw) {
            Some(Raw::Span(span)) => span.len,
            _ => 0,
        }
    }

    /// What `read` copies: a text, or the JSON of a number or container.
    pub fn text<'s>(&'s self, texts: &Texts<'s>, handle: u32) -> Option<Cow<'s, str>> {
        match self.node(handle)?.raw {
            Raw::Span(span) => Some(Cow::Borrowed(self.span(texts, span))),
            raw => {
                let mut out = String::new();
                json::write_value(&self.value(texts, raw), &mut out);
                Some(Cow::Owned(out))
            }
        }
    }

    /// A number as a double.
    pub fn as_f64(&self, texts: &Texts<'_>, handle: u32) -> Option<f64> {
        match self.node(handle)?.raw {
            // Rounds to the nearest double where the integer has more than 53 bits, as documented.
            #[allow(clippy::cast_precision_loss)]
            Raw::Int(number) => Some(number as f64),
            Raw::Float(number) => Some(number),
            Raw::Span(span) if span.kind == SpanKind::BigInt => self.span(texts, span).parse().ok(),
            _ => None,
        }
    }

    /// A number as an integer; 1 if it is none, 2 if it is out of range.
    pub fn as_i64(&self, handle: u32) -> Result<i64, i32> {
        const NOT_AN_INTEGER: i32 = 1;
        const OUT_OF_RANGE: i32 = 2;
        /// 2^63, the first double beyond the range.
        const BEYOND: f64 = 9_223_372_036_854_775_808.0;
        match self.node(handle).map(|node| node.raw) {
            Some(Raw::Int(number)) => Ok(number),
            Some(Raw::Span(Span { kind: SpanKind::BigInt, .. })) => Err(OUT_OF_RANGE),
            Some(Raw::Float(number)) if !number.is_finite() || number.fract() != 0.0 => Err(NOT_AN_INTEGER),
            Some(Raw::Float(number)) if !(-BEYOND..BEYOND).contains(&number) => Err(OUT_OF_RANGE),
            // In range and without a fraction: the conversion is exact.
            #[allow(clippy::cast_possible_truncation)]
            Some(Raw::Float(number)) => Ok(number as i64),
            _ => Err(NOT_AN_INTEGER),
        }
    }

    /// Lists the elements of a container, once. Gives the bytes that were scanned for it.
    pub fn list(&mut self, texts: &Texts<'_>, handle: u32) -> Result<usize, Stop> {
        let Some(node) = self.node(handle) else { return Ok(0) };
        let (None, Raw::Span(span)) = (node.list, node.raw) else { return Ok(0) };
        let text = self.span(texts, span);
        let list = match span.kind {
            SpanKind::Array => array(text, span),
            SpanKind::Object => object(text, span),
            _ => return Ok(0),
        };
        let raws = list.values.len().saturating_add(list.keys.len());
        self.hold(raws.saturating_mul(size_of::<Raw>()))?;
        let position = self.lists.len();
        self.lists.push(list);
        if let Some(node) = position_of(handle).and_then(|(_, at)| self.nodes.get_mut(at)) {
            node.list = Some(position);
        }
        Ok(span.len)
    }

    fn node(&self, handle: u32) -> Option<&Node> {
        let (generation, position) = position_of(handle)?;
        (generation == self.generation()).then(|| self.nodes.get(position)).flatten()
    }

    fn span<'s>(&'s self, texts: &Texts<'s>, span: Span) -> &'s str {
        let text = match span.source {
            Source::Event => texts.event,
            Source::Config => texts.config,
            Source::Own => &self.own,
        };
        text.get(span.start..span.start.saturating_add(span.len)).unwrap_or_default()
    }

    fn value<'s>(&'s self, texts: &Texts<'s>, raw: Raw) -> Value<'s> {
        match raw {
            Raw::Missing => Value::Missing,
            Raw::Null => Value::Null,
            Raw::Bool(flag) => Value::Bool(flag),
            Raw::Int(number) => Value::Int(number),
            Raw::Float(number) => Value::Float(number),
            Raw::Span(span) => {
                let text = self.span(texts, span);
                match span.kind {
                    SpanKind::BigInt => Value::BigInt(text),
                    SpanKind::Text => Value::Text(text),
                    SpanKind::Escaped => Value::EscapedText(text),
                    SpanKind::Array => Value::Array(Array::Json(text)),
                    SpanKind::Object => Value::Object(Object::Json(text)),
                }
            }
        }
    }

    /// Turns a borrowed value into a range of the text it lies in, or into a text to copy.
    fn draft(&self, texts: &Texts<'_>, value: &Value<'_>) -> Draft {
        let range = |kind, part: &str| {
            let within = |source, text: &str| {
                offset(text, part).map(|start| Raw::Span(Span { source, kind, start, len: part.len() }))
            };
            within(Source::Event, texts.event)
                .or_else(|| within(Source::Config, texts.config))
                .or_else(|| within(Source::Own, &self.own))
                .map_or_else(|| Draft::Copy(kind, part.to_owned()), Draft::Raw)
        };
        let written = |kind| {
            let mut text = String::new();
            json::write_value(value, &mut text);
            Draft::Copy(kind, text)
        };
        match *value {
            Value::Missing => Draft::Raw(Raw::Missing),
            Value::Null => Draft::Raw(Raw::Null),
            Value::Bool(flag) => Draft::Raw(Raw::Bool(flag)),
            Value::Int(number) => Draft::Raw(Raw::Int(number)),
            Value::Float(number) => Draft::Raw(Raw::Float(number)),
            Value::BigInt(digits) => range(SpanKind::BigInt, digits),
            Value::Text(text) => range(SpanKind::Text, text),
            Value::EscapedText(raw) => Draft::Copy(SpanKind::Text, json::decode_escapes(raw)),
            Value::Array(Array::Json(text)) => range(SpanKind::Array, text),
            Value::Object(Object::Json(text)) => range(SpanKind::Object, text),
            Value::Array(Array::Values(_)) => written(SpanKind::Array),
            Value::Object(Object::Entries(_)) => written(SpanKind::Object),
        }
    }

    fn settle(&mut self, draft: Draft) -> Result<Raw, Stop> {
        match draft {
            Draft::Raw(raw) => Ok(raw),
            Draft::Copy(kind, text) => {
                self.hold(text.len())?;
                let span = Span { source: Source::Own, kind, start: self.own.len(), len: text.len() };
                self.own.push_str(&text);
                Ok(Raw::Span(span))
            }
        }
    }

    fn hand_out(&mut self, texts: &Texts<'_>, raw: Raw) -> Result<i64, Stop> {
        let (tag, length, raw) = match raw {
            Raw::Missing => return Ok(MISSING),
            Raw::Null => return Ok(NULL),
            Raw::Bool(flag) => return Ok(tagged(BOOL, 0, u32::from(flag))),
            Raw::Int(_) => (INT, LENGTH_OPEN, raw),
            Raw::Float(_) => (FLOAT, LENGTH_OPEN, raw),
            Raw::Span(Span { kind: SpanKind::Escaped, .. }) => {
                let draft = self.draft(texts, &self.value(texts, raw));
                let raw = self.settle(draft)?;
                return self.hand_out(texts, raw);
            }
            Raw::Span(span) => {
                let tag = match span.kind {
                    SpanKind::BigInt => INT,
                    SpanKind::Text | SpanKind::Escaped => TEXT,
                    SpanKind::Array => ARRAY,
                    SpanKind::Object => OBJECT,
                };
                (tag, span.len, raw)
            }
        };
        self.enter(tag, length, raw).ok_or(Stop::ReadsTooLarge { limit: self.limit })
    }

    fn hold(&mut self, bytes: usize) -> Result<(), Stop> {
        self.held = self.held.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
        if self.held > self.limit { Err(Stop::ReadsTooLarge { limit: self.limit }) } else { Ok(()) }
    }
}
