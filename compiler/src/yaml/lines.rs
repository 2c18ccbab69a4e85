//! The YAML that cascades are mostly written in, read line by line.
//!
//! A parser of all of YAML makes tokens, looks for keys behind them and turns them into events: two fifths of what
//! compiling a large file took. Here block lists and mappings, lists and mappings in brackets on one line, and scalars
//! on one line go straight into the tree. Whatever else is met (anchors, tags, block text, scalars of several lines,
//! several documents, values that are left out, anything unusual at all) makes this reader give up, and the text is read
//! from its start by the parser, which alone says what is wrong with a text. So this reader need not know all of YAML; it
//! only must not read anything otherwise than the parser does, which tests and the fuzzer hold.

mod scalar;
#[cfg(test)]
mod tests;

use super::events::Reader;
use crate::span::Span;
use scalar::Scalar;

/// Keys longer than this are left to the parser, which has a limit of its own for them.
const KEY_BYTES: usize = 512;

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Seq,
    Map,
}

/// A list or mapping in lines of its own that is still open, and the column of its dashes or keys.
#[derive(Clone, Copy)]
struct Open {
    column: usize,
    kind: Kind,
}

struct Lines<'r, 't, 'l> {
    reader: &'r mut Reader<'t, 'l>,
    text: &'t str,
    at: usize,
    /// Where the current line starts.
    line: usize,
    open: Vec<Open>,
    /// Whether the next line starts the value of a dash or key that nothing follows on its line, or the root.
    awaits: bool,
}

/// Reads the reader's text into its tree; `None` if the parser has to, with a new tree.
pub(super) fn read(reader: &mut Reader<'_, '_>) -> Option<()> {
    let text = reader.text;
    if !usual_characters(text) {
        return None;
    }
    let mut lines = Lines { reader, text, at: 0, line: 0, open: Vec::new(), awaits: true };
    while let Some(column) = lines.next_line() {
        lines.place(column)?;
        lines.content()?;
    }
    if lines.awaits {
        return None;
    }
    while !lines.open.is_empty() {
        lines.close()?;
    }
    Some(())
}

/// Whether a text has only characters that mean nothing but themselves wherever they stand: no tabs, no carriage
/// returns, no other controls, no line ends beyond ASCII and no byte order marks.
fn usual_characters(text: &str) -> bool {
    let ascii = |byte: u8| matches!(byte, b' '..=b'~' | b'\n');
    text.bytes().fold(true, |all, byte| all & ascii(byte))
        || text.chars().all(|c| match u8::try_from(c) {
            Ok(byte) => ascii(byte) || byte >= 0xA0,
            Err(_) => !matches!(c, '\u{2028}' | '\u{2029}' | '\u{FEFF}' | '\u{FFFE}'..='\u{FFFF}'),
        })
}

impl<'t> Lines<'_, 't, '_> {
    fn peek(&self) -> Option<u8> {
        self.byte(self.at)
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    fn advance(&mut self, bytes: usize) {
        self.at = self.at.saturating_add(bytes);
    }

    fn skip_spaces(&mut self) {
        while self.peek() == Some(b' ') {
            self.advance(1);
        }
    }

    fn column(&self) -> usize {
        self.at.saturating_sub(self.line)
    }

    /// Goes to the first character of the next line that has content; its column.
    fn next_line(&mut self) -> Option<usize> {
        loop {
            self.line = self.at;
            self.skip_spaces();
            match self.peek()? {
                b'\n' => self.advance(1),
                b'#' => self.skip_line(),
                _ => return Some(self.column()),
            }
        }
    }

    fn skip_line(&mut self) {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        let length = rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |end| end.saturating_add(1));
        self.advance(length);
    }

    /// Whether nothing but a comment follows on this line, which is then left behind. A comment has a space before it.
    fn ends(&mut self) -> bool {
        let start = self.at;
        self.skip_spaces();
        match self.peek() {
            None => true,
            Some(b'\n') => {
                self.advance(1);
                true
            }
            Some(b'#') if self.at > start => {
                self.skip_line();
                true
            }
            _ => false,
        }
    }

    /// Whether a dash of a list stands here.
    fn at_dash(&self) -> bool {
        self.peek() == Some(b'-') && matches!(self.byte(self.at.saturating_add(1)), None | Some(b' ' | b'\n'))
    }

    /// Finds the list or mapping that a line at this column belongs to, or opens it.
    fn place(&mut self, column: usize) -> Option<()> {
        let dash = self.at_dash();
        if std::mem::take(&mut self.awaits) {
            let kind = if dash { Kind::Seq } else { Kind::Map };
            return match self.open.last() {
                None if column == 0 => self.start(kind),
                Some(open) if column > open.column => self.start(kind),
                Some(open) if column == open.column && open.kind == Kind::Map && dash => self.start_below_key(),
                _ => None,
            };
        }
        while self.open.last()?.column > column {
            self.close()?;
        }
        if !dash && self.open.last().is_some_and(|open| open.column == column && open.kind == Kind::Seq) {
            self.close()?;
        }
        let open = self.open.last()?;
        (open.column == column && (open.kind == Kind::Seq) == dash).then_some(())
    }

    /// Opens a list or mapping here.
    fn start(&mut self, kind: Kind) -> Option<()> {
        self.open.push(Open { column: self.column(), kind });
        self.start_node(kind, Span::at(self.at))
    }

    /// Opens a list that stands below its key without indentation. Its place starts behind the first dash.
    fn start_below_key(&mut self) -> Option<()> {
        self.open.push(Open { column: self.column(), kind: Kind::Seq });
        let rest = self.text.get(self.at..)?;
        let item = rest.bytes().skip(1).position(|byte| byte != b' ')?.saturating_add(1);
        if matches!(rest.as_bytes().get(item)?, b'\n' | b'#') {
            return None;
        }
        self.start_node(Kind::Seq, Span::at(self.at.saturating_add(item)))
    }

    fn start_node(&mut self, kind: Kind, span: Span) -> Option<()> {
        let tree = &mut self.reader.tree;
        let started = match kind {
            Kind::Seq => tree.start_seq(span, 0),
            Kind::Map => tree.start_map(span, 0),
        };
        started.ok()
    }

    fn close(&mut self) -> Option<()> {
        self.open.pop();
        self.reader.tree.end(None).ok()
    }

    /// What the line says: dashes, then a key or not, then a value or not.
    fn content(&mut self) -> Option<()> {
        while self.open.last()?.kind == Kind::Seq {
            self.advance(1);
            if self.ends() {
                self.awaits = true;
                return Some(());
            }
            self.skip_spaces();
            if self.at_dash() {
                self.start(Kind::Seq)?;
            } else if let Some(key) = self.key() {
                self.start(Kind::Map)?;
                return self.entry(&key);
            } else {
                return self.value();
            }
        }
        let key = self.key()?;
        self.entry(&key)
    }

    /// A key, which stands here, and what is behind its colon.
    fn entry(&mut self, key: &Scalar<'t>) -> Option<()> {
        self.scalar(key)?;
        self.advance(1);
        if self.ends() {
            self.awaits = true;
            return Some(());
        }
        self.skip_spaces();
        self.value()
    }

    /// The value at the end of a line.
    fn value(&mut self) -> Option<()> {
        match self.peek()? {
            b'[' | b'{' => self.brackets()?,
            _ => {
                let scalar = Scalar::in_line(self.text, self.at)?;
                self.scalar(&scalar)?;
            }
        }
        self.ends().then_some(())
    }

    /// A list or mapping in brackets, all on one line.
    fn brackets(&mut self) -> Option<()> {
        let mut open: Vec<Kind> = Vec::new();
        loop {
            let opened = match self.peek()? {
                b'[' => Some((Kind::Seq, b']')),
                b'{' => Some((Kind::Map, b'}')),
                _ => None,
            };
            if let Some((kind, end)) = opened {
                self.start_node(kind, Span::new(self.at, self.at.saturating_add(1)))?;
                open.push(kind);
                self.advance(1);
                self.skip_spaces();
                if self.peek()? != end {
                    self.key_within(kind)?;
                    continue;
                }
            } else {
                let scalar = Scalar::in_brackets(self.text, self.at)?;
                self.scalar(&scalar)?;
            }
            if self.behind_value(&mut open)? {
                return Some(());
            }
        }
    }

    /// The key of a mapping in brackets; nothing in lists.
    fn key_within(&mut self, kind: Kind) -> Option<()> {
        if kind == Kind::Seq {
            return Some(());
        }
        let key = self.key()?;
        self.scalar(&key)?;
        self.advance(1);
        self.skip_spaces();
        Some(())
    }

    /// Closes what ends behind a value in brackets and goes to the next value; whether all is closed.
    fn behind_value(&mut self, open: &mut Vec<Kind>) -> Option<bool> {
        loop {
            self.skip_spaces();
            match (self.peek()?, *open.last()?) {
                (b',', kind) => {
                    self.advance(1);
                    self.skip_spaces();
                    self.key_within(kind)?;
                    return Some(false);
                }
                (b']', Kind::Seq) | (b'}', Kind::Map) => {
                    self.advance(1);
                    open.pop();
                    self.reader.tree.end(Some(self.at)).ok()?;
                    if open.is_empty() {
                        return Some(true);
                    }
                }
                _ => return None,
            }
        }
    }

    /// The key that stands here, if a colon and a space or the end of the line follow it. The place is then before the
    /// colon; otherwise it stays.
    fn key(&self) -> Option<Scalar<'t>> {
        let scalar = Scalar::key(self.text, self.at)?;
        let end = scalar.span.end;
        let colon = self.byte(end) == Some(b':');
        let apart = matches!(self.byte(end.saturating_add(1)), None | Some(b' ' | b'\n'));
        (colon && apart && end.saturating_sub(self.at) < KEY_BYTES).then_some(scalar)
    }

    /// Gives a scalar that stands here to the tree, and goes behind it.
    fn scalar(&mut self, scalar: &Scalar<'t>) -> Option<()> {
        self.at = scalar.span.end;
        self.reader.scalar(&scalar.text, scalar.style, 0, None, scalar.span).ok()
    }
}
