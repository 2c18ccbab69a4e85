//! The state behind the plugins that come with Cascata, and the layers made of it.

use super::around::{Around, AroundLayer};
use super::breaker::{BreakerLayer, CircuitBreaker, Settings, Shared};
use super::bulkhead::{Bulkhead, BulkheadLayer};
use super::cache::{Cache, Store};
use super::coalesce::Coalesce;
use super::event::{Listeners, PluginEvent};
use super::fallback::Fallback;
use super::hedge::Hedge;
use super::idempotency::{self, Idempotency};
use super::limit::{LimitLayer, RateLimiter, SharedLimit};
use super::metrics::{MetricsLayer, StageMetrics};
use super::pool::Pool;
use super::predicate::Predicates;
use super::retry::{self, Budget, Policy, RetryLayer, kinds};
use super::stores::{NamedStore, StorePool};
use super::timeout::Timeout;
use super::{PluginContext, PluginError, PluginFactory, StageLayer};
use crate::FailureKind;
use cascata_config::{
    AdaptiveBulkheadOptions, BUILTIN_PLUGINS, BulkheadOptions, CacheOptions, CircuitBreakerOptions, FallbackStep,
    HedgeOptions, IdempotencyOptions, PluginUse, RateLimitOptions, RetryOptions,
};
use serde::Serialize;
use serde_json::Value;
use std::sync::Arc;
use tower::Layer as _;
use tower::layer::layer_fn;

/// What outlives one program.
#[derive(Debug)]
pub(super) struct States {
    pub(super) breakers: Pool<CircuitBreaker>,
    pub(super) bulkheads: Pool<Bulkhead>,
    pub(super) limiters: Pool<RateLimiter>,
    pub(super) budgets: Pool<Budget>,
    pub(super) retries: Pool<retry::Counts>,
    pub(super) replays: Pool<idempotency::Counts>,
    pub(super) metrics: Pool<StageMetrics>,
    pub(super) caches: Pool<Store>,
    pub(super) stores: StorePool,
    pub(super) predicates: Predicates,
    pub(super) listeners: Arc<Listeners>,
}

/// A plugin that comes with Cascata.
pub(super) struct Builtin {
    pub(super) name: &'static str,
    pub(super) states: Arc<States>,
}

impl PluginFactory for Builtin {
    fn name(&self) -> &str {
        self.name
    }

    fn build(&self, options: &Value, cx: &PluginContext) -> Result<StageLayer, PluginError> {
        match PluginUse::new(self.name, options.clone()).map_err(|error| cx.refused(self.name, error.to_string()))? {
            PluginUse::Cache(options) => self.states.cache_layer(&options, cx),
            PluginUse::Retry(options) => self.states.retry_layer(&options, cx),
            PluginUse::Metrics(_) => self.states.metrics_layer(cx),
            PluginUse::CircuitBreaker(options) => self.states.breaker_layer(&options, cx),
            PluginUse::Fallback(options) => {
                Ok(around(Fallback::new(&options, cx, Arc::clone(&self.states.listeners))?))
            }
            PluginUse::Coalesce(options) => {
                Ok(around(Coalesce::new(&options, cx, Arc::clone(&self.states.listeners))?))
            }
            PluginUse::Hedge(options) => self.states.hedge_layer(&options, cx),
            PluginUse::Idempotency(options) => self.states.idempotency_layer(&options, cx),
            PluginUse::Timeout(options) => Ok(around(Timeout::new(&cx.stage, &options))),
            PluginUse::Bulkhead(options) => self.states.bulkhead_layer(&options, cx),
            PluginUse::AdaptiveBulkhead(options) => self.states.adaptive_layer(&options, cx),
            PluginUse::RateLimit(options) => self.states.limit_layer("rate_limit", &options, cx),
            PluginUse::Throttle(options) => self.states.limit_layer("throttle", &options.into(), cx),
            other => Err(PluginError::Unknown {
                stage: cx.stage.to_string(),
                name: other.name().to_owned(),
                known: BUILTIN_PLUGINS.iter().map(|builtin| builtin.name.to_owned()).collect(),
            }),
        }
    }
}

/// The layer of a plugin that keeps no state of its own.
fn around<A: Around>(plugin: A) -> StageLayer {
    StageLayer::new(AroundLayer(Arc::new(plugin)))
}

impl States {
    pub(super) fn new() -> Self {
        Self {
            breakers: Pool::new("circuit breaker"),
            bulkheads: Pool::new("bulkhead"),
            limiters: Pool::new("rate limit"),
            budgets: Pool::new("retry budget"),
            retries: Pool::new("retry"),
            replays: Pool::new("idempotency"),
            metrics: Pool::new("metrics"),
            caches: Pool::new("cache"),
            stores: StorePool::default(),
            predicates: Predicates::default(),
            listeners: Arc::default(),
        }
    }

    pub(super) fn cache_layer(&self, options: &CacheOptions, cx: &PluginContext) -> Result<StageLayer, PluginError> {
        // Results are found by keys that hold all that matters, so they are kept whatever the options become.
        let store = self.caches.get_or_create(&cx.own_name(), "", cx.program, &cx.stage, Store::new)?;
        let shared = self.store(options.store.as_deref(), cx)?;
        Ok(around(Cache::new(options, store.state, shared, cx, Arc::clone(&self.listeners))?))
    }

    fn retry_layer(&self, options: &RetryOptions, cx: &PluginContext) -> Result<StageLayer, PluginError> {
        if options.idempotent_only && !cx.idempotent {
            return Err(PluginError::NotIdempotent { stage: cx.stage.to_string(), plugin: "retry" });
        }
        let budget = match options.budget_percent {
            Some(percent) => {
                let make = || Budget::new(percent, options.budget_burst.get());
                let paid = (percent, options.budget_burst);
                Some(self.shared(&self.budgets, "retry", &cx.own_name(), &paid, (cx.program, &cx.stage), make)?)
            }
            None => None,
        };
        let counts =
            self.retries.get_or_create(&cx.own_name(), "", cx.program, &cx.stage, retry::Counts::default)?.state;
        let (stage, listeners) = (Arc::clone(&cx.stage), Arc::clone(&self.listeners));
        let policy = Policy::new(stage, options, budget, counts, &self.predicates, listeners)
            .map_err(|message| cx.refused("retry", message))?;
        Ok(StageLayer::new(RetryLayer { policy: Arc::new(policy) }))
    }

    fn idempotency_layer(&self, options: &IdempotencyOptions, cx: &PluginContext) -> Result<StageLayer, PluginError> {
        let store = match self.store(options.store.as_deref(), cx)? {
            Some(store) => store,
            None => self.stores.memory(&self.listeners),
        };
        let name = options.name.clone().unwrap_or_else(|| cx.own_name());
        let counts = self.replays.get_or_create(&name, "", cx.program, &cx.stage, idempotency::Counts::default)?.state;
        Ok(around(Idempotency::new(options, store, cx, counts, Arc::clone(&self.listeners))?))
    }

    /// The store of this name; none where no name is given.
    fn store(&self, name: Option<&str>, cx: &PluginContext) -> Result<Option<Arc<NamedStore>>, PluginError> {
        name.map(|name| self.stores.open(name, &cx.stage, &cx.stores, &self.listeners)).transpose()
    }

    fn hedge_layer(&self, options: &HedgeOptions, cx: &PluginContext) -> Result<StageLayer, PluginError> {
        if options.idempotent_only && !cx.idempotent {
            return Err(PluginError::NotIdempotent { stage: cx.stage.to_string(), plugin: "hedge" });
        }
        Ok(around(Hedge::new(Arc::clone(&cx.stage), options, Arc::clone(&self.listeners))))
    }

    fn metrics_layer(&self, cx: &PluginContext) -> Result<StageLayer, PluginError> {
        let metrics = self.metrics.get_or_create(&cx.own_name(), "", cx.program, &cx.stage, StageMetrics::default)?;
        Ok(StageLayer::new(MetricsLayer { metrics: metrics.state }))
    }

    fn breaker_layer(&self, options: &CircuitBreakerOptions, cx: &PluginContext) -> Result<StageLayer, PluginError> {
        let ignored = kinds("ignore", &options.ignore).map_err(|message| cx.refused("circuit_breaker", message))?;
        let name = options.name.clone().unwrap_or_else(|| cx.own_name());
        let store = self.store(options.store.as_deref(), cx)?;
        // Another store under its name is another breaker.
        let identity = store.as_ref().map(|store| store.identity().to_owned());
        let make = || self.new_breaker(&name, options);
        let breaker = match &identity {
            None => self.breaker(&name, options, cx.program, &cx.stage)?,
            Some(identity) => {
                let options = (options, identity);
                self.shared(&self.breakers, "circuit_breaker", &name, &options, (cx.program, &cx.stage), make)?
            }
        };
        let shared = match store {
            Some(store) => {
                let (needed, limit) = (breaker.name().len().saturating_add(64), store.get().settings().max_key_bytes);
                if needed > limit {
                    let message = format!("its keys take up to {needed} bytes, and the store holds {limit}");
                    return Err(cx.refused("circuit_breaker", message));
                }
                Some(breaker.share(|| Shared::new(&breaker, options, store)))
            }
            None => None,
        };
        let layer = BreakerLayer { stage: Arc::clone(&cx.stage), breaker, ignored, shared };
        self.or_else(StageLayer::new(layer), &options.fallback, FailureKind::CircuitOpen, cx)
    }

    pub(super) fn breaker(
        &self,
        name: &str,
        options: &CircuitBreakerOptions,
        program: [u8; 32],
        stage: &str,
    ) -> Result<Arc<CircuitBreaker>, PluginError> {
        let make = || self.new_breaker(name, options);
        self.shared(&self.breakers, "circuit_breaker", name, options, (program, stage), make)
    }

    /// The instance of this name with these options, which other stages may have as well.
    fn shared<T>(
        &self,
        pool: &Pool<T>,
        plugin: &'static str,
        name: &str,
        options: &impl Serialize,
        (program, stage): ([u8; 32], &str),
        make: impl FnOnce() -> T,
    ) -> Result<Arc<T>, PluginError> {
        let text = serde_json::to_string(options).map_err(|error| PluginError::Build {
            stage: stage.to_owned(),
            name: plugin.to_owned(),
            message: error.to_string(),
        })?;
        let shared = pool.get_or_create(name, &text, program, stage, make)?;
        if shared.reset {
            self.listeners.emit(&PluginEvent::StateReset { plugin, name });
        }
        Ok(shared.state)
    }

    /// A plugin with what is to stand in for the calls that it rejects.
    fn or_else(
        &self,
        layer: StageLayer,
        steps: &[FallbackStep],
        kind: FailureKind,
        cx: &PluginContext,
    ) -> Result<StageLayer, PluginError> {
        if steps.is_empty() {
            return Ok(layer);
        }
        let fallback = around(Fallback::for_rejected(steps, kind, cx, Arc::clone(&self.listeners))?);
        Ok(StageLayer::new(layer_fn(move |service| fallback.layer(layer.layer(service)))))
    }

    pub(super) fn bulkhead(
        &self,
        name: &str,
        options: &BulkheadOptions,
        program: [u8; 32],
        stage: &str,
    ) -> Result<Arc<Bulkhead>, PluginError> {
        let make = || Bulkhead::fixed(name, options);
        self.shared(&self.bulkheads, "bulkhead", name, options, (program, stage), make)
    }

    pub(super) fn limiter(
        &self,
        plugin: &'static str,
        name: &str,
        options: &RateLimitOptions,
        program: [u8; 32],
        stage: &str,
    ) -> Result<Arc<RateLimiter>, PluginError> {
        let make = || RateLimiter::new(name, options);
        self.shared(&self.limiters, plugin, name, options, (program, stage), make)
    }

    fn bulkhead_layer(&self, options: &BulkheadOptions, cx: &PluginContext) -> Result<StageLayer, PluginError> {
        let name = options.name.clone().unwrap_or_else(|| cx.own_name());
        let bulkhead = self.bulkhead(&name, options, cx.program, &cx.stage)?;
        Ok(self.around_bulkhead(bulkhead, false, cx))
    }

    fn adaptive_layer(&self, options: &AdaptiveBulkheadOptions, cx: &PluginContext) -> Result<StageLayer, PluginError> {
        let name = options.name.clone().unwrap_or_else(|| cx.own_name());
        let make = || Bulkhead::adaptive(name.as_str(), options);
        let bulkhead =
            self.shared(&self.bulkheads, "adaptive_bulkhead", &name, options, (cx.program, &cx.stage), make)?;
        Ok(self.around_bulkhead(bulkhead, true, cx))
    }

    fn around_bulkhead(&self, bulkhead: Arc<Bulkhead>, adaptive: bool, cx: &PluginContext) -> StageLayer {
        let (stage, listeners) = (Arc::clone(&cx.stage), Arc::clone(&self.listeners));
        around(BulkheadLayer { stage, bulkhead, listeners, adaptive })
    }

    fn limit_layer(
        &self,
        plugin: &'static str,
        options: &RateLimitOptions,
        cx: &PluginContext,
    ) -> Result<StageLayer, PluginError> {
        let name = options.name.clone().unwrap_or_else(|| cx.own_name());
        let limiter = match self.store(options.store.as_deref(), cx)? {
            None => self.limiter(plugin, &name, options, cx.program, &cx.stage)?,
            Some(store) => {
                let identity = store.identity().to_owned();
                let state = SharedLimit::new(&name, options, store).map_err(|message| cx.refused(plugin, message))?;
                let make = || RateLimiter::with_state(name.as_str(), options, Box::new(state));
                self.shared(&self.limiters, plugin, &name, &(options, identity), (cx.program, &cx.stage), make)?
            }
        };
        let (stage, listeners) = (Arc::clone(&cx.stage), Arc::clone(&self.listeners));
        let layer = around(LimitLayer { plugin, stage, limiter, listeners });
        self.or_else(layer, &options.fallback, FailureKind::RateLimited, cx)
    }

    pub(super) fn new_breaker(&self, name: &str, options: &CircuitBreakerOptions) -> CircuitBreaker {
        CircuitBreaker::new(name, Settings::from(options), Arc::clone(&self.listeners))
    }
}
