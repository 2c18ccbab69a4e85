//! What a field can be: a missing value, or one of finitely many pieces of each kind.

use super::line::{Numbers, Texts};
use crate::model::Constant;

/// A piece of everything a field can be.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Atom {
    /// Missing or null.
    Nil,
    /// A boolean.
    Bool(bool),
    /// A number that equals itself.
    Number(Numbers),
    /// A double that equals nothing. No JSON holds one, a host's own struct can.
    NotANumber,
    /// Text.
    Text(Texts),
    /// A list that equals this one, or any other.
    List(Container),
    /// A mapping that equals this one, or any other.
    Map(Container),
}

/// A list or mapping.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Container {
    /// One that equals this.
    Known(Constant),
    /// One that equals no constant of any test.
    Unlike,
    /// One that may equal constants that were too many to tell apart.
    Open,
}

impl Atom {
    pub(super) const fn is_nil(&self) -> bool {
        matches!(self, Self::Nil)
    }

    pub(super) const fn is_text(&self) -> bool {
        matches!(self, Self::Text(_))
    }

    pub(super) const fn is_list(&self) -> bool {
        matches!(self, Self::List(_))
    }

    pub(super) const fn is_map(&self) -> bool {
        matches!(self, Self::Map(_))
    }
}

/// What a statistic of a field can be.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum StatAtom {
    /// The field is no list, so every comparison is false.
    NoList,
    /// The mean of an empty list, which compares as false.
    Nothing,
    /// Elements that have no such statistic.
    Fault,
    /// A number.
    Number(Numbers),
    /// An element that is no number, or a double that equals nothing.
    Other,
}

/// The constants that decide where the pieces lie.
#[derive(Debug, Default)]
pub(super) struct Points {
    pub(super) numbers: Vec<Constant>,
    pub(super) texts: Vec<super::line::Cut>,
    pub(super) lists: Vec<Constant>,
    pub(super) maps: Vec<Constant>,
    /// Whether some constants are not among them.
    pub(super) open: bool,
}

impl Points {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        [self.numbers.len(), self.texts.len(), self.lists.len(), self.maps.len()]
            .into_iter()
            .fold(0, usize::saturating_add)
    }

    /// A constant that a test tells apart from everything else.
    pub(super) fn add(&mut self, constant: &Constant) {
        match constant {
            Constant::Null => {}
            Constant::Bool(_) | Constant::Int(_) | Constant::Float(_) => {
                self.numbers.extend(super::line::number(constant))
            }
            Constant::Text(text) => self.texts.extend([super::line::before(text), super::line::after(text)]),
            Constant::List(_) if !self.lists.iter().any(|known| equal(known, constant)) => {
                self.lists.push(constant.clone());
            }
            Constant::Map(_) if !self.maps.iter().any(|known| equal(known, constant)) => {
                self.maps.push(constant.clone())
            }
            Constant::List(_) | Constant::Map(_) => {}
        }
    }

    /// A prefix that a test tells apart.
    pub(super) fn add_prefix(&mut self, prefix: &str) {
        self.texts.extend([super::line::before(prefix), super::line::after_prefix(prefix)]);
    }

    fn sorted_numbers(&mut self) -> Vec<Constant> {
        let mut numbers = std::mem::take(&mut self.numbers);
        numbers.sort_by(crate::back::constant::compare_numbers);
        numbers.dedup_by(|left, right| crate::back::constant::compare_numbers(left, right).is_eq());
        numbers
    }

    /// Everything a field can be. The first is what is missing.
    pub(super) fn atoms(mut self) -> Vec<Atom> {
        let mut atoms = vec![Atom::Nil, Atom::Bool(false), Atom::Bool(true), Atom::NotANumber];
        atoms.extend(Numbers::cut(&self.sorted_numbers()).into_iter().map(Atom::Number));
        atoms.extend(Texts::cut(self.texts).into_iter().map(Atom::Text));
        atoms.extend(self.lists.into_iter().map(|list| Atom::List(Container::Known(list))));
        atoms.extend(self.maps.into_iter().map(|map| Atom::Map(Container::Known(map))));
        let other = if self.open { Container::Open } else { Container::Unlike };
        atoms.extend([Atom::List(other.clone()), Atom::Map(other)]);
        atoms
    }

    /// Everything a statistic can be.
    pub(super) fn stat_atoms(mut self) -> Vec<StatAtom> {
        let mut atoms = vec![StatAtom::NoList, StatAtom::Nothing, StatAtom::Fault, StatAtom::Other];
        atoms.extend(Numbers::cut(&self.sorted_numbers()).into_iter().map(StatAtom::Number));
        atoms
    }
}

/// Deep equality of two constants, as the machine has it.
pub(super) fn equal(left: &Constant, right: &Constant) -> bool {
    // What cannot be compared is not told apart by anybody.
    crate::back::constant::with_value(left, |left| {
        crate::back::constant::with_value(right, |right| cascata_vm::ops::equal(left, right).unwrap_or(false))
    })
}
