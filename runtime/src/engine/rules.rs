//! Rule lists and what their actions do.

use cascata_record::Termination;
use cascata_vm::eval::{NoTrace, Step, Trap};
use cascata_vm::image::Action;
use cascata_vm::{ListId, RuleId, StageId};

use super::journal::{Detail, Fired, Shadow, Turn, Written};
use super::load::{LoadedStage, RuleTraits};
use super::run::Run;
use crate::stage::FailureKind;
use crate::value::OwnedValue;

/// Whether the rules that follow are evaluated.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Then {
    GoOn,
    Stop,
}

/// What came of a rule.
enum Acted {
    Done,
    /// It acted, and ends its list.
    Last,
    /// Its condition or its action failed.
    Failed,
    /// It is in shadow mode.
    Watched,
}

/// What the preconditions of a stage came to.
#[derive(Default)]
pub(super) struct Asked {
    /// The first that holds: it blocks the stage.
    pub blocking: Option<Fired>,
    /// Those before it whose `else` acts when the stage's turn is taken up.
    pub otherwise: Vec<Fired>,
}

impl Run<'_> {
    /// Whether a global termination condition holds. Each condition's error is recorded once per cascade.
    pub(super) fn global_condition_holds(&mut self) -> bool {
        let Some(list) = self.loaded.globals else { return false };
        // Conditions read the state only: as long as it is the same, so is the answer.
        if !std::mem::take(&mut self.state_changed) {
            return false;
        }
        self.scratch.walk.start(list);
        loop {
            match self.next_step() {
                Step::Fired(_) => return true,
                Step::Done => return false,
                // Global conditions are no rules of the file and have no `else`.
                Step::Otherwise(_) => {}
                Step::Error { rule, trap } if !self.scratch.failed_globals.contains(&rule) => {
                    self.scratch.failed_globals.push(rule);
                    self.condition_failed(None, rule, trap);
                }
                Step::Error { .. } => {}
            }
        }
    }

    /// Asks the preconditions of a stage until one holds. Errors count as false; nothing acts yet.
    pub(super) fn preconditions(&mut self, stage: &LoadedStage) -> Asked {
        let mut asked = Asked::default();
        let Some(list) = stage.preconditions else { return asked };
        self.scratch.walk.start(list);
        loop {
            let (rule, otherwise) = match self.next_step() {
                Step::Fired(rule) => (rule, false),
                Step::Otherwise(rule) => (rule, true),
                Step::Error { rule, trap } => {
                    if !self.is_shadow(rule, false, Some(trap)) {
                        self.condition_failed(Some(stage.id), rule, trap);
                    }
                    continue;
                }
                Step::Done => return asked,
            };
            if self.is_shadow(rule, otherwise, None) {
                continue;
            }
            let fired = Fired { rule, otherwise };
            self.scratch.journal.fired.push(fired);
            if !otherwise {
                asked.blocking = Some(fired);
                return asked;
            }
            asked.otherwise.push(fired);
        }
    }

    /// Lets the `else`s of preconditions act.
    pub(super) fn preconditions_act(&mut self, stage: StageId, asked: &Asked) {
        for fired in &asked.otherwise {
            self.act(stage, *fired);
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
        self.scratch.walk.start(list);
        loop {
            let acted = match self.next_step() {
                Step::Done => return Then::GoOn,
                Step::Fired(rule) => self.fire(stage, Fired { rule, otherwise: false }),
                Step::Otherwise(rule) => self.fire(stage, Fired { rule, otherwise: true }),
                Step::Error { rule, trap } if self.is_shadow(rule, false, Some(trap)) => Acted::Watched,
                Step::Error { rule, trap } => {
                    self.condition_failed(Some(stage), rule, trap);
                    Acted::Failed
                }
            };
            match acted {
                Acted::Failed if on_error == Then::Stop => return Then::Stop,
                // Its own list only: postconditions follow those of routing rules.
                Acted::Last => return Then::GoOn,
                Acted::Failed | Acted::Done | Acted::Watched => {}
            }
        }
    }

    /// Lets a rule act, unless it only watches.
    fn fire(&mut self, stage: StageId, fired: Fired) -> Acted {
        if self.is_shadow(fired.rule, fired.otherwise, None) {
            return Acted::Watched;
        }
        self.scratch.journal.fired.push(fired);
        if !self.act(stage, fired) {
            return Acted::Failed;
        }
        let stops = !fired.otherwise && self.traits(fired.rule).is_some_and(|rule| rule.stops);
        if stops { Acted::Last } else { Acted::Done }
    }

    /// Whether a rule is in shadow mode; what it would have done is then recorded.
    fn is_shadow(&mut self, rule: RuleId, otherwise: bool, trap: Option<Trap>) -> bool {
        let shadow = self.traits(rule).is_some_and(|rule| rule.shadow);
        if shadow {
            self.scratch.journal.shadow.push(Shadow { rule, otherwise, trap });
        }
        shadow
    }

    fn traits(&self, rule: RuleId) -> Option<RuleTraits> {
        self.loaded.traits.get(rule.index()).copied()
    }

    /// Carries out a rule's action or `else`; false when it could not.
    pub(super) fn act(&mut self, stage: StageId, fired: Fired) -> bool {
        let loaded = self.loaded;
        let Some(found) = loaded.program.rule(fired.rule) else { return false };
        let scratch = &mut *self.scratch;
        match fired.action(&found).unwrap_or(Action::Nothing) {
            // For rules of rule sets, which no stage has.
            Action::Nothing | Action::Emit(_) => {}
            Action::Terminate { .. } => {
                scratch.journal.termination.get_or_insert(Termination::Action);
                scratch.journal.terminated_by.get_or_insert(fired);
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
                    Ok(()) => self.scratch.journal.writes.push(Written::Rule(fired)),
                    Err(error) => {
                        let detail = Detail::Text(error.to_string());
                        self.scratch.journal.fail(Some(stage), FailureKind::RuleAction, Some(fired.rule), detail);
                        return false;
                    }
                }
            }
        }
        true
    }

    /// Goes on in the list that was started last.
    fn next_step(&mut self) -> Step {
        self.seen = None;
        let (program, state, walk) = (&self.loaded.program, &**self.state, &mut self.scratch.walk);
        match &mut self.explanation {
            None => walk.next(program, state, &mut NoTrace),
            Some(explanation) => walk.next(program, state, &mut **explanation),
        }
    }

    pub(super) fn condition_failed(&mut self, stage: Option<StageId>, rule: RuleId, trap: Trap) {
        self.scratch.journal.fail(stage, FailureKind::RuleCondition, Some(rule), Detail::Trap(trap));
    }
}
