//! What ties questions about one text: what ends with `xab` ends with `ab`, has `ab` in it, and does not end with `c`.

use std::collections::HashMap;

use cascata_vm::ops::{Network, fold};

use super::atom::Atom;
use super::bits::Bits;
use super::space::{Link, Space, Subject};
use crate::model::{Constant, Operator, PathRef};

/// A question about a text, which is true of text only where one of these is.
#[derive(Debug)]
pub(super) struct Part {
    /// The variable of the question.
    pub(super) question: usize,
    /// That of the field.
    pub(super) field: usize,
    pub(super) asks: Asks,
}

/// What is asked of the text.
#[derive(Debug)]
pub(super) enum Asks {
    /// Whether it has this in it.
    Contains(String),
    /// Whether it ends with this.
    Ends(String),
    /// Whether it is this but for case, which is folded here.
    Folded(String),
    /// Whether it is an address in one of these.
    In(Vec<Network>),
}

impl Asks {
    pub(super) fn of(op: Operator, operand: &Constant) -> Option<Self> {
        let network = |one: &Constant| match one {
            Constant::Text(text) => Network::parse(text),
            _ => None,
        };
        Some(match (op, operand) {
            (Operator::Contains, Constant::Text(text)) => Self::Contains(text.clone()),
            (Operator::EndsWith, Constant::Text(text)) => Self::Ends(text.clone()),
            (Operator::EqualFolded, Constant::Text(text)) => Self::Folded(folded(text)),
            (Operator::InNetwork, Constant::List(list)) => Self::In(list.iter().map(network).collect::<Option<_>>()?),
            (Operator::InNetwork, one) => Self::In(vec![network(one)?]),
            _ => return None,
        })
    }

    /// Whether every text of which this is true makes the other true.
    fn implies(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Contains(long) | Self::Ends(long), Self::Contains(short)) => long.contains(short.as_str()),
            (Self::Ends(long), Self::Ends(short)) => long.ends_with(short.as_str()),
            (Self::In(small), Self::In(large)) => small.iter().all(|one| large.iter().any(|other| other.covers(*one))),
            _ => false,
        }
    }

    /// Whether no text makes both true.
    fn excludes(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Ends(one), Self::Ends(other)) => !one.ends_with(other.as_str()) && !other.ends_with(one.as_str()),
            (Self::Folded(one), Self::Folded(other)) => one != other,
            (Self::In(one), Self::In(other)) => !one.iter().any(|one| other.iter().any(|other| one.overlaps(*other))),
            _ => false,
        }
    }
}

/// A text as `IEQUALS` sees it.
pub(super) fn folded(text: &str) -> String {
    text.chars().map(fold).collect()
}

impl Space {
    /// Ties the questions about the text of each field.
    pub(super) fn tie_parts(&mut self, atoms: &HashMap<PathRef, Vec<Atom>>) {
        let text_of: HashMap<usize, Bits> = atoms
            .iter()
            .filter_map(|(path, atoms)| {
                let field = self.subjects.get(&Subject::Field(*path))?;
                Some((*field, Bits::of(atoms.len(), |at| atoms.get(at).is_some_and(Atom::is_text))))
            })
            .collect();
        let only = |wanted: usize| Bits::of(4, |at| at == wanted);
        for one in &self.parts {
            for other in &self.parts {
                let Some(text) = text_of.get(&one.field) else { continue };
                if one.field != other.field || one.question == other.question {
                    continue;
                }
                let mut tie = |of: usize, when, then: usize, only| {
                    let (field, text) = (one.field, text.clone());
                    self.links.push(Link::AsText { field, text, of, when, then, only });
                };
                if one.asks.implies(&other.asks) {
                    tie(one.question, only(0), other.question, only(0));
                    tie(other.question, only(1), one.question, only(1));
                }
                if one.asks.excludes(&other.asks) {
                    tie(one.question, only(0), other.question, only(1));
                }
            }
        }
    }
}
