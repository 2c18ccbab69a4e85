//! What can be asked of two values that are both read.

use super::{CompareOp, OpError, affix, contain};
use crate::Value;

macro_rules! relations {
    ($($number:literal $name:ident $symbol:literal;)*) => {
        /// How one value may relate to another; the number is its encoding in an instruction.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[repr(u8)]
        pub enum Relation {
            $(#[doc = concat!("`", $symbol, "`")] $name = $number,)*
        }

        impl Relation {
            /// All of them, in the order of their encoding.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// As it is written in a cascade.
            #[must_use]
            pub const fn symbol(self) -> &'static str {
                match self { $(Self::$name => $symbol,)* }
            }
        }
    };
}

relations! {
    0 Eq "==";
    1 Ne "!=";
    2 Lt "<";
    3 Le "<=";
    4 Gt ">";
    5 Ge ">=";
    6 In "IN";
    7 NotIn "NOT_IN";
    8 Contains "CONTAINS";
    9 StartsWith "STARTS_WITH";
    10 EndsWith "ENDS_WITH";
    11 EqualFolded "IEQUALS";
}

impl Relation {
    /// The relation encoded as `code`.
    #[must_use]
    pub fn from_code(code: u32) -> Option<Self> {
        Self::ALL.get(usize::try_from(code).ok()?).copied()
    }

    /// Whether the first value relates so to the second; false where one of them is missing or null.
    ///
    /// # Errors
    /// Values that the operator does not take.
    pub fn apply(self, left: Value<'_>, right: Value<'_>) -> Result<bool, OpError> {
        if left.is_nil() || right.is_nil() {
            return Ok(false);
        }
        match self {
            Self::Eq => CompareOp::Eq.apply(left, right),
            Self::Ne => CompareOp::Ne.apply(left, right),
            Self::Lt => CompareOp::Lt.apply(left, right),
            Self::Le => CompareOp::Le.apply(left, right),
            Self::Gt => CompareOp::Gt.apply(left, right),
            Self::Ge => CompareOp::Ge.apply(left, right),
            Self::In => within(left, right),
            Self::NotIn => within(left, right).map(|has| !has),
            Self::Contains => contain::contains(left, right),
            Self::StartsWith => affix::starts_with(left, right),
            Self::EndsWith => affix::ends_with(left, right),
            Self::EqualFolded => Ok(affix::equal_folded(left, right)),
        }
    }
}

/// Whether the second value has the first as an element, a substring or a key.
fn within(value: Value<'_>, container: Value<'_>) -> Result<bool, OpError> {
    match container {
        Value::Array(array) => contain::in_array(value, array),
        Value::Object(object) => contain::in_object(value, object),
        text => match text.text() {
            Some(text) => contain::in_text(value, &text),
            None => Err(OpError::Kinds),
        },
    }
}
