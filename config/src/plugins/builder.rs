//! Plugin lists made in Rust.

use super::PluginUse;
use super::options::{
    AdaptiveBulkheadOptions, BulkheadOptions, CacheOptions, CircuitBreakerOptions, CoalesceOptions, FallbackOptions,
    HedgeOptions, IdempotencyOptions, MetricsOptions, RateLimitOptions, RetryOptions, ThrottleOptions, TimeoutOptions,
};

/// A list of plugins, the outermost first, with the options of each set over its defaults.
///
/// ```
/// use cascata_config::PluginList;
///
/// let list = PluginList::new()
///     .metrics(|_| {})
///     .circuit_breaker(|breaker| breaker.reset_timeout_ms = 30_000)
///     .retry(|retry| {
///         retry.max_retries = 2;
///         retry.jitter = cascata_config::Jitter::Full;
///     })
///     .timeout(|_| {});
/// let names: Vec<_> = list.as_slice().iter().map(|plugin| plugin.name()).collect();
/// assert_eq!(names, ["metrics", "circuit_breaker", "retry", "timeout"]);
/// ```
#[derive(Clone, PartialEq, Debug, Default)]
#[must_use]
pub struct PluginList(Vec<PluginUse>);

macro_rules! add {
    ($( $(#[doc = $about:literal])+ $method:ident: $variant:ident($options:ty); )+) => {
        impl PluginList {
            $(
                $(#[doc = $about])+
                pub fn $method(self, set: impl FnOnce(&mut $options)) -> Self {
                    let mut options = <$options>::default();
                    set(&mut options);
                    self.plugin(PluginUse::$variant(options))
                }
            )+
        }
    };
}

impl PluginList {
    /// An empty list.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a plugin that was made otherwise: of the host, with a preset, of the recommended order.
    pub fn plugin(mut self, plugin: PluginUse) -> Self {
        self.0.push(plugin);
        self
    }

    /// The plugins.
    #[must_use]
    pub fn as_slice(&self) -> &[PluginUse] {
        &self.0
    }
}

impl From<PluginList> for Vec<PluginUse> {
    fn from(list: PluginList) -> Self {
        list.0
    }
}

impl Extend<PluginUse> for PluginList {
    fn extend<I: IntoIterator<Item = PluginUse>>(&mut self, plugins: I) {
        self.0.extend(plugins);
    }
}

add! {
    /// Adds a result cache.
    cache: Cache(CacheOptions);
    /// Adds retries.
    retry: Retry(RetryOptions);
    /// Adds counters.
    metrics: Metrics(MetricsOptions);
    /// Adds a circuit breaker.
    circuit_breaker: CircuitBreaker(CircuitBreakerOptions);
    /// Adds a limit of time for each call.
    timeout: Timeout(TimeoutOptions);
    /// Adds a bound of calls at a time.
    bulkhead: Bulkhead(BulkheadOptions);
    /// Adds a bound of calls at a time that follows how fast they are.
    adaptive_bulkhead: AdaptiveBulkhead(AdaptiveBulkheadOptions);
    /// Adds a bound of calls in a time.
    rate_limit: RateLimit(RateLimitOptions);
    /// Adds turns for calls over a rate.
    throttle: Throttle(ThrottleOptions);
    /// Adds what stands in for a failure.
    fallback: Fallback(FallbackOptions);
    /// Makes equal calls at the same time one.
    coalesce: Coalesce(CoalesceOptions);
    /// Adds further calls beside slow ones.
    hedge: Hedge(HedgeOptions);
    /// Runs calls once for each key.
    idempotency: Idempotency(IdempotencyOptions);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::BUILTIN_PLUGINS;
    use serde_json::{Value, json};

    #[test]
    fn every_plugin_of_the_table_can_be_added_with_its_defaults() {
        let list = PluginList::new()
            .cache(|_| {})
            .retry(|_| {})
            .metrics(|_| {})
            .circuit_breaker(|_| {})
            .timeout(|_| {})
            .bulkhead(|_| {})
            .adaptive_bulkhead(|_| {})
            .rate_limit(|_| {})
            .throttle(|_| {})
            .fallback(|_| {})
            .coalesce(|_| {})
            .hedge(|_| {})
            .idempotency(|_| {});
        let of_table: Vec<_> =
            BUILTIN_PLUGINS.iter().map(|plugin| PluginUse::new(plugin.name, Value::Null).unwrap()).collect();
        assert_eq!(Vec::from(list), of_table);
    }

    #[test]
    fn options_and_plugins_made_otherwise_stand_where_they_were_added() {
        let preset = PluginUse::new("circuit_breaker", json!({"preset": "tolerant"})).unwrap();
        let list = PluginList::new().plugin(preset.clone()).retry(|retry| retry.max_retries = 7);
        assert_eq!(list.as_slice()[0], preset);
        assert_eq!(list.as_slice()[1], PluginUse::new("retry", json!({"max_retries": 7})).unwrap());
    }
}
