//! Builds the tree from a flat run of values, without recursion, under the limits.

use std::collections::HashMap;

use super::{Document, Key, Node, NodeKind};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::limits::Limits;
use crate::span::Span;

/// A mapping with more keys than this is searched for equal keys through a hash table.
const SEARCHED: usize = 12;

/// Why reading stops.
#[derive(Debug)]
pub(super) struct Stop(pub(super) Diagnostic);

/// A list or mapping that is still open.
struct Frame {
    span: Span,
    anchor: usize,
    /// Values below and including it, for the size of aliases.
    nodes: usize,
    /// How deep it goes, itself counted as 1.
    height: usize,
    content: Content,
}

enum Content {
    Seq(Vec<Node>),
    Map { entries: Vec<(Key, Node)>, key: Option<Key>, seen: Option<HashMap<String, Span>> },
}

/// What an anchor stands for.
struct Anchored {
    node: Node,
    nodes: usize,
    height: usize,
}

pub(super) struct Tree<'l> {
    limits: &'l Limits,
    open: Vec<Frame>,
    pub(super) document: Document,
    anchors: HashMap<usize, Anchored>,
    nodes: usize,
    copied: usize,
}

impl<'l> Tree<'l> {
    pub(super) fn new(limits: &'l Limits) -> Self {
        Self { limits, open: Vec::new(), document: Document::default(), anchors: HashMap::new(), nodes: 0, copied: 0 }
    }

    /// Whether what comes next is a key.
    pub(super) fn wants_key(&self) -> bool {
        matches!(self.open.last(), Some(Frame { content: Content::Map { key: None, .. }, .. }))
    }

    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        self.document.diagnostics.push(diagnostic);
    }

    pub(super) fn start_seq(&mut self, span: Span, anchor: usize) -> Result<(), Stop> {
        self.start(span, anchor, Content::Seq(Vec::new()))
    }

    pub(super) fn start_map(&mut self, span: Span, anchor: usize) -> Result<(), Stop> {
        self.start(span, anchor, Content::Map { entries: Vec::new(), key: None, seen: None })
    }

    fn start(&mut self, span: Span, anchor: usize, content: Content) -> Result<(), Stop> {
        self.check_depth(self.open.len().saturating_add(1), span)?;
        self.count(1, span)?;
        self.open.push(Frame { span, anchor, nodes: 1, height: 1, content });
        Ok(())
    }

    fn check_depth(&self, depth: usize, span: Span) -> Result<(), Stop> {
        let limit = self.limits.nesting();
        if depth <= limit {
            return Ok(());
        }
        Err(Stop(too_deep(limit, span)))
    }

    fn count(&mut self, nodes: usize, span: Span) -> Result<(), Stop> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes <= self.limits.nodes {
            return Ok(());
        }
        let message = format!("there are more than {} values", self.limits.nodes);
        Err(Stop(Diagnostic::new(Code::TooManyNodes, message).label(span, "the limit is crossed here")))
    }

    /// Ends the innermost list or mapping; `end` is where its text ends, if it has an end of its own.
    pub(super) fn end(&mut self, end: Option<usize>) -> Result<(), Stop> {
        let Some(frame) = self.open.pop() else {
            return Ok(());
        };
        let (kind, last) = match frame.content {
            Content::Seq(items) => {
                let last = items.last().map(|item| item.span.end);
                (NodeKind::Seq(items), last)
            }
            Content::Map { entries, .. } => {
                let last = entries.last().map(|(key, node)| key.span.end.max(node.span.end));
                (NodeKind::Map(entries), last)
            }
        };
        let end = end.or(last).unwrap_or(frame.span.end).max(frame.span.end);
        let node = Node { span: Span::new(frame.span.start, end), kind, plain: false };
        self.finish(node, frame.anchor, frame.nodes, frame.height)
    }

    pub(super) fn scalar(&mut self, node: Node, anchor: usize) -> Result<(), Stop> {
        self.count(1, node.span)?;
        self.finish(node, anchor, 1, 0)
    }

    pub(super) fn alias(&mut self, id: usize, span: Span) -> Result<(), Stop> {
        let Some(anchored) = self.anchors.get(&id) else {
            let message = "an anchor contains an alias of itself, which has no end";
            return Err(Stop(Diagnostic::new(Code::TooManyAliases, message).label(span, "this alias")));
        };
        let (nodes, height) = (anchored.nodes, anchored.height);
        self.copied = self.copied.saturating_add(nodes);
        if self.copied > self.limits.alias_nodes {
            let message = format!("aliases copy more than {} values", self.limits.alias_nodes);
            return Err(Stop(Diagnostic::new(Code::TooManyAliases, message).label(span, "the limit is crossed here")));
        }
        self.check_depth(self.open.len().saturating_add(height), span)?;
        self.count(nodes, span)?;
        let node = self.anchors.get(&id).map(|anchored| anchored.node.clone());
        node.map_or(Ok(()), |node| self.finish(node, 0, nodes, height))
    }

    /// Lets aliases stand for a key's text.
    pub(super) fn anchor_key(&mut self, anchor: usize, node: Node) -> Result<(), Stop> {
        self.count(1, node.span)?;
        self.anchors.insert(anchor, Anchored { node, nodes: 1, height: 0 });
        Ok(())
    }

    /// Sets the key of the next value.
    pub(super) fn key(&mut self, key: Key) {
        let Some(Frame { content: Content::Map { entries, key: slot, seen }, .. }) = self.open.last_mut() else {
            return;
        };
        let first = match seen {
            Some(seen) => seen.get(&key.text).copied(),
            None => entries.iter().find(|(other, _)| other.text == key.text).map(|(other, _)| other.span),
        };
        if let Some(seen) = seen {
            seen.insert(key.text.clone(), key.span);
        } else if entries.len() >= SEARCHED {
            let known = entries.iter().map(|(key, _)| key).chain(std::iter::once(&key));
            *seen = Some(known.map(|key| (key.text.clone(), key.span)).collect());
        }
        let duplicate = first.map(|first| {
            Diagnostic::new(Code::DuplicateKey, format!("the key `{}` stands twice in this mapping", key.text))
                .label(key.span, "here again")
                .label(first, "first here")
                .help("remove one of the two")
        });
        *slot = Some(key);
        if let Some(duplicate) = duplicate {
            self.report(duplicate);
        }
    }

    fn finish(&mut self, node: Node, anchor: usize, nodes: usize, height: usize) -> Result<(), Stop> {
        if anchor != 0 {
            // The copy kept for aliases is memory as well.
            self.count(nodes, node.span)?;
            self.anchors.insert(anchor, Anchored { node: node.clone(), nodes, height });
        }
        let Some(frame) = self.open.last_mut() else {
            self.document.root.get_or_insert(node);
            return Ok(());
        };
        frame.nodes = frame.nodes.saturating_add(nodes);
        frame.height = frame.height.max(height.saturating_add(1));
        match &mut frame.content {
            Content::Seq(items) => items.push(node),
            Content::Map { entries, key, .. } => match key.take() {
                Some(key) => entries.push((key, node)),
                // A list or mapping that is a key: its place is kept so that reading can go on.
                None => {
                    let text = format!("\u{0}{}", entries.len());
                    *key = Some(Key { text, span: node.span });
                    let message = format!("a key is {}; keys are text", node.type_name());
                    let diagnostic = Diagnostic::new(Code::KeyNotText, message).label(node.span, "this key");
                    self.report(diagnostic);
                }
            },
        }
        Ok(())
    }
}

pub(super) fn too_deep(limit: usize, span: Span) -> Diagnostic {
    let message = format!("lists and mappings are nested deeper than {limit} levels");
    Diagnostic::new(Code::TooDeep, message).label(span, "the limit is crossed here")
}
