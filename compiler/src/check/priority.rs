//! Priorities: numbers of any kind, compared by value.

use std::cmp::Ordering;

use cascata_vm::number::{self, Number};

use super::Checker;
use crate::yaml::{Node, NodeKind};

/// A priority as it is written. Lists are sorted by the exact value; the model carries the nearest 64-bit integer.
#[derive(Clone, Debug)]
pub(super) enum Priority {
    Int(i64),
    Big(String),
    Float(f64),
}

impl Priority {
    /// The value a record shows: a fraction is cut off, what is out of range is the nearest that is in.
    #[allow(clippy::cast_possible_truncation)] // float to integer saturates, which is what is wanted
    pub(super) fn shown(&self) -> i64 {
        match self {
            Self::Int(value) => *value,
            Self::Big(text) if text.starts_with('-') => i64::MIN,
            Self::Big(_) => i64::MAX,
            Self::Float(value) => *value as i64,
        }
    }

    /// Higher priorities first.
    pub(super) fn falling(&self, other: &Self) -> Ordering {
        number::compare(other.number(), self.number()).unwrap_or(Ordering::Equal)
    }

    fn number(&self) -> Number<'_> {
        match self {
            Self::Int(value) => Number::Int(*value),
            Self::Big(text) => Number::Big(text),
            Self::Float(value) => Number::Float(*value),
        }
    }
}

impl Checker<'_, '_> {
    /// `priority` of a rule; 0 if it is left out. Booleans are 0 and 1.
    pub(super) fn priority(&mut self, node: Option<&Node>) -> Priority {
        let Some(node) = node else {
            return Priority::Int(0);
        };
        match &node.kind {
            NodeKind::Int(text) => text.parse().map_or_else(|_| Priority::Big(text.clone()), Priority::Int),
            NodeKind::Float(value) => Priority::Float(*value),
            NodeKind::Bool(value) => Priority::Int(i64::from(*value)),
            _ => {
                self.wrong_type(node, "priority", "a number");
                Priority::Int(0)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn priorities_of_all_kinds_sort_by_value() {
        let mut list = [
            Priority::Int(9_007_199_254_740_993),
            Priority::Float(9_007_199_254_740_992.0),
            Priority::Big("99999999999999999999".to_owned()),
            Priority::Big("-99999999999999999999".to_owned()),
            Priority::Float(2.5),
            Priority::Int(2),
        ];
        list.sort_by(Priority::falling);
        let shown: Vec<_> = list.iter().map(Priority::shown).collect();
        assert_eq!(shown, [i64::MAX, 9_007_199_254_740_993, 9_007_199_254_740_992, 2, 2, i64::MIN]);
    }
}
