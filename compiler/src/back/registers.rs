//! Which value each register holds, and the instructions that put one there.

use cascata_vm::image::Constant as ImageConstant;
use cascata_vm::isa::{Instruction, Opcode, REGISTERS};
use cascata_vm::ops::Stat;
use cascata_vm::{Segment, Value, json};

use super::allocate::{Code, Layout};
use super::constant::{KeyOrder, image_constant};
use super::ir::{ValueExpr, ValueRef};
use crate::model::Arithmetic;

/// Which value each register holds.
pub(super) type Held = [Option<ValueRef>; REGISTERS as usize];

/// How many registers one value needs at most while it is computed; loops may hold the others.
pub(crate) const MOST_VALUES: usize = 8;

/// Nothing is known.
pub(super) const fn none() -> Held {
    [None; REGISTERS as usize]
}

/// The register of the element of a loop inside `level` others.
pub(super) fn element_register(level: u32) -> u8 {
    REGISTERS.saturating_sub(1).saturating_sub(u8::try_from(level).unwrap_or(u8::MAX))
}

/// What is known inside a loop, or behind it where there is no element: the elements of the loops around it.
pub(super) fn inside(held: &Held, level: u32, element: Option<ValueRef>) -> Held {
    let own = usize::from(element_register(level));
    let mut known = none();
    for (at, (slot, value)) in known.iter_mut().zip(held).enumerate() {
        if at > own {
            *slot = *value;
        } else if at == own {
            *slot = element;
        }
    }
    known
}

/// What both ways have in the same register.
pub(super) fn common(left: &Held, right: &Held) -> Held {
    let mut both = *left;
    for (l, r) in both.iter_mut().zip(right) {
        if l != r {
            *l = None;
        }
    }
    both
}

impl Layout<'_> {
    /// The register that holds a value; reads or computes it first where none does. `pinned` registers (as bits) are left
    /// as they are. Recursion is as deep as values are computed from one another, which the checker limits.
    pub(super) fn read(&mut self, value: ValueRef, held: &mut Held, loops: u32, pinned: u16, code: &mut Code) -> u8 {
        if let Some(register) = (0..).zip(held.iter()).find(|(_, held)| **held == Some(value)).map(|(at, _)| at) {
            return register;
        }
        let program = self.program;
        let Some(expr) = program.values.get(value) else { return 0 };
        let mut instruction = Instruction::new(opcode(expr));
        // Operands stay where they are until the instruction reads them, which is before it writes.
        match expr {
            ValueExpr::Arithmetic(_, left, right) => {
                let left = self.read(*left, held, loops, pinned, code);
                let right = self.read(*right, held, loops, pinned | 1 << left, code);
                (instruction.b, instruction.c) = (u16::from(left), u32::from(right));
            }
            ValueExpr::Member(of, _)
            | ValueExpr::Selected(of, _)
            | ValueExpr::Statistic(_, of, _)
            | ValueExpr::Length(of)
            | ValueExpr::Time(of)
            | ValueExpr::Hour(of, _)
            | ValueExpr::Weekday(of, _) => {
                instruction.b = u16::from(self.read(*of, held, loops, pinned, code));
            }
            ValueExpr::Field(_) | ValueExpr::Element { .. } | ValueExpr::Constant(_) | ValueExpr::Now => {}
        }
        if let Some(content) = self.content(expr) {
            instruction.c = content;
        }
        let register = free(held, loops, pinned, code.instructions.len());
        if let Some(slot) = held.get_mut(usize::from(register)) {
            *slot = Some(value);
        }
        instruction.a = register;
        code.push(instruction, None);
        register
    }

    /// Operand place c of a value that is not computed from two others.
    fn content(&mut self, expr: &ValueExpr) -> Option<u32> {
        let mut tails = |tails: &[Vec<Segment>]| {
            let inner: Vec<_> = tails.iter().map(|tail| json_path(tail)).collect();
            self.image.constant(&ImageConstant::Array(format!("[{}]", inner.join(",")))).as_u32()
        };
        Some(match expr {
            ValueExpr::Field(path) => path.as_u32(),
            ValueExpr::Constant(constant) => self.image.constant(&image_constant(constant, KeyOrder::Sorted)).as_u32(),
            ValueExpr::Member(_, tail) => self.image.constant(&ImageConstant::Array(json_path(tail))).as_u32(),
            ValueExpr::Selected(_, ways) | ValueExpr::Statistic(_, _, ways) => tails(ways),
            ValueExpr::Hour(_, east) | ValueExpr::Weekday(_, east) => i32::from(*east).cast_unsigned(),
            _ => return None,
        })
    }
}

/// A register that nothing is in, else one that is not needed, in turn. The elements of loops keep theirs.
fn free(held: &Held, loops: u32, pinned: u16, turn: usize) -> u8 {
    let count = usize::from(REGISTERS).saturating_sub(loops as usize);
    let usable = |at: &usize| pinned & 1_u16.checked_shl(u32::try_from(*at).unwrap_or(u32::MAX)).unwrap_or(0) == 0;
    let empty = (0..count).filter(usable).find(|at| held.get(*at).is_some_and(Option::is_none));
    let start = turn.checked_rem(count).unwrap_or(0);
    let in_turn = || (start..count).chain(0..start).find(usable);
    empty.or_else(in_turn).and_then(|at| u8::try_from(at).ok()).unwrap_or(0)
}

/// A way as JSON: keys and positions.
fn json_path(path: &[Segment]) -> String {
    let mut out = String::from("[");
    for (at, segment) in path.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        match segment {
            Segment::Key(key) => json::write_value(&Value::Text(key), &mut out),
            Segment::Index(index) => json::write_value(&Value::Int(i64::from(*index)), &mut out),
        }
    }
    out.push(']');
    out
}

/// The instruction that puts a value into a register.
const fn opcode(expr: &ValueExpr) -> Opcode {
    match expr {
        ValueExpr::Field(_) => Opcode::Load,
        // Always in its register; never read again.
        ValueExpr::Element { .. } | ValueExpr::Constant(_) => Opcode::Const,
        ValueExpr::Now => Opcode::Now,
        ValueExpr::Member(..) => Opcode::Member,
        ValueExpr::Selected(..) => Opcode::Select,
        ValueExpr::Statistic(Stat::Sum, ..) => Opcode::SumOf,
        ValueExpr::Statistic(Stat::Avg, ..) => Opcode::AvgOf,
        ValueExpr::Statistic(Stat::Min, ..) => Opcode::MinOf,
        ValueExpr::Statistic(Stat::Max, ..) => Opcode::MaxOf,
        ValueExpr::Statistic(Stat::Count, ..) => Opcode::CountOf,
        ValueExpr::Length(_) => Opcode::Length,
        ValueExpr::Time(_) => Opcode::Time,
        ValueExpr::Hour(..) => Opcode::Hour,
        ValueExpr::Weekday(..) => Opcode::Weekday,
        ValueExpr::Arithmetic(Arithmetic::Add, ..) => Opcode::Add,
        ValueExpr::Arithmetic(Arithmetic::Sub, ..) => Opcode::Sub,
        ValueExpr::Arithmetic(Arithmetic::Mul, ..) => Opcode::Mul,
        ValueExpr::Arithmetic(Arithmetic::Div, ..) => Opcode::Div,
        ValueExpr::Arithmetic(Arithmetic::Rem, ..) => Opcode::Rem,
    }
}
