//! One pass over an event that checks all of it and picks up what the paths of a program ask for.
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
use super::scan::Scanner;
use super::skip::{Nesting, Skip};
use super::slot::{Slot, Slots, Span};
use super::trie::{EVERY, PathTrie};
use super::{JsonError, JsonErrorKind};

/// An open container that the trie leads into.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub node: u32,
    /// Where its bracket stands.
    pub start: usize,
    pub object: bool,
    /// A value of it has been read, so a comma or its end comes next.
    started: bool,
    /// Edges that have not been met yet.
    pub missing: usize,
    /// Of an array: the index of the next element.
    pub index: u32,
}

impl Frame {
    /// Around the event, where nothing is open.
    pub const OUTSIDE: Self = Self::of(u32::MAX, 0, false, 0);

    /// A container that has just been opened.
    pub const fn of(node: u32, start: usize, object: bool, missing: usize) -> Self {
        Self { node, start, object, started: false, missing, index: 0 }
    }
}

/// What to do after the values of a frame that could be read in one go.
enum Next {
    /// A value in it is led into as well.
    Down,
    /// It has ended.
    Up,
}

/// The pass.
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
    pub slots: Slots<'x>,
    /// The innermost open container, and those around it, from [`Frame::OUTSIDE`] on.
    pub frame: Frame,
    pub frames: &'x mut Vec<Frame>,
    pub nesting: &'x mut Nesting,
    pub key: &'x mut String,
}

impl Walk<'_, '_> {
    /// Reads the whole event; the position is at its first byte that is not whitespace.
    pub fn run(&mut self) -> Result<(), JsonError> {
        if !self.read(0)? {
            self.float_root = matches!(self.slots.get(0), Some(Slot::Float(_)));
            return self.scan.finish();
        }
        loop {
            let next = if self.frame.object { self.object()? } else { self.array()? };
            match next {
                Next::Down => {}
                Next::Up => {
                    let span = Span::new(self.frame.start, self.scan.pos());
                    self.slots
                        .set(self.frame.node, if self.frame.object { Slot::Object(span) } else { Slot::Array(span) });
                    self.depth = self.depth.saturating_sub(1);
                    self.frame = self.frames.pop().unwrap_or(Frame::OUTSIDE);
                    if self.frames.is_empty() {
                        return self.scan.finish();
                    }
                }
            }
        }
    }

    /// Members of an object, up to one that is led into or the end.
    #[inline]
    fn object(&mut self) -> Result<Next, JsonError> {
        let trie = self.trie;
        let edges = trie.node(self.frame.node).map(|node| trie.edges(node)).unwrap_or_default();
        loop {
            if self.first && self.frame.missing == 0 {
                return self.leave();
            }
            if self.at_end(b'}')? {
                return Ok(Next::Up);
            }
            let key = self.scan.key()?;
            let child = if key.escaped {
                trie.escaped_child(edges, self.text.get(key.start..key.end).unwrap_or_default(), self.key)
            } else {
                trie.child(edges, self.scan.bytes(), key.start, key.end)
            };
            let Some(child) = child else {
                self.skip(edges.kinds())?;
                continue;
            };
            match self.slots.get(child) {
                Some(Slot::Missing) => self.frame.missing = self.frame.missing.saturating_sub(1),
                _ if self.first => {
                    self.skip(edges.kinds())?;
                    continue;
                }
                _ => self.slots.forget(trie, child),
            }
            if self.read(child)? {
                return Ok(Next::Down);
            }
        }
    }

    /// Elements of an array, up to one that is led into or the last that is asked for.
    #[inline]
    fn array(&mut self) -> Result<Next, JsonError> {
        let trie = self.trie;
        let edges = trie.node(self.frame.node).map(|node| trie.index_edges(node)).unwrap_or_default();
        loop {
            // Indexes ascend, so those not met yet are the last ones.
            let Some(edge) = edges.get(edges.len().saturating_sub(self.frame.missing)) else {
                return self.leave();
            };
            if self.at_end(b']')? {
                return Ok(Next::Up);
            }
            let index = self.frame.index;
            self.frame.index = index.saturating_add(1);
            if index != edge.index {
                self.skip(EVERY)?;
                continue;
            }
            self.frame.missing = self.frame.missing.saturating_sub(1);
            if self.read(edge.node)? {
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
    fn leave(&mut self) -> Result<Next, JsonError> {
        let limit = self.max_depth.saturating_sub(self.depth).saturating_add(1);
        let object = self.frame.object;
        let Self { scan, nesting, .. } = self;
        Skip { scan, nesting, keys: &mut NoKeys, limit, asked: EVERY }.rest(object)?;
        Ok(Next::Up)
    }

    /// Reads the value at the position into a node's slot, or steps into it where the trie does: true then.
    #[inline]
    fn read(&mut self, node: u32) -> Result<bool, JsonError> {
        let slot = match self.scan.token() {
            b'"' => {
                let body = self.scan.string()?;
                let span = Span::new(body.start, body.end);
                if body.escaped { Slot::Escaped(span) } else { Slot::Text(span) }
            }
            b'-' | b'0'..=b'9' => {
                let digits = self.scan.number()?;
                Slot::of_number(&digits, self.text)
            }
            b'{' | b'[' => return self.container(node),
            byte => {
                self.scan.literal()?;
                Slot::of_literal(byte)
            }
        };
        self.slots.set(node, slot);
        Ok(false)
    }

    /// Steps into a container, or over it where the trie does not lead on.
    fn container(&mut self, node: u32) -> Result<bool, JsonError> {
        let start = self.scan.pos();
        let object = self.scan.peek() == b'{';
        let missing = self.trie.ways_on(node, object);
        if missing == 0 {
            self.skip(EVERY)?;
            let span = Span::new(start, self.scan.pos());
            self.slots.set(node, if object { Slot::Object(span) } else { Slot::Array(span) });
            return Ok(false);
        }
        if self.depth >= self.max_depth {
            return Err(self.scan.error(JsonErrorKind::TooDeep));
        }
        self.depth = self.depth.saturating_add(1);
        self.slots.set(node, Slot::Open);
        self.scan.bump();
        self.frames.push(self.frame);
        self.frame = Frame::of(node, start, object, missing);
        Ok(true)
    }

    /// Past a value that nobody asks for, and past members behind it whose keys are of no kind that is `asked` for.
    #[inline]
    fn skip(&mut self, asked: u64) -> Result<(), JsonError> {
        let limit = self.max_depth.saturating_sub(self.depth);
        let Self { scan, nesting, .. } = self;
        Skip { scan, nesting, keys: &mut NoKeys, limit, asked }.value()
    }
}
