//! `ALL`, `ANY`, `NONE` over the elements of an array, and the six comparisons they take.

use core::cmp::Ordering;

use super::{OpError, compare};
use crate::Value;

/// The comparison that quantifiers and statistics apply; the number is its encoding in an instruction.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum CompareOp {
    /// `==`
    #[default]
    Eq = 0,
    /// `!=`
    Ne = 1,
    /// `<`
    Lt = 2,
    /// `<=`
    Le = 3,
    /// `>`
    Gt = 4,
    /// `>=`
    Ge = 5,
}

impl CompareOp {
    /// All of them, in the order of their encoding.
    pub const ALL: [Self; 6] = [Self::Eq, Self::Ne, Self::Lt, Self::Le, Self::Gt, Self::Ge];

    /// The comparison encoded as `code`.
    #[must_use]
    pub fn from_code(code: u16) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }

    /// The comparison that is written so.
    #[must_use]
    pub fn parse(symbol: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|op| op.symbol() == symbol)
    }

    /// Whether it needs an order.
    #[must_use]
    pub const fn is_ordering(self) -> bool {
        !matches!(self, Self::Eq | Self::Ne)
    }

    /// As it is written in a cascade.
    #[must_use]
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Eq => "==",
            Self::Ne => "!=",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
        }
    }

    /// Applies the comparison.
    ///
    /// # Errors
    /// Orderings fail on pairs that have no order; equality only past the depth limit.
    #[inline]
    pub fn apply(self, left: Value<'_>, right: Value<'_>) -> Result<bool, OpError> {
        let holds: fn(Ordering) -> bool = match self {
            Self::Eq => return compare::equal(left, right),
            Self::Ne => return compare::equal(left, right).map(|equal| !equal),
            Self::Lt => Ordering::is_lt,
            Self::Le => Ordering::is_le,
            Self::Gt => Ordering::is_gt,
            Self::Ge => Ordering::is_ge,
        };
        Ok(compare::order(left, right)?.is_some_and(holds))
    }
}

/// How many elements have to satisfy the comparison.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Quantifier {
    /// Every one; true for an empty array.
    All,
    /// At least one; false for an empty array.
    Any,
    /// Not one; true for an empty array.
    None,
}

/// Applies a comparison to the elements. An element that cannot be ordered against the operand does not satisfy
/// the comparison: quantifiers never fail.
#[must_use]
pub fn quantify<'a>(
    quantifier: Quantifier,
    elements: impl Iterator<Item = Value<'a>>,
    op: CompareOp,
    operand: Value<'_>,
) -> bool {
    let mut holds = elements.map(|element| op.apply(element, operand).unwrap_or(false));
    match quantifier {
        Quantifier::All => holds.all(|h| h),
        Quantifier::Any => holds.any(|h| h),
        Quantifier::None => !holds.any(|h| h),
    }
}
