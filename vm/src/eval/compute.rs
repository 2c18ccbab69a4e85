//! Values that are computed: instructions that write a register and decide nothing.

use alloc::vec::Vec;

use super::{Machine, Operands, Outcome, Registers, Tracer, Trap, TrapKind};
use crate::image::HotStep;
use crate::isa::{Opcode, REGISTERS};
use crate::ops::{self, Arithmetic, Stat, StatValue};
use crate::{Facts, Segment, Value};

impl<'v> Operands<'v> {
    /// The member paths that a `select`, `member` or statistic names.
    pub(super) fn tails(&self, id: u32) -> Result<&'v [Vec<Segment>], TrapKind> {
        self.program.hot().lookups.tails(id).ok_or(TrapKind::Internal)
    }
}

impl<'v, F: Facts> Machine<'v, F> {
    /// Runs one instruction that only writes a register.
    #[inline(never)]
    pub(super) fn compute(&self, registers: &mut Registers<'v>, step: &HotStep) -> Result<(), TrapKind> {
        let value = registers.get(step.b_register());
        let with = |op: Arithmetic| Ok(op.apply(value, registers.get(step.c_register()))?);
        let of = |stat| statistic_of(&self.cx, stat, step, value);
        let result: Result<Value<'v>, TrapKind> = match step.op {
            Opcode::Const => self.cx.constant(step.id()),
            Opcode::Now => self.facts.now_us().map(Value::Int).ok_or(TrapKind::NoTime),
            Opcode::Member => {
                let path = self.cx.tails(step.id())?.first().ok_or(TrapKind::Internal)?;
                Ok(ops::member(value, path))
            }
            Opcode::Select => {
                if let Some(selected) = registers.selected.get_mut(usize::from(step.a & (REGISTERS - 1))) {
                    *selected = step.id();
                }
                Ok(value)
            }
            Opcode::Length => Ok(ops::length(value)?),
            Opcode::Time => Ok(ops::time(value)?),
            Opcode::Hour => Ok(ops::hour(value, step.id().cast_signed())),
            Opcode::Weekday => Ok(ops::weekday(value, step.id().cast_signed())),
            Opcode::Add => with(Arithmetic::Add),
            Opcode::Sub => with(Arithmetic::Sub),
            Opcode::Mul => with(Arithmetic::Mul),
            Opcode::Div => with(Arithmetic::Div),
            Opcode::Rem => with(Arithmetic::Rem),
            Opcode::SumOf => of(Stat::Sum),
            Opcode::AvgOf => of(Stat::Avg),
            Opcode::MinOf => of(Stat::Min),
            Opcode::MaxOf => of(Stat::Max),
            Opcode::CountOf => of(Stat::Count),
            _ => Err(TrapKind::Internal),
        };
        registers.set(step.a, result?);
        Ok(())
    }

    /// A value that could not be computed is the error of what it was wanted for: the test behind it, or what the rule
    /// gives.
    #[cold]
    pub(super) fn failed<T: Tracer>(
        &self,
        registers: &Registers<'v>,
        kind: TrapKind,
        step: &HotStep,
        pc: u32,
        tracer: &mut T,
    ) -> Trap {
        let tables = self.cx.program.tables();
        let test = (pc..)
            .map_while(|pc| Some((pc, tables.instruction(pc)?)))
            .find(|(_, next)| next.op.is_test() || next.op == Opcode::Give);
        let pc = test.map_or(pc, |(pc, _)| pc);
        if T::ON {
            if step.op.is_arithmetic() {
                tracer.operand(pc, registers.get(step.c_register()));
            }
            tracer.condition(pc, registers.get(step.b_register()), Outcome::Error(kind));
        }
        Trap { kind, pc }
    }
}

fn statistic_of<'v>(cx: &Operands<'v>, stat: Stat, step: &HotStep, value: Value<'v>) -> Result<Value<'v>, TrapKind> {
    let Some(elements) = ops::select(value, cx.tails(step.id())?) else { return Ok(Value::Missing) };
    match ops::statistic(stat, elements.into_iter())? {
        StatValue::None => Ok(Value::Missing),
        StatValue::Value(value) => Ok(value),
        StatValue::Digits(_) => Err(TrapKind::Overflow),
    }
}

impl<'v> Registers<'v> {
    /// The elements that a test looks at: of a list, or what a `select` said of it. Nothing for what is no list.
    pub(super) fn selected(
        &self,
        cx: &Operands<'v>,
        register: u8,
        value: Value<'v>,
    ) -> Result<Option<Vec<Value<'v>>>, TrapKind> {
        let selected = self.selected.get(usize::from(register & (REGISTERS - 1))).copied().unwrap_or(0);
        Ok(ops::select(value, cx.tails(selected)?))
    }
}
