//! The limit of an adaptive bulkhead as a pure state machine: additive increase, multiplicative decrease.
//!
//! What is measured is the time of service, without the wait for a slot; a call that was cancelled says nothing. The limit
//! changes once a second at most, so that one bad moment halves it once and not once for every call under way.

use std::time::Duration;

/// Time between two changes of the limit.
const PAUSE: Duration = Duration::from_secs(1);

/// How the limit moves.
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
pub struct AimdSettings {
    /// The limit at first.
    pub initial: usize,
    /// Its lower bound.
    pub min: usize,
    /// Its upper bound.
    pub max: usize,
    /// Added to grow.
    pub increase: usize,
    /// Multiplied with to shrink.
    pub decrease: f64,
    /// A call faster than this lets it grow.
    pub increase_below: Duration,
    /// A call slower than this makes it shrink.
    pub decrease_above: Duration,
}

impl From<&cascata_config::AdaptiveBulkheadOptions> for AimdSettings {
    fn from(options: &cascata_config::AdaptiveBulkheadOptions) -> Self {
        let size = |value: std::num::NonZeroU32| usize::try_from(value.get()).unwrap_or(usize::MAX);
        Self {
            initial: size(options.initial),
            min: size(options.min),
            max: size(options.max),
            increase: size(options.increase),
            decrease: options.decrease,
            increase_below: Duration::from_millis(options.increase_below_ms.get()),
            decrease_above: Duration::from_millis(options.decrease_above_ms.get()),
        }
    }
}

/// The limit of one adaptive bulkhead.
#[derive(Clone, Debug)]
pub struct Aimd {
    settings: AimdSettings,
    limit: usize,
    changed: Option<Duration>,
    average_ms: Option<f64>,
}

impl Aimd {
    /// A limit that has not moved yet.
    #[must_use]
    pub fn new(settings: AimdSettings) -> Self {
        let limit = settings.initial.min(settings.max).max(settings.min);
        Self { settings, limit, changed: None, average_ms: None }
    }

    /// Calls that may run at a time.
    #[must_use]
    pub const fn limit(&self) -> usize {
        self.limit
    }

    /// The average time of service in milliseconds, the last call weighing a twentieth; none before the first.
    #[must_use]
    pub const fn average_ms(&self) -> Option<f64> {
        self.average_ms
    }

    /// Takes up how a call went; the new limit, where it changes. `now` is any monotonic time.
    pub fn observe(&mut self, time: Duration, failed: bool, now: Duration) -> Option<usize> {
        let millis = time.as_secs_f64() * 1e3;
        self.average_ms = Some(self.average_ms.map_or(millis, |average| average * 0.95 + millis * 0.05));
        if self.changed.is_some_and(|changed| now.saturating_sub(changed) < PAUSE) {
            return None;
        }
        let limit = if failed || time > self.settings.decrease_above {
            // Rounded down by the cast, which also holds any product of a share and a count.
            ((self.limit as f64 * self.settings.decrease) as usize).max(self.settings.min)
        } else if time < self.settings.increase_below {
            self.limit.saturating_add(self.settings.increase).min(self.settings.max)
        } else {
            return None;
        };
        if limit == self.limit {
            return None;
        }
        self.limit = limit;
        self.changed = Some(now);
        Some(limit)
    }
}
