//! `cascata fmt`: one way to write a cascade file.
//!
//! ```text
//! text ─▶ parser events + pieces between them (trivia) ─▶ tree with comments (build)
//!                                                            │ order: canonical keys
//! text ◀─ verify: same values, comments, program ◀─ print ◀──┘ layout: what stands on one line
//! ```
//!
//! Events come from the parser that the compiler reads with, so there is one opinion about what a text says. What stands
//! between them is cut into pieces that together with the events are the whole text.

mod build;
mod conditions;
mod convert;
mod edit;
mod json;
mod layout;
mod order;
mod print;
mod tree;
mod trivia;
mod verify;

pub use conditions::{ConditionForm, Rewritten, rewrite};
pub use convert::{Converted, Syntax, convert};
pub use edit::{RuleList, add_rule, remove_rule};

use crate::codes::Code;
use crate::limits::Limits;
use crate::options::Options;
use crate::settings::Place;
use crate::source::Source;
use crate::span::Span;

/// Why a text is not formatted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// It cannot be read; [`crate::check`] says where.
    #[error("the text cannot be read; check it first")]
    Unreadable,
    /// It has mistakes, so nobody can tell whether the result means the same.
    #[error("it has mistakes; check it first")]
    Mistaken,
    /// It has something that cannot be moved safely.
    #[error("{0}; this cannot be formatted")]
    Unusual(&'static str),
    /// The result would not mean the same. The text stays as it is; this is a fault of the formatter.
    #[error("formatting would change the {0}, so nothing was done; please report this file")]
    Changed(&'static str),
}

/// The canonical text of a source: keys in documented order, two blanks a level, short conditions and actions on one
/// line, comments kept. Values, comments and the program are the same as before, which is proved for every result; a
/// canonical text comes back unchanged. A file with mistakes is formatted as long as it can be read.
///
/// # Errors
/// When the text cannot be read, has keys that are lists or mappings, or the result would not mean the same.
pub fn format(source: &Source, options: &Options) -> Result<String, Refusal> {
    let (sorted, text) = layout(source, options)?;
    let after = source.with_text(text);
    if after.text != source.text {
        verify::verify(source, &after, sorted, options)?;
        // One canonical form: what is formatted once is formatted.
        if layout(&after, options)?.1 != after.text {
            return Err(Refusal::Changed("layout a second time"));
        }
    }
    Ok(after.text)
}

/// The places of a YAML text's comments; `None` if it cannot be read.
pub(crate) fn comments(text: &str, limits: &Limits) -> Option<Vec<Span>> {
    let pieces = build::gaps(text, limits)?.into_iter().flat_map(|gap| trivia::pieces(text, gap.start, gap.end));
    Some(pieces.filter(|piece| piece.kind == trivia::Kind::Comment).map(|piece| piece.span).collect())
}

/// The text in canonical form, and whether its keys could be sorted.
fn layout(source: &Source, options: &Options) -> Result<(bool, String), Refusal> {
    let document = crate::yaml::read(source, &options.limits);
    let Some(root) = document.root else { return Err(Refusal::Unreadable) };
    // Of two equal keys which one counts would depend on their order.
    if document.diagnostics.iter().any(|diagnostic| diagnostic.code == Code::DuplicateKey) {
        return Err(Refusal::Unreadable);
    }
    let place = Place::of_source(source);
    if source.is_json() {
        let mut tree = json::build(&root, &source.text);
        Ok((order::sort(&mut tree, &place), json::print(&tree, &place)))
    } else {
        let mut tree = build::build(&source.text, &options.limits)?;
        let sorted = tree.root.as_mut().is_some_and(|root| order::sort(root, &place));
        Ok((sorted, print::print(&tree, &place)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_root_keeps_its_tag_and_anchor() {
        let same = ["!!map\nname: x\n", "&a\nname: x\n", "!x a\n", "! \"\"\n"];
        for text in same {
            assert_eq!(format(&Source::new("c.yaml", text), &Options::default()).as_deref(), Ok(text), "{text}");
        }
        for text in ["!", "!# rsi", "# note\n!", "!!map {name: x}"] {
            let once = format(&Source::new("c.yaml", text), &Options::default()).expect(text);
            let again = format(&Source::new("c.yaml", once.as_str()), &Options::default());
            assert_eq!(again.as_deref(), Ok(once.as_str()), "{text}");
        }
    }

    #[test]
    fn tagged_text_in_brackets_has_quotes_where_it_needs_them() {
        for (text, wanted) in [
            ("- ! a}\n", "[! \"a}\"]\n"),
            ("- !!str a, b\n- !!str c\n", "[!!str \"a, b\", !!str c]\n"),
            ("- !\r ate} \r i", "[! \"ate} i\"]\n"),
            ("x: !!str a}\n", "x: !!str a}\n"),
        ] {
            let once = format(&Source::new("c.yaml", text), &Options::default());
            assert_eq!(once.as_deref(), Ok(wanted), "{text:?}");
        }
    }

    #[test]
    fn lines_of_block_text_end_as_yaml_says() {
        for (text, wanted) in [
            ("x: > \n\r a\n\r b", "x: >\n\n  a\n\n  b\n"),
            ("x: |\n\n\n  a\n", "x: |\n\n\n  a\n"),
            ("x: |+\n\n\ny: 1\n", "x: |+\n\n\ny: 1\n"),
            ("x: |+\n\n", "x: |+\n\n"),
            ("x: >-\n\n\n", "x: >-\n"),
            ("- |+\n- >\n\n", "- |+\n- >\n"),
            ("x: |\n  a  \n     \n  \n", "x: |\n  a  \n     \n"),
            ("x: # note\n  >", "x: >  # note\n"),
            ("x: |\r\n  a\r\n  b\r\n", "x: |\n  a\n  b\n"),
            ("x: |\r  a\r   b\r", "x: |\n  a\n   b\n"),
        ] {
            let once = format(&Source::new("c.yaml", text), &Options::default());
            assert_eq!(once.as_deref(), Ok(wanted), "{text:?}");
        }
    }

    /// The formatter leaves alone what it would change; that it has to is a fault.
    #[test]
    fn no_short_text_would_be_changed() {
        let pieces = [">", "|", "+", "-", "\n", "\r", " ", "a", ": ", "#", "\"", "!"];
        for (start, number) in
            ["", "x: ", "- ", "x: |\n"].iter().flat_map(|start| (0..12_usize.pow(3)).map(move |n| (start, n)))
        {
            let end = [number % 12, number / 12 % 12, number / 144].map(|at| pieces[at]).concat();
            let source = Source::new("c.yaml", format!("{start}{end}"));
            let formatted = format(&source, &Options::default());
            assert!(!matches!(formatted, Err(Refusal::Changed(_))), "{:?}: {formatted:?}", source.text);
        }
    }
}
