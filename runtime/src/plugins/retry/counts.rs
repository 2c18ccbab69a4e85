//! What the calls of a retry plugin came to.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counters of one retry plugin.
#[derive(Debug, Default)]
pub(in crate::plugins) struct Counts {
    successes: AtomicU64,
    failures: AtomicU64,
    retries: AtomicU64,
    given_up: AtomicU64,
}

/// Figures of a retry plugin since it was made. Calls that were cancelled are in none but `retries`.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, serde::Serialize)]
#[non_exhaustive]
pub struct RetrySnapshot {
    /// Calls that ended, each with all its attempts.
    pub calls: u64,
    /// Calls that came to a result, at once or after retries.
    pub successes: u64,
    /// Calls that came to a failure.
    pub failures: u64,
    /// Attempts after the first, of all calls.
    pub retries: u64,
    /// Calls that ended because there were no more attempts, no time or no budget left for one.
    pub given_up: u64,
}

impl Counts {
    pub(super) fn ended(&self, succeeded: bool) {
        if succeeded { &self.successes } else { &self.failures }.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn retried(&self) {
        self.retries.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn gave_up(&self) {
        self.given_up.fetch_add(1, Ordering::Relaxed);
    }

    pub(in crate::plugins) fn snapshot(&self) -> RetrySnapshot {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let (successes, failures) = (read(&self.successes), read(&self.failures));
        RetrySnapshot {
            calls: successes.saturating_add(failures),
            successes,
            failures,
            retries: read(&self.retries),
            given_up: read(&self.given_up),
        }
    }
}
