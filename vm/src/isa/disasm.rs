//! Programs as text that people read and the assembler reads back.

use alloc::string::String;
use core::fmt::Write as _;

use super::{Branch, Instruction, Opcode, Operand};
use crate::image::{Program, Tables, describe_shortcut};
use crate::ops::CompareOp;
use crate::{RuleId, Segment, Value, json};

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
    for index in 0..program.rule_count() {
        let Some(rule) = u32::try_from(index).ok().and_then(|index| program.rule(RuleId::new(index))) else { break };
        let stage = rule.stage().and_then(|stage| program.stage(stage));
        let _ = write!(out, "\nrule {} ; {} {}", json_text(rule.name()), rule.id(), rule.kind().name());
        if let Some(stage) = stage {
            let _ = write!(out, " of {}", stage.name());
        }
        let _ = writeln!(out, ", priority {}, {}, cost {}", rule.priority(), rule.action().name(), rule.cost());
        write_code(program, rule.code(), true, &mut out);
    }
    out
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

/// The condition that a test decides, as people write it: `amount > 1000`. The field comes from the load that
/// feeds the test. `None` where `pc` is no test.
#[must_use]
pub fn describe_condition(program: &Program<'_>, pc: u32) -> Option<String> {
    let tables = program.tables();
    let test = tables.instruction(pc)?;
    if !test.op.is_test() {
        return None;
    }
    let load = (0..pc).rev().filter_map(|pc| tables.instruction(pc)).find(|i| i.op == Opcode::Load && i.a == test.a)?;
    let mut out = path_text(&program.path(crate::PathId::new(load.c)));
    let _ = write!(out, " {}", condition_operator(test.op));
    for (place, operand) in test.op.operands() {
        match operand {
            Operand::Use | Operand::Define | Operand::Target | Operand::Branch => {}
            _ => {
                out.push(' ');
                write_operand(&tables, *operand, test.place(*place), &mut out);
            }
        }
    }
    Some(out)
}

/// The operator of the language that a test instruction stands for.
fn condition_operator(op: Opcode) -> &'static str {
    match op {
        Opcode::Eq | Opcode::EqText | Opcode::EqInt | Opcode::EqBool => "==",
        Opcode::Ne | Opcode::NeText | Opcode::NeInt | Opcode::NeBool => "!=",
        Opcode::Lt | Opcode::LtInt | Opcode::LtFloat => "<",
        Opcode::Le | Opcode::LeInt | Opcode::LeFloat => "<=",
        Opcode::Gt | Opcode::GtInt | Opcode::GtFloat => ">",
        Opcode::Ge | Opcode::GeInt | Opcode::GeFloat => ">=",
        Opcode::InSet | Opcode::InArray | Opcode::InText | Opcode::InObject => "IN",
        Opcode::NotInSet | Opcode::NotInArray | Opcode::NotInText | Opcode::NotInObject => "NOT_IN",
        Opcode::Contains => "CONTAINS",
        Opcode::Matches => "MATCHES",
        Opcode::MatchesPrefix => "begins with",
        Opcode::MatchesSuffix => "is a line that ends with",
        Opcode::Sample => "is sampled, in hundredths of a percent and for the rule",
        Opcode::Exists => "EXISTS",
        Opcode::IsNull => "IS_NULL",
        Opcode::All => "ALL",
        Opcode::Any => "ANY",
        Opcode::None => "NONE",
        Opcode::Sum => "SUM",
        Opcode::Avg => "AVG",
        Opcode::Min => "MIN",
        Opcode::Max => "MAX",
        Opcode::Count => "COUNT",
        Opcode::Accept | Opcode::Reject | Opcode::Otherwise | Opcode::Jump | Opcode::Load => "",
    }
}

/// A path as cascades write it: `user.tags[0]`, keys with dots or brackets quoted.
#[must_use]
pub(crate) fn path_text(path: &[Segment]) -> String {
    let mut out = String::new();
    for (at, segment) in path.iter().enumerate() {
        match segment {
            Segment::Key(key) if key.contains(['.', '[', ']', '"']) => {
                let _ = write!(out, "[{}]", json_text(key));
            }
            Segment::Key(key) => {
                if at > 0 {
                    out.push('.');
                }
                out.push_str(key);
            }
            Segment::Index(index) => {
                let _ = write!(out, "[{index}]");
            }
        }
    }
    out
}

fn json_text(text: &str) -> String {
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

fn write_operand(tables: &Tables<'_>, operand: Operand, content: u32, out: &mut String) {
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
        | Operand::Object => {
            json::write_value(&tables.constant(content).unwrap_or_default(), out);
        }
        Operand::Set => write_set(tables, content, out),
        Operand::Regex => {
            let text = tables.pattern(content).and_then(|pattern| tables.string(pattern.text)).unwrap_or_default();
            let _ = write!(out, "{}", json_text(text));
        }
        Operand::Compare => {
            let op = u16::try_from(content).ok().and_then(CompareOp::from_code);
            out.push_str(op.map_or("?", CompareOp::symbol));
        }
        Operand::Share => {
            let _ = write!(out, "{content}");
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
