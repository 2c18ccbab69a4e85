//! The sliding window as a pure state machine: a log of the times of the last calls.

use super::Turn;
use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::time::Duration;

/// The shortest time there is: a call exactly one window old still counts.
const MOMENT: Duration = Duration::from_nanos(1);

/// The times of the calls that count, the turns of those that wait among them, in order.
#[derive(Clone, Debug)]
pub struct SlidingLog {
    max: usize,
    window: Duration,
    times: VecDeque<Duration>,
}

impl SlidingLog {
    /// An empty log: `max` calls fit into any span of `window`.
    #[must_use]
    pub fn new(max: NonZeroU32, window: Duration) -> Self {
        Self { max: usize::try_from(max.get()).unwrap_or(usize::MAX), window, times: VecDeque::new() }
    }

    /// Takes places, all or none, at the first moment at which so many are free: now, or within `max_wait`. For more than the window
    /// ever holds there is no turn.
    pub fn take(&mut self, now: Duration, max_wait: Duration, calls: NonZeroU32) -> Turn {
        let calls = usize::try_from(calls.get()).unwrap_or(usize::MAX);
        let Some(others) = self.max.checked_sub(calls) else { return Turn::Denied { wait: Duration::MAX } };
        while self.times.front().is_some_and(|time| time.saturating_add(self.window) < now) {
            self.times.pop_front();
        }
        // The last call that must have left the window, so that no more than `others` are in it.
        let leaving = self.times.len().checked_sub(others).and_then(|count| count.checked_sub(1));
        let before = leaving.and_then(|index| self.times.get(index));
        let at = before.map_or(now, |time| time.saturating_add(self.window).saturating_add(MOMENT));
        // Never before one that came earlier.
        let at = at.max(now).max(self.times.back().copied().unwrap_or_default());
        let wait = at.saturating_sub(now);
        if wait > max_wait {
            return Turn::Denied { wait };
        }
        self.times.extend(std::iter::repeat_n(at, calls));
        if wait.is_zero() { Turn::Now } else { Turn::At(at) }
    }

    /// Frees places that were taken and not used.
    pub fn give_back(&mut self, turn: Duration, calls: NonZeroU32) {
        for _ in 0..calls.get() {
            let Some(index) = self.times.iter().rposition(|time| *time == turn) else { return };
            self.times.remove(index);
        }
    }
}
