//! What a host asks a registry: the instances by name, their figures, and manual control.

use super::Registry;
use super::breaker::{BreakerSnapshot, CircuitBreaker};
use super::bulkhead::{Bulkhead, BulkheadSnapshot};
use super::cache::CacheSnapshot;
use super::limit::{LimitSnapshot, RateLimiter};
use super::metrics::MetricsSnapshot;
use super::{IdempotencySnapshot, RetrySnapshot};
use cascata_config::{BulkheadOptions, CircuitBreakerOptions, RateLimitOptions};
use std::sync::Arc;

impl Registry {
    /// The figures of a stage's (outermost) `metrics` plugin; none when no loaded program has one.
    #[must_use]
    pub fn metrics(&self, stage: &str) -> Option<MetricsSnapshot> {
        self.states.metrics.get(stage).map(|metrics| metrics.snapshot())
    }

    /// The figures of every `metrics` plugin, by stage; the second of one list is `stage#2` and so on.
    #[must_use]
    pub fn all_metrics(&self) -> Vec<(String, MetricsSnapshot)> {
        self.states.metrics.all().into_iter().map(|(name, metrics)| (name, metrics.snapshot())).collect()
    }

    /// The figures of a stage's (outermost) `retry` plugin; none when no loaded program has one.
    #[must_use]
    pub fn retries(&self, stage: &str) -> Option<RetrySnapshot> {
        self.states.retries.get(stage).map(|counts| counts.snapshot())
    }

    /// The figures of an `idempotency` plugin by its name, or by its stage's where it has none.
    #[must_use]
    pub fn idempotency(&self, name: &str) -> Option<IdempotencySnapshot> {
        self.states.replays.get(name).map(|counts| counts.snapshot())
    }

    /// A circuit breaker by its name, or by its stage's where it has none; for its state, a reset or forcing it open.
    #[must_use]
    pub fn breaker(&self, name: &str) -> Option<Arc<CircuitBreaker>> {
        self.states.breakers.get(name)
    }

    /// The figures of every breaker, by name.
    #[must_use]
    pub fn breakers(&self) -> Vec<(String, BreakerSnapshot)> {
        self.states.breakers.all().into_iter().map(|(name, breaker)| (name, breaker.snapshot())).collect()
    }

    /// A breaker for code outside of stages, shared with the stages that name it with equal options; a `store` among them is that of a cascade
    /// and does not count.
    #[must_use]
    pub fn breaker_or_create(&self, name: &str, options: &CircuitBreakerOptions) -> Arc<CircuitBreaker> {
        match self.states.breakers.get(name) {
            Some(breaker) => breaker,
            None => {
                let mut options = options.clone();
                options.name = Some(name.to_owned());
                // No program has this hash, so no other options of a program can be in conflict.
                match self.states.breaker(name, &options, [0; 32], name) {
                    Ok(breaker) => breaker,
                    Err(_) => Arc::new(self.states.new_breaker(name, &options)),
                }
            }
        }
    }

    /// The figures of a stage's (outermost) cache; none when no loaded program has one.
    #[must_use]
    pub fn cache(&self, stage: &str) -> Option<CacheSnapshot> {
        self.states.caches.get(stage).map(|store| store.snapshot())
    }

    /// Drops the kept results of every stage.
    pub fn clear_caches(&self) {
        for (_, store) in self.states.caches.all() {
            store.clear();
        }
    }

    /// A bulkhead, fixed or adaptive, by its name, or by its stage's where it has none.
    #[must_use]
    pub fn bulkhead(&self, name: &str) -> Option<Arc<Bulkhead>> {
        self.states.bulkheads.get(name)
    }

    /// The figures of every bulkhead, by name.
    #[must_use]
    pub fn bulkheads(&self) -> Vec<(String, BulkheadSnapshot)> {
        self.states.bulkheads.all().into_iter().map(|(name, bulkhead)| (name, bulkhead.snapshot())).collect()
    }

    /// The limit of a `rate_limit` or `throttle` plugin by its name, or by its stage's where it has none.
    #[must_use]
    pub fn rate_limiter(&self, name: &str) -> Option<Arc<RateLimiter>> {
        self.states.limiters.get(name)
    }

    /// The figures of every limit, by name.
    #[must_use]
    pub fn rate_limiters(&self) -> Vec<(String, LimitSnapshot)> {
        self.states.limiters.all().into_iter().map(|(name, limiter)| (name, limiter.snapshot())).collect()
    }

    /// A bulkhead for code outside of stages, shared with the stages that name it with equal options. The first options count.
    #[must_use]
    pub fn bulkhead_or_create(&self, name: &str, options: &BulkheadOptions) -> Arc<Bulkhead> {
        self.bulkhead(name).unwrap_or_else(|| {
            let mut options = options.clone();
            options.name = Some(name.to_owned());
            // No program has this hash, so no other options of a program can be in conflict.
            let shared = self.states.bulkhead(name, &options, [0; 32], name);
            shared.unwrap_or_else(|_| Arc::new(Bulkhead::fixed(name, &options)))
        })
    }

    /// A limit for code outside of stages, shared with the stages that name it with equal options. The first options count; a `store` among
    /// them is that of a cascade and does not.
    #[must_use]
    pub fn rate_limiter_or_create(&self, name: &str, options: &RateLimitOptions) -> Arc<RateLimiter> {
        self.rate_limiter(name).unwrap_or_else(|| {
            let mut options = options.clone();
            options.name = Some(name.to_owned());
            let shared = self.states.limiter("rate_limit", name, &options, [0; 32], name);
            shared.unwrap_or_else(|_| Arc::new(RateLimiter::new(name, &options)))
        })
    }
}
