//! Limits on calls, and the arithmetic of them; stores on servers have the same arithmetic in their scripts.

use std::time::Duration;

use crate::clock::{duration, micros};
use crate::record::{Body, Record};
use crate::transition::{Change, Write};

/// How many calls there may be.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Limit {
    /// A bucket that refills steadily; a call takes a token out.
    TokenBucket {
        /// How many tokens it holds: calls at once after a rest.
        capacity: u32,
        /// Tokens that come back in a second.
        refill_per_second: f64,
        /// Tokens that are there when the key is first used, at most `capacity`. Where they are fewer, the key is kept for ever, so that
        /// it is never first used again; a full bucket is forgotten.
        initial: u32,
    },
    /// At most `max_calls` in any stretch of `period`. Counts calls one by one, so `max_calls` is at most
    /// [`Limit::MAX_WINDOW_CALLS`].
    SlidingWindow {
        /// Calls in a period.
        max_calls: u32,
        /// Its length.
        period: Duration,
    },
}

impl Limit {
    /// The largest `max_calls` of a sliding window: each call is eight bytes in the store.
    pub const MAX_WINDOW_CALLS: u32 = 10_000;
}

/// What a limit says to calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Admission {
    /// Whether all of them may go on. If not, none was counted.
    pub admitted: bool,
    /// When as many could be admitted, if nobody else calls; zero where they were.
    pub retry_after: Duration,
    /// How many more could be admitted at this moment.
    pub remaining: u32,
}

/// How long the state of a limit matters after its last call, at most a hundred years.
#[cfg(any(feature = "redis", feature = "postgres"))]
pub(crate) fn refill_time(limit: &Limit) -> Duration {
    const LONGEST: Duration = Duration::from_secs(100 * 366 * 24 * 3600);
    let time = match *limit {
        Limit::TokenBucket { capacity, initial, .. } if initial < capacity => LONGEST,
        Limit::TokenBucket { capacity, refill_per_second, .. } => {
            Duration::try_from_secs_f64(f64::from(capacity) / refill_per_second).unwrap_or(LONGEST)
        }
        Limit::SlidingWindow { period, .. } => period,
    };
    time.min(LONGEST).saturating_add(Duration::from_secs(1))
}

/// Asks the limit for `n` calls at `now`.
pub(crate) fn admit(current: Option<&Record>, now: i64, limit: &Limit, n: u32) -> (Change, Admission) {
    match *limit {
        Limit::TokenBucket { capacity, refill_per_second, initial } => {
            bucket(current, now, (capacity, initial), refill_per_second, n)
        }
        Limit::SlidingWindow { max_calls, period } => window(current, now, max_calls, micros(period), n),
    }
}

fn bucket(
    current: Option<&Record>,
    now: i64,
    (capacity, initial): (u32, u32),
    per_second: f64,
    n: u32,
) -> (Change, Admission) {
    let full = f64::from(capacity);
    let known = current.and_then(|record| match record.body {
        Body::Bucket { tokens, at_us } => Some((tokens, at_us)),
        _ => None,
    });
    let (before, at) = known.unwrap_or((f64::from(initial), now));
    let passed = seconds(now.saturating_sub(at).max(0));
    let tokens = (before + passed * per_second).min(full);
    let wanted = f64::from(n);
    let admitted = tokens >= wanted;
    let left = if admitted { tokens - wanted } else { tokens };
    let refilled = duration_us((full - left) / per_second);
    let write = Write {
        body: Body::Bucket { tokens: left, at_us: now.max(at) },
        token: 0,
        // A full bucket is as good as none, but where the first one was not full.
        expires_us: (initial >= capacity).then(|| now.saturating_add(refilled).saturating_add(1000)),
    };
    if admitted {
        return (Change::Write(write), Admission { admitted, retry_after: Duration::ZERO, remaining: whole(left) });
    }
    let retry_after = Duration::try_from_secs_f64((wanted - tokens) / per_second).unwrap_or(Duration::MAX);
    // One that is not full begins to fill with the first question.
    let change = if known.is_some() { Change::Keep } else { Change::Write(write) };
    (change, Admission { admitted, retry_after, remaining: whole(left) })
}

fn window(current: Option<&Record>, now: i64, max_calls: u32, period_us: i64, n: u32) -> (Change, Admission) {
    let most = usize::try_from(max_calls).unwrap_or(usize::MAX);
    let wanted = usize::try_from(n).unwrap_or(usize::MAX);
    let start = now.saturating_sub(period_us);
    let mut calls: Vec<i64> = match current.map(|record| &record.body) {
        Some(Body::Window(calls)) => calls.iter().copied().filter(|&at| at > start).collect(),
        _ => Vec::new(),
    };
    let free = most.saturating_sub(calls.len());
    let remaining = |free: usize| u32::try_from(free).unwrap_or(u32::MAX);
    if wanted > free {
        // The call that has to leave the window before there is room.
        let leaving = calls.len().saturating_add(wanted).saturating_sub(most).saturating_sub(1);
        let at = calls.get(leaving).copied().unwrap_or(now);
        let retry_after = duration(at.saturating_add(period_us).saturating_sub(now));
        return (Change::Keep, Admission { admitted: false, retry_after, remaining: remaining(free) });
    }
    // A clock that went back does not unsort the calls.
    let stamp = calls.last().map_or(now, |&last| last.max(now));
    calls.resize(calls.len().saturating_add(wanted), stamp);
    let write = Write {
        body: Body::Window(calls),
        token: 0,
        expires_us: Some(stamp.saturating_add(period_us).saturating_add(1000)),
    };
    let admission =
        Admission { admitted: true, retry_after: Duration::ZERO, remaining: remaining(free.saturating_sub(wanted)) };
    (Change::Write(write), admission)
}

fn seconds(us: i64) -> f64 {
    duration(us).as_secs_f64()
}

fn duration_us(seconds: f64) -> i64 {
    Duration::try_from_secs_f64(seconds).map_or(i64::MAX, micros)
}

/// Whole tokens; a bucket never holds more than a `u32`.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
pub(crate) fn whole(tokens: f64) -> u32 {
    tokens.max(0.0) as u32
}
