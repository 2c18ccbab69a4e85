//! What each operation makes of a record, as functions without time, lock or server of their own.
//!
//! Memory calls them under its lock, disk inside a transaction, NATS between a read and a write that the server refuses if
//! somebody was faster. A record that has expired is passed as none.

use bytes::Bytes;

use crate::record::{Body, Record};
use crate::{Entry, Expected, Status, Token};

/// What becomes of the record.
#[derive(Debug, PartialEq)]
pub(crate) enum Change {
    Keep,
    Write(Write),
    Remove,
}

/// A record to be written; the store gives it its version and time.
#[derive(Debug, PartialEq)]
pub(crate) struct Write {
    pub(crate) body: Body,
    /// 0: the version that the store gives it.
    pub(crate) token: Token,
    pub(crate) expires_us: Option<i64>,
}

impl Write {
    fn value(value: Bytes, token: Token, now: i64, ttl_us: Option<i64>) -> Change {
        let expires_us = ttl_us.map(|ttl| now.saturating_add(ttl));
        Change::Write(Self { body: Body::Value(value), token, expires_us })
    }
}

pub(crate) fn status(current: Option<&Record>, now: i64) -> Status {
    current.map_or(Status::Free, |record| record.status(now))
}

pub(crate) fn put(now: i64, value: Bytes, ttl_us: Option<i64>) -> Change {
    Write::value(value, 0, now, ttl_us)
}

pub(crate) fn compare_and_set(
    current: Option<&Record>,
    now: i64,
    expected: Expected,
    value: Bytes,
    ttl_us: Option<i64>,
) -> (Change, Result<(), Option<Entry>>) {
    let found = current.and_then(Record::entry);
    let fits = match expected {
        Expected::Absent => current.is_none(),
        Expected::Version(version) => found.as_ref().is_some_and(|entry| entry.version == version),
    };
    if fits { (Write::value(value, 0, now, ttl_us), Ok(())) } else { (Change::Keep, Err(found)) }
}

pub(crate) fn delete(current: Option<&Record>) -> (Change, bool) {
    (Change::Remove, current.is_some())
}

pub(crate) fn claim(current: Option<&Record>, now: i64, owner: &str, lease_us: i64) -> (Change, Result<(), Status>) {
    match current {
        Some(record) => (Change::Keep, Err(record.status(now))),
        None => (pending(owner, 0, now, lease_us), Ok(())),
    }
}

pub(crate) fn renew(current: Option<&Record>, now: i64, token: Token, lease_us: i64) -> (Change, bool) {
    match current {
        Some(Record { body: Body::Pending { owner }, .. }) if owns(current, token) => {
            (pending(owner, token, now, lease_us), true)
        }
        _ => (Change::Keep, false),
    }
}

pub(crate) fn complete(
    current: Option<&Record>,
    now: i64,
    token: Token,
    value: Bytes,
    ttl_us: Option<i64>,
) -> (Change, bool) {
    match current.map(|record| &record.body) {
        Some(Body::Pending { .. }) if owns(current, token) => (Write::value(value, token, now, ttl_us), true),
        // Asked again, because the first answer was lost.
        Some(Body::Value(_)) if owns(current, token) => (Change::Keep, true),
        _ => (Change::Keep, false),
    }
}

pub(crate) fn release(current: Option<&Record>, token: Token) -> (Change, bool) {
    match current.map(|record| &record.body) {
        Some(Body::Pending { .. }) if owns(current, token) => (Change::Remove, true),
        _ => (Change::Keep, false),
    }
}

pub(crate) fn count(current: Option<&Record>, now: i64, by: i64, ttl_us: i64) -> (Change, i64) {
    let (before, until) = match current {
        Some(Record { body: Body::Count(count), expires_us, .. }) => (*count, *expires_us),
        _ => (0, None),
    };
    let sum = before.saturating_add(by).max(0);
    let expires_us = Some(until.unwrap_or_else(|| now.saturating_add(ttl_us)));
    (Change::Write(Write { body: Body::Count(sum), token: 0, expires_us }), sum)
}

fn pending(owner: &str, token: Token, now: i64, lease_us: i64) -> Change {
    let body = Body::Pending { owner: owner.to_owned() };
    Change::Write(Write { body, token, expires_us: Some(now.saturating_add(lease_us)) })
}

fn owns(current: Option<&Record>, token: Token) -> bool {
    current.is_some_and(|record| record.token() == token)
}
