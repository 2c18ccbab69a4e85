//! Typed views of one stage of a verified program.

use super::layout::{NONE, RuleKind, StageRecord, stage_flags};
use super::tables::Tables;
use crate::{ListId, StageId};

/// Stages by number, as a plan or an action names them.
#[derive(Clone, Debug)]
pub struct StageIds<'p> {
    pub(super) tables: Tables<'p>,
    pub(super) next: u32,
    pub(super) end: u32,
}

impl Iterator for StageIds<'_> {
    type Item = StageId;

    fn next(&mut self) -> Option<StageId> {
        if self.next >= self.end {
            return None;
        }
        let word = self.tables.pool_word(self.next)?;
        self.next = self.next.saturating_add(1);
        Some(StageId::new(word))
    }
}

/// A stage of a program.
#[derive(Clone, Copy, Debug)]
pub struct Stage<'p> {
    pub(super) tables: Tables<'p>,
    pub(super) record: StageRecord,
    pub(super) id: StageId,
}

impl<'p> Stage<'p> {
    /// Its number.
    #[must_use]
    pub fn id(&self) -> StageId {
        self.id
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'p str {
        self.tables.string(self.record.name).unwrap_or_default()
    }

    /// Whether it starts enabled.
    #[must_use]
    pub fn enabled(&self) -> bool {
        self.record.flags & stage_flags::ENABLED != 0
    }

    /// Milliseconds for one pass through its plugins and handler.
    #[must_use]
    pub fn timeout_ms(&self) -> u64 {
        self.record.timeout_ms
    }

    /// Passes after the first one, while it fails.
    #[must_use]
    pub fn max_retries(&self) -> u32 {
        self.record.max_retries
    }

    /// Milliseconds between passes.
    #[must_use]
    pub fn retry_delay_ms(&self) -> u64 {
        self.record.retry_delay_ms
    }

    /// Whether it may run beside ungrouped stages that say so too.
    #[must_use]
    pub fn can_run_parallel(&self) -> bool {
        self.record.flags & stage_flags::PARALLEL != 0
    }

    /// The group of stages that it runs beside.
    #[must_use]
    pub fn parallel_group(&self) -> Option<&'p str> {
        self.tables.optional_string(self.record.group)
    }

    /// Stages that have to run before it.
    #[must_use]
    pub fn depends_on(&self) -> StageIds<'p> {
        let first = self.record.deps;
        StageIds { tables: self.tables, next: first, end: first.saturating_add(self.record.dep_count) }
    }

    /// Its rules of a kind. (`Global`, `Match` and `Outcome` rules belong to the cascade: their list is empty.)
    #[must_use]
    pub fn list(&self, kind: RuleKind) -> ListId {
        ListId::new(match kind {
            RuleKind::Global | RuleKind::Match | RuleKind::Outcome => NONE,
            RuleKind::Precondition => self.record.preconditions,
            RuleKind::Routing => self.record.routing,
            RuleKind::Postcondition => self.record.postconditions,
        })
    }

    /// Whether its results may be kept.
    #[must_use]
    pub fn cache_enabled(&self) -> bool {
        self.record.flags & stage_flags::CACHE != 0
    }

    /// Seconds that a kept result stays good.
    #[must_use]
    pub fn cache_ttl_seconds(&self) -> u64 {
        self.record.cache_ttl_seconds
    }

    /// Its configuration for the host, as JSON text of an object.
    #[must_use]
    pub fn host_json(&self) -> &'p str {
        self.tables.string(self.record.host).unwrap_or("{}")
    }
}
