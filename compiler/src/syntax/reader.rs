//! What every step of reading and checking shares: the text, the options, and what was found so far.

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::options::Options;
use crate::span::Span;
use crate::yaml::{Node, NodeKind, Pending};

pub(crate) struct Reader<'s> {
    pub(crate) text: &'s str,
    pub(crate) options: &'s Options,
    pub(crate) diagnostics: Diagnostics,
    pub(crate) pending: Pending,
}

impl Reader<'_> {
    pub(crate) fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// A shorter place for messages about a whole value: its first key or its first line.
    pub(crate) fn head(&self, node: &Node) -> Span {
        if let NodeKind::Map(entries) = &node.kind
            && let Some((key, _)) = entries.first()
        {
            return key.span;
        }
        let line = node.span.slice(self.text).lines().next().unwrap_or_default();
        Span::new(node.span.start, node.span.start.saturating_add(line.len()))
    }

    /// The place of `offset..offset + length` of a text value, if the source has the text as it is; else the whole value.
    pub(crate) fn inside(&self, node: &Node, offset: usize, length: usize) -> Span {
        let Some(text) = node.text() else {
            return node.span;
        };
        let raw = node.span.slice(self.text);
        let quote = usize::from(raw.starts_with(['"', '\'']));
        if !raw.get(quote..).is_some_and(|raw| raw.starts_with(text)) {
            return node.span;
        }
        let start = node.span.start.saturating_add(quote).saturating_add(offset);
        Span::new(start, start.saturating_add(length).min(node.span.end))
    }
}
