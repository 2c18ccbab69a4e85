//! Where a stage stands: its cascade, and the store that it names.

use std::sync::Arc;

use cascata_config::HandlerConfig;

use crate::engine::HandlerRequest;
use crate::plugins::{NamedStore, PluginError};

/// Where a stage stands, for what it shares with others. Default: in no cascade, with no store.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Place {
    cascade: String,
    store: Option<Arc<NamedStore>>,
}

impl Place {
    /// In a cascade of this name.
    #[must_use]
    pub fn new(cascade: impl Into<String>) -> Self {
        Self { cascade: cascade.into(), store: None }
    }

    /// Gives the store that the stage names under `kv.store`.
    #[must_use]
    pub fn with_store(mut self, store: Arc<NamedStore>) -> Self {
        self.store = Some(store);
        self
    }

    /// The place of the stage that asks an engine for its handler, with the store it names.
    ///
    /// # Errors
    /// If that store cannot be had.
    pub fn of(request: &HandlerRequest<'_>) -> Result<Self, PluginError> {
        let place = Self::new(request.cascade);
        let Some(HandlerConfig::Wasm(handler)) = &request.host.handler else { return Ok(place) };
        match handler.kv.as_ref().and_then(|kv| kv.store.as_deref()) {
            Some(name) => Ok(place.with_store(request.stores.open(name, request.stage.name())?)),
            None => Ok(place),
        }
    }

    pub(super) fn cascade(&self) -> &str {
        &self.cascade
    }

    pub(super) const fn store(&self) -> Option<&Arc<NamedStore>> {
        self.store.as_ref()
    }
}
