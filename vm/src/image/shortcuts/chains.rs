//! `a == "x" or a == "y" or a == "z"`: one look into a set.
//!
//! The tests of a chain look at one register, go to one place when the value is met, and each to the next one when it is
//! not. None of them can fail, so the set gives the same answer; so does `!=` with its opposite. What is missing is in no
//! set, and neither is it unequal to anything.

use alloc::vec::Vec;
use core::cmp::Ordering;

use crate::image::hot::{Const, Hot, Step};
use crate::image::hot_set::HotSet;
use crate::image::tables::Tables;
use crate::isa::{Branch, Opcode};
use crate::number::{self, Number};

/// Shorter chains gain nothing.
const SHORTEST: usize = 3;

pub(super) fn find(hot: &mut Hot, tables: &Tables<'_>) {
    let (mut pc, end) = (0, u32::try_from(hot.code.len()).unwrap_or(u32::MAX));
    while pc < end {
        pc = pc.saturating_add(match chain_at(hot, pc) {
            Some(chain) if chain.links >= SHORTEST => replace(hot, tables, pc, chain),
            _ => 1,
        });
    }
}

/// Tests that ask for membership together.
struct Chain {
    /// How many steps.
    links: usize,
    /// How many places after the first step they take.
    places: u32,
    texts: Vec<(u32, u32)>,
    numbers: Vec<Const>,
    /// Whether they ask for membership or its opposite.
    member: bool,
    /// Where the last one goes on when it is not met.
    missed: u32,
}

/// The chain that begins with the step at a place.
fn chain_at(hot: &Hot, first: u32) -> Option<Chain> {
    let step = hot.code.get(first as usize)?;
    let member = asks_for_membership(step, hot)?;
    let met = edge(step, member);
    let mut chain =
        Chain { links: 0, places: 1, texts: Vec::new(), numbers: Vec::new(), member, missed: edge(step, !member) };
    add(&mut chain, step, hot);
    // Steps go forward only, so this ends.
    while let Some(next) = hot.code.get(chain.missed as usize) {
        let links = next.load().is_none() && next.a == step.a && edge(next, member) == met;
        if !links || asks_for_membership(next, hot) != Some(member) {
            break;
        }
        chain.places = chain.missed.saturating_sub(first).saturating_add(1);
        chain.missed = edge(next, !member);
        add(&mut chain, next, hot);
    }
    Some(chain)
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

fn add(chain: &mut Chain, step: &Step, hot: &Hot) {
    chain.links = chain.links.saturating_add(1);
    match step.op {
        Opcode::EqText | Opcode::NeText => chain.texts.push((step.c[0], step.c[1])),
        Opcode::EqInt | Opcode::NeInt => chain.numbers.push(Const::Int(step.int())),
        Opcode::EqBool | Opcode::NeBool => chain.numbers.push(Const::Int(i64::from(step.bool()))),
        Opcode::InSet | Opcode::NotInSet => {
            if let Some(set) = hot.sets.get(step.id() as usize) {
                let (texts, numbers) = set.members();
                chain.texts.extend(texts);
                chain.numbers.extend(numbers);
            }
        }
        _ => chain.numbers.extend(hot.constants.get(step.id() as usize)),
    }
}

/// Puts one look into a set in the place of the chain; answers how many places are done.
fn replace(hot: &mut Hot, tables: &Tables<'_>, pc: u32, chain: Chain) -> u32 {
    let places = chain.places;
    let Some(step) = hot.code.get_mut(pc as usize) else { return places };
    let whole = *step;
    let met = edge(step, chain.member);
    *step = Step {
        op: if chain.member { Opcode::InSet } else { Opcode::NotInSet },
        b: 0,
        d: Branch { target: met, when: chain.member }.encode(),
        next: chain.missed,
        c: [u32::try_from(hot.sets.len()).unwrap_or(u32::MAX), 0],
        ..whole
    };
    hot.sets.push(set_of(tables, chain));
    hot.replaced.push((pc, whole));
    places
}

fn set_of(tables: &Tables<'_>, mut chain: Chain) -> HotSet {
    let text = tables.text;
    let bytes = |range: &(u32, u32)| text.as_bytes().get(range.0 as usize..range.1 as usize).unwrap_or_default();
    chain.texts.sort_by(|l, r| bytes(l).cmp(bytes(r)));
    chain.texts.dedup_by(|l, r| bytes(l) == bytes(r));
    let order = |l: &Const, r: &Const| {
        let both = Number::of(l.value(text)).zip(Number::of(r.value(text)));
        both.and_then(|(l, r)| number::compare(l, r)).unwrap_or(Ordering::Equal)
    };
    chain.numbers.sort_by(order);
    chain.numbers.dedup_by(|l, r| order(l, r).is_eq());
    HotSet::new(text, chain.texts.into_iter(), chain.numbers)
}
