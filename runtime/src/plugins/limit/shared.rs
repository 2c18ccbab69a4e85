//! A limit that is counted in a store, by all processes together.
//!
//! The store decides in one atomic step, on its own time. A call that has to wait asks again when there should be room; the order of
//! arrival holds within the store's answers only. While the store is out of order each process counts for itself, with the
//! whole limit: of `n` processes at most `n` times the rate comes through then.

use super::{Asked, LimitState, Local, Turn};
use crate::plugins::stores::NamedStore;
use cascata_config::{RateLimitOptions, RateStrategy};
use cascata_store::{Limit, StoreError};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How long a call is told to wait whose turn the store could not settle among many.
const CONTENDED: Duration = Duration::from_millis(50);

/// A limit in a store, with one in memory for when the store is out of order.
#[derive(Debug)]
pub(in crate::plugins) struct SharedLimit {
    counted: Arc<Counted>,
}

#[derive(Debug)]
struct Counted {
    store: Arc<NamedStore>,
    key: String,
    limit: Limit,
    local: Local,
}

impl SharedLimit {
    /// A limit of this name.
    ///
    /// # Errors
    /// When the store cannot count so many calls.
    pub(in crate::plugins) fn new(
        name: &str,
        options: &RateLimitOptions,
        store: Arc<NamedStore>,
    ) -> Result<Self, String> {
        let (rate, per) = (options.rate.get(), Duration::from_millis(options.per_ms.get()));
        let limit = match options.strategy {
            RateStrategy::SlidingWindow if rate > Limit::MAX_WINDOW_CALLS => {
                let most = Limit::MAX_WINDOW_CALLS;
                return Err(format!(
                    "a window in a store counts at most {most} calls, not {rate}; a token bucket has no such bound"
                ));
            }
            RateStrategy::SlidingWindow => Limit::SlidingWindow { max_calls: rate, period: per },
            _ => Limit::TokenBucket {
                capacity: options.most().get(),
                refill_per_second: f64::from(rate) / per.as_secs_f64(),
                initial: options.initial.unwrap_or(options.most().get()),
            },
        };
        let key = format!("rate_limit:{name}");
        let longest = store.get().settings().max_key_bytes;
        if key.len() > longest {
            return Err(format!("its key `{key}` is longer than the {longest} bytes that the store holds"));
        }
        let local = Local::new(options);
        Ok(Self { counted: Arc::new(Counted { store, key, limit, local }) })
    }
}

impl LimitState for SharedLimit {
    fn take(&self, now: Duration, max_wait: Duration, calls: NonZeroU32) -> Asked {
        let (counted, began) = (Arc::clone(&self.counted), Instant::now());
        Asked::Later(Box::pin(async move { counted.take((now, began), max_wait, calls).await }))
    }

    fn give_back(&self, turn: Duration, calls: NonZeroU32) {
        // Only turns of the memory are waited for; the store's come at once.
        self.counted.local.give_back(turn, calls);
    }
}

impl Counted {
    /// `now` on the limit's own time, which was `began` on this process'.
    async fn take(&self, (now, began): (Duration, Instant), max_wait: Duration, calls: NonZeroU32) -> Turn {
        loop {
            let asked = self.store.get().admit(&self.key, self.limit, calls.get()).await;
            let wait = match self.store.noted(asked) {
                Ok(admission) if admission.admitted => return Turn::Now,
                Ok(admission) => admission.retry_after,
                Err(StoreError::Contended { .. }) => CONTENDED,
                Err(_) => {
                    let passed = began.elapsed();
                    return self.local.turn(now.saturating_add(passed), max_wait.saturating_sub(passed), calls);
                }
            };
            if wait > max_wait.saturating_sub(began.elapsed()) {
                return Turn::Denied { wait };
            }
            // Never none: the store's clock and this one may count in different grains.
            sleep(wait.max(Duration::from_millis(1))).await;
        }
    }
}

#[cfg(test)]
#[path = "shared_tests.rs"]
mod tests;
