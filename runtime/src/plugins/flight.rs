//! One call for many: those with the same input that come while it runs get its outcome.
//!
//! ```text
//! call ─ nobody flies with this key ─▶ leads ─▶ handler ─▶ its outcome, also for those who follow
//!   └─ somebody does ─▶ follows ─▶ the outcome, or, when the leader was cancelled, leads itself
//! ```

use super::around::later;
use super::cache::{Key, kept};
use crate::{StageCall, StageFailure, StageOutput, StageService};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

type Outcome = Result<StageOutput, StageFailure>;
/// What a leader shares; none while it flies.
type Shared = Option<Arc<Outcome>>;

/// The calls under way, by key.
#[derive(Default)]
pub(super) struct Flights {
    by_key: Mutex<HashMap<Key, watch::Receiver<Shared>>>,
}

/// What a call is to do.
pub(super) enum Seat {
    Lead(Lead),
    Follow(watch::Receiver<Shared>),
}

/// The one who makes the call. Dropped before it has landed, it leaves its place to one of those who follow.
pub(super) struct Lead {
    flights: Arc<Flights>,
    key: Key,
    share: watch::Sender<Shared>,
}

impl Flights {
    pub(super) fn board(self: &Arc<Self>, key: Key) -> Seat {
        let mut by_key = self.lock();
        if let Some(flight) = by_key.get(&key) {
            return Seat::Follow(flight.clone());
        }
        let (share, flight) = watch::channel(None);
        by_key.insert(key, flight);
        Seat::Lead(Lead { flights: Arc::clone(self), key, share })
    }

    /// Whether somebody flies with this key.
    pub(super) fn is_under_way(&self, key: &Key) -> bool {
        self.lock().contains_key(key)
    }

    /// Waits for the outcome of the leader, or makes the call in its place. `done` sees the outcome of a call made here.
    pub(super) async fn follow(
        self: Arc<Self>,
        mut flight: watch::Receiver<Shared>,
        key: Key,
        inner: StageService,
        call: StageCall,
        done: impl FnOnce(&Outcome) + Send,
    ) -> Outcome {
        loop {
            let landed = flight.wait_for(Option::is_some).await.map(|shared| shared.clone());
            if let Ok(Some(outcome)) = landed {
                return followed(&outcome);
            }
            match self.board(key) {
                Seat::Follow(other) => flight = other,
                Seat::Lead(lead) => {
                    let outcome = later(inner, call).await;
                    done(&outcome);
                    lead.land(&outcome);
                    return outcome;
                }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, watch::Receiver<Shared>>> {
        self.by_key.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The outcome of another call: what it decided, not what deciding took.
fn followed(outcome: &Outcome) -> Outcome {
    match outcome {
        Ok(output) => {
            let mut output = StageOutput { marks: output.marks.clone(), cached: output.cached, ..kept(output) };
            output.marks.coalesced = true;
            output.attempts = Some(0);
            Ok(output)
        }
        Err(failure) => {
            let mut failure = failure.clone();
            failure.marks.coalesced = true;
            failure.attempts = Some(0);
            failure.fuel = None;
            failure.memory_bytes = None;
            failure.logs = Vec::new();
            Err(failure)
        }
    }
}

impl Lead {
    /// Shares the outcome.
    pub(super) fn land(self, outcome: &Outcome) {
        // Nobody can follow any more once the key is free; who does already sees the outcome before the sender is gone.
        self.flights.lock().remove(&self.key);
        if self.share.receiver_count() > 0 {
            self.share.send_replace(Some(Arc::new(outcome.clone())));
        }
    }
}

impl Drop for Lead {
    fn drop(&mut self) {
        let mut by_key = self.flights.lock();
        // After a landing the key may be somebody else's.
        if by_key.get(&self.key).is_some_and(|flight| flight.same_channel(&self.share.subscribe())) {
            by_key.remove(&self.key);
        }
    }
}

impl fmt::Debug for Flights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flights").field("under_way", &self.lock().len()).finish()
    }
}
