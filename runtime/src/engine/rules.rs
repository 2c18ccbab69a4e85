//! Rule lists and what their actions do.

use cascata_record::Termination;
use cascata_vm::eval::{Cursor, NoTrace, Step, Trap, Vm};
use cascata_vm::image::Action;
use cascata_vm::{ListId, RuleId, StageId};

use super::journal::{Detail, Turn, Written};
use super::load::LoadedStage;
use super::run::Run;
use crate::stage::FailureKind;
use crate::value::OwnedValue;

/// Whether the rules that follow are evaluated.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Then {
    GoOn,
    Stop,
}

impl Run<'_> {
    /// Whether a global termination condition holds. Each condition's error is recorded once per cascade.
    pub(super) fn global_condition_holds(&mut self) -> bool {
        let Some(list) = self.loaded.globals else { return false };
        // Conditions read the state only: as long as it is the same, so is the answer.
        if !std::mem::take(&mut self.state_changed) {
            return false;
        }
        let mut cursor = Cursor::start(list);
        loop {
            match self.next_step(&mut cursor) {
                Step::Fired(_) => return true,
                Step::Done => return false,
                Step::Error { rule, trap } if !self.scratch.failed_globals.contains(&rule) => {
                    self.scratch.failed_globals.push(rule);
                    self.condition_failed(None, rule, trap);
                }
                Step::Error { .. } => {}
            }
        }
    }

    /// The first precondition that holds, if one does: it blocks the stage. Errors count as false.
    pub(super) fn blocking_precondition(&mut self, stage: &LoadedStage) -> Option<RuleId> {
        let mut cursor = Cursor::start(stage.preconditions?);
        loop {
            match self.next_step(&mut cursor) {
                Step::Fired(rule) => {
                    self.scratch.journal.fired.push(rule);
                    return Some(rule);
                }
                Step::Error { rule, trap } => self.condition_failed(Some(stage.id), rule, trap),
                Step::Done => return None,
            }
        }
    }

    /// Routing rules, then postconditions, of a stage that has run.
    pub(super) fn rules_after(&mut self, stage: &LoadedStage) {
        for list in [stage.routing, stage.postconditions].into_iter().flatten() {
            if self.run_list(stage.id, list) == Then::Stop {
                break;
            }
        }
    }

    fn run_list(&mut self, stage: StageId, list: ListId) -> Then {
        let on_error = if self.loaded.skip_failed_rules { Then::GoOn } else { Then::Stop };
        let mut cursor = Cursor::start(list);
        loop {
            let failed = match self.next_step(&mut cursor) {
                Step::Done => return Then::GoOn,
                Step::Fired(rule) => {
                    self.scratch.journal.fired.push(rule);
                    !self.act(stage, rule)
                }
                Step::Error { rule, trap } => {
                    self.condition_failed(Some(stage), rule, trap);
                    true
                }
            };
            if failed && on_error == Then::Stop {
                return Then::Stop;
            }
        }
    }

    /// Carries out a rule's action; false when it could not.
    pub(super) fn act(&mut self, stage: StageId, rule: RuleId) -> bool {
        let loaded = self.loaded;
        let Some(found) = loaded.program.rule(rule) else { return false };
        let scratch = &mut *self.scratch;
        match found.action() {
            Action::Terminate { .. } => {
                scratch.journal.termination.get_or_insert(Termination::Action);
                scratch.journal.terminated_by.get_or_insert(rule);
            }
            Action::SkipTo(target) => {
                self.next = Some(target);
                scratch.journal.decisions.push(Turn::SkipTo(target));
            }
            Action::EnableStages(targets) => {
                for target in targets {
                    if let Some(mark) = scratch.marks.get_mut(target.index()) {
                        mark.switched = Some(true);
                    }
                    scratch.journal.decisions.push(Turn::Enable(target));
                    scratch.enabled.push(target);
                }
            }
            Action::DisableStages(targets) => {
                for target in targets {
                    if let Some(mark) = scratch.marks.get_mut(target.index()) {
                        mark.switched = Some(false);
                    }
                    scratch.journal.decisions.push(Turn::Disable(target));
                }
            }
            Action::SetField { path, value } => {
                let json = OwnedValue::from_value(&value).to_json().into_owned();
                match self.change_state().write(loaded.facts.path(path), json) {
                    Ok(()) => self.scratch.journal.writes.push(Written::Rule(rule)),
                    Err(error) => {
                        let detail = Detail::Text(error.to_string());
                        self.scratch.journal.fail(Some(stage), FailureKind::RuleAction, Some(rule), detail);
                        return false;
                    }
                }
            }
        }
        true
    }

    fn next_step(&mut self, cursor: &mut Cursor) -> Step {
        let (program, state) = (&self.loaded.program, &**self.state);
        match &mut self.explanation {
            None => Vm::new().next(program, cursor, state, &mut NoTrace),
            Some(explanation) => Vm::new().next(program, cursor, state, &mut **explanation),
        }
    }

    fn condition_failed(&mut self, stage: Option<StageId>, rule: RuleId, trap: Trap) {
        self.scratch.journal.fail(stage, FailureKind::RuleCondition, Some(rule), Detail::Trap(trap));
    }
}
