//! A breaker that processes share through a store.
//!
//! ```text
//! call ─ copy younger than 250 ms ─▶ the breaker of this process
//!   └─ else: read the record, take over what others found out ─▶ the same
//! opened, closed, forced, reset here ─▶ written by compare-and-set; where two differ, open wins
//! half-open ─▶ probes of all processes count together
//! ```
//!
//! Each process counts failures for itself; what they share is where the breaker stands. How long it has been open is what the
//! store says the age of its record is, so clocks that differ do not matter. While the store is out of order each process
//! goes by its own breaker, and what it decided then is written when the store works again.

use super::{BreakerState, Cause, CircuitBreaker, Transition};
use crate::plugins::stores::NamedStore;
use cascata_store::{Expected, Status, StoreError, Swap};
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::Instant;

/// How old the copy may be that a call goes by.
pub(in crate::plugins) const LOCAL_TTL: Duration = Duration::from_millis(250);
/// How old the copy is when it is renewed behind a call.
const RENEW_AFTER: Duration = Duration::from_millis(125);
/// How long a record stays that nobody writes.
const RECORD_TTL: Duration = Duration::from_hours(1);
/// How often a change is tried while others change the record.
const TRIES: u32 = 8;

/// What is written of a breaker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Record {
    name: String,
    state: Standing,
    /// Counts the changes, of all processes together.
    version: u64,
    /// How long it is open from when this was written, in milliseconds.
    open_ms: u64,
    /// When it was written by the clock of the writer, in milliseconds since 1970; for people, as is what follows.
    written_at_ms: u64,
    /// Failures in a row that opened it; 0 where something else changed it.
    #[serde(default)]
    failures_in_a_row: u32,
    /// Calls and failures of the window whose rate opened it; 0 where something else changed it.
    #[serde(default)]
    window: Tally,
}

/// Calls of a window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Tally {
    total: u64,
    failed: u64,
}

/// Where a breaker stands, for others. Half-open is open whose time is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Standing {
    Closed,
    Open,
    ForcedOpen,
}

/// A change that others are to hear of.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Decided {
    standing: Standing,
    /// By the host, so it counts over what others found out.
    by_hand: bool,
    failures_in_a_row: u32,
    window: Tally,
}

/// What ties a breaker to those of other processes.
pub(in crate::plugins) struct Shared {
    breaker: Weak<CircuitBreaker>,
    store: Arc<NamedStore>,
    key: String,
    reset_timeout: Duration,
    probes: u32,
    origin: Instant,
    /// When the record was looked at last, in microseconds from the origin and one more; 0: never.
    looked: AtomicU64,
    decided: Mutex<Option<Decided>>,
    /// Version of the record that was taken over or written last.
    version: AtomicU64,
    /// One exchange at a time.
    busy: tokio::sync::Mutex<()>,
    /// A task is about to exchange; another would find nothing to do.
    behind: AtomicBool,
}

impl Shared {
    /// For a breaker of this name.
    pub(in crate::plugins) fn new(
        breaker: &Arc<CircuitBreaker>,
        options: &cascata_config::CircuitBreakerOptions,
        store: Arc<NamedStore>,
    ) -> Self {
        Self {
            breaker: Arc::downgrade(breaker),
            store,
            key: format!("circuit_breaker:{}", breaker.name()),
            reset_timeout: Duration::from_millis(options.reset_timeout_ms),
            probes: options.half_open_max_calls.get(),
            origin: Instant::now(),
            looked: AtomicU64::new(0),
            decided: Mutex::new(None),
            version: AtomicU64::new(0),
            busy: tokio::sync::Mutex::new(()),
            behind: AtomicBool::new(false),
        }
    }

    /// Whether a call may go by the copy at once. One that will soon be too old is renewed behind it.
    pub(super) fn is_fresh(self: &Arc<Self>) -> bool {
        let age = self.age();
        let enough = self.is_young(age);
        if enough && age >= RENEW_AFTER {
            self.exchange_behind();
        }
        enough
    }

    /// Takes over what others found out, if that was not done a moment ago.
    pub(super) async fn refresh(&self) {
        if self.is_young(self.age()) {
            return;
        }
        let _one = self.busy.lock().await;
        // Whoever was here before may have done it.
        if !self.is_young(self.age()) {
            self.exchange().await;
        }
    }

    /// Takes note of a change of the breaker, and tells others.
    pub(super) fn changed(self: &Arc<Self>, transition: Transition) {
        let (standing, by_hand) = match (transition.to, transition.cause) {
            (_, Cause::Elsewhere) | (BreakerState::HalfOpen, _) => return,
            (BreakerState::Closed, cause) => (Standing::Closed, cause == Cause::Reset),
            (BreakerState::ForcedOpen, _) => (Standing::ForcedOpen, true),
            (BreakerState::Open, _) => (Standing::Open, false),
        };
        let (failures_in_a_row, window) = match transition.cause {
            Cause::FailuresInARow(failures) => (failures, Tally::default()),
            Cause::FailureRate { failed, total } => (0, Tally { total, failed }),
            _ => (0, Tally::default()),
        };
        let decided = Decided { standing, by_hand, failures_in_a_row, window };
        *self.decided.lock().unwrap_or_else(PoisonError::into_inner) = Some(decided);
        self.exchange_behind();
    }

    /// Takes one of the probes that all processes have together; none when they are taken. A store that is out of order leaves it
    /// to the breaker of this process.
    pub(super) async fn probe(self: &Arc<Self>) -> Option<Probe> {
        let key = format!("{}:probes:{}", self.key, self.version.load(Ordering::Relaxed));
        let probe = Probe { shared: Arc::clone(self), key };
        match self.store.noted(self.store.get().count(&probe.key, 1, self.probe_ttl()).await) {
            Ok(taken) if taken > i64::from(self.probes) => None,
            _ => Some(probe),
        }
    }

    /// How long probes stay taken that nobody gave back.
    fn probe_ttl(&self) -> Duration {
        self.reset_timeout.clamp(Duration::from_secs(1), Duration::from_mins(1))
    }

    fn age(&self) -> Duration {
        match self.looked.load(Ordering::Relaxed).checked_sub(1) {
            Some(micros) => self.origin.elapsed().saturating_sub(Duration::from_micros(micros)),
            None => Duration::MAX,
        }
    }

    /// Whether a copy of this age will do. A store that is out of order holds no call up, once it was asked.
    fn is_young(&self, age: Duration) -> bool {
        age < LOCAL_TTL || (self.store.is_down() && age < Duration::MAX)
    }

    fn exchange_behind(self: &Arc<Self>) {
        // Outside of a runtime the next call does it.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        if self.behind.swap(true, Ordering::AcqRel) {
            return;
        }
        let behind = Behind(Arc::clone(self));
        runtime.spawn(async move {
            let shared = Arc::clone(&behind.0);
            let done = {
                let _one = shared.busy.lock().await;
                !(shared.has_decided() || shared.age() >= RENEW_AFTER) || shared.exchange().await
            };
            drop(behind);
            // Decided while this was under way.
            if done && shared.has_decided() {
                shared.exchange_behind();
            }
        });
    }

    fn has_decided(&self) -> bool {
        self.decided.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Writes what was decided here, or reads what others wrote. False when that failed.
    async fn exchange(&self) -> bool {
        let Some(breaker) = self.breaker.upgrade() else { return true };
        let began = u64::try_from(self.origin.elapsed().as_micros()).unwrap_or(u64::MAX);
        let decided = self.decided.lock().unwrap_or_else(PoisonError::into_inner).take();
        let done = match decided {
            Some(decided) => self.write(&breaker, decided).await,
            None => self.read(&breaker).await,
        };
        let failed = self.store.noted(done).is_err();
        if failed && decided.is_some() {
            // Later, unless something newer was decided meanwhile.
            let mut waiting = self.decided.lock().unwrap_or_else(PoisonError::into_inner);
            *waiting = waiting.or(decided);
        }
        self.looked.store(began.saturating_add(1), Ordering::Relaxed);
        !failed
    }

    async fn read(&self, breaker: &CircuitBreaker) -> Result<(), StoreError> {
        let Status::Complete { value, age } = self.store.get().peek(&self.key).await? else { return Ok(()) };
        let Ok(record) = serde_json::from_slice::<Record>(&value) else { return Ok(()) };
        if self.version.swap(record.version, Ordering::Relaxed) == record.version {
            return Ok(());
        }
        match record.state {
            Standing::Open => breaker.adopt(Some(Duration::from_millis(record.open_ms).saturating_sub(age))),
            Standing::ForcedOpen => breaker.force_open(),
            Standing::Closed if breaker.state() == BreakerState::ForcedOpen => breaker.reset(),
            Standing::Closed => breaker.adopt(None),
        }
        Ok(())
    }

    async fn write(&self, breaker: &CircuitBreaker, decided: Decided) -> Result<(), StoreError> {
        for _ in 0..TRIES {
            let found = self.store.get().get(&self.key).await?;
            let seen = self.version.load(Ordering::Relaxed);
            let there = found.as_ref().and_then(|entry| serde_json::from_slice::<Record>(&entry.value).ok());
            if let Some(there) = &there
                && there.settles(decided, seen)
            {
                // What others decided counts, or says the same.
                return self.read(breaker).await;
            }
            let version = there.map_or(seen, |there| there.version.max(seen)).saturating_add(1);
            let record = Record {
                name: breaker.name().to_owned(),
                state: decided.standing,
                version,
                open_ms: millis(self.reset_timeout),
                written_at_ms: millis(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()),
                failures_in_a_row: decided.failures_in_a_row,
                window: decided.window,
            };
            let text = serde_json::to_vec(&record).unwrap_or_default();
            let expected = found.map_or(Expected::Absent, |entry| Expected::Version(entry.version));
            let ttl = RECORD_TTL.max(self.reset_timeout.saturating_mul(2));
            let swap = self.store.get().compare_and_set(&self.key, expected, text.into(), Some(ttl)).await?;
            if let Swap::Swapped(_) = swap {
                self.version.store(version, Ordering::Relaxed);
                return Ok(());
            }
        }
        Err(StoreError::Contended { key: self.key.clone(), tries: TRIES })
    }
}

impl Record {
    /// Whether this, that others wrote, leaves nothing to be written of a change that was decided after `seen`.
    fn settles(&self, decided: Decided, seen: u64) -> bool {
        if decided.by_hand {
            return self.state == decided.standing;
        }
        let newer = self.version > seen;
        match (self.state, decided.standing) {
            (Standing::ForcedOpen, _) => true,
            // Open wins; and who opened first says for how long.
            (Standing::Open, _) => newer,
            (Standing::Closed, standing) => newer && standing == Standing::Closed,
        }
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// The task that exchanges behind the calls; whatever ends it, another may come.
struct Behind(Arc<Shared>);

impl Drop for Behind {
    fn drop(&mut self) {
        self.0.behind.store(false, Ordering::Release);
    }
}

/// A probe among those of all processes, given back when it is dropped.
pub(super) struct Probe {
    shared: Arc<Shared>,
    key: String,
}

impl Drop for Probe {
    fn drop(&mut self) {
        // Outside of a runtime it comes back when its time is over.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let (shared, key) = (Arc::clone(&self.shared), std::mem::take(&mut self.key));
        runtime.spawn(async move {
            let given = shared.store.get().count(&key, -1, shared.probe_ttl()).await;
            _ = shared.store.noted(given);
        });
    }
}

#[cfg(test)]
#[path = "shared_tests.rs"]
mod tests;
