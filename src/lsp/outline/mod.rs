//! The outline of a text that may be broken: which key or element stands where. The compiler reads sound texts; while one
//! is typed it is hardly ever sound, so this reader takes lines as they come and never gives up.

#[cfg(test)]
mod tests;
mod words;

use std::ops::Range;

use words::{blanks, key, scalar};

/// Deeper nesting is passed over.
const MAX_DEPTH: usize = 100;

/// A key with its value, or an element of a list.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The entry it is in; none at the top.
    pub parent: Option<usize>,
    /// Its key, with quotes if it has them; none for an element.
    pub key: Option<Range<usize>>,
    /// Its value, if that is one word or text on the same line, with quotes if it has them.
    pub value: Option<Range<usize>>,
    /// Where it starts.
    pub start: usize,
}

/// What may stand at the end of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// A key of the entry.
    Key,
    /// The value of the entry.
    Value,
    /// The value of the entry, or a first key of it: behind a dash.
    Either,
}

/// Where the text ends.
#[derive(Clone, Copy, Debug)]
pub struct Tail {
    /// The entry the slot belongs to; none at the top.
    pub entry: Option<usize>,
    pub slot: Slot,
    /// Where the word begins that stands there already.
    pub from: usize,
}

struct Frame {
    entry: Option<usize>,
    indent: usize,
    /// Inside brackets: whether they are those of a mapping.
    flow: Option<bool>,
}

pub struct Outline<'t> {
    text: &'t str,
    pub entries: Vec<Entry>,
    pub tail: Tail,
    /// The entries at the top, and those in each entry.
    top: Vec<usize>,
    children: Vec<Vec<usize>>,
    frames: Vec<Frame>,
    /// Block text of an entry that stands this deep.
    block: Option<usize>,
}

impl<'t> Outline<'t> {
    pub fn new(text: &'t str) -> Self {
        let root = Frame { entry: None, indent: 0, flow: None };
        let tail = Tail { entry: None, slot: Slot::Key, from: 0 };
        let mut outline = Self {
            text,
            entries: Vec::new(),
            tail,
            top: Vec::new(),
            children: Vec::new(),
            frames: vec![root],
            block: None,
        };
        let mut at = 0;
        while at < text.len() {
            at = outline.line(at);
        }
        if text.is_empty() || text.ends_with('\n') {
            outline.blank_line(text.len(), 0);
        }
        outline
    }

    /// What stands at a span, without quotes.
    pub fn word(&self, span: &Range<usize>) -> &'t str {
        let raw = self.text.get(span.clone()).unwrap_or_default();
        let inner = raw.strip_prefix(['"', '\'']).unwrap_or(raw);
        if inner.len() == raw.len() { raw } else { inner.strip_suffix(['"', '\'']).unwrap_or(inner) }
    }

    pub fn key(&self, entry: usize) -> Option<&'t str> {
        Some(self.word(self.entries.get(entry)?.key.as_ref()?))
    }

    pub fn value(&self, entry: usize) -> Option<&'t str> {
        Some(self.word(self.entries.get(entry)?.value.as_ref()?))
    }

    /// The keys that lead to an entry, its own last; an element is an empty one.
    pub fn path(&self, entry: Option<usize>) -> Vec<&'t str> {
        let mut path = Vec::new();
        let mut next = entry;
        while let Some(entry) = next.and_then(|at| self.entries.get(at)) {
            path.push(entry.key.as_ref().map_or("", |key| self.word(key)));
            next = entry.parent;
        }
        path.reverse();
        path
    }

    pub fn children(&self, parent: Option<usize>) -> impl Iterator<Item = usize> + '_ {
        let listed = parent.map_or(Some(&self.top), |parent| self.children.get(parent));
        listed.into_iter().flatten().copied()
    }

    /// The child with this key.
    pub fn child(&self, parent: Option<usize>, key: &str) -> Option<usize> {
        self.children(parent).find(|at| self.key(*at) == Some(key))
    }

    /// The entry whose key or value stands at an offset, and whether it is the key.
    pub fn at(&self, offset: usize) -> Option<(usize, bool)> {
        let holds =
            |span: &Option<Range<usize>>| span.as_ref().is_some_and(|span| span.start <= offset && offset <= span.end);
        self.entries.iter().enumerate().find_map(|(at, entry)| match (holds(&entry.value), holds(&entry.key)) {
            (true, _) => Some((at, false)),
            (_, true) => Some((at, true)),
            _ => None,
        })
    }

    fn push(&mut self, key: Option<Range<usize>>, start: usize, indent: usize) -> usize {
        let at = self.entries.len();
        let Some(frame) = self.frames.last() else { return at };
        let entry = Entry { parent: frame.entry, key, value: None, start };
        match entry.parent {
            Some(parent) => self.children.get_mut(parent).into_iter().for_each(|list| list.push(at)),
            None => self.top.push(at),
        }
        self.children.push(Vec::new());
        self.entries.push(entry);
        if self.frames.last().is_some_and(|frame| frame.flow.is_none()) && self.frames.len() < MAX_DEPTH {
            self.frames.push(Frame { entry: Some(at), indent, flow: None });
        }
        at
    }

    /// Closes what stands deeper than a column, or as deep: `keep` leaves a key there open, for its list.
    fn close(&mut self, column: usize, keep_key: bool) {
        while let [.., last] = self.frames.as_slice() {
            let Some(entry) = last.entry else { return };
            let element = self.entries.get(entry).is_some_and(|entry| entry.key.is_none());
            if last.indent < column || (last.indent == column && keep_key && !element) {
                return;
            }
            self.frames.pop();
        }
    }

    fn innermost(&self) -> Option<usize> {
        self.frames.last().and_then(|frame| frame.entry)
    }

    fn blank_line(&mut self, at: usize, column: usize) {
        let open = self.frames.iter().rev().find(|frame| frame.entry.is_none() || frame.indent < column);
        self.tail = Tail { entry: open.and_then(|frame| frame.entry), slot: Slot::Key, from: at };
    }

    /// Reads the line that starts at an offset; the start of the next one.
    fn line(&mut self, start: usize) -> usize {
        let rest = self.text.get(start..).unwrap_or_default();
        let length = rest.find('\n').map_or(rest.len(), |at| at + 1);
        let (line, next) = (rest.get(..length).unwrap_or_default().trim_end_matches(['\n', '\r']), start + length);
        let column = line.len() - line.trim_start_matches(' ').len();
        if line.trim().is_empty() {
            self.blank_line(start + line.len(), line.len());
            return next;
        }
        if let Some(indent) = self.block {
            if column > indent {
                self.tail.from = start + line.len();
                return next;
            }
            self.block = None;
        }
        let content = line.trim_start_matches(' ');
        if content.starts_with(['#', '%']) || content.starts_with("---") || content.starts_with("...") {
            return next;
        }
        self.content(start, start + line.len(), column).max(next)
    }

    /// Dashes, a key and a value; where reading goes on if a bracket stays open beyond the line.
    fn content(&mut self, start: usize, end: usize, column: usize) -> usize {
        let mut at = start + column;
        let mut dashed = false;
        while self.rest(at, end) == "-" || self.rest(at, end).starts_with("- ") {
            self.close(at - start, true);
            self.push(None, at, at - start);
            dashed = true;
            at += 1;
            at += blanks(self.rest(at, end));
            self.tail = Tail { entry: self.innermost(), slot: Slot::Either, from: at };
        }
        let rest = self.rest(at, end);
        if rest.is_empty() {
            return end;
        }
        if let Some((length, behind)) = key(rest) {
            self.close(at - start, false);
            let entry = self.push(Some(at..at + length), at, at - start);
            at += behind;
            at += blanks(self.rest(at, end));
            self.tail = Tail { entry: Some(entry), slot: Slot::Value, from: at };
            return self.value_at(entry, at, end);
        }
        if dashed {
            return self.innermost().map_or(end, |entry| self.value_at(entry, at, end));
        }
        if rest.starts_with(['{', '[']) {
            return self.flow(at);
        }
        // The beginning of a key, or text that goes on.
        self.blank_line(at, column);
        end
    }

    fn rest(&self, at: usize, end: usize) -> &'t str {
        self.text.get(at..end).unwrap_or_default()
    }

    fn value_at(&mut self, entry: usize, mut at: usize, end: usize) -> usize {
        while self.rest(at, end).starts_with(['&', '!']) && self.rest(at, end).contains(' ') {
            at += self.rest(at, end).find(' ').unwrap_or_default();
            at += blanks(self.rest(at, end));
        }
        let rest = self.rest(at, end);
        match rest.chars().next() {
            None | Some('#') => end,
            Some('{' | '[') => self.flow(at),
            Some('|' | '>') => {
                self.block = self.frames.last().map(|frame| frame.indent);
                end
            }
            Some(_) => {
                let length = scalar(rest, false);
                if let Some(entry) = self.entries.get_mut(entry) {
                    entry.value = Some(at..at + length);
                }
                self.tail.from = at;
                end
            }
        }
    }

    /// Reads brackets from their start to their end, over lines; where it ends.
    fn flow(&mut self, mut at: usize) -> usize {
        let base = self.frames.len();
        // The entry that waits for its value.
        let mut open: Option<usize> = self.innermost();
        loop {
            let rest = self.text.get(at..).unwrap_or_default();
            let Some(first) = rest.chars().next() else { break };
            match first {
                '{' | '[' => {
                    if self.frames.last().is_some_and(|frame| frame.flow == Some(false)) {
                        open = Some(self.push(None, at, 0));
                    }
                    if self.frames.len() >= MAX_DEPTH + base {
                        break;
                    }
                    let flow = Some(first == '{');
                    self.frames.push(Frame { entry: open, indent: 0, flow });
                    self.flow_tail(at + 1);
                    at += 1;
                }
                '}' | ']' => {
                    self.frames.pop();
                    at += 1;
                    if self.frames.len() <= base {
                        break;
                    }
                }
                ',' => {
                    at += 1;
                    self.flow_tail(at);
                }
                ' ' | '\t' | '\r' => {
                    at += 1;
                    if self.tail.from == at - 1 {
                        self.tail.from = at;
                    }
                }
                '\n' => {
                    at += 1;
                    // A key at the margin: a bracket was left open above.
                    let line = self.text.get(at..).unwrap_or_default();
                    if line.starts_with(char::is_alphabetic) && key(line.lines().next().unwrap_or_default()).is_some() {
                        break;
                    }
                    if self.tail.from == at - 1 {
                        self.tail.from = at;
                    }
                }
                '#' => at += rest.find('\n').unwrap_or(rest.len()),
                ':' => {
                    at += 1;
                    self.tail = Tail { entry: open.or(self.innermost()), slot: Slot::Value, from: at };
                }
                _ => at = self.flow_scalar(at, rest, &mut open),
            }
        }
        self.frames.truncate(base);
        at
    }

    fn flow_tail(&mut self, from: usize) {
        let mapping = self.frames.last().is_some_and(|frame| frame.flow == Some(true));
        let slot = if mapping { Slot::Key } else { Slot::Either };
        self.tail = Tail { entry: self.innermost(), slot, from };
    }

    fn flow_scalar(&mut self, at: usize, rest: &str, open: &mut Option<usize>) -> usize {
        let length = scalar(rest, true).max(rest.chars().next().map_or(1, char::len_utf8));
        let span = at..at + length;
        let mapping = self.frames.last().is_some_and(|frame| frame.flow == Some(true));
        let waits = self.tail.slot == Slot::Value && mapping;
        if !mapping {
            let entry = self.push(None, at, 0);
            if let Some(entry) = self.entries.get_mut(entry) {
                entry.value = Some(span);
            }
            self.tail.from = at;
        } else if waits {
            if let Some(entry) = open.and_then(|entry| self.entries.get_mut(entry)) {
                entry.value = Some(span);
            }
            self.tail.from = at;
        } else {
            *open = Some(self.push(Some(span), at, 0));
            self.tail = Tail { entry: self.innermost(), slot: Slot::Key, from: at };
        }
        at + length
    }
}
