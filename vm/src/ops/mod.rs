//! What each operator answers, on values alone. One family a file; no instruction, no program, no field.
//!
//! Nothing here looks at whether a field is missing: the VM answers that before it calls an operator.

mod compare;
mod contain;
mod quantify;
mod stat;
mod text;

pub use compare::{equal, order};
pub use contain::{contains, in_array, in_object, in_text};
pub use quantify::{CompareOp, Quantifier, quantify};
pub use stat::{Stat, StatValue, statistic};
pub use text::{begins_with, line_ends_with, match_text, with_text};

/// Why an operator could not answer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum OpError {
    /// The operator does not take these kinds of value together.
    Kinds,
    /// Elements that cannot be added.
    NotAddable,
    /// Elements that cannot be ordered against each other.
    NotOrderable,
    /// `MIN` or `MAX` of an empty array.
    EmptyArray,
    /// An integer too large for the double that the result needs.
    TooLarge,
    /// Values nested deeper than [`MAX_DEPTH`].
    TooDeep,
}

/// How deep two values may be nested when they are compared. Event and image readers refuse deeper ones, so
/// only a host's own values can get here.
pub const MAX_DEPTH: u32 = 512;
