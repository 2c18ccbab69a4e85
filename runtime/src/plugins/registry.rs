//! The plugins by name, their shared state, and the stack of a stage.

use super::PluginError;
use super::breaker::{BreakerLayer, BreakerSnapshot, CircuitBreaker, Settings};
use super::cache::{CacheLayer, CacheSnapshot, Reads, Store};
use super::event::{Listener, Listeners, PluginEvent, SubscriptionId};
use super::metrics::{MetricsLayer, MetricsSnapshot, StageMetrics};
use super::pool::Pool;
use super::retry::{Policy, RetryLayer, kinds};
use crate::{StageCall, StageFailure, StageOutput, StageService};
use cascata_config::{BUILTIN_PLUGINS, CacheOptions, CircuitBreakerOptions, PluginUse, RetryOptions};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use tower::Layer as _;

/// A plugin with its options, ready to be put around the services of a stage.
pub type StageLayer = tower::util::BoxCloneSyncServiceLayer<StageService, StageCall, StageOutput, StageFailure>;

/// Makes the layers of one kind of plugin.
pub trait PluginFactory: Send + Sync + 'static {
    /// The name in a `plugins:` list.
    fn name(&self) -> &str;

    /// The version that [`Registry::list`] shows.
    fn version(&self) -> &str {
        "1.0.0"
    }

    /// Makes the layer of one stage. Called while a program is loaded, before any event.
    ///
    /// # Errors
    /// When the options are wrong or the plugin cannot be made; the program is then not loaded.
    fn build(&self, options: &Value, cx: &PluginContext) -> Result<StageLayer, PluginError>;
}

/// What a plugin may know of the stage it is put around.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PluginContext {
    /// Name of the stage.
    pub stage: Arc<str>,
    /// Hash of the program, which tells stages of one program from those of the next.
    pub program: [u8; 32],
    /// What identifies the handler's code: hash of a module, name of a native handler. Part of cache keys.
    pub module: String,
    /// The configuration that the handler sees, as JSON text. Part of cache keys.
    pub configuration: String,
    /// What the handler reads. Part of cache keys.
    pub reads: Reads,
    /// Capabilities whose answers no cache key holds: `http`, `kv`, `clock`. A stage with any is cached only if told so.
    pub impure: Vec<String>,
    /// Which of several plugins of one name in the list this is, from 1. Set by [`compose`].
    pub occurrence: u32,
}

impl PluginContext {
    /// The context of a stage that reads everything and has no capabilities.
    #[must_use]
    pub fn new(stage: impl Into<Arc<str>>, program: [u8; 32]) -> Self {
        Self {
            stage: stage.into(),
            program,
            module: String::new(),
            configuration: String::new(),
            reads: Reads::Everything,
            impure: Vec::new(),
            occurrence: 1,
        }
    }

    /// Names the handler's code and its configuration.
    #[must_use]
    pub fn with_module(mut self, module: impl Into<String>, configuration: impl Into<String>) -> Self {
        self.module = module.into();
        self.configuration = configuration.into();
        self
    }

    /// Says what the handler reads.
    #[must_use]
    pub fn with_reads(mut self, reads: Reads) -> Self {
        self.reads = reads;
        self
    }

    /// Says which capabilities make its results depend on more than it reads.
    #[must_use]
    pub fn with_impure(mut self, capabilities: Vec<String>) -> Self {
        self.impure = capabilities;
        self
    }

    /// A name for state of its own: the stage, numbered from the second plugin of that name on.
    fn own_name(&self) -> String {
        match self.occurrence {
            0 | 1 => self.stage.to_string(),
            more => format!("{}#{more}", self.stage),
        }
    }
}

/// Name and version of a registered plugin.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
#[non_exhaustive]
pub struct PluginInfo {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// The plugins that stages may name, and the state behind them. Cloning shares both.
///
/// One registry serves an engine over all its programs: a named state whose options are equal goes on in the next
/// program, one whose options changed starts afresh and says so in [`PluginEvent::StateReset`]; running cascades finish
/// on theirs. Engines that share a registry share states by the names of stages and breakers.
#[derive(Clone)]
pub struct Registry {
    factories: Arc<RwLock<BTreeMap<String, Arc<dyn PluginFactory>>>>,
    states: Arc<States>,
}

/// What outlives one program.
#[derive(Debug)]
struct States {
    breakers: Pool<CircuitBreaker>,
    metrics: Pool<StageMetrics>,
    caches: Pool<Store>,
    listeners: Arc<Listeners>,
}

impl Registry {
    /// A registry without any plugin.
    #[must_use]
    pub fn empty() -> Self {
        let states = States {
            breakers: Pool::new("circuit breaker"),
            metrics: Pool::new("metrics"),
            caches: Pool::new("cache"),
            listeners: Arc::default(),
        };
        Self { factories: Arc::default(), states: Arc::new(states) }
    }

    /// A registry with the plugins that come with Cascata.
    #[must_use]
    pub fn with_builtins() -> Self {
        let registry = Self::empty();
        for builtin in BUILTIN_PLUGINS {
            registry.register(Arc::new(Builtin { name: builtin.name, states: Arc::clone(&registry.states) }));
        }
        registry
    }

    /// Adds a plugin. Returns the version of the one whose name and place it took, which listeners hear of too.
    ///
    /// Programs that are loaded keep the layers they were built with.
    pub fn register(&self, factory: Arc<dyn PluginFactory>) -> Option<String> {
        let name = factory.name().to_owned();
        let version = factory.version().to_owned();
        let old = {
            let mut factories = self.factories.write().unwrap_or_else(PoisonError::into_inner);
            factories.insert(name.clone(), factory)
        };
        let from = old?.version().to_owned();
        self.states.listeners.emit(&PluginEvent::Overwritten { plugin: &name, from: &from, to: &version });
        Some(from)
    }

    /// Every registered plugin, by name.
    #[must_use]
    pub fn list(&self) -> Vec<PluginInfo> {
        let factories = self.factories.read().unwrap_or_else(PoisonError::into_inner);
        let info = |(name, factory): (&String, &Arc<dyn PluginFactory>)| PluginInfo {
            name: name.clone(),
            version: factory.version().to_owned(),
        };
        factories.iter().map(info).collect()
    }

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

    /// A breaker for code outside of stages, shared with the stages that name it with equal options.
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

    /// Calls `listener` at every event of a plugin.
    pub fn subscribe(&self, listener: impl Fn(&PluginEvent<'_>) + Send + Sync + 'static) -> SubscriptionId {
        let listener: Listener = Arc::new(listener);
        self.states.listeners.subscribe(listener)
    }

    /// Ends a subscription; true when there was one.
    pub fn unsubscribe(&self, id: SubscriptionId) -> bool {
        self.states.listeners.unsubscribe(id)
    }

    /// The layer of one entry of a stage's list.
    ///
    /// # Errors
    /// When no such plugin is registered, or it refuses its options.
    pub fn layer(&self, plugin: &PluginUse, cx: &PluginContext) -> Result<StageLayer, PluginError> {
        let factory = {
            let factories = self.factories.read().unwrap_or_else(PoisonError::into_inner);
            factories.get(plugin.name()).cloned().ok_or_else(|| PluginError::Unknown {
                stage: cx.stage.to_string(),
                name: plugin.name().to_owned(),
                known: factories.keys().cloned().collect(),
            })?
        };
        factory.build(&plugin.options(), cx)
    }

    /// The layer of the `cache` plugin, also for stages that set `cache_enabled` instead of listing it.
    pub(super) fn cache_layer(&self, options: &CacheOptions, cx: &PluginContext) -> Result<StageLayer, PluginError> {
        self.states.cache_layer(options, cx)
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry").field("plugins", &self.list()).field("states", &self.states).finish()
    }
}

/// Puts the plugins of a stage around its service, the first of the list outermost.
///
/// # Errors
/// The first entry, in list order, that cannot be built. Nothing is changed then.
pub fn compose(
    registry: &Registry,
    uses: &[PluginUse],
    service: StageService,
    cx: &PluginContext,
) -> Result<StageService, PluginError> {
    let mut layers = Vec::with_capacity(uses.len());
    let mut cx = cx.clone();
    for (index, plugin) in uses.iter().enumerate() {
        let earlier = uses.iter().take(index).filter(|earlier| earlier.name() == plugin.name()).count();
        cx.occurrence = u32::try_from(earlier).unwrap_or(u32::MAX).saturating_add(1);
        layers.push(registry.layer(plugin, &cx)?);
    }
    Ok(layers.iter().rev().fold(service, |service, layer| layer.layer(service)))
}

/// A plugin that comes with Cascata.
struct Builtin {
    name: &'static str,
    states: Arc<States>,
}

impl PluginFactory for Builtin {
    fn name(&self) -> &str {
        self.name
    }

    fn build(&self, options: &Value, cx: &PluginContext) -> Result<StageLayer, PluginError> {
        match PluginUse::new(self.name, options.clone()).map_err(|error| refused(cx, self.name, error.to_string()))? {
            PluginUse::Cache(options) => self.states.cache_layer(&options, cx),
            PluginUse::Retry(options) => self.states.retry_layer(&options, cx),
            PluginUse::Metrics(_) => self.states.metrics_layer(cx),
            PluginUse::CircuitBreaker(options) => self.states.breaker_layer(&options, cx),
            other => Err(PluginError::Unknown {
                stage: cx.stage.to_string(),
                name: other.name().to_owned(),
                known: BUILTIN_PLUGINS.iter().map(|builtin| builtin.name.to_owned()).collect(),
            }),
        }
    }
}

fn refused(cx: &PluginContext, name: &str, message: String) -> PluginError {
    PluginError::Options { stage: cx.stage.to_string(), name: name.to_owned(), message }
}

impl States {
    fn cache_layer(&self, options: &CacheOptions, cx: &PluginContext) -> Result<StageLayer, PluginError> {
        // Results are found by keys that hold all that matters, so they are kept whatever the options become.
        let store = self.caches.get_or_create(&cx.own_name(), "", cx.program, &cx.stage, Store::new)?;
        Ok(StageLayer::new(CacheLayer::new(options, store.state, cx)?))
    }

    fn retry_layer(&self, options: &RetryOptions, cx: &PluginContext) -> Result<StageLayer, PluginError> {
        let policy = Policy::new(Arc::clone(&cx.stage), options, Arc::clone(&self.listeners))
            .map_err(|message| refused(cx, "retry", message))?;
        Ok(StageLayer::new(RetryLayer { policy: Arc::new(policy) }))
    }

    fn metrics_layer(&self, cx: &PluginContext) -> Result<StageLayer, PluginError> {
        let metrics = self.metrics.get_or_create(&cx.own_name(), "", cx.program, &cx.stage, StageMetrics::default)?;
        Ok(StageLayer::new(MetricsLayer { metrics: metrics.state }))
    }

    fn breaker_layer(&self, options: &CircuitBreakerOptions, cx: &PluginContext) -> Result<StageLayer, PluginError> {
        let ignored = kinds("ignore", &options.ignore).map_err(|message| refused(cx, "circuit_breaker", message))?;
        let name = options.name.clone().unwrap_or_else(|| cx.own_name());
        let breaker = self.breaker(&name, options, cx.program, &cx.stage)?;
        Ok(StageLayer::new(BreakerLayer { breaker, ignored: ignored.into() }))
    }

    fn breaker(
        &self,
        name: &str,
        options: &CircuitBreakerOptions,
        program: [u8; 32],
        stage: &str,
    ) -> Result<Arc<CircuitBreaker>, PluginError> {
        let text = serde_json::to_string(options).map_err(|error| PluginError::Build {
            stage: stage.to_owned(),
            name: "circuit_breaker".to_owned(),
            message: error.to_string(),
        })?;
        let make = || self.new_breaker(name, options);
        let shared = self.breakers.get_or_create(name, &text, program, stage, make)?;
        if shared.reset {
            self.listeners.emit(&PluginEvent::StateReset { plugin: "circuit_breaker", name });
        }
        Ok(shared.state)
    }

    fn new_breaker(&self, name: &str, options: &CircuitBreakerOptions) -> CircuitBreaker {
        CircuitBreaker::new(name, Settings::from(options), Arc::clone(&self.listeners))
    }
}
