//! The canonical form of a text, as edits.

use cascata_compiler::{Options, format};
use lsp_types::TextEdit;

use super::documents::Document;
use super::position::Lines;

/// One edit that replaces the lines that differ; nothing for a canonical text.
///
/// # Errors
/// What keeps the text from being formatted, for people.
pub fn edits(document: &Document) -> Result<Vec<TextEdit>, String> {
    let text = document.text();
    let formatted = format::format(&document.source, &Options::default()).map_err(|refusal| refusal.to_string())?;
    if formatted == text {
        return Ok(Vec::new());
    }
    let (start, end) = changed(text, &formatted);
    let kept = text.len() - end;
    let replacement = formatted.get(start..formatted.len() - kept).unwrap_or_default().to_owned();
    Ok(vec![TextEdit::new(Lines::new(text).range(start..end), replacement)])
}

/// What of `old` differs from `new`, whole lines: the first offset that does, and the one after the last.
fn changed(old: &str, new: &str) -> (usize, usize) {
    let same = |(old, new): &(&str, &str)| old == new;
    let lines = |text| str::split_inclusive(text, '\n');
    let start: usize = lines(old).zip(lines(new)).take_while(same).map(|(line, _)| line.len()).sum();
    let most = (old.len() - start).min(new.len() - start);
    let mut kept = 0;
    for (line, _) in lines(old).rev().zip(lines(new).rev()).take_while(same) {
        if kept + line.len() > most {
            break;
        }
        kept += line.len();
    }
    (start, old.len() - kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_lines_that_differ_are_replaced() {
        assert_eq!(changed("a\nb\nc\n", "a\nx\nc\n"), (2, 4));
        assert_eq!(changed("a\na\n", "a\na\na\n"), (4, 4));
        assert_eq!(changed("a\na\na\n", "a\n"), (2, 6));
        assert_eq!(changed("", "a\n"), (0, 0));
    }
}
