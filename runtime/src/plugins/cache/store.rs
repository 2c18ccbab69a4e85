//! Results by key, bounded: of too many, the one unused for longest leaves.
//!
//! The map is `lru` behind one lock that is held for a lookup only, some tens of nanoseconds. `moka` and the like scale
//! further, but evict by estimated frequency and measure age on a clock of their own, which a paused one cannot steer.

use super::key::Key;
use crate::{StageFailure, StageOutput};
use lru::LruCache;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// The results of one stage. Outlives a change of the cache's options: keys tell which results still apply.
#[derive(Debug)]
pub(crate) struct Store {
    entries: Mutex<LruCache<Key, Entry>>,
    hits: AtomicU64,
    misses: AtomicU64,
    evictions: AtomicU64,
}

#[derive(Debug)]
struct Entry {
    kept: Arc<Kept>,
    stored: Instant,
}

/// What a call came to.
#[derive(Debug)]
pub(super) enum Kept {
    Output(StageOutput),
    Failure(StageFailure),
}

/// Something kept that may be served.
pub(super) struct Found {
    pub(super) kept: Arc<Kept>,
    pub(super) age: Duration,
}

/// Figures of a cache since it was made.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, serde::Serialize)]
#[non_exhaustive]
pub struct CacheSnapshot {
    /// Results kept now, expired ones that nobody asked for again among them.
    pub entries: u64,
    /// Calls answered from the cache.
    pub hits: u64,
    /// Calls that went on to the handler.
    pub misses: u64,
    /// Results dropped because there were too many.
    pub evictions: u64,
}

impl Store {
    pub(crate) fn new() -> Self {
        // Unbounded for the crate, which would set aside room for all entries at once; `insert` keeps the bound.
        let entries = Mutex::new(LruCache::unbounded());
        Self { entries, hits: AtomicU64::new(0), misses: AtomicU64::new(0), evictions: AtomicU64::new(0) }
    }

    /// What is kept under a key, if `fresh` says of it and its age that it may be served; else it is dropped.
    pub(super) fn get(&self, key: &Key, now: Instant, fresh: impl Fn(&Kept, Duration) -> bool) -> Option<Found> {
        let (found, expired) = {
            let mut entries = self.lock();
            let found = entries
                .get(key)
                .map(|entry| Found { kept: Arc::clone(&entry.kept), age: now.saturating_duration_since(entry.stored) });
            match found {
                Some(found) if !fresh(&found.kept, found.age) => (None, entries.pop(key)),
                found => (found, None),
            }
        };
        drop(expired);
        self.count(found.is_some());
        found
    }

    /// Counts a call that found its result, or did not.
    pub(super) fn count(&self, found: bool) {
        let count = if found { &self.hits } else { &self.misses };
        count.fetch_add(1, Ordering::Relaxed);
    }

    /// Keeps a result; at most `max` results stay.
    pub(super) fn insert(&self, key: Key, kept: Arc<Kept>, stored: Instant, max: usize) {
        let entry = Entry { kept, stored };
        let mut evicted = 0_u64;
        // What leaves is dropped after the lock is free.
        let mut left = Vec::new();
        {
            let mut entries = self.lock();
            left.extend(entries.put(key, entry));
            while entries.len() > max {
                let Some((_, entry)) = entries.pop_lru() else { break };
                left.push(entry);
                evicted = evicted.saturating_add(1);
            }
        }
        self.evictions.fetch_add(evicted, Ordering::Relaxed);
    }

    /// Drops every result.
    pub(crate) fn clear(&self) {
        let old = std::mem::replace(&mut *self.lock(), LruCache::unbounded());
        drop(old);
    }

    pub(crate) fn snapshot(&self) -> CacheSnapshot {
        CacheSnapshot {
            entries: u64::try_from(self.lock().len()).unwrap_or(u64::MAX),
            hits: self.hits.load(Ordering::Relaxed),
            misses: self.misses.load(Ordering::Relaxed),
            evictions: self.evictions.load(Ordering::Relaxed),
        }
    }

    fn lock(&self) -> MutexGuard<'_, LruCache<Key, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
