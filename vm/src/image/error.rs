//! Why bytes are no image.

use core::fmt;

use super::Section;

macro_rules! image_errors {
    ($($code:literal $name:ident $text:literal;)*) => {
        /// What is wrong with an image.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[non_exhaustive]
        pub enum ImageErrorKind {
            $(#[doc = $text] $name,)*
        }

        impl ImageErrorKind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Stable code.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$name => $code,)*
                }
            }

            /// One sentence for people.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

image_errors! {
    "V0001" NotAnImage "this is not a Cascata image";
    "V0002" Format "the image has a format that this release does not read";
    "V0003" Features "the image needs features that this release does not have";
    "V0004" TooLarge "the image is larger than the limit";
    "V0005" Truncated "the image ends before its last section";
    "V0006" Checksum "the image was changed after it was written";
    "V0007" SectionTable "the section table is damaged";
    "V0008" Strings "the strings are damaged";
    "V0009" Constant "a constant is damaged";
    "V0010" Set "a set is damaged or not sorted";
    "V0011" Path "a path is damaged";
    "V0012" Pattern "a pattern is damaged";
    "V0013" PatternLimit "a pattern needs more memory than the limit";
    "V0014" Index "an index points outside its table";
    "V0015" Record "a record has a value that no compiler writes";
    "V0016" Opcode "an instruction has an unknown number";
    "V0017" Operand "an operand is out of range or of another type";
    "V0018" Jump "a jump does not go forward inside its rule";
    "V0019" Register "a register is read before it is written";
    "V0020" Unreachable "an instruction can never run";
    "V0021" FallsOff "a rule does not end";
    "V0022" Overlap "two rules share instructions, or an instruction belongs to none";
    "V0023" Nesting "loops over lists stand inside one another too deeply";
}

/// An image that was refused: what, in which section, and at which entry of its table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ImageError {
    /// What is wrong.
    pub kind: ImageErrorKind,
    /// Where.
    pub section: Option<Section>,
    /// Entry of the section's table; for code the instruction.
    pub index: u32,
}

impl ImageError {
    pub(crate) const fn new(kind: ImageErrorKind) -> Self {
        Self { kind, section: None, index: 0 }
    }

    pub(crate) const fn at(kind: ImageErrorKind, section: Section, index: u32) -> Self {
        Self { kind, section: Some(section), index }
    }
}

impl fmt::Display for ImageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind.code(), self.kind.text())?;
        match self.section {
            Some(section) => write!(f, " ({} {})", section.name(), self.index),
            None => Ok(()),
        }
    }
}

impl core::error::Error for ImageError {}
