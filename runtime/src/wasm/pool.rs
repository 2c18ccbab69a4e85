//! Instances that are kept between calls, for stages with `instance: {pooled: …}`.
//!
//! A call needs a turn, of which there are `max`, and then takes an idle instance or makes one. Both are under one lock, taken
//! once when a call begins and once when it ends; only callers that find no turn free wait at the semaphore.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cascata_config::PooledInstances;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::instance::Instance;
use crate::affinity::{self, Thread};
use crate::stage::{FailureKind, StageFailure};

/// An instance that nobody uses at the moment.
struct Kept {
    instance: Box<Instance>,
    /// The sweep during which it was last used.
    sweep: u64,
    /// The thread that used it last.
    thread: Thread,
}

/// What the lock guards.
struct Places {
    /// Turns that nobody has. None is free while somebody waits.
    free: usize,
    /// Callers at the semaphore that no turn was given to yet.
    waiting: usize,
    /// Last used last.
    idle: Vec<Kept>,
}

impl Places {
    /// The idle instance that this thread used last, whose memory is near to it; if there is none, the one that was used last.
    fn pop_if(&mut self, will_do: impl Fn(&Instance) -> bool) -> Option<Kept> {
        let at = affinity::latest(&self.idle, |kept| kept.thread)?;
        if will_do(&self.idle.get(at)?.instance) { Some(self.idle.remove(at)) } else { None }
    }
}

/// The instances of one stage.
pub(super) struct Pool {
    settings: PooledInstances,
    /// Memory from which on an instance is not kept.
    memory_bytes: u64,
    /// Sweeps after which an instance is too old.
    sweeps: u64,
    places: Mutex<Places>,
    /// A permit is a turn handed to whoever has waited longest.
    handed: Semaphore,
    /// Counts sweeps; an idle time is told by it, so that no call reads the clock for it.
    sweep: AtomicU64,
    is_sweeping: AtomicBool,
}

/// The right to run one call. Dropped, it goes to the next.
pub(super) struct Turn<'p>(&'p Arc<Pool>);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.release(&mut self.0.lock());
    }
}

/// A caller at the semaphore. Dropped before its turn came, it makes room for the next.
struct Waiting<'p> {
    pool: &'p Arc<Pool>,
    has_turn: bool,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if self.has_turn {
            return;
        }
        let mut places = self.pool.lock();
        match places.waiting.checked_sub(1) {
            Some(fewer) => places.waiting = fewer,
            // A turn was handed to every waiting caller, this one too: it lies at the semaphore, and nobody else comes for it.
            None => {
                if let Ok(permit) = self.pool.handed.try_acquire() {
                    permit.forget();
                    places.free = places.free.saturating_add(1);
                }
            }
        }
    }
}

impl<'p> Turn<'p> {
    /// Keeps an instance, unless it has served its calls, and ends the turn.
    pub fn give_back(self, instance: Box<Instance>) {
        let pool = self.0;
        // Its drop would take the lock again.
        std::mem::forget(self);
        let sweep = pool.sweep.load(Ordering::Relaxed);
        let worn = instance.calls >= pool.settings.max_calls
            || instance.memory_bytes() >= pool.memory_bytes
            || sweep.saturating_sub(instance.made) > pool.sweeps;
        let mut places = pool.lock();
        let dropped = if worn {
            Some(instance)
        } else {
            places.idle.push(Kept { instance, sweep, thread: Thread::current() });
            None
        };
        if dropped.is_some() {
            // An instance and its place in the host go before the turn.
            drop(places);
            drop(dropped);
            places = pool.lock();
        }
        pool.release(&mut places);
        drop(places);
        if !worn && !pool.is_sweeping.load(Ordering::Relaxed) && !pool.is_sweeping.swap(true, Ordering::AcqRel) {
            pool.start_sweeping();
        }
    }
}

impl Pool {
    /// A pool of a stage whose instances may take so many bytes.
    pub fn new(settings: PooledInstances, memory_bytes: u64) -> Self {
        let free = usize::try_from(settings.max).unwrap_or(usize::MAX);
        Self {
            settings,
            memory_bytes: settings.max_memory_bytes.unwrap_or(memory_bytes.div_ceil(2)),
            sweeps: settings.max_age_ms.div_ceil(settings.idle_ms.max(1)),
            places: Mutex::new(Places { free, waiting: 0, idle: Vec::new() }),
            handed: Semaphore::new(0),
            sweep: AtomicU64::new(0),
            is_sweeping: AtomicBool::new(false),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A turn becomes free: the caller that has waited longest gets it.
    fn release(&self, places: &mut Places) {
        match places.waiting.checked_sub(1) {
            Some(fewer) => {
                places.waiting = fewer;
                self.handed.add_permits(1);
            }
            None => places.free = places.free.saturating_add(1),
        }
    }

    /// A turn and the instance whose memory is warmest, if both are there and the instance will do.
    pub fn try_take<'p>(self: &'p Arc<Self>, will_do: impl Fn(&Instance) -> bool) -> Option<(Turn<'p>, Box<Instance>)> {
        let mut places = self.lock();
        let free = places.free.checked_sub(1)?;
        let kept = places.pop_if(will_do)?;
        places.free = free;
        Some((Turn(self), kept.instance))
    }

    /// Waits for a turn; an idle instance comes with it, if there is one.
    pub async fn take<'p>(
        self: &'p Arc<Self>,
        deadline: Instant,
    ) -> Result<(Turn<'p>, Option<Box<Instance>>), StageFailure> {
        let waiting = {
            let mut places = self.lock();
            if let Some(free) = places.free.checked_sub(1) {
                places.free = free;
                let kept = places.pop_if(|_| true);
                return Ok((Turn(self), kept.map(|kept| kept.instance)));
            }
            if places.waiting >= usize::try_from(self.settings.max_waiting).unwrap_or(usize::MAX) {
                return Err(self.crowded());
            }
            places.waiting = places.waiting.saturating_add(1);
            Waiting { pool: self, has_turn: false }
        };
        Box::pin(self.wait(waiting, deadline)).await
    }

    async fn wait<'p>(
        self: &'p Arc<Self>,
        mut waiting: Waiting<'p>,
        deadline: Instant,
    ) -> Result<(Turn<'p>, Option<Box<Instance>>), StageFailure> {
        if let Ok(Ok(permit)) = tokio::time::timeout_at(deadline, self.handed.acquire()).await {
            permit.forget();
            waiting.has_turn = true;
            let turn = Turn(self);
            let kept = self.lock().pop_if(|_| true);
            return Ok((turn, kept.map(|kept| kept.instance)));
        }
        let max = self.settings.max;
        let message = format!("all {max} instances of the stage stayed in use; raise `handler.instance.pooled.max`");
        Err(StageFailure::new(FailureKind::PoolExhausted, message))
    }

    fn crowded(&self) -> StageFailure {
        let PooledInstances { max, max_waiting, .. } = self.settings;
        let message = format!(
            "{max_waiting} calls wait for the {max} instances of the stage already; raise `handler.instance.pooled.max` or `max_waiting`"
        );
        StageFailure::new(FailureKind::PoolExhausted, message)
    }

    /// The sweep that an instance is made in, for its age.
    pub fn now(&self) -> u64 {
        self.sweep.load(Ordering::Relaxed)
    }

    /// Drops the instance that has been idle for longest, to make room for another stage's.
    pub fn drop_one(&self) -> bool {
        let mut places = self.lock();
        if places.idle.is_empty() {
            return false;
        }
        let oldest = places.idle.remove(0);
        drop(places);
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
        let mut places = self.lock();
        let sweeps = self.sweeps;
        let stays = |kept: &mut Kept| kept.sweep >= now && now.saturating_sub(kept.instance.made) < sweeps;
        let dropped: Vec<_> = places.idle.extract_if(.., |kept| !stays(kept)).collect();
        let goes_on = !places.idle.is_empty();
        if !goes_on {
            self.is_sweeping.store(false, Ordering::Release);
        }
        drop(places);
        drop(dropped);
        goes_on
    }

    /// How many instances are kept at the moment.
    pub fn kept(&self) -> usize {
        self.lock().idle.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(max: u32) -> Arc<Pool> {
        let settings = serde_json::from_value(serde_json::json!({ "max": max, "max_waiting": 3 })).unwrap();
        Arc::new(Pool::new(settings, 1 << 20))
    }

    fn later() -> Instant {
        Instant::now() + Duration::from_secs(1)
    }

    /// Free turns, waiting callers, and turns that were handed out and not taken.
    fn places(pool: &Pool) -> (usize, usize, usize) {
        let places = pool.lock();
        (places.free, places.waiting, pool.handed.available_permits())
    }

    #[tokio::test(start_paused = true)]
    async fn turns_go_to_whoever_waited_longest() {
        let pool = pool(1);
        let (first, _) = pool.take(later()).await.ok().unwrap();
        let order = Arc::new(Mutex::new(Vec::new()));
        let waiters: Vec<_> = (0..3)
            .map(|number| {
                let (pool, order) = (Arc::clone(&pool), Arc::clone(&order));
                tokio::spawn(async move {
                    let _turn = pool.take(later()).await.ok().unwrap();
                    order.lock().unwrap().push(number);
                })
            })
            .collect();
        tokio::task::yield_now().await;
        drop(first);
        // Handed on, so a newcomer has to wait though nobody runs.
        assert_eq!(places(&pool).0, 0);
        for waiter in waiters {
            waiter.await.unwrap();
        }
        assert_eq!(*order.lock().unwrap(), [0, 1, 2]);
        assert_eq!(places(&pool), (1, 0, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_wait_than_may() {
        let pool = pool(1);
        let (turn, _) = pool.take(later()).await.ok().unwrap();
        let waiters: Vec<_> = (0..3)
            .map(|_| {
                let pool = Arc::clone(&pool);
                tokio::spawn(async move { pool.take(later()).await.is_ok() })
            })
            .collect();
        tokio::task::yield_now().await;
        let refused = pool.take(later()).await.err().unwrap();
        assert_eq!(refused.kind, FailureKind::PoolExhausted);
        assert!(refused.message.starts_with("3 calls wait for the 1 instances"), "{}", refused.message);
        drop(turn);
        for waiter in waiters {
            assert!(waiter.await.unwrap());
        }
        assert_eq!(places(&pool), (1, 0, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_waiter_that_gives_up_loses_no_turn() {
        let pool = pool(1);
        let (turn, _) = pool.take(later()).await.ok().unwrap();
        // One gives up by its deadline, one before and one after a turn was handed to it.
        let failure = pool.take(Instant::now() + Duration::from_millis(5)).await.err().unwrap();
        assert_eq!(failure.kind, FailureKind::PoolExhausted);
        let waiting = |pool: &Arc<Pool>| {
            let pool = Arc::clone(pool);
            tokio::spawn(async move { pool.take(later()).await.is_ok() })
        };
        let (before, after, last) = (waiting(&pool), waiting(&pool), waiting(&pool));
        tokio::task::yield_now().await;
        before.abort();
        let _ = before.await;
        assert_eq!(places(&pool).1, 2);
        drop(turn);
        after.abort();
        let _ = after.await;
        assert!(last.await.unwrap());
        assert_eq!(places(&pool), (1, 0, 0));
    }
}
