//! What came out for one event. Cheap to make: records and merged data are made when asked for.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use cascata_record::{DecisionRecord, Mode, OutcomeSource, Termination};
use cascata_vm::image::Action;
use serde_json::Value;
use tokio::time::Instant;

use super::journal::{How, Journal};
use super::scratch::Scratch;
use super::{Current, record};
use crate::stage::FailureKind;
use crate::state::State;
use crate::value::{OwnedValue, json_tree};

/// What a cascade decided on one event.
#[derive(Debug)]
pub struct Decision {
    pub(super) current: Arc<Current>,
    pub(super) state: Arc<State>,
    /// Gone only while this is dropped.
    scratch: Option<Box<Scratch>>,
    pub(super) id: (u64, u64),
    pub(super) started: Instant,
    pub(super) finished: Instant,
    /// Metadata that most streams have, and that is therefore no value of its own.
    pub(super) line: Option<u64>,
    pub(super) metadata: serde_json::Map<String, Value>,
}

impl Decision {
    pub(super) fn new(
        current: Arc<Current>,
        state: Arc<State>,
        scratch: Box<Scratch>,
        id: (u64, u64),
        started: Instant,
        finished: Instant,
    ) -> Self {
        Self {
            current,
            state,
            scratch: Some(scratch),
            id,
            started,
            finished,
            line: None,
            metadata: serde_json::Map::new(),
        }
    }

    /// The verdict.
    #[must_use]
    pub fn outcome(&self) -> OwnedValue {
        self.verdict().0
    }

    /// The verdict and where it comes from: `on_error` when something went wrong, else the `terminate` that ended the
    /// cascade, else what the cascade's `outcome` gave, else the result of the stage that ran last.
    #[must_use]
    pub fn verdict(&self) -> (OwnedValue, OutcomeSource) {
        let (outcome, source) = self.verdict_ref();
        (outcome.into_owned(), source)
    }

    /// [`verdict`](Self::verdict) without a copy, where the verdict lies in the decision.
    #[must_use]
    pub fn verdict_ref(&self) -> (Cow<'_, OwnedValue>, OutcomeSource) {
        let loaded = &self.current.loaded;
        if let Some(outcome) = &loaded.on_error
            && !self.success()
        {
            return (Cow::Borrowed(outcome), OutcomeSource::OnError);
        }
        if let Some((Some(outcome), _)) = self.terminate_action() {
            return (Cow::Owned(outcome), OutcomeSource::Terminate);
        }
        if let Some(outcome) = &self.journal().outcome {
            return (Cow::Borrowed(outcome), OutcomeSource::Outcome);
        }
        let last = self.journal().ran.iter().rev().find(|ran| ran.how == How::Finished);
        match last.and_then(|ran| self.state.result(ran.stage)) {
            Some(result) => (Cow::Borrowed(&result.result), OutcomeSource::LastResult),
            None => (Cow::Owned(OwnedValue::Null), OutcomeSource::None),
        }
    }

    /// Why the cascade ended early, as the rule that ended it says.
    #[must_use]
    pub fn reason(&self) -> Option<String> {
        self.terminate_action().and_then(|(_, reason)| reason)
    }

    /// True when nothing went wrong.
    #[must_use]
    pub fn success(&self) -> bool {
        self.journal().errors.is_empty()
    }

    /// What ended the cascade early; `None` if it ran to its end, and on a global timeout, which is an error.
    #[must_use]
    pub fn termination(&self) -> Option<Termination> {
        self.journal().termination
    }

    /// Whether the cascade's timeout ended it; the decision is what was known by then.
    #[must_use]
    pub fn timed_out(&self) -> bool {
        self.journal().errors.iter().any(|error| error.kind == FailureKind::GlobalTimeout)
    }

    /// The names of the stages that ran, in the order their results were recorded.
    pub fn executed(&self) -> impl Iterator<Item = &str> {
        let ran = self.journal().ran.iter().filter(|ran| ran.how != How::Cancelled);
        ran.map(|ran| self.state.stage_name(ran.stage))
    }

    /// How long it took.
    #[must_use]
    pub fn time(&self) -> Duration {
        self.finished.saturating_duration_since(self.started)
    }

    /// Event, writes and results as they stood at the end.
    #[must_use]
    pub fn state(&self) -> &Arc<State> {
        &self.state
    }

    /// The event with all writes, as JSON text. Keys keep their order; new ones follow.
    #[must_use]
    pub fn final_data(&self) -> &str {
        self.state.current_text()
    }

    /// The same as a tree, as records have it; see [`json_tree`].
    #[must_use]
    pub fn final_tree(&self) -> Value {
        json_tree(self.final_data())
    }

    /// Attaches a value to the record.
    pub fn set_metadata(&mut self, key: impl Into<String>, value: impl Into<Value>) {
        self.metadata.insert(key.into(), value.into());
    }

    /// Attaches the line on which the event stood, as `line`: what [`set_metadata`](Self::set_metadata) does before anything else is attached,
    /// for less.
    pub const fn set_line(&mut self, line: u64) {
        self.line = Some(line);
    }

    /// The record, without the final data; add it where it is wanted: `record.final_data = Some(decision.final_tree())`.
    #[must_use]
    pub fn record(&self, mode: Mode) -> DecisionRecord {
        record::build(self, mode)
    }

    pub(super) fn journal(&self) -> &Journal {
        static NONE: Journal = Journal::new();
        self.scratch.as_ref().map_or(&NONE, |scratch| &scratch.journal)
    }

    /// Verdict and reason of the `terminate` that ended the cascade.
    fn terminate_action(&self) -> Option<(Option<OwnedValue>, Option<String>)> {
        let fired = self.journal().terminated_by?;
        let rule = self.current.loaded.program.rule(fired.rule)?;
        match fired.action(&rule)? {
            Action::Terminate { outcome, reason } => {
                Some((outcome.as_ref().map(OwnedValue::from_value), reason.map(str::to_owned)))
            }
            _ => None,
        }
    }
}

impl Drop for Decision {
    fn drop(&mut self) {
        // The pool takes it back; it is used again once this last reference is gone.
        if let Some(scratch) = self.scratch.take() {
            self.current.loaded.pool.give_back(Arc::clone(&self.state), scratch, self.state.event_text().len());
        }
    }
}
