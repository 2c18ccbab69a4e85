//! Patterns made ready to match: the image's own DFA where it can be trusted, else compiled from the text.

use alloc::vec::Vec;

use regex_automata::dfa::{Automaton, dense, sparse};
use regex_automata::util::primitives::StateID;
use regex_automata::{Anchored, Input, MatchKind, meta, util::syntax};
use regex_syntax::hir::Hir;

use super::LoadOptions;
use super::error::ImageErrorKind;

/// Most bytes that a sparse DFA may take in an image. Larger ones are matched by the lazy automata of
/// `regex-automata`, which are about as fast once warm and stay small.
pub const DFA_SIZE_LIMIT: usize = 64 << 10;

/// Up to this many bytes a DFA is stored dense: several times faster than sparse, several times larger.
pub const DENSE_SIZE_LIMIT: usize = 16 << 10;

/// How an automaton is stored.
pub(super) mod forms {
    pub(in super::super) const NONE: u32 = 0;
    pub(in super::super) const SPARSE: u32 = 1;
    pub(in super::super) const DENSE: u32 = 2;
}

/// A serialised automaton for an image.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PatternDfa {
    pub(super) form: u32,
    pub(super) bytes: Vec<u8>,
}

/// A pattern that answers whether it matches at the start of a text.
#[derive(Clone, Debug)]
pub(crate) enum Pattern {
    /// Ahead of time, small. With the state at the start of a text.
    Dense(dense::DFA<Vec<u32>>, StateID),
    /// Ahead of time.
    Sparse(sparse::DFA<Vec<u8>>),
    /// Compiled when the image was loaded.
    Meta(meta::Regex),
}

impl Pattern {
    /// Takes the automaton if the image is trusted and the automaton is of this version, else compiles the text.
    pub(super) fn load(text: &str, form: u32, dfa: &[u8], options: &LoadOptions) -> Result<Self, ImageErrorKind> {
        let known = match form {
            forms::NONE => dfa.is_empty(),
            forms::SPARSE | forms::DENSE => true,
            _ => false,
        };
        if !known {
            return Err(ImageErrorKind::Pattern);
        }
        if options.trusted {
            // Both readers check what they read; a dense one also refuses bytes that are not aligned here.
            if form == forms::SPARSE
                && let Ok((dfa, _)) = sparse::DFA::from_bytes(dfa)
            {
                return Ok(Self::Sparse(dfa.to_owned()));
            }
            if form == forms::DENSE
                && let Ok((dfa, _)) = dense::DFA::from_bytes(dfa)
                && let Ok(start) = dfa.start_state_forward(&Input::new("").anchored(Anchored::Yes))
            {
                return Ok(Self::Dense(dfa.to_owned(), start));
            }
        }
        compile(text, options.max_pattern_bytes).map(Self::Meta)
    }

    /// Whether the pattern matches at the start of the text.
    #[inline]
    pub(crate) fn matches_at_start(&self, text: &str) -> bool {
        if let Self::Dense(dfa, start) = self
            && text.len() <= SHORT
        {
            return matches_short(dfa, *start, text.as_bytes());
        }
        let input = Input::new(text).anchored(Anchored::Yes).earliest(true);
        match self {
            // A DFA built without quit bytes, as `build_dfa` does, cannot fail.
            Self::Dense(dfa, _) => matches!(dfa.try_search_fwd(&input), Ok(Some(_))),
            Self::Sparse(dfa) => matches!(dfa.try_search_fwd(&input), Ok(Some(_))),
            Self::Meta(regex) => regex.is_match(input),
        }
    }
}

/// Up to this many bytes a text is passed byte by byte. The search of the automaton skips through longer ones where it can; it
/// takes as long to begin with as this does for a dozen bytes.
const SHORT: usize = 64;

/// Whether the automaton comes to a match from its start on.
#[inline]
fn matches_short(dfa: &dense::DFA<Vec<u32>>, start: StateID, text: &[u8]) -> bool {
    let mut state = start;
    for byte in text {
        state = dfa.next_state(state, *byte);
        if dfa.is_special_state(state) {
            if dfa.is_match_state(state) {
                return true;
            }
            if dfa.is_dead_state(state) || dfa.is_quit_state(state) {
                return false;
            }
        }
    }
    // What matches is told a byte later; behind the text stands its end.
    dfa.is_match_state(dfa.next_eoi_state(state))
}

pub(super) fn syntax_config() -> syntax::Config {
    syntax::Config::new().nest_limit(128)
}

/// The syntax of a pattern as it is compiled.
pub(crate) fn parse_pattern(text: &str) -> Option<Hir> {
    syntax::parse_with(text, &syntax_config()).ok()
}

fn compile(text: &str, limit: usize) -> Result<meta::Regex, ImageErrorKind> {
    let config = meta::Config::new().nfa_size_limit(Some(limit)).match_kind(MatchKind::LeftmostFirst);
    meta::Builder::new().configure(config).syntax(syntax_config()).build(text).map_err(|error| {
        if error.size_limit().is_some() { ImageErrorKind::PatternLimit } else { ImageErrorKind::Pattern }
    })
}

/// Builds the automaton that an image carries for a pattern, anchored at the start: dense while it is small, else
/// sparse. `None` where it would pass [`DFA_SIZE_LIMIT`] or needs Unicode word boundaries, which DFAs don't have.
#[must_use]
pub fn build_dfa(pattern: &str) -> Option<PatternDfa> {
    let config = dense::Config::new()
        .start_kind(regex_automata::dfa::StartKind::Anchored)
        .match_kind(MatchKind::LeftmostFirst)
        // A dense automaton on the way to a sparse one is several times larger.
        .dfa_size_limit(Some(DFA_SIZE_LIMIT.saturating_mul(16)))
        .determinize_size_limit(Some(DFA_SIZE_LIMIT.saturating_mul(32)));
    let dfa = dense::Builder::new().configure(config).syntax(syntax_config()).build(pattern).ok()?;
    // The serialised form may begin with padding to align it; whoever stores it aligns it.
    let (bytes, padding) = dfa.to_bytes_little_endian();
    if bytes.len() <= DENSE_SIZE_LIMIT {
        return Some(PatternDfa { form: forms::DENSE, bytes: bytes.get(padding..)?.to_vec() });
    }
    let bytes = dfa.to_sparse().ok()?.to_bytes_little_endian();
    (bytes.len() <= DFA_SIZE_LIMIT).then_some(PatternDfa { form: forms::SPARSE, bytes })
}

/// Whether a pattern compiles within `limit` bytes, as it has to when an image is loaded.
///
/// # Errors
/// What a loader would say.
pub fn check_pattern(pattern: &str, limit: usize) -> Result<(), ImageErrorKind> {
    compile(pattern, limit).map(|_| ())
}
