//! What happened in one cascade, in numbers. The record is made from it when somebody asks.

use cascata_record::{Termination, TimelineKind, WhySkipped};
use cascata_vm::eval::Trap;
use cascata_vm::image::{Action, Rule};
use cascata_vm::{RuleId, Segment, StageId};
use tokio::time::Instant;

use crate::stage::{FailureKind, StageFailure};
use crate::value::OwnedValue;

/// The course of one cascade.
#[derive(Debug, Default)]
pub(super) struct Journal {
    pub ran: Vec<Ran>,
    pub fired: Vec<Fired>,
    /// What rules in shadow mode would have done.
    pub shadow: Vec<Shadow>,
    pub skipped: Vec<Skipped>,
    pub decisions: Vec<Turn>,
    pub writes: Vec<Written>,
    pub errors: Vec<Failed>,
    /// What cancelled stages had failed of before the cascade's time was over. It is no error of the cascade, because the
    /// stage had attempts left, but it is not lost.
    pub cut_short: Vec<(StageId, Box<StageFailure>)>,
    pub timeline: Vec<Moment>,
    pub termination: Option<Termination>,
    /// The `terminate` rule whose verdict counts: the first that acted.
    pub terminated_by: Option<Fired>,
    /// What the cascade's `outcome` gave.
    pub outcome: Option<OwnedValue>,
}

/// A rule that acted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fired {
    pub rule: RuleId,
    /// Its `else` acted.
    pub otherwise: bool,
}

impl Fired {
    /// What the rule did.
    pub(super) fn action<'p>(self, rule: &Rule<'p>) -> Option<Action<'p>> {
        if self.otherwise { rule.otherwise() } else { Some(rule.action()) }
    }
}

/// A rule in shadow mode that would have acted, or failed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shadow {
    pub rule: RuleId,
    pub otherwise: bool,
    pub trap: Option<Trap>,
}

/// A stage whose turn came and that ran or was cancelled.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ran {
    pub stage: StageId,
    pub how: How,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// Its result is in the state.
    Finished,
    /// The cascade's timeout came first.
    Cancelled,
    /// It has rules only.
    Rules,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Skipped {
    pub stage: StageId,
    pub why: WhySkipped,
    pub rule: Option<RuleId>,
}

/// A change of the way through the stages.
#[derive(Clone, Copy, Debug)]
pub(super) enum Turn {
    Enable(StageId),
    Disable(StageId),
    SkipTo(StageId),
}

#[derive(Clone, Debug)]
pub(super) enum Written {
    /// By a rule: path and value are in the program.
    Rule(Fired),
    /// By a handler.
    Handler { stage: StageId, path: Vec<Segment>, json: String },
}

#[derive(Clone, Debug)]
pub(super) struct Failed {
    /// `None` stands for the whole cascade.
    pub stage: Option<StageId>,
    pub kind: FailureKind,
    pub rule: Option<RuleId>,
    pub detail: Detail,
}

#[derive(Clone, Debug)]
pub(super) enum Detail {
    /// The stage's result in the state says it.
    Result,
    Trap(Trap),
    Text(String),
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    pub at: Instant,
    pub kind: TimelineKind,
    pub stage: Option<StageId>,
}

impl Journal {
    pub(super) const fn new() -> Self {
        Self {
            ran: Vec::new(),
            fired: Vec::new(),
            shadow: Vec::new(),
            skipped: Vec::new(),
            decisions: Vec::new(),
            writes: Vec::new(),
            errors: Vec::new(),
            cut_short: Vec::new(),
            timeline: Vec::new(),
            termination: None,
            terminated_by: None,
            outcome: None,
        }
    }

    /// Forgets everything and keeps the room it took.
    pub(super) fn clear(&mut self) {
        self.ran.clear();
        self.fired.clear();
        self.shadow.clear();
        self.skipped.clear();
        self.decisions.clear();
        self.writes.clear();
        self.errors.clear();
        self.cut_short.clear();
        self.timeline.clear();
        self.termination = None;
        self.terminated_by = None;
        self.outcome = None;
    }

    /// Gives back the room that unusually many entries took. To be called when it is empty.
    pub(super) fn shrink_to(&mut self, entries: usize) {
        self.ran.shrink_to(entries);
        self.fired.shrink_to(entries);
        self.shadow.shrink_to(entries);
        self.skipped.shrink_to(entries);
        self.decisions.shrink_to(entries);
        self.writes.shrink_to(entries);
        self.errors.shrink_to(entries);
        self.cut_short.shrink_to(entries);
        self.timeline.shrink_to(entries);
    }

    pub(super) fn skip(&mut self, stage: StageId, why: WhySkipped, rule: Option<RuleId>) {
        self.skipped.push(Skipped { stage, why, rule });
    }

    pub(super) fn fail(&mut self, stage: Option<StageId>, kind: FailureKind, rule: Option<RuleId>, detail: Detail) {
        self.errors.push(Failed { stage, kind, rule, detail });
    }

    pub(super) fn moment(&mut self, at: Instant, kind: TimelineKind, stage: Option<StageId>) {
        self.timeline.push(Moment { at, kind, stage });
    }
}
