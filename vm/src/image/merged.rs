//! Several patterns that a list asks of one field, as one automaton: one pass over the text answers all of them.
//!
//! It pays from the third question on, so the first two of a run are asked one by one. Automata are built when they are first
//! needed, under limits; where one would be larger, each pattern is asked as ever.

use alloc::boxed::Box;
use alloc::vec::Vec;

use once_cell::race::OnceBox;
use regex_automata::dfa::{Automaton as _, dense};
use regex_automata::{Anchored, Input, MatchKind};

use super::pattern::syntax_config;
use super::tables::Tables;

/// Fewer patterns of one field are not merged.
pub(crate) const MIN_PATTERNS: usize = 4;
/// Questions of a run that are answered one by one.
const ONE_BY_ONE: u32 = 2;
/// Most bytes that a merged automaton may take.
const SIZE_LIMIT: usize = 256 << 10;

/// Patterns of one field.
#[derive(Debug, Default)]
pub(crate) struct Group {
    /// Each pattern with the bit of what is remembered of it.
    patterns: Vec<(u32, u64)>,
    mask: u64,
    automaton: OnceBox<Option<Merged>>,
}

#[derive(Debug)]
struct Merged {
    dfa: dense::DFA<Vec<u32>>,
    /// For each pattern its bit.
    bits: Vec<u64>,
}

impl Group {
    pub(super) fn new(patterns: Vec<(u32, u64)>) -> Self {
        let mask = patterns.iter().fold(0, |mask, (_, bit)| mask | bit);
        Self { patterns, mask, automaton: OnceBox::new() }
    }

    /// How many patterns it has.
    pub(crate) fn len(&self) -> usize {
        self.patterns.len()
    }

    /// The bits of its patterns.
    pub(crate) const fn mask(&self) -> u64 {
        self.mask
    }

    /// Whether asking all pays when these bits are known.
    #[inline]
    pub(crate) const fn pays(&self, known: u64) -> bool {
        (known & self.mask).count_ones() >= ONE_BY_ONE
    }

    /// The bits of the patterns that match at the start of the text; `None` if they can't be asked together.
    pub(crate) fn matching(&self, tables: &Tables<'_>, text: &str) -> Option<u64> {
        self.automaton(tables)?.matching(text.as_bytes(), self.mask)
    }

    /// Builds the automaton, unless that was done before.
    pub(crate) fn prepare(&self, tables: &Tables<'_>) {
        let _ = self.automaton(tables);
    }

    fn automaton(&self, tables: &Tables<'_>) -> Option<&Merged> {
        let build = || Box::new(Merged::build(tables, &self.patterns));
        self.automaton.get_or_init(build).as_ref()
    }
}

impl Merged {
    fn build(tables: &Tables<'_>, patterns: &[(u32, u64)]) -> Option<Self> {
        let text = |id: u32| tables.pattern(id).and_then(|pattern| tables.string(pattern.text));
        let texts: Vec<&str> = patterns.iter().map(|(id, _)| text(*id)).collect::<Option<_>>()?;
        let config = dense::Config::new()
            .start_kind(regex_automata::dfa::StartKind::Anchored)
            // Of every pattern it is told whether it matches, not of the first alone.
            .match_kind(MatchKind::All)
            .dfa_size_limit(Some(SIZE_LIMIT))
            .determinize_size_limit(Some(SIZE_LIMIT.saturating_mul(4)));
        let dfa = dense::Builder::new().configure(config).syntax(syntax_config()).build_many(&texts).ok()?;
        Some(Self { dfa, bits: patterns.iter().map(|(_, bit)| *bit).collect() })
    }

    fn matching(&self, text: &[u8], all: u64) -> Option<u64> {
        let input = Input::new(text).anchored(Anchored::Yes);
        let mut state = self.dfa.start_state_forward(&input).ok()?;
        let mut found = 0;
        for byte in text {
            state = self.dfa.next_state(state, *byte);
            if !self.dfa.is_special_state(state) {
                continue;
            }
            if self.dfa.is_match_state(state) {
                found |= self.bits_of(state);
                if found == all {
                    return Some(found);
                }
            } else if self.dfa.is_dead_state(state) {
                return Some(found);
            } else if self.dfa.is_quit_state(state) {
                return None;
            }
        }
        // What matches is told a byte later; behind the text stands its end.
        state = self.dfa.next_eoi_state(state);
        if self.dfa.is_match_state(state) {
            found |= self.bits_of(state);
        }
        Some(found)
    }

    fn bits_of(&self, state: regex_automata::util::primitives::StateID) -> u64 {
        let patterns = (0..self.dfa.match_len(state)).map(|at| self.dfa.match_pattern(state, at));
        patterns.fold(0, |bits, pattern| bits | self.bits.get(pattern.as_usize()).copied().unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::String;

    use crate::image::{LoadOptions, Program};
    use crate::isa::assemble;

    const PATTERNS: [&str; 6] = ["a+b", ".*ba", "(?:ab|ba)c?", "[bc]*\\\\z", ".?c", "[a-b]{2}c\\\\z"];

    #[test]
    fn one_pass_answers_as_the_patterns_one_by_one() {
        let rules = PATTERNS.map(|pattern| {
            format!("rule \"r\"\n load r0, [\"a\"]\n matches r0, \"{pattern}\", false -> 3\n accept\n reject\n")
        });
        let program = Program::verify(assemble(&rules.concat()).unwrap(), &LoadOptions::default()).unwrap();
        let [group] = program.hot().merged.as_slice() else { panic!("one group") };
        assert_eq!(group.len(), PATTERNS.len());
        for number in 0..3_usize.pow(6) {
            // Every text of up to six letters; leading a's are cut to have shorter ones.
            let digits = (0..6).map(|place| number / 3_usize.pow(place) % 3);
            let text: String = digits.map(|digit| ['a', 'b', 'c'][digit]).collect();
            for text in [text.as_str(), text.trim_start_matches('a'), ""] {
                let found = group.matching(&program.tables(), text).expect("a small automaton");
                for (pattern, bit) in &group.patterns {
                    let alone = program.patterns()[*pattern as usize].matches_at_start(text);
                    assert_eq!(found & bit != 0, alone, "{pattern} on {text:?}");
                }
            }
        }
    }

    #[test]
    fn what_would_be_too_large_is_asked_one_by_one() {
        let rule = |n: u32| {
            format!("rule \"r\"\n load r0, [\"a\"]\n matches r0, \".*{n}[a-z].{{8}}x\", false -> 3\n accept\n reject\n")
        };
        let source: String = (0..40).map(rule).collect();
        let program = Program::verify(assemble(&source).unwrap(), &LoadOptions::default()).unwrap();
        for group in &program.hot().merged {
            assert_eq!(group.matching(&program.tables(), "1a________x"), None);
        }
    }
}
