//! Constants that stand for something else, decoded once: ways to members and networks.

use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;

use super::operand;
use super::tables::Tables;
use crate::Segment;
use crate::isa::{Instruction, Operand, Place};
use crate::ops::Network;

/// What the constants of a program stand for; each once, however many instructions name it.
#[derive(Debug, Default)]
pub(crate) struct Lookups {
    tails: Vec<Vec<Vec<Segment>>>,
    networks: Vec<Vec<Network>>,
    known: BTreeMap<(u32, Form), u32>,
}

/// How a constant is read.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Form {
    Tail,
    Tails,
    Networks,
}

impl Lookups {
    /// Operand place c of an instruction whose constant stands for something else.
    pub(super) fn place(&mut self, tables: &Tables<'_>, instruction: &Instruction) -> Option<[u32; 2]> {
        let operands = instruction.op.operands();
        let form = operands.iter().find(|(place, _)| *place == Place::C).and_then(|(_, operand)| match operand {
            Operand::Tail => Some(Form::Tail),
            Operand::Tails => Some(Form::Tails),
            Operand::Networks => Some(Form::Networks),
            _ => None,
        })?;
        let key = (instruction.c, form);
        if let Some(at) = self.known.get(&key) {
            return Some([*at, 0]);
        }
        let value = tables.constant(instruction.c)?;
        let at = match form {
            Form::Tail => push(&mut self.tails, vec![operand::tail(value)?]),
            Form::Tails => push(&mut self.tails, operand::tails(value)?),
            Form::Networks => push(&mut self.networks, operand::networks(value)?),
        };
        self.known.insert(key, at);
        Some([at, 0])
    }

    #[inline]
    pub(crate) fn tails(&self, id: u32) -> Option<&[Vec<Segment>]> {
        self.tails.get(id as usize).map(Vec::as_slice)
    }

    #[inline]
    pub(crate) fn networks(&self, id: u32) -> Option<&[Network]> {
        self.networks.get(id as usize).map(Vec::as_slice)
    }
}

fn push<T>(all: &mut Vec<T>, one: T) -> u32 {
    let at = u32::try_from(all.len()).unwrap_or(u32::MAX);
    all.push(one);
    at
}
