//! Bounds how many calls there are in a time.
//!
//! ```text
//!         within the rate
//! call ───────────────────▶ handler
//!   │  on_limit: wait, its turn comes within max_wait_ms and the call's own time
//!   ├──────────▶ waiting ──▶ handler
//!   └─ else ─▶ rejected, with the time after which to come again
//! ```
//!
//! Whoever waits has a turn of its own, in the order of arrival; one that goes away gives its turn back. `governor` has neither
//! turns that can be given back nor a sliding window, and it measures time on a clock that a paused one cannot steer.

mod bucket;
mod layer;
mod shared;
mod window;

pub use bucket::Bucket;
pub(super) use layer::LimitLayer;
pub(super) use shared::SharedLimit;
pub use window::SlidingLog;

use crate::{FailureKind, StageFailure};
use cascata_config::{OnLimit, RateLimitOptions, RateStrategy};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// When a call may be made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Turn {
    /// Now.
    Now,
    /// Later: the time of its turn, which is taken.
    At(Duration),
    /// Not within the time it would wait; nothing is taken.
    Denied {
        /// How long it would take.
        wait: Duration,
    },
}

/// Where the calls of a limit are counted. Those that come with Cascata count in the memory of this process.
pub trait LimitState: Send + Sync + fmt::Debug {
    /// Takes a turn, if it comes within `max_wait`. `now` is the monotonic time of the limit that asks.
    fn take(&self, now: Duration, max_wait: Duration) -> Asked;

    /// Gives back a turn that was never used.
    fn give_back(&self, turn: Duration);
}

/// The answer of a [`LimitState`].
pub enum Asked {
    /// At once: the state is here.
    Turn(Turn),
    /// Somebody else has to be asked, over a network for example.
    Later(Pin<Box<dyn Future<Output = Turn> + Send>>),
}

impl fmt::Debug for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Turn(turn) => f.debug_tuple("Turn").field(turn).finish(),
            Self::Later(_) => f.write_str("Later"),
        }
    }
}

/// The state of a strategy in memory.
#[derive(Debug)]
enum Local {
    Bucket(Mutex<Bucket>),
    Window(Mutex<SlidingLog>),
}

impl Local {
    fn new(options: &RateLimitOptions) -> Self {
        let per = Duration::from_millis(options.per_ms.get());
        match options.strategy {
            RateStrategy::SlidingWindow => Self::Window(Mutex::new(SlidingLog::new(options.rate, per))),
            _ => Self::Bucket(Mutex::new(Bucket::new(options.rate, per, options.burst.unwrap_or(options.rate)))),
        }
    }

    fn turn(&self, now: Duration, max_wait: Duration) -> Turn {
        match self {
            Self::Bucket(bucket) => lock(bucket).take(now, max_wait),
            Self::Window(window) => lock(window).take(now, max_wait),
        }
    }
}

impl LimitState for Local {
    fn take(&self, now: Duration, max_wait: Duration) -> Asked {
        Asked::Turn(self.turn(now, max_wait))
    }

    fn give_back(&self, turn: Duration) {
        match self {
            Self::Bucket(bucket) => lock(bucket).give_back(),
            Self::Window(window) => lock(window).give_back(turn),
        }
    }
}

fn lock<T>(state: &Mutex<T>) -> MutexGuard<'_, T> {
    // Consistent between any two of its methods, none of which panics.
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One limit, shared by every call of the stages that name it.
pub struct RateLimiter {
    name: Arc<str>,
    /// Time 0 of the state.
    origin: Instant,
    state: Box<dyn LimitState>,
    max_wait: Duration,
    counts: Counts,
}

#[derive(Default)]
struct Counts {
    allowed: AtomicU64,
    denied: AtomicU64,
    waited: AtomicU64,
    wait_ns: AtomicU64,
}

/// Figures of a limit since it was made.
#[derive(Clone, Copy, PartialEq, Debug, serde::Serialize)]
#[non_exhaustive]
pub struct LimitSnapshot {
    /// Calls that asked.
    pub total: u64,
    /// Calls that were let through, at once or after a wait.
    pub allowed: u64,
    /// Calls that were not.
    pub denied: u64,
    /// Calls that had to wait, given up ones among them.
    pub waited: u64,
    /// The time they were told to wait, in milliseconds.
    pub total_wait_ms: f64,
}

impl RateLimiter {
    /// A limit that is counted in memory; stages get theirs through [`Registry`](super::Registry).
    #[must_use]
    pub fn new(name: impl Into<Arc<str>>, options: &RateLimitOptions) -> Self {
        Self::with_state(name, options, Box::new(Local::new(options)))
    }

    /// A limit that is counted elsewhere.
    #[must_use]
    pub fn with_state(name: impl Into<Arc<str>>, options: &RateLimitOptions, state: Box<dyn LimitState>) -> Self {
        let max_wait = match options.on_limit {
            OnLimit::Wait => Duration::from_millis(options.max_wait_ms),
            _ => Duration::ZERO,
        };
        Self { name: name.into(), origin: Instant::now(), state, max_wait, counts: Counts::default() }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Asks to make a call, and waits for its turn where the options say so, but never beyond `deadline`. A wait that is dropped
    /// gives the turn back.
    ///
    /// # Errors
    /// How long it would have to wait, when that is too long.
    pub async fn acquire(self: &Arc<Self>, deadline: Instant) -> Result<(), Duration> {
        let turn = match self.ask(deadline) {
            Asked::Turn(turn) => turn,
            Asked::Later(turn) => turn.await,
        };
        self.take_up(turn)?.come().await;
        Ok(())
    }

    fn ask(&self, deadline: Instant) -> Asked {
        let now = Instant::now();
        let max_wait = self.max_wait.min(deadline.saturating_duration_since(now));
        self.state.take(now.saturating_duration_since(self.origin), max_wait)
    }

    /// Counts a turn and holds it, so that it is given back if nobody waits for it to the end.
    fn take_up(self: &Arc<Self>, turn: Turn) -> Result<Taken, Duration> {
        let turn = match turn {
            Turn::Now => None,
            Turn::At(turn) => Some(turn),
            Turn::Denied { wait } => {
                self.counts.denied.fetch_add(1, Ordering::Relaxed);
                return Err(wait);
            }
        };
        Ok(Taken { limiter: Arc::clone(self), turn })
    }

    /// The failure of a call that is over the limit.
    #[must_use]
    pub fn failure(&self, wait: Duration) -> StageFailure {
        let message = format!("over the rate limit `{}`; it has room in {:.3} s", self.name, wait.as_secs_f64());
        StageFailure::new(FailureKind::RateLimited, message).with_retry_after_ms(whole_millis(wait))
    }

    /// Its figures.
    #[must_use]
    pub fn snapshot(&self) -> LimitSnapshot {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let (allowed, denied) = (read(&self.counts.allowed), read(&self.counts.denied));
        LimitSnapshot {
            total: allowed.saturating_add(denied),
            allowed,
            denied,
            waited: read(&self.counts.waited),
            total_wait_ms: read(&self.counts.wait_ns) as f64 / 1e6,
        }
    }
}

/// Milliseconds, rounded up: a caller that waits as long as it is told must not come a moment too early.
pub(super) fn whole_millis(wait: Duration) -> u64 {
    u64::try_from(wait.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}

/// A turn that is waited for, given back when the wait is dropped.
struct Taken {
    limiter: Arc<RateLimiter>,
    /// None for a turn that is now.
    turn: Option<Duration>,
}

impl Taken {
    /// Waits until the turn has come.
    async fn come(mut self) {
        let counts = &self.limiter.counts;
        if let Some(turn) = self.turn {
            let at = self.limiter.origin.checked_add(turn).unwrap_or_else(Instant::now);
            let wait = at.saturating_duration_since(Instant::now());
            counts.waited.fetch_add(1, Ordering::Relaxed);
            counts.wait_ns.fetch_add(u64::try_from(wait.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
            tokio::time::sleep_until(at).await;
        }
        counts.allowed.fetch_add(1, Ordering::Relaxed);
        self.turn = None;
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        if let Some(turn) = self.turn {
            self.limiter.state.give_back(turn);
        }
    }
}

impl fmt::Debug for RateLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimiter").field("name", &self.name).field("state", &self.state).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
