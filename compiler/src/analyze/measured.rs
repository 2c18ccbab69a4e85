//! What is measured of a field or computed is a variable of its own: a number, missing, or an error.

use std::collections::HashMap;

use cascata_vm::{Value, ops};

use super::atom::{Atom, Container, Points, StatAtom};
use super::bits::Bits;
use super::decide::decide;
use super::leaf::Leaf;
use super::line::number;
use super::outcome::Outcomes;
use super::space::{Link, MOST_OF_A_TEST, Space, Subject, View, view};
use crate::model::{Constant, Expr, MeasureKind, Operator, PathRef, Test};
use crate::operators::Family;

/// A comparison of something measured with a constant.
#[derive(Clone, Copy)]
pub(super) struct Measured<'c> {
    pub(super) test: &'c Test,
    pub(super) operand: &'c Constant,
    kind: Kind,
    /// The field, where it is one of the event or of a stage result.
    path: Option<PathRef>,
}

/// What is measured.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Length,
    Time,
    Hour(i16),
    Weekday(i16),
    Age,
    /// Arithmetic, which may come to any number.
    Computed,
}

/// The pieces of a variable.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    points: Points,
    pub(super) atoms: Vec<StatAtom>,
}

impl<'c> Measured<'c> {
    pub(super) fn of(leaf: Leaf<'c>) -> Option<Self> {
        let Leaf::Test(test) = leaf else { return None };
        let operand = test.constant()?;
        let (kind, field) = match &test.subject {
            subject if let Some(field) = subject.age_of() => (Kind::Age, Some(field)),
            Expr::Arithmetic(..) => (Kind::Computed, None),
            Expr::Measure(measure) => {
                let kind = match measure.kind {
                    MeasureKind::Length => Kind::Length,
                    MeasureKind::Time => Kind::Time,
                    MeasureKind::Hour(east) => Kind::Hour(east),
                    MeasureKind::Weekday(east) => Kind::Weekday(east),
                    _ => return None,
                };
                (kind, Some(&measure.field))
            }
            _ => return None,
        };
        Some(Self { test, operand, kind, path: field.and_then(crate::model::Field::path) })
    }

    /// A text that is equal for tests of the same measure.
    pub(super) fn key(&self) -> String {
        format!("{:?}", self.test.subject)
    }

    pub(super) const fn path(&self) -> Option<PathRef> {
        self.path
    }

    /// Adds the numbers that tell the answers of the test apart.
    pub(super) fn add_to(&self, pieces: &mut Pieces) {
        let (low, high) = self.kind.range();
        let bounds = [low, high].into_iter().flatten().map(whole);
        let constants = match (self.operand, self.test.op.family()) {
            (Constant::List(list), Family::Membership) => list.as_slice(),
            (constant, _) => std::slice::from_ref(constant),
        };
        // Too many are left out, which leaves the test open.
        let constants = constants.iter().filter(|_| constants.len() <= MOST_OF_A_TEST);
        pieces.points.numbers.extend(constants.filter_map(number).chain(bounds));
    }

    /// Cuts the numbers that the measure can be.
    pub(super) fn cut(&self, pieces: &mut Pieces) {
        if pieces.atoms.is_empty() {
            let atoms = std::mem::take(&mut pieces.points).stat_atoms();
            pieces.atoms = atoms.into_iter().filter(|atom| self.kind.may_be(atom)).collect();
        }
    }

    /// How the test comes out on a piece.
    pub(super) fn decide(&self, atom: &StatAtom) -> Outcomes {
        match atom {
            StatAtom::Nothing => decide(self.test.op, self.operand, None, &Atom::Nil),
            StatAtom::Fault => Outcomes::ERROR,
            StatAtom::Number(piece) if self.test.op != Operator::Matches => {
                decide(self.test.op, self.operand, None, &Atom::Number(piece.clone()))
            }
            _ => Outcomes::ANY,
        }
    }
}

impl Kind {
    /// The least and the greatest number it can be, both whole.
    const fn range(self) -> (Option<i64>, Option<i64>) {
        match self {
            Self::Length => (Some(0), None),
            Self::Hour(_) => (Some(0), Some(23)),
            Self::Weekday(_) => (Some(1), Some(7)),
            Self::Time | Self::Age | Self::Computed => (None, None),
        }
    }

    fn may_be(self, atom: &StatAtom) -> bool {
        let (low, high) = self.range();
        match atom {
            StatAtom::Nothing | StatAtom::Fault => true,
            StatAtom::NoList | StatAtom::Other => false,
            StatAtom::Number(_) if self == Self::Computed => true,
            StatAtom::Number(piece) => {
                let below = low.is_some_and(|low| piece.order(&whole(low)).is_some_and(std::cmp::Ordering::is_lt));
                let above = high.is_some_and(|high| piece.order(&whole(high)).is_some_and(std::cmp::Ordering::is_gt));
                piece.has_whole() && !below && !above
            }
        }
    }

    /// Whether it can be in a piece while the field is in one. Where that is not plain, it can.
    fn goes_with(self, atom: &Atom, piece: &StatAtom) -> bool {
        match (self.of(atom), piece) {
            (Of::Nothing, StatAtom::Nothing) => true,
            // Without a time that counts as now there is no age of anything.
            (Of::Nothing, StatAtom::Fault) => self == Self::Age,
            (Of::Fault | Of::Any, StatAtom::Fault) => true,
            (Of::Number(_), StatAtom::Fault) => self == Self::Age,
            (Of::Any, StatAtom::Number(_)) => true,
            (Of::Number(None), StatAtom::Number(_)) => true,
            (Of::Number(Some(exact)), StatAtom::Number(piece)) => {
                piece.order(&whole(exact)).is_none_or(std::cmp::Ordering::is_eq)
            }
            _ => false,
        }
    }

    /// What is measured of a field in a piece.
    fn of(self, atom: &Atom) -> Of {
        match (self, atom) {
            (_, Atom::Nil) => Of::Nothing,
            (Self::Computed, _) => Of::Any,
            (Self::Length, Atom::Text(texts)) => Of::Number(texts.point().map(|text| count(text.chars().count()))),
            (Self::Length, Atom::List(Container::Known(Constant::List(list)))) => Of::Number(Some(count(list.len()))),
            (Self::Length, Atom::Map(Container::Known(Constant::Map(map)))) => Of::Number(Some(count(map.len()))),
            (Self::Length, Atom::List(_) | Atom::Map(_)) => Of::Number(None),
            (Self::Length, _) => Of::Fault,
            (_, Atom::Text(texts)) => match texts.point().map(|text| ops::parse_time(&text)) {
                None => Of::Any,
                Some(None) => Of::Fault,
                Some(Some(moment)) => Of::Number(self.clock(moment)),
            },
            _ => Of::Fault,
        }
    }

    /// What is read off a moment.
    fn clock(self, moment: i64) -> Option<i64> {
        let moment = Value::Int(moment);
        let read = match self {
            Self::Time => moment,
            Self::Hour(east) => ops::hour(moment, i32::from(east)),
            Self::Weekday(east) => ops::weekday(moment, i32::from(east)),
            Self::Length | Self::Age | Self::Computed => return None,
        };
        match read {
            Value::Int(number) => Some(number),
            _ => None,
        }
    }
}

/// What is known of a measure.
enum Of {
    Nothing,
    Fault,
    Number(Option<i64>),
    /// A number or an error.
    Any,
}

fn whole(number: i64) -> Constant {
    Constant::Int(number.to_string())
}

fn count(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

impl Space {
    /// What a test of a measure says: about the measure and, where a piece leaves it open, about a question of its own.
    pub(super) fn views_of_measure(
        &mut self,
        measured: &Measured<'_>,
        pieces: &[StatAtom],
        key: &str,
        atoms: &HashMap<PathRef, Vec<Atom>>,
    ) -> Vec<View> {
        let subject = Subject::Measure(measured.key());
        let known = self.subjects.contains_key(&subject);
        let variable = self.variable(subject, pieces.len());
        if !known {
            self.tie_measure(measured, variable, pieces, atoms);
        }
        let outcomes: Vec<_> = pieces.iter().map(|piece| measured.decide(piece)).collect();
        let mut views = vec![view(variable, &outcomes)];
        if outcomes.iter().any(|outcomes| outcomes.is_open()) {
            views.push(self.open(key));
        }
        views
    }

    /// Ties a measure to its field: each says what the other can be.
    fn tie_measure(
        &mut self,
        measured: &Measured<'_>,
        variable: usize,
        pieces: &[StatAtom],
        atoms: &HashMap<PathRef, Vec<Atom>>,
    ) {
        let Some((path, atoms)) = measured.path.and_then(|path| Some((path, atoms.get(&path)?))) else { return };
        let field = self.variable(Subject::Field(path), atoms.len());
        let goes = |atom: usize, piece: usize| match (atoms.get(atom), pieces.get(piece)) {
            (Some(atom), Some(piece)) => measured.kind.goes_with(atom, piece),
            _ => true,
        };
        for (when, only) in groups(atoms.len(), pieces.len(), goes) {
            self.links.push(Link::Implies { of: field, when, then: variable, only });
        }
        for (when, only) in groups(pieces.len(), atoms.len(), |piece, atom| goes(atom, piece)) {
            self.links.push(Link::Implies { of: variable, when, then: field, only });
        }
    }
}

/// The pieces of one variable that go with the same pieces of another, and those.
fn groups(size: usize, other: usize, goes: impl Fn(usize, usize) -> bool) -> Vec<(Bits, Bits)> {
    let mut groups: Vec<(Vec<usize>, Bits)> = Vec::new();
    for at in 0..size {
        let only = Bits::of(other, |piece| goes(at, piece));
        match groups.iter_mut().find(|(_, known)| *known == only) {
            Some((members, _)) => members.push(at),
            None => groups.push((vec![at], only)),
        }
    }
    groups.into_iter().map(|(members, only)| (Bits::of(size, |at| members.contains(&at)), only)).collect()
}
