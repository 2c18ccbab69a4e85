//! The store in a file.
//!
//! The file is redb's: a crash of the process or the machine loses nothing that was answered. Several processes of one machine
//! may open it at once. Changes are made by one thread, many in one transaction, so that a hundred callers wait for one
//! write to the disk and not for a hundred.

mod file;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::oneshot;

use self::file::{Answer, Batch, Job, Writer};
use crate::limit::{self, Admission, Limit};
use crate::record::{Record, Space};
use crate::remote::within;
use crate::settings::{check_limit, lifetime_us, whole_us};
use crate::transition::{self, Change};
use crate::waiters::{Poll, Waiters};
use crate::{Claim, Clock, Entry, Expected, Settings, Status, Store, StoreError, StoreFuture, StoreUrl, Swap, Token};

const KIND: &str = "disk";

/// Other processes tell nobody here what they change.
const POLL: Poll = Poll::Backoff(Duration::from_millis(5), Duration::from_millis(200));

/// A store in a file of this machine.
#[derive(Debug)]
pub struct DiskStore {
    settings: Settings,
    clock: Clock,
    writer: Writer,
    waiters: Arc<Waiters>,
}

impl DiskStore {
    /// Opens the file that a URL names, and makes it where there is none. Blocks while the file is read.
    ///
    /// # Errors
    /// [`StoreError::Url`], [`StoreError::Setting`], [`StoreError::Locked`] where another program has the file to itself,
    /// [`StoreError::Refused`] where it can't be opened.
    pub fn open(url: &StoreUrl, settings: Settings) -> Result<Self, StoreError> {
        url.only(&[])?;
        let path = url.path().ok_or_else(|| StoreError::Url { url: url.redacted(), why: "no path".to_owned() })?;
        Self::at(path, url.apply(settings)?)
    }

    /// Opens a file, and makes it where there is none.
    ///
    /// # Errors
    /// As [`DiskStore::open`].
    pub fn at(path: PathBuf, settings: Settings) -> Result<Self, StoreError> {
        let clock = settings.clock.clone().unwrap_or_else(Clock::system);
        let writer = Writer::open(path, clock.clone(), settings.cleanup_interval)?;
        Ok(Self { settings, clock, writer, waiters: Arc::default() })
    }

    async fn read<T>(
        &self,
        operation: &'static str,
        key: &str,
        look: impl FnOnce(Option<&Record>, i64) -> T,
    ) -> Result<T, StoreError> {
        self.settings.check_key(key)?;
        let now = self.clock.now_us();
        let record = within(KIND, operation, self.settings.deadline, self.writer.get(Space::Entries, key)).await?;
        Ok(look(record.as_ref().filter(|record| !record.is_expired(now)), now))
    }

    /// One operation in a transaction. Gives its answer and the version of what it wrote, if it wrote.
    async fn change<T: Send + 'static>(
        &self,
        operation: &'static str,
        space: Space,
        key: &str,
        apply: impl FnOnce(Option<&Record>, i64) -> (Change, T) + Send + 'static,
    ) -> Result<(T, u64), StoreError> {
        self.settings.check_key(key)?;
        let (sender, answer) = oneshot::channel();
        let (owned, waiters) = (key.to_owned(), Arc::clone(&self.waiters));
        let job: Job = Box::new(move |batch: &mut Batch<'_>| {
            let done = batch.apply(space, &owned, apply);
            let finish: Answer = Box::new(move |committed: Result<(), StoreError>| {
                let _ = sender.send(committed.and(done));
                waiters.wake(&owned);
            });
            finish
        });
        self.writer.send(job)?;
        within(KIND, operation, self.settings.deadline, async { answer.await.unwrap_or_else(|_| Err(file::stopped())) })
            .await
    }
}

impl Store for DiskStore {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Entry>> {
        Box::pin(self.read("get", key, |record, _| record.and_then(Record::entry)))
    }

    fn put<'a>(&'a self, key: &'a str, value: Bytes, ttl: Option<Duration>) -> StoreFuture<'a, u64> {
        Box::pin(async move {
            self.settings.check_value(&value)?;
            let ttl = lifetime_us(ttl)?;
            let put = move |_: Option<&Record>, now| (transition::put(now, value, ttl), ());
            Ok(self.change("put", Space::Entries, key, put).await?.1)
        })
    }

    fn compare_and_set<'a>(
        &'a self,
        key: &'a str,
        expected: Expected,
        value: Bytes,
        ttl: Option<Duration>,
    ) -> StoreFuture<'a, Swap> {
        Box::pin(async move {
            self.settings.check_value(&value)?;
            let ttl = lifetime_us(ttl)?;
            let swap =
                move |record: Option<&Record>, now| transition::compare_and_set(record, now, expected, value, ttl);
            let (answer, version) = self.change("compare_and_set", Space::Entries, key, swap).await?;
            Ok(answer.map_or_else(Swap::Conflict, |()| Swap::Swapped(version)))
        })
    }

    fn delete<'a>(&'a self, key: &'a str) -> StoreFuture<'a, bool> {
        Box::pin(async move {
            let delete = |record: Option<&Record>, _| transition::delete(record);
            Ok(self.change("delete", Space::Entries, key, delete).await?.0)
        })
    }

    fn claim<'a>(&'a self, key: &'a str, owner: &'a str, lease: Duration) -> StoreFuture<'a, Claim> {
        Box::pin(async move {
            self.settings.check_key(owner)?;
            let (lease, owner) = (whole_us("lease", lease)?, owner.to_owned());
            let claim = move |record: Option<&Record>, now| transition::claim(record, now, &owner, lease);
            let (answer, token) = self.change("claim", Space::Entries, key, claim).await?;
            Ok(Claim::of(answer, token))
        })
    }

    fn renew<'a>(&'a self, key: &'a str, token: Token, lease: Duration) -> StoreFuture<'a, bool> {
        Box::pin(async move {
            let lease = whole_us("lease", lease)?;
            let renew = move |record: Option<&Record>, now| transition::renew(record, now, token, lease);
            Ok(self.change("renew", Space::Entries, key, renew).await?.0)
        })
    }

    fn complete<'a>(
        &'a self,
        key: &'a str,
        token: Token,
        value: Bytes,
        ttl: Option<Duration>,
    ) -> StoreFuture<'a, bool> {
        Box::pin(async move {
            self.settings.check_value(&value)?;
            let ttl = lifetime_us(ttl)?;
            let complete = move |record: Option<&Record>, now| transition::complete(record, now, token, value, ttl);
            Ok(self.change("complete", Space::Entries, key, complete).await?.0)
        })
    }

    fn release<'a>(&'a self, key: &'a str, token: Token) -> StoreFuture<'a, bool> {
        Box::pin(async move {
            let release = move |record: Option<&Record>, _| transition::release(record, token);
            Ok(self.change("release", Space::Entries, key, release).await?.0)
        })
    }

    fn peek<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Status> {
        Box::pin(self.read("peek", key, transition::status))
    }

    fn wait<'a>(&'a self, key: &'a str, at_most: Duration) -> StoreFuture<'a, Status> {
        Box::pin(self.waiters.wait(self, key, at_most, POLL))
    }

    fn admit<'a>(&'a self, key: &'a str, limit: Limit, n: u32) -> StoreFuture<'a, Admission> {
        Box::pin(async move {
            check_limit(&limit, n)?;
            let admit = move |record: Option<&Record>, now| limit::admit(record, now, &limit, n);
            Ok(self.change("admit", Space::Limits, key, admit).await?.0)
        })
    }

    fn count<'a>(&'a self, key: &'a str, by: i64, ttl: Duration) -> StoreFuture<'a, i64> {
        Box::pin(async move {
            let ttl = whole_us("lifetime", ttl)?;
            let count = move |record: Option<&Record>, now| transition::count(record, now, by, ttl);
            Ok(self.change("count", Space::Counters, key, count).await?.0)
        })
    }

    fn ping(&self) -> StoreFuture<'_, ()> {
        Box::pin(async move { self.read("ping", "ping", |_, _| ()).await })
    }

    fn purge_expired(&self) -> StoreFuture<'_, u64> {
        Box::pin(async move {
            let (sender, answer) = oneshot::channel();
            let job: Job = Box::new(move |batch: &mut Batch<'_>| {
                let removed = batch.purge();
                let finish: Answer = Box::new(move |committed: Result<(), StoreError>| {
                    let _ = sender.send(committed.and(removed));
                });
                finish
            });
            self.writer.send(job)?;
            answer.await.unwrap_or_else(|_| Err(file::stopped()))
        })
    }
}
