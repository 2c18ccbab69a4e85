//! Typed views of one rule, its actions, and a rule set of a verified program.

use super::layout::{ExtraRecord, NONE, RuleKind, RuleRecord, RulesetRecord, action_kinds, rule_flags};
use super::tables::Tables;
use super::view::StageIds;
use crate::{ListId, PathId, RuleId, StageId, Value};

/// A rule of a program.
#[derive(Clone, Copy, Debug)]
pub struct Rule<'p> {
    pub(super) tables: Tables<'p>,
    pub(super) record: RuleRecord,
    pub(super) id: RuleId,
}

/// What a rule does.
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
    /// Nothing beyond being matched.
    Nothing,
    /// Gives the match a value.
    Emit(Value<'p>),
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
            Self::Nothing => "none",
            Self::Emit(_) => "emit",
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

    /// The stage it belongs to; none for global conditions and rules of rule sets.
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

    /// Its place in the file, from 0, among the rules it is listed with.
    #[must_use]
    pub fn order(&self) -> u32 {
        self.record.order
    }

    /// What it does when its condition holds.
    #[must_use]
    pub fn action(&self) -> Action<'p> {
        action(self.tables, self.record.action, self.record.x, self.record.y)
    }

    /// What it does when its condition is false; never on an error.
    #[must_use]
    pub fn otherwise(&self) -> Option<Action<'p>> {
        let extra = self.extra()?;
        (extra.else_action != NONE).then(|| action(self.tables, extra.else_action, extra.else_x, extra.else_y))
    }

    /// Whether it is evaluated and recorded, but never acted on.
    #[must_use]
    pub fn is_shadow(&self) -> bool {
        self.has_flag(rule_flags::SHADOW)
    }

    /// Whether it ends its list after its action acted.
    #[must_use]
    pub fn stops(&self) -> bool {
        self.has_flag(rule_flags::STOP)
    }

    /// Its labels.
    pub fn tags(&self) -> impl Iterator<Item = &'p str> + use<'p> {
        let tables = self.tables;
        let (first, count) = self.extra().map_or((0, 0), |extra| (extra.tags, extra.tag_count));
        (first..first.saturating_add(count)).filter_map(move |at| tables.string(tables.pool_word(at)?))
    }

    /// Its score, a number; rules without one count as 0.
    #[must_use]
    pub fn score(&self) -> Option<Value<'p>> {
        self.tables.constant(self.extra()?.score)
    }

    #[inline]
    fn extra(&self) -> Option<ExtraRecord> {
        // Most rules have none: no look at the table.
        if self.record.extra == NONE { None } else { self.tables.extra(self.record.extra) }
    }

    #[inline]
    fn has_flag(&self, flag: u32) -> bool {
        self.extra().is_some_and(|extra| extra.flags & flag != 0)
    }
}

/// A rule of tables that may not be a program yet.
pub(crate) fn rule_of(tables: Tables<'_>, rule: u32) -> Option<Rule<'_>> {
    Some(Rule { record: tables.rule(rule)?, id: RuleId::new(rule), tables })
}

fn action(tables: Tables<'_>, kind: u32, x: u32, y: u32) -> Action<'_> {
    let stages = || StageIds { tables, next: x, end: x.saturating_add(y) };
    match kind {
        action_kinds::SKIP_TO => Action::SkipTo(StageId::new(x)),
        action_kinds::ENABLE => Action::EnableStages(stages()),
        action_kinds::DISABLE => Action::DisableStages(stages()),
        action_kinds::SET_FIELD => {
            Action::SetField { path: PathId::new(x), value: tables.constant(y).unwrap_or(Value::Null) }
        }
        action_kinds::NOTHING => Action::Nothing,
        action_kinds::EMIT => Action::Emit(tables.constant(x).unwrap_or(Value::Null)),
        _ => Action::Terminate {
            outcome: if x == NONE { None } else { tables.constant(x) },
            reason: tables.optional_string(y),
        },
    }
}

/// A rule set of a program: a named list of rules that are matched against an event on their own.
#[derive(Clone, Copy, Debug)]
pub struct Ruleset<'p> {
    pub(super) tables: Tables<'p>,
    pub(super) record: RulesetRecord,
}

impl<'p> Ruleset<'p> {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'p str {
        self.tables.string(self.record.name).unwrap_or_default()
    }

    /// Its rules, by falling priority, ties in the order of the file.
    #[must_use]
    pub fn list(&self) -> ListId {
        ListId::new(self.record.list)
    }
}
