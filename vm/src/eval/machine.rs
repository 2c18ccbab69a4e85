//! The general way through a rule: instruction by instruction, with registers.

use super::memory::Memory;
use super::{End, Outcome, Tracer, Trap, test};
use crate::image::{Const, HotStep, Program};
use crate::isa::{Branch, Opcode, REGISTERS};
use crate::{Facts, PathId, Value};

/// The register that holds what a rule gave.
const GIVEN: u8 = 0;

/// Where operands come from.
pub(super) struct Operands<'v> {
    pub(super) constants: &'v [Const],
    pub(super) text: &'v str,
    pub(super) program: &'v Program<'v>,
    pub(super) memory: Memory,
}

impl<'v> Operands<'v> {
    #[inline(always)]
    pub(super) fn new(program: &'v Program<'v>) -> Self {
        Self { constants: program.hot().constants.as_slice(), text: program.text(), program, memory: Memory::default() }
    }
}

/// What values are in.
pub(super) struct Registers<'v> {
    values: [Value<'v>; REGISTERS as usize],
    /// For a register that a `select` wrote, which members of its elements tests look at.
    pub(super) selected: [u32; REGISTERS as usize],
}

impl<'v> Registers<'v> {
    /// Nothing in any.
    pub(super) const fn new() -> Self {
        Self { values: [Value::Missing; REGISTERS as usize], selected: [0; REGISTERS as usize] }
    }

    // Register numbers are verified; the mask lets the compiler see that the index is in bounds.
    #[inline(always)]
    pub(super) fn get(&self, register: u8) -> Value<'v> {
        self.values.get(usize::from(register & (REGISTERS - 1))).copied().unwrap_or_default()
    }

    #[inline(always)]
    pub(super) fn set(&mut self, register: u8, value: Value<'v>) {
        if let Some(slot) = self.values.get_mut(usize::from(register & (REGISTERS - 1))) {
            *slot = value;
        }
    }

    /// What a rule gave.
    pub(super) fn given(&self) -> Value<'v> {
        self.get(GIVEN)
    }
}

/// Where instructions, operands and fields come from.
pub(super) struct Machine<'v, F> {
    pub(super) code: &'v [HotStep],
    pub(super) cx: Operands<'v>,
    pub(super) facts: &'v F,
}

impl<'v, F: Facts> Machine<'v, F> {
    #[inline(always)]
    pub(super) fn new(program: &'v Program<'v>, facts: &'v F) -> Self {
        Self { code: program.hot().code.as_slice(), cx: Operands::new(program), facts }
    }

    /// Runs from an instruction to an end.
    pub(super) fn run<T: Tracer>(
        &self,
        registers: &mut Registers<'v>,
        mut pc: u32,
        tracer: &mut T,
    ) -> Result<End, Trap> {
        loop {
            // Those who trace see every condition; a shortcut would leave some out.
            let found = if T::ON { self.cx.program.hot().whole(pc) } else { self.code.get(pc as usize) };
            let Some(step) = found else { return End::at(pc) };
            let value = if let Some(path) = step.load() {
                let value = self.facts.get(path);
                registers.set(step.a, value);
                value
            } else {
                match step.op {
                    Opcode::Accept => return Ok(End::Accept),
                    Opcode::Reject => return Ok(End::Reject),
                    Opcode::Otherwise => return Ok(End::Otherwise),
                    Opcode::Give => {
                        registers.set(GIVEN, registers.get(step.a));
                        return Ok(End::Accept);
                    }
                    Opcode::Jump => {
                        pc = step.d;
                        continue;
                    }
                    Opcode::Load => {
                        let value = self.facts.get(PathId::new(step.id()));
                        registers.set(step.a, value);
                        pc = step.next;
                        continue;
                    }
                    Opcode::Each => {
                        pc = self.each(registers, step, pc, tracer)?;
                        continue;
                    }
                    op if op.is_value() => {
                        self.compute(registers, step).map_err(|kind| self.failed(registers, kind, step, pc, tracer))?;
                        pc = step.next;
                        continue;
                    }
                    _ => registers.get(step.a),
                }
            };
            let decided = test::decide(&self.cx, registers, step, value);
            if T::ON {
                let at = step.test_at(pc);
                if step.op == Opcode::Relate {
                    tracer.operand(at, registers.get(step.b_register()));
                }
                tracer.condition(at, value, decided.map_or_else(Outcome::Error, Outcome::of));
            }
            let holds = match decided {
                Ok(holds) => holds,
                Err(kind) => return Err(Trap { kind, pc: step.test_at(pc) }),
            };
            let branch = Branch::decode(step.d);
            pc = if holds == branch.when { branch.target } else { step.next };
        }
    }
}
