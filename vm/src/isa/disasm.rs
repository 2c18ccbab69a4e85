//! Programs as text that people read and the assembler reads back.

use alloc::collections::BTreeMap;
use alloc::string::String;
use core::fmt::Write as _;

use super::{Branch, Instruction, Operand, SELECTED};
use crate::image::{Program, Tables, describe_shortcut};
use crate::ops::{CompareOp, Relation};
use crate::{ListId, RuleId, Segment, Value, json};

/// The whole program: what it is, its stages and every rule with its code. Comments tell source lines, and what runs in the
/// place of an instruction when nobody traces.
#[must_use]
pub fn disassemble(program: &Program<'_>) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail; every result below is dropped for that reason.
    let _ = write!(out, "; {} {}, program ", program.name(), program.version());
    for byte in program.hash() {
        let _ = write!(out, "{byte:02x}");
    }
    out.push('\n');
    for (section, size) in program.sections() {
        let _ = writeln!(out, "; {:<10} {size:>8} bytes", section.name());
    }
    let found = found_by(program);
    for index in 0..program.rule_count() {
        let Some(rule) = u32::try_from(index).ok().and_then(|index| program.rule(RuleId::new(index))) else { break };
        let stage = rule.stage().and_then(|stage| program.stage(stage));
        let _ = write!(out, "\nrule {} ; {} {}", json_text(rule.name()), rule.id(), rule.kind().name());
        if let Some(stage) = stage {
            let _ = write!(out, " of {}", stage.name());
        }
        let _ = writeln!(out, ", priority {}, {}, cost {}", rule.priority(), rule.action().name(), rule.cost());
        if let Some(found) = found.get(&rule.id()) {
            let _ = writeln!(out, "  ; found by: {found}");
        }
        write_code(program, rule.code(), true, &mut out);
    }
    out
}

/// How each rule of a list with an index is found.
fn found_by(program: &Program<'_>) -> BTreeMap<RuleId, String> {
    let lists = (0_u32..).take(program.list_count()).map(ListId::new);
    let rules = lists.flat_map(|list| program.list_rules(list).map(|rule| rule.id()).zip(program.index_words(list)));
    rules.collect()
}

/// The instructions of one rule, a line each. The same for the same meaning: numbers of tables and source lines are left out.
#[must_use]
pub fn disassemble_rule(program: &Program<'_>, rule: RuleId) -> String {
    let mut out = String::new();
    if let Some(rule) = program.rule(rule) {
        write_code(program, rule.code(), false, &mut out);
    }
    out
}

fn write_code(program: &Program<'_>, code: core::ops::Range<u32>, comments: bool, out: &mut String) {
    for pc in code.clone() {
        let Some(instruction) = program.tables().instruction(pc) else { break };
        // Writing to a String cannot fail; every result below is dropped for that reason.
        let _ = write!(out, "  {:>3}: ", pc.saturating_sub(code.start));
        write_instruction(&program.tables(), &instruction, out);
        if let Some(span) = program.condition_span(pc).filter(|_| comments) {
            let _ = write!(out, " ; line {}", span.line);
        }
        if let Some(shortcut) = describe_shortcut(program, pc, code.start).filter(|_| comments) {
            let _ = write!(out, " ; {shortcut}");
        }
        out.push('\n');
    }
}

pub(super) fn json_text(text: &str) -> String {
    let mut out = String::new();
    json::write_value(&Value::Text(text), &mut out);
    out
}

fn write_instruction(tables: &Tables<'_>, instruction: &Instruction, out: &mut String) {
    out.push_str(instruction.op.mnemonic());
    for (at, (place, operand)) in instruction.op.operands().iter().enumerate() {
        out.push_str(if at == 0 { " " } else { ", " });
        write_operand(tables, *operand, instruction.place(*place), out);
    }
}

pub(super) fn write_operand(tables: &Tables<'_>, operand: Operand, content: u32, out: &mut String) {
    match operand {
        Operand::Use | Operand::Define => {
            let _ = write!(out, "r{content}");
        }
        Operand::Path => write_path(tables, content, out),
        Operand::Const
        | Operand::Text
        | Operand::Int
        | Operand::Float
        | Operand::Bool
        | Operand::Array
        | Operand::Object
        | Operand::Tail
        | Operand::Tails
        | Operand::Networks => {
            json::write_value(&tables.constant(content).unwrap_or_default(), out);
        }
        Operand::Set => write_set(tables, content, out),
        Operand::Regex => {
            let text = tables.pattern(content).and_then(|pattern| tables.string(pattern.text)).unwrap_or_default();
            let _ = write!(out, "{}", json_text(text));
        }
        Operand::Compare => {
            let code = u16::try_from(content).unwrap_or(u16::MAX);
            out.push_str(if code & SELECTED != 0 { "each " } else { "" });
            out.push_str(CompareOp::from_code(code & !SELECTED).map_or("?", CompareOp::symbol));
        }
        Operand::Relation => out.push_str(Relation::from_code(content).map_or("?", Relation::symbol)),
        Operand::Share => {
            let _ = write!(out, "{content}");
        }
        Operand::Minutes => {
            let _ = write!(out, "{}", content.cast_signed());
        }
        Operand::Body => {
            let _ = write!(out, "to {content}");
        }
        Operand::Target => {
            let _ = write!(out, "-> {content}");
        }
        Operand::Branch => {
            let branch = Branch::decode(content);
            let _ = write!(out, "{} -> {}", branch.when, branch.target);
        }
    }
}

/// A path as a JSON array of its segments, which is exact for every key.
fn write_path(tables: &Tables<'_>, path: u32, out: &mut String) {
    out.push('[');
    if let Some((segments, range)) = tables.path_range(path) {
        for (at, position) in range.enumerate() {
            if at > 0 {
                out.push(',');
            }
            match tables.segment(segments, position) {
                Some(Segment::Key(key)) => json::write_value(&Value::Text(&key), out),
                Some(Segment::Index(index)) => json::write_value(&Value::Int(i64::from(index)), out),
                None => {}
            }
        }
    }
    out.push(']');
}

/// A set as a JSON array of its members: texts, then numbers.
fn write_set(tables: &Tables<'_>, set: u32, out: &mut String) {
    out.push('[');
    if let Some(set) = tables.set(set) {
        let mut first = true;
        let mut member = |value: Value<'_>| {
            if !core::mem::take(&mut first) {
                out.push(',');
            }
            json::write_value(&value, out);
        };
        for at in set.texts..set.texts.saturating_add(set.text_count) {
            let text = tables.set_word(at).and_then(|word| tables.string(word)).unwrap_or_default();
            member(Value::Text(text));
        }
        for at in set.numbers..set.numbers.saturating_add(set.number_count) {
            member(tables.set_word(at).and_then(|word| tables.constant(word)).unwrap_or_default());
        }
    }
    out.push(']');
}
