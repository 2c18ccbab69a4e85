//! Where each character of a scalar's text stands in the source.
//!
//! The parser gives the text of a scalar and the place of the whole; what is between (escapes, folded lines, stripped
//! indentation) is followed here once more, and only when somebody asks, because most scalars nobody looks into.

use std::ops::Range;

use crate::span::Span;

/// The places of a text's characters.
#[derive(Clone, Debug)]
pub(crate) struct Offsets {
    whole: Span,
    /// For each byte of the text where its character begins and ends in the source, and for the end of the text where that
    /// is; empty if it could not be followed.
    at: Vec<(usize, usize)>,
}

impl Offsets {
    /// Follows a text through its source form `raw`, which stands at `whole`.
    pub(crate) fn new(text: &str, raw: &str, whole: Span) -> Self {
        let followed = match raw.bytes().next() {
            Some(b'"') => flow(text, raw, true),
            Some(b'\'') => flow(text, raw, false),
            Some(b'|' | b'>') => block(text, raw),
            _ => flow(text, raw, false),
        };
        let mut at = followed.unwrap_or_default();
        for (start, end) in &mut at {
            *start = start.saturating_add(whole.start).min(whole.end);
            *end = end.saturating_add(whole.start).min(whole.end);
        }
        Self { whole, at }
    }

    /// A text that stands at the start of its source as it is.
    pub(crate) fn plain(text: &str) -> Self {
        let mut at: Vec<_> = Vec::with_capacity(text.len().saturating_add(1));
        for (start, character) in text.char_indices() {
            let end = start.saturating_add(character.len_utf8());
            at.resize(end, (start, end));
        }
        at.push((text.len(), text.len()));
        Self { whole: Span::new(0, text.len()), at }
    }

    /// The place of a part of the text; the whole scalar if it could not be followed.
    pub(crate) fn span(&self, part: &Range<usize>) -> Span {
        let last = part.end.checked_sub(1).filter(|last| *last >= part.start).and_then(|last| self.at.get(last));
        match (self.at.get(part.start), last) {
            (Some((start, _)), Some((_, end))) => Span::new(*start, *end),
            (Some((start, _)), None) => Span::at(*start),
            _ => self.whole,
        }
    }
}

/// A source form read along with its text.
struct Pair<'t> {
    text: &'t str,
    raw: &'t str,
    /// The next byte of the text and of the source form.
    text_at: usize,
    raw_at: usize,
    at: Vec<(usize, usize)>,
}

impl<'t> Pair<'t> {
    fn new(text: &'t str, raw: &'t str, raw_at: usize) -> Self {
        Self { text, raw, text_at: 0, raw_at, at: Vec::with_capacity(text.len().saturating_add(1)) }
    }

    fn wanted(&self) -> Option<char> {
        self.text.get(self.text_at..)?.chars().next()
    }

    fn rest(&self) -> &'t str {
        self.raw.get(self.raw_at..).unwrap_or_default()
    }

    fn skip(&mut self, bytes: usize) {
        self.raw_at = self.raw_at.saturating_add(bytes);
    }

    /// The next character of the text stands here and takes so many bytes of the source form.
    fn matched(&mut self, character: char, bytes: usize) {
        let length = character.len_utf8();
        let place = (self.raw_at, self.raw_at.saturating_add(bytes));
        self.at.resize(self.at.len().saturating_add(length), place);
        self.text_at = self.text_at.saturating_add(length);
        self.skip(bytes);
    }

    fn finish(mut self) -> Option<Vec<(usize, usize)>> {
        self.at.push((self.raw_at, self.raw_at));
        (self.text_at == self.text.len()).then_some(self.at)
    }
}

fn line_break(text: &str) -> Option<usize> {
    if text.starts_with("\r\n") { Some(2) } else { text.starts_with(['\n', '\r']).then_some(1) }
}

fn blanks(text: &str) -> usize {
    text.len().saturating_sub(text.trim_start_matches([' ', '\t']).len())
}

/// Plain and quoted scalars, which fold their lines.
fn flow(text: &str, raw: &str, escapes: bool) -> Option<Vec<(usize, usize)>> {
    let quote = raw.chars().next().filter(|first| matches!(first, '"' | '\''));
    let mut pair = Pair::new(text, raw, usize::from(quote.is_some()));
    while let Some(wanted) = pair.wanted() {
        let rest = pair.rest();
        if line_break(rest.get(blanks(rest)..).unwrap_or_default()).is_some() {
            fold(&mut pair)?;
        } else if escapes && rest.starts_with('\\') {
            escaped(&mut pair, wanted)?;
        } else if quote == Some('\'') && rest.starts_with("''") {
            pair.matched(wanted, 2);
        } else if rest.starts_with(wanted) {
            pair.matched(wanted, wanted.len_utf8());
        } else {
            return None;
        }
    }
    pair.finish()
}

/// Line breaks with the blanks around them: one is a blank, each further one a line break.
fn fold(pair: &mut Pair<'_>) -> Option<()> {
    let first = blanks(pair.rest());
    pair.skip(first);
    let mut breaks = 0_usize;
    while let Some(bytes) = line_break(pair.rest()) {
        breaks = breaks.saturating_add(1);
        match (breaks, pair.wanted()) {
            (2.., Some('\n')) => pair.matched('\n', bytes),
            _ => pair.skip(bytes),
        }
        let indent = blanks(pair.rest());
        if breaks == 1 && line_break(pair.rest().get(indent..)?).is_none() && pair.wanted() == Some(' ') {
            pair.matched(' ', 0);
        }
        pair.skip(indent);
    }
    Some(())
}

fn escaped(pair: &mut Pair<'_>, wanted: char) -> Option<()> {
    let behind = pair.rest().get(1..)?;
    if let Some(bytes) = line_break(behind) {
        pair.skip(bytes.saturating_add(1));
        let indent = blanks(pair.rest());
        pair.skip(indent);
        return Some(());
    }
    let first = behind.chars().next()?;
    let digits = match first {
        'x' => 2,
        'u' => 4,
        'U' => 8,
        _ => 0,
    };
    let mut bytes = first.len_utf8().saturating_add(digits).saturating_add(1);
    // A character beyond 16 bits may be two escapes.
    let second = pair.rest().get(bytes..).unwrap_or_default();
    if first == 'u' && u32::from(wanted) > 0xFFFF && second.starts_with("\\u") {
        bytes = bytes.saturating_add(6);
    }
    pair.matched(wanted, bytes);
    Some(())
}

/// Block scalars: indentation is left out, and `>` folds.
fn block(text: &str, raw: &str) -> Option<Vec<(usize, usize)>> {
    let header = raw.find('\n')?.saturating_add(1);
    let mut pair = Pair::new(text, raw, header);
    strip(&mut pair);
    while let Some(wanted) = pair.wanted() {
        let rest = pair.rest();
        match line_break(rest) {
            // A fold gives a blank; the first of several breaks may give nothing.
            Some(bytes) => {
                if matches!(wanted, '\n' | ' ') {
                    pair.matched(wanted, bytes);
                } else {
                    pair.skip(bytes);
                }
                strip(&mut pair);
            }
            None if rest.starts_with(wanted) => pair.matched(wanted, wanted.len_utf8()),
            // The last line of a text may end without a break.
            None if rest.is_empty() && wanted == '\n' => pair.matched(wanted, 0),
            None => return None,
        }
    }
    pair.finish()
}

/// Leaves out the indentation of a line: the blanks that the text has not.
fn strip(pair: &mut Pair<'_>) {
    let count = |text: &str| text.len().saturating_sub(text.trim_start_matches(' ').len());
    let kept = pair.text.get(pair.text_at..).map_or(0, count);
    let there = count(pair.rest());
    pair.skip(there.saturating_sub(kept));
}

#[cfg(test)]
mod tests {
    use crate::limits::Limits;
    use crate::source::Source;
    use crate::yaml::{NodeKind, read};

    use super::*;

    /// The source of every word of a scalar: itself, with escapes.
    fn words(source: &str, name: &str) -> Vec<String> {
        let document = read(&Source::new(name, source), &Limits::default());
        let Some(NodeKind::Map(entries)) = document.root.map(|root| root.kind) else { panic!("{source}") };
        let node = &entries[0].1;
        let text = node.text().unwrap();
        let offsets = Offsets::new(text, node.span.slice(source), node.span);
        assert!(!offsets.at.is_empty(), "{source:?} {text:?} {:?}", node.span.slice(source));
        let mut found = Vec::new();
        let mut start = 0;
        for word in text.split([' ', '\n']) {
            let end = start + word.len();
            if !word.is_empty() {
                found.push(offsets.span(&(start..end)).slice(source).to_owned());
            }
            start = end + 1;
        }
        found
    }

    #[test]
    fn every_style_is_followed_to_the_character() {
        for source in [
            "k: one twö three\n",
            "k: one\n  twö\n\n  three\nl: 1\n",
            "k: 'one twö three'\n",
            "k: \"one twö three\"\n",
            "k: \"one\n  twö  \n\n  three\"\n",
            "k: |\n  one twö\n  three\n",
            "k: |-\n    one\n      twö\n    three",
            "k: >\n  one\n  twö\n\n  three\n",
            "k: >-\r\n  one\r\n  twö\r\n  three\r\n",
            "k: |2\n   one\n  twö\n  three\n",
        ] {
            assert_eq!(words(source, "c.yaml"), ["one", "twö", "three"], "{source}");
        }
    }

    #[test]
    fn escapes_belong_to_their_character() {
        assert_eq!(
            words(r#"k: "a\t b\"c \u00e9x \U0001F600 end""#, "c.yaml"),
            [r"a\t", r#"b\"c"#, r"\u00e9x", r"\U0001F600", "end"]
        );
        assert_eq!(words("k: 'it''s so'", "c.yaml"), ["it''s", "so"]);
        assert_eq!(words("k: \"one \\\n   two\"", "c.yaml"), ["one", "two"]);
        assert_eq!(words(r#"{"k": "x\ud83d\ude00 \/ y"}"#, "c.json"), [r"x\ud83d\ude00", r"\/", "y"]);
    }
}
