//! What one cascade needs while it runs, kept for the next so that a warm engine allocates little.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use cascata_vm::eval::Walk;
use cascata_vm::{RuleId, StageId};

use super::journal::Journal;
use crate::affinity::{self, Thread};
use crate::state::{FactsPlan, State};

/// How many are kept; more than that run at once only under a burst.
const KEPT: usize = 256;

/// What one event left is kept up to this many bytes: one giant must not hold memory for ever.
const KEPT_BYTES: usize = 1 << 20;

/// Entries of a journal that stay allocated; only a cascade with very many rules and writes has more.
const KEPT_ENTRIES: usize = 1_024;

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
    /// Where the rule list under way stands.
    pub walk: Walk,
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
    free: Mutex<Vec<Kept>>,
}

/// What an event left.
#[derive(Debug)]
struct Kept {
    state: Arc<State>,
    scratch: Box<Scratch>,
    /// The thread that used it last.
    thread: Thread,
}

impl Pool {
    pub(super) const fn new(facts: Arc<FactsPlan>) -> Self {
        Self { facts, free: Mutex::new(Vec::new()) }
    }

    /// A state and scratch space, used before if there is one.
    pub(super) fn take(&self) -> (Arc<State>, Box<Scratch>) {
        let kept = {
            let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
            affinity::latest(&free, |kept| kept.thread).map(|at| free.remove(at))
        };
        match kept {
            // A snapshot that a handler still holds must not change under it.
            Some(Kept { state, scratch, .. }) if Arc::strong_count(&state) == 1 => (state, scratch),
            Some(Kept { scratch, .. }) => (Arc::new(State::new(Arc::clone(&self.facts))), scratch),
            None => (Arc::new(State::new(Arc::clone(&self.facts))), Box::default()),
        }
    }

    /// Keeps a state and its scratch space for another event. `event_bytes` is how large the one before was.
    pub(super) fn give_back(&self, state: Arc<State>, mut scratch: Box<Scratch>, event_bytes: usize) {
        if event_bytes > KEPT_BYTES || state.held_bytes() > KEPT_BYTES {
            return;
        }
        scratch.journal.clear();
        scratch.journal.shrink_to(KEPT_ENTRIES);
        scratch.walk.shrink_to(KEPT_ENTRIES);
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        if free.len() < KEPT {
            free.push(Kept { state, scratch, thread: Thread::current() });
        }
    }

    /// How many are kept at the moment.
    #[cfg(test)]
    pub(super) fn kept(&self) -> usize {
        self.free.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

impl Scratch {
    /// Makes it ready for an event.
    pub(super) fn begin(&mut self, first_queue: &[StageId], stages: usize) {
        self.queue.clear();
        self.queue.extend(first_queue);
        self.marks.clear();
        self.marks.resize(stages, Mark::default());
        self.enabled.clear();
        self.failed_globals.clear();
    }
}
