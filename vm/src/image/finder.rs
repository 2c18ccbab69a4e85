//! What evaluation asks which rules of a list an event can concern. A new way to find them goes here, is chosen in
//! [`Program::finder`](super::Program), and is followed by `eval/matching.rs` and `eval/walk.rs`.

use crate::index::ListIndex;
use crate::sieve::Sieve;

/// What finds the rules of a list that an event can concern.
#[derive(Debug)]
pub(crate) enum Finder {
    /// Nothing: the list is evaluated from first to last.
    Nothing,
    /// For lists of up to 64 rules.
    Sieve(Sieve),
    /// For longer ones, and for those that a sieve does not decide.
    Index(ListIndex),
}
