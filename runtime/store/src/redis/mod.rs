//! The store on Redis, and on what speaks its protocol and Lua.
//!
//! Every operation is one script, so it is atomic, and every time is the server's. Not for Redis Cluster: a script touches
//! the record and the counter of versions, which may lie in different slots.

mod connection;
mod scripts;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use self::connection::{Call, Connection};
use self::scripts::{Answer, Scripts};
use crate::clock::duration;
use crate::limit::{self, Admission, Limit};
use crate::record::Space;
use crate::remote::SAFETY_POLL;
use crate::settings::{check_limit, whole_ms};
use crate::tls;
use crate::{Claim, Entry, Expected, Settings, Status, Store, StoreError, StoreFuture, StoreUrl, Swap, Token};

const KIND: &str = "redis";

/// A store on a Redis server.
#[derive(Debug)]
pub struct RedisStore {
    settings: Settings,
    /// What all keys begin with.
    prefix: String,
    connection: Arc<Connection>,
    scripts: Scripts,
}

impl RedisStore {
    /// The store that a URL names. Connects with the first operation.
    ///
    /// # Errors
    /// [`StoreError::Url`] and [`StoreError::Setting`].
    pub fn open(url: &StoreUrl, settings: Settings) -> Result<Self, StoreError> {
        url.only(&["prefix", tls::OPTION])?;
        let settings = url.apply(settings)?;
        let prefix = url.option("prefix").unwrap_or("cascata:").to_owned();
        let connection = Connection::new(url, settings.deadline, format!("{prefix}wake"))?;
        Ok(Self { settings, prefix, connection: Arc::new(connection), scripts: Scripts::new() })
    }

    /// Runs a script on a key. `again`: it may run twice if the connection breaks, because that changes nothing.
    async fn run(
        &self,
        script: &scripts::Named,
        space: Space,
        key: &str,
        arguments: &[&[u8]],
        again: bool,
    ) -> Result<Answer, StoreError> {
        let space = match space {
            Space::Entries => "e:",
            Space::Limits => "l:",
            Space::Counters => "c:",
        };
        let mut call = script.script.key(format!("{}{space}{key}", self.prefix));
        call.key(format!("{}versions", self.prefix)).key(format!("{}wake", self.prefix)).arg(key);
        for argument in arguments {
            call.arg(*argument);
        }
        self.connection.call(script.name, again, &Call::Script(&call)).await.map(Answer)
    }

    async fn entry(&self, script: &scripts::Named, key: &str, arguments: &[&[u8]]) -> Result<Answer, StoreError> {
        self.settings.check_key(key)?;
        self.run(script, Space::Entries, key, arguments, true).await
    }

    async fn yes(&self, script: &scripts::Named, key: &str, arguments: &[&[u8]]) -> Result<bool, StoreError> {
        Ok(self.entry(script, key, arguments).await?.is("yes"))
    }
}

fn ttl(ttl: Option<Duration>) -> Result<String, StoreError> {
    Ok(match ttl {
        Some(ttl) => whole_ms("lifetime", ttl)?.to_string(),
        None => String::new(),
    })
}

impl Store for RedisStore {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Entry>> {
        Box::pin(async move { self.entry(&self.scripts.get, key, &[]).await?.entry(0) })
    }

    fn put<'a>(&'a self, key: &'a str, value: Bytes, lifetime: Option<Duration>) -> StoreFuture<'a, u64> {
        Box::pin(async move {
            self.settings.check_value(&value)?;
            let ttl = ttl(lifetime)?;
            self.entry(&self.scripts.put, key, &[&value, ttl.as_bytes()]).await?.number(0)
        })
    }

    fn compare_and_set<'a>(
        &'a self,
        key: &'a str,
        expected: Expected,
        value: Bytes,
        lifetime: Option<Duration>,
    ) -> StoreFuture<'a, Swap> {
        Box::pin(async move {
            self.settings.check_key(key)?;
            self.settings.check_value(&value)?;
            let ttl = ttl(lifetime)?;
            let expected = match expected {
                Expected::Absent => String::new(),
                Expected::Version(version) => version.to_string(),
            };
            let arguments = [&value[..], ttl.as_bytes(), expected.as_bytes()];
            let answer = self.run(&self.scripts.compare_and_set, Space::Entries, key, &arguments, false).await?;
            if answer.is("swapped") {
                Ok(Swap::Swapped(answer.number(1)?))
            } else {
                answer.entry(1).map(Swap::Conflict)
            }
        })
    }

    fn delete<'a>(&'a self, key: &'a str) -> StoreFuture<'a, bool> {
        Box::pin(async move { self.yes(&self.scripts.delete, key, &[]).await })
    }

    fn claim<'a>(&'a self, key: &'a str, owner: &'a str, lease: Duration) -> StoreFuture<'a, Claim> {
        Box::pin(async move {
            self.settings.check_key(owner)?;
            let lease = whole_ms("lease", lease)?.to_string();
            // Marks this call, so that asking again after a broken connection finds its own claim.
            let mark = fastrand::u64(..).to_string();
            let arguments = [owner.as_bytes(), lease.as_bytes(), mark.as_bytes()];
            let answer = self.entry(&self.scripts.claim, key, &arguments).await?;
            if answer.is("claimed") {
                return Ok(Claim::Claimed { token: answer.number(1)? });
            }
            Ok(Claim::of(Err(answer.status()?), 0))
        })
    }

    fn renew<'a>(&'a self, key: &'a str, token: Token, lease: Duration) -> StoreFuture<'a, bool> {
        Box::pin(async move {
            let lease = whole_ms("lease", lease)?.to_string();
            self.yes(&self.scripts.renew, key, &[token.to_string().as_bytes(), lease.as_bytes()]).await
        })
    }

    fn complete<'a>(
        &'a self,
        key: &'a str,
        token: Token,
        value: Bytes,
        lifetime: Option<Duration>,
    ) -> StoreFuture<'a, bool> {
        Box::pin(async move {
            self.settings.check_value(&value)?;
            let ttl = ttl(lifetime)?;
            self.yes(&self.scripts.complete, key, &[token.to_string().as_bytes(), &value, ttl.as_bytes()]).await
        })
    }

    fn release<'a>(&'a self, key: &'a str, token: Token) -> StoreFuture<'a, bool> {
        Box::pin(async move { self.yes(&self.scripts.release, key, &[token.to_string().as_bytes()]).await })
    }

    fn peek<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Status> {
        Box::pin(async move { self.entry(&self.scripts.peek, key, &[]).await?.status() })
    }

    fn wait<'a>(&'a self, key: &'a str, at_most: Duration) -> StoreFuture<'a, Status> {
        Box::pin(async move {
            self.connection.listen();
            self.connection.waiters.wait(self, key, at_most, SAFETY_POLL).await
        })
    }

    fn admit<'a>(&'a self, key: &'a str, limit: Limit, n: u32) -> StoreFuture<'a, Admission> {
        Box::pin(async move {
            self.settings.check_key(key)?;
            check_limit(&limit, n)?;
            let wanted = n.to_string();
            let answer = match limit {
                Limit::TokenBucket { capacity, refill_per_second, initial } => {
                    let lives = limit::refill_time(&limit).as_millis().to_string();
                    let texts =
                        [wanted, capacity.to_string(), refill_per_second.to_string(), lives, initial.to_string()];
                    let arguments = texts.each_ref().map(String::as_bytes);
                    self.run(&self.scripts.bucket, Space::Limits, &format!("b:{key}"), &arguments, false).await?
                }
                Limit::SlidingWindow { max_calls, period } => {
                    let (most, period) = (max_calls.to_string(), period.as_micros().to_string());
                    let mark = fastrand::u64(..).to_string();
                    let arguments = [wanted.as_bytes(), most.as_bytes(), period.as_bytes(), mark.as_bytes()];
                    self.run(&self.scripts.window, Space::Limits, &format!("w:{key}"), &arguments, false).await?
                }
            };
            let wait_us = i64::try_from(answer.number(1)?).unwrap_or(i64::MAX);
            Ok(Admission {
                admitted: answer.is("yes"),
                retry_after: duration(wait_us),
                remaining: u32::try_from(answer.number(2)?).unwrap_or(u32::MAX),
            })
        })
    }

    fn count<'a>(&'a self, key: &'a str, by: i64, lifetime: Duration) -> StoreFuture<'a, i64> {
        Box::pin(async move {
            self.settings.check_key(key)?;
            let ttl = whole_ms("lifetime", lifetime)?.to_string();
            let by = by.to_string();
            let arguments = [by.as_bytes(), ttl.as_bytes()];
            let answer = self.run(&self.scripts.count, Space::Counters, key, &arguments, false).await?;
            Ok(i64::try_from(answer.number(0)?).unwrap_or(i64::MAX))
        })
    }

    fn ping(&self) -> StoreFuture<'_, ()> {
        Box::pin(async move { self.connection.call("ping", true, &Call::Ping).await.map(|_| ()) })
    }

    fn purge_expired(&self) -> StoreFuture<'_, u64> {
        Box::pin(std::future::ready(Ok(0)))
    }
}
