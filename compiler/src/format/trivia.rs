//! What stands between the parser's events: blanks, comments, marks like `-` and `:`, anchors and tags. Together with the
//! events these pieces are the whole text, so nothing can get lost.

use crate::span::Span;

/// A piece of the text between two events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) kind: Kind,
    pub(super) span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Spaces, tabs, line ends and a byte order mark.
    Blank,
    /// From `#` to the end of the line.
    Comment,
    /// `- : , ? [ ] { }`, the header of block text, `---`, `...`.
    Mark,
    /// `&anchor` or `!tag`.
    Property,
    /// A line that starts with `%`.
    Directive,
}

/// The pieces of `text[from..to]`, without gaps.
pub(super) fn pieces(text: &str, from: usize, to: usize) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut at = from;
    while at < to {
        let rest = text.get(at..to).unwrap_or_default();
        let Some(first) = rest.chars().next() else { break };
        let (kind, length) = piece(text, at, first, rest);
        let end = at.saturating_add(length.max(first.len_utf8())).min(to);
        pieces.push(Piece { kind, span: Span::new(at, end) });
        at = end;
    }
    pieces
}

fn piece(text: &str, at: usize, first: char, rest: &str) -> (Kind, usize) {
    let until = |stop: fn(char) -> bool| rest.find(stop).unwrap_or(rest.len());
    let line = until(|c| matches!(c, '\n' | '\r'));
    match first {
        _ if is_blank(first) => (Kind::Blank, until(|c| !is_blank(c))),
        '#' => (Kind::Comment, line),
        '%' if line_start(text, at) == at => (Kind::Directive, line),
        '!' if rest.starts_with("!<") => (Kind::Property, rest.find('>').map_or(rest.len(), |at| at.saturating_add(1))),
        '&' | '!' => (Kind::Property, until(|c| is_blank(c) || matches!(c, ',' | '[' | ']' | '{' | '}'))),
        '|' | '>' => (Kind::Mark, until(is_blank)),
        '-' if rest.starts_with("---") => (Kind::Mark, 3),
        '.' if rest.starts_with("...") => (Kind::Mark, 3),
        _ => (Kind::Mark, first.len_utf8()),
    }
}

const fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{feff}')
}

/// Where the line of an offset starts.
pub(super) fn line_start(text: &str, at: usize) -> usize {
    let before = text.get(..at).unwrap_or_default();
    before.rfind(['\n', '\r']).map_or(0, |newline| newline.saturating_add(1))
}

/// How far from the start of its line an offset is, in bytes.
pub(super) fn column(text: &str, at: usize) -> usize {
    at.saturating_sub(line_start(text, at))
}

/// Whether nothing but blanks stands before it on its line.
pub(super) fn starts_line(text: &str, at: usize) -> bool {
    text.get(line_start(text, at)..at).is_some_and(|before| before.chars().all(is_blank))
}

/// Whether the line above an offset is empty.
pub(super) fn below_blank(text: &str, at: usize) -> bool {
    let start = line_start(text, at);
    let Some(end) = start.checked_sub(1) else { return false };
    text.get(line_start(text, end)..end).is_some_and(|line| line.chars().all(is_blank))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_the_whole_text() {
        let text = "\u{feff}%YAML 1.2\n--- # ä\n- &a !!str !<tag:x,y> # c\r\n  ? [ , ] { } : |2- # d\n...\n";
        let pieces = pieces(text, 0, text.len());
        let joined: String = pieces.iter().map(|piece| piece.span.slice(text)).collect();
        assert_eq!(joined, text);
        let comments: Vec<_> = pieces.iter().filter(|piece| piece.kind == Kind::Comment).collect();
        assert_eq!(comments.iter().map(|piece| piece.span.slice(text)).collect::<Vec<_>>(), ["# ä", "# c", "# d"]);
        let properties = pieces.iter().filter(|piece| piece.kind == Kind::Property);
        assert_eq!(properties.map(|p| p.span.slice(text)).collect::<Vec<_>>(), ["&a", "!!str", "!<tag:x,y>"]);
    }

    #[test]
    fn lines_and_columns() {
        let text = "a: 1\n\n  # c\n  b: 2\n";
        let comment = text.find('#').unwrap();
        assert_eq!(column(text, comment), 2);
        assert!(starts_line(text, comment) && below_blank(text, comment));
        let b = text.find('b').unwrap();
        assert!(starts_line(text, b) && !below_blank(text, b));
        assert!(!starts_line(text, 3) && !below_blank(text, 0));
    }
}
