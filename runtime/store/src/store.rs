//! The trait, and what its operations answer.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;

use crate::limit::{Admission, Limit};
use crate::{Settings, StoreError};

/// What an operation of a store is while it runs.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// A fencing token: every claim of a key gets a larger one than all before it, also after the key was deleted.
pub type Token = u64;

/// A value and the version it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The value; an empty one, and the text `null`, are values like any other.
    pub value: Bytes,
    /// Changes with every write and only grows, also after the key was deleted.
    pub version: u64,
}

/// What [`Store::compare_and_set`] expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Nothing is there: no value and no pending claim.
    Absent,
    /// The value that has this version.
    Version(u64),
}

/// What became of a [`Store::compare_and_set`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Swap {
    /// The value was written and has this version.
    Swapped(u64),
    /// Something else is there: this, or nothing, or a pending claim (`None` both).
    Conflict(Option<Entry>),
}

/// What became of a [`Store::claim`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// The key is the caller's until its lease ends.
    Claimed {
        /// Proves it in [`Store::renew`], [`Store::complete`] and [`Store::release`].
        token: Token,
    },
    /// Somebody else has it.
    Pending {
        /// Who.
        owner: String,
        /// How much is left of the lease.
        remaining: Duration,
    },
    /// There is a value.
    Complete {
        /// It.
        value: Bytes,
        /// How long it has been there.
        age: Duration,
    },
}

/// What there is under a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// Nothing: it can be claimed.
    Free,
    /// A claim.
    Pending {
        /// Whose.
        owner: String,
        /// How much is left of the lease.
        remaining: Duration,
    },
    /// A value.
    Complete {
        /// It.
        value: Bytes,
        /// How long it has been there.
        age: Duration,
    },
}

/// Values, claims, limits and counters under keys, shared by all who open the same store.
///
/// Every operation is atomic; several at once on one key behave as if one came after the other. What has expired is never
/// seen. Values and claims share their keys; limits and counters have keys of their own, so `count("a", …)` does not touch
/// the value `a`. Leases and lifetimes are rounded up to whole milliseconds.
///
/// Errors that every operation may end with: R0404 and R0405 for a key or value over its limit, R0406 for another argument
/// out of range, R0407 to R0410 where the store is out of order. An operation that is dropped half-way may or may not have
/// happened.
pub trait Store: fmt::Debug + Send + Sync {
    /// `memory`, `disk`, `redis`, `postgres`, `nats`, or another name for messages and metrics.
    fn kind(&self) -> &'static str;

    /// The limits it was opened with.
    fn settings(&self) -> &Settings;

    /// The value under a key. A pending claim is none.
    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Entry>>;

    /// Writes a value whatever was there and gives its version; `ttl: None` keeps it for ever. A pending claim on the key is
    /// gone then, and its owner is refused.
    fn put<'a>(&'a self, key: &'a str, value: Bytes, ttl: Option<Duration>) -> StoreFuture<'a, u64>;

    /// Writes a value only where the expected one is.
    fn compare_and_set<'a>(
        &'a self,
        key: &'a str,
        expected: Expected,
        value: Bytes,
        ttl: Option<Duration>,
    ) -> StoreFuture<'a, Swap>;

    /// Removes the value or claim under a key; says whether there was one. Waiters are woken.
    fn delete<'a>(&'a self, key: &'a str) -> StoreFuture<'a, bool>;

    /// Claims a key for `lease` if there is neither a value nor a claim. Of any number of callers exactly one is told
    /// [`Claim::Claimed`]. `owner` is for people and messages; the same owner asking twice is two callers.
    fn claim<'a>(&'a self, key: &'a str, owner: &'a str, lease: Duration) -> StoreFuture<'a, Claim>;

    /// Lets a claim last for `lease` from now. False where the token is no longer the one: the lease ended, or the key was
    /// completed, deleted or written.
    fn renew<'a>(&'a self, key: &'a str, token: Token, lease: Duration) -> StoreFuture<'a, bool>;

    /// Replaces a claim by its result. False, and nothing is written, where the token is no longer the one. Asking again with
    /// the token that completed the key answers true and keeps the first value. Waiters are woken.
    fn complete<'a>(&'a self, key: &'a str, token: Token, value: Bytes, ttl: Option<Duration>)
    -> StoreFuture<'a, bool>;

    /// Gives a claim back without a result. False where the token is no longer the one. Waiters are woken.
    fn release<'a>(&'a self, key: &'a str, token: Token) -> StoreFuture<'a, bool>;

    /// What there is under a key, claiming nothing.
    fn peek<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Status>;

    /// Waits until no claim is pending, at most so long, and says what there is then; [`Status::Pending`] where the time was
    /// over first. An outage of the store within that time is waited out.
    fn wait<'a>(&'a self, key: &'a str, at_most: Duration) -> StoreFuture<'a, Status>;

    /// Asks a limit for `n` calls: all or none. State that others left under the key goes on under the limit given here, so
    /// a changed limit takes effect at once. 0 calls only look.
    fn admit<'a>(&'a self, key: &'a str, limit: Limit, n: u32) -> StoreFuture<'a, Admission>;

    /// Adds to a counter and gives the sum; below 0 it is 0. A counter begins at 0 and is gone `ttl` after its first use,
    /// whatever is added in between, so that permits nobody gave back come back.
    fn count<'a>(&'a self, key: &'a str, by: i64, ttl: Duration) -> StoreFuture<'a, i64>;

    /// Whether the store answers.
    fn ping(&self) -> StoreFuture<'_, ()>;

    /// Removes what has expired and says how much; stores whose server does that answer 0. Nobody has to call it.
    fn purge_expired(&self) -> StoreFuture<'_, u64>;
}

impl Claim {
    /// Of what a store found out and the token it gave.
    pub(crate) fn of(answer: Result<(), Status>, token: Token) -> Self {
        match answer {
            Ok(()) => Self::Claimed { token },
            Err(Status::Pending { owner, remaining }) => Self::Pending { owner, remaining },
            Err(Status::Complete { value, age }) => Self::Complete { value, age },
            // Only limits and counters look free while they are there, and they have keys of their own.
            Err(Status::Free) => Self::Pending { owner: String::new(), remaining: Duration::ZERO },
        }
    }
}
