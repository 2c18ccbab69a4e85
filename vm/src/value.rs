//! What the VM computes with: a `Copy` view of one value, borrowed from the event, the image or the host.
//!
//! Containers are never expanded: an array or object is either the JSON text it came as, or a slice
//! that a host offers from its own structs. Text of strings inside such JSON keeps its escapes until
//! somebody compares it.

use alloc::borrow::Cow;

/// One value, as operators see it. 32 bytes, `Copy`, borrowed.
#[derive(Clone, Copy, Debug, Default)]
pub enum Value<'a> {
    /// Nothing there. Operators treat it like [`Value::Null`]; traces tell the two apart.
    #[default]
    Missing,
    /// An explicit null.
    Null,
    /// `true` or `false`; counts as 1 or 0 where numbers are compared.
    Bool(bool),
    /// An integer that fits 64 bits.
    Int(i64),
    /// An integer outside 64 bits, as canonical decimal digits: an optional `-`, no leading zero.
    BigInt(&'a str),
    /// An IEEE-754 double.
    Float(f64),
    /// Text, escapes already decoded.
    Text(&'a str),
    /// The inside of a JSON string literal (without the quotes) that has at least one backslash.
    EscapedText(&'a str),
    /// A list of values.
    Array(Array<'a>),
    /// A mapping from text to values.
    Object(Object<'a>),
}

/// Where the elements of an array are.
#[derive(Clone, Copy, Debug)]
pub enum Array<'a> {
    /// Valid JSON text from `[` to `]`.
    Json(&'a str),
    /// Values that a host holds.
    Values(&'a [Value<'a>]),
}

/// Where the entries of an object are. Of duplicate keys the last counts.
#[derive(Clone, Copy, Debug)]
pub enum Object<'a> {
    /// Valid JSON text from `{` to `}`.
    Json(&'a str),
    /// Entries that a host holds.
    Entries(&'a [(&'a str, Value<'a>)]),
}

/// The kinds of value, for messages, traces and type checks.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    /// No such field.
    Missing,
    /// `null`.
    Null,
    /// `true`, `false`.
    Bool,
    /// Integer of any size.
    Int,
    /// Double.
    Float,
    /// Text.
    Text,
    /// List.
    Array,
    /// Mapping.
    Object,
}

impl Kind {
    /// The word users read: `string`, `number` and so on as in the language reference.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Null => "null",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Float => "float",
            Self::Text => "string",
            Self::Array => "array",
            Self::Object => "object",
        }
    }
}

impl<'a> Value<'a> {
    /// The kind of this value.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Missing => Kind::Missing,
            Self::Null => Kind::Null,
            Self::Bool(_) => Kind::Bool,
            Self::Int(_) | Self::BigInt(_) => Kind::Int,
            Self::Float(_) => Kind::Float,
            Self::Text(_) | Self::EscapedText(_) => Kind::Text,
            Self::Array(_) => Kind::Array,
            Self::Object(_) => Kind::Object,
        }
    }

    /// Missing or null: what every operator but `IS_NULL` answers with false.
    #[must_use]
    pub const fn is_nil(&self) -> bool {
        matches!(self, Self::Missing | Self::Null)
    }

    /// The text of a string value, escapes decoded; `None` for any other kind.
    #[must_use]
    pub fn text(&self) -> Option<Cow<'a, str>> {
        match *self {
            Self::Text(text) => Some(Cow::Borrowed(text)),
            Self::EscapedText(raw) => Some(Cow::Owned(crate::json::decode_escapes(raw))),
            _ => None,
        }
    }
}

impl<'a> Array<'a> {
    /// The elements, in order.
    pub fn iter(self) -> impl Iterator<Item = Value<'a>> {
        match self {
            Self::Json(text) => Either::Left(crate::json::elements(text)),
            Self::Values(values) => Either::Right(values.iter().copied()),
        }
    }
}

impl<'a> Object<'a> {
    /// The entries, in the order they are written; a key may come more than once, and the last one counts.
    pub fn iter(self) -> impl Iterator<Item = (Cow<'a, str>, Value<'a>)> {
        match self {
            Self::Json(text) => Either::Left(crate::json::entries(text)),
            Self::Entries(entries) => Either::Right(entries.iter().map(|&(key, value)| (Cow::Borrowed(key), value))),
        }
    }
}

/// One of two iterators over the same thing.
enum Either<L, R> {
    Left(L),
    Right(R),
}

impl<T, L: Iterator<Item = T>, R: Iterator<Item = T>> Iterator for Either<L, R> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        match self {
            Self::Left(iter) => iter.next(),
            Self::Right(iter) => iter.next(),
        }
    }
}
