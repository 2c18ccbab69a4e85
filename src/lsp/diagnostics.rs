//! What the compiler says, as the protocol says it.

use std::ops::Range;

use cascata_compiler::{Label, Severity, SourceIndex};
use lsp_types::{
    Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, Location, NumberOrString, PublishDiagnosticsParams,
};

use super::documents::Document;
use super::position::Lines;

/// The diagnostics of a text, each with its other places.
pub fn publish(document: &mut Document) -> PublishDiagnosticsParams {
    let found = document.compiled().diagnostics.clone();
    let lines = Lines::new(document.text());
    let diagnostics = found.iter().map(|diagnostic| convert(diagnostic, document, &lines)).collect();
    PublishDiagnosticsParams { uri: document.uri.clone(), diagnostics, version: Some(document.version) }
}

pub fn convert(diagnostic: &cascata_compiler::Diagnostic, document: &Document, lines: &Lines<'_>) -> Diagnostic {
    let range = |label: &Label| lines.range(label.span.start..label.span.end);
    let index = SourceIndex::new(&document.source);
    let mut message = diagnostic.message.clone();
    let first = diagnostic.labels.first();
    let elsewhere =
        first.filter(|label| index.file(label.span.start) > 0).map(|label| named_at(document, &index, label));
    for note in diagnostic.labels.first().map(|label| &label.text).into_iter().chain(&diagnostic.help) {
        if !note.is_empty() {
            message.push('\n');
            message.push_str(note);
        }
    }
    let related = diagnostic.labels.iter().skip(usize::from(elsewhere.is_none()));
    let related: Vec<_> = related
        .filter_map(|label| {
            let location = location(document, &index, label)?;
            Some(DiagnosticRelatedInformation { location, message: label.text.clone() })
        })
        .collect();
    Diagnostic {
        range: elsewhere.map(|at| lines.range(at)).or_else(|| first.map(range)).unwrap_or_default(),
        severity: Some(match diagnostic.severity {
            Severity::Error => DiagnosticSeverity::ERROR,
            Severity::Warning => DiagnosticSeverity::WARNING,
        }),
        code: Some(NumberOrString::String(diagnostic.code.as_str().to_owned())),
        source: Some("cascata".to_owned()),
        message,
        related_information: (!related.is_empty()).then_some(related),
        ..Diagnostic::default()
    }
}

/// Where the text names the file that a label is in; its start if it is named by another file.
fn named_at(document: &Document, index: &SourceIndex<'_>, label: &Label) -> Range<usize> {
    let file = index.others().nth(index.file(label.span.start).saturating_sub(1)).unwrap_or_default();
    document.text().find(file).map_or(0..0, |at| at..at + file.len())
}

/// The place of a label, in whichever file it is.
fn location(document: &Document, index: &SourceIndex<'_>, label: &Label) -> Option<Location> {
    let file = index.file(label.span.start);
    let (_, text) = index.texts().nth(file)?;
    let span = index.in_file(label.span);
    let range = Lines::new(text).range(span.start..span.end);
    let uri = match file.checked_sub(1) {
        None => document.uri.clone(),
        Some(other) => {
            let (folder, _) = document.uri.as_str().rsplit_once('/')?;
            format!("{folder}/{}", index.others().nth(other)?).parse().ok()?
        }
    };
    Some(Location { uri, range })
}
