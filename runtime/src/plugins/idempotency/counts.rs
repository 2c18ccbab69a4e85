//! What the calls of an idempotency plugin came to.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counters of one idempotency plugin.
#[derive(Debug, Default)]
pub(in crate::plugins) struct Counts {
    pub(super) ran: AtomicU64,
    pub(super) replayed: AtomicU64,
    pub(super) conflicts: AtomicU64,
    pub(super) refused: AtomicU64,
    pub(super) outages: AtomicU64,
}

/// Figures of an idempotency plugin since it was made.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, serde::Serialize)]
#[non_exhaustive]
pub struct IdempotencySnapshot {
    /// Calls that had their key and ran.
    pub ran: u64,
    /// Calls that got the result of an earlier one.
    pub replayed: u64,
    /// Calls that waited too long for the one that ran.
    pub conflicts: u64,
    /// Calls whose result was refused because their lease had ended.
    pub refused: u64,
    /// Calls that could not ask the store.
    pub outages: u64,
}

/// One more.
pub(super) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

impl Counts {
    pub(in crate::plugins) fn snapshot(&self) -> IdempotencySnapshot {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        IdempotencySnapshot {
            ran: read(&self.ran),
            replayed: read(&self.replayed),
            conflicts: read(&self.conflicts),
            refused: read(&self.refused),
            outages: read(&self.outages),
        }
    }
}
