//! Proves the code of one rule: operands in range and of the right type, jumps forward and inside the rule,
//! registers written before they are read, nothing unreachable, and the end never fallen off.
//!
//! Jumps go forward only, so one pass in order of the instructions is a complete data-flow analysis, and evaluation
//! always ends: outside the bodies of `each` after at most as many steps as the rule has instructions, and a body runs at
//! most once for each element of a list. Bodies stand inside one another at most four deep. Targets count from the
//! rule's first instruction; those in a body stay in it, and it ends in an end of its own.

use alloc::vec::Vec;

use super::error::{ImageError, ImageErrorKind as Kind};
use super::layout::{PatternRecord, Section, SetRecord, const_kinds};
use super::operand;
use super::tables::Tables;
use super::verify::rows;
use crate::isa::{Branch, DEEPEST, Instruction, Opcode, Operand, REGISTERS, SELECTED, SHORT_LIST};
use crate::ops::{CompareOp, Relation};

/// The bit of register 0 in the half of the state that tells selections.
const SELECTION: u32 = 1 << 16;

/// The half that tells what is written.
const WRITTEN: u32 = SELECTION - 1;

/// Registers known to be written, as a bit set, and in the upper half those known to hold a selection; `None` where
/// control has not come yet.
type State = Option<u32>;

/// What checking one rule after the other needs, allocated once.
#[derive(Default)]
pub(super) struct Checker {
    states: Vec<State>,
    code: Vec<Instruction>,
    ends: Vec<u32>,
    costs: Vec<u64>,
}

impl Checker {
    /// Whether the rule that was checked last has such an instruction.
    pub(super) fn has(&self, op: Opcode) -> bool {
        self.code.iter().any(|instruction| instruction.op == op)
    }
}

/// Checks a rule's instructions `entry..end` and answers its worst-case cost.
pub(super) fn verify_rule(checker: &mut Checker, tables: &Tables<'_>, entry: u32, end: u32) -> Result<u64, ImageError> {
    let bad = |kind, pc| ImageError::at(kind, Section::Code, pc);
    if entry >= end || end > rows(tables.code(), crate::isa::INSTRUCTION_BYTES) {
        return Err(bad(Kind::FallsOff, entry));
    }
    let length = end.saturating_sub(entry);
    let Checker { states, code, ends, costs } = checker;
    states.clear();
    states.resize(length as usize, None);
    if let Some(first) = states.first_mut() {
        *first = Some(0);
    }
    code.clear();
    // Where the rule ends, and inside it the bodies around the instruction; jumps inside stay before it.
    ends.clear();
    ends.push(length);
    for pc in entry..end {
        let at = pc.saturating_sub(entry);
        ends.retain(|end| *end > at);
        let instruction = tables.instruction(pc).ok_or(bad(Kind::Opcode, pc))?;
        let state = states.get(at as usize).copied().flatten().ok_or(bad(Kind::Unreachable, pc))?;
        let after = operands(tables, &instruction, state).map_err(|kind| bad(kind, pc))?;
        flow(&instruction, at, after, states, ends).map_err(|kind| bad(kind, pc))?;
        code.push(instruction);
    }
    Ok(cost_into(code, costs))
}

/// Where control goes from the instruction at `at`, with `after` written.
fn flow(instruction: &Instruction, at: u32, after: u32, states: &mut [State], ends: &mut Vec<u32>) -> Result<(), Kind> {
    let limit = ends.last().copied().unwrap_or(0);
    let mut follows = at.saturating_add(1);
    let mut after = after;
    match instruction.op {
        Opcode::Each => {
            let body = follows;
            follows = instruction.c;
            if follows <= body || follows >= limit {
                return Err(Kind::Jump);
            }
            if ends.len() > DEEPEST {
                return Err(Kind::Nesting);
            }
            // Nothing from outside jumps into the body.
            let inside = states.get(body as usize..follows as usize).unwrap_or_default();
            if inside.iter().any(Option::is_some) {
                return Err(Kind::Jump);
            }
            ends.push(follows);
            // The body may have left other values in registers, for its next turn as well: no selection is known any more.
            // The element's register has only been written where there was an element.
            join(states, body, after & WRITTEN);
            after &= WRITTEN & !(1 << instruction.a);
        }
        // A body has no `else` and gives nothing.
        Opcode::Otherwise | Opcode::Give if ends.len() > 1 => return Err(Kind::Jump),
        _ => {}
    }
    if let Some(target) = target_of(instruction) {
        if target < follows || target >= limit {
            return Err(Kind::Jump);
        }
        join(states, target, after);
    }
    if !instruction.op.is_terminal() {
        if follows >= limit {
            return Err(Kind::FallsOff);
        }
        join(states, follows, after);
    }
    Ok(())
}

fn target_of(instruction: &Instruction) -> Option<u32> {
    match instruction.op {
        Opcode::Jump => Some(instruction.d),
        op if op.is_test() => Some(Branch::decode(instruction.d).target),
        _ => None,
    }
}

/// Control comes to an instruction from several places: only what all of them have written is written.
fn join(states: &mut [State], at: u32, state: u32) {
    if let Some(slot) = states.get_mut(at as usize) {
        *slot = Some(slot.map_or(state, |known| known & state));
    }
}

/// Checks the operands; answers the registers that are written afterwards.
fn operands(tables: &Tables<'_>, instruction: &Instruction, state: u32) -> Result<u32, Kind> {
    let mut after = state;
    let mut used = [false; 4];
    for (place, operand) in instruction.op.operands() {
        let content = instruction.place(*place);
        if let Some(used) = used.get_mut(*place as usize) {
            *used = true;
        }
        match operand {
            Operand::Use | Operand::Define => {
                if content >= u32::from(REGISTERS) {
                    return Err(Kind::Operand);
                }
                let bit = 1 << content;
                if *operand == Operand::Define {
                    let selection = if instruction.op == Opcode::Select { SELECTION } else { 0 };
                    after = (after & !(SELECTION << content)) | bit | (selection << content);
                } else if state & bit == 0 {
                    return Err(Kind::Register);
                }
            }
            Operand::Target | Operand::Branch | Operand::Body => {}
            Operand::Compare
                if content & u32::from(SELECTED) != 0 && state & (SELECTION << u32::from(instruction.a)) == 0 =>
            {
                return Err(Kind::Register);
            }
            _ if operand_is_valid(tables, *operand, content) => {}
            _ => return Err(Kind::Operand),
        }
    }
    // Unused places are zero: same meaning, same bytes.
    let places = [u32::from(instruction.a), u32::from(instruction.b), instruction.c, instruction.d];
    if places.iter().zip(used).any(|(content, used)| !used && *content != 0) {
        return Err(Kind::Operand);
    }
    Ok(after)
}

fn operand_is_valid(tables: &Tables<'_>, operand: Operand, content: u32) -> bool {
    let constant = |kind| tables.const_record(content).is_some_and(|record| record.kind == kind);
    match operand {
        Operand::Path => content < tables.path_count(),
        Operand::Const => tables.const_record(content).is_some(),
        Operand::Text => constant(const_kinds::TEXT),
        Operand::Int => constant(const_kinds::INT),
        Operand::Float => constant(const_kinds::FLOAT),
        Operand::Bool => constant(const_kinds::BOOL),
        Operand::Array => constant(const_kinds::ARRAY),
        Operand::Object => constant(const_kinds::OBJECT),
        Operand::Set => content < rows(tables.set_table(), SetRecord::BYTES),
        Operand::Regex => content < rows(tables.patterns(), PatternRecord::BYTES),
        Operand::Share => content <= 10_000,
        Operand::Compare => u16::try_from(content).is_ok_and(|code| CompareOp::from_code(code & !SELECTED).is_some()),
        Operand::Relation => Relation::from_code(content).is_some(),
        Operand::Tail => tables.constant(content).and_then(operand::tail).is_some(),
        Operand::Tails => tables.constant(content).and_then(operand::tails).is_some(),
        Operand::Networks => tables.constant(content).and_then(operand::networks).is_some(),
        Operand::Minutes => content.cast_signed().unsigned_abs() < 1440,
        Operand::Use | Operand::Define | Operand::Target | Operand::Branch | Operand::Body => true,
    }
}

/// The cost of the most expensive way through a rule whose jumps count from its first instruction.
pub(crate) fn worst_cost(code: &[Instruction]) -> u64 {
    cost_into(code, &mut Vec::new())
}

fn cost_into(code: &[Instruction], costs: &mut Vec<u64>) -> u64 {
    // Backwards, each instruction knows the cost of all it can lead to.
    costs.clear();
    costs.resize(code.len().saturating_add(1), 0);
    for (at, instruction) in code.iter().enumerate().rev() {
        let cost_at = |at: usize| costs.get(at).copied().unwrap_or(0);
        let jump = target_of(instruction).map_or(0, |target| cost_at(target as usize));
        let mut cost = u64::from(instruction.op.cost());
        let next = match instruction.op {
            Opcode::Each => {
                // The body, for a short list; it ends in an end of its own.
                cost = cost.saturating_add(cost_at(at.saturating_add(1)).saturating_mul(SHORT_LIST));
                cost_at(instruction.c as usize)
            }
            op if op.is_terminal() => 0,
            _ => cost_at(at.saturating_add(1)),
        };
        let cost = cost.saturating_add(next.max(jump));
        if let Some(slot) = costs.get_mut(at) {
            *slot = cost;
        }
    }
    costs.first().copied().unwrap_or(0)
}
