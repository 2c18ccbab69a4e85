//! The contract between the engine and whatever runs a stage: one call in, one output or failure out.
//!
//! ```text
//! engine ─ StageCall ─▶ plugins (tower layers) ─▶ StageHandler (native, WASM, …)
//!        ◀─ Result<StageOutput, StageFailure> ─┘
//! ```

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use cascata_vm::{Segment, StageId, Value};
use tokio::time::Instant;

use crate::state::State;
use crate::value::OwnedValue;

mod failure;
mod guard;
mod marks;
mod moment;
mod stack;

pub use failure::{FailureKind, StageFailure};
pub(crate) use guard::{Guarded, at_once, start};
pub use marks::Marks;
pub(crate) use moment::{Came, came, comes_now};
pub use stack::StageStack;

/// What a stage handler sees: an immutable snapshot of its cascade, shared cheaply.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StageCall {
    /// Event, writes and stage results as they stood when the stage began.
    pub state: Arc<State>,
    /// Which stage runs.
    pub stage: StageId,
    /// Counts the passes over the stage's plugin list, from 1. Plugins that retry count on.
    pub attempt: u32,
    /// When the budget of this pass ends: the stage's `timeout_ms` or what is left of the cascade's, whichever is sooner.
    pub deadline: Instant,
    /// When the call was made, where nothing can have kept it since: saves a look at the clock.
    made: Option<Instant>,
    /// The deadline is the cascade's, which comes before that of the stage.
    of_cascade: bool,
}

impl StageCall {
    /// A call for one pass over a stage.
    #[must_use]
    pub const fn new(state: Arc<State>, stage: StageId, attempt: u32, deadline: Instant) -> Self {
        Self { state, stage, attempt, deadline, made: None, of_cascade: false }
    }

    /// Says whether the deadline is that of the whole cascade. A call that such a deadline cuts short says nothing about its
    /// handler. Default false.
    #[must_use]
    pub const fn bounded_by_cascade(mut self, bounded: bool) -> Self {
        self.of_cascade = bounded;
        self
    }

    /// Gives one attempt less time than the call has.
    pub(crate) const fn shortened(&mut self, deadline: Instant) {
        self.deadline = deadline;
        self.of_cascade = false;
    }

    /// What plugins need to tell why a call ended late.
    pub(crate) const fn limit(&self) -> Limit {
        Limit { deadline: self.deadline, of_cascade: self.of_cascade }
    }

    /// Says when the call was made, where its handler takes it up at that moment: it need not look at the clock then. What is left
    /// of the budget is counted from there. Default: the handler looks.
    #[must_use]
    pub const fn made_at(mut self, now: Instant) -> Self {
        self.made = Some(now);
        self
    }

    /// When the call was made; now, if nobody asked before.
    pub(crate) fn made(&mut self) -> Instant {
        *self.made.get_or_insert_with(Instant::now)
    }

    /// A call that was kept for a while: what comes next is to look at the clock.
    pub(crate) const fn was_kept(&mut self) {
        self.made = None;
    }

    /// What was left of the budget when the handler took the call up. To be asked before anything is awaited.
    #[cfg(feature = "wasm")]
    pub(crate) fn remaining_at_start(&self) -> Duration {
        self.made.map_or_else(|| self.remaining(), |made| self.deadline.saturating_duration_since(made))
    }

    /// The name of the stage as the cascade has it.
    #[must_use]
    pub fn stage_name(&self) -> &str {
        self.state.stage_name(self.stage)
    }

    /// The value at a path: `stages.*` reads results, anything else the event with the writes made so far.
    #[must_use]
    pub fn field(&self, path: &[Segment]) -> Value<'_> {
        self.state.field(path)
    }

    /// What is left of the budget of this pass; zero when it is spent.
    #[must_use]
    pub fn remaining(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }
}

/// When a call has to end, and by whose will.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limit {
    deadline: Instant,
    of_cascade: bool,
}

impl Limit {
    /// The stage's own time is over.
    pub(crate) fn is_over(self) -> bool {
        !self.of_cascade && Instant::now() >= self.deadline
    }

    /// Whether a failure of this kind comes of the cascade's time being over and says nothing about the handler.
    pub(crate) fn excuses(self, kind: FailureKind) -> bool {
        let late = matches!(kind, FailureKind::Timeout | FailureKind::Deadline);
        late && self.of_cascade && Instant::now() >= self.deadline
    }
}

/// What a stage returns when it succeeds.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct StageOutput {
    /// The result, read as `stages.S.result`.
    pub result: OwnedValue,
    /// The confidence; [`OwnedValue::Null`] when the stage gave none.
    pub confidence: OwnedValue,
    /// JSON text of further data, read as `stages.S.data` and `stages.S.x`; an object in all but odd cases.
    pub data: Option<String>,
    /// Writes to the event, applied in plan order when the stage has succeeded.
    pub writes: Vec<Write>,
    /// Fuel spent, where the handler is metered.
    pub fuel: Option<u64>,
    /// The most memory held, in bytes, where the handler is metered.
    pub memory_bytes: Option<u64>,
    /// What the handler logged.
    pub logs: Vec<LogLine>,
    /// Set by a cache: how old the kept result is. The handler did not run then.
    pub cached: Option<Duration>,
    /// How many calls a retry plugin made; none without such a plugin.
    pub attempts: Option<u32>,
    /// What else plugins did.
    pub marks: Marks,
    pub(crate) came: Came,
}

impl StageOutput {
    /// An output with a result and nothing else.
    #[must_use]
    pub fn new(result: impl Into<OwnedValue>) -> Self {
        Self { result: result.into(), ..Self::default() }
    }

    /// Adds a confidence.
    #[must_use]
    pub fn with_confidence(mut self, confidence: f64) -> Self {
        self.confidence = OwnedValue::Float(confidence);
        self
    }

    /// Adds data.
    #[must_use]
    pub fn with_data(mut self, data: &serde_json::Map<String, serde_json::Value>) -> Self {
        // A map with text keys always has a JSON form.
        self.data = serde_json::to_string(data).ok();
        self
    }

    /// Reads what a handler returned as plain JSON: a mapping gives `result`, `confidence` and `data` (its other keys are
    /// dropped), any other value is the result itself.
    ///
    /// Empty `data` counts as none. `data` that is no mapping is kept as it is: `stages.S.data` reads it, `stages.S.x` is missing.
    #[must_use]
    pub fn from_json(returned: &serde_json::Value) -> Self {
        let Some(mapping) = returned.as_object() else {
            return Self::new(returned);
        };
        let part = |key: &str| mapping.get(key).map(OwnedValue::from).unwrap_or_default();
        Self {
            result: part("result"),
            confidence: part("confidence"),
            data: mapping.get("data").filter(|data| !is_empty(data)).map(ToString::to_string),
            ..Self::default()
        }
    }
}

/// Null, false, zero and everything of length 0: `data` that says nothing.
fn is_empty(data: &serde_json::Value) -> bool {
    match data {
        serde_json::Value::Null | serde_json::Value::Bool(false) => true,
        serde_json::Value::Bool(true) => false,
        serde_json::Value::Number(number) => number.as_f64() == Some(0.0),
        serde_json::Value::String(text) => text.is_empty(),
        serde_json::Value::Array(items) => items.is_empty(),
        serde_json::Value::Object(entries) => entries.is_empty(),
    }
}

/// One write to the event that a handler asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct Write {
    /// Where to; keys only.
    pub path: Vec<Segment>,
    /// Valid JSON text of the value.
    pub json: String,
}

/// One line that a handler logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// How important it is.
    pub level: LogLevel,
    /// What it says.
    pub message: String,
}

/// How important a log line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LogLevel {
    /// Very detailed.
    Trace,
    /// For whoever writes the handler.
    Debug,
    /// Ordinary.
    Info,
    /// Something is odd.
    Warn,
    /// Something failed.
    Error,
}

impl LogLevel {
    /// The level in lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Trace => "trace",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

/// What a handler's call becomes.
pub type StageFuture = Pin<Box<dyn Future<Output = Result<StageOutput, StageFailure>> + Send>>;

/// A stage's handler inside its plugins; every plugin is a layer from one such service to another.
pub type StageService = tower::util::BoxCloneSyncService<StageCall, StageOutput, StageFailure>;

/// Runs a stage.
///
/// Calls may overlap; a handler that has state guards it itself. A dropped future is a cancelled call.
pub trait StageHandler: Send + Sync + 'static {
    /// Starts one call.
    fn call(&self, call: StageCall) -> StageFuture;

    /// Runs one call to its end, if that takes no waiting and no longer than a task may keep its thread; asked before
    /// [`call`](Self::call), it saves making a future. Default: no call is run so.
    fn call_at_once(&self, call: StageCall) -> AtOnce {
        AtOnce::Later(call)
    }
}

/// What [`StageHandler::call_at_once`] came to.
#[derive(Debug)]
pub enum AtOnce {
    /// The call ran.
    Done(Result<StageOutput, StageFailure>),
    /// It may have to wait: the call comes back untouched, for [`StageHandler::call`].
    Later(StageCall),
}

impl<H: StageHandler + ?Sized> StageHandler for Arc<H> {
    fn call(&self, call: StageCall) -> StageFuture {
        (**self).call(call)
    }

    fn call_at_once(&self, call: StageCall) -> AtOnce {
        (**self).call_at_once(call)
    }
}

/// A handler made of an async function or closure.
#[derive(Clone, Debug)]
pub struct HandlerFn<F>(F);

/// Makes a handler of an async function: `handler_fn(|call: StageCall| async move { Ok(StageOutput::new("pass")) })`.
pub const fn handler_fn<F, R>(function: F) -> HandlerFn<F>
where
    F: Fn(StageCall) -> R + Send + Sync + 'static,
    R: Future<Output = Result<StageOutput, StageFailure>> + Send + 'static,
{
    HandlerFn(function)
}

impl<F, R> StageHandler for HandlerFn<F>
where
    F: Fn(StageCall) -> R + Send + Sync + 'static,
    R: Future<Output = Result<StageOutput, StageFailure>> + Send + 'static,
{
    fn call(&self, call: StageCall) -> StageFuture {
        Box::pin((self.0)(call))
    }
}

/// A handler as the innermost tower service of a stage. A panic of the handler is a failure that plugins see.
#[derive(Clone)]
pub struct HandlerService(Arc<dyn StageHandler>);

impl HandlerService {
    /// Wraps a handler.
    #[must_use]
    pub fn new(handler: Arc<dyn StageHandler>) -> Self {
        Self(handler)
    }

    /// The same, boxed for a plugin list.
    #[must_use]
    pub fn boxed(handler: Arc<dyn StageHandler>) -> StageService {
        StageService::new(Self(handler))
    }
}

impl std::fmt::Debug for HandlerService {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HandlerService").finish_non_exhaustive()
    }
}

impl tower::Service<StageCall> for HandlerService {
    type Response = StageOutput;
    type Error = StageFailure;
    type Future = Guarded;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), StageFailure>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, call: StageCall) -> Guarded {
        match at_once(&*self.0, call) {
            AtOnce::Done(outcome) => Guarded::Ended(Some(outcome)),
            AtOnce::Later(call) => start(|| self.0.call(call)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_mapping_is_read_by_its_three_keys_and_others_are_dropped() {
        let output =
            StageOutput::from_json(&json!({"result": 1, "confidence": true, "data": {"z": [1]}, "error": "x"}));
        assert_eq!(output.result, OwnedValue::Int(1));
        assert_eq!(output.confidence, OwnedValue::Bool(true));
        assert_eq!(output.data.as_deref(), Some(r#"{"z":[1]}"#));
    }

    #[test]
    fn anything_but_a_mapping_is_the_result() {
        assert_eq!(StageOutput::from_json(&json!("pass")).result, OwnedValue::Text("pass".to_owned()));
        assert_eq!(StageOutput::from_json(&json!(null)).result, OwnedValue::Null);
        assert_eq!(StageOutput::from_json(&json!([1])).result, OwnedValue::Json("[1]".to_owned()));
    }

    #[test]
    fn empty_data_counts_as_none_and_a_list_is_kept() {
        assert_eq!(StageOutput::from_json(&json!({"data": {}})).data, None);
        assert_eq!(StageOutput::from_json(&json!({"data": null})).data, None);
        assert_eq!(StageOutput::from_json(&json!({"data": [1]})).data.as_deref(), Some("[1]"));
    }
}
