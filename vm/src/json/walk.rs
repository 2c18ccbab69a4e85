//! One pass over an event that picks up what the paths of a program ask for.
//!
//! ```text
//!  event  {"user": {"id": 7, "tags": [..]}, "blob": {...}}
//!  trie     user ──▶ id                                        frames: containers the trie leads into
//!  slots             Int(7)                                    skip:   everything else
//! ```
//!
//! The pass walks into a container only where the trie does; every other value goes through the skip, which is
//! the tight loop.

use alloc::string::String;
use alloc::vec::Vec;

use super::duplicates::NoKeys;
use super::scan::{Scanner, StringSpan};
use super::skip::{At, Nesting, Skip, unasked_key};
use super::slot::{Slot, Span};
use super::text::decode_into;
use super::trie::{EVERY, Keys, PathTrie};
use super::{JsonError, JsonErrorKind, skim};
use crate::Value;

/// An open container that the trie leads into.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    node: u32,
    /// Where its bracket stands.
    start: usize,
    object: bool,
    /// A value of it has been read, so a comma or its end comes next.
    started: bool,
    /// Edges that have not been met yet.
    missing: usize,
    /// Of an array: the index of the next element.
    index: u32,
}

impl Frame {
    /// Around the event, where nothing is open.
    pub const OUTSIDE: Self = Self { node: u32::MAX, start: 0, object: false, started: false, missing: 0, index: 0 };
}

/// What to do after the values of a frame that could be read in one go.
enum Next {
    /// A value in it is led into as well.
    Down,
    /// It has ended.
    Up,
    /// Nothing further on can matter.
    Stop,
}

/// The pass. Whether what is stepped over gets checked is a parameter of its methods, so that each of the
/// two passes is compiled without the other's branches.
pub(super) struct Walk<'x, 'e> {
    pub scan: Scanner<'e>,
    pub text: &'e str,
    pub trie: &'x PathTrie,
    /// Of duplicate keys the first counts.
    pub first: bool,
    pub max_depth: u32,
    /// How many containers are open.
    pub depth: u32,
    /// The event as a whole is a number with fraction or exponent.
    pub float_root: bool,
    pub slots: &'x mut [Slot],
    /// The innermost open container, and those around it, from [`Frame::OUTSIDE`] on.
    pub frame: Frame,
    pub frames: &'x mut Vec<Frame>,
    pub nesting: &'x mut Nesting,
    pub key: &'x mut String,
}

impl Walk<'_, '_> {
    /// Reads the whole event; the position is at its first byte that is not whitespace.
    pub fn run<const TRUSTED: bool>(&mut self) -> Result<(), JsonError> {
        if !self.read::<TRUSTED>(0)? {
            self.float_root = matches!(self.slots.first(), Some(Slot::Float(_)));
            return self.scan.finish();
        }
        loop {
            let next = if self.frame.object { self.object::<TRUSTED>()? } else { self.array::<TRUSTED>()? };
            match next {
                Next::Down => {}
                Next::Up => {
                    let span = Span::new(self.frame.start, self.scan.pos());
                    self.set(self.frame.node, if self.frame.object { Slot::Object(span) } else { Slot::Array(span) });
                    self.depth = self.depth.saturating_sub(1);
                    self.frame = self.frames.pop().unwrap_or(Frame::OUTSIDE);
                    if self.frames.is_empty() {
                        return self.scan.finish();
                    }
                }
                Next::Stop => return Ok(()),
            }
        }
    }

    /// Members of an object, up to one that is led into or the end.
    #[inline]
    fn object<const TRUSTED: bool>(&mut self) -> Result<Next, JsonError> {
        let trie = self.trie;
        let edges = trie.node(self.frame.node).map(|node| trie.edges(node)).unwrap_or_default();
        loop {
            if self.first && self.frame.missing == 0 {
                return self.leave::<TRUSTED>();
            }
            if self.at_end(b'}')? {
                return Ok(Next::Up);
            }
            let key = self.scan.key()?;
            let child = if key.escaped {
                self.escaped_child(edges, key)
            } else {
                trie.child(edges, self.scan.bytes(), key.start, key.end)
            };
            let Some(child) = child else {
                self.skip::<TRUSTED>(edges.kinds())?;
                continue;
            };
            match self.slots.get(child as usize) {
                Some(Slot::Missing) => self.frame.missing = self.frame.missing.saturating_sub(1),
                _ if self.first => {
                    self.skip::<TRUSTED>(edges.kinds())?;
                    continue;
                }
                _ => self.forget(child),
            }
            if self.read::<TRUSTED>(child)? {
                return Ok(Next::Down);
            }
        }
    }

    /// Elements of an array, up to one that is led into or the last that is asked for.
    #[inline]
    fn array<const TRUSTED: bool>(&mut self) -> Result<Next, JsonError> {
        let trie = self.trie;
        let edges = trie.node(self.frame.node).map(|node| trie.index_edges(node)).unwrap_or_default();
        loop {
            // Indexes ascend, so those not met yet are the last ones.
            let Some(edge) = edges.get(edges.len().saturating_sub(self.frame.missing)) else {
                return self.leave::<TRUSTED>();
            };
            if self.at_end(b']')? {
                return Ok(Next::Up);
            }
            let index = self.frame.index;
            self.frame.index = index.saturating_add(1);
            if index != edge.index {
                self.skip::<TRUSTED>(EVERY)?;
                continue;
            }
            self.frame.missing = self.frame.missing.saturating_sub(1);
            if self.read::<TRUSTED>(edge.node)? {
                return Ok(Next::Down);
            }
        }
    }

    /// Steps to the next member or element; true when the container has ended instead.
    #[inline(always)]
    fn at_end(&mut self, close: u8) -> Result<bool, JsonError> {
        let byte = self.scan.token();
        if byte == close {
            self.scan.bump();
            return Ok(true);
        }
        if !self.frame.started {
            self.frame.started = true;
        } else if byte == b',' {
            self.scan.bump();
        } else {
            return Err(self.scan.error(JsonErrorKind::ExpectedCommaOrEnd));
        }
        Ok(false)
    }

    /// Leaves a container in which nothing is asked for any more.
    fn leave<const TRUSTED: bool>(&mut self) -> Result<Next, JsonError> {
        if TRUSTED {
            let done =
                |frame: &Frame| frame.missing == 0 && self.trie.node(frame.node).is_some_and(|node| !node.wanted);
            if self.first && done(&self.frame) && self.frames.iter().skip(1).all(done) {
                return Ok(Next::Stop);
            }
            let end = skim::container_end(self.scan.bytes(), self.scan.pos());
            self.step_to(end)?;
        } else {
            let limit = self.max_depth.saturating_sub(self.depth).saturating_add(1);
            let object = self.frame.object;
            let Self { scan, nesting, .. } = self;
            Skip { scan, nesting, keys: &mut NoKeys, limit, asked: EVERY }.rest(object)?;
        }
        Ok(Next::Up)
    }

    /// Reads the value at the position into a node's slot, or steps into it where the trie does: true then.
    #[inline]
    fn read<const TRUSTED: bool>(&mut self, node: u32) -> Result<bool, JsonError> {
        let slot = match self.scan.token() {
            b'"' => {
                let body = self.scan.string()?;
                let span = Span::new(body.start, body.end);
                if body.escaped { Slot::Escaped(span) } else { Slot::Text(span) }
            }
            b'-' | b'0'..=b'9' => {
                let digits = self.scan.number()?;
                match digits.value(self.text.get(digits.start..digits.end).unwrap_or_default()) {
                    Value::Int(value) => Slot::Int(value),
                    Value::Float(value) => Slot::Float(value),
                    _ => Slot::BigInt(Span::new(digits.start, digits.end)),
                }
            }
            b'{' | b'[' => return self.container::<TRUSTED>(node),
            byte => {
                self.scan.literal()?;
                match byte {
                    b't' => Slot::Bool(true),
                    b'f' => Slot::Bool(false),
                    _ => Slot::Null,
                }
            }
        };
        self.set(node, slot);
        Ok(false)
    }

    /// Steps into a container, or over it where the trie does not lead on.
    fn container<const TRUSTED: bool>(&mut self, node: u32) -> Result<bool, JsonError> {
        let start = self.scan.pos();
        let object = self.scan.peek() == b'{';
        let missing = self
            .trie
            .node(node)
            .map_or(0, |node| if object { self.trie.edges(node).len() } else { self.trie.index_edges(node).len() });
        if missing == 0 {
            self.skip::<TRUSTED>(EVERY)?;
            let span = Span::new(start, self.scan.pos());
            self.set(node, if object { Slot::Object(span) } else { Slot::Array(span) });
            return Ok(false);
        }
        if self.depth >= self.max_depth {
            return Err(self.scan.error(JsonErrorKind::TooDeep));
        }
        self.depth = self.depth.saturating_add(1);
        self.set(node, Slot::Open);
        self.scan.bump();
        self.frames.push(self.frame);
        self.frame = Frame { node, start, object, started: false, missing, index: 0 };
        Ok(true)
    }

    /// Past a value that nobody asks for, and past members behind it whose keys are of no kind that is `asked` for.
    #[inline]
    fn skip<const TRUSTED: bool>(&mut self, asked: u64) -> Result<(), JsonError> {
        if TRUSTED {
            return self.skim(asked);
        }
        let limit = self.max_depth.saturating_sub(self.depth);
        let Self { scan, nesting, .. } = self;
        Skip { scan, nesting, keys: &mut NoKeys, limit, asked }.value()
    }

    /// As a skip, unchecked.
    fn skim(&mut self, asked: u64) -> Result<(), JsonError> {
        loop {
            match self.scan.token() {
                b'"' => self.scan.string().map(|_| ())?,
                b'{' | b'[' => {
                    let end = skim::container_end(self.scan.bytes(), self.scan.pos().wrapping_add(1));
                    self.step_to(end)?;
                }
                _ => self.scan.seek(skim::scalar_end(self.scan.bytes(), self.scan.pos())),
            }
            let mut at = At { pos: self.scan.pos(), specials: self.scan.specials() };
            if !unasked_key(self.scan.bytes(), &mut at, asked) {
                return Ok(());
            }
            self.scan.resume(at.pos, at.specials);
        }
    }

    /// Goes on after a value that was stepped over unchecked, if it has an end.
    #[inline]
    fn step_to(&mut self, end: Option<usize>) -> Result<(), JsonError> {
        self.scan.seek(end.unwrap_or(self.text.len()));
        if end.is_some() { Ok(()) } else { Err(self.scan.error(JsonErrorKind::UnexpectedEnd)) }
    }

    /// The child for a key written with escapes.
    #[cold]
    fn escaped_child(&mut self, edges: Keys<'_>, key: StringSpan) -> Option<u32> {
        self.key.clear();
        decode_into(self.text.get(key.start..key.end)?, self.key);
        self.trie.child(edges, self.key.as_bytes(), 0, self.key.len())
    }

    /// Empties the slots of a node and of all below it: its key came again.
    #[cold]
    fn forget(&mut self, node: u32) {
        let end = self.trie.node(node).map_or(0, |node| node.end as usize);
        if let Some(slots) = self.slots.get_mut(node as usize..end) {
            slots.fill(Slot::Missing);
        }
    }

    #[inline(always)]
    fn set(&mut self, node: u32, slot: Slot) {
        if let Some(place) = self.slots.get_mut(node as usize) {
            *place = slot;
        }
    }
}
