//! The host: engines, the places for instances, compiled modules.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use cascata_config::{HandlerConfig, InstanceMode};
use cascata_vm::Segment;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::cache::{Compiled, ModuleCache};
use super::checked::{Checked, Examined, Grants, check};
use super::engine::{Profile, StageEngine};
use super::error::{LoadError, LoadErrorKind};
use super::guest::Spec;
use super::kv::Memories;
use super::link::Template;
use super::metrics::{Figures, StageFigures};
use super::options::WasmHostOptions;
use super::place::Place;
use super::pool::Pool;
use super::stage::{Inner, WasmStage};
use crate::stage::{FailureKind, StageFailure, StageHandler};

/// Makes stage handlers of WebAssembly modules. Cheap to clone; clones share everything.
///
/// ```
/// use cascata_config::{HandlerConfig, WasmHandler};
/// use cascata_runtime::wasm::{WasmHost, WasmHostOptions};
///
/// let host = WasmHost::new(WasmHostOptions::default());
/// let handler = HandlerConfig::Wasm(Box::new(WasmHandler::new("score.wasm")));
/// let error = host.load("score", b"(module)", &handler).err().unwrap();
/// assert_eq!(error.code(), "R1002");
/// ```
#[derive(Clone)]
pub struct WasmHost {
    shared: Arc<Shared>,
}

/// What all stages of a host share.
pub(super) struct Shared {
    options: WasmHostOptions,
    engines: Mutex<HashMap<Profile, Arc<StageEngine>>>,
    /// Those that stages run, and a few that none does any more.
    modules: Mutex<HashMap<([u8; 32], Profile), Arc<Compiled>>>,
    /// One permit for each instance there may be.
    permits: Arc<Semaphore>,
    /// Calls that wait for a permit.
    waiting: AtomicU32,
    pools: Mutex<Vec<Weak<Pool>>>,
    /// What stages keep that name no store.
    memories: Memories,
    /// What stages measure.
    figures: Figures,
    cache: Option<ModuleCache>,
}

/// Compiled modules that no stage runs any more and that are kept for one that may.
const UNUSED_MODULES: usize = 8;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl WasmHost {
    /// Compiling more bytes than this takes long enough to be noticed by tasks on the same thread.
    const QUICK_BYTES: usize = 16 << 10;

    /// A host. Engines are set up when the first stage needs them. A cache that can't be used safely is left out:
    /// [`is_caching`](Self::is_caching) tells.
    #[must_use]
    pub fn new(options: WasmHostOptions) -> Self {
        let cache = options.cache_dir.as_deref().and_then(|dir| ModuleCache::open(dir).ok());
        let permits = usize::try_from(options.max_instances.max(1)).unwrap_or(1);
        Self {
            shared: Arc::new(Shared {
                permits: Arc::new(Semaphore::new(permits.min(Semaphore::MAX_PERMITS))),
                waiting: AtomicU32::new(0),
                engines: Mutex::default(),
                modules: Mutex::default(),
                pools: Mutex::default(),
                memories: Memories::default(),
                figures: Figures::default(),
                cache,
                options,
            }),
        }
    }

    /// Whether compiled modules are kept on disk.
    #[must_use]
    pub fn is_caching(&self) -> bool {
        self.shared.cache.is_some()
    }

    /// Makes the handler of a stage of a module's bytes. Compiles on the calling thread; see [`load_in_background`](Self::load_in_background).
    ///
    /// # Errors
    /// If the module is none of the forms of a stage, its imports or exports don't fit, or a setting is out of range.
    pub fn load(&self, stage: &str, bytes: &[u8], handler: &HandlerConfig) -> Result<Arc<dyn StageHandler>, LoadError> {
        Ok(self.load_stage(stage, bytes, handler)?)
    }

    /// The same, with the stage's own type: its manifest, form and fields can be asked.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn load_stage(&self, stage: &str, bytes: &[u8], handler: &HandlerConfig) -> Result<Arc<WasmStage>, LoadError> {
        self.load_at(&Place::default(), stage, bytes, handler)
    }

    /// The same for a stage of a cascade, with the store that it names.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn load_at(
        &self,
        place: &Place,
        stage: &str,
        bytes: &[u8],
        handler: &HandlerConfig,
    ) -> Result<Arc<WasmStage>, LoadError> {
        let wrap = |kind| LoadError::new(stage, kind);
        let checked = check(bytes, handler, Grants::Listed).map_err(wrap)?;
        self.build(place, stage, bytes, checked).map(Arc::new).map_err(wrap)
    }

    /// The same away from the async executor: large modules take seconds to compile.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub async fn load_in_background(
        &self,
        stage: &str,
        bytes: Vec<u8>,
        handler: &HandlerConfig,
    ) -> Result<Arc<WasmStage>, LoadError> {
        if bytes.len() <= Self::QUICK_BYTES {
            return self.load_stage(stage, &bytes, handler);
        }
        let (host, name, handler) = (self.clone(), stage.to_owned(), handler.clone());
        let loading = tokio::task::spawn_blocking(move || host.load_stage(&name, &bytes, &handler));
        loading
            .await
            .unwrap_or_else(|error| Err(LoadError::new(stage, LoadErrorKind::Engine { message: error.to_string() })))
    }

    /// The paths that a module says it reads, for the engine to extract with the program's own. Compiles nothing.
    ///
    /// # Errors
    /// As [`load`](Self::load), but for what only compiling shows.
    pub fn field_paths(stage: &str, bytes: &[u8], handler: &HandlerConfig) -> Result<Vec<Vec<Segment>>, LoadError> {
        let checked = check(bytes, handler, Grants::Listed).map_err(|kind| LoadError::new(stage, kind))?;
        Ok(checked.field_paths())
    }

    /// What can be said about a module without compiling it, whatever capabilities it needs. A `with:` block that is empty stands for
    /// one that is not known yet.
    ///
    /// # Errors
    /// As [`load`](Self::load), but for what only compiling shows.
    pub fn examine(stage: &str, bytes: &[u8], handler: &HandlerConfig) -> Result<Examined, LoadError> {
        let checked = check(bytes, handler, Grants::All).map_err(|kind| LoadError::new(stage, kind))?;
        let Checked { form, manifest, capabilities, .. } = checked;
        Ok(Examined { form, manifest, capabilities })
    }

    /// What stages with the capability `metrics` measured, since the host was made.
    #[must_use]
    pub fn figures(&self) -> Vec<StageFigures> {
        self.shared.figures.all()
    }

    fn build(
        &self,
        place: &Place,
        stage: &str,
        bytes: &[u8],
        checked: Checked<'_>,
    ) -> Result<WasmStage, LoadErrorKind> {
        let content = *blake3::hash(bytes).as_bytes();
        let (engine, compiled) = self.shared.compile(bytes, &content, &checked)?;
        let field_paths = checked.field_paths();
        let Checked { handler, form, shape, manifest, manifest_fields, command_fields, .. } = checked;
        let labels = manifest.results.clone();
        let mut spec = Spec::new(stage, handler, manifest_fields, labels, content);
        spec.kv = self.shared.memories.space(handler, place, stage)?;
        spec.secrets = super::secrets::given(handler, &self.shared.options.secrets)?;
        if spec.allows("metrics") {
            spec.figures = Some(self.shared.figures.of(place.cascade(), stage));
        }
        #[cfg(feature = "http")]
        {
            spec.http = super::http::access(handler, self.shared.options.http.as_ref())?;
        }
        let spec = Arc::new(spec);
        let template = Template::new(&engine.engine, compiled, &shape, form, spec)?;
        let pool = match handler.instance {
            InstanceMode::Fresh => None,
            InstanceMode::Pooled(settings) => {
                let pool = Arc::new(Pool::new(settings, handler.memory_bytes));
                let mut pools = lock(&self.shared.pools);
                pools.retain(|pool| pool.strong_count() > 0);
                pools.push(Arc::downgrade(&pool));
                Some(pool)
            }
        };
        let inner = Inner {
            may_inline: pool.is_some() && handler.fuel.is_some_and(|fuel| fuel <= handler.yield_interval),
            pool,
            template,
            fields: command_fields,
            host: Arc::clone(&self.shared),
            engine,
        };
        Ok(WasmStage::new(inner, manifest, field_paths, content))
    }
}

impl Shared {
    fn engine(&self, profile: Profile) -> Result<(Arc<StageEngine>, Profile), LoadErrorKind> {
        let mut engines = lock(&self.engines);
        if let Some(engine) = engines.get(&profile) {
            return Ok((Arc::clone(engine), profile));
        }
        let (engine, actual) = match StageEngine::new(profile, &self.options) {
            Ok(engine) => (engine, profile),
            // The pool reserves address space for every instance there may be; where that is short, none is.
            Err(_) if profile.is_pooling => {
                let profile = profile.on_demand();
                let engine = StageEngine::new(profile, &self.options).map_err(|error| setup_failed(&error))?;
                (engine, profile)
            }
            Err(error) => return Err(setup_failed(&error)),
        };
        let engine = Arc::new(engine);
        engines.insert(profile, Arc::clone(&engine));
        Ok((engine, actual))
    }

    /// Compiles a module, or finds it compiled. A module that does not fit the slots of the pool is compiled for an engine without one.
    fn compile(
        &self,
        bytes: &[u8],
        content: &[u8; 32],
        checked: &Checked<'_>,
    ) -> Result<(Arc<StageEngine>, Arc<Compiled>), LoadErrorKind> {
        let shape = &checked.shape;
        let profile = Profile::new(checked.handler, shape.is_component);
        let profile = if profile.has_room(shape) { profile } else { profile.on_demand() };
        match self.compile_for(profile, bytes, content) {
            Err(LoadErrorKind::Invalid { message }) if profile.is_pooling => self
                .compile_for(profile.on_demand(), bytes, content)
                // What it says about the pool's own engine is what the module's author can act on.
                .map_err(|_| LoadErrorKind::Invalid { message }),
            compiled => compiled,
        }
    }

    fn compile_for(
        &self,
        profile: Profile,
        bytes: &[u8],
        content: &[u8; 32],
    ) -> Result<(Arc<StageEngine>, Arc<Compiled>), LoadErrorKind> {
        let (engine, profile) = self.engine(profile)?;
        let key = (*content, profile);
        if let Some(compiled) = lock(&self.modules).get(&key) {
            return Ok((engine, Arc::clone(compiled)));
        }
        let compiled = match &self.cache {
            Some(cache) => cache.compiled(&engine.engine, bytes, content, profile.is_component),
            None => Compiled::new(&engine.engine, bytes, profile.is_component),
        };
        let compiled = compiled.map_err(|error| LoadErrorKind::Invalid { message: format!("{error:#}") })?;
        let compiled = Arc::new(compiled);
        let mut modules = lock(&self.modules);
        modules.insert(key, Arc::clone(&compiled));
        // Whoever loads programs anew for years has stages of the latest only.
        if modules.values().filter(|module| Arc::strong_count(module) == 1).count() > UNUSED_MODULES {
            modules.retain(|_, module| Arc::strong_count(module) > 1);
        }
        Ok((engine, compiled))
    }

    /// A place for one more instance, if one is free.
    pub fn try_permit(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.permits).try_acquire_owned().ok()
    }

    /// A place for one more instance. Where all are taken, instances that other stages keep without using them make room.
    pub async fn permit(&self, deadline: Instant) -> Result<OwnedSemaphorePermit, StageFailure> {
        loop {
            if let Some(permit) = self.try_permit() {
                return Ok(permit);
            }
            if !self.drop_one_idle() {
                break;
            }
        }
        let max = self.options.max_instances;
        let Some(_place) = Queued::enter(&self.waiting, self.options.max_waiting) else {
            let most = self.options.max_waiting;
            let message = format!(
                "{most} calls wait for the {max} instances of the host already; raise `max_instances` or `max_waiting`"
            );
            return Err(StageFailure::new(FailureKind::PoolExhausted, message));
        };
        let waiting = tokio::time::timeout_at(deadline, Arc::clone(&self.permits).acquire_owned());
        if let Ok(Ok(permit)) = waiting.await {
            return Ok(permit);
        }
        let message = format!("all {max} instances of the host stayed in use; raise `max_instances`");
        Err(StageFailure::new(FailureKind::PoolExhausted, message))
    }

    fn drop_one_idle(&self) -> bool {
        let pools: Vec<_> = lock(&self.pools).iter().filter_map(Weak::upgrade).collect();
        pools.iter().any(|pool| pool.drop_one())
    }
}

/// A place among the calls that wait, given up when dropped.
struct Queued<'q>(&'q AtomicU32);

impl<'q> Queued<'q> {
    fn enter(waiting: &'q AtomicU32, most: u32) -> Option<Self> {
        let enter = |now: u32| (now < most).then_some(now.saturating_add(1));
        waiting.fetch_update(Ordering::Relaxed, Ordering::Relaxed, enter).ok().map(|_| Self(waiting))
    }
}

impl Drop for Queued<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn setup_failed(error: &wasmtime::Error) -> LoadErrorKind {
    LoadErrorKind::Engine { message: format!("{error:#}") }
}

#[cfg(test)]
mod tests {
    use cascata_config::WasmHandler;

    use super::*;

    #[test]
    fn of_modules_that_no_stage_runs_any_more_few_are_kept() {
        let host = WasmHost::new(WasmHostOptions::default().with_max_instances(2));
        let load = |number: usize| {
            let text = format!(
                r#"(module (import "cascata_v1" "set_result" (func (param i32 i32 f64))) (memory (export "memory") 1)
                    (func (export "stage_run") (result i32) (i32.const {number})))"#
            );
            let handler = HandlerConfig::Wasm(Box::new(WasmHandler::new("s.wasm")));
            host.load_stage("s", &wat::parse_str(text).unwrap(), &handler).unwrap()
        };
        let running = load(0);
        for number in 1..=3 * UNUSED_MODULES {
            drop(load(number));
        }
        let kept = lock(&host.shared.modules);
        assert!(kept.len() <= UNUSED_MODULES + 1, "{}", kept.len());
        assert_eq!(kept.values().filter(|module| Arc::strong_count(module) > 1).count(), 1, "that which runs");
        drop(running);
    }
}
