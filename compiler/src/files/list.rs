//! The entries of a list that stands in a file of its own.

use super::{Found, csv};
use crate::check::constant;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::limits::Limits;
use crate::model::Constant;
use crate::source::Source;
use crate::span::Span;
use crate::yaml::{self, NodeKind};

/// Columns that are listed in a message, and how much of each.
const MOST_COLUMNS: usize = 12;
const MOST_CHARS: usize = 40;

/// The entries of a file, by its name: `.json`, `.yaml` and `.yml` hold a list of values; of any other each line is one text,
/// but empty ones and those that start with `#`; with `column` it is comma-separated values. `at` is where the file is named.
///
/// # Errors
/// What is wrong with the file.
pub(crate) fn entries(
    found: &Found<'_>,
    column: Option<&str>,
    at: Span,
    limits: &Limits,
) -> Result<Vec<Constant>, Vec<Diagnostic>> {
    let texts = |texts: Vec<String>| texts.into_iter().map(Constant::Text).collect();
    if let Some(column) = column {
        return csv::column(found.text, column).map(texts).map_err(|columns| {
            let message = format!("`{}` has no column `{column}`", found.name);
            let diagnostic = Diagnostic::new(Code::InvalidList, message).label(at, "of this file");
            let near = crate::names::nearest(column, columns.iter().map(String::as_str));
            vec![match near {
                Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
                None => {
                    let shown = columns.iter().take(MOST_COLUMNS).map(|name| name.chars().take(MOST_CHARS).collect());
                    diagnostic.help(format!("its columns are {}", shown.collect::<Vec<String>>().join(", ")))
                }
            }]
        });
    }
    let ending = found.name.rsplit_once('.').map_or("", |(_, ending)| ending);
    if ["json", "yaml", "yml"].iter().any(|known| ending.eq_ignore_ascii_case(known)) {
        return values(found, limits);
    }
    let text = found.text.strip_prefix('\u{feff}').unwrap_or(found.text);
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    Ok(lines.map(|line| Constant::Text(line.to_owned())).collect())
}

fn values(found: &Found<'_>, limits: &Limits) -> Result<Vec<Constant>, Vec<Diagnostic>> {
    let document = yaml::read(&Source::new(found.name, found.text), limits).moved(found.start);
    let mut wrong = document.diagnostics;
    // No boolean belongs here, so words that could be one are mistakes.
    wrong.extend(document.pending.finish());
    match document.root.map(|root| (root.span, root.kind)) {
        Some((_, NodeKind::Seq(items))) if wrong.is_empty() => Ok(items.iter().map(constant).collect()),
        Some((span, kind)) if !matches!(kind, NodeKind::Seq(_)) => {
            let head = Span::new(span.start, span.start.saturating_add(1).min(span.end));
            let message = format!("`{}` is no list", found.name);
            wrong.push(Diagnostic::new(Code::InvalidList, message).label(head, "expected a list of values"));
            Err(wrong)
        }
        _ => Err(wrong),
    }
}
