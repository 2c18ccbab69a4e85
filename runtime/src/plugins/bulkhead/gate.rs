//! Slots and the queue for them.

use super::adaptive::{Aimd, AimdSettings};
use crate::plugins::sync::{Mutex, MutexGuard};
use crate::{FailureKind, StageFailure};
use cascata_config::{AdaptiveBulkheadOptions, BulkheadOptions};
use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// One bulkhead, shared by every call of the stages that name it.
pub struct Bulkhead {
    name: Arc<str>,
    queue_size: usize,
    max_wait: Duration,
    /// Time 0 of the adaptive limit.
    origin: Instant,
    gate: Mutex<Gate>,
    counts: Counts,
}

struct Gate {
    limit: usize,
    running: usize,
    queue: VecDeque<Waiting>,
    /// Numbers those who wait.
    next: u64,
    adaptive: Option<Aimd>,
    /// Calls that got a slot.
    calls: u64,
}

/// Somebody in the queue: the slot is handed over through the channel.
struct Waiting {
    number: u64,
    hand: oneshot::Sender<Slot>,
}

#[derive(Default)]
struct Counts {
    full: AtomicU64,
    timeouts: AtomicU64,
}

/// Figures of a bulkhead.
#[derive(Clone, Copy, PartialEq, Debug, serde::Serialize)]
#[non_exhaustive]
pub struct BulkheadSnapshot {
    /// Calls that may run at a time now.
    pub limit: usize,
    /// Calls that run.
    pub running: usize,
    /// Calls that wait for a slot.
    pub waiting: usize,
    /// Calls that got a slot.
    pub calls: u64,
    /// Calls that were rejected because the queue was full.
    pub full: u64,
    /// Calls that were rejected because no slot became free in time.
    pub timeouts: u64,
    /// Average time of a call in milliseconds, the last one weighing a twentieth; for adaptive bulkheads.
    pub avg_service_ms: Option<f64>,
}

/// Why a call got no slot.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Refused {
    /// All slots are taken, and so are all places in the queue.
    Full,
    /// It waited for as long as it may.
    TimedOut,
}

impl Bulkhead {
    /// A bulkhead with a fixed limit; stages get theirs through [`Registry`](crate::plugins::Registry).
    #[must_use]
    pub fn fixed(name: impl Into<Arc<str>>, options: &BulkheadOptions) -> Self {
        Self::new(name.into(), size(options.max_concurrent.get()), options.queue_size, options.max_wait_ms, None)
    }

    /// A bulkhead whose limit follows how fast calls are.
    #[must_use]
    pub fn adaptive(name: impl Into<Arc<str>>, options: &AdaptiveBulkheadOptions) -> Self {
        let aimd = Aimd::new(AimdSettings::from(options));
        Self::new(name.into(), aimd.limit(), options.queue_size, options.max_wait_ms, Some(aimd))
    }

    fn new(name: Arc<str>, limit: usize, queue_size: u32, max_wait_ms: u64, adaptive: Option<Aimd>) -> Self {
        Self {
            name,
            queue_size: size(queue_size),
            max_wait: Duration::from_millis(max_wait_ms),
            origin: Instant::now(),
            gate: Mutex::new(Gate { limit, running: 0, queue: VecDeque::new(), next: 0, adaptive, calls: 0 }),
            counts: Counts::default(),
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A slot, if one is free and nobody waits for one. Dropping it gives it back.
    #[must_use]
    pub fn try_enter(self: &Arc<Self>) -> Option<Slot> {
        {
            let mut gate = self.lock();
            if gate.running >= gate.limit || !gate.queue.is_empty() {
                return None;
            }
            gate.running = gate.running.saturating_add(1);
            gate.calls = gate.calls.saturating_add(1);
        }
        Some(self.slot())
    }

    /// A slot, waited for until `deadline` or as long as the options say, whichever is sooner. Dropping the future leaves the
    /// queue.
    ///
    /// # Errors
    /// The queue is full, or no slot became free in time.
    pub async fn enter(self: &Arc<Self>, deadline: Instant) -> Result<Slot, Refused> {
        if let Some(slot) = self.try_enter() {
            return Ok(slot);
        }
        let mut place = self.queue_up().inspect_err(|_| {
            self.counts.full.fetch_add(1, Ordering::Relaxed);
        })?;
        let until = Instant::now().checked_add(self.max_wait).map_or(deadline, |until| until.min(deadline));
        let handed = tokio::time::timeout_at(until, &mut place.hand).await;
        let slot = match handed {
            // Never sent: the bulkhead keeps every sender until it sends.
            Ok(handed) => handed.ok(),
            // Handed over at the same moment: the slot is ours.
            Err(_) => place.hand.try_recv().ok(),
        };
        if slot.is_some() {
            place.number = None;
            let mut gate = self.lock();
            gate.calls = gate.calls.saturating_add(1);
        } else {
            self.counts.timeouts.fetch_add(1, Ordering::Relaxed);
        }
        slot.ok_or(Refused::TimedOut)
    }

    fn queue_up(self: &Arc<Self>) -> Result<Place, Refused> {
        let (hand, receiver) = oneshot::channel();
        let mut gate = self.lock();
        let number = gate.next;
        // A slot may have become free since it was asked for; it goes through the queue, so that order holds.
        let room = gate.queue.len() < self.queue_size || gate.running < gate.limit;
        if !room {
            return Err(Refused::Full);
        }
        gate.next = gate.next.wrapping_add(1);
        gate.queue.push_back(Waiting { number, hand });
        self.hand_over(gate);
        Ok(Place { bulkhead: Arc::clone(self), number: Some(number), hand: receiver })
    }

    /// The failure of a call that got no slot.
    #[must_use]
    pub fn failure(&self, refused: Refused) -> StageFailure {
        let name = &self.name;
        let message = match refused {
            Refused::Full => format!("bulkhead `{name}` has no slot free and its queue is full"),
            Refused::TimedOut => format!("bulkhead `{name}` had no slot free in time"),
        };
        StageFailure::new(FailureKind::BulkheadFull, message)
    }

    /// Its figures.
    #[must_use]
    pub fn snapshot(&self) -> BulkheadSnapshot {
        let gate = self.lock();
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        BulkheadSnapshot {
            limit: gate.limit,
            running: gate.running,
            waiting: gate.queue.len(),
            calls: gate.calls,
            full: read(&self.counts.full),
            timeouts: read(&self.counts.timeouts),
            avg_service_ms: gate.adaptive.as_ref().and_then(Aimd::average_ms),
        }
    }

    fn slot(self: &Arc<Self>) -> Slot {
        Slot { bulkhead: Some(Arc::clone(self)) }
    }

    /// Takes a slot back.
    fn leave(self: &Arc<Self>) {
        let mut gate = self.lock();
        gate.running = gate.running.saturating_sub(1);
        self.hand_over(gate);
    }

    /// Gives what is free to those who wait, in order.
    fn hand_over<'g>(self: &'g Arc<Self>, mut gate: MutexGuard<'g, Gate>) {
        while gate.running < gate.limit {
            let Some(first) = gate.queue.pop_front() else { return };
            gate.running = gate.running.saturating_add(1);
            // Sent without the lock: whoever it wakes may come back at once.
            drop(gate);
            let refused = first.hand.send(self.slot());
            gate = self.lock();
            if let Err(mut slot) = refused {
                // It went away a moment ago. Taken back here and not by a drop, which would take the lock again.
                slot.bulkhead = None;
                gate.running = gate.running.saturating_sub(1);
            }
        }
    }

    /// Takes a slot back, and learns how its call went.
    fn observed(self: &Arc<Self>, began: Instant, ended: Instant, failed: bool) {
        let mut gate = self.lock();
        gate.running = gate.running.saturating_sub(1);
        let (time, now) = (ended.saturating_duration_since(began), ended.saturating_duration_since(self.origin));
        if let Some(limit) = gate.adaptive.as_mut().and_then(|adaptive| adaptive.observe(time, failed, now)) {
            gate.limit = limit;
        }
        self.hand_over(gate);
    }

    fn lock(&self) -> MutexGuard<'_, Gate> {
        // The gate is consistent between any two of the methods above, none of which panics.
        self.gate.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to run, given back when it is dropped.
#[must_use = "a slot that is dropped at once is free again"]
pub struct Slot {
    bulkhead: Option<Arc<Bulkhead>>,
}

impl Slot {
    /// Gives it back, and tells an adaptive bulkhead how its call went.
    pub(super) fn observed(mut self, began: Instant, ended: Instant, failed: bool) {
        if let Some(bulkhead) = self.bulkhead.take() {
            bulkhead.observed(began, ended, failed);
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if let Some(bulkhead) = self.bulkhead.take() {
            bulkhead.leave();
        }
    }
}

/// A place in the queue, left when it is dropped.
struct Place {
    bulkhead: Arc<Bulkhead>,
    /// None once a slot was handed over.
    number: Option<u64>,
    /// A slot that was sent and never taken is dropped with it, and so given back.
    hand: oneshot::Receiver<Slot>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some(number) = self.number else { return };
        let mut gate = self.bulkhead.lock();
        gate.queue.retain(|waiting| waiting.number != number);
    }
}

fn size(value: u32) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

impl fmt::Debug for Bulkhead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bulkhead").field("name", &self.name).field("snapshot", &self.snapshot()).finish()
    }
}

impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slot").finish_non_exhaustive()
    }
}

#[cfg(all(test, cascata_loom))]
mod loom_tests;
