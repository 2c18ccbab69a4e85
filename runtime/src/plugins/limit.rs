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
use std::num::NonZeroU32;
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

/// What a stage asks for.
const ONE: NonZeroU32 = NonZeroU32::MIN;

/// Why calls may not be made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LimitError {
    /// There is no room for them within the time that they may wait.
    #[error("over the rate limit, which has room in {wait:?}")]
    Denied {
        /// How long until there is room.
        wait: Duration,
    },
    /// They are more than the limit ever lets through at once.
    #[error("{calls} calls at once, where the limit never lets more than {most} through")]
    TooMany {
        /// How many were asked for.
        calls: u32,
        /// What the bucket or window holds.
        most: u32,
    },
}

impl LimitError {
    /// How long until there is room; none where there never is.
    #[must_use]
    pub const fn wait(self) -> Option<Duration> {
        match self {
            Self::Denied { wait } => Some(wait),
            Self::TooMany { .. } => None,
        }
    }
}

/// Where the calls of a limit are counted. Those that come with Cascata count in the memory of this process.
pub trait LimitState: Send + Sync + fmt::Debug {
    /// Takes a turn for so many calls together, if it comes within `max_wait`. `now` is the monotonic time of the limit that asks, which
    /// never asks for more than its bucket or window holds.
    fn take(&self, now: Duration, max_wait: Duration, calls: NonZeroU32) -> Asked;

    /// Gives back a turn that was never used, with all its calls.
    fn give_back(&self, turn: Duration, calls: NonZeroU32);
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
            _ => {
                let burst = options.most();
                let initial = options.initial.unwrap_or(burst.get());
                Self::Bucket(Mutex::new(Bucket::new(options.rate, per, burst, initial)))
            }
        }
    }

    fn turn(&self, now: Duration, max_wait: Duration, calls: NonZeroU32) -> Turn {
        match self {
            Self::Bucket(bucket) => lock(bucket).take(now, max_wait, calls),
            Self::Window(window) => lock(window).take(now, max_wait, calls),
        }
    }
}

impl LimitState for Local {
    fn take(&self, now: Duration, max_wait: Duration, calls: NonZeroU32) -> Asked {
        Asked::Turn(self.turn(now, max_wait, calls))
    }

    fn give_back(&self, turn: Duration, calls: NonZeroU32) {
        match self {
            Self::Bucket(bucket) => lock(bucket).give_back(calls),
            Self::Window(window) => lock(window).give_back(turn, calls),
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
    /// The most calls at once.
    most: NonZeroU32,
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
        Self {
            name: name.into(),
            origin: Instant::now(),
            state,
            max_wait,
            most: options.most(),
            counts: Counts::default(),
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Asks to make so many calls, all or none, and waits for their turn where the options say so (`on_limit: wait`), but never beyond
    /// `deadline`. A wait that is dropped gives the turn back. Nothing is asked for 0 calls.
    ///
    /// # Errors
    /// When they would have to wait for too long, or are more than the limit ever lets through at once.
    pub async fn acquire(self: &Arc<Self>, calls: u32, deadline: Instant) -> Result<(), LimitError> {
        let Some(calls) = self.countable(calls)? else { return Ok(()) };
        let turn = match self.ask(Instant::now(), deadline, calls) {
            Asked::Turn(turn) => turn,
            Asked::Later(turn) => turn.await,
        };
        self.take_up(turn, calls)?.come().await;
        Ok(())
    }

    /// The same without a wait, whatever the options say: the calls may be made now, or not at all. A limit that is counted in a store
    /// takes as long as the store does.
    ///
    /// # Errors
    /// As [`RateLimiter::acquire`].
    pub async fn try_acquire(self: &Arc<Self>, calls: u32) -> Result<(), LimitError> {
        self.acquire(calls, Instant::now()).await
    }

    /// How many calls to ask for; none for none.
    fn countable(&self, calls: u32) -> Result<Option<NonZeroU32>, LimitError> {
        match NonZeroU32::new(calls) {
            Some(count) if count > self.most => Err(LimitError::TooMany { calls, most: self.most.get() }),
            count => Ok(count),
        }
    }

    fn ask(&self, now: Instant, deadline: Instant, calls: NonZeroU32) -> Asked {
        let max_wait = self.max_wait.min(deadline.saturating_duration_since(now));
        self.state.take(now.saturating_duration_since(self.origin), max_wait, calls)
    }

    /// Counts a turn and holds it, so that it is given back if nobody waits for it to the end.
    fn take_up(self: &Arc<Self>, turn: Turn, calls: NonZeroU32) -> Result<Taken, LimitError> {
        let turn = match turn {
            Turn::Now => None,
            Turn::At(turn) => Some(turn),
            Turn::Denied { wait } => {
                self.counts.denied.fetch_add(u64::from(calls.get()), Ordering::Relaxed);
                return Err(LimitError::Denied { wait });
            }
        };
        Ok(Taken { limiter: Arc::clone(self), turn, calls })
    }

    /// The failure of a call that is over the limit.
    #[must_use]
    pub fn failure(&self, refused: LimitError) -> StageFailure {
        let name = &self.name;
        let message = match refused.wait() {
            Some(wait) => format!("over the rate limit `{name}`; it has room in {:.3} s", wait.as_secs_f64()),
            None => format!("rate limit `{name}`: {refused}"),
        };
        let failure = StageFailure::new(FailureKind::RateLimited, message);
        match refused.wait() {
            Some(wait) => failure.with_retry_after_ms(whole_millis(wait)),
            None => failure,
        }
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
    calls: NonZeroU32,
}

impl Taken {
    /// Waits until the turn has come.
    async fn come(mut self) {
        let (counts, calls) = (&self.limiter.counts, u64::from(self.calls.get()));
        if let Some(turn) = self.turn {
            let at = self.limiter.origin.checked_add(turn).unwrap_or_else(Instant::now);
            let wait = at.saturating_duration_since(Instant::now());
            counts.waited.fetch_add(calls, Ordering::Relaxed);
            counts.wait_ns.fetch_add(u64::try_from(wait.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
            tokio::time::sleep_until(at).await;
        }
        counts.allowed.fetch_add(calls, Ordering::Relaxed);
        self.turn = None;
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        if let Some(turn) = self.turn {
            self.limiter.state.give_back(turn, self.calls);
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
