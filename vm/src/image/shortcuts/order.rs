//! `any(tags) == "new" and country == "FR"`: the cheap question first.
//!
//! Of tests that all have to come out one way, and that go to the same end of the rule when they do not, only a trace and an
//! error show the order. So only tests that cannot fail change places, and only long ones move behind short ones. Steps in
//! the new order stand behind the code, where nothing of the old one leads.

use alloc::vec::Vec;

use crate::image::hot::{ACCEPT, Const, Hot, REJECT, Step};
use crate::isa::{Branch, Opcode, REGISTERS, SELECTED};

/// From this cost on a test is long: it looks through a list, or hashes.
const LONG: u32 = 32;

/// So many steps are looked at from a place on: an image may have jumps from everywhere to one long row of tests.
pub(super) const LONGEST: usize = 64;

pub(super) fn find(hot: &mut Hot) {
    let (mut pc, end) = (0, place(hot.code.len()));
    while pc < end {
        // What is short and comes first stays there.
        if !hot.code.get(pc as usize).is_some_and(is_long) {
            pc = pc.saturating_add(1);
            continue;
        }
        let run = run_at(hot, pc);
        let last = run.places.last().copied().unwrap_or(pc);
        if run.steps.windows(2).any(|pair| matches!(pair, [first, second] if is_long(first) && !is_long(second))) {
            replace(hot, pc, run);
        }
        pc = last.saturating_add(1);
    }
}

/// Tests one after the other that may change places.
struct Run {
    /// Where they stand.
    places: Vec<u32>,
    /// Each with the branch to the common end, and with the field to read if the run reads it.
    steps: Vec<Step>,
    /// Where the run goes on.
    passed: u32,
}

/// What the registers are to a run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Register {
    /// Not looked at so far.
    Free,
    /// Read before the run.
    Before,
    /// The run reads this field into it.
    Field(u32),
}

/// The run that begins at a place; empty where the step may not change places.
fn run_at(hot: &Hot, first: u32) -> Run {
    let mut run = Run { places: Vec::new(), steps: Vec::new(), passed: first };
    let mut registers = [Register::Free; REGISTERS as usize];
    let mut common_end = None;
    // Steps go forward only, so this ends.
    while let Some(step) = hot.code.get(run.passed as usize).filter(|step| cannot_fail(step, hot)) {
        if run.steps.len() >= LONGEST {
            break;
        }
        let (branch, passed) = ends(step);
        let end = branch.target;
        let Some(register) = registers.get_mut(usize::from(step.a)) else { break };
        if !is_end(end) || *common_end.get_or_insert(end) != end {
            break;
        }
        *register = match (*register, step.load()) {
            (Register::Free, Some(path)) => Register::Field(path.as_u32()),
            (Register::Free | Register::Before, None) => Register::Before,
            (field @ Register::Field(_), None) => field,
            // A register that is read twice, or that an earlier test needs as it was.
            (_, Some(_)) => break,
        };
        let load = if let Register::Field(path) = *register { path } else { step.load };
        run.steps.push(Step { load, d: branch.encode(), ..*step });
        run.places.push(run.passed);
        run.passed = passed;
    }
    run
}

/// The tests that decide every value.
fn cannot_fail(step: &Step, hot: &Hot) -> bool {
    match step.op {
        Opcode::Exists
        | Opcode::IsNull
        | Opcode::EqText
        | Opcode::NeText
        | Opcode::EqInt
        | Opcode::NeInt
        | Opcode::EqBool
        | Opcode::NeBool
        | Opcode::InSet
        | Opcode::NotInSet
        | Opcode::Sample => true,
        // Looking up the members of a selection may fail.
        Opcode::All | Opcode::Any | Opcode::None => step.b & SELECTED == 0,
        Opcode::Eq | Opcode::Ne => {
            matches!(hot.constants.get(step.id() as usize), Some(Const::Float(_) | Const::BigInt(..)))
        }
        _ => false,
    }
}

/// The branch of a test that goes to an end of the rule, if one does, and where it goes on otherwise.
pub(super) fn ends(step: &Step) -> (Branch, u32) {
    let branch = Branch::decode(step.d);
    if is_end(branch.target) {
        (branch, step.next)
    } else {
        (Branch { target: step.next, when: !branch.when }, branch.target)
    }
}

pub(super) const fn is_end(place: u32) -> bool {
    matches!(place, ACCEPT | REJECT)
}

const fn is_long(step: &Step) -> bool {
    step.op.cost() >= LONG
}

pub(super) fn place(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// Puts the short tests before the long ones; those of a kind keep their order.
fn replace(hot: &mut Hot, first: u32, run: Run) {
    let Run { places, steps, passed } = run;
    let (long, short): (Vec<_>, Vec<_>) = places.into_iter().zip(steps).partition(|(_, step)| is_long(step));
    let order: Vec<(u32, Step)> = short.into_iter().chain(long).collect();
    let moved = order.iter().map(|(place, _)| *place).collect();
    let (behind, last) = (place(hot.code.len()), order.len().saturating_sub(1));
    for (at, (_, mut step)) in order.into_iter().enumerate() {
        step.next = if at == last { passed } else { behind.saturating_add(place(at)) };
        match hot.code.get_mut(first as usize).filter(|_| at == 0) {
            Some(slot) => hot.replaced.push((first, core::mem::replace(slot, step))),
            None => hot.code.push(step),
        }
    }
    hot.reordered.push((first, moved));
}
