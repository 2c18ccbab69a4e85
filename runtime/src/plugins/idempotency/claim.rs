//! A key that is taken, for as long as its call runs.

use crate::plugins::stores::NamedStore;
use cascata_store::{Bytes, StoreError, Token};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout_at};

/// Waits between tries to complete a key while its store is out of order; each is twice the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// A claim. Dropped before its call ended, it is given back behind the caller's back.
pub(super) struct Held {
    store: Arc<NamedStore>,
    key: Arc<str>,
    token: Token,
    lease: Duration,
    /// It was completed or given back.
    ended: AtomicBool,
}

impl Held {
    pub(super) fn new(store: Arc<NamedStore>, key: String, token: Token, lease: Duration) -> Self {
        Self { store, key: key.into(), token, lease, ended: AtomicBool::new(false) }
    }

    pub(super) fn key(&self) -> &str {
        &self.key
    }

    /// Runs a call, and renews the lease three times before it would end.
    pub(super) async fn while_renewed<T>(&self, call: impl Future<Output = T>) -> T {
        let mut call = pin!(call);
        // One that is done at once needs no timer.
        if let Poll::Ready(outcome) = poll_fn(|cx| Poll::Ready(call.as_mut().poll(cx))).await {
            return outcome;
        }
        loop {
            let pause = sleep(self.lease.checked_div(3).unwrap_or(self.lease));
            tokio::select! {
                biased;
                outcome = &mut call => return outcome,
                () = pause => {}
            }
            // Renewed beside the call, which a slow store must not hold up. Refused or out of order: the completion will tell.
            let renewal = self.store.get().renew(&self.key, self.token, self.lease);
            tokio::select! {
                biased;
                outcome = &mut call => return outcome,
                renewed = renewal => {
                    _ = self.store.noted(renewed);
                }
            }
        }
    }

    /// Keeps the result. False where the key is somebody else's by now. A store that is out of order is asked again for as long
    /// as `patience`; a completion whose answer was lost counts when it is asked again.
    pub(super) async fn complete(&self, value: Bytes, ttl: Duration, patience: Duration) -> Result<bool, StoreError> {
        let end = Instant::now().checked_add(patience);
        let mut pause = FIRST_PAUSE;
        loop {
            let done = self.store.get().complete(&self.key, self.token, value.clone(), Some(ttl)).await;
            match self.store.noted(done) {
                Ok(done) => {
                    self.ended.store(true, Ordering::Relaxed);
                    return Ok(done);
                }
                Err(error) if error.is_outage() && end.is_some_and(|end| Instant::now() < end) => {
                    sleep(pause).await;
                    pause = pause.saturating_mul(2).min(self.lease);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Gives the key back. One that the store does not take back is free when its lease is over.
    pub(super) async fn release(&self) {
        let end = Instant::now().checked_add(self.lease).unwrap_or_else(Instant::now);
        let release = self.store.get().release(&self.key, self.token);
        if let Ok(released) = timeout_at(end, release).await {
            _ = self.store.noted(released);
            self.ended.store(true, Ordering::Relaxed);
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if self.ended.load(Ordering::Relaxed) {
            return;
        }
        let (store, key, token) = (Arc::clone(&self.store), Arc::clone(&self.key), self.token);
        // Outside of a runtime the lease ends by itself.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                let released = store.get().release(&key, token).await;
                _ = store.noted(released);
            });
        }
    }
}
