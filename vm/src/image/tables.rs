//! Typed reads of an image's tables. Every read is checked, and answers `None` outside its table, so that the
//! verifier can use the same code before anything is proven.

use super::layout::{
    AutomatonRecord, CascadeRecord, ConstRecord, DebugRecord, ExtraRecord, ListRecord, NONE, PatternRecord, RuleRecord,
    RulesetRecord, Section, SegmentRecord, SetRecord, StageRecord, const_kinds,
};
use crate::isa::{INSTRUCTION_BYTES, Instruction};
use crate::{Array, Object, Segment, Value};

/// Byte ranges of the sections.
#[derive(Clone, Debug)]
pub(crate) struct Ranges {
    pub(crate) sections: [(usize, usize); Section::ALL.len()],
}

/// The sections of an image. Small, because views of rules and stages carry it; a section is sliced when it is read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tables<'p> {
    bytes: &'p [u8],
    ranges: &'p Ranges,
    /// The bytes of all strings.
    pub(crate) text: &'p str,
}

macro_rules! sections {
    ($($name:ident $section:ident;)*) => {
        impl<'p> Tables<'p> {
            $(#[inline] pub(crate) fn $name(&self) -> &'p [u8] {
                self.section(Section::$section)
            })*
        }
    };
}

sections! {
    strings Strings;
    constants Constants;
    sets Sets;
    set_table SetTable;
    paths Paths;
    patterns Patterns;
    automata Automata;
    code Code;
    rules Rules;
    lists Lists;
    stages Stages;
    pool Pool;
    cascade_section Cascade;
    debug_section Debug;
    build Build;
    files Files;
    extras RuleExtras;
    rulesets Rulesets;
}

fn word(words: &[u8], index: usize) -> Option<u32> {
    let start = index.checked_mul(4)?;
    Some(u32::from_le_bytes(*words.get(start..)?.first_chunk()?))
}

impl<'p> Tables<'p> {
    /// `text` is what stands behind the string offsets.
    pub(crate) fn new(bytes: &'p [u8], ranges: &'p Ranges, text: &'p str) -> Self {
        Self { bytes, ranges, text }
    }

    #[inline]
    fn section(&self, section: Section) -> &'p [u8] {
        let (start, end) = self.ranges.sections.get(section as usize).copied().unwrap_or_default();
        self.bytes.get(start..end).unwrap_or_default()
    }

    pub(crate) fn string_count(&self) -> u32 {
        word(self.strings(), 0).unwrap_or(0)
    }

    /// Where a string stands in the text.
    #[inline]
    pub(crate) fn string_range(&self, id: u32) -> Option<(u32, u32)> {
        if id >= self.string_count() {
            return None;
        }
        let at = (id as usize).checked_add(1)?;
        Some((word(self.strings(), at)?, word(self.strings(), at.checked_add(1)?)?))
    }

    #[inline]
    pub(crate) fn string(&self, id: u32) -> Option<&'p str> {
        let (start, end) = self.string_range(id)?;
        self.text.get(start as usize..end as usize)
    }

    pub(crate) fn optional_string(&self, id: u32) -> Option<&'p str> {
        if id == NONE { None } else { self.string(id) }
    }

    #[inline]
    pub(crate) fn const_record(&self, id: u32) -> Option<ConstRecord> {
        ConstRecord::read(self.constants(), id as usize)
    }

    #[inline]
    pub(crate) fn constant(&self, id: u32) -> Option<Value<'p>> {
        let record = self.const_record(id)?;
        Some(match record.kind {
            const_kinds::NULL => Value::Null,
            const_kinds::BOOL => Value::Bool(record.bits != 0),
            const_kinds::INT => Value::Int(record.bits.cast_signed()),
            const_kinds::BIG_INT => Value::BigInt(self.string(record.text)?),
            const_kinds::FLOAT => Value::Float(f64::from_bits(record.bits)),
            const_kinds::TEXT => Value::Text(self.string(record.text)?),
            const_kinds::ARRAY => Value::Array(Array::Json(self.string(record.text)?)),
            const_kinds::OBJECT => Value::Object(Object::Json(self.string(record.text)?)),
            _ => return None,
        })
    }

    pub(crate) fn set(&self, id: u32) -> Option<SetRecord> {
        SetRecord::read(self.set_table(), id as usize)
    }

    pub(crate) fn set_word(&self, index: u32) -> Option<u32> {
        word(self.sets(), index as usize)
    }

    pub(crate) fn path_count(&self) -> u32 {
        word(self.paths(), 0).unwrap_or(0)
    }

    /// The segment records of a path, as the table and a range of positions in it.
    pub(crate) fn path_range(&self, id: u32) -> Option<(&'p [u8], core::ops::Range<usize>)> {
        let count = self.path_count();
        if id >= count {
            return None;
        }
        let at = (id as usize).checked_add(1)?;
        let start = word(self.paths(), at)? as usize;
        let end = word(self.paths(), at.checked_add(1)?)? as usize;
        let header = (count as usize).checked_add(2)?.checked_mul(4)?;
        Some((self.paths().get(header..)?, start..end))
    }

    pub(crate) fn segment(&self, table: &[u8], at: usize) -> Option<Segment> {
        let record = SegmentRecord::read(table, at)?;
        match record.tag {
            0 => Some(Segment::Key(self.string(record.value)?.into())),
            1 => Some(Segment::Index(record.value)),
            _ => None,
        }
    }

    pub(crate) fn pattern(&self, id: u32) -> Option<PatternRecord> {
        PatternRecord::read(self.patterns(), id as usize)
    }

    /// The form and bytes of a pattern's automaton.
    pub(crate) fn automaton(&self, id: u32) -> Option<(u32, &'p [u8])> {
        let record = AutomatonRecord::read(self.automata(), id as usize)?;
        let patterns = self.patterns().len().checked_div(PatternRecord::BYTES)?;
        let blob = self.automata().get(patterns.checked_mul(AutomatonRecord::BYTES)?..)?;
        let end = record.offset.checked_add(record.length)?;
        let bytes = blob.get(record.offset as usize..end as usize)?;
        (record.reserved == 0).then_some((record.form, bytes))
    }

    #[inline]
    pub(crate) fn instruction(&self, pc: u32) -> Option<Instruction> {
        let start = (pc as usize).checked_mul(INSTRUCTION_BYTES)?;
        Instruction::decode(self.code().get(start..)?.first_chunk()?)
    }

    #[inline]
    pub(crate) fn rule(&self, id: u32) -> Option<RuleRecord> {
        RuleRecord::read(self.rules(), id as usize)
    }

    #[inline]
    pub(crate) fn extra(&self, id: u32) -> Option<ExtraRecord> {
        ExtraRecord::read(self.extras(), id as usize)
    }

    pub(crate) fn ruleset(&self, id: u32) -> Option<RulesetRecord> {
        RulesetRecord::read(self.rulesets(), id as usize)
    }

    pub(crate) fn list(&self, id: u32) -> Option<ListRecord> {
        ListRecord::read(self.lists(), id as usize)
    }

    pub(crate) fn stage(&self, id: u32) -> Option<StageRecord> {
        StageRecord::read(self.stages(), id as usize)
    }

    pub(crate) fn pool_word(&self, index: u32) -> Option<u32> {
        word(self.pool(), index as usize)
    }

    pub(crate) fn cascade(&self) -> Option<CascadeRecord> {
        CascadeRecord::read(self.cascade_section(), 0)
    }

    /// Number of condition places, and all places: conditions first, then rules.
    pub(crate) fn debug(&self) -> (u32, &'p [u8]) {
        (word(self.debug_section(), 0).unwrap_or(0), self.debug_section().get(4..).unwrap_or_default())
    }

    pub(crate) fn debug_record(&self, index: usize) -> Option<DebugRecord> {
        DebugRecord::read(self.debug().1, index)
    }
}
