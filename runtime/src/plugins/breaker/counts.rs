//! What a breaker counted, and when things happened last.

use super::{BreakerState, Outcome};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Figures of a breaker since it was made.
#[derive(Clone, Copy, PartialEq, Debug, serde::Serialize)]
#[non_exhaustive]
pub struct BreakerSnapshot {
    /// Where it stands.
    pub state: BreakerState,
    /// Failures since the last success, while closed.
    pub failures_in_a_row: u32,
    /// Successes since the last failure, in whatever state.
    pub successes_in_a_row: u64,
    /// Calls that succeeded.
    pub successes: u64,
    /// Calls that failed in a way that counts, timeouts included.
    pub failures: u64,
    /// Calls that ran out of time.
    pub timeouts: u64,
    /// Calls that were cancelled or failed in a way that does not count.
    pub ignored: u64,
    /// Calls it did not let through.
    pub rejections: u64,
    /// Changes of state.
    pub transitions: u64,
    /// The mean time of the calls that succeeded or failed, in milliseconds; 0 before the first.
    pub avg_time_ms: f64,
    /// The time of all of them, in milliseconds.
    pub total_time_ms: f64,
    /// How long ago a call succeeded last, in milliseconds; none if none has.
    pub since_success_ms: Option<u64>,
    /// How long ago a call failed last, in milliseconds.
    pub since_failure_ms: Option<u64>,
    /// How long ago the state changed last, in milliseconds.
    pub since_transition_ms: Option<u64>,
}

/// How a call ended.
#[derive(Clone, Copy)]
pub(super) struct How {
    pub(super) outcome: Outcome,
    /// It ran out of time.
    pub(super) timeout: bool,
}

impl How {
    pub(super) const SUCCESS: Self = Self { outcome: Outcome::Success, timeout: false };
    pub(super) const FAILURE: Self = Self { outcome: Outcome::Failure, timeout: false };
    pub(super) const TIMEOUT: Self = Self { outcome: Outcome::Failure, timeout: true };
    pub(super) const IGNORED: Self = Self { outcome: Outcome::Ignored, timeout: false };
}

/// Counters, each exact; together they are read one after the other, while calls go on. Times are from the breaker's origin.
#[derive(Default)]
pub(super) struct Counts {
    successes: AtomicU64,
    failures: AtomicU64,
    timeouts: AtomicU64,
    ignored: AtomicU64,
    rejections: AtomicU64,
    transitions: AtomicU64,
    time_ns: AtomicU64,
    /// Successes there were at the last failure.
    successes_then: AtomicU64,
    success: Last,
    failure: Last,
    transition: Last,
}

/// When something happened last: nanoseconds and one more, 0 for never.
#[derive(Default)]
struct Last(AtomicU64);

impl Last {
    fn is(&self, now: Duration) {
        self.0.store(nanos(now).saturating_add(1), Ordering::Relaxed);
    }

    fn ago_ms(&self, now: Duration) -> Option<u64> {
        let at = self.0.load(Ordering::Relaxed).checked_sub(1)?;
        Some(nanos(now).saturating_sub(at) / 1_000_000)
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

impl Counts {
    /// Counts a call that took so long and ended now.
    pub(super) fn ended(&self, how: How, time: Duration, now: Duration) {
        let one = |count: &AtomicU64| count.fetch_add(1, Ordering::Relaxed);
        match how.outcome {
            Outcome::Success => {
                one(&self.successes);
                self.success.is(now);
            }
            Outcome::Failure => {
                one(&self.failures);
                self.failure.is(now);
                self.successes_then.store(self.successes.load(Ordering::Relaxed), Ordering::Relaxed);
            }
            Outcome::Ignored => {
                one(&self.ignored);
                return;
            }
        }
        if how.timeout {
            one(&self.timeouts);
        }
        self.time_ns.fetch_add(nanos(time), Ordering::Relaxed);
    }

    pub(super) fn rejected(&self) {
        self.rejections.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn changed(&self, now: Duration) {
        self.transitions.fetch_add(1, Ordering::Relaxed);
        self.transition.is(now);
    }

    pub(super) fn snapshot(&self, state: BreakerState, failures_in_a_row: u32, now: Duration) -> BreakerSnapshot {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let (successes, failures) = (read(&self.successes), read(&self.failures));
        let total_time_ms = read(&self.time_ns) as f64 / 1e6;
        let calls = successes.saturating_add(failures);
        BreakerSnapshot {
            state,
            failures_in_a_row,
            successes_in_a_row: successes.saturating_sub(read(&self.successes_then)),
            successes,
            failures,
            timeouts: read(&self.timeouts),
            ignored: read(&self.ignored),
            rejections: read(&self.rejections),
            transitions: read(&self.transitions),
            avg_time_ms: if calls == 0 { 0.0 } else { total_time_ms / calls as f64 },
            total_time_ms,
            since_success_ms: self.success.ago_ms(now),
            since_failure_ms: self.failure.ago_ms(now),
            since_transition_ms: self.transition.ago_ms(now),
        }
    }
}
