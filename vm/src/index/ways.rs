//! The ways through a rule to its accepting end: which tests have to come out how for the rule to hold.
//!
//! ```text
//!   a == 1 and (b == 2 or c == 3)      ─▶   [a == 1: true, b == 2: true]
//!                                           [a == 1: true, b == 2: false, c == 3: true]
//! ```

use alloc::vec::Vec;

use crate::isa::{Branch, Instruction, Opcode, REGISTERS};

/// Most ways that are told apart. A rule with more is looked at for every event.
const MAX_WAYS: usize = 64;
/// Most steps on all ways together.
const MAX_STEPS: usize = 4096;

/// A test on a way, and how it came out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Literal {
    pub(super) test: Instruction,
    /// The field it looks at; `None` for a value that was computed.
    pub(super) path: Option<u32>,
    pub(super) outcome: bool,
}

/// What may be done with a rule.
pub(super) enum Ways {
    /// It holds only if all literals of one of these ways are so.
    Known(Vec<Vec<Literal>>),
    /// It has an `else`, too many ways, or instructions that are not understood here.
    Opaque,
}

/// A place where two outcomes part and the second is still to be followed.
struct Fork {
    at: usize,
    literals: usize,
    registers: Registers,
}

type Registers = [Option<u32>; REGISTERS as usize];

/// Follows every way through a rule's code. Jumps are forward, so each way ends.
pub(super) fn ways(code: &[Instruction]) -> Ways {
    let mut ways = Vec::new();
    let mut literals: Vec<Literal> = Vec::new();
    let mut forks = Vec::new();
    let mut registers: Registers = [None; REGISTERS as usize];
    let mut at = 0_usize;
    let mut steps = 0_usize;
    loop {
        steps = steps.saturating_add(1);
        let Some(instruction) = code.get(at).copied() else { return Ways::Opaque };
        if steps > MAX_STEPS || ways.len() > MAX_WAYS {
            return Ways::Opaque;
        }
        match instruction.op {
            Opcode::Load => {
                if let Some(register) = registers.get_mut(usize::from(instruction.a)) {
                    *register = Some(instruction.c);
                }
                at = at.saturating_add(1);
                continue;
            }
            Opcode::Jump => {
                at = instruction.d as usize;
                continue;
            }
            // What it asks depends on the elements of a list.
            Opcode::Each => return Ways::Opaque,
            op if op.is_test() => {
                let path = registers.get(usize::from(instruction.a)).copied().flatten();
                forks.push(Fork { at, literals: literals.len(), registers });
                literals.push(Literal { test: instruction, path, outcome: true });
                at = target(&instruction, at, true);
                continue;
            }
            Opcode::Accept => ways.push(literals.clone()),
            Opcode::Reject => {}
            _ => return Ways::Opaque,
        }
        // Back to the last test whose other outcome has not been followed.
        let Some(fork) = forks.pop() else { return Ways::Known(ways) };
        let Some(test) = code.get(fork.at).copied() else { return Ways::Opaque };
        literals.truncate(fork.literals);
        registers = fork.registers;
        let path = registers.get(usize::from(test.a)).copied().flatten();
        literals.push(Literal { test, path, outcome: false });
        at = target(&test, fork.at, false);
    }
}

/// Where a test goes on an outcome.
fn target(test: &Instruction, at: usize, outcome: bool) -> usize {
    let branch = Branch::decode(test.d);
    if branch.when == outcome { branch.target as usize } else { at.saturating_add(1) }
}
