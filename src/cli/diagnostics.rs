//! Diagnostics of the compiler, for people (source excerpt with carets) and for tools (one JSON object a line).

use std::fmt;
use std::io::Write;

use cascata_compiler::{Diagnostic, LineIndex, Severity, Source};
use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode, SourceSpan};

use super::Format;
use super::terminal;

/// How many of each kind were printed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    /// Diagnostics that keep an image from being made.
    pub errors: usize,
    /// The others.
    pub warnings: usize,
}

/// Prints the diagnostics of one source: people's form to stderr, JSON to stdout.
pub fn print(source: &Source, diagnostics: &[Diagnostic], format: Format) -> Counts {
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count();
    let counts = Counts { errors, warnings: diagnostics.len() - errors };
    match format {
        Format::Human => human(source, diagnostics),
        Format::Json => json(source, diagnostics),
    }
    counts
}

fn json(source: &Source, diagnostics: &[Diagnostic]) {
    let index = LineIndex::new(&source.text);
    let mut out = std::io::stdout().lock();
    for diagnostic in diagnostics {
        let located = diagnostic.located(&source.name, &index);
        // A diagnostic is plain data; a closed stdout has nobody left to tell.
        let _ = serde_json::to_string(&located).map(|line| writeln!(out, "{line}"));
    }
}

fn human(source: &Source, diagnostics: &[Diagnostic]) {
    let theme = if terminal::color_stderr() { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(terminal::width())
        .with_links(false)
        .with_context_lines(1)
        .without_syntax_highlighting();
    let code = miette::NamedSource::new(&source.name, source.text.clone());
    let mut err = std::io::stderr().lock();
    for diagnostic in diagnostics {
        let mut text = String::new();
        let report = Report { diagnostic, code: &code };
        match handler.render_report(&mut text, &report) {
            Ok(()) => {
                let _ = writeln!(err, "{}", text.trim_end());
            }
            // Only a span outside the text can do this; the message matters more than the excerpt.
            Err(fmt::Error) => {
                let _ = writeln!(err, "{}: {}: {}", source.name, diagnostic.code, diagnostic.message);
            }
        }
    }
}

/// A diagnostic as miette wants to see it.
struct Report<'a> {
    diagnostic: &'a Diagnostic,
    code: &'a miette::NamedSource<String>,
}

impl fmt::Debug for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.diagnostic.fmt(f)
    }
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.diagnostic.message)
    }
}

impl std::error::Error for Report<'_> {}

impl miette::Diagnostic for Report<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.diagnostic.code))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.diagnostic.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let help = self.diagnostic.help.as_deref()?;
        Some(Box::new(help))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(self.code)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let mut primary = true;
        Some(Box::new(self.diagnostic.labels.iter().map(move |label| {
            let text = (!label.text.is_empty()).then(|| label.text.clone());
            let span = SourceSpan::from((label.span.start, label.span.len()));
            if std::mem::take(&mut primary) {
                LabeledSpan::new_primary_with_span(text, span)
            } else {
                LabeledSpan::new_with_span(text, span)
            }
        })))
    }
}
