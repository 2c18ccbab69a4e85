//! Rules that need no registers.
//!
//! Most rules read fields and test them. If each register of a rule only ever holds one field, whatever looks at the register
//! can look at the field: reads are repeatable. Such a rule runs without registers where nobody traces, and a test
//! asks for its field as the kind that it mostly is.

use super::hot::{NO_PATH, Step};
use crate::isa::{Instruction, Opcode, REGISTERS};

/// How a step runs where nobody traces.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Quick {
    /// With registers. Either all steps of a rule do or none.
    No,
    Accept,
    Reject,
    Otherwise,
    Jump,
    /// A read alone: nothing is to be done.
    Pass,
    /// A test that has no quick way: it decides on the field's value.
    Test,
    Exists,
    IsNull,
    EqInt,
    NeInt,
    LtInt,
    LeInt,
    GtInt,
    GeInt,
    LtFloat,
    LeFloat,
    GtFloat,
    GeFloat,
    EqBool,
    NeBool,
    EqText,
    NeText,
    InSet,
    NotInSet,
    Matches,
    Contains,
    /// These two where short tests may be asked first: see `shortcuts/late.rs`.
    LateMatches,
    LateContains,
}

/// How an instruction runs in a rule that needs no registers; `No` for those that need some. Asked of every instruction when an
/// image is loaded.
#[inline]
pub(crate) const fn of(op: Opcode) -> Quick {
    match op {
        Opcode::Accept => Quick::Accept,
        Opcode::Reject => Quick::Reject,
        Opcode::Otherwise => Quick::Otherwise,
        Opcode::Jump => Quick::Jump,
        Opcode::Load => Quick::Pass,
        Opcode::Exists => Quick::Exists,
        Opcode::IsNull => Quick::IsNull,
        Opcode::EqInt => Quick::EqInt,
        Opcode::NeInt => Quick::NeInt,
        Opcode::LtInt => Quick::LtInt,
        Opcode::LeInt => Quick::LeInt,
        Opcode::GtInt => Quick::GtInt,
        Opcode::GeInt => Quick::GeInt,
        Opcode::LtFloat => Quick::LtFloat,
        Opcode::LeFloat => Quick::LeFloat,
        Opcode::GtFloat => Quick::GtFloat,
        Opcode::GeFloat => Quick::GeFloat,
        Opcode::EqBool => Quick::EqBool,
        Opcode::NeBool => Quick::NeBool,
        Opcode::EqText => Quick::EqText,
        Opcode::NeText => Quick::NeText,
        Opcode::InSet => Quick::InSet,
        Opcode::NotInSet => Quick::NotInSet,
        Opcode::Matches => Quick::Matches,
        Opcode::Contains => Quick::Contains,
        Opcode::Eq
        | Opcode::Ne
        | Opcode::Lt
        | Opcode::Le
        | Opcode::Gt
        | Opcode::Ge
        | Opcode::InArray
        | Opcode::NotInArray
        | Opcode::InText
        | Opcode::NotInText
        | Opcode::InObject
        | Opcode::NotInObject
        | Opcode::MatchesPrefix
        | Opcode::MatchesSuffix
        | Opcode::StartsWith
        | Opcode::EndsWith
        | Opcode::EqFolded
        | Opcode::InNetwork
        | Opcode::All
        | Opcode::Any
        | Opcode::None
        | Opcode::Sum
        | Opcode::Avg
        | Opcode::Min
        | Opcode::Max
        | Opcode::Count
        | Opcode::Sample => Quick::Test,
        // What computes, gives or loops, and what looks at two registers.
        _ => Quick::No,
    }
}

/// For each register of a rule the field it holds; `None` if the rule needs registers.
pub(super) fn fields(code: &[Instruction]) -> Option<[u32; REGISTERS as usize]> {
    let mut fields = [NO_PATH; REGISTERS as usize];
    for instruction in code {
        match of(instruction.op) {
            Quick::No => return None,
            Quick::Pass => {
                let field = fields.get_mut(usize::from(instruction.a))?;
                if *field != NO_PATH && *field != instruction.c {
                    return None;
                }
                *field = instruction.c;
            }
            _ => {}
        }
    }
    Some(fields)
}

/// Notes the field of a step of a rule without registers.
#[inline]
pub(super) fn mark(step: &mut Step, fields: Option<&[u32; REGISTERS as usize]>) {
    let Some(field) = fields.and_then(|fields| fields.get(usize::from(step.a))) else { return };
    step.field = *field;
    step.quick = of(step.op);
}

/// The quick way of a step that is exchanged for another test on the same field.
pub(super) fn exchanged(was: Quick, op: Opcode) -> Quick {
    if was == Quick::No { was } else { of(op) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{LoadOptions, Program};
    use crate::isa::assemble;

    fn ways(code: &str) -> alloc::vec::Vec<Quick> {
        let image = assemble(&alloc::format!("rule \"r\"\n{code}")).unwrap();
        let program = Program::verify(image, &LoadOptions::default()).unwrap();
        program.hot().code.iter().map(|step| step.quick).collect()
    }

    #[test]
    fn a_rule_whose_registers_hold_a_field_each_needs_none() {
        let two_tests = " load r0, [\"a\"]\n gt_int r0, 1, false -> 4\n lt_int r0, 9, false -> 4\n accept\n reject\n";
        assert_eq!(ways(two_tests), [Quick::GtInt, Quick::GtInt, Quick::LtInt, Quick::Accept, Quick::Reject]);
        let alone = " load r0, [\"a\"]\n load r1, [\"b\"]\n eq_int r0, 1, false -> 4\n accept\n reject\n";
        assert_eq!(ways(alone), [Quick::Pass, Quick::Pass, Quick::EqInt, Quick::Accept, Quick::Reject]);
    }

    #[test]
    fn whatever_else_stands_in_a_register_needs_it() {
        let twice = " load r0, [\"a\"]\n gt_int r0, 1, false -> 5\n load r0, [\"b\"]\n lt_int r0, 9, false -> 5\n accept\n reject\n";
        let computed = " load r0, [\"a\"]\n length r1, r0\n gt_int r1, 1, false -> 4\n accept\n reject\n";
        for code in [twice, computed] {
            assert!(ways(code).iter().all(|way| *way == Quick::No), "{code}");
        }
    }
}
