//! Python's `re` syntax to that of `regex-syntax`, with the meaning of `re.match`.
//!
//! ```text
//! pattern ─▶ parse ─▶ Node ─▶ atomic ─▶ emit ─▶ pattern of regex-syntax, searched anchored at the start
//! ```
//!
//! The question asked of a pattern is only whether it matches at the start of a text. So greed, captures and names are
//! dropped once they are checked, and what is left is a regular language: the few places where the two
//! engines read the same text differently are rewritten exactly.
//!
//! | Python | here |
//! |---|---|
//! | `$` also before a final newline | rewritten, whatever follows it: see `emit` |
//! | `\w` letters, numbers of every kind, underscore | `[\p{L}\p{N}_]` |
//! | `\s` also U+001C to U+001F | `[\s\x1C-\x1F]` |
//! | `(?i)` folds `i`, `I`, `İ`, `ı` together | spelt out as a class |
//! | `[[a&&b]` has no set operators | every member escaped |
//! | `\Z`, `{,n}`, `\012`, `\uXXXX`, `x{` | spelt in the other syntax |
//!
//! Left differences: Unicode is of a later version, so characters assigned since count as what they are; `\b` and `\B`
//! next to a combining mark, a numeral that is no decimal digit (`²`), or a connector other than the underscore go by
//! Unicode's notion of a word.
//!
//! An error where a pattern has no equal in linear time: look-around, back-references, conditionals, and
//! atomic groups or possessive repeats that give up a match.

mod atomic;
mod class;
mod emit;
mod error;
mod escape;
mod flags;
pub mod literal;
mod node;
mod parse;
mod piece;
mod set;

pub use error::{PatternError, PatternErrorKind};

use regex_automata::nfa::thompson;
use regex_automata::util::syntax;

/// How deep the translated pattern may nest: what loading an image allows.
const NEST_LIMIT: u32 = 128;

/// How many bytes the compiled pattern may take: what loading an image allows by default.
const SIZE_LIMIT: usize = 1 << 20;

/// A pattern in the syntax of `regex-syntax`.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Translated {
    /// The pattern. To be searched anchored at the start, with default flags; only whether there is a match is the
    /// same as in Python, not where it ends.
    pub pattern: String,
}

/// Translates a pattern.
///
/// # Errors
/// Python refuses the pattern too, it has no equal that matches in linear time, or it is too large.
pub fn translate(pattern: &str) -> Result<Translated, PatternError> {
    let whole = || 0..pattern.len();
    let node = parse::parse(pattern)?;
    let node = atomic::dissolve(node)?;
    emit::check_empty_text(&node, whole())?;
    let translated = emit::emit(&node)
        .ok_or_else(|| PatternError::new(PatternErrorKind::TooLarge, whole(), "the pattern expands to too much"))?;
    check_size(&translated).map_err(|message| PatternError::new(PatternErrorKind::TooLarge, whole(), message))?;
    Ok(Translated { pattern: translated })
}

/// Compiles the pattern as far as its size is known.
fn check_size(pattern: &str) -> Result<(), String> {
    let syntax = syntax::Config::new().nest_limit(NEST_LIMIT);
    let config = thompson::Config::new().nfa_size_limit(Some(SIZE_LIMIT));
    match thompson::Compiler::new().syntax(syntax).configure(config).build(pattern) {
        Ok(_) => Ok(()),
        Err(error) if error.size_limit().is_some() => {
            Err(format!("the pattern compiles to more than {} KiB", SIZE_LIMIT >> 10))
        }
        Err(_) => Err(format!("the pattern nests deeper than {NEST_LIMIT} levels")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use PatternErrorKind::*;

    fn ours(pattern: &str) -> String {
        translate(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}")).pattern
    }

    fn error(pattern: &str) -> (PatternErrorKind, usize, usize) {
        let error = translate(pattern).unwrap_err();
        (error.kind, error.offset, error.len)
    }

    #[test]
    fn common_patterns_stay_as_they_are() {
        for pattern in ["abc", "a.c", "[a-z]+", r"\d{3}", "(?:ab|cd)*x?", "^a", r"\bok\b", "日本", r"a\.b"] {
            let expected = pattern.replace('^', r"\A");
            assert_eq!(ours(pattern), expected);
        }
    }

    #[test]
    fn captures_names_and_greed_are_dropped() {
        assert_eq!(ours("(?P<n>a)(b)*?c"), "ab*c");
        assert_eq!(ours("(a|b)"), "a|b");
    }

    #[test]
    fn dollar_at_the_end_takes_a_final_newline() {
        assert_eq!(ours("a$"), r"a\n?\z");
        assert_eq!(ours(r"a\Z"), r"a\z");
        assert_eq!(ours("(a$|b)c"), r"(?:a\z|b)c");
        assert_eq!(ours("(?m)a$"), "a(?m:$)");
    }

    #[test]
    fn errors_name_kind_and_place() {
        assert_eq!(error("ab(?=c)"), (LookAround, 2, 3));
        assert_eq!(error("(?<!a)b"), (LookAround, 0, 4));
        assert_eq!(error(r"(a)\1"), (BackReference, 3, 2));
        assert_eq!(error("(?P<x>a)(?P=x)"), (BackReference, 8, 6));
        assert_eq!(error("(a)?(?(1)b|c)"), (Conditional, 4, 5));
        assert_eq!(error("é(?>a|ab)c"), (Atomic, 2, 8));
        assert_eq!(error("a**"), (Invalid, 2, 1));
        assert_eq!(error("*a"), (Invalid, 0, 1));
        assert_eq!(error("a{2,1}"), (Invalid, 1, 5));
        assert_eq!(error(r"é\q"), (Invalid, 2, 2));
        assert_eq!(error("(a"), (Invalid, 0, 1));
        assert_eq!(error("a)"), (Invalid, 1, 1));
        assert_eq!(error("[b-a]"), (Invalid, 1, 3));
        assert_eq!(error("[ab"), (Invalid, 0, 3));
        assert_eq!(error("a(?i)b"), (Invalid, 1, 4));
        assert_eq!(error(r"\B.*"), (Unsupported, 0, 4));
    }

    #[test]
    fn possessive_repeats_that_give_nothing_up_are_plain_ones() {
        assert_eq!(ours("a++"), "a+");
        assert_eq!(ours("a++b"), "a+b");
        assert_eq!(ours("(?>abc)d"), "abcd");
        assert_eq!(ours("(?>a|ab)"), "a|ab");
        assert_eq!(error("a++a").0, Atomic);
        assert_eq!(error("(?:a++)*").0, Atomic);
    }

    #[test]
    fn limits_hold() {
        let nested = format!("{}a{}", "(".repeat(5000), ")".repeat(5000));
        assert_eq!(error(&nested).0, TooLarge);
        let repeated = format!("{}a{}", "(?:b".repeat(60), ")?".repeat(60));
        assert_eq!(error(&repeated).0, TooLarge);
        assert_eq!(error(r"(?:\w{1000}){1000}").0, TooLarge);
        assert_eq!(error(&"(?:$|a){0,9}".repeat(300)).0, TooLarge);
        assert!(translate(&"x".repeat(10_000)).is_ok());
    }
}
