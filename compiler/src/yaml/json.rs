//! JSON: the text to the tree, by RFC 8259. Numbers keep their exact text; lone surrogates are refused because they are
//! no characters.

use super::scalar::decimal;
use super::tree::{Stop, Tree};
use super::{Document, Key, Node, NodeKind};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::limits::Limits;
use crate::span::Span;

/// Reads a JSON text.
pub(super) fn read(text: &str, limits: &Limits) -> Document {
    read_part(text, 0, limits)
}

/// Reads the JSON text that begins at `start`.
pub(super) fn read_part(text: &str, start: usize, limits: &Limits) -> Document {
    let mut reader = Reader { text, at: start, limits, tree: Tree::new(limits) };
    if text.get(start..).is_none_or(|text| text.trim().is_empty()) {
        let diagnostic =
            Diagnostic::new(Code::EmptyDocument, "the text holds no cascade").label(Span::at(0), "nothing here");
        reader.tree.report(diagnostic);
        return reader.tree.document;
    }
    if let Err(Stop(diagnostic)) = reader.document() {
        reader.tree.report(diagnostic);
        reader.tree.document.root = None;
    }
    reader.tree.document
}

struct Reader<'t, 'l> {
    text: &'t str,
    at: usize,
    limits: &'l Limits,
    tree: Tree<'l>,
}

/// What is open, innermost last.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    List,
    Mapping,
}

/// What may come next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Want {
    /// A value.
    Value,
    /// A value or `]`.
    ValueOrEnd,
    /// A key or `}`.
    KeyOrEnd,
    /// A key.
    Key,
    /// `,` or the end of what is open.
    CommaOrEnd,
}

impl<'t> Reader<'t, '_> {
    fn document(&mut self) -> Result<(), Stop> {
        let mut open = Vec::new();
        let mut want = Want::Value;
        loop {
            self.blanks();
            want = match want {
                Want::Value | Want::ValueOrEnd => {
                    if want == Want::ValueOrEnd && self.take(b']') {
                        self.close(&mut open)?
                    } else {
                        self.value(&mut open)?
                    }
                }
                Want::KeyOrEnd if self.take(b'}') => self.close(&mut open)?,
                Want::KeyOrEnd | Want::Key => self.key()?,
                Want::CommaOrEnd => match open.last() {
                    None if self.at == self.text.len() => return Ok(()),
                    None => return Err(self.wrong("nothing may follow the value")),
                    Some(Open::List) if self.take(b',') => Want::Value,
                    Some(Open::Mapping) if self.take(b',') => Want::Key,
                    Some(Open::List) if self.take(b']') => self.close(&mut open)?,
                    Some(Open::Mapping) if self.take(b'}') => self.close(&mut open)?,
                    Some(Open::List) => return Err(self.wrong("expected `,` or `]`")),
                    Some(Open::Mapping) => return Err(self.wrong("expected `,` or `}`")),
                },
            };
        }
    }

    fn close(&mut self, open: &mut Vec<Open>) -> Result<Want, Stop> {
        open.pop();
        self.tree.end(Some(self.at))?;
        Ok(Want::CommaOrEnd)
    }

    fn value(&mut self, open: &mut Vec<Open>) -> Result<Want, Stop> {
        let start = self.at;
        let kind = match self.peek() {
            Some(b'[') => {
                self.step();
                open.push(Open::List);
                self.tree.start_seq(Span::new(start, self.at), 0)?;
                return Ok(Want::ValueOrEnd);
            }
            Some(b'{') => {
                self.step();
                open.push(Open::Mapping);
                self.tree.start_map(Span::new(start, self.at), 0)?;
                return Ok(Want::KeyOrEnd);
            }
            Some(b'"') => NodeKind::Text(self.string()?),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            _ => self.word()?,
        };
        let plain = !matches!(kind, NodeKind::Text(_));
        self.tree.scalar(Node { span: Span::new(start, self.at), kind, plain }, 0)?;
        Ok(Want::CommaOrEnd)
    }

    fn key(&mut self) -> Result<Want, Stop> {
        let start = self.at;
        if self.peek() != Some(b'"') {
            return Err(self.wrong("expected a key in double quotes"));
        }
        let text = self.string()?;
        self.tree.key(Key { text, span: Span::new(start, self.at) });
        self.blanks();
        if self.take(b':') { Ok(Want::Value) } else { Err(self.wrong("expected `:` after the key")) }
    }

    fn word(&mut self) -> Result<NodeKind, Stop> {
        let words = [("true", NodeKind::Bool(true)), ("false", NodeKind::Bool(false)), ("null", NodeKind::Null)];
        let rest = self.text.get(self.at..).unwrap_or_default();
        for (word, kind) in words {
            let ends = |after: &str| !after.starts_with(|c: char| c.is_alphanumeric() || c == '_');
            if rest.strip_prefix(word).is_some_and(ends) {
                self.at = self.at.saturating_add(word.len());
                return Ok(kind);
            }
        }
        Err(self.wrong("expected a value"))
    }

    fn number(&mut self) -> Result<NodeKind, Stop> {
        let start = self.at;
        let negative = self.take(b'-');
        let whole = self.digits();
        if whole.is_empty() {
            return Err(self.wrong("expected a digit"));
        }
        if whole.len() > 1 && whole.starts_with('0') {
            self.at = start;
            return Err(self.wrong("a number starts with a needless 0"));
        }
        let mut integer = true;
        if self.take(b'.') {
            integer = false;
            if self.digits().is_empty() {
                return Err(self.wrong("expected a digit after the point"));
            }
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.step();
            integer = false;
            let _ = self.take(b'+') || self.take(b'-');
            if self.digits().is_empty() {
                return Err(self.wrong("expected a digit in the exponent"));
            }
        }
        let span = Span::new(start, self.at);
        if span.len() > self.limits.number_digits {
            return Err(Stop(super::events::number_too_long(self.limits, span)));
        }
        if integer {
            return Ok(NodeKind::Int(decimal(negative, whole, 10)));
        }
        span.slice(self.text).parse().map(NodeKind::Float).map_err(|_| self.wrong("expected a number"))
    }

    fn digits(&mut self) -> &'t str {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let length = rest.bytes().take_while(u8::is_ascii_digit).count();
        self.at = self.at.saturating_add(length);
        rest.get(..length).unwrap_or_default()
    }

    /// A string, from its opening to behind its closing quote.
    fn string(&mut self) -> Result<String, Stop> {
        let start = self.at;
        self.step();
        let mut out = String::new();
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let plain = rest.find(|c: char| matches!(c, '"' | '\\') || c < ' ').unwrap_or(rest.len());
            out.push_str(rest.get(..plain).unwrap_or_default());
            self.at = self.at.saturating_add(plain);
            match self.peek() {
                Some(b'"') => {
                    self.step();
                    return Ok(out);
                }
                Some(b'\\') => {
                    let character = self.escape()?;
                    out.push(character);
                }
                Some(_) => {
                    return Err(self.wrong("a control character in a string has to be escaped"));
                }
                None => {
                    self.at = start;
                    return Err(self.wrong("a string has no end"));
                }
            }
        }
    }

    fn escape(&mut self) -> Result<char, Stop> {
        self.step();
        let escape = self.peek();
        self.step();
        Ok(match escape {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode(),
            _ => {
                self.at = self.at.saturating_sub(2);
                return Err(self.wrong("no such escape"));
            }
        })
    }

    /// The character of `\uXXXX`, or of two that are a surrogate pair.
    fn unicode(&mut self) -> Result<char, Stop> {
        let start = self.at;
        let first = self.hex()?;
        let code = if (0xD800..0xDC00).contains(&first)
            && self.text.get(self.at..).is_some_and(|rest| rest.starts_with("\\u"))
        {
            self.at = self.at.saturating_add(2);
            let second = self.hex()?;
            let low = second.checked_sub(0xDC00).filter(|low| *low < 0x400);
            low.map(|low| ((first & 0x3FF) << 10 | low).saturating_add(0x10000))
        } else {
            Some(first)
        };
        code.and_then(char::from_u32).ok_or_else(|| {
            self.at = start.saturating_sub(2);
            self.wrong("half of a surrogate pair is no character")
        })
    }

    fn hex(&mut self) -> Result<u32, Stop> {
        let end = self.at.saturating_add(4);
        let digits = self.text.get(self.at..end).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        match digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()) {
            Some(code) => {
                self.at = end;
                Ok(code)
            }
            None => Err(self.wrong("expected four hexadecimal digits")),
        }
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.step();
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn step(&mut self) {
        self.at = self.at.saturating_add(1);
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        if found {
            self.step();
        }
        found
    }

    fn wrong(&self, message: &str) -> Stop {
        let rest = self.text.get(self.at..).and_then(|rest| rest.chars().next());
        let found = match rest {
            Some(character) => format!("found `{}`", character.escape_debug()),
            None => "found the end of the text".to_owned(),
        };
        let end = self.at.saturating_add(rest.map_or(0, char::len_utf8));
        Stop(Diagnostic::new(Code::InvalidJson, message).label(Span::new(self.at, end), found))
    }
}
