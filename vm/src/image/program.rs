//! A verified program: the typed view of an image that everything else works with.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::error::ImageError;
use super::finder::Finder;
use super::hot::Hot;
use super::layout::{DebugRecord, ListRecord, NONE, RuleRecord, RulesetRecord, Section, StageRecord, cascade_flags};
use super::pattern::Pattern;
use super::rule::{Rule, Ruleset, rule_of};
use super::tables::{Ranges, Tables};
use super::view::{Stage, StageIds};
use super::{LoadOptions, SourceSpan, verify};
use crate::index::{self, IndexStats, ListIndex};
use crate::sieve::Sieve;
use crate::{ListId, PathId, RuleId, Segment, StageId};

/// A verified program. There is no other way to one than [`Program::verify`].
///
/// It borrows an image (`Program<'a>` from `&'a [u8]`, a memory map for example) or owns one (`Program<'static>` from
/// a `Vec<u8>`). It is `Send + Sync` and never changes.
pub struct Program<'a> {
    bytes: Cow<'a, [u8]>,
    /// For an owned image a copy of its strings as text, so that a string is a slice and no new UTF-8 check.
    text: Cow<'a, str>,
    ranges: Ranges,
    patterns: Vec<Pattern>,
    hot: Hot,
    hash: [u8; 32],
}

impl fmt::Debug for Program<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program").field("name", &self.name()).field("version", &self.version()).finish_non_exhaustive()
    }
}

impl<'a> Program<'a> {
    /// Proves an image and makes it a program.
    ///
    /// # Errors
    /// Whatever makes the bytes no image that a compiler of this format writes; see
    /// [`ImageErrorKind`](super::ImageErrorKind).
    pub fn verify(image: impl Into<Cow<'a, [u8]>>, options: &LoadOptions) -> Result<Self, ImageError> {
        let bytes: Cow<'a, [u8]> = image.into();
        let frame = verify::frame(&bytes, options)?;
        let (start, end) = frame.text;
        let text: Cow<'a, str> = match &bytes {
            Cow::Borrowed(bytes) => {
                let text = bytes.get(start..end).unwrap_or_default();
                Cow::Borrowed(core::str::from_utf8(text).unwrap_or_default())
            }
            Cow::Owned(bytes) => {
                let text = bytes.get(start..end).unwrap_or_default();
                Cow::Owned(String::from(core::str::from_utf8(text).unwrap_or_default()))
            }
        };
        let tables = Tables::new(&bytes, &frame.ranges, &text);
        let patterns = verify::tables(&tables, options)?;
        let hot = Hot::decode(&tables, options);
        Ok(Self { bytes, text, ranges: frame.ranges, patterns, hot, hash: frame.hash })
    }

    /// BLAKE3 over the meaning: the same for the same rules, however they were written down.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        self.hash
    }

    /// The bytes of the image.
    #[must_use]
    pub fn image(&self) -> &[u8] {
        &self.bytes
    }

    /// The sections and their sizes in bytes.
    pub fn sections(&self) -> impl Iterator<Item = (Section, usize)> {
        Section::ALL
            .iter()
            .zip(self.ranges.sections)
            .map(|(section, (start, end))| (*section, end.saturating_sub(start)))
    }

    pub(crate) fn tables(&self) -> Tables<'_> {
        Tables::new(&self.bytes, &self.ranges, &self.text)
    }

    #[inline]
    pub(crate) fn patterns(&self) -> &[Pattern] {
        &self.patterns
    }

    #[inline]
    pub(crate) fn hot(&self) -> &Hot {
        &self.hot
    }

    /// The text behind the image's strings.
    #[inline]
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Name of the cascade.
    #[must_use]
    pub fn name(&self) -> &str {
        let tables = self.tables();
        tables.cascade().and_then(|cascade| tables.string(cascade.name)).unwrap_or_default()
    }

    /// Version of the cascade, as its author wrote it.
    #[must_use]
    pub fn version(&self) -> &str {
        let tables = self.tables();
        tables.cascade().and_then(|cascade| tables.string(cascade.version)).unwrap_or_default()
    }

    /// Configuration of the cascade for the host, as JSON text of an object.
    #[must_use]
    pub fn host_json(&self) -> &str {
        let tables = self.tables();
        tables.cascade().and_then(|cascade| tables.string(cascade.host)).unwrap_or("{}")
    }

    /// What compiler made the image.
    #[must_use]
    pub fn build_info(&self) -> &str {
        core::str::from_utf8(self.tables().build()).unwrap_or_default()
    }

    /// Milliseconds that one event may take.
    #[must_use]
    pub fn global_timeout_ms(&self) -> u64 {
        self.tables().cascade().map_or(0, |cascade| cascade.global_timeout_ms)
    }

    /// Most stages that run side by side.
    #[must_use]
    pub fn max_parallel_stages(&self) -> u32 {
        self.tables().cascade().map_or(1, |cascade| cascade.max_parallel)
    }

    /// Whether stage results may be kept and used again.
    #[must_use]
    pub fn enable_caching(&self) -> bool {
        self.tables().cascade().is_some_and(|cascade| cascade.flags & cascade_flags::CACHING != 0)
    }

    /// Fields whose values key kept results; empty means everything.
    pub fn cache_key_paths(&self) -> impl Iterator<Item = PathId> {
        let tables = self.tables();
        let (first, count) = tables.cascade().map_or((0, 0), |cascade| (cascade.cache_key, cascade.cache_key_count));
        (first..first.saturating_add(count)).filter_map(move |at| tables.pool_word(at)).map(PathId::new)
    }

    /// The first queue of stages.
    #[must_use]
    pub fn plan(&self) -> StageIds<'_> {
        let (first, count) = self.tables().cascade().map_or((0, 0), |cascade| (cascade.plan, cascade.plan_count));
        StageIds { tables: self.tables(), next: first, end: first.saturating_add(count) }
    }

    /// The list of global termination conditions.
    #[must_use]
    pub fn globals(&self) -> ListId {
        ListId::new(self.tables().cascade().map_or(NONE, |cascade| cascade.globals))
    }

    /// The list that the verdict comes from where no `terminate` carries one: the first of its rules that holds gives it,
    /// see [`Vm::give`](crate::eval::Vm::give). `None` where the cascade states no outcome.
    #[must_use]
    pub fn outcome(&self) -> Option<ListId> {
        let list = self.tables().cascade()?.outcome;
        (list != NONE).then_some(ListId::new(list))
    }

    /// Number of paths.
    #[must_use]
    pub fn path_count(&self) -> usize {
        self.tables().path_count() as usize
    }

    /// The segments of a path; empty for an index outside the table.
    #[must_use]
    pub fn path(&self, path: PathId) -> Vec<Segment> {
        let tables = self.tables();
        let Some((segments, range)) = tables.path_range(path.as_u32()) else { return Vec::new() };
        range.filter_map(|at| tables.segment(segments, at)).collect()
    }

    /// Number of stages.
    #[must_use]
    pub fn stage_count(&self) -> usize {
        verify::rows(self.tables().stages(), StageRecord::BYTES) as usize
    }

    /// All stages, in file order.
    pub fn stages(&self) -> impl Iterator<Item = Stage<'_>> {
        (0..verify::rows(self.tables().stages(), StageRecord::BYTES)).filter_map(|id| self.stage(StageId::new(id)))
    }

    /// A stage; `None` for an index outside the table.
    #[must_use]
    pub fn stage(&self, stage: StageId) -> Option<Stage<'_>> {
        let tables = self.tables();
        Some(Stage { record: tables.stage(stage.as_u32())?, id: stage, tables })
    }

    /// The stage with a name.
    #[must_use]
    pub fn stage_named(&self, name: &str) -> Option<StageId> {
        self.stages().find(|stage| stage.name() == name).map(|stage| stage.id())
    }

    /// Number of rules.
    #[must_use]
    pub fn rule_count(&self) -> usize {
        verify::rows(self.tables().rules(), RuleRecord::BYTES) as usize
    }

    /// A rule; `None` for an index outside the table.
    #[must_use]
    pub fn rule(&self, rule: RuleId) -> Option<Rule<'_>> {
        rule_of(self.tables(), rule.as_u32())
    }

    /// All rule sets, in file order.
    pub fn rulesets(&self) -> impl Iterator<Item = Ruleset<'_>> {
        let tables = self.tables();
        let count = verify::rows(tables.rulesets(), RulesetRecord::BYTES);
        (0..count).filter_map(move |id| Some(Ruleset { record: tables.ruleset(id)?, tables }))
    }

    /// The rule set with a name.
    #[must_use]
    pub fn ruleset_named(&self, name: &str) -> Option<Ruleset<'_>> {
        self.rulesets().find(|ruleset| ruleset.name() == name)
    }

    /// Number of rule lists.
    #[must_use]
    pub fn list_count(&self) -> usize {
        verify::rows(self.tables().lists(), ListRecord::BYTES) as usize
    }

    /// Number of rules in a list.
    #[must_use]
    pub fn list_len(&self, list: ListId) -> usize {
        self.tables().list(list.as_u32()).map_or(0, |list| list.count as usize)
    }

    /// The rules of a list, in evaluation order.
    pub fn list_rules(&self, list: ListId) -> impl Iterator<Item = Rule<'_>> {
        let (first, count) = self.tables().list(list.as_u32()).map_or((0, 0), |list| (list.first, list.count));
        (first..first.saturating_add(count)).filter_map(|rule| self.rule(RuleId::new(rule)))
    }

    /// Worst-case cost of evaluating a list, in the units of the instruction table.
    #[must_use]
    pub fn list_cost(&self, list: ListId) -> u64 {
        self.tables().list(list.as_u32()).map_or(0, |list| list.cost)
    }

    /// What finds rules in a list, built when it is first asked for. Of threads that ask at once several may build it, and all
    /// use the first that is ready.
    #[inline]
    pub(crate) fn finder(&self, list: ListId) -> &Finder {
        let Some(cell) = self.hot.finders.get(list.index()) else { return &Finder::Nothing };
        match cell.get() {
            Some(finder) => finder,
            None => cell.get_or_init(|| Box::new(self.build_finder(list))),
        }
    }

    #[cold]
    fn build_finder(&self, list: ListId) -> Finder {
        let Some(range) = self.hot.lists.get(list.index()) else { return Finder::Nothing };
        let may_have_index = range.count >= self.hot.index_min_rules;
        let sieve = if self.hot.sieves { Sieve::build(self, list) } else { None };
        match sieve {
            Some(sieve) if !may_have_index || sieve.decides_all() => Finder::Sieve(sieve),
            _ if may_have_index => Finder::Index(ListIndex::build(&self.tables(), range.first, range.count)),
            _ => Finder::Nothing,
        }
    }

    /// The index of a list; `None` for lists that have none.
    pub(crate) fn index(&self, list: ListId) -> Option<&ListIndex> {
        if let Finder::Index(index) = self.finder(list) { Some(index) } else { None }
    }

    /// Builds what else would be built with the first event: indexes of rule lists and merged patterns. For hosts whose first event is
    /// not to take longer than others.
    pub fn prepare(&self) {
        for list in 0..self.list_count() {
            let _ = u32::try_from(list).ok().map(|list| self.finder(ListId::new(list)));
        }
        self.hot.merged.iter().for_each(|group| group.prepare(&self.tables()));
    }

    /// What the index of a list is like, by which evaluation leaves out rules; `None` for lists that have none, because they are short or
    /// all their rules are decided by a look at each field.
    #[must_use]
    pub fn index_stats(&self, list: ListId) -> Option<IndexStats> {
        Some(self.index(list)?.stats(u32::try_from(self.list_len(list)).unwrap_or(u32::MAX)))
    }

    /// For each rule of a list, in evaluation order, how it is found, in words; empty for lists too short to have an index.
    #[must_use]
    pub fn index_words(&self, list: ListId) -> Vec<String> {
        let long = self.hot.lists.get(list.index()).is_some_and(|list| list.count >= self.hot.index_min_rules);
        match self.finder(list) {
            Finder::Index(_) => index::found_by(self, list),
            Finder::Sieve(sieve) if long => sieve.words(),
            Finder::Sieve(_) | Finder::Nothing => Vec::new(),
        }
    }

    /// Where the condition that an instruction decides stands in the source.
    #[must_use]
    pub fn condition_span(&self, pc: u32) -> Option<SourceSpan> {
        let (conditions, _) = self.tables().debug();
        self.find_span(0, conditions, pc)
    }

    /// Where a rule stands in the source.
    #[must_use]
    pub fn rule_span(&self, rule: RuleId) -> Option<SourceSpan> {
        let (conditions, records) = self.tables().debug();
        self.find_span(conditions, verify::rows(records, DebugRecord::BYTES), rule.as_u32())
    }

    /// The name of a file that the source names, by its number in a [`SourceSpan`]: its path from the source's folder. Nothing
    /// for 0, the source itself.
    #[must_use]
    pub fn file(&self, number: u32) -> Option<&str> {
        let at = usize::try_from(number.checked_sub(1)?).ok()?;
        core::str::from_utf8(self.tables().files()).ok()?.lines().nth(at)
    }

    fn find_span(&self, mut low: u32, mut high: u32, subject: u32) -> Option<SourceSpan> {
        let tables = self.tables();
        while low < high {
            let middle = low.midpoint(high);
            let record = tables.debug_record(middle as usize)?;
            if record.subject == subject {
                return Some(SourceSpan {
                    file: record.file,
                    start: record.start,
                    end: record.end,
                    line: record.line,
                    column: record.column,
                });
            }
            if record.subject < subject {
                low = middle.saturating_add(1);
            } else {
                high = middle;
            }
        }
        None
    }
}
