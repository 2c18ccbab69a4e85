//! What the compiler says, as the protocol says it.

use cascata_compiler::{Label, Severity};
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
    let mut message = diagnostic.message.clone();
    for note in diagnostic.labels.first().map(|label| &label.text).into_iter().chain(&diagnostic.help) {
        if !note.is_empty() {
            message.push('\n');
            message.push_str(note);
        }
    }
    let related: Vec<_> = diagnostic
        .labels
        .iter()
        .skip(1)
        .map(|label| DiagnosticRelatedInformation {
            location: Location { uri: document.uri.clone(), range: range(label) },
            message: label.text.clone(),
        })
        .collect();
    Diagnostic {
        range: diagnostic.labels.first().map(range).unwrap_or_default(),
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
