//! The store on NATS, in a key-value bucket of JetStream.
//!
//! A change reads the record, computes the next one and writes it on condition that nobody wrote in between; otherwise it
//! begins again. Versions and tokens are revisions of the bucket. Ends of leases and lifetimes stand in the record, as a time
//! after the one at which the server stored it; the server's time of now is estimated ([`clock`]).

mod bucket;
mod clock;

use std::time::Duration;

use bytes::Bytes;

use self::bucket::{Bucket, Found};
use crate::limit::{self, Admission, Limit};
use crate::record::{Record, Space};
use crate::remote::{SAFETY_POLL, within};
use crate::settings::{check_limit, lifetime_us, whole_us};
use crate::tls;
use crate::transition::{self, Change};
use crate::{Claim, Entry, Expected, Settings, Status, Store, StoreError, StoreFuture, StoreUrl, Swap, Token};

const KIND: &str = "nats";

/// How often a change is tried against those of other processes.
const TRIES: u32 = 100;

/// A store in a bucket of a NATS server with JetStream, 2.9 or later.
#[derive(Debug)]
pub struct NatsStore {
    settings: Settings,
    bucket: Bucket,
}

impl NatsStore {
    /// The store that a URL names. Connects with the first operation.
    ///
    /// # Errors
    /// [`StoreError::Url`] and [`StoreError::Setting`].
    pub fn open(url: &StoreUrl, settings: Settings) -> Result<Self, StoreError> {
        url.only(&["bucket", "replicas", "credentials", tls::OPTION])?;
        let settings = url.apply(settings)?;
        let bucket = Bucket::new(url, settings.deadline)?;
        Ok(Self { settings, bucket })
    }

    async fn read<T>(
        &self,
        operation: &'static str,
        key: &str,
        look: impl FnOnce(Option<&Record>, i64) -> T,
    ) -> Result<T, StoreError> {
        self.settings.check_key(key)?;
        within(KIND, operation, self.settings.deadline, async {
            let Found { record, .. } = self.bucket.read(Space::Entries, key).await?;
            let now = self.bucket.now_us().await?;
            Ok(look(record.as_ref().filter(|record| !record.is_expired(now)), now))
        })
        .await
    }

    /// One change. Gives its answer and the version of what it wrote, if it wrote.
    async fn change<T>(
        &self,
        operation: &'static str,
        space: Space,
        key: &str,
        apply: impl Fn(Option<&Record>, i64) -> (Change, T),
    ) -> Result<(T, u64), StoreError> {
        self.settings.check_key(key)?;
        within(KIND, operation, self.settings.deadline, async {
            // Of this process one at a time: those that would only get in each other's way wait here.
            let _turn = self.bucket.turn(key).await;
            for attempt in 0..TRIES {
                let Found { record, revision } = self.bucket.read(space, key).await?;
                let now = self.bucket.now_us().await?;
                let (change, answer) = apply(record.as_ref().filter(|record| !record.is_expired(now)), now);
                let written = match change {
                    Change::Keep => return Ok((answer, 0)),
                    Change::Remove if revision == 0 => return Ok((answer, 0)),
                    Change::Remove => self.bucket.remove(space, key, revision).await?,
                    Change::Write(write) => self.bucket.write(space, key, revision, write, now).await?,
                };
                if let Some(version) = written {
                    return Ok((answer, version));
                }
                let longest = f64::from(attempt.min(8).saturating_add(1)) * 0.002;
                tokio::time::sleep(Duration::from_secs_f64(fastrand::f64() * longest)).await;
            }
            Err(StoreError::Contended { key: key.to_owned(), tries: TRIES })
        })
        .await
    }

    async fn yes(
        &self,
        operation: &'static str,
        key: &str,
        apply: impl Fn(Option<&Record>, i64) -> (Change, bool),
    ) -> Result<bool, StoreError> {
        Ok(self.change(operation, Space::Entries, key, apply).await?.0)
    }
}

impl Store for NatsStore {
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
            let put = |_: Option<&Record>, now| (transition::put(now, value.clone(), ttl), ());
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
                |record: Option<&Record>, now| transition::compare_and_set(record, now, expected, value.clone(), ttl);
            let (answer, version) = self.change("compare_and_set", Space::Entries, key, swap).await?;
            Ok(answer.map_or_else(Swap::Conflict, |()| Swap::Swapped(version)))
        })
    }

    fn delete<'a>(&'a self, key: &'a str) -> StoreFuture<'a, bool> {
        Box::pin(self.yes("delete", key, |record, _| transition::delete(record)))
    }

    fn claim<'a>(&'a self, key: &'a str, owner: &'a str, lease: Duration) -> StoreFuture<'a, Claim> {
        Box::pin(async move {
            self.settings.check_key(owner)?;
            let lease = whole_us("lease", lease)?;
            let claim = |record: Option<&Record>, now| transition::claim(record, now, owner, lease);
            let (answer, token) = self.change("claim", Space::Entries, key, claim).await?;
            Ok(Claim::of(answer, token))
        })
    }

    fn renew<'a>(&'a self, key: &'a str, token: Token, lease: Duration) -> StoreFuture<'a, bool> {
        Box::pin(async move {
            let lease = whole_us("lease", lease)?;
            self.yes("renew", key, |record, now| transition::renew(record, now, token, lease)).await
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
            let complete = |record: Option<&Record>, now| transition::complete(record, now, token, value.clone(), ttl);
            self.yes("complete", key, complete).await
        })
    }

    fn release<'a>(&'a self, key: &'a str, token: Token) -> StoreFuture<'a, bool> {
        Box::pin(self.yes("release", key, move |record, _| transition::release(record, token)))
    }

    fn peek<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Status> {
        Box::pin(self.read("peek", key, transition::status))
    }

    fn wait<'a>(&'a self, key: &'a str, at_most: Duration) -> StoreFuture<'a, Status> {
        Box::pin(async move {
            self.bucket.listen();
            self.bucket.waiters().wait(self, key, at_most, SAFETY_POLL).await
        })
    }

    fn admit<'a>(&'a self, key: &'a str, limit: Limit, n: u32) -> StoreFuture<'a, Admission> {
        Box::pin(async move {
            check_limit(&limit, n)?;
            let admit = |record: Option<&Record>, now| limit::admit(record, now, &limit, n);
            match self.change("admit", Space::Limits, key, admit).await {
                Ok((admission, _)) => Ok(admission),
                // So many ask at once that nobody knows: no is never too much.
                Err(StoreError::Contended { .. }) => {
                    Ok(Admission { admitted: false, retry_after: Duration::from_millis(10), remaining: 0 })
                }
                Err(error) => Err(error),
            }
        })
    }

    fn count<'a>(&'a self, key: &'a str, by: i64, ttl: Duration) -> StoreFuture<'a, i64> {
        Box::pin(async move {
            let ttl = whole_us("lifetime", ttl)?;
            let count = |record: Option<&Record>, now| transition::count(record, now, by, ttl);
            Ok(self.change("count", Space::Counters, key, count).await?.0)
        })
    }

    fn ping(&self) -> StoreFuture<'_, ()> {
        Box::pin(async move { self.read("ping", "ping", |_, _| ()).await })
    }

    fn purge_expired(&self) -> StoreFuture<'_, u64> {
        Box::pin(self.bucket.purge())
    }
}
