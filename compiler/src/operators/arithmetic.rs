//! How tightly operators of expressions bind, and the arithmetic ones.

use super::{Family, Operator};

/// How tightly an operator binds: of two neighbours the higher one takes its operands first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// A whole expression.
    Whole,
    /// `or`.
    Or,
    /// `and`.
    And,
    /// `not`.
    Not,
    /// Every comparison; two in a row are an error.
    Comparison,
    /// `+`, `-`.
    Sum,
    /// `*`, `/`, `%`.
    Product,
    /// `-` before a value.
    Negation,
}

impl Level {
    /// The next tighter level, for the right-hand side of what groups from the left.
    #[must_use]
    pub const fn tighter(self) -> Self {
        match self {
            Self::Whole => Self::Or,
            Self::Or => Self::And,
            Self::And => Self::Not,
            Self::Not => Self::Comparison,
            Self::Comparison => Self::Sum,
            Self::Sum => Self::Product,
            Self::Product | Self::Negation => Self::Negation,
        }
    }
}

impl Operator {
    /// How tightly it binds in an expression.
    #[must_use]
    pub const fn level(self) -> Level {
        match (self, self.family()) {
            (Self::And, _) => Level::And,
            (Self::Not, _) => Level::Not,
            (_, Family::Logic) => Level::Or,
            _ => Level::Comparison,
        }
    }
}

macro_rules! arithmetic {
    ($($name:ident $symbol:literal $level:ident $doc:literal;)*) => {
        /// An operator that computes.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Arithmetic {
            $(#[doc = concat!("`", $symbol, "`: ", $doc)] $name,)*
        }

        impl Arithmetic {
            /// All of them, in the order of the reference page.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// How it is written.
            #[must_use]
            pub const fn symbol(self) -> &'static str {
                match self { $(Self::$name => $symbol,)* }
            }

            /// How tightly it binds.
            #[must_use]
            pub const fn level(self) -> Level {
                match self { $(Self::$name => Level::$level,)* }
            }

            /// The machine's.
            #[must_use]
            pub const fn machine(self) -> cascata_vm::ops::Arithmetic {
                match self { $(Self::$name => cascata_vm::ops::Arithmetic::$name,)* }
            }

            /// What it gives, one sentence.
            #[must_use]
            pub const fn doc(self) -> &'static str {
                match self { $(Self::$name => $doc,)* }
            }
        }
    };
}

arithmetic! {
    Add "+" Sum "The sum.";
    Sub "-" Sum "The difference; before a value, its negative.";
    Mul "*" Product "The product.";
    Div "/" Product "The quotient: of two integers an integer where it is one, else a double.";
    Rem "%" Product "The remainder, with the sign of what is divided.";
}
