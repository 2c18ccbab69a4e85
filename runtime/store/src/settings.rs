//! Limits of a store, and checks of what is given to one.

use std::time::Duration;

use crate::clock::Clock;
use crate::{Limit, StoreError};

/// The longest lease and lifetime, about a hundred years: what is to stay for ever has none.
const LONGEST: Duration = Duration::from_secs(100 * 366 * 24 * 3600);

/// Limits and times of a store; its URL sets those it names (`?deadline_ms=500`).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Settings {
    /// Bytes of a key and of the name of an owner, default 512. Longer: R0404.
    pub max_key_bytes: usize,
    /// Bytes of a value, default 1 MiB. Longer: R0405.
    pub max_value_bytes: usize,
    /// How long one operation may take, default 1000 ms. Longer: R0408. The memory store needs none.
    pub deadline: Duration,
    /// Memory: values that are kept, default 10000; beyond it the oldest go. Pending claims, limits and counters may be
    /// as many each and are never dropped: R0411.
    pub max_entries: usize,
    /// How often what has expired is removed from memory and disk, default 300 s. Expired entries are never seen, removed or not.
    pub cleanup_interval: Duration,
    /// The clock of memory and disk; `None`: tokio's for memory, the machine's for disk. Servers tell their own time.
    pub clock: Option<Clock>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_key_bytes: 512,
            max_value_bytes: 1 << 20,
            deadline: Duration::from_millis(1000),
            max_entries: 10_000,
            cleanup_interval: Duration::from_secs(300),
            clock: None,
        }
    }
}

impl Settings {
    /// Refuses a key or owner that is empty or too long.
    ///
    /// # Errors
    /// [`StoreError::Key`].
    pub fn check_key(&self, key: &str) -> Result<(), StoreError> {
        if key.is_empty() || key.len() > self.max_key_bytes {
            return Err(StoreError::Key { bytes: key.len(), limit: self.max_key_bytes });
        }
        Ok(())
    }

    /// Refuses a value that is too long.
    ///
    /// # Errors
    /// [`StoreError::Value`].
    pub fn check_value(&self, value: &[u8]) -> Result<(), StoreError> {
        if value.len() > self.max_value_bytes {
            return Err(StoreError::Value { bytes: value.len(), limit: self.max_value_bytes });
        }
        Ok(())
    }
}

/// A lease or lifetime in whole milliseconds, rounded up: what every store can keep.
pub(crate) fn whole_ms(what: &str, time: Duration) -> Result<i64, StoreError> {
    if time.is_zero() || time > LONGEST {
        return Err(StoreError::Argument {
            why: format!("a {what} of {time:?}; it is more than none and at most 100 years"),
        });
    }
    Ok(i64::try_from(time.as_nanos().div_ceil(1_000_000)).unwrap_or(i64::MAX))
}

/// The same in microseconds.
pub(crate) fn whole_us(what: &str, time: Duration) -> Result<i64, StoreError> {
    whole_ms(what, time).map(|ms| ms.saturating_mul(1000))
}

/// The same of a lifetime that may be for ever.
pub(crate) fn lifetime_us(ttl: Option<Duration>) -> Result<Option<i64>, StoreError> {
    ttl.map(|ttl| whole_us("lifetime", ttl)).transpose()
}

/// Refuses a limit that admits nothing, and more at once than it ever admits.
pub(crate) fn check_limit(limit: &Limit, n: u32) -> Result<(), StoreError> {
    let refused = |why: String| Err(StoreError::Argument { why });
    let most = match *limit {
        Limit::TokenBucket { capacity, refill_per_second, initial } => {
            if initial > capacity {
                return refused(format!("{initial} tokens at first in a bucket of {capacity}"));
            }
            if !(refill_per_second.is_finite() && refill_per_second > 0.0) {
                return refused(format!("a token bucket refilled by {refill_per_second} a second; it is more than 0"));
            }
            capacity
        }
        Limit::SlidingWindow { max_calls, period } => {
            whole_us("window", period)?;
            if max_calls > Limit::MAX_WINDOW_CALLS {
                return refused(format!(
                    "a window of {max_calls} calls; {} are counted one by one, a token bucket has no such bound",
                    Limit::MAX_WINDOW_CALLS
                ));
            }
            max_calls
        }
    };
    if most == 0 || n > most {
        return refused(format!("{n} calls at once where at most {most} are ever admitted"));
    }
    Ok(())
}
