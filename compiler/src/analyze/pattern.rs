//! What is certain about the texts that a pattern matches.

use std::cell::OnceCell;

use regex_automata::dfa::{Automaton, StartKind, dense};
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input, meta};
use regex_syntax::hir::literal::{ExtractKind, Extractor};
use regex_syntax::hir::{Hir, HirKind, Look};

/// More alternatives than this say little and cost much.
const MOST_LITERALS: usize = 24;

/// The largest automaton that is looked through for an end, in bytes.
const DFA_BYTES: usize = 512 << 10;

/// What is certain about a pattern that is matched at the start of a text.
#[derive(Debug)]
pub(super) struct Facts {
    /// No text at all matches.
    pub(super) never: bool,
    /// Which texts match.
    pub(super) texts: Matching,
    pattern: String,
    regex: OnceCell<Option<meta::Regex>>,
}

/// Which texts match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Matching {
    /// Exactly these.
    Exactly(Vec<String>),
    /// Exactly those that start with one of these.
    Prefixes(Vec<String>),
    /// Only ones that start with one of these, but not all of them.
    Within(Vec<String>),
    /// Nothing is known.
    Unknown,
}

impl Facts {
    /// Looks into a pattern in the syntax of `regex-syntax`.
    pub(super) fn of(pattern: &str) -> Self {
        let (mut empty, mut texts) = (false, Matching::Unknown);
        if let Ok(hir) = regex_syntax::parse(pattern) {
            (empty, texts) = (never(pattern, &hir), matching(&hir));
        }
        Self { never: empty, texts, pattern: pattern.to_owned(), regex: OnceCell::new() }
    }

    /// Whether it matches at the start of a text, if that can be told.
    pub(super) fn matches(&self, text: &str) -> Option<bool> {
        let prefixed = |prefixes: &[String]| prefixes.iter().any(|prefix| text.starts_with(prefix.as_str()));
        match &self.texts {
            Matching::Exactly(texts) => return Some(texts.iter().any(|known| known == text)),
            Matching::Prefixes(prefixes) => return Some(prefixed(prefixes)),
            Matching::Within(prefixes) if !prefixed(prefixes) => return Some(false),
            Matching::Within(_) | Matching::Unknown => {}
        }
        let regex = self.regex.get_or_init(|| meta::Regex::new(&self.pattern).ok());
        regex.as_ref().map(|regex| regex.is_match(Input::new(text).anchored(Anchored::Yes)))
    }
}

/// Whether the language is empty. Without conditions on places the syntax tells; else every way through the automaton is
/// tried, and one that is too large is left alone.
fn never(pattern: &str, hir: &Hir) -> bool {
    let properties = hir.properties();
    if properties.minimum_len().is_none() {
        return true;
    }
    if properties.look_set().is_empty() || strip(hir).is_some_and(|(body, _)| body.properties().look_set().is_empty()) {
        return false;
    }
    let config = dense::Config::new()
        .start_kind(StartKind::Anchored)
        .dfa_size_limit(Some(DFA_BYTES))
        .determinize_size_limit(Some(DFA_BYTES));
    let dfa = dense::Builder::new().configure(config).syntax(syntax::Config::new()).build(pattern);
    dfa.is_ok_and(|dfa| !some_way_ends(&dfa))
}

/// Whether a match can be reached from the start of a text.
fn some_way_ends(dfa: &dense::DFA<Vec<u32>>) -> bool {
    let Ok(start) = dfa.start_state_forward(&Input::new("").anchored(Anchored::Yes)) else { return true };
    let mut seen = std::collections::HashSet::from([start]);
    let mut open = vec![start];
    while let Some(state) = open.pop() {
        if dfa.is_match_state(state) || dfa.is_match_state(dfa.next_eoi_state(state)) {
            return true;
        }
        for byte in 0..=u8::MAX {
            let next = dfa.next_state(state, byte);
            if !dfa.is_dead_state(next) && seen.insert(next) {
                open.push(next);
            }
        }
    }
    false
}

/// The pattern without the start at its front and the end at its back, and whether there was an end.
fn strip(hir: &Hir) -> Option<(Hir, bool)> {
    let mut parts = match hir.kind() {
        HirKind::Concat(parts) => parts.clone(),
        _ => vec![hir.clone()],
    };
    while parts.first().is_some_and(|part| matches!(part.kind(), HirKind::Look(Look::Start))) {
        parts.remove(0);
    }
    let ends = parts.last().is_some_and(|part| matches!(part.kind(), HirKind::Look(Look::End)));
    while parts.last().is_some_and(|part| matches!(part.kind(), HirKind::Look(Look::End))) {
        parts.pop();
    }
    Some((Hir::concat(parts), ends))
}

fn matching(hir: &Hir) -> Matching {
    let Some((body, ends)) = strip(hir) else { return Matching::Unknown };
    let mut extractor = Extractor::new();
    extractor.kind(ExtractKind::Prefix).limit_total(MOST_LITERALS);
    let sequence = extractor.extract(&body);
    let Some(literals) = sequence.literals() else { return Matching::Unknown };
    // A literal counts for all texts only where no condition on a place stands beside it.
    let mut exact = body.properties().look_set().is_empty();
    let mut texts = Vec::with_capacity(literals.len());
    for literal in literals {
        let bytes = literal.as_bytes();
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                exact = false;
                bytes.get(..error.valid_up_to()).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
            }
        };
        exact &= literal.is_exact();
        texts.push(text.to_owned());
    }
    texts.sort();
    texts.dedup();
    match (exact, ends) {
        (true, true) => Matching::Exactly(texts),
        (true, false) => Matching::Prefixes(texts),
        (false, _) if texts.iter().any(String::is_empty) => Matching::Unknown,
        (false, _) => Matching::Within(texts),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::regex::translate;

    fn facts(pattern: &str) -> Facts {
        Facts::of(&translate(pattern).unwrap().pattern)
    }

    fn list(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn literals_prefixes_and_finite_languages_are_seen() {
        assert_eq!(facts("abc").texts, Matching::Prefixes(list(&["abc"])));
        assert_eq!(facts("^(US|CA)-").texts, Matching::Prefixes(list(&["CA-", "US-"])));
        assert_eq!(facts(r"^abc\Z").texts, Matching::Exactly(list(&["abc"])));
        assert_eq!(facts("^abc$").texts, Matching::Exactly(list(&["abc", "abc\n"])));
        assert_eq!(facts("ab+c").texts, Matching::Within(list(&["ab"])));
        assert_eq!(facts(".*x").texts, Matching::Unknown);
        assert_eq!(facts(r"ab\b").texts, Matching::Within(list(&["ab"])));
        assert_eq!(facts("").texts, Matching::Prefixes(list(&[""])));
    }

    #[test]
    fn patterns_that_nothing_matches_are_told_from_others() {
        for pattern in ["a^b", "$a", "[^\\s\\S]", r"a\Zb", r"x(?-i:)\Ay"] {
            assert!(facts(pattern).never, "{pattern}");
        }
        for pattern in ["a", "^a$", r"a\b", "", r"(?m)a$\nb", "a$\\n", r"\Bx", "(?m)^"] {
            assert!(!facts(pattern).never, "{pattern}");
        }
    }
}
