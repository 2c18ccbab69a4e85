//! What plugins are told of the stage they are put around.

use super::{PluginError, Reads};
use crate::stage::StageHandler;
use cascata_config::StoreConfig;
use cascata_vm::StageId;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// Handlers that a plugin may call in place of the stage's own: those of the other stages, and those of the host.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct Alternatives {
    /// The handlers of the program's stages, by stage.
    pub stages: BTreeMap<String, (StageId, Arc<dyn StageHandler>)>,
    /// The handlers that the host registered, by name.
    pub handlers: BTreeMap<String, Arc<dyn StageHandler>>,
}

impl fmt::Debug for Alternatives {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (stages, handlers) = (self.stages.keys(), self.handlers.keys());
        f.debug_struct("Alternatives").field("stages", &stages).field("handlers", &handlers).finish()
    }
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
    /// Whether a call may be made more than once: the stage says `idempotent: true`.
    pub idempotent: bool,
    /// What may be called in place of its handler.
    pub alternatives: Arc<Alternatives>,
    /// The stores that plugins may name.
    pub stores: Arc<BTreeMap<String, StoreConfig>>,
    /// Which of several plugins of one name in the list this is, from 1. Set by [`compose`](super::compose).
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
            idempotent: false,
            alternatives: Arc::default(),
            stores: Arc::default(),
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

    /// Says whether a call may be made more than once.
    #[must_use]
    pub fn with_idempotent(mut self, idempotent: bool) -> Self {
        self.idempotent = idempotent;
        self
    }

    /// Says what may be called in place of its handler.
    #[must_use]
    pub fn with_alternatives(mut self, alternatives: Arc<Alternatives>) -> Self {
        self.alternatives = alternatives;
        self
    }

    /// Says which stores plugins may name.
    #[must_use]
    pub fn with_stores(mut self, stores: Arc<BTreeMap<String, StoreConfig>>) -> Self {
        self.stores = stores;
        self
    }

    /// Refuses a plugin that uses results again for a stage whose results no key can hold, unless it was told that they may be.
    pub(super) fn check_cacheable(&self, cacheable: bool) -> Result<(), PluginError> {
        if cacheable || self.impure.is_empty() {
            return Ok(());
        }
        Err(PluginError::NotCacheable { stage: self.stage.to_string(), because: self.impure.clone() })
    }

    /// The error of options that the plugin cannot take.
    #[must_use]
    pub fn refused(&self, plugin: &str, message: impl Into<String>) -> PluginError {
        PluginError::Options { stage: self.stage.to_string(), name: plugin.to_owned(), message: message.into() }
    }

    /// A name for state of its own: the stage, numbered from the second plugin of that name on.
    pub(super) fn own_name(&self) -> String {
        match self.occurrence {
            0 | 1 => self.stage.to_string(),
            more => format!("{}#{more}", self.stage),
        }
    }
}
