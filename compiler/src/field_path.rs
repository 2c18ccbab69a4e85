//! Paths as they are written: keys, numbers of elements, and `[]` for every element.

use std::fmt;

use cascata_vm::Segment;

use crate::expression;
use crate::span::Span;

/// One step of a written path.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// A key of a mapping.
    Key(String),
    /// An element of a list, counted from 0.
    Index(u32),
    /// `[]`: every element of a list.
    Each,
}

impl Step {
    /// The segment of a path of the machine; none for `[]`.
    pub(crate) fn segment(&self) -> Option<Segment> {
        match self {
            Self::Key(key) => Some(Segment::Key(key.clone())),
            Self::Index(index) => Some(Segment::Index(*index)),
            Self::Each => None,
        }
    }
}

/// A written path with its places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldPath {
    /// The steps; at least one.
    pub steps: Vec<Step>,
    /// Where each step stands in the source.
    pub places: Vec<Span>,
}

impl FieldPath {
    /// Where a step stands; the start of the text for one that is not there.
    pub(crate) fn place(&self, step: usize) -> Span {
        self.places.get(step).copied().unwrap_or_default()
    }
}

/// The path as expressions write it: keys that are no words stand in brackets and quotes.
impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, step) in self.steps.iter().enumerate() {
            match step {
                Step::Key(key) if is_word(key) => write!(f, "{}{key}", if at == 0 { "" } else { "." })?,
                Step::Key(key) => write!(f, "[\"{}\"]", key.replace('\\', "\\\\").replace('"', "\\\""))?,
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Each => f.write_str("[]")?,
            }
        }
        Ok(())
    }
}

/// Whether a key needs no quotes in an expression, wherever it stands in a path.
fn is_word(key: &str) -> bool {
    let reserved = ["true", "false", "null", "not", "and", "or", "in"];
    expression::is_word(key) && !reserved.iter().any(|word| key.eq_ignore_ascii_case(word))
}
