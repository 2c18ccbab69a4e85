//! What a single test tells an index: which values can satisfy it, and which values make it fail.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::hash::{Mark, Part};
use super::kinds::Kinds;
use super::mine::{Mined, mine};
use super::ways::Literal;
use crate::Value;
use crate::image::Tables;
use crate::isa::{Instruction, Opcode, SELECTED};
use crate::number::Number;
use crate::ops::CompareOp;

/// What must be so of an event's value for a literal to be true.
pub(super) enum Atom {
    /// A part of it is one of these. Where words stand for it and are the same, the literal is surely true.
    Key(Part, Vec<Mark>),
    /// It is a number in the closed interval; inside of it the literal is surely true. Bounds are rounded, which keeps their order.
    Range(f64, f64),
    /// It has something in it.
    Within(Within),
    /// It is one of more values than may be noted.
    TooLarge,
    /// Nothing that an index could use.
    None,
}

/// What a value has in it.
#[derive(Clone, Default, Debug)]
pub(super) struct Within {
    /// A text has one of these in it; if there are none, no text satisfies the literal.
    pub(super) needles: Vec<Vec<u8>>,
    /// A list has an element, a mapping a key with this hash; without one, neither satisfies the literal.
    pub(super) member: Option<u64>,
}

/// The rounded number, for intervals.
pub(super) fn rounded(value: Value<'_>) -> Option<f64> {
    match Number::of(value)? {
        Number::Int(int) => Some(int as f64),
        Number::Float(float) => (!float.is_nan()).then_some(float),
        Number::Big(digits) => digits.parse().ok(),
    }
}

/// What is known and allowed while the rules of a list are read.
#[derive(Default)]
pub(super) struct Reading {
    /// How many members of lists may still be noted.
    members_left: usize,
    /// What the patterns seen so far demand: a pattern may be asked by very many rules.
    mined: BTreeMap<u32, Mined>,
}

impl Reading {
    /// With room for so many members.
    pub(super) const fn new(members_left: usize) -> Self {
        Self { members_left, mined: BTreeMap::new() }
    }
}

/// What a literal demands.
pub(super) fn atom(tables: &Tables<'_>, literal: &Literal, reading: &mut Reading) -> Atom {
    // A false outcome says little: it is what a missing field gives.
    if !literal.outcome {
        return Atom::None;
    }
    let test = &literal.test;
    let constant = || tables.constant(test.c);
    let text = || match constant() {
        Some(Value::Text(text)) if !text.is_empty() => Some(text.as_bytes()),
        _ => None,
    };
    match test.op {
        Opcode::Eq | Opcode::EqText | Opcode::EqInt | Opcode::EqBool => {
            constant().and_then(|value| Part::Whole.of(value)).map_or(Atom::None, |mark| whole([mark].to_vec()))
        }
        Opcode::EqFolded => {
            constant().and_then(|value| Part::Folded.of(value)).map_or(Atom::None, |mark| key(Part::Folded, mark))
        }
        Opcode::InSet => set(tables, test.c, &mut reading.members_left),
        Opcode::MatchesPrefix | Opcode::StartsWith => text().map_or(Atom::None, beginning),
        Opcode::MatchesSuffix => text().map_or(Atom::None, end),
        // Of a text that ends with something else than a newline no final newline is taken off.
        Opcode::EndsWith => text().filter(|text| !text.ends_with(b"\n")).map_or(Atom::None, end),
        Opcode::Matches => pattern(tables, test.c, &mut reading.mined),
        Opcode::Contains => constant().map_or(Atom::None, |value| within(value, text())),
        Opcode::Any if test.b & SELECTED == 0 && CompareOp::from_code(test.b) == Some(CompareOp::Eq) => {
            constant().map_or(Atom::None, |value| within(value, None))
        }
        Opcode::Lt | Opcode::LtInt | Opcode::LtFloat | Opcode::Le | Opcode::LeInt | Opcode::LeFloat => {
            constant().and_then(rounded).map_or(Atom::None, |bound| Atom::Range(f64::NEG_INFINITY, bound))
        }
        Opcode::Gt | Opcode::GtInt | Opcode::GtFloat | Opcode::Ge | Opcode::GeInt | Opcode::GeFloat => {
            constant().and_then(rounded).map_or(Atom::None, |bound| Atom::Range(bound, f64::INFINITY))
        }
        _ => Atom::None,
    }
}

const fn whole(marks: Vec<Mark>) -> Atom {
    Atom::Key(Part::Whole, marks)
}

fn key(part: Part, mark: Mark) -> Atom {
    Atom::Key(part, [mark].to_vec())
}

/// A text that something begins or ends with, of which so much is looked up.
fn affix(part: fn(u32) -> Part, looked_up: &[u8], all: &[u8]) -> Atom {
    let Ok(length) = u32::try_from(looked_up.len()) else { return Atom::None };
    let mark = Mark::text(looked_up);
    key(part(length), if looked_up.len() == all.len() { mark } else { Mark::loose(mark.hash) })
}

/// How much of a beginning or end is hashed. Each length is a look-up for every event, so long ones share few lengths.
fn cut(length: usize) -> usize {
    const LENGTHS: [usize; 7] = [64, 48, 32, 24, 16, 12, 8];
    LENGTHS.iter().copied().find(|short| *short <= length).unwrap_or(length)
}

fn beginning(text: &[u8]) -> Atom {
    text.get(..cut(text.len())).map_or(Atom::None, |first| affix(Part::Prefix, first, text))
}

fn end(text: &[u8]) -> Atom {
    let from = text.len().saturating_sub(cut(text.len()));
    text.get(from..).map_or(Atom::None, |last| affix(Part::LineSuffix, last, text))
}

fn pattern(tables: &Tables<'_>, id: u32, mined: &mut BTreeMap<u32, Mined>) -> Atom {
    let mined = mined.entry(id).or_insert_with(|| {
        let text = tables.pattern(id).and_then(|pattern| tables.string(pattern.text));
        text.map_or(Mined::Nothing, mine)
    });
    match mined {
        Mined::Beginnings(texts) => match u32::try_from(texts.first().map_or(0, Vec::len)) {
            Ok(length) => {
                // A pattern wants more than its beginning.
                let marks = texts.iter().map(|text| Mark::loose(Mark::text(text).hash));
                Atom::Key(Part::Prefix(length), marks.collect())
            }
            Err(_) => Atom::None,
        },
        Mined::Inside(needles) => Atom::Within(Within { needles: needles.clone(), member: None }),
        Mined::Nothing => Atom::None,
    }
}

/// What has the value as an element, key or part.
fn within(value: Value<'_>, needle: Option<&[u8]>) -> Atom {
    match Part::Whole.of(value) {
        // Every text has the empty text in it.
        Some(_) if needle.is_none() && matches!(value, Value::Text("")) => Atom::None,
        Some(mark) => {
            Atom::Within(Within { needles: needle.into_iter().map(<[u8]>::to_vec).collect(), member: Some(mark.hash) })
        }
        None => Atom::None,
    }
}

fn set(tables: &Tables<'_>, id: u32, left: &mut usize) -> Atom {
    let Some(set) = tables.set(id) else { return Atom::None };
    let members = (set.text_count as usize).saturating_add(set.number_count as usize);
    match left.checked_sub(members) {
        Some(rest) => *left = rest,
        None => return Atom::TooLarge,
    }
    let words = |first: u32, count: u32| (first..first.saturating_add(count)).map(|at| tables.set_word(at));
    let texts = words(set.texts, set.text_count).map(|id| Some(Mark::text(tables.string(id?)?.as_bytes())));
    let numbers = words(set.numbers, set.number_count).map(|id| Part::Whole.of(tables.constant(id?)?));
    texts.chain(numbers).collect::<Option<_>>().map_or(Atom::None, whole)
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
        | Opcode::All
        | Opcode::Any
        | Opcode::None
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
        _ => return None,
    })
}
