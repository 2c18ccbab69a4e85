//! What each operator answers, on values alone. One family a file; no instruction, no program, no field.
//!
//! Nothing here looks at whether a field is missing: the VM answers that before it calls an operator.

mod affix;
mod arithmetic;
mod compare;
mod contain;
mod network;
mod quantify;
mod quantity;
mod relation;
mod select;
mod stat;
mod text;
mod time;

pub use affix::{ends_with, equal_folded, fold, starts_with};
pub use arithmetic::Arithmetic;
pub use compare::{equal, order};
pub use contain::{contains, in_array, in_object, in_text};
pub(crate) use contain::{has_element, has_text};
pub use network::{Network, in_networks};
pub use quantify::{CompareOp, Quantifier, quantify};
pub use quantity::{Quantity, duration_text, parse_duration};
pub use relation::Relation;
pub use select::{length, member, select};
pub use stat::{Stat, StatValue, statistic};
pub use text::{begins_with, line_ends_with, match_text, with_text};
pub use time::{hour, offset_text, parse_offset, parse_time, time, time_text, weekday};

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
    /// Arithmetic on something that is no number.
    NotANumber,
    /// A computed number that does not fit.
    Overflow,
    /// A division by zero.
    DivisionByZero,
    /// A number or boolean has no length.
    NoLength,
    /// Not an RFC 3339 time or date.
    NotATime,
}

/// How deep two values may be nested when they are compared. Event and image readers refuse deeper ones, so
/// only a host's own values can get here.
pub const MAX_DEPTH: u32 = 512;
