//! Scalars on one line.

use std::borrow::Cow;

use serde_yaml::granit_parser::ScalarStyle;

use crate::span::Span;

/// A scalar as the parser would give it.
pub(super) struct Scalar<'t> {
    pub(super) text: Cow<'t, str>,
    pub(super) style: ScalarStyle,
    /// With its quotes.
    pub(super) span: Span,
}

impl<'t> Scalar<'t> {
    /// What may be a key: a quoted scalar, or a word.
    pub(super) fn key(text: &'t str, at: usize) -> Option<Self> {
        let word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'/');
        Self::quoted_or(text, at, |rest| match rest.as_bytes() {
            [b'-' | b'.', ..] => None,
            bytes => bytes.iter().position(|byte| !word(*byte)),
        })
    }

    /// The value at the end of a line.
    pub(super) fn in_line(text: &'t str, at: usize) -> Option<Self> {
        Self::quoted_or(text, at, |rest| {
            let mut before = None;
            let mut bytes = rest.bytes().enumerate().peekable();
            while let Some((end, byte)) = bytes.next() {
                match byte {
                    b'\n' => return Some(end),
                    b'#' if before == Some(b' ') => return Some(end),
                    b':' if matches!(bytes.peek(), None | Some((_, b' ' | b'\n'))) => return None,
                    _ => before = Some(byte),
                }
            }
            Some(rest.len())
        })
    }

    /// A value in brackets, which a comma or bracket follows.
    pub(super) fn in_brackets(text: &'t str, at: usize) -> Option<Self> {
        Self::quoted_or(text, at, |rest| {
            let mut before = None;
            let mut bytes = rest.bytes().enumerate().peekable();
            while let Some((end, byte)) = bytes.next() {
                match byte {
                    b',' | b']' | b'}' => return Some(end),
                    b'\n' | b'[' | b'{' => return None,
                    b'#' if before == Some(b' ') => return None,
                    b':' if matches!(
                        bytes.peek(),
                        None | Some((_, b' ' | b'\n' | b',' | b'[' | b']' | b'{' | b'}'))
                    ) =>
                    {
                        return None;
                    }
                    _ => before = Some(byte),
                }
            }
            None
        })
    }

    /// A scalar in quotes, or a plain one that has so many bytes.
    fn quoted_or(text: &'t str, at: usize, plain: impl FnOnce(&'t str) -> Option<usize>) -> Option<Self> {
        let rest = text.get(at..)?;
        match rest.bytes().next()? {
            quote @ (b'"' | b'\'') => Self::quoted(text, at, quote),
            _ => Self::plain(text, at, plain(rest)?),
        }
    }

    /// So many bytes as they stand, without the spaces at their end.
    fn plain(text: &'t str, at: usize, bytes: usize) -> Option<Self> {
        let found = text.get(at..at.saturating_add(bytes))?.trim_end_matches(' ');
        let mut start = found.bytes();
        let usual = match start.next()? {
            b'-' => start.next().is_some_and(|next| next.is_ascii_alphanumeric() || next == b'.'),
            first => starts_plain(first),
        };
        let span = Span::new(at, at.saturating_add(found.len()));
        usual.then_some(Self { text: Cow::Borrowed(found), style: ScalarStyle::Plain, span })
    }

    /// A scalar in quotes that ends on its line.
    fn quoted(text: &'t str, at: usize, quote: u8) -> Option<Self> {
        let start = at.saturating_add(1);
        let rest = text.get(start..)?;
        let ends = |byte: u8| byte == quote || byte == b'\n' || (byte == b'\\' && quote == b'"');
        let mut found = Cow::Borrowed("");
        let (mut from, mut end) = (0_usize, 0_usize);
        loop {
            end = end.saturating_add(rest.get(end..)?.bytes().position(ends)?);
            let part = rest.get(from..end)?;
            if found.is_empty() {
                found = Cow::Borrowed(part);
            } else {
                found.to_mut().push_str(part);
            }
            let next = rest.as_bytes().get(end.saturating_add(1)).copied();
            let meant = match (rest.as_bytes().get(end)?, next) {
                (b'\'', Some(b'\'')) => '\'',
                (b'\\', Some(b'"')) => '"',
                (b'\\', Some(b'\\')) => '\\',
                (b'\\', Some(b'n')) => '\n',
                (b'\\', Some(b't')) => '\t',
                (b'\n' | b'\\', _) => return None,
                _ => break,
            };
            found.to_mut().push(meant);
            end = end.saturating_add(2);
            from = end;
        }
        let span = Span::new(at, start.saturating_add(end).saturating_add(1));
        let style = if quote == b'"' { ScalarStyle::DoubleQuoted } else { ScalarStyle::SingleQuoted };
        Some(Self { text: found, style, span })
    }
}

/// Whether a plain scalar may start so. Characters that start something else in some places are left to the parser.
const fn starts_plain(first: u8) -> bool {
    first.is_ascii_alphanumeric()
        || !first.is_ascii()
        || matches!(first, b'_' | b'.' | b'/' | b'$' | b'^' | b'~' | b'(' | b')' | b'<' | b'=' | b'+' | b'\\' | b';')
}
