//! Values of the event and the configuration, as the host tags them.

use alloc::string::String;
use alloc::vec;
use core::marker::PhantomData;

use crate::imports::host;

/// What a [`Value`] is. The numbers are the ABI's tags.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// No such field.
    Missing,
    /// An explicit null.
    Null,
    /// `true` or `false`.
    Bool,
    /// An integer of any size.
    Int,
    /// A double.
    Float,
    /// Text.
    Text,
    /// A list.
    Array,
    /// A mapping.
    Object,
    /// The handle was stale or never given out.
    Error,
}

/// One value of the event or the configuration, read lazily: nothing is copied until it is asked for.
///
/// Eight bytes, `Copy`, good for the call in which it was read.
#[derive(Clone, Copy)]
pub struct Value<'call> {
    tagged: i64,
    call: PhantomData<&'call ()>,
}

/// A length in a tagged value that says no more than "this many bytes or more".
const LENGTH_OPEN: usize = 0xFF_FFFF;

impl<'call> Value<'call> {
    /// Wraps a tagged value of the ABI: bits 63..56 the tag, 55..32 a length, 31..0 a handle.
    pub(crate) const fn new(tagged: i64) -> Self {
        Self { tagged, call: PhantomData }
    }

    const fn handle(self) -> i32 {
        self.tagged as i32
    }

    const fn length_hint(self) -> usize {
        ((self.tagged as u64) >> 32) as usize & LENGTH_OPEN
    }

    /// What kind of value this is.
    #[must_use]
    pub const fn kind(self) -> Kind {
        match (self.tagged as u64) >> 56 {
            0 => Kind::Missing,
            1 => Kind::Null,
            2 => Kind::Bool,
            3 => Kind::Int,
            4 => Kind::Float,
            5 => Kind::Text,
            6 => Kind::Array,
            7 => Kind::Object,
            _ => Kind::Error,
        }
    }

    /// There is no such field.
    #[must_use]
    pub fn is_missing(self) -> bool {
        self.kind() == Kind::Missing
    }

    /// Missing or null, which conditions treat alike.
    #[must_use]
    pub fn is_nil(self) -> bool {
        matches!(self.kind(), Kind::Missing | Kind::Null)
    }

    /// A boolean; `None` for any other kind.
    #[must_use]
    pub fn as_bool(self) -> Option<bool> {
        (self.kind() == Kind::Bool).then_some(self.handle() != 0)
    }

    /// A number as a double; `None` for any other kind. Integers beyond 2^53 are rounded.
    #[must_use]
    pub fn as_f64(self) -> Option<f64> {
        matches!(self.kind(), Kind::Int | Kind::Float).then(|| host::as_f64(self.handle()))
    }

    /// A number as an integer; `None` if it has a fraction, is beyond 64 bits, or is of any other kind.
    #[must_use]
    pub fn as_i64(self) -> Option<i64> {
        let mut out = 0;
        let is_number = matches!(self.kind(), Kind::Int | Kind::Float);
        (is_number && host::as_i64(self.handle(), &mut out) == 0).then_some(out)
    }

    /// A copy of a text; `None` for any other kind.
    #[must_use]
    pub fn text(self) -> Option<String> {
        (self.kind() == Kind::Text).then(|| self.read()).flatten()
    }

    /// A copy of this value as JSON text, containers and all; `None` if it is missing.
    #[must_use]
    pub fn json(self) -> Option<String> {
        match self.kind() {
            Kind::Missing | Kind::Error => None,
            Kind::Null => Some(String::from("null")),
            Kind::Bool => Some(String::from(if self.handle() == 0 { "false" } else { "true" })),
            Kind::Text => {
                let mut out = String::new();
                crate::data::write_text(&mut out, &self.read()?);
                Some(out)
            }
            Kind::Int | Kind::Float | Kind::Array | Kind::Object => self.read(),
        }
    }

    /// Reads a text into `buf` and borrows it from there, so nothing is allocated.
    /// `None` for any other kind or if `buf` is too short.
    #[must_use]
    pub fn text_in(self, buf: &mut [u8]) -> Option<&str> {
        if self.kind() != Kind::Text {
            return None;
        }
        let len = usize::try_from(host::read(self.handle(), buf)).ok()?;
        core::str::from_utf8(buf.get(..len)?).ok()
    }

    /// Compares a text without allocating; false for any other kind.
    #[must_use]
    pub fn is_text(self, other: &str) -> bool {
        let hint = self.length_hint();
        if self.kind() != Kind::Text || (hint != LENGTH_OPEN && hint != other.len()) {
            return false;
        }
        let mut short = [0; 64];
        if other.len() <= short.len() {
            return self.text_in(&mut short) == Some(other);
        }
        self.read().as_deref() == Some(other)
    }

    /// An entry of an object by its key; missing in anything else.
    #[must_use]
    pub fn get(self, key: &str) -> Self {
        match self.kind() {
            Kind::Object => Self::new(host::child(self.handle(), key)),
            _ => Self::new(0),
        }
    }

    /// An element of an array, or the value of an object's entry, by position; missing past the end.
    #[must_use]
    pub fn at(self, index: usize) -> Self {
        match (self.kind(), i32::try_from(index)) {
            (Kind::Array | Kind::Object, Ok(index)) => Self::new(host::at(self.handle(), index)),
            _ => Self::new(0),
        }
    }

    /// Elements of an array, entries of an object, bytes of a text; 0 for any other kind.
    #[must_use]
    pub fn len(self) -> usize {
        match self.kind() {
            Kind::Array | Kind::Object | Kind::Text => usize::try_from(host::len(self.handle())).unwrap_or(0),
            _ => 0,
        }
    }

    /// True if [`len`](Self::len) is 0.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The elements of an array in order; nothing for any other kind.
    #[must_use]
    pub fn items(self) -> Items<'call> {
        let len = if self.kind() == Kind::Array { self.len() } else { 0 };
        Items { node: self, next: 0, len }
    }

    /// The keys of an object with their values, in order; nothing for any other kind.
    #[must_use]
    pub fn entries(self) -> Keys<'call> {
        let len = if self.kind() == Kind::Object { self.len() } else { 0 };
        Keys { node: self, next: 0, len }
    }

    /// Text of a text, JSON of anything else that has a handle.
    fn read(self) -> Option<String> {
        let hint = self.length_hint();
        let mut buf = vec![0; if hint == LENGTH_OPEN { 0 } else { hint }];
        let mut len = usize::try_from(host::read(self.handle(), &mut buf)).ok()?;
        if len > buf.len() {
            // The tag's length was open; now the full length is known.
            buf = vec![0; len];
            len = usize::try_from(host::read(self.handle(), &mut buf)).ok()?;
        }
        buf.truncate(len);
        String::from_utf8(buf).ok()
    }
}

impl core::fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.json().as_deref().unwrap_or("missing"))
    }
}

/// Iterates over an array. Made by [`Value::items`].
pub struct Items<'call> {
    node: Value<'call>,
    next: usize,
    len: usize,
}

impl<'call> Iterator for Items<'call> {
    type Item = Value<'call>;

    fn next(&mut self) -> Option<Self::Item> {
        let index = self.next;
        self.next = index.saturating_add(1);
        (index < self.len).then(|| self.node.at(index))
    }
}

/// Iterates over an object. Made by [`Value::entries`].
pub struct Keys<'call> {
    node: Value<'call>,
    next: usize,
    len: usize,
}

impl<'call> Iterator for Keys<'call> {
    type Item = (String, Value<'call>);

    fn next(&mut self) -> Option<Self::Item> {
        let index = self.next;
        self.next = index.saturating_add(1);
        if index >= self.len {
            return None;
        }
        let key = Value::new(host::key_at(self.node.handle(), i32::try_from(index).ok()?));
        Some((key.text()?, self.node.at(index)))
    }
}
