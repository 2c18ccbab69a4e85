//! What is stored under a key.

use bytes::Bytes;

use crate::clock::duration;
use crate::{Entry, Status, Token};

/// Values and claims, limits and counters do not see each other's keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Space {
    Entries,
    Limits,
    Counters,
}

/// One record. Stores with scripts of their own keep the same fields.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Record {
    /// Of its last write.
    pub(crate) version: u64,
    /// Of the claim that it is or that completed it; 0: the version itself, which the store gave when it was written.
    pub(crate) token: Token,
    pub(crate) written_us: i64,
    pub(crate) expires_us: Option<i64>,
    pub(crate) body: Body,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Body {
    Value(Bytes),
    Pending {
        owner: String,
    },
    Bucket {
        tokens: f64,
        at_us: i64,
    },
    /// When the calls of the window were, oldest first.
    Window(Vec<i64>),
    Count(i64),
}

impl Record {
    pub(crate) fn is_expired(&self, now: i64) -> bool {
        self.expires_us.is_some_and(|at| at <= now)
    }

    pub(crate) fn token(&self) -> Token {
        if self.token == 0 { self.version } else { self.token }
    }

    pub(crate) fn entry(&self) -> Option<Entry> {
        match &self.body {
            Body::Value(value) => Some(Entry { value: value.clone(), version: self.version }),
            _ => None,
        }
    }

    pub(crate) fn status(&self, now: i64) -> Status {
        match &self.body {
            Body::Value(value) => {
                Status::Complete { value: value.clone(), age: duration(now.saturating_sub(self.written_us)) }
            }
            Body::Pending { owner } => {
                let until = self.expires_us.unwrap_or(i64::MAX);
                Status::Pending { owner: owner.clone(), remaining: duration(until.saturating_sub(now)) }
            }
            _ => Status::Free,
        }
    }
}
