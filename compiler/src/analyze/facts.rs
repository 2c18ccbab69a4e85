//! What the cascade's schema says about a field, where it is sure to be true of what conditions see.

use super::atom::{Atom, Points};
use super::bits::Bits;
use super::{is_stage_path, overlap};
use crate::model::{Cascade, Constant, Segment};
use crate::schema::{Found, Kind, Schema, Shape};

/// The schema, and the fields that it does not speak of.
#[derive(Debug, Default)]
pub(super) struct Types<'c> {
    schema: Option<&'c Schema>,
    /// What rules write, which need not be what the schema says.
    written: Vec<Vec<Segment>>,
    /// Top-level keys that rules never see.
    hidden: Vec<String>,
}

/// What is certain about a field.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fact<'c> {
    /// It is never there.
    Never,
    /// It is like this.
    Like {
        shape: &'c Shape,
        /// Whether it is neither missing nor null.
        always: bool,
    },
}

impl<'c> Types<'c> {
    pub(super) fn new(cascade: &'c Cascade, written: &[Vec<Segment>], hidden: &[String]) -> Self {
        Self { schema: cascade.schema.as_ref(), written: written.to_vec(), hidden: hidden.to_vec() }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.schema.is_none()
    }

    /// What the schema says of a path; nothing of what is no field of the event as it came.
    pub(super) fn find(&self, path: &[Segment]) -> Found<'c> {
        let Some(schema) = self.schema else { return Found::Open };
        let hidden = matches!(path.first(), Some(Segment::Key(first)) if self.hidden.contains(first));
        if hidden || is_stage_path(path) || self.written.iter().any(|written| overlap(written, path)) {
            return Found::Open;
        }
        schema.find(path)
    }

    /// What is certain of a path.
    pub(super) fn fact(&self, path: &[Segment]) -> Option<Fact<'c>> {
        match self.find(path) {
            Found::Known { shape, always } => Some(Fact::Like { shape, always }),
            Found::Unlisted { closed: true, .. } | Found::Blocked { .. } => Some(Fact::Never),
            Found::Open | Found::Unlisted { .. } => None,
        }
    }
}

impl Fact<'_> {
    /// Adds the constants that tell values of the schema from others.
    pub(super) fn add_to(self, points: &mut Points, most: usize) {
        let Self::Like { shape, .. } = self else { return };
        let bounds = [&shape.low, &shape.high].into_iter().flatten().map(|bound| &bound.value);
        let values =
            shape.values.iter().flatten().filter(|value| !matches!(value, Constant::List(_) | Constant::Map(_)));
        let constants: Vec<_> = bounds.chain(values).take(most.saturating_add(1)).collect();
        // Too many are left out, which leaves more possible than is.
        if constants.len() <= most {
            constants.into_iter().for_each(|constant| points.add(constant));
        }
    }

    /// The pieces that the field can be.
    pub(super) fn pieces(self, atoms: &[Atom]) -> Bits {
        Bits::of(atoms.len(), |at| atoms.get(at).is_some_and(|atom| self.allows(atom)))
    }

    /// Whether the field can be something in a piece.
    pub(super) fn allows(self, atom: &Atom) -> bool {
        match self {
            Self::Never => atom.is_nil(),
            Self::Like { always, .. } if atom.is_nil() => !always,
            Self::Like { shape, .. } => may_be(shape, atom),
        }
    }
}

/// Whether something that is there, in a piece, can be like a shape. Where that is not plain, it can.
fn may_be(shape: &Shape, atom: &Atom) -> bool {
    let kinds = shape.kinds;
    let listed =
        |wanted: &dyn Fn(&Constant) -> bool| shape.values.as_ref().is_none_or(|values| values.iter().any(wanted));
    match atom {
        Atom::Nil => true,
        Atom::Bool(value) => kinds.has(Kind::Boolean) && listed(&|known| *known == Constant::Bool(*value)),
        // It is in no range and among no values.
        Atom::NotANumber => {
            kinds.has(Kind::Number) && shape.values.is_none() && shape.low.is_none() && shape.high.is_none()
        }
        Atom::Number(piece) => {
            let kind = kinds.has(Kind::Number) || (kinds.has(Kind::Integer) && piece.has_whole());
            let low = shape.low.as_ref().is_none_or(|low| match piece.order(&low.value) {
                Some(order) => order.is_gt() || (order.is_eq() && !low.exclusive),
                None => true,
            });
            let high = shape.high.as_ref().is_none_or(|high| match piece.order(&high.value) {
                Some(order) => order.is_lt() || (order.is_eq() && !high.exclusive),
                None => true,
            });
            let number = |known: &Constant| matches!(known, Constant::Int(_) | Constant::Float(_));
            kind && low
                && high
                && listed(&|known| number(known) && piece.order(known).is_none_or(std::cmp::Ordering::is_eq))
        }
        Atom::Text(piece) => {
            let text = |known: &Constant| match known {
                Constant::Text(text) => piece.order(text).is_none_or(std::cmp::Ordering::is_eq),
                _ => false,
            };
            kinds.has(Kind::String) && listed(&text)
        }
        Atom::List(_) => kinds.has(Kind::Array) && listed(&|known| matches!(known, Constant::List(_))),
        Atom::Map(_) => kinds.has(Kind::Object) && listed(&|known| matches!(known, Constant::Map(_))),
    }
}
