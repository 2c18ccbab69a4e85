//! Decides one test instruction.

use super::{Operands, TrapKind};
use crate::image::Const;
use crate::isa::{Instruction, Opcode};
use crate::ops::{self, CompareOp, Quantifier, Stat};
use crate::{Array, Value};

impl<'v> Operands<'v> {
    #[inline]
    fn constant(&self, id: u32) -> Result<Value<'v>, TrapKind> {
        Ok(self.constants.get(id as usize).ok_or(TrapKind::Internal)?.value(self.text))
    }

    #[inline]
    fn set_has(&self, id: u32, value: Value<'_>) -> Result<bool, TrapKind> {
        Ok(self.program.hot().sets.get(id as usize).ok_or(TrapKind::Internal)?.has(value, self.text))
    }
}

/// The outcome of a test on a register's value. The match has no catch-all over tests, so that an instruction
/// without a handler does not compile.
#[inline]
pub(super) fn decide(cx: &Operands<'_>, instruction: &Instruction, value: Value<'_>) -> Result<bool, TrapKind> {
    if value.is_nil() {
        return Ok(instruction.op == Opcode::IsNull);
    }
    let constant = || cx.constant(instruction.c);
    let compare = |op: CompareOp| -> Result<bool, TrapKind> { Ok(op.apply(value, constant()?)?) };
    match instruction.op {
        Opcode::Exists => Ok(true),
        Opcode::IsNull => Ok(false),
        Opcode::Eq => compare(CompareOp::Eq),
        Opcode::Ne => compare(CompareOp::Ne),
        Opcode::Lt => compare(CompareOp::Lt),
        Opcode::Le => compare(CompareOp::Le),
        Opcode::Gt => compare(CompareOp::Gt),
        Opcode::Ge => compare(CompareOp::Ge),
        Opcode::EqText => equals_text(cx, instruction.c, value),
        Opcode::NeText => equals_text(cx, instruction.c, value).map(|equal| !equal),
        Opcode::LtInt => compare_int(cx, instruction.c, value, CompareOp::Lt, |l, r| l < r),
        Opcode::LeInt => compare_int(cx, instruction.c, value, CompareOp::Le, |l, r| l <= r),
        Opcode::GtInt => compare_int(cx, instruction.c, value, CompareOp::Gt, |l, r| l > r),
        Opcode::GeInt => compare_int(cx, instruction.c, value, CompareOp::Ge, |l, r| l >= r),
        Opcode::InSet => cx.set_has(instruction.c, value),
        Opcode::NotInSet => cx.set_has(instruction.c, value).map(|has| !has),
        Opcode::InArray | Opcode::InText | Opcode::InObject => member(constant()?, value),
        Opcode::NotInArray | Opcode::NotInText | Opcode::NotInObject => member(constant()?, value).map(|has| !has),
        Opcode::Contains => Ok(ops::contains(value, constant()?)?),
        Opcode::Matches => {
            let text = ops::match_text(value)?;
            let pattern = cx.program.patterns().get(instruction.c as usize).ok_or(TrapKind::Internal)?;
            Ok(pattern.matches_at_start(&text))
        }
        Opcode::All => quantified(Quantifier::All, instruction, value, constant()?),
        Opcode::Any => quantified(Quantifier::Any, instruction, value, constant()?),
        Opcode::None => quantified(Quantifier::None, instruction, value, constant()?),
        Opcode::Sum => statistic(Stat::Sum, instruction, value, constant()?),
        Opcode::Avg => statistic(Stat::Avg, instruction, value, constant()?),
        Opcode::Min => statistic(Stat::Min, instruction, value, constant()?),
        Opcode::Max => statistic(Stat::Max, instruction, value, constant()?),
        Opcode::Count => statistic(Stat::Count, instruction, value, constant()?),
        // Handled by the loop; never here.
        Opcode::Accept | Opcode::Reject | Opcode::Jump | Opcode::Load => Err(TrapKind::Internal),
    }
}

#[inline]
fn equals_text(cx: &Operands<'_>, constant: u32, value: Value<'_>) -> Result<bool, TrapKind> {
    let Some(Const::Text(start, end)) = cx.constants.get(constant as usize).copied() else {
        return Err(TrapKind::Internal);
    };
    // Bytes, because equality needs no look at character boundaries.
    let constant = cx.text.as_bytes().get(start as usize..end as usize).ok_or(TrapKind::Internal)?;
    Ok(match value {
        Value::Text(text) => text.as_bytes() == constant,
        _ => ops::with_text(value, |text| text.as_bytes() == constant).unwrap_or(false),
    })
}

/// Integer against integer needs one comparison; everything else takes the general way.
#[inline]
fn compare_int(
    cx: &Operands<'_>,
    constant: u32,
    value: Value<'_>,
    op: CompareOp,
    holds: impl Fn(i64, i64) -> bool,
) -> Result<bool, TrapKind> {
    let Some(Const::Int(int)) = cx.constants.get(constant as usize).copied() else { return Err(TrapKind::Internal) };
    match value {
        Value::Int(value) => Ok(holds(value, int)),
        _ => Ok(op.apply(value, Value::Int(int))?),
    }
}

fn member(constant: Value<'_>, value: Value<'_>) -> Result<bool, TrapKind> {
    Ok(match constant {
        Value::Array(array) => ops::in_array(value, array)?,
        Value::Object(object) => ops::in_object(value, object)?,
        Value::Text(text) => ops::in_text(value, text)?,
        _ => return Err(TrapKind::Internal),
    })
}

fn array_of(value: Value<'_>) -> Option<Array<'_>> {
    match value {
        Value::Array(array) => Some(array),
        _ => None,
    }
}

fn quantified(
    quantifier: Quantifier,
    instruction: &Instruction,
    value: Value<'_>,
    operand: Value<'_>,
) -> Result<bool, TrapKind> {
    let Some(array) = array_of(value) else { return Ok(false) };
    let op = CompareOp::from_code(instruction.b).ok_or(TrapKind::Internal)?;
    Ok(ops::quantify(quantifier, array, op, operand))
}

fn statistic(stat: Stat, instruction: &Instruction, value: Value<'_>, operand: Value<'_>) -> Result<bool, TrapKind> {
    let Some(array) = array_of(value) else { return Ok(false) };
    let op = CompareOp::from_code(instruction.b).ok_or(TrapKind::Internal)?;
    match ops::statistic(stat, array)?.as_value() {
        Some(result) => Ok(op.apply(result, operand)?),
        None => Ok(false),
    }
}
