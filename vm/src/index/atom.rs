//! What a single test tells an index: which values can satisfy it, and which values make it fail.

use alloc::vec::Vec;

use super::hash::{self, Part};
use super::ways::Literal;
use crate::image::Tables;
use crate::isa::{Instruction, Opcode};
use crate::number::Number;
use crate::{Kind, Value};

/// A set of kinds, one bit each.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Kinds(u8);

impl Kinds {
    const NIL: Self = Self(1 << Kind::Missing as u8 | 1 << Kind::Null as u8);
    const NUMBER: Self = Self(1 << Kind::Bool as u8 | 1 << Kind::Int as u8 | 1 << Kind::Float as u8);
    const TEXT: Self = Self(1 << Kind::Text as u8);
    const ARRAY: Self = Self(1 << Kind::Array as u8);
    const CONTAINER: Self = Self(1 << Kind::Array as u8 | 1 << Kind::Object as u8);
    pub(super) const ALL: Self = Self(u8::MAX);

    const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    #[inline]
    pub(super) const fn has(self, kind: Kind) -> bool {
        self.0 & 1 << kind as u8 != 0
    }
}

/// What must be so of an event's value for a literal to be true.
pub(super) enum Atom {
    /// A part of it has one of these hashes.
    Key(Part, Vec<u64>),
    /// It is a number in the closed interval. Bounds are rounded, which keeps their order.
    Range(f64, f64),
    /// Nothing that an index could use.
    None,
}

/// The rounded number, for intervals.
pub(super) fn rounded(value: Value<'_>) -> Option<f64> {
    match Number::of(value)? {
        Number::Int(int) => Some(int as f64),
        Number::Float(float) => (!float.is_nan()).then_some(float),
        Number::Big(digits) => digits.parse().ok(),
    }
}

/// What a literal demands.
pub(super) fn atom(tables: &Tables<'_>, literal: &Literal) -> Atom {
    // A false outcome says little: it is what a missing field gives.
    if !literal.outcome {
        return Atom::None;
    }
    let test = &literal.test;
    let constant = || tables.constant(test.c);
    let text_key = |part: fn(u32) -> Part| match constant() {
        Some(Value::Text(text)) if !text.is_empty() => match u32::try_from(text.len()) {
            Ok(len) => Atom::Key(part(len), [hash::text(text.as_bytes())].to_vec()),
            Err(_) => Atom::None,
        },
        _ => Atom::None,
    };
    match test.op {
        Opcode::Eq | Opcode::EqText | Opcode::EqInt | Opcode::EqBool => {
            constant().and_then(|value| Part::Whole.of(value)).map_or(Atom::None, |hash| whole([hash].to_vec()))
        }
        Opcode::InSet => set_hashes(tables, test.c).map_or(Atom::None, whole),
        Opcode::MatchesPrefix | Opcode::StartsWith => text_key(Part::Prefix),
        Opcode::MatchesSuffix => text_key(Part::LineSuffix),
        Opcode::Lt | Opcode::LtInt | Opcode::LtFloat | Opcode::Le | Opcode::LeInt | Opcode::LeFloat => {
            constant().and_then(rounded).map_or(Atom::None, |bound| Atom::Range(f64::NEG_INFINITY, bound))
        }
        Opcode::Gt | Opcode::GtInt | Opcode::GtFloat | Opcode::Ge | Opcode::GeInt | Opcode::GeFloat => {
            constant().and_then(rounded).map_or(Atom::None, |bound| Atom::Range(bound, f64::INFINITY))
        }
        _ => Atom::None,
    }
}

const fn whole(hashes: Vec<u64>) -> Atom {
    Atom::Key(Part::Whole, hashes)
}

fn set_hashes(tables: &Tables<'_>, id: u32) -> Option<Vec<u64>> {
    let set = tables.set(id)?;
    let words = |first: u32, count: u32| (first..first.saturating_add(count)).map(|at| tables.set_word(at));
    let texts = words(set.texts, set.text_count).map(|id| Some(hash::text(tables.string(id?)?.as_bytes())));
    let numbers = words(set.numbers, set.number_count).map(|id| Part::Whole.of(tables.constant(id?)?));
    texts.chain(numbers).collect()
}

/// The kinds of value on which a test surely does not fail; `None` for tests that are not understood here.
pub(super) fn safe_kinds(tables: &Tables<'_>, test: &Instruction) -> Option<Kinds> {
    let constant = tables.constant(test.c);
    let nested = matches!(constant, Some(Value::Array(_) | Value::Object(_)));
    let flat = if nested { Kinds::ALL.without(Kinds::CONTAINER) } else { Kinds::ALL };
    Some(match test.op {
        Opcode::EqText
        | Opcode::NeText
        | Opcode::EqInt
        | Opcode::NeInt
        | Opcode::EqBool
        | Opcode::NeBool
        | Opcode::InSet
        | Opcode::NotInSet
        | Opcode::Exists
        | Opcode::IsNull
        | Opcode::EqFolded
        | Opcode::InNetwork
        | Opcode::Sample => Kinds::ALL,
        // Containers can be nested too deeply to compare.
        Opcode::Eq | Opcode::Ne => flat,
        Opcode::InArray | Opcode::NotInArray | Opcode::InObject | Opcode::NotInObject => {
            Kinds::ALL.without(Kinds::CONTAINER)
        }
        Opcode::InText | Opcode::NotInText | Opcode::StartsWith | Opcode::EndsWith => Kinds::TEXT.and(Kinds::NIL),
        Opcode::LtInt
        | Opcode::LeInt
        | Opcode::GtInt
        | Opcode::GeInt
        | Opcode::LtFloat
        | Opcode::LeFloat
        | Opcode::GtFloat
        | Opcode::GeFloat => Kinds::NUMBER.and(Kinds::NIL),
        Opcode::Lt | Opcode::Le | Opcode::Gt | Opcode::Ge => match constant {
            Some(Value::Text(_)) => Kinds::TEXT.and(Kinds::NIL),
            Some(value) if Number::of(value).is_some() => Kinds::NUMBER.and(Kinds::NIL),
            _ => Kinds::NIL,
        },
        Opcode::Contains => match constant {
            Some(Value::Text(_)) => Kinds::TEXT.and(Kinds::CONTAINER).and(Kinds::NIL),
            Some(Value::Array(_) | Value::Object(_)) | None => Kinds::NIL,
            Some(_) => Kinds::CONTAINER.and(Kinds::NIL),
        },
        Opcode::Matches | Opcode::MatchesPrefix | Opcode::MatchesSuffix => {
            Kinds::TEXT.and(Kinds::NUMBER).and(Kinds::NIL)
        }
        // These look into arrays and are false for everything else.
        Opcode::Sum | Opcode::Avg | Opcode::Min | Opcode::Max | Opcode::Count => Kinds::ALL.without(Kinds::ARRAY),
        Opcode::All | Opcode::Any | Opcode::None => Kinds::ALL.without(Kinds::ARRAY),
        _ => return None,
    })
}
