//! The stores that plugins and stages share between processes: opened once by those who name them, and told of when they are out
//! of order.

use super::PluginError;
use super::event::{Listeners, PluginEvent};
use cascata_config::StoreConfig;
use cascata_store::{Settings, Store, StoreError};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

/// A store by the name that a cascade gives it.
pub struct NamedStore {
    name: String,
    /// What it was opened by; another store under the same name has another.
    identity: String,
    store: Arc<dyn Store>,
    /// It was out of order when it was last asked.
    down: AtomicBool,
    listeners: Arc<Listeners>,
}

impl NamedStore {
    /// A store of the host, for stages that are loaded without an engine.
    #[must_use]
    pub fn new(name: &str, store: Arc<dyn Store>) -> Arc<Self> {
        named(name, "given", store, &Arc::default())
    }

    /// The store itself.
    pub(crate) fn get(&self) -> &dyn Store {
        &*self.store
    }

    /// Tells it from other stores that have its name at other times.
    pub(super) fn identity(&self) -> &str {
        &self.identity
    }

    /// Its name.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Whether it was out of order when it was last asked.
    pub(super) fn is_down(&self) -> bool {
        self.down.load(Ordering::Relaxed)
    }

    /// Takes note of how an operation went; a change between working and out of order is one event.
    pub(crate) fn noted<T>(&self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        match &result {
            Err(error) if error.is_outage() => {
                if !self.down.swap(true, Ordering::Relaxed) {
                    self.tell(Some(error));
                }
            }
            // It answered, whatever it said.
            _ => {
                if self.is_down() && self.down.swap(false, Ordering::Relaxed) {
                    self.tell(None);
                }
            }
        }
        result
    }

    fn tell(&self, error: Option<&StoreError>) {
        let message = error.map(ToString::to_string);
        self.listeners.emit(&PluginEvent::Store { name: &self.name, error: message.as_deref() });
    }
}

impl fmt::Debug for NamedStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NamedStore").field("name", &self.name).field("store", &self.store).finish_non_exhaustive()
    }
}

/// The stores in use, for all programs of a registry: one for each name and configuration.
#[derive(Debug, Default)]
pub(super) struct StorePool {
    /// By name and the text of the configuration.
    open: Mutex<BTreeMap<(String, String), Weak<NamedStore>>>,
    /// Those that the host gave, in place of what cascades say of the name.
    given: Mutex<BTreeMap<String, Arc<NamedStore>>>,
    /// That of plugins that name none.
    memory: Mutex<Weak<NamedStore>>,
}

impl StorePool {
    /// Puts a store of the host in the place of what cascades say of this name.
    pub(super) fn give(&self, name: &str, store: Arc<dyn Store>, listeners: &Arc<Listeners>) {
        lock(&self.given).insert(name.to_owned(), named(name, "given", store, listeners));
    }

    /// The memory that plugins use that name no store.
    pub(super) fn memory(&self, listeners: &Arc<Listeners>) -> Arc<NamedStore> {
        let mut memory = lock(&self.memory);
        memory.upgrade().unwrap_or_else(|| {
            let made = named("memory", "memory:", Arc::new(cascata_store::MemoryStore::default()), listeners);
            *memory = Arc::downgrade(&made);
            made
        })
    }

    /// The store of this name, opened if nobody has it open.
    pub(super) fn open(
        &self,
        name: &str,
        stage: &str,
        stores: &BTreeMap<String, StoreConfig>,
        listeners: &Arc<Listeners>,
    ) -> Result<Arc<NamedStore>, PluginError> {
        if let Some(given) = lock(&self.given).get(name) {
            return Ok(Arc::clone(given));
        }
        let failed = |message: String| PluginError::Store { stage: stage.to_owned(), store: name.to_owned(), message };
        let Some(config) = stores.get(name) else {
            return Err(failed("the cascade names no such store, and the host gave none".to_owned()));
        };
        let key = (name.to_owned(), serde_json::to_string(config).unwrap_or_default());
        let mut open = lock(&self.open);
        open.retain(|_, store| store.strong_count() > 0);
        if let Some(store) = open.get(&key).and_then(Weak::upgrade) {
            return Ok(store);
        }
        let store = cascata_store::open(&config.url, settings(config))
            .map_err(|error| failed(format!("{}: {error}", error.code())))?;
        let store = named(name, &key.1, store, listeners);
        open.insert(key, Arc::downgrade(&store));
        Ok(store)
    }
}

fn named(name: &str, identity: &str, store: Arc<dyn Store>, listeners: &Arc<Listeners>) -> Arc<NamedStore> {
    let (listeners, identity) = (Arc::clone(listeners), identity.to_owned());
    Arc::new(NamedStore { name: name.to_owned(), identity, store, down: AtomicBool::new(false), listeners })
}

/// The limits of a configuration; what its URL says counts over them.
fn settings(config: &StoreConfig) -> Settings {
    let size = |number: std::num::NonZeroU32| usize::try_from(number.get()).unwrap_or(usize::MAX);
    let mut settings = Settings::default();
    if let Some(deadline) = config.deadline_ms {
        settings.deadline = Duration::from_millis(deadline.get());
    }
    settings.max_key_bytes = config.max_key_bytes.map_or(settings.max_key_bytes, size);
    settings.max_value_bytes = config.max_value_bytes.map_or(settings.max_value_bytes, size);
    settings.max_entries = config.max_entries.map_or(settings.max_entries, size);
    settings
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugins::tests::{Do, PROGRAM, Script, call, run, uses};
    use crate::plugins::{PluginContext, Registry, compose};
    use serde_json::{Value, json};

    /// The plugins of a stage in a cascade with these stores.
    fn load(registry: &Registry, stores: &Value, list: Value) -> Result<crate::StageService, PluginError> {
        let stores = stores.as_object().unwrap().iter();
        let stores = stores.map(|(name, config)| (name.clone(), StoreConfig::from_value(config.clone()).unwrap()));
        let cx = PluginContext::new("s", PROGRAM).with_stores(Arc::new(stores.collect()));
        compose(registry, &uses(list), Script::new([Do::Return("ok")]).service(), &cx)
    }

    fn refused(stores: &Value, list: Value) -> String {
        let error = load(&Registry::with_builtins(), stores, list).unwrap_err();
        assert_eq!(error.code(), "R2008", "{error}");
        error.to_string()
    }

    #[tokio::test(start_paused = true)]
    async fn plugins_that_name_one_store_share_it_and_it_ends_with_them() {
        let registry = Registry::with_builtins();
        let stores = json!({"local": {"url": "memory:", "max_entries": 7, "deadline_ms": 5, "max_value_bytes": 99}});
        let list = json!([{"idempotency": {"store": "local"}}, {"cache": {"store": "local", "cacheable": true}}]);
        let service = load(&registry, &stores, list).unwrap();
        run(&service, call()).await.unwrap();
        assert!(run(&service, call()).await.unwrap().marks.replayed);
        let open = || lock(&registry.states.stores.open).values().filter_map(Weak::upgrade).collect::<Vec<_>>();
        assert_eq!(open().len(), 1);
        let settings = open()[0].get().settings().clone();
        assert_eq!((settings.max_entries, settings.max_value_bytes), (7, 99));
        assert_eq!(settings.deadline, Duration::from_millis(5));
        drop(service);
        assert_eq!(open().len(), 0);
    }

    #[test]
    fn a_store_that_cannot_be_had_is_an_error_when_the_program_is_loaded() {
        let list = json!([{"idempotency": {"store": "shared"}}]);
        assert!(refused(&json!({}), list.clone()).contains("the cascade names no such store"));
        assert!(refused(&json!({"shared": "memory:?colour=red"}), list).contains("R0403"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_store_of_the_host_counts_over_that_of_the_cascade() {
        let registry = Registry::with_builtins();
        let given: Arc<dyn Store> = Arc::new(cascata_store::MemoryStore::default());
        registry.give_store("shared", Arc::clone(&given));
        let list = json!([{"idempotency": {"store": "shared", "name": "n"}}]);
        let service = load(&registry, &json!({"shared": "redis://nowhere.invalid"}), list).unwrap();
        run(&service, call()).await.unwrap();
        assert!(run(&service, call()).await.unwrap().marks.replayed);
    }
}
