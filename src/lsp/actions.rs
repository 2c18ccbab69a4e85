//! Quick fixes: the replacements that diagnostics offer.

use lsp_types::{CodeAction, CodeActionKind, CodeActionOrCommand, Range, TextEdit, WorkspaceEdit};

use super::diagnostics::convert;
use super::documents::Document;
use super::position::Lines;

/// The fixes of diagnostics that touch a range.
pub fn actions(document: &mut Document, range: Range) -> Vec<CodeActionOrCommand> {
    let found = document.compiled().diagnostics.clone();
    let lines = Lines::new(document.text());
    let mut actions = Vec::new();
    for diagnostic in &found {
        let own = document.text().len();
        let Some(fix) = diagnostic.fix.as_ref().filter(|fix| fix.span.end <= own) else { continue };
        let shown = convert(diagnostic, document, &lines);
        if shown.range.end < range.start || range.end < shown.range.start {
            continue;
        }
        let edit = TextEdit::new(lines.range(fix.span.start..fix.span.end), fix.replacement.clone());
        let title = if fix.replacement.is_empty() {
            "Remove this".to_owned()
        } else {
            format!("Write `{}`", fix.replacement.lines().next().unwrap_or_default())
        };
        // The protocol keys edits by address; the map has one entry and is never changed.
        #[expect(clippy::mutable_key_type, reason = "the type of the protocol")]
        let changes = std::iter::once((document.uri.clone(), vec![edit])).collect();
        actions.push(CodeActionOrCommand::CodeAction(CodeAction {
            title,
            kind: Some(CodeActionKind::QUICKFIX),
            diagnostics: Some(vec![shown]),
            edit: Some(WorkspaceEdit { changes: Some(changes), ..WorkspaceEdit::default() }),
            is_preferred: Some(true),
            ..CodeAction::default()
        }));
    }
    actions
}
