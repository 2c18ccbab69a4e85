//! Putting an engine together.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};

use arc_swap::ArcSwap;
use cascata_config::{FallbackStep, HandlerConfig, PluginUse, StageHost};
use cascata_record::log::Recorder;
use cascata_vm::image::Program;
use serde_json::{Map, Value};

use super::handlers::{HandlerSource, Handlers};
use super::load::Loaded;
use super::stats::Statistics;
use super::update::Offered;
use super::{Clock, Current, Engine, EngineError, Inner, recording};
use crate::plugins::Registry;
use crate::stage::StageHandler;

/// Collects what an engine is made of. See [`Engine::builder`].
#[must_use]
pub struct EngineBuilder {
    program: Program<'static>,
    handlers: Handlers,
    plugins: Option<Registry>,
    clock: Clock,
    metadata: Map<String, Value>,
    recorder: Option<Recorder>,
}

impl EngineBuilder {
    pub(super) fn new(program: Program<'static>) -> Self {
        Self {
            program,
            handlers: Handlers::default(),
            plugins: None,
            clock: Clock::system(),
            metadata: Map::new(),
            recorder: None,
        }
    }

    /// Registers a native handler: for the stage of that name, and for stages that ask for it by `handler: {kind: native, name: …}`.
    pub fn handler(mut self, name: impl Into<String>, handler: impl StageHandler) -> Self {
        self.handlers.register(name.into(), Arc::new(handler));
        self
    }

    /// Adds what makes handlers from stages' settings, the host of WASM modules for example. Asked in the order they were added.
    pub fn source(mut self, source: Arc<dyn HandlerSource>) -> Self {
        self.handlers.sources.push(source);
        self
    }

    /// The plugins that stages may list. Default: those that come with Cascata. Engines may share a registry and so its state.
    pub fn plugins(mut self, plugins: Registry) -> Self {
        self.plugins = Some(plugins);
        self
    }

    /// What counts as now in decisions. Default: the machine's clock.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Attaches a value to the record of every decision.
    pub fn metadata(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.metadata.insert(key.into(), value.into());
        self
    }

    /// Records decisions, as the recorder's settings say, with the programs that made them.
    pub fn recorder(mut self, recorder: Recorder) -> Self {
        self.recorder = Some(recorder);
        self
    }

    /// Resolves the program against handlers and plugins. Compiles modules on the calling thread; see
    /// [`build_in_background`](Self::build_in_background).
    ///
    /// # Errors
    /// A stage asks for a handler or plugin that is not there or cannot be made, or a handler is registered under a name that
    /// the program does not have. The program cannot be kept beside its records.
    pub fn build(self) -> Result<Engine, EngineError> {
        check_names(&self.program, self.handlers.names())?;
        let plugins = self.plugins.unwrap_or_else(Registry::with_builtins);
        let statistics = Statistics::default();
        let loaded = Loaded::new(self.program, &self.handlers, &plugins, &statistics)?;
        statistics.adopt(loaded.counters());
        recording::keep(self.recorder.as_ref(), &loaded.program)?;
        let current = Current { loaded: Arc::new(loaded), metadata: Arc::new(self.metadata) };
        Ok(Engine {
            inner: Arc::new(Inner {
                current: ArcSwap::from_pointee(current),
                offered: Mutex::new(Offered { handlers: self.handlers, changes: 0 }),
                plugins,
                statistics,
                clock: self.clock,
                recorder: self.recorder,
                // Randomly keyed, so two engines differ; nothing depends on it being hard to guess.
                identity: RandomState::new().hash_one(0_u8),
                runs: AtomicU64::new(0),
            }),
        })
    }
}

/// Every name must be a stage's, or one that a stage asks for.
pub(super) fn check_names<'n>(
    program: &Program<'static>,
    names: impl Iterator<Item = &'n str>,
) -> Result<(), EngineError> {
    for name in names {
        let known =
            program.stage_named(name).is_some() || program.stages().any(|stage| asks_for(stage.host_json(), name));
        if !known {
            return Err(EngineError::UnknownStage { name: name.to_owned() });
        }
    }
    Ok(())
}

fn asks_for(host: &str, name: &str) -> bool {
    let Ok(host) = serde_json::from_str::<StageHost>(host) else { return false };
    let falls_back = host.plugins.iter().flat_map(PluginUse::fallbacks).any(|step| match step {
        FallbackStep::Handler(handler) => handler == name,
        _ => false,
    });
    falls_back || matches!(host.handler, Some(HandlerConfig::Native(native)) if native.name.as_deref() == Some(name))
}

impl std::fmt::Debug for EngineBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EngineBuilder").field("program", &self.program).finish_non_exhaustive()
    }
}
