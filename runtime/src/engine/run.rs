//! The loop over the queue of stages: what runs next, what is passed over, and when it ends.

use std::sync::Arc;
use std::time::Duration;

use cascata_record::{Termination, TimelineKind, WhySkipped};
use cascata_vm::StageId;
use tokio::time::Instant;

use super::Current;
use super::explain::Explanation;
use super::journal::{Detail, Fired, How, Ran, Written};
use super::load::{Loaded, LoadedStage, Runner, SideBySide};
use super::pass::{End, Ended, Outcome, Passes};
use super::scratch::Scratch;
use crate::stage::{AtOnce, FailureKind};
use crate::state::State;
use cascata_config::OnError;

/// One cascade under way.
pub(super) struct Run<'r> {
    pub current: &'r Arc<Current>,
    pub loaded: &'r Loaded,
    pub state: &'r mut Arc<State>,
    pub scratch: &'r mut Scratch,
    pub deadline: Instant,
    /// Where every evaluation is noted, if somebody asked for that.
    pub explanation: Option<&'r mut Explanation>,
    /// Where a `skip_to` goes.
    pub next: Option<StageId>,
    /// Whether the state differs from when the global conditions were evaluated last.
    pub state_changed: bool,
    /// How many stages ran.
    ran: u32,
    /// The global timeout passed while a stage ran.
    pub timed_out: bool,
    /// The last look at the clock, if nothing since took time: no rule was asked, nothing awaited. It is now still.
    pub seen: Option<Instant>,
}

/// What the queue's front is good for.
enum Front {
    /// It was taken off: disabled, or it ran before.
    Dropped,
    /// It was put at the end: a stage it depends on has not run.
    Postponed,
    /// Its turn has come.
    Due(StageId),
}

impl<'r> Run<'r> {
    /// Starts with the program's queue.
    pub(super) fn new(
        current: &'r Arc<Current>,
        state: &'r mut Arc<State>,
        scratch: &'r mut Scratch,
        started: Instant,
    ) -> Self {
        let loaded = &current.loaded;
        let deadline = started.checked_add(loaded.global_timeout).unwrap_or_else(|| far_future(started));
        Self {
            current,
            loaded,
            state,
            scratch,
            deadline,
            explanation: None,
            next: None,
            state_changed: true,
            ran: 0,
            timed_out: false,
            seen: Some(started),
        }
    }

    /// Notes every evaluation.
    pub(super) const fn explained(mut self, explanation: &'r mut Explanation) -> Self {
        self.explanation = Some(explanation);
        self
    }

    /// Runs to the end and tells when that was.
    pub(super) async fn drive(mut self) -> Instant {
        // How many stages in a row went to the end of the queue: when it is all of them, none can run any more.
        let mut postponed = 0_usize;
        while !self.scratch.queue.is_empty() && !self.ended() {
            if self.global_condition_holds() {
                self.scratch.journal.termination = Some(Termination::Global);
                break;
            }
            if let Some(target) = self.next.take() {
                self.skip_to(target);
            }
            match self.front() {
                None => break,
                Some(Front::Dropped) => postponed = 0,
                Some(Front::Postponed) => {
                    postponed = postponed.saturating_add(1);
                    if postponed >= self.scratch.queue.len() {
                        self.give_up_on_queue();
                        break;
                    }
                }
                Some(Front::Due(stage)) => {
                    postponed = 0;
                    self.turn(stage).await;
                }
            }
        }
        self.finish()
    }

    fn ended(&self) -> bool {
        self.timed_out || self.scratch.journal.termination.is_some()
    }

    /// Drops what stands before the target; all of it, when the target is not queued.
    fn skip_to(&mut self, target: StageId) {
        while let Some(front) = self.scratch.queue.front().copied() {
            if front == target {
                return;
            }
            self.scratch.queue.pop_front();
            if !self.executed(front) {
                self.scratch.journal.skip(front, WhySkipped::SkippedTo, None);
            }
        }
    }

    fn front(&mut self) -> Option<Front> {
        let stage = self.scratch.queue.pop_front()?;
        if !self.enabled(stage) {
            if !self.executed(stage) {
                self.scratch.journal.skip(stage, WhySkipped::Disabled, None);
            }
            return Some(Front::Dropped);
        }
        if self.executed(stage) {
            return Some(Front::Dropped);
        }
        if !self.dependencies_met(stage) {
            self.scratch.queue.push_back(stage);
            return Some(Front::Postponed);
        }
        Some(Front::Due(stage))
    }

    fn enabled(&self, stage: StageId) -> bool {
        let switched = self.scratch.marks.get(stage.index()).and_then(|mark| mark.switched);
        switched.unwrap_or_else(|| self.loaded.stage(stage).is_some_and(|stage| stage.enabled))
    }

    fn executed(&self, stage: StageId) -> bool {
        self.scratch.marks.get(stage.index()).is_some_and(|mark| mark.executed)
    }

    fn dependencies_met(&self, stage: StageId) -> bool {
        self.loaded.stage(stage).is_some_and(|stage| stage.depends_on.iter().all(|needed| self.executed(*needed)))
    }

    /// Each stage left depends on one that can no longer run.
    fn give_up_on_queue(&mut self) {
        while let Some(stage) = self.scratch.queue.pop_front() {
            let unmet = self
                .loaded
                .stage(stage)
                .and_then(|loaded| loaded.depends_on.iter().copied().find(|needed| !self.executed(*needed)));
            let needed = unmet.map_or("", |needed| self.loaded.stage_name(needed));
            let detail = Detail::Text(format!("depends on {needed}, which can no longer run"));
            self.scratch.journal.skip(stage, WhySkipped::UnmetDependency, None);
            self.scratch.journal.fail(Some(stage), FailureKind::UnmetDependency, None, detail);
            self.scratch.journal.moment(Instant::now(), TimelineKind::StageError, Some(stage));
        }
    }

    /// A stage's turn, together with those that may run beside it.
    async fn turn(&mut self, first: StageId) {
        let loaded = self.loaded;
        let Some(stage) = loaded.stage(first) else { return };
        if stage.side_by_side != SideBySide::No && loaded.max_parallel > 1 {
            let batch = self.batch(stage);
            if batch.len() > 1 {
                return self.run_batch(&batch).await;
            }
        }
        let asked = self.preconditions(stage);
        self.preconditions_act(stage.id, &asked);
        if let Some(fired) = asked.blocking {
            return self.blocked(stage, fired);
        }
        if let Some(passes) = self.at_once(stage) {
            let mut ended = passes.run(self.state).await;
            self.settle(stage, &mut ended);
        }
    }

    /// Runs a stage as far as that takes no waiting. Gives what is left to do, if it has not settled.
    fn at_once(&mut self, stage: &'r LoadedStage) -> Option<Passes<'r>> {
        if matches!(stage.runner, Runner::Missing | Runner::RulesOnly) {
            self.settle(stage, &mut Ended::Nothing);
            return None;
        }
        let mut passes = Passes::new(stage, self.deadline, self.seen.take().unwrap_or_else(Instant::now));
        let Some(mut call) = passes.at_once(self.state) else { return Some(passes) };
        if let AtOnce::Done(result) = &mut call
            && let Some(end) = passes.ended(result)
        {
            self.finished(stage, result, end);
            self.queue_enabled();
            return None;
        }
        passes.go_on_from(call);
        Some(passes)
    }

    /// The longest run at the queue's front of stages that may run beside `first`, which was taken off already.
    fn batch(&mut self, first: &LoadedStage) -> Vec<StageId> {
        let mut batch = vec![first.id];
        while batch.len() < self.loaded.max_parallel {
            let Some(next) = self.scratch.queue.front().copied() else { break };
            let fits = self.loaded.stage(next).is_some_and(|stage| stage.side_by_side == first.side_by_side)
                && !batch.contains(&next)
                && self.enabled(next)
                && !self.executed(next)
                && self.dependencies_met(next);
            if !fits {
                break;
            }
            self.scratch.queue.pop_front();
            batch.push(next);
        }
        batch
    }

    /// A precondition held: the stage does not run, the rule's action does.
    pub(super) fn blocked(&mut self, stage: &LoadedStage, fired: Fired) {
        self.scratch.journal.skip(stage.id, WhySkipped::Blocked, Some(fired.rule));
        let ran = self.ran;
        if let Some(mark) = self.scratch.marks.get_mut(stage.id.index()) {
            mark.blocked_after = Some(ran);
        }
        self.act(stage.id, fired);
        self.queue_enabled();
    }

    /// Takes up what running a stage came to, and lets its rules act.
    pub(super) fn settle(&mut self, stage: &LoadedStage, ended: &mut Ended) {
        match ended {
            Ended::Nothing if matches!(stage.runner, Runner::RulesOnly) => {
                self.executed_now(stage, How::Rules);
                self.rules_after(stage);
            }
            Ended::Nothing => self.no_handler(stage.id),
            Ended::GlobalTimeout { last } => {
                self.cancelled(stage.id);
                self.scratch.journal.cut_short.extend(last.take().map(|failure| (stage.id, failure)));
            }
            Ended::Finished { result, end } => self.finished(stage, result, *end),
        }
        self.queue_enabled();
    }

    /// Takes up what a stage's handler came to. It is taken out of where it lies, for it is large.
    fn finished(&mut self, stage: &LoadedStage, result: &mut Outcome, End { time, attempts, at }: End) {
        let (kind, failed) = match result {
            Ok(_) => (TimelineKind::StageComplete, None),
            Err(failure) => (TimelineKind::StageError, Some(failure.kind)),
        };
        let writes = keep(self.change_state(), stage, result, time, attempts);
        self.seen = Some(at);
        self.executed_now(stage, How::Finished);
        self.scratch.journal.moment(at, kind, Some(stage.id));
        if let Some(kind) = failed {
            self.scratch.journal.fail(Some(stage.id), kind, None, Detail::Result);
        }
        for write in writes {
            self.handler_write(stage.id, write);
        }
        self.timed_out |= at > self.deadline;
        match (failed, stage.on_error) {
            _ if self.timed_out => {}
            (Some(_), OnError::Skip) => {}
            (Some(_), OnError::Fail) => {
                // What an earlier member of the batch ended the cascade for stays the cause.
                self.scratch.journal.termination.get_or_insert(Termination::StageError);
            }
            _ => self.rules_after(stage),
        }
    }

    fn executed_now(&mut self, stage: &LoadedStage, how: How) {
        if let Some(mark) = self.scratch.marks.get_mut(stage.id.index()) {
            mark.executed = true;
        }
        self.ran = self.ran.saturating_add(1);
        self.state_changed = true;
        self.scratch.journal.ran.push(Ran { stage: stage.id, how });
    }

    fn handler_write(&mut self, stage: StageId, write: crate::stage::Write) {
        self.seen = None;
        match self.change_state().write_unread(&write.path, write.json.clone()) {
            Ok(()) => self.scratch.journal.writes.push(Written::Handler { stage, path: write.path, json: write.json }),
            Err(error) => {
                let detail = Detail::Text(error.to_string());
                self.scratch.journal.fail(Some(stage), FailureKind::RefusedWrite, None, detail);
            }
        }
    }

    fn no_handler(&mut self, stage: StageId) {
        let message = format!("No handler registered for stage: {}", self.loaded.stage_name(stage));
        self.scratch.journal.skip(stage, WhySkipped::NoHandler, None);
        // Nothing has changed since, so that an `else` of its own precondition must not queue it again and again.
        let ran = self.ran;
        if let Some(mark) = self.scratch.marks.get_mut(stage.index()) {
            mark.blocked_after = Some(ran);
        }
        self.scratch.journal.fail(Some(stage), FailureKind::NoHandler, None, Detail::Text(message));
        self.scratch.journal.moment(Instant::now(), TimelineKind::StageError, Some(stage));
    }

    /// The cascade's time is over while this stage runs.
    pub(super) fn cancelled(&mut self, stage: StageId) {
        let now = Instant::now();
        self.scratch.journal.ran.push(Ran { stage, how: How::Cancelled });
        self.scratch.journal.moment(now, TimelineKind::StageError, Some(stage));
        self.timed_out = true;
    }

    /// Queues the stages that rules just enabled and that may run (again).
    fn queue_enabled(&mut self) {
        let scratch = &mut *self.scratch;
        for stage in scratch.enabled.drain(..) {
            let mark = scratch.marks.get(stage.index()).copied().unwrap_or_default();
            // A blocked stage waits until the state it was blocked on may have changed.
            let blocked_still = mark.blocked_after == Some(self.ran);
            if !mark.executed && !blocked_still && !scratch.queue.contains(&stage) {
                scratch.queue.push_back(stage);
            }
        }
    }

    /// The state, to be changed: no stage runs. Copied if a handler kept its snapshot.
    pub(super) fn change_state(&mut self) -> &mut State {
        self.state_changed = true;
        Arc::make_mut(self.state)
    }

    fn finish(&mut self) -> Instant {
        if self.timed_out {
            let limit = self.loaded.program.global_timeout_ms();
            let detail = Detail::Text(format!("Global timeout exceeded: {limit}ms"));
            self.scratch.journal.fail(None, FailureKind::GlobalTimeout, None, detail);
        }
        self.give_outcome();
        let ended = self.ended();
        while let Some(stage) = self.scratch.queue.pop_front() {
            if ended && !self.executed(stage) {
                self.scratch.journal.skip(stage, WhySkipped::Terminated, None);
            }
        }
        let now = self.seen.unwrap_or_else(Instant::now);
        if ended {
            self.scratch.journal.moment(now, TimelineKind::Termination, None);
        }
        now
    }
}

/// Lets the state keep what a stage came to, and gives what it wants to write.
fn keep(
    state: &mut State,
    stage: &LoadedStage,
    result: &mut Outcome,
    time: Duration,
    attempts: u32,
) -> Vec<crate::stage::Write> {
    let (kept, marks, writes) = match result {
        Ok(output) => {
            let (marks, writes) = (std::mem::take(&mut output.marks), std::mem::take(&mut output.writes));
            (state.set_output(stage.id, output, time, attempts), marks, writes)
        }
        Err(failure) => {
            let marks = std::mem::take(&mut failure.marks);
            (state.set_failure(stage.id, failure, time, attempts), marks, Vec::new())
        }
    };
    if stage.lists_plugins
        && let Some(kept) = kept
    {
        kept.show_resilience(marks);
    }
    writes
}

/// A deadline that no cascade reaches: about a year on.
pub(super) fn far_future(from: Instant) -> Instant {
    from.checked_add(Duration::from_hours(365 * 24)).unwrap_or(from)
}
