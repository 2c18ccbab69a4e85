//! YAML: parser events to the tree.

use serde_yaml::granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError, Tag, options};

use super::hints::{number_form, unquoted_operator};
use super::scalar::{Plain, Reading, resolve};
use super::tree::{Stop, Tree, too_deep};
use super::{Document, Key, Node, NodeKind, lines, quoted};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::limits::Limits;
use crate::span::Span;

/// Reads a YAML text: line by line if it is written as most are, otherwise with the parser.
pub(super) fn read(text: &str, limits: &Limits) -> Document {
    let mut reader = Reader::new(text, limits);
    match lines::read(&mut reader) {
        Some(()) => reader.tree.document,
        None => parse(text, limits),
    }
}

/// Reads a YAML text with the parser.
pub(super) fn parse(text: &str, limits: &Limits) -> Document {
    let mut reader = Reader::new(text, limits);
    // The parser's own limits stand one above ours, so that crossing ours is reported with our number.
    let depth = limits.nesting().saturating_add(1);
    let mut options = options! { flow_nesting_limit: depth, block_nesting_limit: depth };
    options.set_emit_comments(false);
    for event in Parser::new_from_str_with_options(text, options) {
        let step = match event {
            Ok((event, span)) => {
                let span = span.byte_range().map_or_else(Span::default, |range| Span::new(range.start, range.end));
                reader.event(event, span)
            }
            Err(error) => Err(Stop(reader.explain(&error))),
        };
        if let Err(Stop(diagnostic)) = step {
            reader.tree.report(diagnostic);
            reader.tree.document.root = None;
            return reader.tree.document;
        }
    }
    let mut document = reader.tree.document;
    let nothing = match &document.root {
        None => true,
        Some(root) => root.kind == NodeKind::Null && root.span.is_empty(),
    };
    if nothing && document.diagnostics.is_empty() {
        let diagnostic =
            Diagnostic::new(Code::EmptyDocument, "the text holds no cascade").label(Span::at(0), "nothing here");
        document.diagnostics.push(diagnostic);
    }
    if nothing {
        document.root = None;
    }
    document
}

/// Whether a text that is read line by line is read as the parser reads it; nothing if it is left to the parser.
pub(crate) fn readers_agree(text: &str, limits: &Limits) -> Option<bool> {
    let mut reader = Reader::new(text, limits);
    lines::read(&mut reader)?;
    let (quick, whole) = (reader.tree.document, parse(text, limits));
    // The trees as text, because `.nan` is not equal to itself.
    let same_tree = format!("{:?}", quick.root) == format!("{:?}", whole.root);
    Some(same_tree && quick.diagnostics == whole.diagnostics && quick.pending == whole.pending)
}

/// What becomes of events and scalars.
pub(super) struct Reader<'t, 'l> {
    pub(super) text: &'t str,
    limits: &'l Limits,
    pub(super) tree: Tree<'l>,
    documents: usize,
}

impl<'t, 'l> Reader<'t, 'l> {
    pub(super) fn new(text: &'t str, limits: &'l Limits) -> Self {
        Self { text, limits, tree: Tree::new(limits), documents: 0 }
    }

    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), Stop> {
        match event {
            Event::DocumentStart(..) => {
                self.documents = self.documents.saturating_add(1);
                if self.documents > 1 {
                    let message = "there is more than one document in the text";
                    return Err(Stop(
                        Diagnostic::new(Code::SeveralDocuments, message).label(span, "the second starts here"),
                    ));
                }
                Ok(())
            }
            Event::Alias(_) if self.tree.wants_key() => {
                let message = "an alias is used as a key";
                self.tree.report(Diagnostic::new(Code::KeyNotText, message).label(span, "write the key out"));
                self.tree.key(Key { text: self.slice(span).to_owned(), span });
                Ok(())
            }
            Event::Alias(id) => self.tree.alias(id, span),
            Event::Scalar(value, style, anchor, tag) => self.scalar(&value, style, anchor, tag.as_deref(), span),
            Event::SequenceStart(_, anchor, tag) => {
                self.collection_tag(tag.as_deref(), "seq", span);
                self.tree.start_seq(span, anchor)
            }
            Event::MappingStart(_, anchor, tag) => {
                self.collection_tag(tag.as_deref(), "map", span);
                self.tree.start_map(span, anchor)
            }
            Event::SequenceEnd | Event::MappingEnd => {
                // Only flow collections have an end of their own in the text.
                let closed = matches!(self.slice(span), "]" | "}");
                self.tree.end(closed.then_some(span.end))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn scalar(
        &mut self,
        value: &str,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&Tag>,
        span: Span,
    ) -> Result<(), Stop> {
        let plain = style == ScalarStyle::Plain;
        let span =
            if matches!(style, ScalarStyle::Folded | ScalarStyle::Literal) { self.with_header(span) } else { span };
        if plain
            && value.len() > self.limits.number_digits
            && value.starts_with(['+', '-', '.', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
        {
            return Err(Stop(number_too_long(self.limits, span)));
        }
        let key = self.tree.wants_key();
        let kind = match tag {
            Some(tag) => self.tagged(value, tag, span),
            None if !plain => NodeKind::Text(value.to_owned()),
            None => self.plain(value, key, span),
        };
        if key {
            self.key(value, kind, span);
            if anchor != 0 {
                let node = Node { span, kind: NodeKind::Text(value.to_owned()), plain };
                return self.tree.anchor_key(anchor, node);
            }
            return Ok(());
        }
        if matches!(kind, NodeKind::Float(float) if float.is_nan()) {
            let message = "a constant is not a number";
            self.tree.report(Diagnostic::new(Code::NotANumber, message).label(span, "equals nothing, not even itself"));
        }
        self.tree.scalar(Node { span, kind, plain }, anchor)
    }

    fn key(&mut self, text: &str, kind: NodeKind, span: Span) {
        let text = match kind {
            NodeKind::Text(own) if own == text => own,
            NodeKind::Text(_) => text.to_owned(),
            kind => {
                let node = Node { span, kind, plain: true };
                let diagnostic =
                    Diagnostic::new(Code::KeyNotText, format!("the key `{text}` is {}, not text", node.type_name()))
                        .label(span, "this key")
                        .help("put quotes around it")
                        .fix(span, quoted(text));
                self.tree.document.pending.keys.insert(span, diagnostic);
                text.to_owned()
            }
        };
        self.tree.key(Key { text, span });
    }

    /// A plain scalar; where the versions of YAML differ, the reading of 1.1 goes on, because that is what a file
    /// written for it means.
    fn plain(&mut self, text: &str, key: bool, span: Span) -> NodeKind {
        let (old, new) = match resolve(text) {
            Plain::Same(reading) => return reading.kind(text),
            Plain::Differ(old, new) => (old, new),
        };
        let message = format!("`{text}` is {} to YAML 1.1 and {} to YAML 1.2", old.words(), new.words());
        let mut diagnostic = Diagnostic::new(Code::AmbiguousScalar, message);
        if old == Reading::Merge {
            let diagnostic = diagnostic.label(span, "merges are not read").help("write the merged keys out");
            self.tree.report(diagnostic);
            return NodeKind::Text(text.to_owned());
        }
        diagnostic = diagnostic.label(span, "readers disagree").fix(span, quoted(text));
        let help = format!("put quotes around it to have text: {}{}", quoted(text), number_form(&old, &new));
        diagnostic = diagnostic.help(help);
        if key {
            self.tree.report(diagnostic);
            return NodeKind::Text(text.to_owned());
        }
        match old {
            Reading::Bool(_) => {
                self.tree.document.pending.words.insert(span, diagnostic);
            }
            _ => self.tree.report(diagnostic),
        }
        old.kind(text)
    }

    fn tagged(&mut self, value: &str, tag: &Tag, span: Span) -> NodeKind {
        let text = || NodeKind::Text(value.to_owned());
        let core = tag.core_suffix();
        let readings = || match resolve(value) {
            Plain::Same(reading) => vec![reading],
            Plain::Differ(old, new) => vec![old, new],
        };
        let found = match core {
            Some("str") => return text(),
            // A lone `!` asks for text.
            None if tag.handle().is_empty() && matches!(tag.suffix(), "" | "!") || tag.original() == "!" => {
                return text();
            }
            Some("int") => readings().into_iter().find(|r| matches!(r, Reading::Int(_))),
            Some("bool") => readings().into_iter().find(|r| matches!(r, Reading::Bool(_))),
            Some("null") => readings().into_iter().find(|r| matches!(r, Reading::Null)),
            Some("float") => readings().into_iter().find_map(|r| match r {
                Reading::Float(_) => Some(r),
                Reading::Int(digits) => digits.parse().ok().map(Reading::Float),
                _ => None,
            }),
            _ => None,
        };
        if let Some(reading) = found {
            return reading.kind(value);
        }
        self.bad_tag(tag, span);
        // What was meant is clear; nothing else need be said about it.
        if value.is_empty() && tag.original() == "!=" { NodeKind::Text("!=".to_owned()) } else { text() }
    }

    fn collection_tag(&mut self, tag: Option<&Tag>, wanted: &str, span: Span) {
        if let Some(tag) = tag
            && tag.core_suffix() != Some(wanted)
        {
            self.bad_tag(tag, span);
        }
    }

    fn bad_tag(&mut self, tag: &Tag, span: Span) {
        let original = tag.original();
        let start = self.text.get(..span.start).and_then(|before| before.rfind('!')).unwrap_or(span.start);
        // `!!int` ends with its second mark when searched from behind.
        let start = if self.text.get(..start).is_some_and(|before| before.ends_with('!')) {
            start.saturating_sub(1)
        } else {
            start
        };
        let length =
            if self.text.get(start..).is_some_and(|rest| rest.starts_with(&original)) { original.len() } else { 1 };
        let span = Span::new(start, start.saturating_add(length));
        let mut diagnostic = Diagnostic::new(Code::UnsupportedTag, format!("the tag `{original}` has no meaning here"))
            .label(span, "this tag");
        diagnostic = if original == "!=" {
            diagnostic.help("an operator that starts with `!` has to be quoted").fix(span, "\"!=\"")
        } else {
            diagnostic.help("leave the tag out, and put quotes around what is text")
        };
        self.tree.report(diagnostic);
    }

    /// The place of block text with the `>` or `|` that starts it.
    fn with_header(&self, span: Span) -> Span {
        let before = self.text.get(..span.start).unwrap_or_default();
        let header = if self.slice(span).starts_with(['>', '|']) { None } else { before.rfind(['>', '|']) };
        Span::new(header.unwrap_or(span.start), span.end)
    }

    fn slice(&self, span: Span) -> &str {
        span.slice(self.text)
    }

    fn explain(&self, error: &ScanError) -> Diagnostic {
        let at = error.marker().byte_offset().unwrap_or_default().min(self.text.len());
        let span = Span::at(at);
        if matches!(error.kind(), ErrorKind::RecursionLimitExceeded) {
            return too_deep(self.limits.nesting(), span);
        }
        let diagnostic = Diagnostic::new(Code::InvalidYaml, error.info()).label(span, "reading stopped here");
        match unquoted_operator(self.text, at) {
            Some((span, operator)) => diagnostic
                .label(span, "this starts something else in YAML")
                .help(format!("put quotes around the operator: \"{operator}\""))
                .fix(span, format!("\"{operator}\"")),
            None => diagnostic,
        }
    }
}

pub(super) fn number_too_long(limits: &Limits, span: Span) -> Diagnostic {
    let message = format!("a number has more than {} digits", limits.number_digits);
    Diagnostic::new(Code::NumberTooLong, message).label(span, "this number")
}
