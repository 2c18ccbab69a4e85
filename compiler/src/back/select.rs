//! Chooses the instruction of a test and stores its operands.

use cascata_vm::image::{Constant as ImageConstant, ImageBuilder, build_dfa};
use cascata_vm::isa::{Instruction, Opcode};
use cascata_vm::ops::{CompareOp, Quantifier, Stat};

use super::constant::{KeyOrder, image_constant};
use super::ir::TestKind;
use crate::model::Constant;

/// The instruction of a test; its register and branch are still open.
pub(super) fn select(kind: &TestKind, image: &mut ImageBuilder) -> Instruction {
    let mut instruction = Instruction::new(Opcode::Exists);
    match kind {
        TestKind::Compare(op, constant) => {
            let constant = image_constant(constant, KeyOrder::Sorted);
            instruction.op = compare(*op, &constant);
            instruction.c = image.constant(&constant).as_u32();
        }
        TestKind::InSet { member, texts, numbers } => {
            instruction.op = if *member { Opcode::InSet } else { Opcode::NotInSet };
            let numbers: Vec<_> =
                numbers.iter().map(|number| image.constant(&image_constant(number, KeyOrder::Sorted))).collect();
            instruction.c = image.set(texts, &numbers);
        }
        TestKind::InConstant { member, container } => {
            instruction.op = in_constant(*member, container);
            instruction.c = image.constant(&image_constant(container, KeyOrder::Sorted)).as_u32();
        }
        TestKind::Contains(constant) => {
            instruction.op = Opcode::Contains;
            instruction.c = image.constant(&image_constant(constant, KeyOrder::Sorted)).as_u32();
        }
        TestKind::Matches { pattern, .. } => {
            instruction.op = Opcode::Matches;
            let known = image.known_pattern(pattern);
            instruction.c = known.unwrap_or_else(|| image.pattern(pattern, build_dfa(pattern).as_ref())).as_u32();
        }
        TestKind::MatchesPrefix(literal) => {
            instruction.op = Opcode::MatchesPrefix;
            instruction.c = image.constant(&ImageConstant::Text(literal.clone())).as_u32();
        }
        TestKind::MatchesSuffix(literal) => {
            instruction.op = Opcode::MatchesSuffix;
            instruction.c = image.constant(&ImageConstant::Text(literal.clone())).as_u32();
        }
        TestKind::StartsWith(text) => {
            instruction.op = Opcode::StartsWith;
            instruction.c = image.constant(&ImageConstant::Text(text.clone())).as_u32();
        }
        TestKind::EndsWith(text) => {
            instruction.op = Opcode::EndsWith;
            instruction.c = image.constant(&ImageConstant::Text(text.clone())).as_u32();
        }
        TestKind::EqualFolded(text) => {
            instruction.op = Opcode::EqFolded;
            instruction.c = image.constant(&ImageConstant::Text(text.clone())).as_u32();
        }
        TestKind::InNetwork(networks) => {
            instruction.op = Opcode::InNetwork;
            let networks = Constant::List(networks.iter().cloned().map(Constant::Text).collect());
            instruction.c = image.constant(&image_constant(&networks, KeyOrder::Sorted)).as_u32();
        }
        TestKind::Relate(relation, _) => {
            instruction.op = Opcode::Relate;
            instruction.c = *relation as u32;
        }
        TestKind::Sample { rule, share } => {
            instruction.op = Opcode::Sample;
            instruction.b = *share;
            instruction.c = image.constant(&ImageConstant::Text(rule.clone())).as_u32();
        }
        TestKind::Exists => {}
        TestKind::IsNull => instruction.op = Opcode::IsNull,
        TestKind::Quantified(quantifier, op, constant) => {
            instruction.op = match quantifier {
                Quantifier::All => Opcode::All,
                Quantifier::Any => Opcode::Any,
                Quantifier::None => Opcode::None,
            };
            instruction.b = *op as u16;
            instruction.c = image.constant(&image_constant(constant, KeyOrder::Sorted)).as_u32();
        }
        TestKind::Statistic(stat, op, constant) => {
            instruction.op = match stat {
                Stat::Sum => Opcode::Sum,
                Stat::Avg => Opcode::Avg,
                Stat::Min => Opcode::Min,
                Stat::Max => Opcode::Max,
                Stat::Count => Opcode::Count,
            };
            instruction.b = *op as u16;
            instruction.c = image.constant(&image_constant(constant, KeyOrder::Sorted)).as_u32();
        }
    }
    instruction
}

/// Scalars have instructions of their own, which carry the constant.
fn compare(op: CompareOp, constant: &ImageConstant) -> Opcode {
    match (op, constant) {
        (CompareOp::Eq, ImageConstant::Text(_)) => Opcode::EqText,
        (CompareOp::Ne, ImageConstant::Text(_)) => Opcode::NeText,
        (CompareOp::Eq, ImageConstant::Int(_)) => Opcode::EqInt,
        (CompareOp::Ne, ImageConstant::Int(_)) => Opcode::NeInt,
        (CompareOp::Eq, ImageConstant::Bool(_)) => Opcode::EqBool,
        (CompareOp::Ne, ImageConstant::Bool(_)) => Opcode::NeBool,
        (CompareOp::Lt, ImageConstant::Float(_)) => Opcode::LtFloat,
        (CompareOp::Le, ImageConstant::Float(_)) => Opcode::LeFloat,
        (CompareOp::Gt, ImageConstant::Float(_)) => Opcode::GtFloat,
        (CompareOp::Ge, ImageConstant::Float(_)) => Opcode::GeFloat,
        (CompareOp::Lt, ImageConstant::Int(_)) => Opcode::LtInt,
        (CompareOp::Le, ImageConstant::Int(_)) => Opcode::LeInt,
        (CompareOp::Gt, ImageConstant::Int(_)) => Opcode::GtInt,
        (CompareOp::Ge, ImageConstant::Int(_)) => Opcode::GeInt,
        (CompareOp::Eq, _) => Opcode::Eq,
        (CompareOp::Ne, _) => Opcode::Ne,
        (CompareOp::Lt, _) => Opcode::Lt,
        (CompareOp::Le, _) => Opcode::Le,
        (CompareOp::Gt, _) => Opcode::Gt,
        (CompareOp::Ge, _) => Opcode::Ge,
    }
}

fn in_constant(member: bool, container: &Constant) -> Opcode {
    match (container, member) {
        (Constant::Text(_), true) => Opcode::InText,
        (Constant::Text(_), false) => Opcode::NotInText,
        (Constant::Map(_), true) => Opcode::InObject,
        (Constant::Map(_), false) => Opcode::NotInObject,
        (_, true) => Opcode::InArray,
        (_, false) => Opcode::NotInArray,
    }
}
