//! Why an event was decided as it was: every rule that was asked, with each condition and the value it saw.

use cascata_vm::eval::{Outcome, Tracer};
use cascata_vm::{Kind, RuleId, Value};

use crate::value::OwnedValue;

/// One rule that was asked.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Evaluation {
    /// The rule.
    pub rule: RuleId,
    /// How it came out.
    pub outcome: Outcome,
    /// Its conditions that were decided, in order; those that a short circuit left out are absent.
    pub conditions: Vec<EvaluatedCondition>,
}

/// One condition that was decided.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct EvaluatedCondition {
    /// The instruction that decided it; [`Program::condition_span`](cascata_vm::image::Program::condition_span) knows its place.
    pub pc: u32,
    /// The kind of the field's value: missing and null are told apart.
    pub kind: Kind,
    /// The field's value.
    pub value: OwnedValue,
    /// What it was compared or computed with, where that was read as well.
    pub operand: Option<OwnedValue>,
    /// How it came out.
    pub outcome: Outcome,
}

/// Gathers the evaluations of one cascade.
#[derive(Debug, Default)]
pub(crate) struct Explanation {
    pub evaluations: Vec<Evaluation>,
    conditions: Vec<EvaluatedCondition>,
    operand: Option<OwnedValue>,
}

impl Tracer for Explanation {
    const ON: bool = true;

    fn condition(&mut self, pc: u32, value: Value<'_>, outcome: Outcome) {
        let operand = self.operand.take();
        let value_seen = OwnedValue::from_value(&value);
        self.conditions.push(EvaluatedCondition { pc, kind: value.kind(), value: value_seen, operand, outcome });
    }

    fn operand(&mut self, _: u32, value: Value<'_>) {
        self.operand = Some(OwnedValue::from_value(&value));
    }

    fn rule(&mut self, rule: RuleId, outcome: Outcome) {
        let conditions = std::mem::take(&mut self.conditions);
        self.evaluations.push(Evaluation { rule, outcome, conditions });
    }
}
