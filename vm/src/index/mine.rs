//! What a pattern demands of every text that it matches, read off its syntax.
//!
//! Only what surely follows is taken: a text without it cannot match, a text with it may. The pattern is asked as ever.

use alloc::vec::Vec;

use regex_syntax::hir::literal::{ExtractKind, Extractor};
use regex_syntax::hir::{Hir, HirKind};

use crate::image::parse_pattern;

/// Most texts of which one has to be there.
const MAX_TEXTS: usize = 32;
/// Most characters that a place in a beginning may have.
const MAX_CLASS: usize = 4;
/// Longest beginning that is asked for.
const MAX_BEGINNING: usize = 8;

/// What is demanded.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum Mined {
    /// The text begins with one of these, which are of one length.
    Beginnings(Vec<Vec<u8>>),
    /// The text has one of these in it.
    Inside(Vec<Vec<u8>>),
    Nothing,
}

/// What a pattern that is matched at the start of a text demands.
pub(super) fn mine(pattern: &str) -> Mined {
    let Some(hir) = parse_pattern(pattern) else { return Mined::Nothing };
    let beginnings = beginnings(&hir).unwrap_or_default();
    let inside = required(&hir).unwrap_or_default();
    match (shortest(&beginnings), shortest(&inside)) {
        (0, 0) => Mined::Nothing,
        // A key is found faster than a part of a text.
        (begins, within) if begins >= within.min(3) => Mined::Beginnings(beginnings),
        _ => Mined::Inside(inside),
    }
}

fn shortest(texts: &[Vec<u8>]) -> usize {
    texts.iter().map(Vec::len).min().unwrap_or(0)
}

/// Beginnings of one length, one of which every match has.
fn beginnings(hir: &Hir) -> Option<Vec<Vec<u8>>> {
    let mut extractor = Extractor::new();
    extractor.kind(ExtractKind::Prefix).limit_total(MAX_TEXTS).limit_literal_len(MAX_BEGINNING).limit_class(MAX_CLASS);
    let found = extractor.extract(hir);
    let literals = found.literals()?;
    let length = literals.iter().map(|literal| literal.len()).min().unwrap_or(0);
    if length == 0 || literals.len() > MAX_TEXTS {
        return None;
    }
    let mut texts: Vec<Vec<u8>> =
        literals.iter().filter_map(|literal| literal.as_bytes().get(..length)).map(<[u8]>::to_vec).collect();
    texts.sort_unstable();
    texts.dedup();
    Some(texts)
}

/// Texts one of which stands in every match. The depth is that of the pattern, which its parser bounds.
fn required(hir: &Hir) -> Option<Vec<Vec<u8>>> {
    match hir.kind() {
        HirKind::Literal(literal) => Some([literal.0.to_vec()].to_vec()),
        HirKind::Capture(capture) => required(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => required(&repetition.sub),
        HirKind::Concat(parts) => parts.iter().filter_map(required).max_by_key(|texts| shortest(texts)),
        HirKind::Alternation(branches) => {
            let mut texts = Vec::new();
            for branch in branches {
                texts.extend(required(branch)?);
                if texts.len() > MAX_TEXTS {
                    return None;
                }
            }
            Some(texts)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(of: &[&str]) -> Vec<Vec<u8>> {
        of.iter().map(|text| text.as_bytes().to_vec()).collect()
    }

    #[test]
    fn beginnings_are_those_of_every_match() {
        assert_eq!(mine("ACME-[0-9]+"), Mined::Beginnings(texts(&["ACME-"])));
        assert_eq!(mine("(?:cat|dogs)x?"), Mined::Beginnings(texts(&["cat", "dog"])));
        assert_eq!(mine("a longer literal text"), Mined::Beginnings(texts(&["a longer"])));
        assert_eq!(mine("[ab]c"), Mined::Beginnings(texts(&["ac", "bc"])));
    }

    #[test]
    fn what_stands_inside_is_that_of_every_match() {
        assert_eq!(mine(".*@corp\\.com"), Mined::Inside(texts(&["@corp.com"])));
        assert_eq!(mine(".*(?:free|cheap).*pills"), Mined::Inside(texts(&["pills"])));
        assert_eq!(mine(".*(?:viagra|lottery)"), Mined::Inside(texts(&["viagra", "lottery"])));
        assert_eq!(mine("(?:.*needle)+"), Mined::Inside(texts(&["needle"])));
    }

    #[test]
    fn what_may_be_absent_is_not_demanded() {
        for pattern in [".*", "", "(?:abc)*", "(?:abc)?.*", ".*(?:abc|.)", "[^a]*", "\\p{L}+", ".*a?", "(?:|abc)"] {
            assert_eq!(mine(pattern), Mined::Nothing, "{pattern}");
        }
    }

    #[test]
    fn a_pattern_in_any_case_has_the_beginnings_of_each() {
        let Mined::Beginnings(found) = mine("(?i)ab") else { panic!("beginnings") };
        assert_eq!(found, texts(&["AB", "Ab", "aB", "ab"]));
    }
}
