//! Instructions: 12 bytes each, `op a b c d` in little-endian order.
//!
//! ```text
//!  0    1    2         4                   8                  12
//!  ┌────┬────┬─────────┬───────────────────┬───────────────────┐
//!  │ op │ a  │ b (u16) │ c (u32)           │ d (u32)           │
//!  └────┴────┴─────────┴───────────────────┴───────────────────┘
//! ```
//!
//! Wide operands mean that nothing has a second, long form; at 100,000 rules the code is still a few
//! megabytes. [`table`] declares the instructions; everything else here is derived from it.

mod asm;
mod describe;
mod disasm;
pub mod table;

pub use asm::{AsmError, assemble};
pub(crate) use describe::path_text;
pub use describe::{condition_quantity, describe_condition, given, is_sample};
pub use disasm::{disassemble, disassemble_rule};

use alloc::string::String;
use core::fmt::Write as _;

/// Registers of the machine.
pub const REGISTERS: u8 = 16;

/// How many bodies may stand inside one another, and how many lists a selection may go through.
pub const DEEPEST: usize = 4;

/// In the comparison of a quantifier or statistic: look at members of elements, as a `select` said.
pub const SELECTED: u16 = 8;

/// How many elements the worst-case cost of a body is counted for.
pub const SHORT_LIST: u64 = 8;

/// Size of an encoded instruction in bytes.
pub const INSTRUCTION_BYTES: usize = 12;

/// What an operand place holds; the verifier, assembler and disassembler go by this.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Operand {
    /// A register that is read.
    Use,
    /// A register that is written.
    Define,
    /// A path of the program.
    Path,
    /// A constant of any kind.
    Const,
    /// A constant that is text.
    Text,
    /// A constant integer of 64 bits.
    Int,
    /// A constant double.
    Float,
    /// A constant truth value.
    Bool,
    /// A constant array.
    Array,
    /// A constant object.
    Object,
    /// A set of scalars.
    Set,
    /// A pattern.
    Regex,
    /// One of the six comparisons, and (bit [`SELECTED`]) whether the register holds a selection.
    Compare,
    /// Hundredths of a percent, 0 to 10,000.
    Share,
    /// One of the relations of two read values.
    Relation,
    /// A constant array of keys and positions: the way to a member.
    Tail,
    /// A constant array of such: one for the elements of each list on the way. An empty one takes the elements themselves.
    Tails,
    /// A constant array of networks.
    Networks,
    /// Minutes east of UTC, less than a day either way.
    Minutes,
    /// The instruction behind the body that begins with the next one.
    Body,
    /// A later instruction of the same rule.
    Target,
    /// A later instruction of the same rule, and (top bit) the outcome that goes there.
    Branch,
}

/// An operand place of an instruction.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Place {
    /// 8 bits.
    A,
    /// 16 bits.
    B,
    /// 32 bits.
    C,
    /// 32 bits.
    D,
}

macro_rules! place {
    (a) => {
        Place::A
    };
    (b) => {
        Place::B
    };
    (c) => {
        Place::C
    };
    (d) => {
        Place::D
    };
}

macro_rules! define_opcodes {
    ($($number:literal $name:ident $mnemonic:literal [$($place:ident: $kind:ident),*] $cost:literal $doc:literal;)*) => {
        /// What an instruction does.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[repr(u8)]
        pub enum Opcode {
            $(#[doc = $doc] $name = $number,)*
        }

        impl Opcode {
            /// Every opcode, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The opcode with this number.
            #[inline]
            #[must_use]
            pub const fn from_byte(byte: u8) -> Option<Self> {
                match byte {
                    $($number => Some(Self::$name),)*
                    _ => None,
                }
            }

            /// As it is written in assembly.
            #[must_use]
            pub const fn mnemonic(self) -> &'static str {
                match self {
                    $(Self::$name => $mnemonic,)*
                }
            }

            /// The operands, in the order of assembly text.
            #[must_use]
            pub const fn operands(self) -> &'static [(Place, Operand)] {
                match self {
                    $(Self::$name => &[$((place!($place), Operand::$kind)),*],)*
                }
            }

            /// Cost in units of about one nanosecond; what depends on the length of the data is counted for
            /// short data.
            #[must_use]
            pub const fn cost(self) -> u32 {
                match self {
                    $(Self::$name => $cost,)*
                }
            }

            /// One sentence for the reference page.
            #[must_use]
            pub const fn doc(self) -> &'static str {
                match self {
                    $(Self::$name => $doc,)*
                }
            }
        }
    };
}
crate::for_each_instruction!(define_opcodes);

impl Opcode {
    /// True for the instructions that decide one condition: those that branch.
    #[inline]
    #[must_use]
    pub const fn is_test(self) -> bool {
        // Asked of every instruction several times when an image is loaded, so only the last operand is looked at. A test
        // holds that there a branch always stands.
        matches!(self.operands().last(), Some((_, Operand::Branch)))
    }

    /// True for the instructions that write a register from others or from a constant.
    #[must_use]
    pub const fn is_value(self) -> bool {
        matches!(
            self,
            Self::Const
                | Self::Now
                | Self::Member
                | Self::Select
                | Self::Length
                | Self::Time
                | Self::Hour
                | Self::Weekday
                | Self::SumOf
                | Self::AvgOf
                | Self::MinOf
                | Self::MaxOf
                | Self::CountOf
        ) || self.is_arithmetic()
    }

    /// True for the instructions that compute with two registers.
    #[must_use]
    pub const fn is_arithmetic(self) -> bool {
        matches!(self, Self::Add | Self::Sub | Self::Mul | Self::Div | Self::Rem)
    }

    /// True where control never goes on to the next instruction.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Accept | Self::Reject | Self::Otherwise | Self::Give | Self::Jump)
    }
}

/// One decoded instruction. Places that the opcode does not use are zero.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Instruction {
    /// What to do.
    pub op: Opcode,
    /// Operand place a.
    pub a: u8,
    /// Operand place b.
    pub b: u16,
    /// Operand place c.
    pub c: u32,
    /// Operand place d.
    pub d: u32,
}

/// The top bit of a branch operand: set when the branch is taken on true.
const SENSE: u32 = 1 << 31;

/// Where a test goes, and on which outcome.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Branch {
    /// Index of the instruction to go on at.
    pub target: u32,
    /// The outcome that goes there; the other one goes on to the next instruction.
    pub when: bool,
}

impl Branch {
    /// Reads operand place d of a test.
    #[inline]
    #[must_use]
    pub const fn decode(d: u32) -> Self {
        Self { target: d & !SENSE, when: d & SENSE != 0 }
    }

    /// As operand place d of a test. Targets stay below 2^31.
    #[must_use]
    pub const fn encode(self) -> u32 {
        if self.when { self.target | SENSE } else { self.target & !SENSE }
    }
}

impl Instruction {
    /// An instruction with all operands zero.
    #[must_use]
    pub const fn new(op: Opcode) -> Self {
        Self { op, a: 0, b: 0, c: 0, d: 0 }
    }

    /// Decodes one instruction; `None` for a number that is no opcode.
    #[inline]
    #[must_use]
    pub fn decode(bytes: &[u8; INSTRUCTION_BYTES]) -> Option<Self> {
        let [op, a, b0, b1, c0, c1, c2, c3, d0, d1, d2, d3] = *bytes;
        Some(Self {
            op: Opcode::from_byte(op)?,
            a,
            b: u16::from_le_bytes([b0, b1]),
            c: u32::from_le_bytes([c0, c1, c2, c3]),
            d: u32::from_le_bytes([d0, d1, d2, d3]),
        })
    }

    /// Encodes the instruction.
    #[must_use]
    pub const fn encode(self) -> [u8; INSTRUCTION_BYTES] {
        let [b0, b1] = self.b.to_le_bytes();
        let [c0, c1, c2, c3] = self.c.to_le_bytes();
        let [d0, d1, d2, d3] = self.d.to_le_bytes();
        [self.op as u8, self.a, b0, b1, c0, c1, c2, c3, d0, d1, d2, d3]
    }

    /// The raw content of an operand place.
    #[must_use]
    pub const fn place(self, place: Place) -> u32 {
        match place {
            Place::A => self.a as u32,
            Place::B => self.b as u32,
            Place::C => self.c,
            Place::D => self.d,
        }
    }

    /// Sets the raw content of an operand place; false when it does not fit.
    pub fn set_place(&mut self, place: Place, value: u32) -> bool {
        match place {
            Place::A => u8::try_from(value).map(|value| self.a = value).is_ok(),
            Place::B => u16::try_from(value).map(|value| self.b = value).is_ok(),
            Place::C => {
                self.c = value;
                true
            }
            Place::D => {
                self.d = value;
                true
            }
        }
    }
}

/// The reference page of the instructions, as Markdown; `docs/isa.md` is this text.
#[must_use]
pub fn reference() -> String {
    let mut out = String::from(
        "# Instructions\n\nGenerated from the instruction table. An instruction is 12 bytes: `op a b c d` \
         (8, 8, 16, 32, 32 bits, little-endian).\nCost is in units of about one nanosecond.\n\n\
         | number | mnemonic | operands | cost | meaning |\n|---|---|---|---|---|\n",
    );
    for op in Opcode::ALL {
        let mut operands = String::new();
        for (place, operand) in op.operands() {
            if !operands.is_empty() {
                operands.push_str(", ");
            }
            // Writing to a String cannot fail.
            let _ = write!(operands, "{place:?}: {operand:?}");
        }
        let _ =
            writeln!(out, "| 0x{:02x} | `{}` | {operands} | {} | {} |", *op as u8, op.mnemonic(), op.cost(), op.doc());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_opcode_decodes_to_itself() {
        for op in Opcode::ALL {
            let instruction = Instruction { op: *op, a: 3, b: 4, c: 5, d: 6 };
            assert_eq!(Instruction::decode(&instruction.encode()), Some(instruction));
        }
        assert_eq!(Opcode::from_byte(0), None);
    }

    #[test]
    fn what_writes_a_register_is_a_value_a_load_or_a_loop() {
        for op in Opcode::ALL {
            let defines = op.operands().iter().any(|(_, operand)| *operand == Operand::Define);
            let branches = op.operands().iter().any(|(_, operand)| *operand == Operand::Branch);
            assert_eq!(branches, op.is_test(), "{op:?}");
            assert_eq!(defines, op.is_value() || matches!(op, Opcode::Load | Opcode::Each), "{op:?}");
        }
    }

    #[test]
    fn a_decoded_instruction_is_as_small_as_its_encoding() {
        assert_eq!(core::mem::size_of::<Instruction>(), INSTRUCTION_BYTES);
    }

    #[test]
    fn branches_keep_target_and_outcome() {
        for branch in [Branch { target: 7, when: true }, Branch { target: 0, when: false }] {
            assert_eq!(Branch::decode(branch.encode()), branch);
        }
    }
}
