//! A message with the lines of a source it is about, as people read it.

use std::fmt;

use cascata_compiler::{Severity, Source, Span};
use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode, SourceSpan};

use super::terminal;

/// What is shown.
#[derive(Debug)]
pub struct Excerpt<'a> {
    /// A stable code, where there is one.
    pub code: Option<&'static str>,
    /// How bad it is.
    pub severity: Severity,
    /// One sentence.
    pub message: &'a str,
    /// The places; the first one is where it is reported.
    pub labels: Vec<(Span, &'a str)>,
    /// What to do about it.
    pub help: Option<&'a str>,
}

/// Renders excerpts of one source.
pub struct Renderer {
    handler: GraphicalReportHandler,
    source: NamedSource<String>,
}

impl Renderer {
    /// For a source, with colours or without.
    pub fn new(source: &Source, color: bool) -> Self {
        let theme = if color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
        let handler = GraphicalReportHandler::new_themed(theme)
            .with_width(terminal::width())
            .with_links(false)
            .with_context_lines(1)
            .without_syntax_highlighting();
        Self { handler, source: NamedSource::new(&source.name, source.text.clone()) }
    }

    /// The text, without a line end.
    pub fn render(&self, excerpt: &Excerpt<'_>) -> String {
        let mut text = String::new();
        match self.handler.render_report(&mut text, &Report { excerpt, source: &self.source }) {
            Ok(()) => text.trim_end().to_owned(),
            // Only a span outside the text can do this; the message matters more than the excerpt.
            Err(fmt::Error) => {
                let code = excerpt.code.map(|code| format!("{code}: ")).unwrap_or_default();
                format!("{}: {code}{}", self.source.name(), excerpt.message)
            }
        }
    }
}

/// An excerpt as miette wants to see it.
#[derive(Debug)]
struct Report<'a> {
    excerpt: &'a Excerpt<'a>,
    source: &'a NamedSource<String>,
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.excerpt.message)
    }
}

impl std::error::Error for Report<'_> {}

impl miette::Diagnostic for Report<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.excerpt.code?))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.excerpt.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.excerpt.help?))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let mut primary = true;
        Some(Box::new(self.excerpt.labels.iter().map(move |(span, text)| {
            let text = (!text.is_empty()).then(|| (*text).to_owned());
            let span = SourceSpan::from((span.start, span.len()));
            if std::mem::take(&mut primary) {
                LabeledSpan::new_primary_with_span(text, span)
            } else {
                LabeledSpan::new_with_span(text, span)
            }
        })))
    }
}
