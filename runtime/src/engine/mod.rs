//! The engine: decides events with a program.
//!
//! ```text
//! Engine ─ execute(event) ─▶ State ─▶ Run: queue ─▶ preconditions ─▶ passes over the service ─▶ rules ─▶ Decision
//!    │                                                                   └ batch: side by side
//!    └ Current: program, handlers and plugins of the moment; an update swaps it, running cascades keep theirs
//! ```

mod batch;
mod builder;
mod clock;
mod composed;
mod decision;
mod error;
mod explain;
mod fixed;
mod handlers;
mod journal;
mod line;
mod load;
mod pass;
mod record;
mod recording;
mod rules;
mod run;
mod scratch;
mod stats;
mod summary;
#[cfg(test)]
mod tests;
mod update;
mod verdict;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use arc_swap::ArcSwap;
use cascata_record::log::Recorder;
use cascata_vm::image::Program;
use serde_json::{Map, Value};
use tokio::time::Instant;

pub use builder::EngineBuilder;
pub use clock::Clock;
pub use composed::StagePlugins;
pub use decision::Decision;
pub use error::EngineError;
pub use explain::{EvaluatedCondition, Evaluation};
pub use handlers::{HandlerRequest, HandlerSource, Resolved, Stores};
pub use stats::StageStatistics;
pub use summary::StageSummary;

pub use crate::state::EventError;

use crate::event::EventWithContext;
use crate::plugins::Registry;
use crate::value::json_tree;
pub(crate) use explain::Explanation;
use load::Loaded;
use run::Run;
use stats::Statistics;
use update::Offered;

/// Decides events with a program. Cloning is cheap and shares everything.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

struct Inner {
    current: ArcSwap<Current>,
    /// Also the lock under which changes are taken up, one after the other.
    offered: Mutex<Offered>,
    plugins: Registry,
    statistics: Statistics,
    clock: Clock,
    /// Where decisions are recorded.
    recorder: Option<Recorder>,
    /// Tells this engine's runs from those of others.
    identity: u64,
    runs: AtomicU64,
}

/// What events are decided with at the moment.
struct Current {
    loaded: Arc<Loaded>,
    metadata: Arc<Map<String, Value>>,
}

impl Engine {
    /// Starts building an engine for a program.
    pub fn builder(program: Program<'static>) -> EngineBuilder {
        EngineBuilder::new(program)
    }

    /// Starts building an engine for the bytes of an image.
    ///
    /// # Errors
    /// The bytes are no valid image.
    pub fn from_image(image: Vec<u8>) -> Result<EngineBuilder, EngineError> {
        let program = Program::verify(image, &cascata_vm::image::LoadOptions::default())?;
        Ok(EngineBuilder::new(program))
    }

    /// Decides one event: UTF-8 JSON text of an object.
    ///
    /// A decision comes back whatever stages and rules do; what went wrong is in it, a global timeout too. Dropping the
    /// future cancels the stages that run. It is recorded where the engine has a [recorder](EngineBuilder::recorder).
    ///
    /// # Errors
    /// The event is no JSON object, or goes past a limit of reading.
    pub async fn execute(&self, event: &[u8]) -> Result<Decision, EventError> {
        let decision = self.decide(event, None).await?;
        self.record(&decision);
        Ok(decision)
    }

    /// The same without recording it, for hosts that attach [metadata](Decision::set_metadata) first and [record](Self::record)
    /// then.
    ///
    /// # Errors
    /// As [`Engine::execute`].
    pub async fn execute_unrecorded(&self, event: &[u8]) -> Result<Decision, EventError> {
        self.decide(event, None).await
    }

    /// Decides one event and tells every rule that was asked, with each condition and the value it saw. It is not recorded.
    ///
    /// # Errors
    /// As [`Engine::execute`].
    pub async fn explain(&self, event: &[u8]) -> Result<(Decision, Vec<Evaluation>), EventError> {
        let mut explanation = Explanation::default();
        let decision = self.decide(event, Some(&mut explanation)).await?;
        Ok((decision, explanation.evaluations))
    }

    async fn decide(&self, event: &[u8], explanation: Option<&mut Explanation>) -> Result<Decision, EventError> {
        let current = self.inner.current.load_full();
        let loaded = &current.loaded;
        let recorded = match loaded.reads_as_recorded {
            true => Some(json_tree(cascata_vm::json::validate(event, &loaded.read)?).to_string()),
            false => None,
        };
        let event = recorded.as_ref().map_or(event, String::as_bytes);
        let (mut state, mut scratch) = loaded.pool.take();
        let now_us = self.inner.clock.now_us();
        if let Err(error) = Arc::make_mut(&mut state).begin(event, &loaded.read, &loaded.hidden, now_us) {
            loaded.pool.give_back(state, scratch, event.len());
            return Err(error);
        }
        scratch.begin(&loaded.first_queue, loaded.stages.len());
        let number = self.inner.runs.fetch_add(1, Ordering::Relaxed);
        let started = Instant::now();
        let mut run = Run::new(&current, &mut state, &mut scratch, started);
        if let Some(explanation) = explanation {
            run = run.explained(explanation);
        }
        let finished = run.drive().await;
        Ok(Decision::new(current, state, scratch, (self.inner.identity, number), started, finished))
    }

    /// Decides a structured event, flattened as rules of such cascades read it.
    ///
    /// # Errors
    /// As [`Engine::execute`].
    pub async fn execute_structured(&self, event: &EventWithContext) -> Result<Decision, EventError> {
        let flat = Value::Object(event.to_flat()).to_string();
        self.execute(flat.as_bytes()).await
    }

    /// Drops all cached results.
    pub fn clear_cache(&self) {
        self.inner.plugins.clear_caches();
    }

    /// Figures per stage since the engine was built, kept over updates.
    #[must_use]
    pub fn statistics(&self) -> BTreeMap<String, StageStatistics> {
        self.inner.statistics.snapshot()
    }

    /// The plugins, with their breakers, counters and caches.
    #[must_use]
    pub fn plugins(&self) -> &Registry {
        &self.inner.plugins
    }

    /// BLAKE3 of the meaning of the program that events are decided with at the moment.
    #[must_use]
    pub fn program_hash(&self) -> [u8; 32] {
        self.inner.current.load().loaded.program.hash()
    }
}

impl std::fmt::Debug for Current {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Current").field("program", &self.loaded.program).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let current = self.inner.current.load();
        f.debug_struct("Engine").field("program", &current.loaded.program).finish_non_exhaustive()
    }
}
