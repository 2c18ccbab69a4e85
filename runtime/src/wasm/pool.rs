//! Instances that are kept between calls, for stages with `instance: {pooled: …}`.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cascata_config::PooledInstances;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

use super::instance::Instance;
use crate::stage::{FailureKind, StageFailure};

struct Kept {
    instance: Instance,
    /// The sweep during which it was last used.
    sweep: u64,
}

/// The instances of one stage.
pub(super) struct Pool {
    settings: PooledInstances,
    /// One permit for each call that may run at a time.
    calls: Semaphore,
    /// Last used last.
    idle: Mutex<Vec<Kept>>,
    /// Counts sweeps; an idle time is told by it, so that no call reads the clock for it.
    sweep: AtomicU64,
    is_sweeping: AtomicBool,
}

impl Pool {
    pub fn new(settings: PooledInstances) -> Self {
        Self {
            settings,
            calls: Semaphore::new(usize::try_from(settings.max).unwrap_or(Semaphore::MAX_PERMITS)),
            idle: Mutex::default(),
            sweep: AtomicU64::new(0),
            is_sweeping: AtomicBool::new(false),
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Kept>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A turn, if one is free.
    pub fn try_turn(&self) -> Option<SemaphorePermit<'_>> {
        self.calls.try_acquire().ok()
    }

    /// Waits for a turn.
    pub async fn turn(&self, deadline: Instant) -> Result<SemaphorePermit<'_>, StageFailure> {
        if let Ok(Ok(turn)) = tokio::time::timeout_at(deadline, self.calls.acquire()).await {
            return Ok(turn);
        }
        let max = self.settings.max;
        let message = format!("all {max} instances of the stage stayed in use; raise `handler.instance.pooled.max`");
        Err(StageFailure::new(FailureKind::PoolExhausted, message))
    }

    /// The instance used last, whose memory is warmest.
    pub fn take(&self) -> Option<Instance> {
        self.idle().pop().map(|kept| kept.instance)
    }

    /// Keeps an instance, unless it has served its calls.
    pub fn give_back(self: &Arc<Self>, instance: Instance) {
        if instance.calls >= self.settings.max_calls {
            return;
        }
        self.idle().push(Kept { instance, sweep: self.sweep.load(Ordering::Relaxed) });
        if !self.is_sweeping.load(Ordering::Relaxed) && !self.is_sweeping.swap(true, Ordering::AcqRel) {
            self.start_sweeping();
        }
    }

    /// Drops the instance that has been idle for longest, to make room for another stage's.
    pub fn drop_one(&self) -> bool {
        let mut idle = self.idle();
        if idle.is_empty() {
            return false;
        }
        let oldest = idle.remove(0);
        drop(idle);
        drop(oldest);
        true
    }

    /// Sweeps as long as something is kept, and no longer than the pool lives.
    fn start_sweeping(self: &Arc<Self>) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            self.is_sweeping.store(false, Ordering::Release);
            return;
        };
        let every = Duration::from_millis(self.settings.idle_ms);
        let pool = Arc::downgrade(self);
        runtime.spawn(async move {
            loop {
                tokio::time::sleep(every).await;
                let Some(pool) = pool.upgrade() else { return };
                if !pool.sweep() {
                    return;
                }
            }
        });
    }

    /// Drops what was not used since the sweep before. False when nothing is left to sweep.
    fn sweep(&self) -> bool {
        let now = self.sweep.fetch_add(1, Ordering::Relaxed);
        let mut idle = self.idle();
        // Kept in order of use: what is too old stands at the front.
        let old = idle.iter().take_while(|kept| kept.sweep < now).count();
        let dropped: Vec<_> = idle.drain(..old).collect();
        let goes_on = !idle.is_empty();
        if !goes_on {
            self.is_sweeping.store(false, Ordering::Release);
        }
        drop(idle);
        drop(dropped);
        goes_on
    }

    /// How many instances are kept at the moment.
    pub fn kept(&self) -> usize {
        self.idle().len()
    }
}
