//! A pattern, list or statistic that several rules of a list ask of one field is decided once a run.
//!
//! Nothing acts while a run goes through a list, so a field does not change and neither does the answer. Only tests that take
//! long are worth a look at what is remembered.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::eval::SLOTS;
use crate::image::hot::{Hot, Step};
use crate::image::layout::NONE;
use crate::image::tables::Tables;
use crate::isa::{Opcode, Operand, Place, REGISTERS};

/// What two tests have in common that are the same: what is asked, with what, of which field.
type Question = (u8, u16, u32, u32);

pub(super) fn find(hot: &mut Hot, tables: &Tables<'_>) {
    let lists = core::mem::take(&mut hot.lists);
    for list in &lists {
        let mut places: BTreeMap<Question, Vec<u32>> = BTreeMap::new();
        for rule in list.first..list.first.saturating_add(list.count) {
            gather(hot, tables, rule, &mut places);
        }
        let mut slot = 0_u16;
        for places in places.values().filter(|places| places.len() > 1) {
            slot = slot.saturating_add(1);
            if slot > SLOTS {
                break;
            }
            for place in places {
                if let Some(step) = hot.code.get_mut(*place as usize) {
                    step.b |= slot << 8;
                }
            }
        }
    }
    hot.lists = lists;
}

/// Notes the long tests of a rule.
fn gather(hot: &Hot, tables: &Tables<'_>, rule: u32, places: &mut BTreeMap<Question, Vec<u32>>) {
    let entry = |rule: u32| hot.entries.get(rule as usize).copied().unwrap_or(0);
    let code = entry(rule)..entry(rule.saturating_add(1));
    let is_long = |pc: &u32| hot.code.get(*pc as usize).is_some_and(|step| takes_long(step.op));
    if !code.clone().any(|pc| is_long(&pc)) {
        return;
    }
    let fields = fields(tables, code.clone());
    for pc in code.filter(is_long) {
        let Some(step) = hot.code.get(pc as usize) else { continue };
        // Behind a step that reads and tests stands the test alone, for jumps: it is the same test.
        let before = pc.checked_sub(1).and_then(|before| hot.code.get(before as usize));
        if before.is_some_and(|before| before.load().is_some()) {
            continue;
        }
        if let Some(question) = question(step, &fields) {
            places.entry(question).or_default().push(pc);
        }
    }
}

const fn takes_long(op: Opcode) -> bool {
    matches!(
        op,
        Opcode::Matches
            | Opcode::Contains
            | Opcode::InArray
            | Opcode::NotInArray
            | Opcode::InObject
            | Opcode::NotInObject
            | Opcode::All
            | Opcode::Any
            | Opcode::None
            | Opcode::Sum
            | Opcode::Avg
            | Opcode::Min
            | Opcode::Max
            | Opcode::Count
    )
}

/// What a test asks; `None` if its register may hold one of several things.
fn question(step: &Step, fields: &Fields) -> Option<Question> {
    let path = match step.load() {
        Some(path) => path.as_u32(),
        None => fields.get(usize::from(step.a)).copied().flatten()?,
    };
    Some((step.op as u8, step.b, step.id(), path))
}

/// For each register the one field that the rule ever reads into it.
type Fields = [Option<u32>; REGISTERS as usize];

fn fields(tables: &Tables<'_>, code: core::ops::Range<u32>) -> Fields {
    let mut fields = [NONE; REGISTERS as usize];
    let mut several = [false; REGISTERS as usize];
    for instruction in code.filter_map(|pc| tables.instruction(pc)) {
        let defines = instruction.op.operands().contains(&(Place::A, Operand::Define));
        let register = usize::from(instruction.a);
        let Some((field, several)) = fields.get_mut(register).zip(several.get_mut(register)) else { continue };
        if !defines {
            continue;
        }
        *several |= instruction.op != Opcode::Load || (*field != NONE && *field != instruction.c);
        *field = instruction.c;
    }
    let mut known = [None; REGISTERS as usize];
    for ((known, field), several) in known.iter_mut().zip(fields).zip(several) {
        *known = (!several && field != NONE).then_some(field);
    }
    known
}
