//! Proves the tables of rules: lists without gaps, actions that fit the kind of rule, what only some rules have, and
//! the rule sets. Code is proven by `code`.

use alloc::collections::BTreeSet;

use super::code::{Checker, verify_rule};
use super::error::{ImageError, ImageErrorKind as Kind};
use super::layout::{
    ExtraRecord, ListRecord, NONE, RuleKind, RuleRecord, RulesetRecord, Section, action_kinds, rule_flags,
};
use super::tables::Tables;
use super::verify::{Check, rows, stage_words_are_valid};
use crate::Value;
use crate::isa::{INSTRUCTION_BYTES, Opcode};

/// What comes next in the tables that rules use up in order.
#[derive(Default)]
struct Next {
    rule: u32,
    pc: u32,
    extra: u32,
    checker: Checker,
}

pub(super) fn lists_and_rules(tables: &Tables<'_>) -> Check {
    let mut next = Next::default();
    for list in 0..rows(tables.lists(), ListRecord::BYTES) {
        let bad = |kind| ImageError::at(kind, Section::Lists, list);
        let record = tables.list(list).ok_or(bad(Kind::Record))?;
        let end = record.first.checked_add(record.count).ok_or(bad(Kind::Index))?;
        if record.first != next.rule {
            return Err(bad(Kind::Overlap));
        }
        let mut cost = 0_u64;
        let mut kind = None;
        for rule in record.first..end {
            let (rule_cost, rule_kind) = verify_one_rule(tables, rule, &mut next)?;
            // Rules of different kinds mean different things; a list has one kind.
            if kind.replace(rule_kind).is_some_and(|kind| kind != rule_kind) {
                return Err(bad(Kind::Record));
            }
            cost = cost.saturating_add(rule_cost);
        }
        if cost != record.cost {
            return Err(bad(Kind::Record));
        }
        next.rule = end;
    }
    if next.rule != rows(tables.rules(), RuleRecord::BYTES) {
        return Err(ImageError::at(Kind::Index, Section::Rules, next.rule));
    }
    if next.pc != rows(tables.code(), INSTRUCTION_BYTES) {
        return Err(ImageError::at(Kind::Overlap, Section::Code, next.pc));
    }
    if next.extra != rows(tables.extras(), ExtraRecord::BYTES) {
        return Err(ImageError::at(Kind::Index, Section::RuleExtras, next.extra));
    }
    Ok(())
}

/// Checks a rule that has to start where the one before ended; answers its cost and its kind.
fn verify_one_rule(tables: &Tables<'_>, index: u32, next: &mut Next) -> Result<(u64, u32), ImageError> {
    let bad = |kind| ImageError::at(kind, Section::Rules, index);
    let rule = tables.rule(index).ok_or(bad(Kind::Index))?;
    let kind = RuleKind::from_code(rule.kind).ok_or(bad(Kind::Record))?;
    if tables.string(rule.name).is_none() || !action_is_valid(tables, rule.action, rule.x, rule.y) {
        return Err(bad(Kind::Index));
    }
    let of_stage = !matches!(kind, RuleKind::Global | RuleKind::Match | RuleKind::Outcome);
    let stage_fits = if of_stage { tables.stage(rule.stage).is_some() } else { rule.stage == NONE };
    if !stage_fits || !action_fits(kind, rule.action) {
        return Err(bad(Kind::Record));
    }
    if rule.entry != next.pc {
        return Err(bad(Kind::Overlap));
    }
    let cost = verify_rule(&mut next.checker, tables, rule.entry, rule.end)?;
    let has_else = verify_extra(tables, &rule, kind, next)?;
    let says = |op| next.checker.has(op);
    // A case of the verdict gives a constant, which its action names, or what its code has computed.
    let gives = kind == RuleKind::Outcome && rule.action == action_kinds::NOTHING;
    if cost != rule.cost || has_else != says(Opcode::Otherwise) || gives != says(Opcode::Give) {
        return Err(bad(Kind::Record));
    }
    next.pc = rule.end;
    Ok((cost, rule.kind))
}

/// Checks the row of what only some rules have; answers whether the rule has an `else`.
fn verify_extra(tables: &Tables<'_>, rule: &RuleRecord, kind: RuleKind, next: &mut Next) -> Result<bool, ImageError> {
    if rule.extra == NONE {
        return Ok(false);
    }
    let bad = |kind| ImageError::at(kind, Section::RuleExtras, next.extra);
    let extra = tables.extra(rule.extra).ok_or(bad(Kind::Index))?;
    if rule.extra != next.extra {
        return Err(bad(Kind::Overlap));
    }
    let has_else = extra.else_action != NONE;
    let else_is_valid = if has_else {
        action_is_valid(tables, extra.else_action, extra.else_x, extra.else_y) && action_fits(kind, extra.else_action)
    } else {
        extra.else_x == 0 && extra.else_y == 0
    };
    let tags_end = extra.tags.checked_add(extra.tag_count).ok_or(bad(Kind::Index))?;
    let tags = (extra.tags..tags_end).all(|at| tables.pool_word(at).is_some_and(|tag| tables.string(tag).is_some()));
    let score = extra.score == NONE
        || matches!(tables.constant(extra.score), Some(Value::Int(_) | Value::BigInt(_) | Value::Float(_)));
    // A row that says nothing is left out: same meaning, same bytes.
    let says_something = extra.flags != 0 || has_else || extra.tag_count > 0 || extra.score != NONE;
    let tags_in_place = extra.tag_count > 0 || extra.tags == 0;
    if !else_is_valid || !tags || !score || !says_something || !tags_in_place {
        return Err(bad(Kind::Record));
    }
    if extra.flags & !(rule_flags::SHADOW | rule_flags::STOP) != 0 || kind == RuleKind::Global {
        return Err(bad(Kind::Record));
    }
    next.extra = next.extra.saturating_add(1);
    Ok(has_else)
}

/// Whether rules of a kind may act so.
fn action_fits(kind: RuleKind, action: u32) -> bool {
    let matching = matches!(action, action_kinds::NOTHING | action_kinds::EMIT);
    match kind {
        RuleKind::Global => action == action_kinds::TERMINATE,
        RuleKind::Match | RuleKind::Outcome => matching,
        RuleKind::Precondition | RuleKind::Routing | RuleKind::Postcondition => !matching,
    }
}

fn action_is_valid(tables: &Tables<'_>, action: u32, x: u32, y: u32) -> bool {
    match action {
        action_kinds::TERMINATE => {
            (x == NONE || tables.const_record(x).is_some()) && (y == NONE || tables.string(y).is_some())
        }
        action_kinds::SKIP_TO => tables.stage(x).is_some(),
        action_kinds::ENABLE | action_kinds::DISABLE => stage_words_are_valid(tables, x, y),
        action_kinds::SET_FIELD => x < tables.path_count() && tables.const_record(y).is_some(),
        action_kinds::NOTHING => x == 0 && y == 0,
        action_kinds::EMIT => tables.const_record(x).is_some() && y == 0,
        _ => false,
    }
}

/// Checks the rule sets: names that differ, and lists of their own kind.
pub(super) fn rulesets(tables: &Tables<'_>) -> Check {
    let mut names = BTreeSet::new();
    for index in 0..rows(tables.rulesets(), RulesetRecord::BYTES) {
        let bad = |kind| ImageError::at(kind, Section::Rulesets, index);
        let record = tables.ruleset(index).ok_or(bad(Kind::Index))?;
        let name = tables.string(record.name).ok_or(bad(Kind::Index))?;
        if !names.insert(name) || !list_belongs(tables, record.list, RuleKind::Match, NONE) {
            return Err(bad(Kind::Record));
        }
    }
    Ok(())
}

/// The rules of a list are of its kind and of its stage.
pub(super) fn list_belongs(tables: &Tables<'_>, list: u32, kind: RuleKind, stage: u32) -> bool {
    let Some(list) = tables.list(list) else { return false };
    (list.first..list.first.saturating_add(list.count))
        .all(|rule| tables.rule(rule).is_some_and(|rule| rule.kind == kind as u32 && rule.stage == stage))
}
