//! The facts of one cascade: the event, the writes over it and the results of stages.
//!
//! A [`State`] answers the VM's reads by path id and a handler's reads by path. It sits in an `Arc`: a running stage holds
//! a snapshot; the engine changes it when no stage runs, and copies it only if somebody kept the snapshot.

mod overlay;
mod plan;
mod raw;
mod resilience;
mod result;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use cascata_vm::json::{DuplicateKeys, Extraction, JsonError, ReadOptions};
use cascata_vm::{Facts, Object, PathId, Segment, StageId, Value};

pub use overlay::{WriteError, dotted};
pub use plan::FactsPlan;
pub use result::StageResult;

use crate::stage::{StageFailure, StageOutput};
use crate::value::OwnedValue;
use overlay::Overlay;
use plan::{Part, Source, StagePath};

/// Event, writes and stage results of one cascade.
#[derive(Clone, Debug)]
pub struct State {
    plan: Arc<FactsPlan>,
    event: String,
    extraction: Extraction,
    overlay: Overlay,
    results: Vec<Option<StageResult>>,
    now_us: i64,
}

/// Why an event cannot be decided on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EventError {
    /// The event is no valid JSON, or goes past a limit of reading.
    #[error("event: {source}")]
    Json {
        /// What is wrong, and where.
        #[from]
        source: JsonError,
    },
    /// The event is JSON, but no object.
    #[error("event: an object is needed")]
    NotAnObject,
}

impl EventError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Json { source } => source.kind.code(),
            Self::NotAnObject => "R0201",
        }
    }
}

/// The setting of a cascade as the reader of events takes it.
pub(crate) const fn duplicate_keys(setting: cascata_config::DuplicateKeys) -> DuplicateKeys {
    match setting {
        cascata_config::DuplicateKeys::Last => DuplicateKeys::Last,
        cascata_config::DuplicateKeys::First => DuplicateKeys::First,
        cascata_config::DuplicateKeys::Reject => DuplicateKeys::Reject,
    }
}

impl State {
    /// A state without event, to be filled by [`State::begin`].
    #[must_use]
    pub fn new(plan: Arc<FactsPlan>) -> Self {
        let results = vec![None; plan.stage_count()];
        Self {
            plan,
            event: String::new(),
            extraction: Extraction::new(),
            overlay: Overlay::default(),
            results,
            now_us: 0,
        }
    }

    /// Takes up a new event and forgets everything of the one before. Top-level keys in `hidden` are left out of it.
    ///
    /// `now_us` is what counts as now, in microseconds since 1970 UTC.
    ///
    /// # Errors
    /// The event is no JSON object, or goes past a limit of `options`.
    pub fn begin(
        &mut self,
        event: &[u8],
        options: &ReadOptions,
        hidden: &[String],
        now_us: i64,
    ) -> Result<(), EventError> {
        self.now_us = now_us;
        self.overlay.clear();
        self.overlay.duplicates = options.duplicate_keys;
        self.results.iter_mut().for_each(|result| *result = None);
        self.event.clear();
        let is_object = |text: &str| text.trim_ascii_start().starts_with('{');
        if hidden.is_empty() {
            let text = self.extraction.read(self.plan.trie(), event, options)?;
            self.event.push_str(text);
        } else {
            let text = cascata_vm::json::validate(event, options)?;
            // Asked before keys are left out of it: what comes of that is an object always.
            if !is_object(text) {
                return Err(EventError::NotAnObject);
            }
            self.event.push_str(&overlay::without(text, hidden));
            self.extraction.read(self.plan.trie(), self.event.as_bytes(), options)?;
        }
        if !is_object(&self.event) {
            return Err(EventError::NotAnObject);
        }
        Ok(())
    }

    /// The paths and stages of the program.
    #[must_use]
    pub const fn plan(&self) -> &Arc<FactsPlan> {
        &self.plan
    }

    /// The name of a stage; empty if there is no such stage.
    #[must_use]
    pub fn stage_name(&self, stage: StageId) -> &str {
        self.plan.stage_name(stage)
    }

    /// What counts as now for the whole cascade, in microseconds since 1970 UTC.
    #[must_use]
    pub const fn now_us(&self) -> i64 {
        self.now_us
    }

    /// The event as it came, without hidden keys and without writes.
    #[must_use]
    pub fn event_text(&self) -> &str {
        &self.event
    }

    /// The event with all writes made so far, as JSON text; keys keep their order, new ones follow.
    #[must_use]
    pub fn current_text(&self) -> &str {
        if self.overlay.is_empty() {
            return &self.event;
        }
        match self.overlay.read(&self.event, &[]) {
            Some(Value::Object(Object::Json(text))) => text,
            _ => &self.event,
        }
    }

    /// True when something was written to the event.
    #[must_use]
    pub fn has_writes(&self) -> bool {
        !self.overlay.is_empty()
    }

    /// The value at any path: `stages.S…` reads results, anything else the event with the writes made so far.
    #[must_use]
    pub fn field(&self, path: &[Segment]) -> Value<'_> {
        if let Some(stage) = self.plan.stage_path(path) {
            return self.stage_value(&stage, path);
        }
        if !self.overlay.is_empty()
            && let Some(value) = self.overlay.read(&self.event, path)
        {
            return value;
        }
        overlay::look_up(&self.event, path, self.overlay.duplicates)
    }

    /// The value at a path of the event as it came, whatever was written since.
    #[must_use]
    pub fn event_field(&self, path: &[Segment]) -> Value<'_> {
        overlay::look_up(&self.event, path, self.overlay.duplicates)
    }

    /// The latest result of a stage; `None` if it has not run.
    #[must_use]
    pub fn result(&self, stage: StageId) -> Option<&StageResult> {
        self.results.get(stage.index()).and_then(Option::as_ref)
    }

    /// `stages.S` of a stage that has run, as JSON text.
    #[must_use]
    pub fn result_json(&self, stage: StageId) -> Option<&str> {
        self.result(stage).map(|result| result.whole(self.stage_name(stage)))
    }

    /// About how many bytes event, writes and results hold.
    pub(crate) fn held_bytes(&self) -> usize {
        let results = self.results.iter().flatten().map(StageResult::held_bytes);
        let held = self.event.capacity().saturating_add(self.overlay.held_bytes());
        results.fold(held, usize::saturating_add)
    }

    /// Which of duplicate keys counts.
    #[must_use]
    pub const fn duplicate_keys(&self) -> DuplicateKeys {
        self.overlay.duplicates
    }

    /// Records what a stage left.
    pub fn set_result(&mut self, stage: StageId, result: StageResult) {
        if let Some(slot) = self.results.get_mut(stage.index()) {
            *slot = Some(result);
        }
    }

    /// Records what a stage put out, taken from where that lies.
    pub(crate) fn set_output(
        &mut self,
        stage: StageId,
        output: &mut StageOutput,
        time: Duration,
        attempts: u32,
    ) -> Option<&mut StageResult> {
        Some(self.results.get_mut(stage.index())?.insert(StageResult::of(output, time, attempts)))
    }

    /// Records why a stage failed.
    pub(crate) fn set_failure(
        &mut self,
        stage: StageId,
        failure: &mut StageFailure,
        time: Duration,
        attempts: u32,
    ) -> Option<&mut StageResult> {
        let failure = std::mem::replace(failure, StageFailure::new(failure.kind, ""));
        Some(self.results.get_mut(stage.index())?.insert(StageResult::failed(failure, time, attempts)))
    }

    /// Writes valid JSON text to a path of the event.
    ///
    /// # Errors
    /// The path goes through a present value that is no mapping, or is no path of keys. Nothing is written then.
    pub fn write(&mut self, path: &[Segment], json: String) -> Result<(), WriteError> {
        self.overlay.set(&self.event, path, json)
    }

    /// Writes what a handler asked for, whose text nobody has read yet.
    ///
    /// # Errors
    /// As [`State::write`], and if the text is no JSON.
    pub fn write_unread(&mut self, path: &[Segment], json: String) -> Result<(), WriteError> {
        cascata_vm::json::validate(json.as_bytes(), &ReadOptions::default())
            .map_err(|source| WriteError::NotJson { path: dotted(path), source })?;
        self.write(path, json)
    }

    /// What was read of the event and the number of a path there, for those who ask several things of one path of the event; `None` if
    /// somebody wrote to the event.
    #[inline]
    pub(crate) fn unwritten_at(&self, path: PathId) -> Option<(&Extraction, PathId)> {
        Some((&self.extraction, self.unwritten(path)?))
    }

    /// Where the event has a field, if nobody wrote any.
    #[inline]
    fn unwritten(&self, path: PathId) -> Option<PathId> {
        match self.plan.source(path)? {
            Source::Event(slot) => self.plain(*slot),
            Source::Stage(_) => None,
        }
    }

    #[inline]
    fn plain(&self, slot: PathId) -> Option<PathId> {
        self.overlay.is_empty().then_some(slot)
    }

    /// The result or the confidence of a stage, where a path leads to the whole of it: what most rules ask of a stage.
    #[inline]
    fn said(&self, stage: &StagePath, path: PathId) -> Option<&OwnedValue> {
        let result = self.result(stage.stage?)?;
        let said = match stage.part {
            Part::Result => &result.result,
            Part::Confidence => &result.confidence,
            _ => return None,
        };
        (self.plan.path(path).len() == stage.used).then_some(said)
    }

    fn stage_value<'a>(&'a self, stage: &StagePath, path: &[Segment]) -> Value<'a> {
        let Some(id) = stage.stage else { return Value::Missing };
        let below = path.get(stage.used..).unwrap_or_default();
        self.result(id).map_or(Value::Missing, |result| result.read(self.stage_name(id), stage.part, below))
    }
}

impl Facts for State {
    fn get(&self, path: PathId) -> Value<'_> {
        match self.plan.source(path) {
            Some(Source::Event(slot)) => {
                if !self.overlay.is_empty()
                    && let Some(value) = self.overlay.read(&self.event, self.plan.path(path))
                {
                    return value;
                }
                self.extraction.get(&self.event, *slot)
            }
            Some(Source::Stage(stage)) => self.stage_value(stage, self.plan.path(path)),
            None => Value::Missing,
        }
    }

    fn now_us(&self) -> Option<i64> {
        Some(Self::now_us(self))
    }

    #[inline]
    fn int(&self, path: PathId) -> Option<i64> {
        match self.plan.source(path)? {
            Source::Event(slot) => self.extraction.int(self.plain(*slot)?),
            Source::Stage(stage) => match self.said(stage, path)? {
                OwnedValue::Int(number) => Some(*number),
                _ => None,
            },
        }
    }

    #[inline]
    fn float(&self, path: PathId) -> Option<f64> {
        match self.plan.source(path)? {
            Source::Event(slot) => self.extraction.float(self.plain(*slot)?),
            Source::Stage(stage) => match self.said(stage, path)? {
                OwnedValue::Float(number) => Some(*number),
                _ => None,
            },
        }
    }

    #[inline]
    fn truth(&self, path: PathId) -> Option<bool> {
        self.extraction.truth(self.unwritten(path)?)
    }

    #[inline]
    fn text(&self, path: PathId) -> Option<&str> {
        match self.plan.source(path)? {
            Source::Event(slot) => self.extraction.text(&self.event, self.plain(*slot)?),
            Source::Stage(stage) => match self.said(stage, path)? {
                OwnedValue::Text(text) => Some(text),
                _ => None,
            },
        }
    }

    #[inline]
    fn text_bytes(&self, path: PathId) -> Option<&[u8]> {
        match self.plan.source(path)? {
            Source::Event(slot) => self.extraction.text_bytes(&self.event, self.plain(*slot)?),
            Source::Stage(_) => self.text(path).map(str::as_bytes),
        }
    }

    #[inline]
    fn json_array(&self, path: PathId) -> Option<&str> {
        self.extraction.json_array(&self.event, self.unwritten(path)?)
    }
}
