//! Proves an image before one instruction of it runs.
//!
//! The order matters: first the frame (magic, format, section table, checksum), then strings, then
//! tables that only name strings, then tables that name those, and code last. A later check may rely on every
//! earlier one.

use alloc::vec::Vec;
use core::cmp::Ordering;

use super::error::{ImageError, ImageErrorKind as Kind};
use super::layout::{
    ConstRecord, DebugRecord, ExtraRecord, FIRST_SECTIONS, FORMAT, HEADER_BYTES, ListRecord, MAGIC, NONE,
    PatternRecord, RuleKind, RuleRecord, RulesetRecord, SECTION_ENTRY_BYTES, Section, SegmentRecord, SetRecord,
    StageRecord, cascade_flags, const_kinds, stage_flags,
};
use super::pattern::Pattern;
use super::tables::{Ranges, Tables};
use super::verify_rules::{list_belongs, lists_and_rules, rulesets};
use super::{LoadOptions, json_options};
use crate::isa::INSTRUCTION_BYTES;
use crate::number::{self, Number};
use crate::{Value, json};

pub(super) use super::code::worst_cost;

pub(super) type Check = Result<(), ImageError>;

/// What verification learns: where the sections are, and the hash over the meaning.
pub(super) struct Frame {
    pub(super) ranges: Ranges,
    pub(super) text: (usize, usize),
    pub(super) hash: [u8; 32],
}

fn read_u32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn read_u64(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// Checks everything outside the tables.
pub(super) fn frame(bytes: &[u8], options: &LoadOptions) -> Result<Frame, ImageError> {
    let fail = |kind| Err(ImageError::new(kind));
    if bytes.get(..8) != Some(&MAGIC) {
        return fail(Kind::NotAnImage);
    }
    let truncated = ImageError::new(Kind::Truncated);
    if read_u32(bytes, 8).ok_or(truncated)? != FORMAT {
        return fail(Kind::Format);
    }
    if read_u32(bytes, 12).ok_or(truncated)? != 0 {
        return fail(Kind::Features);
    }
    if bytes.len() as u64 > options.max_image_bytes {
        return fail(Kind::TooLarge);
    }
    if read_u64(bytes, 24).ok_or(truncated)? != bytes.len() as u64 {
        return fail(Kind::Truncated);
    }
    let sealed = bytes.get(HEADER_BYTES..).ok_or(truncated)?;
    if bytes.get(32..HEADER_BYTES) != Some(blake3::hash(sealed).as_bytes().as_slice()) {
        return fail(Kind::Checksum);
    }
    let count = read_u32(bytes, 16).ok_or(truncated)? as usize;
    if count > Section::ALL.len() {
        // A later release has said something that this one would leave out.
        return fail(Kind::Features);
    }
    if count < FIRST_SECTIONS || read_u32(bytes, 20) != Some(0) {
        return fail(Kind::SectionTable);
    }
    let ranges = section_table(bytes, count).ok_or(ImageError::new(Kind::SectionTable))?;
    let text = string_table(bytes, &ranges)?;
    Ok(Frame { hash: program_hash(bytes, &ranges, count), ranges, text })
}

/// Where the sections are; those that the image does not have are empty.
fn section_table(bytes: &[u8], count: usize) -> Option<Ranges> {
    let mut sections = [(0, 0); Section::ALL.len()];
    let mut end = HEADER_BYTES.checked_add(SECTION_ENTRY_BYTES.checked_mul(count)?)?;
    for (number, slot) in sections.iter_mut().take(count).enumerate() {
        let entry = HEADER_BYTES.checked_add(SECTION_ENTRY_BYTES.checked_mul(number)?)?;
        let entry = bytes.get(entry..)?;
        let offset = usize::try_from(read_u64(entry, 8)?).ok()?;
        let length = usize::try_from(read_u64(entry, 16)?).ok()?;
        let in_place = read_u32(entry, 0)? as usize == number && read_u32(entry, 4)? == 0;
        if !in_place || offset != end.checked_next_multiple_of(8)? {
            return None;
        }
        // What lies between sections is padding, and padding is zero: same meaning, same bytes.
        if bytes.get(end..offset)?.iter().any(|byte| *byte != 0) {
            return None;
        }
        end = offset.checked_add(length)?;
        *slot = (offset, end);
    }
    (end == bytes.len()).then_some(Ranges { sections })
}

/// BLAKE3 over kind, length and bytes of every section that the image has and that carries meaning.
fn program_hash(bytes: &[u8], ranges: &Ranges, count: usize) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"cascata program 0");
    for (section, (start, end)) in Section::ALL.iter().zip(ranges.sections).take(count) {
        if section.is_semantic() {
            let content = bytes.get(start..end).unwrap_or_default();
            hasher.update(&(*section as u32).to_le_bytes());
            hasher.update(&(content.len() as u64).to_le_bytes());
            hasher.update(content);
        }
    }
    *hasher.finalize().as_bytes()
}

/// Checks the string table; the answer is where the text is.
fn string_table(bytes: &[u8], ranges: &Ranges) -> Result<(usize, usize), ImageError> {
    let bad = |index: u32| ImageError::at(Kind::Strings, Section::Strings, index);
    let (start, end) = ranges.sections.first().copied().unwrap_or_default();
    let section = bytes.get(start..end).unwrap_or_default();
    let count = read_u32(section, 0).ok_or(bad(0))?;
    let head = (count as usize).checked_add(2).and_then(|words| words.checked_mul(4)).ok_or(bad(0))?;
    let text = section.get(head..).and_then(|text| core::str::from_utf8(text).ok()).ok_or(bad(0))?;
    let offsets = section.get(4..head).unwrap_or_default();
    let mut last = 0;
    for (index, offset) in (0_u32..).zip(offsets.as_chunks::<4>().0) {
        let offset = u32::from_le_bytes(*offset) as usize;
        if offset < last || !text.is_char_boundary(offset) || (index == 0 && offset != 0) {
            return Err(bad(index));
        }
        last = offset;
    }
    if last != text.len() {
        return Err(bad(count));
    }
    Ok((start.saturating_add(head), end))
}

/// Checks all tables, and makes the patterns ready.
pub(super) fn tables(tables: &Tables<'_>, options: &LoadOptions) -> Result<Vec<Pattern>, ImageError> {
    whole_records(tables)?;
    constants(tables)?;
    sets(tables)?;
    paths(tables)?;
    let patterns = patterns(tables, options)?;
    lists_and_rules(tables)?;
    rulesets(tables)?;
    stages(tables)?;
    cascade(tables)?;
    debug(tables)?;
    Ok(patterns)
}

/// Every table is a whole number of records.
fn whole_records(tables: &Tables<'_>) -> Check {
    let sizes = [
        (Section::Constants, tables.constants(), ConstRecord::BYTES),
        (Section::Sets, tables.sets(), 4),
        (Section::SetTable, tables.set_table(), SetRecord::BYTES),
        (Section::Patterns, tables.patterns(), PatternRecord::BYTES),
        (Section::Code, tables.code(), INSTRUCTION_BYTES),
        (Section::Rules, tables.rules(), RuleRecord::BYTES),
        (Section::Lists, tables.lists(), ListRecord::BYTES),
        (Section::Stages, tables.stages(), StageRecord::BYTES),
        (Section::Pool, tables.pool(), 4),
        (Section::Cascade, tables.cascade_section(), super::layout::CascadeRecord::BYTES),
        (Section::RuleExtras, tables.extras(), ExtraRecord::BYTES),
        (Section::Rulesets, tables.rulesets(), RulesetRecord::BYTES),
    ];
    for (section, bytes, size) in sizes {
        if !bytes.len().is_multiple_of(size) {
            return Err(ImageError::at(Kind::SectionTable, section, 0));
        }
    }
    Ok(())
}

/// Number of records in a table.
pub(super) fn rows(bytes: &[u8], size: usize) -> u32 {
    u32::try_from(bytes.len().checked_div(size).unwrap_or(0)).unwrap_or(u32::MAX)
}

fn constants(tables: &Tables<'_>) -> Check {
    for index in 0..rows(tables.constants(), ConstRecord::BYTES) {
        let good = tables.const_record(index).is_some_and(|record| match record.kind {
            const_kinds::NULL => record.bits == 0 && record.text == NONE,
            const_kinds::BOOL => record.bits <= 1 && record.text == NONE,
            const_kinds::INT => record.text == NONE,
            // No NaN: sets are sorted by value, and no source can write one.
            const_kinds::FLOAT => record.text == NONE && !f64::from_bits(record.bits).is_nan(),
            const_kinds::BIG_INT => record.bits == 0 && tables.string(record.text).is_some_and(is_big_int),
            const_kinds::TEXT => record.bits == 0 && tables.string(record.text).is_some(),
            const_kinds::ARRAY => record.bits == 0 && tables.string(record.text).is_some_and(|text| is_json(text, '[')),
            const_kinds::OBJECT => {
                record.bits == 0 && tables.string(record.text).is_some_and(|text| is_json(text, '{'))
            }
            _ => false,
        });
        if !good {
            return Err(ImageError::at(Kind::Constant, Section::Constants, index));
        }
    }
    Ok(())
}

/// Canonical digits outside 64 bits.
fn is_big_int(digits: &str) -> bool {
    let magnitude = digits.strip_prefix('-').unwrap_or(digits);
    !magnitude.starts_with('0')
        && !magnitude.is_empty()
        && magnitude.bytes().all(|byte| byte.is_ascii_digit())
        && digits.parse::<i64>().is_err()
}

fn is_json(text: &str, open: char) -> bool {
    text.starts_with(open)
        && json::validate(text.as_bytes(), &json_options()).is_ok()
        && !text.ends_with([' ', '\t', '\n', '\r'])
}

fn sets(tables: &Tables<'_>) -> Check {
    for index in 0..rows(tables.set_table(), SetRecord::BYTES) {
        if !tables.set(index).is_some_and(|set| is_sorted_set(tables, set)) {
            return Err(ImageError::at(Kind::Set, Section::SetTable, index));
        }
    }
    Ok(())
}

fn is_sorted_set(tables: &Tables<'_>, set: SetRecord) -> bool {
    let rising = |first: u32, count: u32, compare: &dyn Fn(u32, u32) -> Option<Ordering>| {
        let Some(end) = first.checked_add(count) else { return false };
        let mut last = None;
        (first..end).all(|at| {
            let Some(word) = tables.set_word(at) else { return false };
            // The first member is compared with itself, which proves its index and type.
            let before = last.replace(word).unwrap_or(word);
            let expected = if at == first { Ordering::Equal } else { Ordering::Less };
            compare(before, word) == Some(expected)
        })
    };
    let number = |word: u32| match tables.constant(word) {
        Some(Value::Bool(_)) | None => None,
        Some(value) => Number::of(value),
    };
    rising(set.texts, set.text_count, &|l, r| Some(tables.string(l)?.cmp(tables.string(r)?)))
        && rising(set.numbers, set.number_count, &|l, r| number::compare(number(l)?, number(r)?))
}

fn paths(tables: &Tables<'_>) -> Check {
    let bad = |index| ImageError::at(Kind::Path, Section::Paths, index);
    let count = tables.path_count();
    let mut last = 0;
    for index in 0..count {
        let (segments, range) = tables.path_range(index).ok_or(bad(index))?;
        if range.start != last || range.end <= range.start {
            return Err(bad(index));
        }
        last = range.end;
        if range.clone().any(|at| tables.segment(segments, at).is_none()) {
            return Err(bad(index));
        }
    }
    let head = (count as usize).saturating_add(2).saturating_mul(4);
    let body = last.saturating_mul(SegmentRecord::BYTES);
    if tables.paths().len() != head.saturating_add(body) {
        return Err(bad(count));
    }
    Ok(())
}

fn patterns(tables: &Tables<'_>, options: &LoadOptions) -> Result<Vec<Pattern>, ImageError> {
    let mut patterns = Vec::new();
    for index in 0..rows(tables.patterns(), PatternRecord::BYTES) {
        let bad = |kind| ImageError::at(kind, Section::Patterns, index);
        let record = tables.pattern(index).ok_or(bad(Kind::Pattern))?;
        let text = tables.string(record.text).ok_or(bad(Kind::Pattern))?;
        let (form, dfa) = tables.automaton(index).ok_or(bad(Kind::Pattern))?;
        patterns.push(Pattern::load(text, form, dfa, options).map_err(bad)?);
    }
    Ok(patterns)
}

pub(super) fn stage_words_are_valid(tables: &Tables<'_>, first: u32, count: u32) -> bool {
    let Some(end) = first.checked_add(count) else { return false };
    (first..end).all(|at| tables.pool_word(at).is_some_and(|word| tables.stage(word).is_some()))
}

fn stages(tables: &Tables<'_>) -> Check {
    const KNOWN: u32 = stage_flags::ENABLED | stage_flags::PARALLEL | stage_flags::CACHE;
    for index in 0..rows(tables.stages(), StageRecord::BYTES) {
        let bad = |kind| ImageError::at(kind, Section::Stages, index);
        let stage = tables.stage(index).ok_or(bad(Kind::Index))?;
        let strings = tables.string(stage.name).is_some()
            && tables.string(stage.host).is_some_and(|host| is_json(host, '{'))
            && (stage.group == NONE || tables.string(stage.group).is_some());
        if !strings || !stage_words_are_valid(tables, stage.deps, stage.dep_count) {
            return Err(bad(Kind::Index));
        }
        let lists = [
            (stage.preconditions, RuleKind::Precondition),
            (stage.routing, RuleKind::Routing),
            (stage.postconditions, RuleKind::Postcondition),
        ];
        for (list, kind) in lists {
            if !list_belongs(tables, list, kind, index) {
                return Err(bad(Kind::Record));
            }
        }
        if stage.flags & !KNOWN != 0 {
            return Err(bad(Kind::Record));
        }
    }
    Ok(())
}

fn cascade(tables: &Tables<'_>) -> Check {
    let bad = |kind| ImageError::at(kind, Section::Cascade, 0);
    let cascade = tables.cascade().ok_or(bad(Kind::Record))?;
    let strings = [cascade.name, cascade.version].iter().all(|id| tables.string(*id).is_some())
        && tables.string(cascade.host).is_some_and(|host| is_json(host, '{'));
    let key_end = cascade.cache_key.checked_add(cascade.cache_key_count).ok_or(bad(Kind::Index))?;
    let keys =
        (cascade.cache_key..key_end).all(|at| tables.pool_word(at).is_some_and(|path| path < tables.path_count()));
    if !strings || !keys || !stage_words_are_valid(tables, cascade.plan, cascade.plan_count) {
        return Err(bad(Kind::Index));
    }
    if !list_belongs(tables, cascade.globals, RuleKind::Global, NONE) || cascade.flags & !cascade_flags::CACHING != 0 {
        return Err(bad(Kind::Record));
    }
    let outcome = cascade.outcome == NONE || list_belongs(tables, cascade.outcome, RuleKind::Outcome, NONE);
    if !outcome || cascade.reserved != 0 {
        return Err(bad(Kind::Record));
    }
    Ok(())
}

/// Debug places carry no meaning, but they have to be whole and sorted so that look-ups end.
fn debug(tables: &Tables<'_>) -> Check {
    let bad = |index| ImageError::at(Kind::Record, Section::Debug, index);
    let (conditions, records) = tables.debug();
    if !records.len().is_multiple_of(DebugRecord::BYTES) || tables.debug_section().len() < 4 {
        return Err(bad(0));
    }
    let total = rows(records, DebugRecord::BYTES);
    let texts = [tables.build(), tables.files()].iter().all(|text| core::str::from_utf8(text).is_ok());
    if conditions > total || !texts {
        return Err(bad(conditions));
    }
    let mut last = None;
    for index in 0..total {
        let record = tables.debug_record(index as usize).ok_or(bad(index))?;
        if index == conditions {
            last = None;
        }
        if last.replace(record.subject).is_some_and(|last| record.subject <= last) {
            return Err(bad(index));
        }
    }
    Ok(())
}
