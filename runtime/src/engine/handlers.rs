//! Where handlers come from: registered by the host under a name, or made by a source from a stage's settings.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;

use cascata_config::{HandlerConfig, StageHost, StoreConfig};
use cascata_vm::image::Stage;

use super::EngineError;
use crate::plugins::{NamedStore, PluginError, Reads, Registry};
use crate::stage::StageHandler;
use crate::state::FactsPlan;

/// Makes handlers from what stages say under `handler:`, modules for example. Asked when a program is loaded, never at an event.
pub trait HandlerSource: Send + Sync {
    /// The handler of a stage; `None` if this source has none for it.
    ///
    /// # Errors
    /// This source is the one, but the handler cannot be made.
    fn handler(
        &self,
        request: &HandlerRequest<'_>,
    ) -> Result<Option<Resolved>, Box<dyn std::error::Error + Send + Sync>>;
}

/// The stage that needs a handler.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct HandlerRequest<'a> {
    /// The stage, with its limits.
    pub stage: Stage<'a>,
    /// Its settings.
    pub host: &'a StageHost,
    /// The paths of its program, for sources that resolve fields ahead of time.
    pub plan: &'a Arc<FactsPlan>,
    /// The name of its cascade.
    pub cascade: &'a str,
    /// The cascade's stores.
    pub stores: Stores<'a>,
}

/// The stores of a cascade, for handlers that keep something in one.
#[derive(Clone, Copy)]
pub struct Stores<'a> {
    pub(super) plugins: &'a Registry,
    pub(super) named: &'a BTreeMap<String, StoreConfig>,
}

impl Stores<'_> {
    /// The store of a name, opened if nobody has it open. `stage` is for messages.
    ///
    /// # Errors
    /// If the cascade names no such store and the host gave none, or it cannot be opened.
    pub fn open(&self, name: &str, stage: &str) -> Result<Arc<NamedStore>, PluginError> {
        self.plugins.store(name, stage, self.named)
    }
}

impl fmt::Debug for Stores<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.named.keys()).finish()
    }
}

/// A handler and what is known about it.
#[derive(Clone)]
#[non_exhaustive]
pub struct Resolved {
    /// The handler.
    pub handler: Arc<dyn StageHandler>,
    /// What the record calls it, a module's path and hash for example.
    pub module: Option<String>,
    /// Tells this handler's code from others in cache keys: a module's hash.
    pub identity: String,
    /// The configuration it sees, as JSON text; part of cache keys.
    pub configuration: String,
    /// What it reads, for cache keys.
    pub reads: Reads,
    /// What else its results depend on, which no cache key can hold: `http`, `kv`, `clock`.
    pub impure: Vec<String>,
    /// The stage's plugins are left out.
    pub bare: bool,
}

impl Resolved {
    /// A handler of which nothing else is known: it may read the whole event and all results.
    #[must_use]
    pub fn new(handler: Arc<dyn StageHandler>) -> Self {
        Self {
            handler,
            module: None,
            identity: String::new(),
            configuration: String::new(),
            reads: Reads::Everything,
            impure: Vec::new(),
            bare: false,
        }
    }

    /// Leaves out the plugins that the stage lists: its answers are those of a whole pass already, as in a replay.
    #[must_use]
    pub const fn without_plugins(mut self) -> Self {
        self.bare = true;
        self
    }

    /// Says what the record calls it and what tells its code from others.
    #[must_use]
    pub fn with_module(mut self, module: impl Into<String>, identity: impl Into<String>) -> Self {
        self.module = Some(module.into());
        self.identity = identity.into();
        self
    }

    /// Says which configuration it sees, as JSON text.
    #[must_use]
    pub fn with_configuration(mut self, configuration: impl Into<String>) -> Self {
        self.configuration = configuration.into();
        self
    }

    /// Says what it reads.
    #[must_use]
    pub fn with_reads(mut self, reads: Reads) -> Self {
        self.reads = reads;
        self
    }

    /// Says what else its results depend on.
    #[must_use]
    pub fn with_impure(mut self, impure: Vec<String>) -> Self {
        self.impure = impure;
        self
    }
}

impl fmt::Debug for Resolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resolved").field("module", &self.module).finish_non_exhaustive()
    }
}

/// All that the host offers.
#[derive(Clone, Default)]
pub(super) struct Handlers {
    by_name: HashMap<String, Native>,
    registrations: u64,
    pub sources: Vec<Arc<dyn HandlerSource>>,
}

/// A handler of the host, and the how many-th registration it was.
#[derive(Clone)]
struct Native {
    handler: Arc<dyn StageHandler>,
    registration: u64,
}

/// What a stage runs.
pub(super) enum Choice {
    Handler(Resolved),
    RulesOnly,
    Nothing,
}

impl Handlers {
    /// Registers a handler, or replaces the one of that name.
    pub(super) fn register(&mut self, name: String, handler: Arc<dyn StageHandler>) {
        self.registrations = self.registrations.saturating_add(1);
        self.by_name.insert(name, Native { handler, registration: self.registrations });
    }

    /// The names that handlers are registered under.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(String::as_str)
    }

    /// Every registered handler, by name.
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, &Arc<dyn StageHandler>)> {
        self.by_name.iter().map(|(name, native)| (name.as_str(), &native.handler))
    }

    pub(super) fn choose(&self, request: &HandlerRequest<'_>) -> Result<Choice, EngineError> {
        let stage = request.stage.name();
        let registered = |name: &str| {
            let native = self.by_name.get(name)?;
            let mut resolved = Resolved::new(Arc::clone(&native.handler));
            // Nothing tells one closure's code from another's, so results are kept for one registration only.
            resolved.identity = format!("native {}", native.registration);
            Some(resolved)
        };
        let needs = match &request.host.handler {
            Some(HandlerConfig::None) => return Ok(Choice::RulesOnly),
            Some(HandlerConfig::Native(native)) => {
                let name = native.name.as_deref().unwrap_or(stage);
                if let Some(found) = registered(name) {
                    return Ok(Choice::Handler(found));
                }
                Some(format!("it asks for the native handler `{name}`, and none is registered under that name"))
            }
            Some(other) => {
                // What the host registers under the stage's name stands in for a module: tests do that.
                if let Some(found) = registered(stage) {
                    return Ok(Choice::Handler(found));
                }
                Some(format!("it asks for a handler that nothing here can make: {}", kind_of(other)))
            }
            None => {
                if let Some(found) = registered(stage) {
                    return Ok(Choice::Handler(found));
                }
                None
            }
        };
        for source in &self.sources {
            let made = source.handler(request);
            let made = made.map_err(|source| EngineError::Handler { stage: stage.to_owned(), source })?;
            if let Some(found) = made {
                return Ok(Choice::Handler(found));
            }
        }
        match needs {
            Some(needs) => Err(EngineError::MissingHandler { stage: stage.to_owned(), needs }),
            None => Ok(Choice::Nothing),
        }
    }
}

fn kind_of(config: &HandlerConfig) -> String {
    if matches!(config, HandlerConfig::Http(_)) {
        return "http (the command line is built with it by `--features http`, a host adds an `HttpHost` as a source)"
            .to_owned();
    }
    let value = serde_json::to_value(config).unwrap_or_default();
    value.get("kind").and_then(serde_json::Value::as_str).unwrap_or("unknown").to_owned()
}
