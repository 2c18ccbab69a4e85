//! A tree with its places as they are in a longer text.

use super::{Document, Key, Node, NodeKind, Pending};
use crate::diagnostic::Diagnostic;
use crate::span::Span;

fn span(span: Span, by: usize) -> Span {
    Span::new(span.start.saturating_add(by), span.end.saturating_add(by))
}

impl Document {
    /// The same document behind `by` bytes of other text.
    pub(crate) fn moved(self, by: usize) -> Self {
        let Self { root, diagnostics, pending } = self;
        Self {
            root: root.map(|root| root.moved(by)),
            diagnostics: diagnostics.into_iter().map(|diagnostic| moved(diagnostic, by)).collect(),
            pending: pending.moved(by),
        }
    }
}

impl Node {
    /// Recursion is bounded by the nesting that reading lets through.
    fn moved(mut self, by: usize) -> Self {
        self.span = span(self.span, by);
        self.kind = match self.kind {
            NodeKind::Seq(items) => NodeKind::Seq(items.into_iter().map(|item| item.moved(by)).collect()),
            NodeKind::Map(entries) => {
                let entry = |(key, node): (Key, Self)| {
                    let Key { text, span: place } = key;
                    (Key { text, span: span(place, by) }, node.moved(by))
                };
                NodeKind::Map(entries.into_iter().map(entry).collect())
            }
            scalar => scalar,
        };
        self
    }
}

impl Pending {
    fn moved(self, by: usize) -> Self {
        let Self { words, booleans, keys } = self;
        let all = |of: std::collections::HashMap<Span, Diagnostic>| {
            of.into_iter().map(|(place, diagnostic)| (span(place, by), moved(diagnostic, by))).collect()
        };
        let booleans = booleans.into_iter().map(|place| span(place, by)).collect();
        Self { words: all(words), booleans, keys: all(keys) }
    }

    /// Takes up what is pending of another text.
    pub(crate) fn extend(&mut self, other: Self) {
        self.words.extend(other.words);
        self.booleans.extend(other.booleans);
        self.keys.extend(other.keys);
    }
}

fn moved(mut diagnostic: Diagnostic, by: usize) -> Diagnostic {
    for label in &mut diagnostic.labels {
        label.span = span(label.span, by);
    }
    if let Some(fix) = &mut diagnostic.fix {
        fix.span = span(fix.span, by);
    }
    diagnostic
}
