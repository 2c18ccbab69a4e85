//! Finding keys that occur twice in one object.
//!
//! The keys of each open object lie on one stack; when an object closes, its keys are sorted and
//! neighbours compared, so that an object made to collide costs no more than any other.

use alloc::string::String;
use alloc::vec::Vec;

use super::scan::StringSpan;
use super::text::unescape;
use super::{JsonError, JsonErrorKind, kernel};

/// Is told the keys that a skip passes.
pub(super) trait KeySink {
    /// Whether it wants to be told.
    const ON: bool;
    /// An object starts.
    fn open(&mut self);
    /// A key of the innermost open object.
    fn key(&mut self, bytes: &[u8], key: StringSpan);
    /// The innermost open object ends.
    fn close(&mut self, bytes: &[u8]) -> Result<(), JsonError>;
}

/// Wants no keys.
pub(super) struct NoKeys;

impl KeySink for NoKeys {
    const ON: bool = false;
    fn open(&mut self) {}
    fn key(&mut self, _: &[u8], _: StringSpan) {}
    fn close(&mut self, _: &[u8]) -> Result<(), JsonError> {
        Ok(())
    }
}

/// One key of an open object.
#[derive(Clone, Copy, Debug)]
struct Key {
    /// Where the key stands in the event.
    at: usize,
    /// Its first eight bytes, zeros after a shorter one, and its length: they tell nearly all keys apart.
    order: (u64, usize),
    start: usize,
    end: usize,
    /// `start` and `end` are of [`UniqueKeys::decoded`], not of the event.
    decoded: bool,
}

/// Refuses an object with two equal keys. Keys are compared after their escapes are decoded.
#[derive(Clone, Default, Debug)]
pub(super) struct UniqueKeys {
    keys: Vec<Key>,
    /// For each open object, where its keys start in `keys`, and where its text starts in `decoded`.
    objects: Vec<(usize, usize)>,
    decoded: String,
}

impl UniqueKeys {
    /// Forgets what an interrupted pass left.
    pub fn clear(&mut self) {
        self.keys.clear();
        self.objects.clear();
        self.decoded.clear();
    }
}

/// What keys are sorted by first.
fn order(bytes: &[u8], start: usize, end: usize) -> (u64, usize) {
    let len = end.saturating_sub(start);
    (kernel::prefix(bytes, start, len), len)
}

/// The text of a key.
fn text<'a>(key: &Key, bytes: &'a [u8], decoded: &'a str) -> &'a [u8] {
    let source = if key.decoded { decoded.as_bytes() } else { bytes };
    source.get(key.start..key.end).unwrap_or_default()
}

impl KeySink for UniqueKeys {
    const ON: bool = true;

    fn open(&mut self) {
        self.objects.push((self.keys.len(), self.decoded.len()));
    }

    fn key(&mut self, bytes: &[u8], key: StringSpan) {
        let at = key.start.saturating_sub(1);
        let raw = if key.escaped { bytes.get(key.start..key.end) } else { None };
        self.keys.push(match raw.and_then(|raw| str::from_utf8(raw).ok()) {
            Some(raw) => {
                let start = self.decoded.len();
                self.decoded.extend(unescape(raw));
                let end = self.decoded.len();
                let order = order(self.decoded.as_bytes(), start, end);
                Key { at, order, start, end, decoded: true }
            }
            None => {
                let order = order(bytes, key.start, key.end);
                Key { at, order, start: key.start, end: key.end, decoded: false }
            }
        });
    }

    fn close(&mut self, bytes: &[u8]) -> Result<(), JsonError> {
        let (first, text_start) = self.objects.pop().unwrap_or_default();
        let decoded = self.decoded.as_str();
        let keys = self.keys.get_mut(first..).unwrap_or_default();
        keys.sort_unstable_by(|a, b| text(a, bytes, decoded).cmp(text(b, bytes, decoded)).then(a.at.cmp(&b.at)));
        let twice = keys
            .windows(2)
            .filter_map(|pair| match pair {
                [a, b] if a.order == b.order && text(a, bytes, decoded) == text(b, bytes, decoded) => Some(b.at),
                _ => None,
            })
            .min();
        self.keys.truncate(first);
        self.decoded.truncate(text_start);
        match twice {
            Some(offset) => Err(JsonError { kind: JsonErrorKind::DuplicateKey, offset }),
            None => Ok(()),
        }
    }
}
