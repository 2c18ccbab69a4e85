//! From a YAML text to the tree that is printed.
//!
//! A comment on a line of its own is about what comes next, or, if it is indented as deep as a list or mapping that ends
//! there, closes that one. A comment behind something is about what stands on its line.

use serde_yaml::granit_parser::{Event, Parser, ScalarStyle, options};

use super::Refusal;
use super::tree::{Collection, Content, Document, Entry, Line, Scalar, Style, Value};
use super::trivia::{Kind, below_blank, column, pieces, starts_line};
use crate::limits::Limits;
use crate::span::Span;

/// Reads a text that [`crate::yaml::read`] has let through.
pub(super) fn build(text: &str, limits: &Limits) -> Result<Document, Refusal> {
    let mut builder = Builder::new(text);
    for event in events(text, limits) {
        let (event, span) = event?;
        builder.event(event, span)?;
    }
    builder.finish()
}

/// What stands between the events of a text: its comments are in there. `None` if it cannot be read.
pub(super) fn gaps(text: &str, limits: &Limits) -> Option<Vec<Span>> {
    let (mut gaps, mut at) = (Vec::new(), 0);
    for event in events(text, limits) {
        let (_, span) = event.ok()?;
        gaps.push(Span::new(at, span.start));
        at = at.max(span.end);
    }
    gaps.push(Span::new(at, text.len()));
    Some(gaps)
}

fn events<'t>(text: &'t str, limits: &Limits) -> impl Iterator<Item = Result<(Event<'t>, Span), Refusal>> {
    let depth = limits.nesting().saturating_add(1);
    let mut options = options! { flow_nesting_limit: depth, block_nesting_limit: depth };
    options.set_emit_comments(false);
    Parser::new_from_str_with_options(text, options).map(|event| {
        let (event, span) = event.map_err(|_| Refusal::Unreadable)?;
        let range = span.byte_range().unwrap_or_default();
        let mut span = Span::new(range.start, range.end);
        // Block text without a character has its header as its place where the file ends with it; here no text has.
        if let Event::Scalar(value, ScalarStyle::Literal | ScalarStyle::Folded, ..) = &event
            && value.bytes().all(|byte| byte == b'\n')
        {
            span = Span::new(range.end, range.end);
        }
        Ok((event, span))
    })
}

/// An own-line comment that waits for what it is about.
struct Waiting {
    line: Line,
    column: usize,
}

/// A list or mapping that is still open.
struct Frame {
    collection: Collection,
    properties: Vec<String>,
    /// The least column of a comment that closes it; none takes every comment before its bracket.
    column: usize,
    /// The entry whose value is being read.
    open: Option<OpenEntry>,
}

struct OpenEntry {
    leading: Vec<Line>,
    blank: bool,
    key: Option<Value>,
    trailing: Option<String>,
}

struct Builder<'t> {
    text: &'t str,
    /// Everything before it is in the tree.
    at: usize,
    frames: Vec<Frame>,
    document: Document,
    waiting: Vec<Waiting>,
    properties: Vec<String>,
    /// The header of block text that comes next.
    header: String,
    /// Where the dash of the next element stands, and the comment behind it.
    dash: Option<usize>,
    behind_dash: Option<String>,
    /// Where the outermost list or mapping starts.
    root: usize,
}

impl<'t> Builder<'t> {
    fn new(text: &'t str) -> Self {
        Self {
            text,
            at: 0,
            frames: Vec::new(),
            document: Document::default(),
            waiting: Vec::new(),
            properties: Vec::new(),
            header: String::new(),
            dash: None,
            behind_dash: None,
            root: 0,
        }
    }

    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), Refusal> {
        self.between(span.start)?;
        // A document without `---` begins with its first token, which is still to be read.
        let begins_unmarked = matches!(event, Event::DocumentStart(false, _));
        self.at = self.at.max(if begins_unmarked { span.start } else { span.end });
        match event {
            Event::DocumentStart(explicit, _) => self.document.marked = explicit,
            Event::Scalar(text, style, anchor, tag) => {
                let scalar = self.scalar(&text, style, span);
                let properties = self.take_properties(anchor != 0, tag.is_some());
                self.value(Value { properties, content: Content::Scalar(scalar) }, span.start)?;
            }
            Event::Alias(_) => {
                let content = Content::Alias(span.slice(self.text).to_owned());
                self.value(Value::new(content), span.start)?;
            }
            Event::SequenceStart(_, anchor, tag) => self.start(false, span, anchor != 0, tag.is_some())?,
            Event::MappingStart(_, anchor, tag) => self.start(true, span, anchor != 0, tag.is_some())?,
            Event::SequenceEnd | Event::MappingEnd => self.end()?,
            _ => {}
        }
        Ok(())
    }

    /// Takes in what stands before the next event.
    fn between(&mut self, to: usize) -> Result<(), Refusal> {
        for piece in pieces(self.text, self.at, to) {
            let raw = piece.span.slice(self.text);
            match piece.kind {
                Kind::Blank => {}
                Kind::Comment => self.comment(raw.trim_end(), piece.span.start),
                Kind::Property if raw == "&" => return Err(Refusal::Unusual("an anchor has no name")),
                Kind::Property => self.properties.push(raw.to_owned()),
                Kind::Directive => self.document.directives.push(raw.trim_end().to_owned()),
                Kind::Mark if raw.starts_with(['|', '>']) => raw.clone_into(&mut self.header),
                Kind::Mark if raw == "-" => self.dash = Some(piece.span.start),
                Kind::Mark if raw == "..." => return Err(Refusal::Unusual("the document has an end mark `...`")),
                Kind::Mark => {}
            }
        }
        Ok(())
    }

    fn comment(&mut self, text: &str, at: usize) {
        let line = Line { text: text.to_owned(), blank: below_blank(self.text, at) };
        if starts_line(self.text, at) {
            self.waiting.push(Waiting { line, column: column(self.text, at) });
            return;
        }
        let slot = if self.dash.is_some() { Some(&mut self.behind_dash) } else { self.line_owner() };
        match slot {
            Some(slot @ None) => *slot = Some(line.text),
            // A second one finds its line taken: it goes above what comes next.
            _ => self.waiting.push(Waiting { line, column: usize::MAX }),
        }
    }

    /// The place for a comment behind what was read last.
    fn line_owner(&mut self) -> Option<&mut Option<String>> {
        // A bracket that has just been opened belongs to the line of its own entry.
        let fresh = self.frames.last().is_some_and(|f| f.open.is_none() && f.collection.entries.is_empty());
        let frame = if fresh {
            let outer = self.frames.len().checked_sub(2)?;
            self.frames.get_mut(outer)?
        } else {
            self.frames.last_mut()?
        };
        match &mut frame.open {
            Some(open) => Some(&mut open.trailing),
            None => frame.collection.entries.last_mut().map(|entry| &mut entry.trailing),
        }
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, span: Span) -> Scalar {
        let style = match style {
            ScalarStyle::Plain => Style::Plain,
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => Style::Quoted,
            ScalarStyle::Literal | ScalarStyle::Folded => {
                Style::Block { header: std::mem::take(&mut self.header), column: column(self.text, span.start) }
            }
        };
        Scalar { raw: span.slice(self.text).to_owned(), text: text.to_owned(), style }
    }

    fn take_properties(&mut self, anchor: bool, tag: bool) -> Vec<String> {
        let mut taken = Vec::new();
        for (wanted, mark) in [(anchor, '&'), (tag, '!')] {
            let found = self.properties.iter().rposition(|property| wanted && property.starts_with(mark));
            if let Some(at) = found {
                taken.push(self.properties.remove(at));
            }
        }
        taken
    }

    /// Opens an entry for what starts at `at`; its key follows if the frame is a mapping.
    fn open_entry(&mut self, key: Option<Value>, at: usize) {
        let dash = self.dash.take();
        let first = self.frames.len() == 1 && self.frames.iter().all(|frame| frame.collection.entries.is_empty());
        let line = if first { self.root } else { dash.unwrap_or(at) };
        let blank = below_blank(self.text, line) && starts_line(self.text, line);
        let mut leading: Vec<Line> = self.waiting.drain(..).map(|waiting| waiting.line).collect();
        let blank = if first {
            let about_first = if blank { leading.len() } else { last_paragraph(&leading) };
            let own = leading.split_off(about_first);
            self.document.header = std::mem::replace(&mut leading, own);
            self.document.header_gap = blank || !leading.is_empty();
            false
        } else {
            blank
        };
        let trailing = self.behind_dash.take();
        if let Some(frame) = self.frames.last_mut() {
            frame.open = Some(OpenEntry { leading, blank, key, trailing });
        }
    }

    /// Makes room for a value that starts at `at`: an element opens its entry, a key has one.
    fn before_value(&mut self, at: usize) -> bool {
        match self.frames.last() {
            Some(frame) if frame.open.is_none() && frame.collection.mapping => true,
            Some(frame) if frame.open.is_none() => {
                self.open_entry(None, at);
                false
            }
            _ => false,
        }
    }

    fn value(&mut self, value: Value, at: usize) -> Result<(), Refusal> {
        if self.before_value(at) {
            let Content::Scalar(key) = &value.content else {
                return Err(Refusal::Unusual("a key is an alias, a list or a mapping"));
            };
            if key.raw.is_empty() {
                return Err(Refusal::Unusual("a key is empty"));
            }
            self.open_entry(Some(value), at);
            return Ok(());
        }
        self.close_entry(value);
        Ok(())
    }

    fn close_entry(&mut self, value: Value) {
        let scalar = value.collection().is_none();
        let Some(frame) = self.frames.last_mut() else {
            self.document.root.get_or_insert(value);
            return;
        };
        let Some(OpenEntry { mut leading, blank, key, trailing }) = frame.open.take() else { return };
        if scalar {
            // Comments between a key and its value.
            leading.extend(self.waiting.drain(..).map(|waiting| waiting.line));
        }
        frame.collection.entries.push(Entry { leading, blank, key, value, trailing });
    }

    fn start(&mut self, mapping: bool, span: Span, anchor: bool, tag: bool) -> Result<(), Refusal> {
        if self.before_value(span.start) {
            return Err(Refusal::Unusual("a key is an alias, a list or a mapping"));
        }
        let flow = !span.is_empty();
        if self.frames.is_empty() {
            self.root = span.start;
        }
        let own = column(self.text, span.start);
        // A list may stand as deep as its key; a comment there is about what follows.
        let least = match self.frames.last() {
            Some(parent) if !mapping && parent.collection.mapping && parent.column == own => own.saturating_add(1),
            _ => own,
        };
        let column = if flow { 0 } else { least };
        let collection = Collection { mapping, flow, entries: Vec::new(), footer: Vec::new() };
        let properties = self.take_properties(anchor, tag);
        self.frames.push(Frame { collection, properties, column, open: None });
        Ok(())
    }

    fn end(&mut self) -> Result<(), Refusal> {
        let Some(mut frame) = self.frames.pop() else { return Err(Refusal::Unreadable) };
        let count = self.waiting.iter().take_while(|waiting| waiting.column >= frame.column).count();
        frame.collection.footer = self.waiting.drain(..count).map(|waiting| waiting.line).collect();
        let value = Value { properties: frame.properties, content: Content::Collection(frame.collection) };
        self.close_entry(value);
        Ok(())
    }

    fn finish(mut self) -> Result<Document, Refusal> {
        self.between(self.text.len())?;
        self.document.footer = self.waiting.drain(..).map(|waiting| waiting.line).collect();
        if !self.properties.is_empty() || !self.frames.is_empty() {
            return Err(Refusal::Unusual("an anchor or tag stands where none is expected"));
        }
        let root = self.document.root.as_ref().map(|root| &root.content);
        if let Some(Content::Scalar(Scalar { style: Style::Block { .. }, .. })) = root {
            return Err(Refusal::Unusual("the document is one block of text"));
        }
        Ok(self.document)
    }
}

/// Where the last paragraph of the comments at the top starts, which is about what follows; a single one is about the file.
fn last_paragraph(lines: &[Line]) -> usize {
    lines.iter().skip(1).rposition(|line| line.blank).map_or(lines.len(), |at| at.saturating_add(1))
}
