//! Writes images. The compiler's last step and the assembler use it; what it writes, `verify` still checks.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use super::layout::{
    AutomatonRecord, CascadeRecord, ConstRecord, DebugRecord, ExtraRecord, FORMAT, Field, HEADER_BYTES, ListRecord,
    MAGIC, NONE, PatternRecord, RuleRecord, RulesetRecord, SECTION_ENTRY_BYTES, Section, SegmentRecord, SetRecord,
    StageRecord, cascade_flags, const_kinds, stage_flags,
};
use super::pattern::PatternDfa;
use super::spec::{CascadeSpec, Constant, StageSpec};
use crate::isa::Instruction;
use crate::{ConstId, ListId, PathId, RegexId, Segment, StageId, StrId};

/// Collects tables and writes an image. Equal strings, constants and paths are stored once.
#[derive(Default, Debug)]
pub struct ImageBuilder {
    strings: Vec<String>,
    string_ids: BTreeMap<String, u32>,
    constants: Vec<ConstRecord>,
    constant_ids: BTreeMap<(u32, u32, u64), u32>,
    set_words: Vec<u32>,
    sets: Vec<SetRecord>,
    set_ids: BTreeMap<(Vec<u32>, Vec<u32>), u32>,
    paths: Vec<Vec<Segment>>,
    path_ids: BTreeMap<Vec<Segment>, u32>,
    patterns: Vec<PatternRecord>,
    pattern_ids: BTreeMap<u32, u32>,
    automaton_records: Vec<AutomatonRecord>,
    automata: Vec<u8>,
    pub(super) code: Vec<Instruction>,
    pub(super) rules: Vec<RuleRecord>,
    pub(super) lists: Vec<ListRecord>,
    pub(super) extras: Vec<ExtraRecord>,
    pub(super) rulesets: Vec<RulesetRecord>,
    /// First rule and cost so far of the list that is being written.
    pub(super) open_list: Option<(u32, u64)>,
    outcome: Option<ListId>,
    files: String,
    stages: Vec<StageRecord>,
    pool: Vec<u32>,
    pub(super) condition_spans: Vec<DebugRecord>,
    pub(super) rule_spans: Vec<DebugRecord>,
}

/// Table sizes are bounded by the compiler's input limits, far below 2^32.
pub(super) fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

impl ImageBuilder {
    /// An empty builder.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Stores a string.
    pub fn string(&mut self, text: &str) -> StrId {
        if let Some(id) = self.string_ids.get(text) {
            return StrId::new(*id);
        }
        let id = count(self.strings.len());
        self.strings.push(text.into());
        self.string_ids.insert(text.into(), id);
        StrId::new(id)
    }

    /// Stores a constant.
    pub fn constant(&mut self, constant: &Constant) -> ConstId {
        let (kind, text, bits) = match constant {
            Constant::Null => (const_kinds::NULL, NONE, 0),
            Constant::Bool(b) => (const_kinds::BOOL, NONE, u64::from(*b)),
            Constant::Int(i) => (const_kinds::INT, NONE, i.cast_unsigned()),
            Constant::Float(f) => (const_kinds::FLOAT, NONE, f.to_bits()),
            Constant::BigInt(digits) => (const_kinds::BIG_INT, self.string(digits).as_u32(), 0),
            Constant::Text(text) => (const_kinds::TEXT, self.string(text).as_u32(), 0),
            Constant::Array(json) => (const_kinds::ARRAY, self.string(json).as_u32(), 0),
            Constant::Object(json) => (const_kinds::OBJECT, self.string(json).as_u32(), 0),
        };
        let next = count(self.constants.len());
        let id = *self.constant_ids.entry((kind, text, bits)).or_insert(next);
        if id == next {
            self.constants.push(ConstRecord { kind, text, bits });
        }
        ConstId::new(id)
    }

    /// Stores a set of texts and numbers. `numbers` have to be sorted by value, without equal ones.
    pub fn set(&mut self, texts: &[String], numbers: &[ConstId]) -> u32 {
        let mut sorted: Vec<&String> = texts.iter().collect();
        sorted.sort();
        sorted.dedup();
        let texts: Vec<u32> = sorted.iter().map(|text| self.string(text).as_u32()).collect();
        let numbers: Vec<u32> = numbers.iter().map(|id| id.as_u32()).collect();
        let key = (texts, numbers);
        if let Some(id) = self.set_ids.get(&key) {
            return *id;
        }
        let (texts, numbers) = &key;
        let first = count(self.set_words.len());
        self.set_words.extend(texts);
        let second = count(self.set_words.len());
        self.set_words.extend(numbers);
        let id = count(self.sets.len());
        self.sets.push(SetRecord {
            texts: first,
            text_count: count(texts.len()),
            numbers: second,
            number_count: count(numbers.len()),
        });
        self.set_ids.insert(key, id);
        id
    }

    /// Stores a path.
    pub fn path(&mut self, segments: &[Segment]) -> PathId {
        if let Some(id) = self.path_ids.get(segments) {
            return PathId::new(*id);
        }
        let id = count(self.paths.len());
        self.paths.push(segments.to_vec());
        self.path_ids.insert(segments.to_vec(), id);
        PathId::new(id)
    }

    /// The pattern, if it is stored already: spares making its automaton again.
    #[must_use]
    pub fn known_pattern(&self, pattern: &str) -> Option<RegexId> {
        let text = self.string_ids.get(pattern)?;
        self.pattern_ids.get(text).copied().map(RegexId::new)
    }

    /// Stores a pattern in the syntax of `regex-syntax`, with its automaton if there is one.
    pub fn pattern(&mut self, pattern: &str, dfa: Option<&PatternDfa>) -> RegexId {
        let text = self.string(pattern).as_u32();
        let next = count(self.patterns.len());
        let id = *self.pattern_ids.entry(text).or_insert(next);
        if id == next {
            self.patterns.push(PatternRecord { text });
            // A multiple of 8, as the sections are: dense automata are read in place.
            let offset = self.automata.len().next_multiple_of(8);
            self.automata.resize(offset, 0);
            let (form, bytes) = dfa.map_or((0, [].as_slice()), |dfa| (dfa.form, dfa.bytes.as_slice()));
            self.automata.extend_from_slice(bytes);
            let record = AutomatonRecord { form, reserved: 0, offset: count(offset), length: count(bytes.len()) };
            self.automaton_records.push(record);
        }
        RegexId::new(id)
    }

    pub(super) fn words(&mut self, words: impl Iterator<Item = u32>) -> (u32, u32) {
        let first = count(self.pool.len());
        self.pool.extend(words);
        (first, count(self.pool.len()).saturating_sub(first))
    }

    /// Stores a stage; stages are numbered in the order of these calls.
    pub fn stage(&mut self, stage: &StageSpec) -> StageId {
        let id = count(self.stages.len());
        let (deps, dep_count) = self.words(stage.depends_on.iter().map(|dep| dep.as_u32()));
        let name = self.string(&stage.name).as_u32();
        let host = self.string(&stage.host).as_u32();
        let group = stage.parallel_group.as_ref().map_or(NONE, |group| self.string(group).as_u32());
        let flag = |on: bool, bit: u32| if on { bit } else { 0 };
        self.stages.push(StageRecord {
            name,
            host,
            group,
            flags: flag(stage.enabled, stage_flags::ENABLED)
                | flag(stage.can_run_parallel, stage_flags::PARALLEL)
                | flag(stage.cache_enabled, stage_flags::CACHE),
            deps,
            dep_count,
            preconditions: stage.preconditions.as_u32(),
            routing: stage.routing.as_u32(),
            postconditions: stage.postconditions.as_u32(),
            max_retries: stage.max_retries,
            timeout_ms: stage.timeout_ms,
            retry_delay_ms: stage.retry_delay_ms,
            cache_ttl_seconds: stage.cache_ttl_seconds,
        });
        StageId::new(id)
    }

    /// Names the next file that places may be in, by its path from the source's folder; the first one is number 1.
    pub fn file(&mut self, name: &str) {
        self.files.push_str(name);
        self.files.push('\n');
    }

    /// Says which list of kind [`RuleKind::Outcome`](super::RuleKind::Outcome) the verdict comes from. Default none.
    pub fn outcome(&mut self, list: ListId) {
        self.outcome = Some(list);
    }

    /// Writes the image. `build` names the compiler; it must hold neither time nor path.
    #[must_use]
    pub fn finish(mut self, cascade: &CascadeSpec, globals: ListId, build: &str) -> Vec<u8> {
        let record = self.cascade(cascade, globals);
        let mut sections: Vec<Vec<u8>> = Vec::new();
        for section in Section::ALL {
            sections.push(self.section(*section, &record, build));
        }
        assemble_file(&sections)
    }

    fn cascade(&mut self, cascade: &CascadeSpec, globals: ListId) -> CascadeRecord {
        let (plan, plan_count) = self.words(cascade.plan.iter().map(|stage| stage.as_u32()));
        let (cache_key, cache_key_count) = self.words(cascade.cache_key_paths.iter().map(|path| path.as_u32()));
        CascadeRecord {
            name: self.string(&cascade.name).as_u32(),
            version: self.string(&cascade.version).as_u32(),
            host: self.string(&cascade.host).as_u32(),
            globals: globals.as_u32(),
            flags: if cascade.enable_caching { cascade_flags::CACHING } else { 0 },
            max_parallel: cascade.max_parallel_stages,
            plan,
            plan_count,
            cache_key,
            cache_key_count,
            global_timeout_ms: cascade.global_timeout_ms,
            outcome: self.outcome.map_or(NONE, ListId::as_u32),
            reserved: 0,
        }
    }

    fn section(&mut self, section: Section, cascade: &CascadeRecord, build: &str) -> Vec<u8> {
        let mut out = Vec::new();
        match section {
            Section::Strings => {
                // Path keys are the last strings that anybody adds.
                let keys: Vec<String> = self.paths.iter().flatten().filter_map(key_of).collect();
                for key in keys {
                    self.string(&key);
                }
                write_strings(&self.strings, &mut out);
            }
            Section::Constants => self.constants.iter().for_each(|record| record.write(&mut out)),
            Section::Sets => self.set_words.iter().for_each(|word| word.put(&mut out)),
            Section::SetTable => self.sets.iter().for_each(|record| record.write(&mut out)),
            Section::Paths => self.write_paths(&mut out),
            Section::Patterns => self.patterns.iter().for_each(|record| record.write(&mut out)),
            Section::Automata => {
                self.automaton_records.iter().for_each(|record| record.write(&mut out));
                out.extend_from_slice(&self.automata);
            }
            Section::Code => self.code.iter().for_each(|instruction| out.extend_from_slice(&instruction.encode())),
            Section::Rules => self.rules.iter().for_each(|record| record.write(&mut out)),
            Section::Lists => self.lists.iter().for_each(|record| record.write(&mut out)),
            Section::Stages => self.stages.iter().for_each(|record| record.write(&mut out)),
            Section::Pool => self.pool.iter().for_each(|word| word.put(&mut out)),
            Section::Cascade => cascade.write(&mut out),
            Section::Debug => {
                count(self.condition_spans.len()).put(&mut out);
                self.condition_spans.iter().chain(&self.rule_spans).for_each(|record| record.write(&mut out));
            }
            Section::RuleExtras => self.extras.iter().for_each(|record| record.write(&mut out)),
            Section::Rulesets => self.rulesets.iter().for_each(|record| record.write(&mut out)),
            Section::Files => out.extend_from_slice(self.files.as_bytes()),
            Section::Build => out.extend_from_slice(build.as_bytes()),
        }
        out
    }

    fn write_paths(&mut self, out: &mut Vec<u8>) {
        let paths = core::mem::take(&mut self.paths);
        count(paths.len()).put(out);
        let mut offset = 0_u32;
        offset.put(out);
        for path in &paths {
            offset = offset.saturating_add(count(path.len()));
            offset.put(out);
        }
        for segment in paths.iter().flatten() {
            match segment {
                Segment::Key(key) => SegmentRecord { tag: 0, value: self.string(key).as_u32() }.write(out),
                Segment::Index(index) => SegmentRecord { tag: 1, value: *index }.write(out),
            }
        }
    }
}

fn key_of(segment: &Segment) -> Option<String> {
    match segment {
        Segment::Key(key) => Some(key.clone()),
        Segment::Index(_) => None,
    }
}

fn write_strings(strings: &[String], out: &mut Vec<u8>) {
    count(strings.len()).put(out);
    let mut offset = 0_u32;
    offset.put(out);
    for string in strings {
        offset = offset.saturating_add(count(string.len()));
        offset.put(out);
    }
    for string in strings {
        out.extend_from_slice(string.as_bytes());
    }
}

/// Puts header, section table and sections together and seals them with their BLAKE3.
fn assemble_file(sections: &[Vec<u8>]) -> Vec<u8> {
    let table_end = SECTION_ENTRY_BYTES.saturating_mul(sections.len()).saturating_add(HEADER_BYTES);
    let mut body: Vec<u8> = Vec::new();
    let mut table: Vec<u8> = Vec::new();
    for (kind, section) in sections.iter().enumerate() {
        let offset = table_end.saturating_add(body.len()).next_multiple_of(8);
        body.resize(offset.saturating_sub(table_end), 0);
        count(kind).put(&mut table);
        0_u32.put(&mut table);
        (offset as u64).put(&mut table);
        (section.len() as u64).put(&mut table);
        body.extend_from_slice(section);
    }
    let mut hasher = blake3::Hasher::new();
    hasher.update(&table).update(&body);
    let mut out = Vec::with_capacity(table_end.saturating_add(body.len()));
    out.extend_from_slice(&MAGIC);
    FORMAT.put(&mut out);
    0_u32.put(&mut out);
    count(sections.len()).put(&mut out);
    0_u32.put(&mut out);
    (table_end.saturating_add(body.len()) as u64).put(&mut out);
    out.extend_from_slice(hasher.finalize().as_bytes());
    out.append(&mut table);
    out.append(&mut body);
    out
}
