//! What evaluation tells those who want to know.

use super::TrapKind;
use crate::{RuleId, Value};

/// How a condition or a rule came out.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Outcome {
    /// It holds.
    True,
    /// It does not hold.
    False,
    /// It could not be decided.
    Error(TrapKind),
}

impl Outcome {
    /// From a decided condition.
    #[must_use]
    pub const fn of(holds: bool) -> Self {
        if holds { Self::True } else { Self::False }
    }
}

/// Sees every condition that was evaluated, in order; short-circuited ones are not evaluated and not seen.
pub trait Tracer {
    /// Whether to trace at all; with `false` the calls compile to nothing.
    const ON: bool;

    /// A condition was decided. `pc` names it ([`Program::condition_span`](crate::image::Program::condition_span)),
    /// `value` is what its field was.
    fn condition(&mut self, pc: u32, value: Value<'_>, outcome: Outcome);

    /// What the field of the condition that is told of next was compared or computed with, where that was read as well.
    fn operand(&mut self, _pc: u32, _value: Value<'_>) {}

    /// A rule was decided.
    fn rule(&mut self, rule: RuleId, outcome: Outcome);
}

/// Traces nothing, at no cost.
#[derive(Clone, Copy, Default, Debug)]
pub struct NoTrace;

impl Tracer for NoTrace {
    const ON: bool = false;

    fn condition(&mut self, _: u32, _: Value<'_>, _: Outcome) {}

    fn rule(&mut self, _: RuleId, _: Outcome) {}
}
