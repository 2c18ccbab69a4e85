//! What one cascade needs while it runs, kept for the next so that a warm engine allocates little.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use cascata_vm::{RuleId, StageId};

use super::journal::Journal;
use crate::state::{FactsPlan, State};

/// How many are kept; more than that run at once only under a burst.
const KEPT: usize = 256;

/// An event larger than this does not keep its buffers: one giant must not hold memory for ever.
const LARGEST_KEPT_EVENT: usize = 1 << 20;

/// Queue and journal of one cascade, and what rules and queue need to remember.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    pub journal: Journal,
    pub queue: VecDeque<StageId>,
    pub marks: Vec<Mark>,
    /// Stages that rules of the current stage enabled.
    pub enabled: Vec<StageId>,
    /// Global rules whose error is recorded already.
    pub failed_globals: Vec<RuleId>,
}

/// What is known of a stage in the running cascade.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Mark {
    pub executed: bool,
    /// Set by a rule; `None` leaves it to the stage's own `enabled`.
    pub switched: Option<bool>,
    /// How many stages had run when a precondition blocked it last.
    pub blocked_after: Option<u32>,
}

/// Keeps states and scratch space of one program.
#[derive(Debug)]
pub(super) struct Pool {
    facts: Arc<FactsPlan>,
    free: Mutex<Vec<(Arc<State>, Scratch)>>,
}

impl Pool {
    pub(super) const fn new(facts: Arc<FactsPlan>) -> Self {
        Self { facts, free: Mutex::new(Vec::new()) }
    }

    /// A state and scratch space, used before if there is one.
    pub(super) fn take(&self) -> (Arc<State>, Scratch) {
        let kept = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        match kept {
            // A snapshot that a handler still holds must not change under it.
            Some((state, scratch)) if Arc::strong_count(&state) == 1 => (state, scratch),
            Some((_, scratch)) => (Arc::new(State::new(Arc::clone(&self.facts))), scratch),
            None => (Arc::new(State::new(Arc::clone(&self.facts))), Scratch::default()),
        }
    }

    pub(super) fn give_back(&self, state: Arc<State>, scratch: Scratch) {
        if state.event_text().len() > LARGEST_KEPT_EVENT {
            return;
        }
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        if free.len() < KEPT {
            free.push((state, scratch));
        }
    }
}

impl Scratch {
    /// Makes it ready for an event.
    pub(super) fn begin(&mut self, first_queue: &[StageId], stages: usize) {
        self.journal.clear();
        self.queue.clear();
        self.queue.extend(first_queue);
        self.marks.clear();
        self.marks.resize(stages, Mark::default());
        self.enabled.clear();
        self.failed_globals.clear();
    }
}
