//! One call for many: those with the same input that come while it runs get its outcome.
//!
//! ```text
//! call ─ nobody flies with this key ─▶ leads ─▶ handler ─▶ its outcome, also for those who follow
//!   └─ somebody does ─▶ follows ─▶ the outcome, or, when the leader was cancelled, leads itself
//! ```

use super::around::later;
use super::cache::{Key, kept};
use super::sync::{Mutex, MutexGuard};
use crate::stage::comes_now;
use crate::{StageCall, StageFailure, StageOutput, StageService};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Arc, PoisonError};
use tokio::sync::watch;

type Outcome = Result<StageOutput, StageFailure>;
/// What a leader shares; none while it flies.
type Shared = Option<Arc<Outcome>>;
type ByKey = HashMap<Key, Option<watch::Sender<Shared>>, BuildHasherDefault<KeyHasher>>;

/// The calls under way, by key; those that somebody follows have a channel.
#[derive(Default)]
pub(super) struct Flights {
    by_key: Mutex<ByKey>,
}

/// Takes a part of a key as its hash: keys are hashes already.
#[derive(Default)]
struct KeyHasher(u64);

impl Hasher for KeyHasher {
    fn write(&mut self, bytes: &[u8]) {
        if let Some(first) = bytes.first_chunk() {
            self.0 = u64::from_le_bytes(*first);
        }
    }

    fn write_usize(&mut self, _: usize) {
        // The length, which is that of all keys.
    }

    fn finish(&self) -> u64 {
        self.0
    }
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
    landed: bool,
}

impl Flights {
    pub(super) fn board(self: &Arc<Self>, key: Key) -> Seat {
        match self.lock().entry(key) {
            // The channel is made for the first who follows: most calls are alone.
            Entry::Occupied(mut flight) => {
                Seat::Follow(flight.get_mut().get_or_insert_with(|| watch::channel(None).0).subscribe())
            }
            Entry::Vacant(place) => {
                place.insert(None);
                Seat::Lead(Lead { flights: Arc::clone(self), key, landed: false })
            }
        }
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

    /// Frees a key; who followed learns of it when the channel is dropped, if nothing was sent.
    fn leave(&self, key: &Key) -> Option<watch::Sender<Shared>> {
        self.lock().remove(key).flatten()
    }

    fn lock(&self) -> MutexGuard<'_, ByKey> {
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
            comes_now(Err(failure))
        }
    }
}

impl Lead {
    /// Shares the outcome.
    pub(super) fn land(mut self, outcome: &Outcome) {
        self.landed = true;
        // Nobody can follow any more once the key is free; who does already sees the outcome before the sender is gone.
        if let Some(share) = self.flights.leave(&self.key) {
            share.send_replace(Some(Arc::new(outcome.clone())));
        }
    }
}

impl Drop for Lead {
    fn drop(&mut self) {
        // After a landing the key may be somebody else's.
        if !self.landed {
            drop(self.flights.leave(&self.key));
        }
    }
}

impl fmt::Debug for Flights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flights").field("under_way", &self.lock().len()).finish()
    }
}
