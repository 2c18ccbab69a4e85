//! The pass over text that is known to be JSON: from one structural character to the next.
//!
//! ```text
//!  text    {"user":{"id":7,"tags":["a:b"]},"blob":{"x":{..},"y":1}}
//!  visited ^      ^^    ^       ^^      ^ ^      ^^   ^   ^      ^^      keys that nobody asks for are not even compared
//! ```
//!
//! Where colons, commas and brackets stand outside of strings is found for sixty-four bytes at once; between them nothing is looked at
//! but keys of a kind that is asked for, and values that are. On other text the values mean nothing, but nothing panics and every
//! step moves forward.

use alloc::string::String;
use alloc::vec::Vec;

use super::block;
use super::kernel;
use super::scan::Scanner;
use super::slot::{Slot, Slots, Span};
use super::trie::{Keys, PathTrie, kind};
use super::walk::Frame;
use super::window::{Window, from, key_before};
use super::{JsonError, JsonErrorKind};

/// No node: the next bracket opens something that nobody asks for.
const NOBODY: u32 = u32::MAX;

/// The pass.
pub(super) struct Leap<'x, 'e> {
    text: &'e str,
    trie: &'x PathTrie,
    /// Of duplicate keys the first counts.
    first: bool,
    limits: Limits,
    slots: Slots<'x>,
    /// The innermost open container that is asked for, and those around it, from [`Frame::OUTSIDE`] on.
    frame: Frame,
    frames: &'x mut Vec<Frame>,
    key: &'x mut String,
    /// What is asked for in the frame, and of what kinds its keys are.
    asked: Asked<'x>,
    kinds: u64,
    /// Containers that are open in the frame and that nobody asks for.
    over: u32,
    /// Whose value the next bracket opens.
    entering: u32,
    /// All that is asked for was found.
    done: bool,
    window: Window,
}

/// What the visit of a container is for.
#[derive(Clone, Copy)]
enum Asked<'x> {
    /// Where it ends.
    End,
    /// Members with one of these keys.
    Keys(Keys<'x>),
    /// Elements.
    Elements,
}

/// What is allowed.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    pub max_depth: u32,
    pub max_digits: u32,
}

impl<'x, 'e> Leap<'x, 'e> {
    pub fn new(
        (text, trie): (&'e str, &'x PathTrie),
        first: bool,
        limits: Limits,
        slots: Slots<'x>,
        (frames, key): (&'x mut Vec<Frame>, &'x mut String),
    ) -> Self {
        let (frame, asked, window) = (Frame::OUTSIDE, Asked::End, Window::first(text.as_bytes()));
        let (over, entering, done, kinds) = (0, 0, false, 0);
        Self { text, trie, first, limits, slots, frame, frames, key, asked, kinds, over, entering, done, window }
    }

    /// Reads the whole event, whose first character that is no whitespace is a bracket.
    pub fn run(mut self) -> Result<(), JsonError> {
        let bytes = self.text.as_bytes();
        self.look_from(0);
        loop {
            while self.window.left == 0 {
                if !self.window.next(bytes) {
                    return Err(error(JsonErrorKind::UnexpectedEnd, bytes.len()));
                }
                self.look_from(self.window.start);
            }
            let bit = self.window.left.trailing_zeros() as usize;
            self.window.left &= self.window.left.wrapping_sub(1);
            let at = self.window.start.wrapping_add(bit);
            match kernel::byte_at(bytes, at) {
                b':' => match self.window.key(bytes, bit) {
                    // Most keys are of no kind that is asked for.
                    Some((start, end)) if self.kinds & kind(bytes.get(start), end.wrapping_sub(start)) == 0 => continue,
                    Some(key) => self.member(at, key, false)?,
                    None => self.odd_member(at)?,
                },
                b',' => self.element(at.wrapping_add(1))?,
                b'{' | b'[' => self.open(at)?,
                _ => {
                    if self.close(at) {
                        return self.finish(at.wrapping_add(1));
                    }
                }
            }
            if self.done {
                return Ok(());
            }
        }
    }

    /// Chooses what is visited of the block from a position on.
    #[inline(always)]
    fn look_from(&mut self, at: usize) {
        let Window { marks, inside, start, .. } = &self.window;
        let asked = match self.asked {
            Asked::Keys(_) if self.over == 0 => marks.colons,
            Asked::Elements if self.over == 0 => block::commas(self.text.as_bytes(), *start),
            _ => 0,
        };
        self.window.left = (asked | marks.brackets) & !inside & from(at.wrapping_sub(*start));
    }

    /// Looks for nothing more in the frame but its end, and not for that if nobody wants to know.
    fn leave(&mut self, at: usize) {
        let done = |frame: &Frame| frame.missing == 0 && self.trie.node(frame.node).is_some_and(|node| !node.wanted);
        self.done = self.first && self.entering == NOBODY && done(&self.frame) && self.frames.iter().skip(1).all(done);
        (self.asked, self.kinds) = (Asked::End, 0);
        self.look_from(at);
    }

    /// A key that may have escapes or whitespace behind it, or stands in several blocks.
    #[cold]
    fn odd_member(&mut self, colon: usize) -> Result<(), JsonError> {
        let bytes = self.text.as_bytes();
        let (start, end) = key_before(bytes, colon);
        let escaped = bytes.get(start..end).unwrap_or_default().contains(&b'\\');
        self.member(colon, (start, end), escaped)
    }

    /// A key whose colon is here, and its value.
    #[inline(always)]
    fn member(&mut self, colon: usize, (start, end): (usize, usize), escaped: bool) -> Result<(), JsonError> {
        let Asked::Keys(keys) = self.asked else { return Ok(()) };
        let bytes = self.text.as_bytes();
        let child = if escaped {
            self.trie.escaped_child(keys, self.text.get(start..end).unwrap_or_default(), self.key)
        } else {
            self.trie.child(keys, bytes, start, end)
        };
        let Some(child) = child else { return Ok(()) };
        match self.slots.get(child) {
            Some(Slot::Missing) => self.frame.missing = self.frame.missing.saturating_sub(1),
            _ if self.first => return Ok(()),
            _ => self.slots.forget(self.trie, child),
        }
        self.value(child, colon.wrapping_add(1))?;
        if self.first && self.frame.missing == 0 {
            self.leave(colon);
        }
        Ok(())
    }

    /// The next element of an array, which begins behind its bracket or a comma.
    fn element(&mut self, at: usize) -> Result<(), JsonError> {
        let trie = self.trie;
        let edges = trie.node(self.frame.node).map(|node| trie.index_edges(node)).unwrap_or_default();
        let index = self.frame.index;
        self.frame.index = index.saturating_add(1);
        // Indexes ascend, so those not met yet are the last ones.
        let next = edges.get(edges.len().saturating_sub(self.frame.missing));
        let Some(edge) = next.filter(|edge| edge.index == index) else { return Ok(()) };
        let at = kernel::find_nonspace(self.text.as_bytes(), at);
        if kernel::byte_at(self.text.as_bytes(), at) == b']' {
            return Ok(());
        }
        self.frame.missing = self.frame.missing.saturating_sub(1);
        self.value(edge.node, at)?;
        if self.frame.missing == 0 {
            self.leave(at);
        }
        Ok(())
    }

    /// Reads the value at a position into a node's slot; into a container the pass goes at its bracket.
    #[inline]
    fn value(&mut self, node: u32, at: usize) -> Result<(), JsonError> {
        let bytes = self.text.as_bytes();
        let at = kernel::find_nonspace(bytes, at);
        let slot = match kernel::byte_at(bytes, at) {
            b'"' => {
                let Some((end, escaped)) = self.window.string(bytes, at) else {
                    return Err(error(JsonErrorKind::UnexpectedEnd, bytes.len()));
                };
                let span = Span::new(at.wrapping_add(1), end);
                if escaped { Slot::Escaped(span) } else { Slot::Text(span) }
            }
            b'-' | b'0'..=b'9' => {
                if let Some(slot) = Slot::of_short_number(bytes, at) {
                    slot
                } else {
                    self.long_number(at)?
                }
            }
            b'{' | b'[' => {
                self.entering = node;
                return Ok(());
            }
            byte => {
                if kernel::literal_end(bytes, at).is_none() {
                    return Err(error(JsonErrorKind::ExpectedValue, at));
                }
                Slot::of_literal(byte)
            }
        };
        self.slots.set(node, slot);
        Ok(())
    }

    /// A number that is not short and plain.
    #[inline(never)]
    fn long_number(&self, at: usize) -> Result<Slot, JsonError> {
        let mut scan = Scanner::new(self.text.as_bytes(), self.limits.max_digits);
        scan.seek(at);
        Ok(Slot::of_number(&scan.number()?, self.text))
    }

    /// A bracket that opens a container.
    #[inline]
    fn open(&mut self, at: usize) -> Result<(), JsonError> {
        let node = core::mem::replace(&mut self.entering, NOBODY);
        if node == NOBODY {
            self.over = self.over.saturating_add(1);
            self.window.left &= self.window.marks.brackets;
            return Ok(());
        }
        let object = kernel::byte_at(self.text.as_bytes(), at) == b'{';
        let missing = self.trie.ways_on(node, object);
        if missing > 0 && self.frames.len() >= self.limits.max_depth as usize {
            return Err(error(JsonErrorKind::TooDeep, at));
        }
        self.slots.set(node, Slot::Open);
        self.frames.push(self.frame);
        self.frame = Frame::of(node, at, object, missing);
        self.ask();
        self.look_from(at.wrapping_add(1));
        if matches!(self.asked, Asked::Elements) { self.element(at.wrapping_add(1)) } else { Ok(()) }
    }

    /// What the frame is visited for.
    #[inline]
    fn ask(&mut self) {
        let Frame { node, object, missing, .. } = self.frame;
        self.asked = match self.trie.node(node) {
            Some(node) if object && (missing > 0 || !self.first) => Asked::Keys(self.trie.edges(node)),
            Some(_) if !object && missing > 0 => Asked::Elements,
            _ => Asked::End,
        };
        self.kinds = if let Asked::Keys(keys) = self.asked { keys.kinds() } else { 0 };
    }

    /// A bracket that closes a container; true if that is the event.
    #[inline]
    fn close(&mut self, at: usize) -> bool {
        let behind = at.wrapping_add(1);
        if self.over > 0 {
            self.over = self.over.saturating_sub(1);
            if self.over == 0 {
                self.look_from(behind);
            }
            return false;
        }
        let span = Span::new(self.frame.start, behind);
        self.slots.set(self.frame.node, if self.frame.object { Slot::Object(span) } else { Slot::Array(span) });
        self.frame = self.frames.pop().unwrap_or(Frame::OUTSIDE);
        if self.frames.is_empty() {
            return true;
        }
        self.ask();
        if matches!(self.asked, Asked::End) {
            self.leave(behind)
        } else {
            self.look_from(behind)
        }
        false
    }

    /// Nothing but whitespace may stand behind the event.
    fn finish(&self, at: usize) -> Result<(), JsonError> {
        let end = kernel::find_nonspace(self.text.as_bytes(), at);
        if end < self.text.len() { Err(error(JsonErrorKind::TrailingData, end)) } else { Ok(()) }
    }
}

#[cold]
const fn error(kind: JsonErrorKind, offset: usize) -> JsonError {
    JsonError { kind, offset }
}

#[cfg(test)]
mod tests {
    use crate::json::{DuplicateKeys, Extraction, PathTrie, ReadOptions, Validate};
    use crate::{PathId, Segment};
    use alloc::format;
    use alloc::string::String;
    use alloc::vec::Vec;

    fn paths() -> Vec<Vec<Segment>> {
        let path = |text: &str| {
            text.split('.')
                .map(|step| step.parse().map_or_else(|_| Segment::Key(step.into()), Segment::Index))
                .collect()
        };
        ["a", "b.c", "b.list.1.x", "b.list.3", "b.odd", "long_key_of_many_bytes", "z"].into_iter().map(path).collect()
    }

    /// Everything that both passes find in a text.
    fn found(text: &str, validate: Validate, duplicate_keys: DuplicateKeys) -> Vec<String> {
        let trie = PathTrie::new(&paths());
        let mut extraction = Extraction::new();
        let options = ReadOptions { validate, duplicate_keys, ..ReadOptions::default() };
        extraction.read(&trie, text.as_bytes(), &options).unwrap();
        (0..7).map(|at| format!("{:?}", extraction.get(text, PathId::new(at)))).collect()
    }

    /// Looking back from each colon to the last quote would take minutes.
    #[test]
    fn text_that_is_no_json_takes_time_in_proportion_to_its_length() {
        let trie = PathTrie::new(&paths());
        let options = ReadOptions { validate: Validate::Trusted, ..ReadOptions::default() };
        for part in [":", "\\\":", "x:", " :", "\"\":", "\"\\\"\":", "{:", "a\":"] {
            let text = format!("{{\"q\":{}", part.repeat(1_000_000));
            // Whatever is found or refused means nothing.
            let _ = Extraction::new().read(&trie, text.as_bytes(), &options);
        }
    }

    #[test]
    fn both_passes_find_the_same_wherever_blocks_begin() {
        for padding in 0..200 {
            for filler in ["x", "\\\\", "\\\"", "é", "]", ":"] {
                let skipped = filler.repeat(padding);
                for text in [
                    format!(
                        r#"{{"s":"{skipped}","a":-12.5,"b":{{"q":[[{{"a":1}}],","],"c":"ü{skipped}","list":[0,{{"x":null}},[],true],"odd":12345678901234567890}},"long_key_of_many_bytes":1e3,"z":{{"a":":"}}}}"#
                    ),
                    format!(
                        "{{ \"s\" : \"{skipped}\"{},\"\\u0061\"\n:\t0 , \"b\" : {{\"list\": [ 1 , {{ \"x\" : [7] }} ,2, \"{skipped}\"], \"c\":0.1}} , \"a\" : 7,\"z\":[]}} ",
                        " ".repeat(padding)
                    ),
                ] {
                    for keys in [DuplicateKeys::First, DuplicateKeys::Last] {
                        let checked = found(&text, Validate::Full, keys);
                        assert_eq!(found(&text, Validate::Trusted, keys), checked, "{keys:?} {text}");
                    }
                }
            }
        }
    }
}
