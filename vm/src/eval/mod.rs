//! The register machine.
//!
//! A rule list is evaluated rule by rule: [`Vm::next`] runs until a rule's condition holds or fails, and hands
//! control to the host, which acts and calls again. Later rules therefore see what earlier ones wrote, and the VM
//! knows nothing of actions. Programs are verified, so nothing in the loop can go wrong but what the
//! language calls an error: an operator that meets values it does not take.

mod compute;
mod each;
mod machine;
mod matching;
mod memory;
mod quick;
mod sample;
mod test;
mod trace;
mod walk;

pub use matching::{Matched, Matcher, RuleError, Select};
pub(crate) use memory::{SLOTS, bit as slot_bit};
pub use sample::in_sample;
pub use trace::{NoTrace, Outcome, Tracer};
pub use walk::Walk;

use core::fmt;

use machine::{Machine, Operands, Registers};
use quick::{Evaluation, NO_REGISTERS};

use crate::image::{ACCEPT, Action, Program, REJECT};
use crate::ops::OpError;
use crate::{Facts, ListId, RuleId, Value};

macro_rules! traps {
    ($($code:literal $name:ident $text:literal;)*) => {
        /// Why a condition could not be decided.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[non_exhaustive]
        pub enum TrapKind {
            $(#[doc = $text] $name,)*
        }

        impl TrapKind {
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

traps! {
    "V0101" Kinds "the operator does not take values of these kinds together";
    "V0102" NotAddable "the array has elements that cannot be added";
    "V0103" NotOrderable "the array has elements that cannot be ordered";
    "V0104" EmptyArray "an empty array has no smallest or largest element";
    "V0105" TooLarge "an integer is too large for a double";
    "V0106" TooDeep "the values are nested too deeply to compare";
    "V0107" Internal "the program is not one that was verified";
    "V0108" NotANumber "arithmetic on something that is no number";
    "V0109" Overflow "a computed number does not fit";
    "V0110" DivisionByZero "a division by zero";
    "V0111" NoLength "a number or boolean has no length";
    "V0112" NotATime "the value is no RFC 3339 time or date";
    "V0113" NoTime "the host gives no time";
}

impl From<OpError> for TrapKind {
    fn from(error: OpError) -> Self {
        match error {
            OpError::Kinds => Self::Kinds,
            OpError::NotAddable => Self::NotAddable,
            OpError::NotOrderable => Self::NotOrderable,
            OpError::EmptyArray => Self::EmptyArray,
            OpError::TooLarge => Self::TooLarge,
            OpError::TooDeep => Self::TooDeep,
            OpError::NotANumber => Self::NotANumber,
            OpError::Overflow => Self::Overflow,
            OpError::DivisionByZero => Self::DivisionByZero,
            OpError::NoLength => Self::NoLength,
            OpError::NotATime => Self::NotATime,
        }
    }
}

/// A condition that could not be decided: why, and at which instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Trap {
    /// Why.
    pub kind: TrapKind,
    /// The instruction; [`Program::condition_span`] knows its place in the source.
    pub pc: u32,
}

impl fmt::Display for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind.code(), self.kind.text())
    }
}

impl core::error::Error for Trap {}

/// Where evaluation of a rule list stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cursor {
    list: ListId,
    done: u32,
}

impl Cursor {
    /// Before the first rule of a list.
    #[must_use]
    pub const fn start(list: ListId) -> Self {
        Self { list, done: 0 }
    }
}

/// What [`Vm::next`] stopped for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// The rule's condition holds: act, then go on.
    Fired(RuleId),
    /// The rule's condition is false and it has an `else`: that acts, then go on.
    Otherwise(RuleId),
    /// The rule's condition could not be decided. Going on skips this rule only.
    Error {
        /// The rule.
        rule: RuleId,
        /// Why.
        trap: Trap,
    },
    /// The list is at its end.
    Done,
}

/// The machine. It has no state between calls.
#[derive(Clone, Copy, Default, Debug)]
pub struct Vm;

impl Vm {
    /// A machine.
    #[must_use]
    pub const fn new() -> Self {
        Self
    }

    /// Evaluates rules from the cursor on until one fires, fails or has an `else` that acts, or the list ends. It leaves out none: [`Walk`] and
    /// [`Matcher`] do, and are quicker.
    ///
    /// Costs at most [`Program::list_cost`] for the whole list, apart from reading fields, and from short tests that are asked again where
    /// they were asked before long ones and a field's kind has the rule run as it is written.
    pub fn next<F: Facts, T: Tracer>(
        &self,
        program: &Program<'_>,
        cursor: &mut Cursor,
        facts: &F,
        tracer: &mut T,
    ) -> Step {
        Evaluation::new(program, facts).next(cursor, tracer)
    }

    /// Evaluates the list of the cascade's verdict from the cursor on until a rule gives one or fails, or the list ends.
    /// `None` at the end; after an error it may be called again for the rules that follow.
    ///
    /// # Errors
    /// The rule that could not be decided, and why.
    pub fn give<'v, F: Facts, T: Tracer>(
        &self,
        program: &'v Program<'v>,
        cursor: &mut Cursor,
        facts: &'v F,
        tracer: &mut T,
    ) -> Result<Option<Value<'v>>, (RuleId, Trap)> {
        let mut evaluation = Evaluation::new(program, facts);
        let emitted = |action: Option<Action<'v>>| match action {
            Some(Action::Emit(value)) => Some(value),
            _ => None,
        };
        Ok(match evaluation.next(cursor, tracer) {
            Step::Done => None,
            Step::Error { rule, trap } => return Err((rule, trap)),
            Step::Otherwise(rule) => emitted(program.rule(rule).and_then(|rule| rule.otherwise())),
            Step::Fired(rule) => {
                let action = program.rule(rule).map(|rule| rule.action());
                Some(emitted(action).unwrap_or_else(|| evaluation.given()))
            }
        })
    }
}

/// What a test that needs no registers answers to a value; `None` if it fails.
pub(crate) fn decides(program: &Program<'_>, pc: u32, value: Value<'_>) -> Option<bool> {
    test::decide(&Operands::new(program), &NO_REGISTERS, program.hot().whole(pc)?, value).ok()
}

/// How a rule's condition ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Accept,
    Reject,
    /// It is false, and the rule has an `else`.
    Otherwise,
}

impl End {
    /// The two ends of a rule stand in as places that no code has.
    #[inline(always)]
    fn at(pc: u32) -> Result<Self, Trap> {
        match pc {
            ACCEPT => Ok(Self::Accept),
            REJECT => Ok(Self::Reject),
            _ => Err(INTERNAL),
        }
    }
}

/// What no verified program does.
const INTERNAL: Trap = Trap { kind: TrapKind::Internal, pc: 0 };
