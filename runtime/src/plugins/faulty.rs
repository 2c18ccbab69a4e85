//! For tests: a store in memory that is out of order or slow when it is told to be.

use cascata_store::{
    Admission, Bytes, Claim, Entry, Expected, Limit, MemoryStore, Settings, Status, Store, StoreError, StoreFuture,
    Swap, Token,
};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::sleep;

#[derive(Debug, Default)]
pub(super) struct Faulty {
    pub(super) inner: MemoryStore,
    down: AtomicBool,
    slow_ms: AtomicU64,
    operations: AtomicU64,
}

impl Faulty {
    pub(super) fn set_down(&self, down: bool) {
        self.down.store(down, Ordering::Relaxed);
    }

    pub(super) fn set_slow_ms(&self, millis: u64) {
        self.slow_ms.store(millis, Ordering::Relaxed);
    }

    /// How often it was asked.
    pub(super) fn operations(&self) -> u64 {
        self.operations.load(Ordering::Relaxed)
    }

    /// Waits and fails as it was told.
    async fn gate(&self) -> Result<(), StoreError> {
        self.operations.fetch_add(1, Ordering::Relaxed);
        match self.slow_ms.load(Ordering::Relaxed) {
            0 => {}
            millis => sleep(Duration::from_millis(millis)).await,
        }
        if self.down.load(Ordering::Relaxed) {
            return Err(StoreError::Unreachable { store: "memory", why: "it is switched off".to_owned() });
        }
        Ok(())
    }
}

/// Each operation behind the gate.
macro_rules! gated {
    ($( $name:ident($($argument:ident: $of:ty),*) -> $answer:ty; )+) => {
        $(
            fn $name<'a>(&'a self, $($argument: $of),*) -> StoreFuture<'a, $answer> {
                Box::pin(async move {
                    self.gate().await?;
                    self.inner.$name($($argument),*).await
                })
            }
        )+
    };
}

impl Store for Faulty {
    fn kind(&self) -> &'static str {
        "faulty"
    }

    fn settings(&self) -> &Settings {
        self.inner.settings()
    }

    gated! {
        get(key: &'a str) -> Option<Entry>;
        put(key: &'a str, value: Bytes, ttl: Option<Duration>) -> u64;
        compare_and_set(key: &'a str, expected: Expected, value: Bytes, ttl: Option<Duration>) -> Swap;
        delete(key: &'a str) -> bool;
        claim(key: &'a str, owner: &'a str, lease: Duration) -> Claim;
        renew(key: &'a str, token: Token, lease: Duration) -> bool;
        complete(key: &'a str, token: Token, value: Bytes, ttl: Option<Duration>) -> bool;
        release(key: &'a str, token: Token) -> bool;
        peek(key: &'a str) -> Status;
        wait(key: &'a str, at_most: Duration) -> Status;
        admit(key: &'a str, limit: Limit, n: u32) -> Admission;
        count(key: &'a str, by: i64, ttl: Duration) -> i64;
        ping() -> ();
        purge_expired() -> u64;
    }
}
