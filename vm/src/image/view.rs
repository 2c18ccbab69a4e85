//! Typed views of one stage, one rule, one action of a verified program.

use super::layout::{NONE, RuleKind, RuleRecord, StageRecord, action_kinds, stage_flags};
use super::tables::Tables;
use crate::{ListId, PathId, RuleId, StageId, Value};

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

    /// Its rules of a kind. (`Global` rules belong to the cascade: the list is empty.)
    #[must_use]
    pub fn list(&self, kind: RuleKind) -> ListId {
        ListId::new(match kind {
            RuleKind::Global => NONE,
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

/// A rule of a program.
#[derive(Clone, Copy, Debug)]
pub struct Rule<'p> {
    pub(super) tables: Tables<'p>,
    pub(super) record: RuleRecord,
    pub(super) id: RuleId,
}

/// What a rule does when its condition holds.
#[derive(Clone, Debug)]
pub enum Action<'p> {
    /// Ends the cascade after the rule lists of the stage.
    Terminate {
        /// The verdict it states.
        outcome: Option<Value<'p>>,
        /// Why, for people.
        reason: Option<&'p str>,
    },
    /// Goes on at a stage of the queue.
    SkipTo(StageId),
    /// Enables and queues stages.
    EnableStages(StageIds<'p>),
    /// Disables stages.
    DisableStages(StageIds<'p>),
    /// Writes a field.
    SetField {
        /// Where.
        path: PathId,
        /// What.
        value: Value<'p>,
    },
}

impl Action<'_> {
    /// As it is written in a cascade.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Terminate { .. } => "terminate",
            Self::SkipTo(_) => "skip_to",
            Self::EnableStages(_) => "enable_stages",
            Self::DisableStages(_) => "disable_stages",
            Self::SetField { .. } => "set_field",
        }
    }
}

impl<'p> Rule<'p> {
    /// Its number.
    #[must_use]
    pub fn id(&self) -> RuleId {
        self.id
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'p str {
        self.tables.string(self.record.name).unwrap_or_default()
    }

    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> RuleKind {
        RuleKind::from_code(self.record.kind).unwrap_or(RuleKind::Routing)
    }

    /// Its priority; the order of its list already follows it.
    #[must_use]
    pub fn priority(&self) -> i64 {
        self.record.priority
    }

    /// The stage it belongs to; none for global conditions.
    #[must_use]
    pub fn stage(&self) -> Option<StageId> {
        (self.record.stage != NONE).then_some(StageId::new(self.record.stage))
    }

    /// Worst-case cost of its condition, in the units of the instruction table.
    #[must_use]
    pub fn cost(&self) -> u64 {
        self.record.cost
    }

    /// The instructions of its condition, as a range of program counters.
    #[must_use]
    pub fn code(&self) -> core::ops::Range<u32> {
        self.record.entry..self.record.end
    }

    /// What it does.
    #[must_use]
    pub fn action(&self) -> Action<'p> {
        let (x, y) = (self.record.x, self.record.y);
        let stages = || StageIds { tables: self.tables, next: x, end: x.saturating_add(y) };
        match self.record.action {
            action_kinds::SKIP_TO => Action::SkipTo(StageId::new(x)),
            action_kinds::ENABLE => Action::EnableStages(stages()),
            action_kinds::DISABLE => Action::DisableStages(stages()),
            action_kinds::SET_FIELD => {
                Action::SetField { path: PathId::new(x), value: self.tables.constant(y).unwrap_or(Value::Null) }
            }
            _ => Action::Terminate {
                outcome: if x == NONE { None } else { self.tables.constant(x) },
                reason: self.tables.optional_string(y),
            },
        }
    }
}
