//! The types of JSON Schema, and sets of them.

use crate::model::Constant;

/// A type of JSON Schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// `null`.
    Null,
    /// `boolean`.
    Boolean,
    /// `integer`: a number without fraction, however it is written.
    Integer,
    /// `number`: any number.
    Number,
    /// `string`.
    String,
    /// `array`.
    Array,
    /// `object`.
    Object,
}

impl Kind {
    /// Every type.
    pub const ALL: [Self; 7] =
        [Self::Null, Self::Boolean, Self::Integer, Self::Number, Self::String, Self::Array, Self::Object];

    /// Its name in a schema.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean => "boolean",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::String => "string",
            Self::Array => "array",
            Self::Object => "object",
        }
    }

    /// What it is called in messages.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean => "a boolean",
            Self::Integer => "a whole number",
            Self::Number => "a number",
            Self::String => "text",
            Self::Array => "a list",
            Self::Object => "a mapping",
        }
    }

    /// The narrowest type of a constant.
    #[must_use]
    pub fn of(constant: &Constant) -> Self {
        match constant {
            Constant::Null => Self::Null,
            Constant::Bool(_) => Self::Boolean,
            Constant::Int(_) => Self::Integer,
            Constant::Float(float) if float.fract() == 0.0 => Self::Integer,
            Constant::Float(_) => Self::Number,
            Constant::Text(_) => Self::String,
            Constant::List(_) => Self::Array,
            Constant::Map(_) => Self::Object,
        }
    }
}

/// A set of types. With `number` it has `integer` as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Kinds(u8);

impl Kinds {
    /// No type.
    pub const NONE: Self = Self(0);
    /// Every type.
    pub const ALL: Self = Self(0x7f);
    /// What counts as a number to operators.
    pub const NUMERIC: Self = Self(Self::bit(Kind::Boolean) | Self::bit(Kind::Integer) | Self::bit(Kind::Number));

    const fn bit(kind: Kind) -> u8 {
        match kind {
            Kind::Null => 1,
            Kind::Boolean => 2,
            Kind::Integer => 4,
            Kind::Number => 8 | 4,
            Kind::String => 16,
            Kind::Array => 32,
            Kind::Object => 64,
        }
    }

    /// One type.
    #[must_use]
    pub const fn one(kind: Kind) -> Self {
        Self(Self::bit(kind))
    }

    /// The set with one more.
    #[must_use]
    pub const fn with(self, kind: Kind) -> Self {
        Self(self.0 | Self::bit(kind))
    }

    /// The set without null.
    #[must_use]
    pub const fn present(self) -> Self {
        Self(self.0 & !Self::bit(Kind::Null))
    }

    /// Both sets together.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is in both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether all of a type is in it.
    #[must_use]
    pub const fn has(self, kind: Kind) -> bool {
        self.0 & Self::bit(kind) == Self::bit(kind)
    }

    /// Whether nothing is in it.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The types in it, `integer` only where `number` is not.
    pub fn iter(self) -> impl Iterator<Item = Kind> {
        Kind::ALL.into_iter().filter(move |kind| self.has(*kind) && !(*kind == Kind::Integer && self.has(Kind::Number)))
    }

    /// In words, for messages.
    #[must_use]
    pub fn words(self) -> String {
        if self == Self::ALL {
            return "anything".to_owned();
        }
        // What is null is least of what a reader wants to know.
        let present = self.present().iter().map(Kind::words);
        let null = self.has(Kind::Null).then_some(Kind::Null.words());
        present.chain(null).collect::<Vec<_>>().join(" or ")
    }
}
