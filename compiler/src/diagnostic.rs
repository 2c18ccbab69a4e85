//! Diagnostics are data: a stable code, places in the source, help, and a machine fix where there is one. Rendering for
//! people lives in the command line.

use std::collections::HashSet;

use serde::{Serialize, Serializer, ser::SerializeStruct};

use crate::codes::{Code, Severity};
use crate::files::SourceIndex;
use crate::span::Span;

/// One mistake, or one thing the author should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// What it is about.
    pub code: Code,
    /// How bad it is; options may raise a warning to an error.
    pub severity: Severity,
    /// One sentence without position and code.
    pub message: String,
    /// The places; the first is where it is reported.
    pub labels: Vec<Label>,
    /// What to do about it.
    pub help: Option<String>,
    /// A replacement that mends it.
    pub fix: Option<Fix>,
}

/// A place and what is to be said about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// A few words; empty if the message says it all.
    pub text: String,
}

/// A replacement in the source that mends a mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What is replaced; empty to insert.
    pub span: Span,
    /// What stands there afterwards.
    pub replacement: String,
}

impl Diagnostic {
    /// A diagnostic with the code's own severity and no label yet.
    #[must_use]
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, severity: code.severity(), message: message.into(), labels: Vec::new(), help: None, fix: None }
    }

    /// Adds a place.
    #[must_use]
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Offers a replacement.
    #[must_use]
    pub fn fix(mut self, span: Span, replacement: impl Into<String>) -> Self {
        self.fix = Some(Fix { span, replacement: replacement.into() });
        self
    }

    /// Whether it keeps an image from being made.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// Where it is reported: the first label, else the start of the text.
    #[must_use]
    pub fn span(&self) -> Span {
        self.labels.first().map(|label| label.span).unwrap_or_default()
    }

    /// The diagnostic with lines and columns, ready to be serialised.
    #[must_use]
    pub const fn located<'a>(&'a self, index: &'a SourceIndex<'a>) -> Located<'a> {
        Located { diagnostic: self, index }
    }
}

/// A diagnostic together with what turns offsets into lines and columns; serialises to an object with `code`, `name`,
/// `severity`, `message`, `source`, `labels`, `help` and `fix`. A label in another file than the first one has a `source` too.
#[derive(Clone, Copy, Debug)]
pub struct Located<'a> {
    diagnostic: &'a Diagnostic,
    index: &'a SourceIndex<'a>,
}

#[derive(Serialize)]
struct Place<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'a str>,
    start: usize,
    end: usize,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    replacement: Option<&'a str>,
}

impl<'a> Located<'a> {
    /// The file that it is reported in.
    fn file(&self) -> usize {
        self.index.file(self.diagnostic.span().start)
    }

    fn place(&self, span: Span, text: Option<&'a str>, replacement: Option<&'a str>) -> Place<'a> {
        let (start, end, local) =
            (self.index.position(span.start), self.index.position(span.end), self.index.in_file(span));
        let file = self.index.file(span.start);
        Place {
            source: (file != self.file()).then(|| self.index.name(file)),
            start: local.start,
            end: local.end,
            line: start.line,
            column: start.column,
            end_line: end.line,
            end_column: end.column,
            text,
            replacement,
        }
    }
}

impl Serialize for Located<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let diagnostic = self.diagnostic;
        let labels: Vec<_> = diagnostic.labels.iter().map(|l| self.place(l.span, Some(&l.text), None)).collect();
        let fix = diagnostic.fix.as_ref().map(|fix| self.place(fix.span, None, Some(&fix.replacement)));
        let mut out = serializer.serialize_struct("Diagnostic", 8)?;
        out.serialize_field("code", &diagnostic.code)?;
        out.serialize_field("name", diagnostic.code.name())?;
        out.serialize_field("severity", &diagnostic.severity)?;
        out.serialize_field("message", &diagnostic.message)?;
        out.serialize_field("source", self.index.name(self.file()))?;
        out.serialize_field("labels", &labels)?;
        out.serialize_field("help", &diagnostic.help)?;
        out.serialize_field("fix", &fix)?;
        out.end()
    }
}

/// Collects diagnostics while a source is read.
#[derive(Debug, Default)]
pub(crate) struct Diagnostics {
    list: Vec<Diagnostic>,
    strict: bool,
}

impl Diagnostics {
    pub(crate) const fn new(strict: bool) -> Self {
        Self { list: Vec::new(), strict }
    }

    pub(crate) fn push(&mut self, mut diagnostic: Diagnostic) {
        if self.strict && diagnostic.code == Code::UnknownKey {
            diagnostic.severity = Severity::Error;
        }
        self.list.push(diagnostic);
    }

    pub(crate) fn has_errors(&self) -> bool {
        self.list.iter().any(Diagnostic::is_error)
    }

    /// The diagnostics by place, each once, at most `limit` and one that says there were more.
    pub(crate) fn finish(self, limit: usize) -> Vec<Diagnostic> {
        let mut list = self.list;
        list.sort_by_key(|diagnostic| (diagnostic.span(), diagnostic.code));
        let mut seen = HashSet::new();
        list.retain(|d| seen.insert((d.code, d.span(), d.message.clone())));
        if list.len() > limit {
            let total = list.len();
            // An error beyond the limit must not get lost: warnings make room for it.
            if list.iter().take(limit).all(|d| !d.is_error()) {
                list.sort_by_key(|d| d.severity);
            }
            list.truncate(limit);
            let message = format!("{total} mistakes were found; the first {limit} are shown");
            list.push(Diagnostic::new(Code::TooManyDiagnostics, message));
        }
        list
    }
}
