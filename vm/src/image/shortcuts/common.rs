//! A pattern, list or statistic that several rules of a list ask of one field is decided once a run.
//!
//! Nothing acts while a run goes through a list, so a field does not change and neither does the answer. Only tests that take
//! long are worth a look at what is remembered. Of one field several patterns have one automaton besides.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::eval::SLOTS;
use crate::image::hot::{Hot, Step};
use crate::image::layout::NONE;
use crate::image::merged::{Group, MIN_PATTERNS};
use crate::image::tables::Tables;
use crate::isa::{Opcode, Operand, Place, REGISTERS};

/// What two tests have in common that are the same: what is asked, with what, of which field.
type Question = (u8, u16, u32, u32);

/// Finds what several rules ask, if `common`, and patterns to ask together, if `merged`.
pub(super) fn find(hot: &mut Hot, tables: &Tables<'_>, common: bool, merged: bool) {
    let lists = core::mem::take(&mut hot.lists);
    for list in &lists {
        let mut places: BTreeMap<Question, Vec<u32>> = BTreeMap::new();
        for rule in list.first..list.first.saturating_add(list.count) {
            gather(hot, tables, rule, &mut places);
        }
        let mut slots = Slots::default();
        if common {
            places.iter().filter(|(_, places)| places.len() > 1).for_each(|(question, _)| slots.take(*question));
        }
        let groups = if merged { groups(tables, &places) } else { Vec::new() };
        for group in groups {
            merge(hot, &places, &group, &mut slots);
        }
        for (question, slot) in &slots.of {
            note(hot, places.get(question), *slot << 8);
        }
    }
    hot.lists = lists;
}

/// The questions of a list whose answers are remembered.
#[derive(Default)]
struct Slots {
    of: BTreeMap<Question, u16>,
}

impl Slots {
    /// Gives a question a slot, if there is one left.
    fn take(&mut self, question: Question) {
        let next = u16::try_from(self.of.len()).unwrap_or(u16::MAX).saturating_add(1);
        if next <= SLOTS {
            self.of.entry(question).or_insert(next);
        }
    }
}

/// Writes bits into operand place b of steps.
fn note(hot: &mut Hot, places: Option<&Vec<u32>>, bits: u16) {
    for place in places.into_iter().flatten() {
        if let Some(step) = hot.code.get_mut(*place as usize) {
            step.b |= bits;
        }
    }
}

/// The patterns that are asked of one field, where they are many. Those whose automaton is too large for an image are
/// left out: with them the merged one would be.
fn groups(tables: &Tables<'_>, places: &BTreeMap<Question, Vec<u32>>) -> Vec<Vec<Question>> {
    let mut of_field: BTreeMap<u32, Vec<Question>> = BTreeMap::new();
    for question @ (op, _, pattern, path) in places.keys() {
        let small = || tables.automaton(*pattern).is_some_and(|(_, automaton)| !automaton.is_empty());
        if *op == Opcode::Matches as u8 && small() {
            of_field.entry(*path).or_default().push(*question);
        }
    }
    of_field.into_values().filter(|patterns| patterns.len() >= MIN_PATTERNS).collect()
}

/// Has patterns asked together.
fn merge(hot: &mut Hot, places: &BTreeMap<Question, Vec<u32>>, group: &[Question], slots: &mut Slots) {
    // Operand place b has room for this many groups.
    let Some(number) = u8::try_from(hot.merged.len().saturating_add(1)).ok() else { return };
    let mut patterns = Vec::new();
    for question in group {
        slots.take(*question);
        let Some(bit) = slots.of.get(question).map(|slot| crate::eval::slot_bit(*slot)) else { continue };
        patterns.push((question.2, bit));
        note(hot, places.get(question), u16::from(number));
    }
    hot.merged.push(Group::new(patterns));
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
