//! Where a store takes its time from when it has no server that tells it.

use std::fmt;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

/// Gives microseconds since 1970 UTC, or since any other moment for stores that do not outlive the process.
///
/// Servers tell their own time, so a clock that is wrong changes nothing there.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> i64 + Send + Sync>);

impl Clock {
    /// The machine's clock.
    #[must_use]
    pub fn system() -> Self {
        Self::new(|| micros(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()))
    }

    /// Tokio's clock, from 0 on: never goes back, and stands still where a test paused it.
    #[must_use]
    pub fn tokio() -> Self {
        let started = Instant::now();
        Self::new(move || micros(started.elapsed()))
    }

    /// A clock of the host's, for tests.
    #[must_use]
    pub fn new(read: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(read))
    }

    /// Microseconds.
    #[must_use]
    pub fn now_us(&self) -> i64 {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clock").finish_non_exhaustive()
    }
}

/// Whole microseconds of a duration.
pub(crate) fn micros(duration: std::time::Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

/// A duration of so many microseconds; none for negative ones.
pub(crate) fn duration(micros: i64) -> std::time::Duration {
    std::time::Duration::from_micros(u64::try_from(micros).unwrap_or(0))
}
