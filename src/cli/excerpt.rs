//! A message with the lines of a source it is about, as people read it.

use std::fmt;

use cascata_compiler::{LineIndex, Severity, Source, SourceIndex, Span};
use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode, SourceSpan};

use super::terminal;

/// Lines longer than this, in bytes, are not drawn: nobody could read them, and what draws stops at 65,535 columns.
const LONGEST_LINE: usize = 4096;

/// What is shown of such a line, in characters.
const SHOWN: usize = 60;

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

/// Renders excerpts of one source and the files that it names.
pub struct Renderer {
    handler: GraphicalReportHandler,
    files: Vec<File>,
}

/// One of the texts.
struct File {
    /// Where it begins in the whole.
    start: usize,
    source: NamedSource<String>,
    /// Whether some line is not drawn.
    long: bool,
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
        let index = SourceIndex::new(source);
        let file = |(number, text): (usize, &str)| File {
            start: index.start(number),
            source: NamedSource::new(index.name(number), text.to_owned()),
            long: text.lines().any(|line| line.len() > LONGEST_LINE),
        };
        Self { handler, files: index.texts().map(file).collect() }
    }

    /// The text, without a line end. Labels in other files than the first one are listed below it.
    pub fn render(&self, excerpt: &Excerpt<'_>) -> String {
        let at = |span: Span| self.files.partition_point(|file| file.start <= span.start).saturating_sub(1);
        let number = excerpt.labels.first().map_or(0, |(span, _)| at(*span));
        let Some(file) = self.files.get(number) else { return excerpt.message.to_owned() };
        let (own, others): (Vec<_>, Vec<_>) = excerpt.labels.iter().copied().partition(|(span, _)| at(*span) == number);
        let labels = own.into_iter().map(|(span, label)| (file.local(span), label)).collect();
        let mut text = self.in_file(file, &Excerpt { labels, ..*excerpt });
        for (span, label) in others {
            text += &self.files.get(at(span)).map(|file| file.listed(file.local(span), label)).unwrap_or_default();
        }
        text
    }

    fn in_file(&self, file: &File, excerpt: &Excerpt<'_>) -> String {
        if file.long && excerpt.labels.iter().any(|(span, _)| file.is_long(*span)) {
            return file.all_listed(excerpt);
        }
        let mut text = String::new();
        match self.handler.render_report(&mut text, &Report { excerpt, source: &file.source }) {
            Ok(()) => text.trim_end().to_owned(),
            // Only a span outside the text can do this; the message matters more than the excerpt.
            Err(fmt::Error) => {
                let code = excerpt.code.map(|code| format!("{code}: ")).unwrap_or_default();
                format!("{}: {code}{}", file.source.name(), excerpt.message)
            }
        }
    }
}

impl File {
    fn local(&self, span: Span) -> Span {
        Span::new(span.start.saturating_sub(self.start), span.end.saturating_sub(self.start))
    }

    /// Whether a line of a place, or one beside it, is too long to be drawn.
    fn is_long(&self, span: Span) -> bool {
        let text = self.source.inner().as_bytes();
        let newline = |byte: &u8| *byte == b'\n';
        // The line before and the one behind are drawn as well.
        let before = text.get(..span.start).unwrap_or_default().rsplit(newline).take(2);
        let behind = text.get(span.start..).unwrap_or_default();
        let lines = behind.get(..span.len()).unwrap_or_default().split(newline).count();
        let mut all = before.chain(behind.split(newline).take(lines + 1));
        all.any(|part| part.len() > LONGEST_LINE / 2)
    }

    /// The message with its places as a list.
    fn all_listed(&self, excerpt: &Excerpt<'_>) -> String {
        let mark = if excerpt.severity == Severity::Error { '×' } else { '⚠' };
        let code = excerpt.code.map(|code| format!("{code}\n\n")).unwrap_or_default();
        let mut text = format!("{code}  {mark} {}", excerpt.message);
        for (span, label) in &excerpt.labels {
            text += &self.listed(*span, label);
        }
        if let Some(help) = excerpt.help {
            text += &format!("\n  help: {help}");
        }
        text
    }

    /// A place on a line of its own.
    fn listed(&self, span: Span, label: &str) -> String {
        let position = LineIndex::new(self.source.inner()).position(span.start);
        let place = self.source.inner().get(span.start..span.end).unwrap_or_default();
        let shown: String = place.lines().next().unwrap_or_default().chars().take(SHOWN).collect();
        let (name, line, column) = (self.source.name(), position.line, position.column);
        format!("\n    {name}:{line}:{column}: `{shown}`: {label}")
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
