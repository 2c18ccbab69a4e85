//! What every step of reading and checking shares: the text, the options, and what was found so far.

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::options::Options;
use crate::source::Source;
use crate::span::Span;
use crate::yaml::{Node, NodeKind, Offsets, Pending};

pub(crate) struct Reader<'s> {
    /// What spans are offsets into: the source's text, with those of its files where they matter.
    pub(crate) text: &'s str,
    pub(crate) source: &'s Source,
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

    /// The place of `offset..offset + length` of a text value.
    pub(crate) fn inside(&self, node: &Node, offset: usize, length: usize) -> Span {
        self.offsets(node).span(&(offset..offset.saturating_add(length)))
    }

    /// The places of the characters of a text value.
    pub(crate) fn offsets(&self, node: &Node) -> Offsets {
        Offsets::new(node.text().unwrap_or_default(), node.span.slice(self.text), node.span)
    }
}
