//! Diagnostics of the compiler, for people (source excerpt with carets) and for tools (one JSON object a line).

use std::io::Write;

use cascata_compiler::{Diagnostic, Source, SourceIndex};

use super::Format;
use super::excerpt::{Excerpt, Renderer};
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
    let index = SourceIndex::new(source);
    let mut out = std::io::stdout().lock();
    for diagnostic in diagnostics {
        let located = diagnostic.located(&index);
        // A diagnostic is plain data; a closed stdout has nobody left to tell.
        let _ = serde_json::to_string(&located).map(|line| writeln!(out, "{line}"));
    }
}

fn human(source: &Source, diagnostics: &[Diagnostic]) {
    let renderer = Renderer::new(source, terminal::color_stderr());
    let mut err = std::io::stderr().lock();
    for diagnostic in diagnostics {
        let labels = diagnostic.labels.iter().map(|label| (label.span, label.text.as_str()));
        let excerpt = Excerpt {
            code: Some(diagnostic.code.as_str()),
            severity: diagnostic.severity,
            message: &diagnostic.message,
            labels: labels.collect(),
            help: diagnostic.help.as_deref(),
        };
        // A closed stderr leaves nobody to tell.
        let _ = writeln!(err, "{}", renderer.render(&excerpt));
    }
}
