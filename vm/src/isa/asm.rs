//! The assembler: images from text, for tests of the machine and its verifier that need no compiler.
//!
//! ```text
//! rule "name"              ; each rule is a global condition of the program, or one of a rule set
//!   load r0, ["amount"]    ; a path is a JSON array of keys and positions
//!   gt_int r0, 1000, false -> 3
//!   accept                 ; targets count from the rule's first instruction
//!   reject
//! ```
//!
//! Operands are written as the disassembler writes them; `N:` before an instruction is ignored, and so is all after
//! a `;` outside strings.

use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Ordering;
use core::fmt;

use super::{Branch, Instruction, Opcode, Operand, SELECTED};
use crate::image::{ActionSpec, CascadeSpec, Constant, ImageBuilder, RuleExtras, RuleKind, RuleSpec, build_dfa};
use crate::json::{self, ReadOptions};
use crate::number::{self, Number};
use crate::ops::{CompareOp, Relation};
use crate::{Segment, Value};

/// A line that is no assembly.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AsmError {
    /// The line, from 1.
    pub line: u32,
    /// What was expected.
    pub expected: &'static str,
}

impl fmt::Display for AsmError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: expected {}", self.line, self.expected)
    }
}

impl core::error::Error for AsmError {}

/// Assembles an image whose rules are global conditions, in order, or, if one of them ends in `otherwise`, those of the rule
/// set `assembly`: a global condition has no `else`. If one ends in `give` they are the cases of the verdict, and all have
/// to. The image is not verified.
///
/// # Errors
/// The first line that is no assembly.
pub fn assemble(text: &str) -> Result<Vec<u8>, AsmError> {
    let mut builder = ImageBuilder::new();
    let mut rules: Vec<RuleSpec> = Vec::new();
    for (line, source) in (1_u32..).zip(text.lines()) {
        let source = without_comment(source).trim();
        if source.is_empty() {
            continue;
        }
        let error = |expected| AsmError { line, expected };
        if let Some(name) = source.strip_prefix("rule ") {
            let name = value(name).and_then(|value| value.text()).ok_or(error("a rule name in quotes"))?;
            rules.push(new_rule(&name));
        } else {
            let instruction = instruction(&mut builder, source).map_err(error)?;
            let rule = rules.last_mut().ok_or(error("a rule first"))?;
            if instruction.op == Opcode::Otherwise {
                make_matching(rule);
                rule.extras.otherwise = Some(ActionSpec::Nothing);
            }
            if instruction.op == Opcode::Give {
                make_matching(rule);
                rule.kind = RuleKind::Outcome;
            }
            rule.code.push(instruction);
        }
    }
    let globals = if rules.iter().any(|rule| rule.kind == RuleKind::Outcome) {
        let list = builder.list(rules);
        builder.outcome(list);
        builder.list(Vec::new())
    } else if rules.iter().any(|rule| rule.kind == RuleKind::Match) {
        rules.iter_mut().for_each(make_matching);
        let list = builder.list(rules);
        builder.ruleset("assembly", list);
        builder.list(Vec::new())
    } else {
        builder.list(rules)
    };
    let cascade =
        CascadeSpec { name: "assembly".into(), version: "0".into(), host: "{}".into(), ..CascadeSpec::default() };
    Ok(builder.finish(&cascade, globals, "assembler"))
}

fn make_matching(rule: &mut RuleSpec) {
    rule.kind = RuleKind::Match;
    rule.action = ActionSpec::Nothing;
}

fn new_rule(name: &str) -> RuleSpec {
    RuleSpec {
        name: name.into(),
        kind: RuleKind::Global,
        stage: None,
        priority: 0,
        order: 0,
        action: ActionSpec::Terminate { outcome: None, reason: None },
        extras: RuleExtras::default(),
        code: Vec::new(),
        spans: Vec::new(),
        span: None,
    }
}

fn without_comment(line: &str) -> &str {
    let (mut quoted, mut escaped) = (false, false);
    for (at, byte) in line.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b';' if !quoted => return line.get(..at).unwrap_or(line),
            _ => {}
        }
    }
    line
}

/// Splits at commas outside strings and brackets.
fn split_operands(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut depth, mut quoted, mut escaped) = (0_usize, 0_u32, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'[' | b'{' if !quoted => depth = depth.saturating_add(1),
            b']' | b'}' if !quoted => depth = depth.saturating_sub(1),
            b',' if !quoted && depth == 0 => {
                parts.push(text.get(start..at).unwrap_or_default().trim());
                start = at.saturating_add(1);
            }
            _ => {}
        }
    }
    parts.push(text.get(start..).unwrap_or_default().trim());
    parts
}

fn instruction(builder: &mut ImageBuilder, source: &str) -> Result<Instruction, &'static str> {
    let source = match source.split_once(':') {
        Some((number, rest)) if number.bytes().all(|byte| byte.is_ascii_digit()) => rest.trim(),
        _ => source,
    };
    let (mnemonic, rest) = source.split_once(' ').unwrap_or((source, ""));
    let op = Opcode::ALL.iter().find(|op| op.mnemonic() == mnemonic).ok_or("an instruction")?;
    let texts = split_operands(rest);
    let texts = if rest.trim().is_empty() { &[] } else { texts.as_slice() };
    if texts.len() != op.operands().len() {
        return Err("other operands for this instruction");
    }
    let mut instruction = Instruction::new(*op);
    for ((place, operand), text) in op.operands().iter().zip(texts) {
        let content = operand_content(builder, *operand, text)?;
        if !instruction.set_place(*place, content) {
            return Err("a smaller operand");
        }
    }
    Ok(instruction)
}

fn operand_content(builder: &mut ImageBuilder, operand: Operand, text: &str) -> Result<u32, &'static str> {
    match operand {
        Operand::Use | Operand::Define => {
            text.strip_prefix('r').and_then(|number| number.parse().ok()).ok_or("a register")
        }
        Operand::Path => path(text).map(|path| builder.path(&path).as_u32()).ok_or("a path"),
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
            let constant = value(text).and_then(constant).ok_or("a constant")?;
            Ok(builder.constant(&constant).as_u32())
        }
        Operand::Set => set(builder, text).ok_or("a set"),
        Operand::Regex => {
            let pattern = value(text).and_then(|value| value.text()).ok_or("a pattern in quotes")?;
            Ok(builder.pattern(&pattern, build_dfa(&pattern).as_ref()).as_u32())
        }
        Operand::Compare => {
            let (text, selected) = text.strip_prefix("each ").map_or((text, 0), |text| (text, u32::from(SELECTED)));
            let op = CompareOp::ALL.iter().find(|op| op.symbol() == text).ok_or("a comparison")?;
            Ok(*op as u32 | selected)
        }
        Operand::Relation => {
            let relation = Relation::ALL.iter().find(|relation| relation.symbol() == text).ok_or("a relation")?;
            Ok(*relation as u32)
        }
        Operand::Minutes => text.parse().map(i32::cast_unsigned).map_err(|_| "minutes east of UTC"),
        Operand::Body => text.strip_prefix("to ").and_then(|end| end.trim().parse().ok()).ok_or("the end of a body"),
        Operand::Share => text.parse().ok().filter(|share| *share <= 10_000).ok_or("a share up to 10000"),
        Operand::Target => text.strip_prefix("->").and_then(|target| target.trim().parse().ok()).ok_or("a target"),
        Operand::Branch => {
            let (when, target) = text.split_once("->").ok_or("a branch")?;
            let when = when.trim().parse().map_err(|_| "true or false")?;
            let target = target.trim().parse().map_err(|_| "a target")?;
            Ok(Branch { target, when }.encode())
        }
    }
}

fn value(text: &str) -> Option<Value<'_>> {
    let text = json::validate(text.trim().as_bytes(), &ReadOptions::default()).ok()?;
    Some(json::parse(text))
}

fn constant(value: Value<'_>) -> Option<Constant> {
    let text = |value: Value<'_>| {
        let mut out = String::new();
        json::write_value(&value, &mut out);
        out
    };
    Some(match value {
        Value::Missing => return None,
        Value::Null => Constant::Null,
        Value::Bool(b) => Constant::Bool(b),
        Value::Int(i) => Constant::Int(i),
        Value::BigInt(digits) => Constant::BigInt(digits.into()),
        Value::Float(f) => Constant::Float(f),
        Value::Text(_) | Value::EscapedText(_) => Constant::Text(value.text()?.into_owned()),
        Value::Array(_) => Constant::Array(text(value)),
        Value::Object(_) => Constant::Object(text(value)),
    })
}

fn path(text: &str) -> Option<Vec<Segment>> {
    let Value::Array(array) = value(text)? else { return None };
    array
        .iter()
        .map(|segment| match segment {
            Value::Int(index) => u32::try_from(index).ok().map(Segment::Index),
            key => key.text().map(|key| Segment::Key(key.into_owned())),
        })
        .collect()
}

fn set(builder: &mut ImageBuilder, text: &str) -> Option<u32> {
    let Value::Array(array) = value(text)? else { return None };
    let mut texts = Vec::new();
    let mut numbers = Vec::new();
    for member in array.iter() {
        match (member.text(), Number::of(member)) {
            (Some(text), _) => texts.push(text.into_owned()),
            (None, Some(number)) => numbers.push((number, builder.constant(&constant(member)?))),
            (None, None) => return None,
        }
    }
    numbers.sort_by(|(l, _), (r, _)| number::compare(*l, *r).unwrap_or(Ordering::Equal));
    let numbers: Vec<_> = numbers.into_iter().map(|(_, id)| id).collect();
    Some(builder.set(&texts, &numbers))
}
