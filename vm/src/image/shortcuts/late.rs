//! `email contains "@corp.com" and amount < 10`: the cheap question first, where the values at hand show that nobody can tell.
//!
//! A long test that may fail has to be asked in its place: whatever stands behind it must not hide its error, and its own `false` hides
//! those of the others. But it fails on some kinds of value only. So the long test's place asks for the kind of its field first; if that is one
//! on which it cannot fail, the short tests behind it are asked, and the long one at last. A short test that is not decided by a look at the field
//! goes back to the beginning of the rule, which is then run as it is written: what is asked twice is short.
//!
//! Only rules that need no registers have such a place: what they look at is the field itself.

use alloc::vec::Vec;

use super::order::{LONGEST, ends, is_end, place};
use crate::image::hot::{Const, Hot, Late, Step};
use crate::image::quick::Quick;
use crate::isa::Opcode;

/// Finds the places in code of this many instructions.
pub(super) fn find(hot: &mut Hot, code: u32) {
    let mut pc = 0;
    while pc < code {
        let run = run_at(hot, pc, code);
        // Behind it, so that what has been looked at is not looked at again from its second test on.
        let next = run.last().map_or(pc, |(place, _)| *place).saturating_add(1);
        if run.iter().any(|(_, step)| !is_long(step)) {
            replace(hot, pc, run);
        }
        pc = next;
    }
}

/// The tests from a place on that may change places, the first a long one: each with its place, the branch to the common end, and
/// in `next` where the run goes on. Empty where no such run begins.
fn run_at(hot: &Hot, first: u32, code: u32) -> Vec<(u32, Step)> {
    let mut run: Vec<(u32, Step)> = Vec::new();
    let Some(long) = hot.code.get(first as usize).filter(|step| is_long(step) && cannot_fail_on_some(step, hot)) else {
        return run;
    };
    let (mut pc, mut common_end) = (first, None);
    for _ in 0..LONGEST {
        let Some(step) = hot.code.get(pc as usize).filter(|_| pc < code) else { break };
        if step.quick == Quick::Pass {
            pc = step.next;
            continue;
        }
        let same_kinds = || step.op == long.op && step.field() == long.field() && cannot_fail_on_some(step, hot);
        if !(is_short(step) || is_long(step) && same_kinds()) {
            break;
        }
        let (branch, passed) = ends(step);
        if !is_end(branch.target) || *common_end.get_or_insert(branch.target) != branch.target {
            break;
        }
        run.push((pc, Step { d: branch.encode(), next: passed, ..*step }));
        pc = passed;
    }
    run
}

/// Whether there are kinds of value on which a long test cannot fail. One that is remembered or asked together with others keeps
/// its place.
fn cannot_fail_on_some(step: &Step, hot: &Hot) -> bool {
    let known = match step.op {
        Opcode::Contains => matches!(hot.constants.get(step.id() as usize), Some(Const::Text(..))),
        op => op == Opcode::Matches,
    };
    known && step.b == 0
}

const fn is_long(step: &Step) -> bool {
    matches!(step.quick, Quick::Contains | Quick::Matches)
}

/// Whether a look at the field decides a test, if it is of the kind that the test asks for.
const fn is_short(step: &Step) -> bool {
    step.op.is_test() && !is_long(step) && !matches!(step.quick, Quick::No | Quick::Test)
}

/// Puts the run in its new order behind the code, and the way there into the place where it begins.
fn replace(hot: &mut Hot, first: u32, run: Vec<(u32, Step)>) {
    let Ok(number) = u16::try_from(hot.late.len()) else { return };
    let (late, entry) = (Late::run(number), place(hot.code.len()));
    let passed = run.last().map_or(first, |(_, step)| step.next);
    let (long, short): (Vec<_>, Vec<_>) = run.into_iter().partition(|(_, step)| is_long(step));
    let Some(slot) = hot.code.get_mut(first as usize).filter(|_| late != Late::MOVED) else { return };
    slot.late = late;
    slot.quick = if slot.op == Opcode::Contains { Quick::LateContains } else { Quick::LateMatches };
    let order: Vec<(u32, Step)> = short.into_iter().chain(long).collect();
    let last = order.len().saturating_sub(1);
    hot.reordered.push((first, order.iter().map(|(place, _)| *place).collect()));
    for (at, (_, step)) in order.into_iter().enumerate() {
        let next = if at == last { passed } else { entry.saturating_add(place(at)).saturating_add(1) };
        hot.code.push(Step { next, late: Late::MOVED, ..step });
    }
    hot.late.push(entry);
}
