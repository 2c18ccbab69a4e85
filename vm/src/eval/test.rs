//! Decides one test instruction.

use alloc::vec::Vec;

use super::{Operands, Registers, TrapKind, slot_bit};
use crate::image::HotStep;
use crate::isa::{Opcode, SELECTED};
use crate::json::search;
use crate::ops::{self, CompareOp, Quantifier, Relation, Stat};
use crate::{Array, Value};

impl<'v> Operands<'v> {
    #[inline]
    pub(super) fn constant(&self, id: u32) -> Result<Value<'v>, TrapKind> {
        Ok(self.constants.get(id as usize).ok_or(TrapKind::Internal)?.value(self.text))
    }

    /// The answer of a pattern that is asked together with others of its field, once enough of them were asked.
    #[inline]
    fn together(&self, step: &HotStep, text: &str) -> Option<bool> {
        let group = self.program.hot().merged.get(step.group()?)?;
        if !group.pays(self.memory.known()) {
            return None;
        }
        let holds = group.matching(&self.program.tables(), text)?;
        self.memory.keep_all(group.mask(), holds);
        Some(holds & slot_bit(step.memory()) != 0)
    }

    #[inline]
    fn set_has(&self, id: u32, value: Value<'_>) -> Result<bool, TrapKind> {
        Ok(self.program.hot().sets.get(id as usize).ok_or(TrapKind::Internal)?.has(value, self.text))
    }
}

/// A test that takes long: asked once, if the same is asked elsewhere in the list. Nothing acts between two rules
/// of one run, so fields do not change. An error is not remembered.
#[inline(always)]
fn once(cx: &Operands<'_>, step: &HotStep, decide: impl FnOnce() -> Result<bool, TrapKind>) -> Result<bool, TrapKind> {
    match step.memory() {
        0 => decide(),
        slot => match cx.memory.recall(slot) {
            Some(holds) => Ok(holds),
            None => decide().inspect(|holds| cx.memory.keep(slot, *holds)),
        },
    }
}

/// The outcome of a test on a register's value. The match has no catch-all over tests, so that an instruction
/// without a handler does not compile.
#[inline]
pub(super) fn decide<'v>(
    cx: &Operands<'v>,
    registers: &Registers<'v>,
    step: &HotStep,
    value: Value<'v>,
) -> Result<bool, TrapKind> {
    if value.is_nil() {
        return Ok(step.op == Opcode::IsNull);
    }
    let constant = || cx.constant(step.id());
    let in_text = || -> Result<bool, TrapKind> { Ok(ops::in_text(value, step.text(cx.text))?) };
    let list = || elements(cx, registers, step, value);
    let compare = |op: CompareOp| -> Result<bool, TrapKind> { Ok(op.apply(value, constant()?)?) };
    match step.op {
        Opcode::Exists => Ok(true),
        Opcode::IsNull => Ok(false),
        Opcode::Eq => compare(CompareOp::Eq),
        Opcode::Ne => compare(CompareOp::Ne),
        Opcode::Lt => compare(CompareOp::Lt),
        Opcode::Le => compare(CompareOp::Le),
        Opcode::Gt => compare(CompareOp::Gt),
        Opcode::Ge => compare(CompareOp::Ge),
        Opcode::EqText => Ok(equals_text(cx, step, value)),
        Opcode::NeText => Ok(!equals_text(cx, step, value)),
        Opcode::LtInt => compare_int(step, value, CompareOp::Lt, |l, r| l < r),
        Opcode::LeInt => compare_int(step, value, CompareOp::Le, |l, r| l <= r),
        Opcode::GtInt => compare_int(step, value, CompareOp::Gt, |l, r| l > r),
        Opcode::GeInt => compare_int(step, value, CompareOp::Ge, |l, r| l >= r),
        Opcode::EqInt => compare_int(step, value, CompareOp::Eq, |l, r| l == r),
        Opcode::NeInt => compare_int(step, value, CompareOp::Ne, |l, r| l != r),
        Opcode::EqBool => equals_bool(step, value),
        Opcode::NeBool => equals_bool(step, value).map(|equal| !equal),
        Opcode::LtFloat => compare_float(step, value, CompareOp::Lt, |l, r| l < r),
        Opcode::LeFloat => compare_float(step, value, CompareOp::Le, |l, r| l <= r),
        Opcode::GtFloat => compare_float(step, value, CompareOp::Gt, |l, r| l > r),
        Opcode::GeFloat => compare_float(step, value, CompareOp::Ge, |l, r| l >= r),
        Opcode::InSet => cx.set_has(step.id(), value),
        Opcode::NotInSet => cx.set_has(step.id(), value).map(|has| !has),
        Opcode::InText => in_text(),
        Opcode::NotInText => in_text().map(|has| !has),
        Opcode::InArray | Opcode::InObject => once(cx, step, || member(constant()?, value)),
        Opcode::NotInArray | Opcode::NotInObject => once(cx, step, || member(constant()?, value).map(|has| !has)),
        Opcode::Contains => once(cx, step, || Ok(ops::contains(value, constant()?)?)),
        Opcode::Matches => once(cx, step, || {
            let text = ops::match_text(value)?;
            if let Some(holds) = cx.together(step, &text) {
                return Ok(holds);
            }
            let pattern = cx.program.patterns().get(step.id() as usize).ok_or(TrapKind::Internal)?;
            Ok(pattern.matches_at_start(&text))
        }),
        Opcode::MatchesPrefix => Ok(ops::begins_with(value, step.text(cx.text))?),
        Opcode::MatchesSuffix => Ok(ops::line_ends_with(value, step.text(cx.text))?),
        Opcode::StartsWith => Ok(ops::starts_with(value, Value::Text(step.text(cx.text)))?),
        Opcode::EndsWith => Ok(ops::ends_with(value, Value::Text(step.text(cx.text)))?),
        Opcode::EqFolded => Ok(ops::equal_folded(value, Value::Text(step.text(cx.text)))),
        Opcode::InNetwork => {
            let networks = cx.program.hot().lookups.networks(step.id()).ok_or(TrapKind::Internal)?;
            Ok(ops::in_networks(value, networks))
        }
        Opcode::Relate => {
            let relation = Relation::from_code(step.id()).ok_or(TrapKind::Internal)?;
            Ok(relation.apply(value, registers.get(step.b_register()))?)
        }
        Opcode::Sample => Ok(super::in_sample(value, step.text(cx.text), step.b)),
        Opcode::All => once(cx, step, || quantified(Quantifier::All, step, &list()?, constant()?)),
        Opcode::Any => once(cx, step, || quantified(Quantifier::Any, step, &list()?, constant()?)),
        Opcode::None => once(cx, step, || quantified(Quantifier::None, step, &list()?, constant()?)),
        Opcode::Sum => once(cx, step, || statistic(Stat::Sum, step, &list()?, constant()?)),
        Opcode::Avg => once(cx, step, || statistic(Stat::Avg, step, &list()?, constant()?)),
        Opcode::Min => once(cx, step, || statistic(Stat::Min, step, &list()?, constant()?)),
        Opcode::Max => once(cx, step, || statistic(Stat::Max, step, &list()?, constant()?)),
        Opcode::Count => once(cx, step, || statistic(Stat::Count, step, &list()?, constant()?)),
        // Handled by the loop; never here.
        Opcode::Accept
        | Opcode::Reject
        | Opcode::Otherwise
        | Opcode::Give
        | Opcode::Jump
        | Opcode::Each
        | Opcode::Load
        | Opcode::Const
        | Opcode::Now
        | Opcode::Member
        | Opcode::Select
        | Opcode::Length
        | Opcode::Time
        | Opcode::Hour
        | Opcode::Weekday
        | Opcode::Add
        | Opcode::Sub
        | Opcode::Mul
        | Opcode::Div
        | Opcode::Rem
        | Opcode::SumOf
        | Opcode::AvgOf
        | Opcode::MinOf
        | Opcode::MaxOf
        | Opcode::CountOf => Err(TrapKind::Internal),
    }
}

#[inline]
fn equals_text(cx: &Operands<'_>, step: &HotStep, value: Value<'_>) -> bool {
    match value {
        Value::Text(text) => same_text(cx, step, text.as_bytes()),
        _ => ops::with_text(value, |text| same_text(cx, step, text.as_bytes())).unwrap_or(false),
    }
}

/// Whether a text is the constant of a test. Most differ in length.
#[inline(always)]
pub(super) fn same_text(cx: &Operands<'_>, step: &HotStep, text: &[u8]) -> bool {
    step.text_len() == text.len() && search::same(step.text_bytes(cx.text), text)
}

/// Integer against integer needs one comparison; everything else takes the general way.
#[inline(always)]
fn compare_int(
    step: &HotStep,
    value: Value<'_>,
    op: CompareOp,
    holds: impl Fn(i64, i64) -> bool,
) -> Result<bool, TrapKind> {
    match value {
        Value::Int(value) => Ok(holds(value, step.int())),
        _ => compare_other(value, op, Value::Int(step.int())),
    }
}

/// Double against double likewise.
#[inline(always)]
fn compare_float(
    step: &HotStep,
    value: Value<'_>,
    op: CompareOp,
    holds: impl Fn(f64, f64) -> bool,
) -> Result<bool, TrapKind> {
    match value {
        Value::Float(value) => Ok(holds(value, step.float())),
        _ => compare_other(value, op, Value::Float(step.float())),
    }
}

#[inline(always)]
fn equals_bool(step: &HotStep, value: Value<'_>) -> Result<bool, TrapKind> {
    match value {
        Value::Bool(value) => Ok(value == step.bool()),
        _ => compare_other(value, CompareOp::Eq, Value::Bool(step.bool())),
    }
}

#[inline(never)]
fn compare_other(value: Value<'_>, op: CompareOp, constant: Value<'_>) -> Result<bool, TrapKind> {
    Ok(op.apply(value, constant)?)
}

fn member(constant: Value<'_>, value: Value<'_>) -> Result<bool, TrapKind> {
    Ok(match constant {
        Value::Array(array) => ops::in_array(value, array)?,
        Value::Object(object) => ops::in_object(value, object)?,
        _ => return Err(TrapKind::Internal),
    })
}

/// What a quantifier or statistic looks at.
enum Elements<'v> {
    /// What is no list.
    None,
    /// A whole list.
    Array(Array<'v>),
    /// Members of its elements.
    Selected(Vec<Value<'v>>),
}

#[inline]
fn elements<'v>(
    cx: &Operands<'v>,
    registers: &Registers<'v>,
    step: &HotStep,
    value: Value<'v>,
) -> Result<Elements<'v>, TrapKind> {
    Ok(match value {
        Value::Array(_) if step.b & SELECTED != 0 => {
            registers.selected(cx, step.a, value)?.map_or(Elements::None, Elements::Selected)
        }
        Value::Array(array) => Elements::Array(array),
        _ => Elements::None,
    })
}

fn quantified(
    quantifier: Quantifier,
    step: &HotStep,
    elements: &Elements<'_>,
    operand: Value<'_>,
) -> Result<bool, TrapKind> {
    let op = CompareOp::from_code(step.compare() & !SELECTED).ok_or(TrapKind::Internal)?;
    Ok(match elements {
        Elements::None => false,
        Elements::Array(array) => ops::quantify(quantifier, array.iter(), op, operand),
        Elements::Selected(values) => ops::quantify(quantifier, values.iter().copied(), op, operand),
    })
}

fn statistic(stat: Stat, step: &HotStep, elements: &Elements<'_>, operand: Value<'_>) -> Result<bool, TrapKind> {
    let op = CompareOp::from_code(step.compare() & !SELECTED).ok_or(TrapKind::Internal)?;
    let result = match elements {
        Elements::None => return Ok(false),
        Elements::Array(array) => ops::statistic(stat, array.iter())?,
        Elements::Selected(values) => ops::statistic(stat, values.iter().copied())?,
    };
    match result.as_value() {
        Some(result) => Ok(op.apply(result, operand)?),
        None => Ok(false),
    }
}
