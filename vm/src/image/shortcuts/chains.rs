//! `a == "x" or a == "y" or a == "z"`: one look into a set.
//!
//! The tests of a chain look at one register, go to one place when the value is met, and each to the next one when it is
//! not. None of them can fail, so the set gives the same answer; so does `!=` with its opposite. What is missing is in no
//! set, and neither is it unequal to anything.

use alloc::vec::Vec;
use core::cmp::Ordering;

use crate::image::hot::{Const, Hot, Step};
use crate::image::hot_set::HotSet;
use crate::image::quick;
use crate::image::tables::Tables;
use crate::isa::{Branch, Opcode};
use crate::number::{self, Number};

/// Shorter chains gain nothing.
const SHORTEST: usize = 3;

pub(super) fn find(hot: &mut Hot, tables: &Tables<'_>) {
    let (mut pc, end) = (0, u32::try_from(hot.code.len()).unwrap_or(u32::MAX));
    while pc < end {
        let (links, last) = walk(hot, pc, |_| {});
        if links >= SHORTEST {
            replace(hot, tables, pc);
        }
        pc = last.saturating_add(1);
    }
}

/// Goes along the chain that begins at a place; answers how many links it has and where the last one stands, which
/// is the place itself if there is no chain.
fn walk(hot: &Hot, first: u32, mut link: impl FnMut(&Step)) -> (usize, u32) {
    let Some(step) = hot.code.get(first as usize) else { return (0, first) };
    let Some(member) = asks_for_membership(step, hot) else { return (0, first) };
    let met = edge(step, member);
    let (mut links, mut last, mut next) = (1_usize, first, edge(step, !member));
    link(step);
    // Steps go forward only, so this ends.
    while let Some(other) = hot.code.get(next as usize) {
        let links_up = other.load().is_none() && other.a == step.a && edge(other, member) == met;
        if !links_up || asks_for_membership(other, hot) != Some(member) {
            break;
        }
        link(other);
        (links, last, next) = (links.saturating_add(1), next, edge(other, !member));
    }
    (links, last)
}

/// Whether a step asks for membership in a set (true) or its opposite; `None` if it asks for something else.
fn asks_for_membership(step: &Step, hot: &Hot) -> Option<bool> {
    match step.op {
        Opcode::EqText | Opcode::EqInt | Opcode::EqBool | Opcode::InSet => Some(true),
        Opcode::NeText | Opcode::NeInt | Opcode::NeBool | Opcode::NotInSet => Some(false),
        Opcode::Eq | Opcode::Ne => match hot.constants.get(step.id() as usize)? {
            Const::Float(_) | Const::BigInt(..) => Some(step.op == Opcode::Eq),
            _ => None,
        },
        _ => None,
    }
}

/// Where a test goes on an outcome.
fn edge(step: &Step, outcome: bool) -> u32 {
    let branch = Branch::decode(step.d);
    if branch.when == outcome { branch.target } else { step.next }
}

/// The members that the tests of a chain ask for.
#[derive(Default)]
struct Members {
    texts: Vec<(u32, u32)>,
    numbers: Vec<Const>,
}

fn add(members: &mut Members, step: &Step, hot: &Hot) {
    match step.op {
        Opcode::EqText | Opcode::NeText => members.texts.push((step.c[0], step.c[1])),
        Opcode::EqInt | Opcode::NeInt => members.numbers.push(Const::Int(step.int())),
        Opcode::EqBool | Opcode::NeBool => members.numbers.push(Const::Int(i64::from(step.bool()))),
        Opcode::InSet | Opcode::NotInSet => {
            if let Some(set) = hot.sets.get(step.id() as usize) {
                let (texts, numbers) = set.members();
                members.texts.extend(texts);
                members.numbers.extend(numbers);
            }
        }
        _ => members.numbers.extend(hot.constants.get(step.id() as usize)),
    }
}

/// Puts one look into a set in the place of the chain that begins there.
fn replace(hot: &mut Hot, tables: &Tables<'_>, pc: u32) {
    let mut members = Members::default();
    let (_, last) = walk(hot, pc, |step| add(&mut members, step, hot));
    let Some((whole, last)) = hot.code.get(pc as usize).copied().zip(hot.code.get(last as usize)) else { return };
    let Some(member) = asks_for_membership(&whole, hot) else { return };
    let op = if member { Opcode::InSet } else { Opcode::NotInSet };
    let step = Step {
        op,
        quick: quick::exchanged(whole.quick, op),
        b: 0,
        d: Branch { target: edge(&whole, member), when: member }.encode(),
        next: edge(last, !member),
        c: [u32::try_from(hot.sets.len()).unwrap_or(u32::MAX), 0],
        ..whole
    };
    if let Some(slot) = hot.code.get_mut(pc as usize) {
        *slot = step;
        hot.sets.push(set_of(tables, members));
        hot.replaced.push((pc, whole));
    }
}

fn set_of(tables: &Tables<'_>, mut members: Members) -> HotSet {
    let text = tables.text;
    let bytes = |range: &(u32, u32)| text.as_bytes().get(range.0 as usize..range.1 as usize).unwrap_or_default();
    members.texts.sort_by(|l, r| bytes(l).cmp(bytes(r)));
    members.texts.dedup_by(|l, r| bytes(l) == bytes(r));
    let order = |l: &Const, r: &Const| {
        let both = Number::of(l.value(text)).zip(Number::of(r.value(text)));
        both.and_then(|(l, r)| number::compare(l, r)).unwrap_or(Ordering::Equal)
    };
    members.numbers.sort_by(order);
    members.numbers.dedup_by(|l, r| order(l, r).is_eq());
    HotSet::new(text, members.texts.into_iter(), members.numbers)
}
