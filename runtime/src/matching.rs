//! Rule sets on their own: which rules match an event, without stages.
//!
//! ```text
//! Program ─▶ Matching (shared) ─▶ MatchWorker, one a thread: event ─▶ State (facts) ─▶ Matcher ─▶ the rules that match
//! ```

use std::sync::Arc;

use cascata_config::CascadeHost;
use cascata_vm::eval::{Matcher, NoTrace, Select, Tracer};
use cascata_vm::image::Program;
use cascata_vm::json::ReadOptions;
use cascata_vm::{ListId, PathId};

use crate::engine::{Clock, EngineError, Evaluation, Explanation};
use crate::state::{EventError, FactsPlan, State, duplicate_keys};

/// A program made ready to match events with its rule sets. Shared by all threads.
///
/// Events are read by the settings of the cascade: `hide` and `duplicate_keys`. Results of stages are missing.
#[derive(Debug)]
pub struct Matching {
    program: Program<'static>,
    facts: Arc<FactsPlan>,
    read: ReadOptions,
    hidden: Vec<String>,
    clock: Clock,
}

impl Matching {
    /// Prepares a program.
    ///
    /// # Errors
    /// [`EngineError::Settings`] when its settings were written by another version.
    pub fn new(program: Program<'static>, clock: Clock) -> Result<Self, EngineError> {
        let host: CascadeHost = serde_json::from_str(program.host_json())
            .map_err(|source| EngineError::Settings { what: "the cascade".to_owned(), source })?;
        let paths = (0_u32..).take(program.path_count()).map(|id| program.path(PathId::new(id))).collect();
        let names = program.stages().map(|stage| stage.name().to_owned()).collect();
        Ok(Self {
            facts: Arc::new(FactsPlan::new(paths, names)),
            read: ReadOptions { duplicate_keys: duplicate_keys(host.events.duplicate_keys), ..ReadOptions::default() },
            hidden: host.events.hide,
            clock,
            program,
        })
    }

    /// The program.
    #[must_use]
    pub const fn program(&self) -> &Program<'static> {
        &self.program
    }
}

/// Matches one event after the other; its buffers are kept.
#[derive(Debug)]
pub struct MatchWorker {
    matching: Arc<Matching>,
    state: State,
    matcher: Matcher,
}

impl MatchWorker {
    /// A worker with empty buffers.
    #[must_use]
    pub fn new(matching: Arc<Matching>) -> Self {
        let state = State::new(Arc::clone(&matching.facts));
        Self { matching, state, matcher: Matcher::new() }
    }

    /// Takes up an event and forgets the one before.
    ///
    /// # Errors
    /// The event is no JSON object, or goes past a limit of reading.
    pub fn begin(&mut self, event: &[u8]) -> Result<(), EventError> {
        let Matching { read, hidden, clock, .. } = &*self.matching;
        self.state.begin(event, read, hidden, clock.now_us())
    }

    /// Matches the event with the rule set of a list.
    pub fn matches(&mut self, list: ListId, select: Select) -> &Matcher {
        self.traced(list, select, &mut NoTrace)
    }

    /// As [`Self::matches`], with every rule that was asked, each condition and the value it saw.
    pub fn explain(&mut self, list: ListId, select: Select) -> (&Matcher, Vec<Evaluation>) {
        let mut explanation = Explanation::default();
        let matcher = self.traced(list, select, &mut explanation);
        (matcher, explanation.evaluations)
    }

    /// As [`Self::matches`], and tells the tracer of every condition. Slower: no rule is left out by an index.
    pub fn traced<T: Tracer>(&mut self, list: ListId, select: Select, tracer: &mut T) -> &Matcher {
        self.matcher.run(&self.matching.program, list, select, &self.state, tracer);
        &self.matcher
    }
}
