//! The store on PostgreSQL.
//!
//! Every operation is one statement, or one and a look where that changed nothing; every time is the server's. Tables are
//! made on first use, their names begin with `prefix`.

mod connection;
mod sql;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;
use tokio_postgres::Row;

use self::connection::{Parameters, Pool};
use self::sql::Sql;
use crate::clock::duration;
use crate::limit::{self, Admission, Limit};
use crate::remote::SAFETY_POLL;
use crate::settings::{check_limit, whole_ms};
use crate::tls;
use crate::{Claim, Entry, Expected, Settings, Status, Store, StoreError, StoreFuture, StoreUrl, Swap, Token};

const KIND: &str = "postgres";

/// How often a claim is tried again because what kept it out was gone a moment later.
const TRIES: u32 = 100;

/// A store on a PostgreSQL server, 13 or later.
#[derive(Debug)]
pub struct PostgresStore {
    settings: Settings,
    pool: Arc<Pool>,
    opened: Instant,
    /// Seconds after `opened` when the last clean-up was.
    cleaned: AtomicU64,
}

impl PostgresStore {
    /// The store that a URL names. Connects with the first operation.
    ///
    /// # Errors
    /// [`StoreError::Url`] and [`StoreError::Setting`].
    pub fn open(url: &StoreUrl, settings: Settings) -> Result<Self, StoreError> {
        url.only(&["prefix", "connections", "sslmode", tls::OPTION])?;
        let settings = url.apply(settings)?;
        let prefix = url.option("prefix").unwrap_or("cascata").to_owned();
        if !is_identifier(&prefix) {
            let why = format!("`{prefix}` is no lower-case name of letters, digits and `_`, at most 40");
            return Err(StoreError::Setting { setting: "prefix".to_owned(), why });
        }
        let pool = Arc::new(Pool::new(url, prefix, settings.deadline)?);
        Ok(Self { settings, pool, opened: Instant::now(), cleaned: AtomicU64::new(0) })
    }

    async fn row(
        &self,
        operation: &'static str,
        again: bool,
        sql: Sql,
        parameters: Parameters<'_>,
    ) -> Result<Option<Row>, StoreError> {
        Ok(self.pool.rows(operation, again, sql, parameters).await?.pop())
    }

    /// What there is, and the token and mark of the call that claimed it.
    async fn look(&self, operation: &'static str, key: &str) -> Result<(Status, i64, Option<i64>), StoreError> {
        let Some(row) = self.row(operation, true, Sql::Peek, &[&key.as_bytes()]).await? else {
            return Ok((Status::Free, 0, None));
        };
        let time =
            |column| Ok::<_, StoreError>(Duration::try_from_secs_f64(cell::<f64>(&row, column)?).unwrap_or_default());
        let status = if cell(&row, 0)? {
            let owner = cell::<Option<String>>(&row, 1)?.unwrap_or_default();
            Status::Pending { owner, remaining: time(5)? }
        } else {
            let value = cell::<Option<Vec<u8>>>(&row, 2)?.unwrap_or_default();
            Status::Complete { value: value.into(), age: time(6)? }
        };
        Ok((status, cell(&row, 3)?, cell(&row, 4)?))
    }

    async fn entry(&self, operation: &'static str, key: &str) -> Result<Option<Entry>, StoreError> {
        match self.row(operation, true, Sql::Get, &[&key.as_bytes()]).await? {
            None => Ok(None),
            Some(row) => Ok(Some(Entry { value: cell::<Vec<u8>>(&row, 0)?.into(), version: version(&row)? })),
        }
    }

    /// Claims, however often what was in the way is gone when one looks at it.
    async fn claim_at_last(&self, key: &str, owner: &str, lease: i64) -> Result<Claim, StoreError> {
        let (owner, mark) = (owner.replace('\0', "\u{fffd}"), fastrand::i64(..));
        for _ in 0..TRIES {
            let parameters: Parameters<'_> = &[&key.as_bytes(), &owner, &mark, &lease];
            if let Some(row) = self.row("claim", true, Sql::Claim, parameters).await? {
                return Ok(Claim::Claimed { token: unsigned(cell(&row, 0)?) });
            }
            match self.look("claim", key).await? {
                (Status::Free, ..) => {}
                // The first answer was lost with the connection.
                (Status::Pending { .. }, token, Some(found)) if found == mark => {
                    return Ok(Claim::Claimed { token: unsigned(token) });
                }
                (status, ..) => return Ok(Claim::of(Err(status), 0)),
            }
        }
        Err(StoreError::Contended { key: key.to_owned(), tries: TRIES })
    }

    /// Removes what has expired now and then, in the background.
    fn clean_in_passing(&self) {
        let now = self.opened.elapsed().as_secs();
        let last = self.cleaned.load(Ordering::Relaxed);
        if now.saturating_sub(last) < self.settings.cleanup_interval.as_secs()
            || self.cleaned.compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed).is_err()
        {
            return;
        }
        let pool = Arc::clone(&self.pool);
        tokio::spawn(async move {
            // Next time, if it cannot be done now.
            let _ = purge(&pool).await;
        });
    }
}

async fn purge(pool: &Pool) -> Result<u64, StoreError> {
    let mut removed = 0_u64;
    for sql in [Sql::PurgeEntries, Sql::PurgeLimits, Sql::PurgeCounters] {
        removed = removed.saturating_add(pool.changed("purge_expired", sql).await?);
    }
    Ok(removed)
}

impl Store for PostgresStore {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Entry>> {
        Box::pin(async move {
            self.settings.check_key(key)?;
            self.entry("get", key).await
        })
    }

    fn put<'a>(&'a self, key: &'a str, value: Bytes, ttl: Option<Duration>) -> StoreFuture<'a, u64> {
        Box::pin(async move {
            self.settings.check_key(key)?;
            self.settings.check_value(&value)?;
            let ttl = lifetime(ttl)?;
            self.clean_in_passing();
            let parameters: Parameters<'_> = &[&key.as_bytes(), &&value[..], &ttl];
            let row = self.row("put", true, Sql::Put, parameters).await?;
            Ok(unsigned(cell(&row.ok_or_else(strange)?, 0)?))
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
            self.settings.check_key(key)?;
            self.settings.check_value(&value)?;
            let ttl = lifetime(ttl)?;
            let (key_bytes, value) = (key.as_bytes(), &value[..]);
            let row = match expected {
                Expected::Absent => {
                    self.row("compare_and_set", false, Sql::PutAbsent, &[&key_bytes, &value, &ttl]).await?
                }
                Expected::Version(version) => {
                    let version = signed(version);
                    let parameters: Parameters<'_> = &[&key_bytes, &value, &ttl, &version];
                    self.row("compare_and_set", false, Sql::PutVersion, parameters).await?
                }
            };
            match row {
                Some(row) => Ok(Swap::Swapped(unsigned(cell(&row, 0)?))),
                None => self.entry("compare_and_set", key).await.map(Swap::Conflict),
            }
        })
    }

    fn delete<'a>(&'a self, key: &'a str) -> StoreFuture<'a, bool> {
        Box::pin(async move {
            self.settings.check_key(key)?;
            Ok(self.row("delete", true, Sql::Delete, &[&key.as_bytes()]).await?.is_some())
        })
    }

    fn claim<'a>(&'a self, key: &'a str, owner: &'a str, lease: Duration) -> StoreFuture<'a, Claim> {
        Box::pin(async move {
            self.settings.check_key(key)?;
            self.settings.check_key(owner)?;
            let lease = whole_ms("lease", lease)?;
            self.clean_in_passing();
            self.claim_at_last(key, owner, lease).await
        })
    }

    fn renew<'a>(&'a self, key: &'a str, token: Token, lease: Duration) -> StoreFuture<'a, bool> {
        Box::pin(async move {
            self.settings.check_key(key)?;
            let (token, lease) = (signed(token), whole_ms("lease", lease)?);
            Ok(self.row("renew", true, Sql::Renew, &[&key.as_bytes(), &token, &lease]).await?.is_some())
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
            self.settings.check_key(key)?;
            self.settings.check_value(&value)?;
            let (token, ttl) = (signed(token), lifetime(ttl)?);
            let parameters: Parameters<'_> = &[&key.as_bytes(), &token, &&value[..], &ttl];
            if self.row("complete", true, Sql::Complete, parameters).await?.is_some() {
                return Ok(true);
            }
            // Values that nobody claimed have token 0.
            Ok(token != 0 && self.row("complete", true, Sql::Completed, &[&key.as_bytes(), &token]).await?.is_some())
        })
    }

    fn release<'a>(&'a self, key: &'a str, token: Token) -> StoreFuture<'a, bool> {
        Box::pin(async move {
            self.settings.check_key(key)?;
            let token = signed(token);
            Ok(self.row("release", true, Sql::Release, &[&key.as_bytes(), &token]).await?.is_some())
        })
    }

    fn peek<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Status> {
        Box::pin(async move {
            self.settings.check_key(key)?;
            Ok(self.look("peek", key).await?.0)
        })
    }

    fn wait<'a>(&'a self, key: &'a str, at_most: Duration) -> StoreFuture<'a, Status> {
        Box::pin(async move {
            self.pool.listen();
            self.pool.waiters.wait(self, key, at_most, SAFETY_POLL).await
        })
    }

    fn admit<'a>(&'a self, key: &'a str, limit: Limit, n: u32) -> StoreFuture<'a, Admission> {
        Box::pin(async move {
            self.settings.check_key(key)?;
            check_limit(&limit, n)?;
            self.clean_in_passing();
            match limit {
                Limit::TokenBucket { capacity, refill_per_second, initial } => {
                    let lives = i64::try_from(limit::refill_time(&limit).as_millis()).unwrap_or(i64::MAX);
                    self.bucket(key, lives, [n, capacity, initial].map(f64::from), refill_per_second).await
                }
                Limit::SlidingWindow { max_calls, period } => self.window(key, max_calls, period, n).await,
            }
        })
    }

    fn count<'a>(&'a self, key: &'a str, by: i64, ttl: Duration) -> StoreFuture<'a, i64> {
        Box::pin(async move {
            self.settings.check_key(key)?;
            let ttl = whole_ms("lifetime", ttl)?;
            self.clean_in_passing();
            let row = self.row("count", false, Sql::Count, &[&key.as_bytes(), &by, &ttl]).await?;
            cell(&row.ok_or_else(strange)?, 0)
        })
    }

    fn ping(&self) -> StoreFuture<'_, ()> {
        Box::pin(async move { self.row("ping", true, Sql::Get, &[&&b"\0"[..]]).await.map(|_| ()) })
    }

    fn purge_expired(&self) -> StoreFuture<'_, u64> {
        Box::pin(purge(&self.pool))
    }
}

impl PostgresStore {
    async fn bucket(
        &self,
        key: &str,
        lives: i64,
        [wanted, capacity, initial]: [f64; 3],
        rate: f64,
    ) -> Result<Admission, StoreError> {
        let parameters: Parameters<'_> = &[&key.as_bytes(), &wanted, &capacity, &rate, &lives, &initial];
        let row = self.row("admit", false, Sql::Bucket, parameters).await?.ok_or_else(strange)?;
        let (admitted, tokens) = (cell(&row, 0)?, cell::<f64>(&row, 1)?);
        let retry_after = Duration::try_from_secs_f64((wanted - tokens) / rate).unwrap_or(Duration::MAX);
        Ok(Admission {
            admitted,
            retry_after: if admitted { Duration::ZERO } else { retry_after },
            remaining: limit::whole(tokens),
        })
    }

    async fn window(&self, key: &str, max_calls: u32, period: Duration, n: u32) -> Result<Admission, StoreError> {
        let int = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
        let (wanted, most) = (int(n), int(max_calls));
        let period_us = i64::try_from(period.as_micros()).unwrap_or(i64::MAX);
        let parameters: Parameters<'_> = &[&key.as_bytes(), &wanted, &most, &period_us];
        let row = self.row("admit", false, Sql::Window, parameters).await?.ok_or_else(strange)?;
        let (admitted, calls, now) = (cell(&row, 0)?, cell::<i32>(&row, 1)?, cell::<i64>(&row, 3)?);
        let leaving = cell::<Option<i64>>(&row, 2)?.unwrap_or(now);
        let wait = duration(leaving.saturating_add(period_us).saturating_sub(now));
        Ok(Admission {
            admitted,
            retry_after: if admitted { Duration::ZERO } else { wait },
            remaining: u32::try_from(most.saturating_sub(calls)).unwrap_or(0),
        })
    }
}

fn is_identifier(name: &str) -> bool {
    name.len() <= 40
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        && name.bytes().next().is_some_and(|first| !first.is_ascii_digit())
}

fn lifetime(ttl: Option<Duration>) -> Result<Option<i64>, StoreError> {
    ttl.map(|ttl| whole_ms("lifetime", ttl)).transpose()
}

/// A column, by its place.
fn cell<'a, T: tokio_postgres::types::FromSql<'a>>(row: &'a Row, column: usize) -> Result<T, StoreError> {
    row.try_get(column).map_err(|error| StoreError::Refused { store: KIND, why: error.to_string() })
}

fn version(row: &Row) -> Result<u64, StoreError> {
    cell(row, 1).map(unsigned)
}

/// Versions come of a sequence, which counts from 1.
fn unsigned(version: i64) -> u64 {
    u64::try_from(version).unwrap_or(0)
}

/// A version that the server never gave is none it has.
fn signed(version: u64) -> i64 {
    i64::try_from(version).unwrap_or(-1)
}

fn strange() -> StoreError {
    StoreError::Refused { store: KIND, why: "a statement answered without a row".to_owned() }
}
