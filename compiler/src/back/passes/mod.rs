//! Passes over tests: the same question in a form that costs less to answer.
//!
//! ```text
//! operator and operand ─▶ fold ─▶ sets ─▶ literals ─▶ TypedTest
//! ```
//!
//! Each looks at one test alone and keeps its answer for every value, errors included. So a trace shows the same conditions
//! with the same values and outcomes, and every pass can be left out. What a run that nobody traces may
//! leave out besides is decided where the image is loaded: see `cascata_vm::image`.

mod fold;
mod literals;
mod sets;

use super::ir::TestKind;

macro_rules! passes {
    ($($bit:literal $name:ident $file:ident $doc:literal;)*) => {
        /// A pass.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum Pass {
            $(#[doc = $doc] $name = $bit,)*
        }

        impl Pass {
            /// Every pass, in the order in which they run.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The name of its file.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($file),)*
                }
            }

            fn run(self, kind: TestKind) -> TestKind {
                match self {
                    $(Self::$name => $file::run(kind),)*
                }
            }
        }
    };
}

passes! {
    1 Fold fold "Comparisons with null, which only ask whether a value is there.";
    2 Sets sets "Lists of scalars become sets that are searched.";
    4 Literals literals "Patterns that are literals become comparisons of bytes.";
}

/// Which passes run. Default all.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Passes {
    skipped: u8,
}

impl Passes {
    /// All of them.
    pub const ALL: Self = Self { skipped: 0 };

    /// None of them.
    pub const NONE: Self = Self { skipped: u8::MAX };

    /// Without one.
    #[must_use]
    pub const fn without(self, pass: Pass) -> Self {
        Self { skipped: self.skipped | pass as u8 }
    }

    /// With one.
    #[must_use]
    pub const fn with(self, pass: Pass) -> Self {
        Self { skipped: self.skipped & !(pass as u8) }
    }

    const fn has(self, pass: Pass) -> bool {
        self.skipped & pass as u8 == 0
    }

    /// What the passes make of a test.
    pub(super) fn run(self, kind: TestKind) -> TestKind {
        let wanted = Pass::ALL.iter().filter(|pass| self.has(**pass));
        wanted.fold(kind, |kind, pass| pass.run(kind))
    }
}

impl Default for Passes {
    fn default() -> Self {
        Self::ALL
    }
}
