//! The plugins by name, their shared state, and the stack of a stage.

use super::around::anew;
use super::event::{Listener, PluginEvent, SubscriptionId};
use super::states::{Builtin, States};
use super::{NamedStore, Overrides, PluginContext, PluginError};
use crate::{StageCall, StageFailure, StageOutput, StageService};
use cascata_config::{BUILTIN_PLUGINS, CacheOptions, PluginUse, StoreConfig};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use tower::Layer as _;
use tower::layer::layer_fn;

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
    factories: Arc<RwLock<BTreeMap<String, Registered>>>,
    pub(super) states: Arc<States>,
    pub(super) overrides: Arc<Overrides>,
}

/// A plugin that stages may name.
#[derive(Clone)]
struct Registered {
    factory: Arc<dyn PluginFactory>,
    /// Comes with Cascata, and so passes calls and results on at once or says that it did not.
    ours: bool,
}

impl Registry {
    /// A registry without any plugin.
    #[must_use]
    pub fn empty() -> Self {
        Self { factories: Arc::default(), states: Arc::new(States::new()), overrides: Arc::default() }
    }

    /// A registry with the plugins that come with Cascata.
    #[must_use]
    pub fn with_builtins() -> Self {
        let registry = Self::empty();
        for builtin in BUILTIN_PLUGINS {
            let factory = Arc::new(Builtin { name: builtin.name, states: Arc::clone(&registry.states) });
            registry.put(Registered { factory, ours: true });
        }
        registry
    }

    /// Lets the environment set options over those of the programs that are loaded from now on through this registry and its clones.
    #[must_use]
    pub fn with_overrides(mut self, overrides: Overrides) -> Self {
        self.overrides = Arc::new(overrides);
        self
    }

    /// Gives a store for plugins to name, in place of what cascades say of that name. For programs that are loaded from now on.
    pub fn give_store(&self, name: &str, store: Arc<dyn cascata_store::Store>) {
        self.states.stores.give(name, store, &self.states.listeners);
    }

    /// The store that a stage names, for its handler: the same that plugins of that name share.
    pub(crate) fn store(
        &self,
        name: &str,
        stage: &str,
        stores: &BTreeMap<String, StoreConfig>,
    ) -> Result<Arc<NamedStore>, PluginError> {
        self.states.stores.open(name, stage, stores, &self.states.listeners)
    }

    /// Adds a plugin. Returns the version of the one whose name and place it took, which listeners hear of too.
    ///
    /// Programs that are loaded keep the layers they were built with.
    pub fn register(&self, factory: Arc<dyn PluginFactory>) -> Option<String> {
        let name = factory.name().to_owned();
        let version = factory.version().to_owned();
        let from = self.put(Registered { factory, ours: false })?.factory.version().to_owned();
        self.states.listeners.emit(&PluginEvent::Overwritten { plugin: &name, from: &from, to: &version });
        Some(from)
    }

    /// The one whose place it took.
    fn put(&self, plugin: Registered) -> Option<Registered> {
        let mut factories = self.factories.write().unwrap_or_else(PoisonError::into_inner);
        factories.insert(plugin.factory.name().to_owned(), plugin)
    }

    /// Every registered plugin, by name.
    #[must_use]
    pub fn list(&self) -> Vec<PluginInfo> {
        let factories = self.factories.read().unwrap_or_else(PoisonError::into_inner);
        let info = |(name, plugin): (&String, &Registered)| PluginInfo {
            name: name.clone(),
            version: plugin.factory.version().to_owned(),
        };
        factories.iter().map(info).collect()
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
        let Registered { factory, ours } = {
            let factories = self.factories.read().unwrap_or_else(PoisonError::into_inner);
            factories.get(plugin.name()).cloned().ok_or_else(|| PluginError::Unknown {
                stage: cx.stage.to_string(),
                name: plugin.name().to_owned(),
                known: factories.keys().cloned().collect(),
            })?
        };
        let mut options = plugin.options();
        self.overrides.apply(plugin.name(), &cx.stage, &mut options);
        let layer = factory.build(&options, cx)?;
        Ok(if ours { layer } else { StageLayer::new(layer_fn(move |service| anew(layer.layer(anew(service))))) })
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
    if registry.overrides.disabled() {
        return Ok(service);
    }
    let mut layers = Vec::with_capacity(uses.len());
    let mut cx = cx.clone();
    for (index, plugin) in uses.iter().enumerate() {
        let earlier = uses.iter().take(index).filter(|earlier| earlier.name() == plugin.name()).count();
        cx.occurrence = u32::try_from(earlier).unwrap_or(u32::MAX).saturating_add(1);
        layers.push(registry.layer(plugin, &cx)?);
    }
    Ok(layers.iter().rev().fold(service, |service, layer| layer.layer(service)))
}
