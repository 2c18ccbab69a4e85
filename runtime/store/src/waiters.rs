//! Who waits for a key in this process, and the loop they wait in.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep};

use crate::{Status, Store, StoreError};

/// How often a store is asked by those who wait, where nothing else tells them.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Poll {
    /// Never: every change of the store is made through this process.
    Never,
    #[allow(dead_code, reason = "for stores that other processes change")]
    /// After this long, doubled each time up to the second; a lost notification costs no more.
    Backoff(Duration, Duration),
}

/// Waiters by key; a key nobody waits for takes no memory.
#[derive(Debug, Default)]
pub(crate) struct Waiters {
    keys: Mutex<HashMap<Box<str>, Waited>>,
}

#[derive(Debug, Default)]
struct Waited {
    notify: Arc<Notify>,
    waiters: usize,
}

/// One waiter's place; leaves with it.
struct Place<'a> {
    waiters: &'a Waiters,
    key: &'a str,
    notify: Arc<Notify>,
}

impl Waiters {
    /// Wakes those who wait for a key.
    pub(crate) fn wake(&self, key: &str) {
        if let Some(waited) = self.keys().get(key) {
            waited.notify.notify_waiters();
        }
    }

    /// Wakes everybody.
    pub(crate) fn wake_all(&self) {
        for waited in self.keys().values() {
            waited.notify.notify_waiters();
        }
    }

    /// How many keys are waited for.
    pub(crate) fn len(&self) -> usize {
        self.keys().len()
    }

    fn keys(&self) -> MutexGuard<'_, HashMap<Box<str>, Waited>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter<'a>(&'a self, key: &'a str) -> Place<'a> {
        let mut keys = self.keys();
        let waited = keys.entry(key.into()).or_default();
        waited.waiters = waited.waiters.saturating_add(1);
        Place { waiters: self, key, notify: Arc::clone(&waited.notify) }
    }

    /// [`Store::wait`] for a store whose changes reach these waiters.
    pub(crate) async fn wait(
        &self,
        store: &dyn Store,
        key: &str,
        at_most: Duration,
        poll: Poll,
    ) -> Result<Status, StoreError> {
        let place = self.enter(key);
        let started = Instant::now();
        let (first, longest) = match poll {
            Poll::Never => (Duration::MAX, Duration::MAX),
            Poll::Backoff(first, longest) => (first, longest),
        };
        let mut pause = first;
        loop {
            // Armed before the look, so that a change right after it is not missed.
            let mut woken = pin!(place.notify.notified());
            woken.as_mut().enable();
            let seen = store.peek(key).await;
            let left = at_most.saturating_sub(started.elapsed());
            let lease = match &seen {
                Ok(Status::Pending { remaining, .. }) => remaining.saturating_add(Duration::from_millis(1)),
                // Out of order: look again later.
                Err(error) if error.is_outage() => Duration::from_millis(250),
                _ => return seen,
            };
            if left.is_zero() {
                return seen;
            }
            tokio::select! {
                // A notification may be faster than what it tells of: look again soon.
                () = woken => pause = first,
                () = sleep(left.min(lease).min(pause)) => {}
            }
            // Jitter: those who wait for one key do not all ask at once.
            let factor = 1.5 + fastrand::f64();
            pause = Duration::try_from_secs_f64(pause.as_secs_f64() * factor).map_or(longest, |next| next.min(longest));
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut keys = self.waiters.keys();
        if let Some(waited) = keys.get_mut(self.key) {
            waited.waiters = waited.waiters.saturating_sub(1);
            if waited.waiters == 0 {
                keys.remove(self.key);
            }
        }
    }
}
