//! The store of one process: a lock around maps.

mod table;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;

use self::table::Table;
use crate::limit::{self, Admission, Limit};
use crate::record::{Record, Space};
use crate::settings::{check_limit, lifetime_us, whole_us};
use crate::transition::{self, Change};
use crate::waiters::{Poll, Waiters};
use crate::{Claim, Clock, Entry, Expected, Settings, Status, Store, StoreError, StoreFuture, Swap, Token};

/// A store in the memory of this process; gone with it.
///
/// Values beyond `max_entries` go first in, first out. Pending claims, limits and counters are never dropped before they
/// expire: more than `max_entries` of each is R0411.
#[derive(Debug)]
pub struct MemoryStore {
    settings: Settings,
    clock: Clock,
    table: Mutex<Table>,
    waiters: Waiters,
}

/// What a [`MemoryStore`] holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct MemoryStats {
    /// Values, claims, limits and counters, those included that have expired and were not removed yet.
    pub total: usize,
    /// Of these, the ones that have not expired.
    pub active: usize,
    /// Of these, the ones that have.
    pub expired: usize,
    /// Of the active ones, claims.
    pub pending: usize,
    /// Values that were dropped because there were more than `max_entries`, since the start.
    pub evicted: u64,
    /// Keys that somebody waits for.
    pub waited_for: usize,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        let clock = settings.clock.clone().unwrap_or_else(Clock::tokio);
        let table = Mutex::new(Table::new(settings.max_entries, settings.cleanup_interval, clock.now_us()));
        Self { settings, clock, table, waiters: Waiters::default() }
    }

    /// Counts what there is.
    #[must_use]
    pub fn stats(&self) -> MemoryStats {
        let mut stats = self.table().stats(self.clock.now_us());
        stats.waited_for = self.waiters.len();
        stats
    }

    /// Raises `max_entries` of a store that is in use; a lower number changes nothing.
    pub fn keep_at_least(&self, entries: usize) {
        self.table().keep_at_least(entries);
    }

    /// Removes everything. Owners of pending claims are refused from then on; waiters are woken.
    pub fn clear(&self) {
        self.table().clear();
        self.waiters.wake_all();
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One operation under the lock. Gives its answer and the version of what it wrote, if it wrote.
    fn change<T>(
        &self,
        space: Space,
        key: &str,
        apply: impl FnOnce(Option<&Record>, i64) -> (Change, T),
    ) -> Result<(T, u64), StoreError> {
        self.settings.check_key(key)?;
        let mut table = self.table();
        let now = self.clock.now_us();
        let (change, answer) = apply(table.get(space, key, now), now);
        let version = match change {
            Change::Keep => return Ok((answer, 0)),
            Change::Write(write) => table.write(space, key, write, now)?,
            Change::Remove => table.remove(space, key),
        };
        drop(table);
        self.waiters.wake(key);
        Ok((answer, version))
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new(Settings::default())
    }
}

/// Nothing here ever waits.
fn now<'a, T: Send + 'a>(result: Result<T, StoreError>) -> StoreFuture<'a, T> {
    Box::pin(std::future::ready(result))
}

impl Store for MemoryStore {
    fn kind(&self) -> &'static str {
        "memory"
    }

    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Entry>> {
        let read = self.change(Space::Entries, key, |record, _| (Change::Keep, record.and_then(Record::entry)));
        now(read.map(|(entry, _)| entry))
    }

    fn put<'a>(&'a self, key: &'a str, value: Bytes, ttl: Option<Duration>) -> StoreFuture<'a, u64> {
        now((|| {
            self.settings.check_value(&value)?;
            let ttl = lifetime_us(ttl)?;
            let ((), version) = self.change(Space::Entries, key, |_, now| (transition::put(now, value, ttl), ()))?;
            Ok(version)
        })())
    }

    fn compare_and_set<'a>(
        &'a self,
        key: &'a str,
        expected: Expected,
        value: Bytes,
        ttl: Option<Duration>,
    ) -> StoreFuture<'a, Swap> {
        now((|| {
            self.settings.check_value(&value)?;
            let ttl = lifetime_us(ttl)?;
            let (answer, version) = self.change(Space::Entries, key, |record, now| {
                transition::compare_and_set(record, now, expected, value, ttl)
            })?;
            Ok(answer.map_or_else(Swap::Conflict, |()| Swap::Swapped(version)))
        })())
    }

    fn delete<'a>(&'a self, key: &'a str) -> StoreFuture<'a, bool> {
        now(self.change(Space::Entries, key, |record, _| transition::delete(record)).map(|(there, _)| there))
    }

    fn claim<'a>(&'a self, key: &'a str, owner: &'a str, lease: Duration) -> StoreFuture<'a, Claim> {
        now((|| {
            self.settings.check_key(owner)?;
            let lease = whole_us("lease", lease)?;
            let (answer, token) =
                self.change(Space::Entries, key, |record, now| transition::claim(record, now, owner, lease))?;
            Ok(Claim::of(answer, token))
        })())
    }

    fn renew<'a>(&'a self, key: &'a str, token: Token, lease: Duration) -> StoreFuture<'a, bool> {
        now((|| {
            let lease = whole_us("lease", lease)?;
            let (done, _) =
                self.change(Space::Entries, key, |record, now| transition::renew(record, now, token, lease))?;
            Ok(done)
        })())
    }

    fn complete<'a>(
        &'a self,
        key: &'a str,
        token: Token,
        value: Bytes,
        ttl: Option<Duration>,
    ) -> StoreFuture<'a, bool> {
        now((|| {
            self.settings.check_value(&value)?;
            let ttl = lifetime_us(ttl)?;
            let (done, _) =
                self.change(Space::Entries, key, |record, now| transition::complete(record, now, token, value, ttl))?;
            Ok(done)
        })())
    }

    fn release<'a>(&'a self, key: &'a str, token: Token) -> StoreFuture<'a, bool> {
        now(self.change(Space::Entries, key, |record, _| transition::release(record, token)).map(|(done, _)| done))
    }

    fn peek<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Status> {
        let read = self.change(Space::Entries, key, |record, now| (Change::Keep, transition::status(record, now)));
        now(read.map(|(status, _)| status))
    }

    fn wait<'a>(&'a self, key: &'a str, at_most: Duration) -> StoreFuture<'a, Status> {
        Box::pin(self.waiters.wait(self, key, at_most, Poll::Never))
    }

    fn admit<'a>(&'a self, key: &'a str, limit: Limit, n: u32) -> StoreFuture<'a, Admission> {
        now((|| {
            check_limit(&limit, n)?;
            Ok(self.change(Space::Limits, key, |record, now| limit::admit(record, now, &limit, n))?.0)
        })())
    }

    fn count<'a>(&'a self, key: &'a str, by: i64, ttl: Duration) -> StoreFuture<'a, i64> {
        now((|| {
            let ttl = whole_us("lifetime", ttl)?;
            Ok(self.change(Space::Counters, key, |record, now| transition::count(record, now, by, ttl))?.0)
        })())
    }

    fn ping(&self) -> StoreFuture<'_, ()> {
        now(Ok(()))
    }

    fn purge_expired(&self) -> StoreFuture<'_, u64> {
        let removed = self.table().purge(self.clock.now_us());
        self.waiters.wake_all();
        now(Ok(removed))
    }
}
