//! What callers hold: the scratch that reading fills, and the facts it gives.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::duplicates::{NoKeys, UniqueKeys};
use super::leap::{Leap, Limits};
use super::scan::Scanner;
use super::skip::{Nesting, Skip};
use super::slot::{Slot, Slots};
use super::trie::{EVERY, PathTrie};
use super::walk::{Frame, Walk};
use super::{DuplicateKeys, JsonError, JsonErrorKind, ReadOptions, Validate};
use crate::{Facts, Kind, PathId, Value};

/// What one event gave for the paths of a [`PathTrie`]. Made once and used for event after event: its
/// buffers are kept, so reading allocates nothing once they have grown.
#[derive(Clone, Debug)]
pub struct Extraction {
    slots: Vec<Slot>,
    targets: Arc<[u32]>,
    root: Kind,
    frames: Vec<Frame>,
    nesting: Nesting,
    unique: UniqueKeys,
    key: String,
}

impl Default for Extraction {
    fn default() -> Self {
        Self {
            slots: Vec::new(),
            targets: Arc::new([]),
            root: Kind::Missing,
            frames: Vec::new(),
            nesting: Nesting::default(),
            unique: UniqueKeys::default(),
            key: String::new(),
        }
    }
}

impl Extraction {
    /// Empty scratch: every path is missing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads an event; what an earlier one gave is forgotten. Returns the event as text, which [`Self::get`]
    /// wants back.
    ///
    /// An event may be any JSON value; in one that is not a container every path is missing.
    ///
    /// # Errors
    /// The event is not UTF-8, not JSON (as far as [`ReadOptions::validate`] looks), or over a limit. Every path
    /// is missing then.
    pub fn read<'e>(&mut self, trie: &PathTrie, event: &'e [u8], options: &ReadOptions) -> Result<&'e str, JsonError> {
        let event = match utf8(event) {
            Ok(event) => event,
            Err(error) => {
                self.reset(trie);
                return Err(error);
            }
        };
        self.read_str(trie, event, options)?;
        Ok(event)
    }

    /// As [`Self::read`], for an event that is text already: saves the check for UTF-8.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn read_str(&mut self, trie: &PathTrie, event: &str, options: &ReadOptions) -> Result<(), JsonError> {
        self.reset(trie);
        let read = self.walk(trie, event, options);
        if read.is_err() {
            self.reset(trie);
        }
        read
    }

    /// The value at a path of the trie last read with. `event` is the text that reading returned.
    #[must_use]
    #[inline(always)]
    pub fn get<'a>(&'a self, event: &'a str, id: PathId) -> Value<'a> {
        self.slot(id).map_or(Value::Missing, |slot| slot.value(event))
    }

    /// The value at a path if it is an integer that fits 64 bits.
    #[must_use]
    #[inline(always)]
    pub fn int(&self, id: PathId) -> Option<i64> {
        if let Slot::Int(value) = self.slot(id)? { Some(*value) } else { None }
    }

    /// The value at a path if it is a double.
    #[must_use]
    #[inline(always)]
    pub fn float(&self, id: PathId) -> Option<f64> {
        if let Slot::Float(value) = self.slot(id)? { Some(*value) } else { None }
    }

    /// The value at a path if it is `true` or `false`.
    #[must_use]
    #[inline(always)]
    pub fn truth(&self, id: PathId) -> Option<bool> {
        if let Slot::Bool(value) = self.slot(id)? { Some(*value) } else { None }
    }

    /// The value at a path if it is text without escapes. `event` is the text that reading returned.
    #[must_use]
    #[inline(always)]
    pub fn text<'a>(&self, event: &'a str, id: PathId) -> Option<&'a str> {
        if let Slot::Text(span) = self.slot(id)? { span.of(event) } else { None }
    }

    /// The bytes of [`text`](Self::text).
    #[must_use]
    #[inline(always)]
    pub fn text_bytes<'a>(&self, event: &'a str, id: PathId) -> Option<&'a [u8]> {
        if let Slot::Text(span) = self.slot(id)? { span.bytes_of(event) } else { None }
    }

    /// The text of an array at a path. `event` is the text that reading returned.
    #[must_use]
    #[inline(always)]
    pub fn json_array<'a>(&self, event: &'a str, id: PathId) -> Option<&'a str> {
        if let Slot::Array(span) = self.slot(id)? { span.of(event) } else { None }
    }

    /// Whether the event has nothing at a path.
    #[must_use]
    #[inline(always)]
    pub fn is_missing(&self, id: PathId) -> bool {
        matches!(self.slot(id), None | Some(Slot::Missing))
    }

    #[inline(always)]
    fn slot(&self, id: PathId) -> Option<&Slot> {
        self.slots.get(*self.targets.get(id.index())? as usize)
    }

    /// What kind of value the event as a whole is; missing before the first event and after an error.
    #[must_use]
    pub const fn root_kind(&self) -> Kind {
        self.root
    }

    fn reset(&mut self, trie: &PathTrie) {
        self.slots.clear();
        self.slots.resize(trie.node_count(), Slot::Missing);
        self.root = Kind::Missing;
        // Counting the reference up and down would touch memory that other readers share.
        if !Arc::ptr_eq(&self.targets, trie.targets()) {
            self.targets = Arc::clone(trie.targets());
        }
    }

    fn walk(&mut self, trie: &PathTrie, text: &str, options: &ReadOptions) -> Result<(), JsonError> {
        check_length(text.len())?;
        let mut scan = Scanner::new(text.as_bytes(), options.max_number_digits);
        let mut trusted = options.validate == Validate::Trusted;
        if options.duplicate_keys == DuplicateKeys::Reject {
            check(&mut scan, &mut self.nesting, &mut self.unique, options)?;
            scan.seek(0);
            trusted = true;
        }
        self.root = match scan.token() {
            b'{' => Kind::Object,
            b'[' => Kind::Array,
            b'"' => Kind::Text,
            b't' | b'f' => Kind::Bool,
            b'n' => Kind::Null,
            _ => Kind::Int,
        };
        self.frames.clear();
        let first = options.duplicate_keys != DuplicateKeys::Last;
        if trusted && matches!(self.root, Kind::Object | Kind::Array) {
            let limits = Limits { max_depth: options.max_depth, max_digits: options.max_number_digits };
            let slots = Slots(&mut self.slots);
            return Leap::new((text, trie), first, limits, slots, (&mut self.frames, &mut self.key)).run();
        }
        let mut walk = Walk {
            scan,
            text,
            trie,
            first,
            max_depth: options.max_depth,
            depth: 0,
            float_root: false,
            slots: Slots(&mut self.slots),
            frame: Frame::OUTSIDE,
            frames: &mut self.frames,
            nesting: &mut self.nesting,
            key: &mut self.key,
        };
        walk.run()?;
        if walk.float_root {
            self.root = Kind::Float;
        }
        Ok(())
    }
}

/// The event as text.
fn utf8(event: &[u8]) -> Result<&str, JsonError> {
    str::from_utf8(event).map_err(|error| JsonError { kind: JsonErrorKind::NotUtf8, offset: error.valid_up_to() })
}

/// Positions are kept in 32 bits.
fn check_length(len: usize) -> Result<(), JsonError> {
    match u32::try_from(len) {
        Ok(len) if len < u32::MAX => Ok(()),
        _ => Err(JsonError { kind: JsonErrorKind::TooLong, offset: u32::MAX as usize }),
    }
}

/// Validates the whole event, duplicate keys included.
fn check(
    scan: &mut Scanner<'_>,
    nesting: &mut Nesting,
    unique: &mut UniqueKeys,
    options: &ReadOptions,
) -> Result<(), JsonError> {
    unique.clear();
    Skip { scan, nesting, keys: unique, limit: options.max_depth, asked: EVERY }.value()?;
    scan.finish()
}

/// Checks that bytes are one JSON value under the limits of `options`, and gives them back as text.
/// [`ReadOptions::validate`] makes no difference here.
///
/// # Errors
/// What is wrong first, and where.
pub fn validate<'e>(bytes: &'e [u8], options: &ReadOptions) -> Result<&'e str, JsonError> {
    let text = utf8(bytes)?;
    check_length(bytes.len())?;
    let mut scan = Scanner::new(bytes, options.max_number_digits);
    let mut nesting = Nesting::default();
    if options.duplicate_keys == DuplicateKeys::Reject {
        check(&mut scan, &mut nesting, &mut UniqueKeys::default(), options)?;
    } else {
        Skip { scan: &mut scan, nesting: &mut nesting, keys: &mut NoKeys, limit: options.max_depth, asked: EVERY }
            .value()?;
        scan.finish()?;
    }
    Ok(text)
}

/// The fields of one event, as a program reads them.
#[derive(Clone, Copy, Debug)]
pub struct JsonFacts<'a> {
    event: &'a str,
    extraction: &'a Extraction,
    now_us: Option<i64>,
}

impl<'a> JsonFacts<'a> {
    /// Pairs what [`Extraction::read`] returned with the extraction it filled.
    #[must_use]
    pub const fn new(event: &'a str, extraction: &'a Extraction) -> Self {
        Self { event, extraction, now_us: None }
    }

    /// With a time that counts as now, in microseconds since 1970 UTC. Default: none, and conditions that ask for it are errors.
    #[must_use]
    pub const fn at(self, now_us: i64) -> Self {
        Self { now_us: Some(now_us), ..self }
    }
}

impl Facts for JsonFacts<'_> {
    #[inline(always)]
    fn get(&self, path: PathId) -> Value<'_> {
        self.extraction.get(self.event, path)
    }

    fn now_us(&self) -> Option<i64> {
        self.now_us
    }

    #[inline(always)]
    fn int(&self, path: PathId) -> Option<i64> {
        self.extraction.int(path)
    }

    #[inline(always)]
    fn float(&self, path: PathId) -> Option<f64> {
        self.extraction.float(path)
    }

    #[inline(always)]
    fn truth(&self, path: PathId) -> Option<bool> {
        self.extraction.truth(path)
    }

    #[inline(always)]
    fn text(&self, path: PathId) -> Option<&str> {
        self.extraction.text(self.event, path)
    }

    #[inline(always)]
    fn text_bytes(&self, path: PathId) -> Option<&[u8]> {
        self.extraction.text_bytes(self.event, path)
    }

    #[inline(always)]
    fn json_array(&self, path: PathId) -> Option<&str> {
        self.extraction.json_array(self.event, path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Segment;
    use alloc::vec;

    #[test]
    fn reading_again_forgets_the_event_before() {
        let trie = PathTrie::new(&[vec![Segment::Key("a".into())]]);
        let mut extraction = Extraction::new();
        extraction.read(&trie, br#"{"a": 1}"#, &ReadOptions::default()).unwrap();
        assert!(matches!(extraction.int(PathId::new(0)), Some(1)));
        let event = extraction.read(&trie, b"[]", &ReadOptions::default()).unwrap();
        assert!(matches!(extraction.get(event, PathId::new(0)), Value::Missing));
        assert_eq!(extraction.root_kind(), Kind::Array);
    }
}
