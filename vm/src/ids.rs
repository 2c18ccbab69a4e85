//! Index newtypes. One word per table of the image, so a rule index can't be used as a path index.

/// Declares `u32` newtypes that index one table each.
macro_rules! index_types {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub struct $name(u32);

        impl $name {
            /// Wraps a table index.
            #[must_use]
            pub const fn new(index: u32) -> Self {
                Self(index)
            }

            /// The index as stored in the image.
            #[must_use]
            pub const fn as_u32(self) -> u32 {
                self.0
            }

            /// The index as a slice position.
            #[must_use]
            pub const fn index(self) -> usize {
                self.0 as usize
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                write!(f, "{}", self.0)
            }
        }
    )*};
}

index_types! {
    /// A path that conditions or actions of a program name; the index that [`Facts::get`](crate::Facts::get) takes.
    PathId;
    /// A string of the image.
    StrId;
    /// A constant of the image.
    ConstId;
    /// A pattern of the image.
    RegexId;
    /// A rule, numbered in the order of the rule table.
    RuleId;
    /// A rule list: what is evaluated as one, in order.
    ListId;
    /// A stage, numbered in the order of the file.
    StageId;
}
