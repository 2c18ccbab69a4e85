//! Sets of kinds of value.

use crate::Kind;

/// A set of kinds, one bit each.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Kinds(u8);

impl Kinds {
    pub(crate) const NIL: Self = Self(1 << Kind::Missing as u8 | 1 << Kind::Null as u8);
    pub(super) const NUMBER: Self = Self(1 << Kind::Bool as u8 | 1 << Kind::Int as u8 | 1 << Kind::Float as u8);
    pub(super) const TEXT: Self = Self(1 << Kind::Text as u8);
    pub(super) const ARRAY: Self = Self(1 << Kind::Array as u8);
    pub(super) const CONTAINER: Self = Self(1 << Kind::Array as u8 | 1 << Kind::Object as u8);
    pub(super) const ALL: Self = Self(u8::MAX);

    pub(super) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    #[inline]
    pub(crate) const fn has(self, kind: Kind) -> bool {
        self.0 & 1 << kind as u8 != 0
    }
}
