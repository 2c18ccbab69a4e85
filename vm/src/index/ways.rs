//! The ways through a rule on which it may matter: which tests have to come out how for it to hold, or to fail where
//! what fails cannot be told from the kind of one field.
//!
//! ```text
//!   a == 1 and (b == 2 or c == 3)      ─▶   [a == 1: true, b == 2: true]
//!                                           [a == 1: true, b == 2: false, c == 3: true]
//!   a == 1 and b + c > 3               ─▶   [a == 1: true]
//! ```

use alloc::vec::Vec;

use super::atom;
use super::kinds::Kinds;
use crate::image::Tables;
use crate::isa::{Branch, Instruction, Opcode, REGISTERS};

/// Most ways that are told apart. A rule with more is looked at for every event.
const MAX_WAYS: usize = 64;
/// Most steps on all ways together.
const MAX_STEPS: usize = 4096;

/// A test on a way, and how it came out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Literal {
    pub(crate) test: Instruction,
    /// Its place in the rule.
    pub(crate) at: u32,
    /// The field it looks at; `None` for a value that was computed.
    pub(crate) path: Option<u32>,
    pub(crate) outcome: bool,
}

/// A way through a rule.
#[derive(Default)]
pub(crate) struct Path {
    pub(crate) literals: Vec<Literal>,
    /// If all literals are so, the rule holds.
    pub(crate) holds: bool,
}

/// Why nothing can be said about a rule.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Opaque {
    /// It has an `else`, so it says something about every event.
    Otherwise,
    /// It has too many ways.
    TooManyWays,
}

/// What is known of a rule.
#[derive(Default)]
pub(crate) struct Known {
    /// It holds, or fails for another reason than the kind of a field, only if all literals of one of these are so.
    pub(crate) ways: Vec<Path>,
    /// The fields on which a test may fail, with the kinds of value on which it does not.
    pub(crate) guards: Vec<(u32, Kinds)>,
}

/// A place where two outcomes part and the second is still to be followed.
struct Fork {
    at: usize,
    literals: usize,
    registers: Registers,
}

/// The field in each register.
type Registers = [Option<u32>; REGISTERS as usize];

/// Where a way goes on.
enum Next {
    At(usize),
    /// It has ended.
    End,
}

/// Follows every way through a rule's code. Jumps are forward, so each way ends.
pub(crate) fn ways(tables: &Tables<'_>, code: &[Instruction]) -> Result<Known, Opaque> {
    let mut known = Known::default();
    let plain = code.iter().all(is_plain);
    let mut literals: Vec<Literal> = Vec::new();
    let mut forks: Vec<Fork> = Vec::new();
    let mut registers: Registers = [None; REGISTERS as usize];
    let mut at = 0_usize;
    for _ in 0..MAX_STEPS {
        let instruction = code.get(at).copied().ok_or(Opaque::TooManyWays)?;
        let fails = may_fail(tables, &instruction, &registers, &mut known.guards);
        let next = match instruction.op {
            Opcode::Otherwise => return Err(Opaque::Otherwise),
            Opcode::Reject => Next::End,
            // What may fail has to be tried: all that follows is covered by the way up to here. So are loops, of which
            // nothing is read.
            Opcode::Accept => end(&mut known, &literals, plain)?,
            Opcode::Each => end(&mut known, &literals, false)?,
            _ if fails => end(&mut known, &literals, false)?,
            Opcode::Jump => Next::At(instruction.d as usize),
            op if op.is_test() => {
                let path = field(&registers, instruction.a.into());
                forks.push(Fork { at, literals: literals.len(), registers });
                literals.push(Literal { test: instruction, at: place(at), path, outcome: true });
                Next::At(target(&instruction, at, true))
            }
            _ => {
                define(&mut registers, &instruction);
                Next::At(at.saturating_add(1))
            }
        };
        if let Next::At(next) = next {
            at = next;
            continue;
        }
        // Back to the last test whose other outcome has not been followed.
        let Some(fork) = forks.pop() else { return Ok(known) };
        let test = code.get(fork.at).copied().ok_or(Opaque::TooManyWays)?;
        literals.truncate(fork.literals);
        registers = fork.registers;
        literals.push(Literal { test, at: place(fork.at), path: field(&registers, test.a.into()), outcome: false });
        at = target(&test, fork.at, false);
    }
    Err(Opaque::TooManyWays)
}

/// Whether an instruction does nothing but to read a field, to test it, or to go elsewhere.
fn is_plain(instruction: &Instruction) -> bool {
    let op = instruction.op;
    matches!(op, Opcode::Load | Opcode::Jump | Opcode::Accept | Opcode::Reject) || (op.is_test() && op != Opcode::Each)
}

/// Rules have fewer instructions than that.
fn place(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

fn end(known: &mut Known, literals: &[Literal], holds: bool) -> Result<Next, Opaque> {
    if known.ways.len() >= MAX_WAYS {
        return Err(Opaque::TooManyWays);
    }
    known.ways.push(Path { literals: literals.to_vec(), holds });
    Ok(Next::End)
}

fn field(registers: &Registers, register: usize) -> Option<u32> {
    registers.get(register).copied().flatten()
}

/// Notes what an instruction puts into its register.
fn define(registers: &mut Registers, instruction: &Instruction) {
    let field = match instruction.op {
        Opcode::Load => Some(instruction.c),
        // The same list; tests that look at members of its elements say so themselves.
        Opcode::Select => field(registers, instruction.b.into()),
        _ => None,
    };
    if let Some(register) = registers.get_mut(usize::from(instruction.a)) {
        *register = field;
    }
}

/// Whether an instruction may fail. Where that depends on the kind of a field only, it is a guard and no failure.
fn may_fail(
    tables: &Tables<'_>,
    instruction: &Instruction,
    registers: &Registers,
    guards: &mut Vec<(u32, Kinds)>,
) -> bool {
    match instruction.op {
        Opcode::Load
        | Opcode::Const
        | Opcode::Member
        | Opcode::Select
        | Opcode::Hour
        | Opcode::Weekday
        | Opcode::CountOf
        | Opcode::Jump
        | Opcode::Accept
        | Opcode::Reject
        | Opcode::Otherwise
        | Opcode::Each => false,
        op if op.is_test() => match (atom::safe_kinds(tables, instruction), field(registers, instruction.a.into())) {
            (Some(Kinds::ALL), _) => false,
            (Some(safe), Some(path)) => {
                if !guards.contains(&(path, safe)) {
                    guards.push((path, safe));
                }
                false
            }
            _ => true,
        },
        _ => true,
    }
}

/// Where a test goes on an outcome.
fn target(test: &Instruction, at: usize, outcome: bool) -> usize {
    let branch = Branch::decode(test.d);
    if branch.when == outcome { branch.target as usize } else { at.saturating_add(1) }
}
