//! Stages side by side. What is decided never depends on who was faster: conditions and handlers see the state before the
//! batch, and what they did is taken up in plan order when all have finished.

use std::sync::Arc;

use cascata_record::WhySkipped;
use cascata_vm::StageId;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use super::load::Runner;
use super::pass::{End, Ended, Passes};
use super::rules::Asked;
use super::run::Run;
use crate::stage::{FailureKind, StageFailure};

impl Run<'_> {
    /// Runs stages side by side: one task for each that has a handler.
    pub(super) async fn run_batch(&mut self, batch: &[StageId]) {
        let loaded = self.loaded;
        let members: Vec<_> = batch.iter().filter_map(|stage| loaded.stage(*stage)).collect();
        let asked: Vec<Asked> = members.iter().map(|stage| self.preconditions(stage)).collect();
        let mut tasks = JoinSet::new();
        for (at, (stage, asked)) in members.iter().zip(&asked).enumerate() {
            let runs = matches!(stage.runner, Runner::Direct(_) | Runner::Service(_));
            if asked.blocking.is_none() && runs {
                let (current, state, deadline) = (Arc::clone(self.current), Arc::clone(self.state), self.deadline);
                let id = stage.id;
                tasks.spawn(async move {
                    let Some(stage) = current.loaded.stage(id) else { return (at, Ended::Nothing) };
                    (at, Passes::new(stage, deadline, Instant::now()).run(&state).await)
                });
            }
        }
        let mut ended: Vec<Option<Ended>> = members.iter().map(|_| None).collect();
        let expected = tasks.len();
        for _ in 0..expected {
            // A member stops itself at the deadline; this ends waiting for one that does not let go of its thread.
            let Ok(Some(joined)) = timeout_at(self.deadline, tasks.join_next()).await else { break };
            take_up(&mut ended, joined);
        }
        while let Some(joined) = tasks.try_join_next() {
            take_up(&mut ended, joined);
        }
        let late = !tasks.is_empty();
        tasks.abort_all();
        // Known before the first is taken up: on a timeout members are recorded, but no rule runs any more.
        self.timed_out = late || ended.iter().flatten().any(|ended| matches!(ended, Ended::GlobalTimeout { .. }));
        for ((stage, asked), mut ended) in members.into_iter().zip(asked).zip(ended) {
            let runs = matches!(stage.runner, Runner::Direct(_) | Runner::Service(_));
            if !self.timed_out {
                self.preconditions_act(stage.id, &asked);
            }
            match (asked.blocking, &mut ended) {
                // Blocked before the time was over, but nothing acts any more after it.
                (Some(fired), _) if self.timed_out => {
                    self.scratch.journal.skip(stage.id, WhySkipped::Blocked, Some(fired.rule))
                }
                (Some(fired), _) => self.blocked(stage, fired),
                (None, Some(ended)) => self.settle(stage, ended),
                (None, None) if !runs => self.settle(stage, &mut Ended::Nothing),
                (None, None) if late => self.cancelled(stage.id),
                (None, None) => {
                    let lost = StageFailure::new(FailureKind::Panicked, "the stage's task was lost");
                    let end = End { time: std::time::Duration::ZERO, attempts: 1, at: Instant::now() };
                    self.settle(stage, &mut Ended::Finished { result: Err(lost), end });
                }
            }
        }
        // They ended one before the other, and their order here is another.
        self.seen = None;
    }
}

fn take_up(ended: &mut [Option<Ended>], joined: Result<(usize, Ended), tokio::task::JoinError>) {
    if let Ok((at, how)) = joined
        && let Some(slot) = ended.get_mut(at)
    {
        *slot = Some(how);
    }
}
