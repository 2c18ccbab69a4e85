//! Writes rule lists and rule sets: the part of [`ImageBuilder`] that grows with the number of rules.

use alloc::vec::Vec;

use super::builder::{ImageBuilder, count};
use super::layout::{DebugRecord, ExtraRecord, ListRecord, NONE, RuleRecord, RulesetRecord, action_kinds, rule_flags};
use super::spec::{ActionSpec, RuleExtras, RuleSpec, SourceSpan};
use super::verify::worst_cost;
use crate::{ConstId, ListId, StageId, StrId};

impl ImageBuilder {
    /// Stores a rule list; its rules get the next rule numbers.
    pub fn list(&mut self, rules: Vec<RuleSpec>) -> ListId {
        self.begin_list();
        for rule in rules {
            self.push_rule(rule);
        }
        self.end_list()
    }

    /// Begins a list whose rules come one by one, so that only one has to be in memory beside the image. A list that
    /// was begun and not ended is dropped, its rules would belong to none.
    pub fn begin_list(&mut self) {
        self.open_list = Some((count(self.rules.len()), 0));
    }

    /// Adds a rule to the list that was begun.
    pub fn push_rule(&mut self, rule: RuleSpec) {
        let entry = count(self.code.len());
        let number = count(self.rules.len());
        let cost = worst_cost(&rule.code);
        self.code.extend(rule.code);
        let (action, x, y) = self.action(&rule.action);
        for (at, span) in rule.spans {
            self.condition_spans.push(debug_record(entry.saturating_add(at), span));
        }
        if let Some(span) = rule.span {
            self.rule_spans.push(debug_record(number, span));
        }
        let name = self.string(&rule.name).as_u32();
        let extra = self.extra(&rule.extras);
        self.rules.push(RuleRecord {
            name,
            kind: rule.kind as u32,
            stage: rule.stage.map_or(NONE, StageId::as_u32),
            action,
            x,
            y,
            entry,
            end: count(self.code.len()),
            priority: rule.priority,
            cost,
            order: rule.order,
            extra,
        });
        if let Some((_, total)) = &mut self.open_list {
            *total = total.saturating_add(cost);
        }
    }

    /// Ends the list that was begun.
    pub fn end_list(&mut self) -> ListId {
        let (first, cost) = self.open_list.take().unwrap_or((count(self.rules.len()), 0));
        let id = count(self.lists.len());
        self.lists.push(ListRecord { first, count: count(self.rules.len()).saturating_sub(first), cost });
        ListId::new(id)
    }

    /// Names a list of rules of kind [`RuleKind::Match`](super::RuleKind::Match) as a rule set.
    pub fn ruleset(&mut self, name: &str, list: ListId) {
        let name = self.string(name).as_u32();
        self.rulesets.push(RulesetRecord { name, list: list.as_u32() });
    }

    fn action(&mut self, action: &ActionSpec) -> (u32, u32, u32) {
        match action {
            ActionSpec::Terminate { outcome, reason } => {
                (action_kinds::TERMINATE, outcome.map_or(NONE, ConstId::as_u32), reason.map_or(NONE, StrId::as_u32))
            }
            ActionSpec::SkipTo(stage) => (action_kinds::SKIP_TO, stage.as_u32(), 0),
            ActionSpec::EnableStages(stages) => {
                let (x, y) = self.words(stages.iter().map(|stage| stage.as_u32()));
                (action_kinds::ENABLE, x, y)
            }
            ActionSpec::DisableStages(stages) => {
                let (x, y) = self.words(stages.iter().map(|stage| stage.as_u32()));
                (action_kinds::DISABLE, x, y)
            }
            ActionSpec::SetField { path, value } => (action_kinds::SET_FIELD, path.as_u32(), value.as_u32()),
            ActionSpec::Nothing => (action_kinds::NOTHING, 0, 0),
            ActionSpec::Emit(value) => (action_kinds::EMIT, value.as_u32(), 0),
        }
    }

    /// The row of what only some rules have; most have none.
    fn extra(&mut self, extras: &RuleExtras) -> u32 {
        if *extras == RuleExtras::default() {
            return NONE;
        }
        let flag = |on: bool, bit: u32| if on { bit } else { 0 };
        let (else_action, else_x, else_y) =
            extras.otherwise.as_ref().map_or((NONE, 0, 0), |action| self.action(action));
        let tags: Vec<u32> = extras.tags.iter().map(|tag| self.string(tag).as_u32()).collect();
        let (tags, tag_count) = if tags.is_empty() { (0, 0) } else { self.words(tags.into_iter()) };
        let id = count(self.extras.len());
        self.extras.push(ExtraRecord {
            flags: flag(extras.shadow, rule_flags::SHADOW) | flag(extras.stop, rule_flags::STOP),
            else_action,
            else_x,
            else_y,
            tags,
            tag_count,
            score: extras.score.map_or(NONE, ConstId::as_u32),
        });
        id
    }
}

fn debug_record(subject: u32, span: SourceSpan) -> DebugRecord {
    DebugRecord { subject, start: span.start, end: span.end, line: span.line, column: span.column, file: span.file }
}
