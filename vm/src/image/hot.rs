//! What evaluation reads at every step, decoded once when the program is made: instructions, constants and the
//! ranges of rules. The rest stays in the image and is read in place.

use alloc::vec::Vec;
use core::cmp::Ordering;

use super::layout::{ConstRecord, ListRecord, RuleRecord, SetRecord, const_kinds};
use super::tables::Tables;
use super::verify::rows;
use crate::isa::{INSTRUCTION_BYTES, Instruction};
use crate::number::{self, Number};
use crate::{Array, Object, Value};

/// A constant whose text, if any, is a range of the image's text.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Const {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    BigInt(u32, u32),
    Text(u32, u32),
    Array(u32, u32),
    Object(u32, u32),
}

impl Const {
    /// As a value over the image's text.
    #[inline]
    pub(crate) fn value(self, text: &str) -> Value<'_> {
        let slice = |start: u32, end: u32| text.get(start as usize..end as usize).unwrap_or_default();
        match self {
            Self::Null => Value::Null,
            Self::Bool(b) => Value::Bool(b),
            Self::Int(i) => Value::Int(i),
            Self::Float(f) => Value::Float(f),
            Self::BigInt(start, end) => Value::BigInt(slice(start, end)),
            Self::Text(start, end) => Value::Text(slice(start, end)),
            Self::Array(start, end) => Value::Array(Array::Json(slice(start, end))),
            Self::Object(start, end) => Value::Object(Object::Json(slice(start, end))),
        }
    }
}

/// A rule list as a range of rules.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct HotList {
    pub(crate) first: u32,
    pub(crate) count: u32,
}

/// A set: its texts and numbers, each sorted.
#[derive(Debug, Default)]
pub(crate) struct HotSet {
    texts: Vec<(u32, u32)>,
    numbers: Vec<Const>,
}

impl HotSet {
    /// Whether the set has the value: binary search among its texts or its numbers.
    #[inline]
    pub(crate) fn has(&self, value: Value<'_>, text: &str) -> bool {
        if let Some(number) = Number::of(value) {
            let order = |member: &Const| {
                // Members are no NaNs; a NaN as value is behind all of them.
                Number::of(member.value(text))
                    .and_then(|member| number::compare(member, number))
                    .unwrap_or(Ordering::Less)
            };
            return self.numbers.binary_search_by(order).is_ok();
        }
        // Bytes order as code points do.
        let bytes = |(start, end): (u32, u32)| text.as_bytes().get(start as usize..end as usize).unwrap_or_default();
        let search = |wanted: &str| self.texts.binary_search_by(|member| bytes(*member).cmp(wanted.as_bytes())).is_ok();
        match value {
            Value::Text(wanted) => search(wanted),
            _ => crate::ops::with_text(value, search).unwrap_or(false),
        }
    }
}

/// The decoded tables of a verified image.
#[derive(Debug, Default)]
pub(crate) struct Hot {
    pub(crate) sets: Vec<HotSet>,
    pub(crate) code: Vec<Instruction>,
    pub(crate) constants: Vec<Const>,
    /// First instruction of each rule, and behind the last rule the end of the code: rules stand without gaps.
    pub(crate) entries: Vec<u32>,
    pub(crate) lists: Vec<HotList>,
}

impl Hot {
    /// Decodes verified tables.
    pub(super) fn decode(tables: &Tables<'_>) -> Self {
        let rules = rows(tables.rules, RuleRecord::BYTES);
        let code = rows(tables.code, INSTRUCTION_BYTES);
        let mut entries: Vec<u32> = (0..rules).filter_map(|rule| tables.rule(rule)).map(|rule| rule.entry).collect();
        entries.push(code);
        Self {
            sets: (0..rows(tables.set_table, SetRecord::BYTES)).filter_map(|set| decode_set(tables, set)).collect(),
            code: (0..code).filter_map(|pc| tables.instruction(pc)).collect(),
            constants: (0..rows(tables.constants, ConstRecord::BYTES)).filter_map(|id| constant(tables, id)).collect(),
            entries,
            lists: (0..rows(tables.lists, ListRecord::BYTES))
                .filter_map(|list| tables.list(list))
                .map(|list| HotList { first: list.first, count: list.count })
                .collect(),
        }
    }
}

fn decode_set(tables: &Tables<'_>, id: u32) -> Option<HotSet> {
    let set = tables.set(id)?;
    let words = |first: u32, count: u32| (first..first.saturating_add(count)).filter_map(|at| tables.set_word(at));
    Some(HotSet {
        texts: words(set.texts, set.text_count).filter_map(|word| tables.string_range(word)).collect(),
        numbers: words(set.numbers, set.number_count).filter_map(|word| constant(tables, word)).collect(),
    })
}

fn constant(tables: &Tables<'_>, id: u32) -> Option<Const> {
    let record = tables.const_record(id)?;
    let range = |make: fn(u32, u32) -> Const| tables.string_range(record.text).map(|(start, end)| make(start, end));
    match record.kind {
        const_kinds::NULL => Some(Const::Null),
        const_kinds::BOOL => Some(Const::Bool(record.bits != 0)),
        const_kinds::INT => Some(Const::Int(record.bits.cast_signed())),
        const_kinds::FLOAT => Some(Const::Float(f64::from_bits(record.bits))),
        const_kinds::BIG_INT => range(Const::BigInt),
        const_kinds::TEXT => range(Const::Text),
        const_kinds::ARRAY => range(Const::Array),
        const_kinds::OBJECT => range(Const::Object),
        _ => None,
    }
}
