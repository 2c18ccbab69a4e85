//! A pattern that is a literal needs no automaton.

use super::TestKind;
use crate::regex::literal::{self, Literal};

pub(super) fn run(kind: TestKind) -> TestKind {
    let TestKind::Matches { source, .. } = &kind else { return kind };
    match literal::of(source) {
        Some(Literal::Prefix(text)) => TestKind::MatchesPrefix(text.into_owned()),
        Some(Literal::Suffix(text)) => TestKind::MatchesSuffix(text.into_owned()),
        None => kind,
    }
}
