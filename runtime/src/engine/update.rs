//! Changing what an engine decides with while it runs.
//!
//! Modules are compiled here, which may take seconds, so no lock is held meanwhile: a change is made ready aside and taken up
//! if nothing else was changed since; else it is made ready again, on top of that.

use std::sync::{Arc, MutexGuard, PoisonError};

use cascata_vm::image::Program;
use serde_json::Value;

use super::handlers::Handlers;
use super::load::Loaded;
use super::{Current, Engine, EngineBuilder, EngineError, builder, recording};
use crate::stage::StageHandler;

/// What the host offers, and how often that or the program was changed.
pub(super) struct Offered {
    pub handlers: Handlers,
    pub changes: u64,
}

impl EngineBuilder {
    /// As [`build`](Self::build), away from the async executor: compiling large modules takes seconds.
    ///
    /// # Errors
    /// As [`build`](Self::build).
    pub async fn build_in_background(self) -> Result<Engine, EngineError> {
        in_background(move || self.build()).await
    }
}

impl Engine {
    /// Registers a native handler, or replaces the one of that name. Compiles modules that were not compiled yet on the calling
    /// thread; see [`register_in_background`](Self::register_in_background).
    ///
    /// # Errors
    /// The program has no such stage and no stage asks for that handler. Nothing is changed then.
    pub fn register(&self, name: &str, handler: impl StageHandler) -> Result<(), EngineError> {
        let handler: Arc<dyn StageHandler> = Arc::new(handler);
        loop {
            let (mut handlers, changes) = self.offered_now();
            handlers.register(name.to_owned(), Arc::clone(&handler));
            let current = self.inner.current.load_full();
            builder::check_names(&current.loaded.program, std::iter::once(name))?;
            let program = copy_of(&current.loaded.program)?;
            if self.change(program, handlers, changes)?.is_none() {
                return Ok(());
            }
        }
    }

    /// As [`register`](Self::register), away from the async executor.
    ///
    /// # Errors
    /// As [`register`](Self::register).
    pub async fn register_in_background(&self, name: &str, handler: impl StageHandler) -> Result<(), EngineError> {
        let (engine, name) = (self.clone(), name.to_owned());
        in_background(move || engine.register(&name, handler)).await
    }

    /// Goes over to another program. Compiles its modules on the calling thread; see
    /// [`update_config_in_background`](Self::update_config_in_background).
    ///
    /// It is resolved against handlers and plugins first; any failure leaves the old program in place. Running cascades finish
    /// on theirs. Kept are handlers, statistics, the state of plugins whose settings are equal, and cached results by key.
    ///
    /// # Errors
    /// The new program cannot be run with this engine's handlers and plugins.
    pub fn update_config(&self, program: Program<'static>) -> Result<(), EngineError> {
        let mut next = Some(program);
        while let Some(program) = next {
            let (handlers, changes) = self.offered_now();
            next = self.change(program, handlers, changes)?;
        }
        Ok(())
    }

    /// As [`update_config`](Self::update_config), away from the async executor.
    ///
    /// # Errors
    /// As [`update_config`](Self::update_config).
    pub async fn update_config_in_background(&self, program: Program<'static>) -> Result<(), EngineError> {
        let engine = self.clone();
        in_background(move || engine.update_config(program)).await
    }

    /// Attaches a value to the record of every decision that starts from now on.
    pub fn set_metadata(&self, key: impl Into<String>, value: impl Into<Value>) {
        let _one_at_a_time = self.lock_offered();
        let old = self.inner.current.load_full();
        let mut metadata = (*old.metadata).clone();
        metadata.insert(key.into(), value.into());
        let next = Current { loaded: Arc::clone(&old.loaded), metadata: Arc::new(metadata) };
        self.inner.current.store(Arc::new(next));
    }

    fn lock_offered(&self) -> MutexGuard<'_, Offered> {
        self.inner.offered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn offered_now(&self) -> (Handlers, u64) {
        let offered = self.lock_offered();
        (offered.handlers.clone(), offered.changes)
    }

    /// Makes a program ready and takes it up with these handlers. Gives the program back if another change came first.
    fn change(
        &self,
        program: Program<'static>,
        handlers: Handlers,
        changes: u64,
    ) -> Result<Option<Program<'static>>, EngineError> {
        let loaded = Loaded::new(program, &handlers, &self.inner.plugins, &self.inner.statistics)?;
        recording::keep(self.inner.recorder.as_ref(), &loaded.program)?;
        let mut offered = self.lock_offered();
        if offered.changes != changes {
            return Ok(Some(loaded.program));
        }
        offered.changes = changes.wrapping_add(1);
        offered.handlers = handlers;
        self.inner.statistics.adopt(loaded.counters());
        let metadata = Arc::clone(&self.inner.current.load().metadata);
        self.inner.current.store(Arc::new(Current { loaded: Arc::new(loaded), metadata }));
        Ok(None)
    }
}

/// Runs work that may take seconds on a thread that is made for it; on this one where there is no runtime.
async fn in_background<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, EngineError> + Send + 'static,
) -> Result<T, EngineError> {
    let Ok(runtime) = tokio::runtime::Handle::try_current() else { return work() };
    match runtime.spawn_blocking(work).await {
        Ok(done) => done,
        Err(lost) if lost.is_panic() => std::panic::resume_unwind(lost.into_panic()),
        Err(_) => Err(EngineError::Interrupted {}),
    }
}

/// A program of its own from the same image.
fn copy_of(program: &Program<'static>) -> Result<Program<'static>, EngineError> {
    Ok(Program::verify(program.image().to_vec(), &cascata_vm::image::LoadOptions::default())?)
}
