//! For tests of cascades and plugins: handlers that do as told, and calls without an engine.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cascata_vm::StageId;
use cascata_vm::json::ReadOptions;
use serde_json::Value;
use tokio::time::Instant;

use crate::stage::{StageCall, StageFailure, StageFuture, StageHandler, StageOutput, StageStack, came};
use crate::state::{EventError, FactsPlan, State};

/// What a scripted handler does when it is called.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Step {
    /// Returns a value, read as [`StageOutput::from_json`] does.
    Return(Value),
    /// Fails with a message.
    Raise(String),
    /// Never finishes.
    Hang,
    /// Waits so many milliseconds, then goes on with the step inside.
    After(u64, Box<Step>),
}

impl Step {
    /// Reads `{"return": v}`, `{"raise": "message"}` or `{"hang": true}`; `None` for anything else.
    #[must_use]
    pub fn from_json(step: &Value) -> Option<Self> {
        let (key, value) = step.as_object()?.iter().next()?;
        match key.as_str() {
            "return" => Some(Self::Return(value.clone())),
            "raise" => value.as_str().map(|message| Self::Raise(message.to_owned())),
            "hang" => Some(Self::Hang),
            _ => None,
        }
    }
}

/// A handler that performs one step per call; after the last step the last one repeats.
///
/// Clones share the count of calls, so a test keeps one and gives the other away.
#[derive(Clone, Debug)]
pub struct ScriptedHandler {
    steps: Arc<[Step]>,
    calls: Arc<AtomicUsize>,
}

impl ScriptedHandler {
    /// A handler with these steps. Without any it returns null.
    #[must_use]
    pub fn new(steps: Vec<Step>) -> Self {
        Self { steps: steps.into(), calls: Arc::default() }
    }

    /// A handler that always returns the same.
    #[must_use]
    pub fn returning(value: Value) -> Self {
        Self::new(vec![Step::Return(value)])
    }

    /// How often it was called.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}

impl StageHandler for ScriptedHandler {
    fn call(&self, _: StageCall) -> StageFuture {
        let call = self.calls.fetch_add(1, Ordering::SeqCst);
        let step = self.steps.get(call).or_else(|| self.steps.last()).cloned();
        Box::pin(perform(step.unwrap_or(Step::Return(Value::Null))))
    }
}

async fn perform(mut step: Step) -> Result<StageOutput, StageFailure> {
    loop {
        match step {
            Step::Return(value) => return Ok(StageOutput::from_json(&value)),
            Step::Raise(message) => return Err(StageFailure::handler(message)),
            Step::Hang => std::future::pending::<()>().await,
            Step::After(wait_ms, then) => {
                tokio::time::sleep(Duration::from_millis(wait_ms)).await;
                step = *then;
                continue;
            }
        }
        step = Step::Hang;
    }
}

/// A call of the first of `stages` on an event, with a budget of an hour, for tests of handlers and plugins without an engine.
///
/// # Errors
/// The event is no JSON object.
pub fn call_on(event: &str, stages: &[&str]) -> Result<StageCall, EventError> {
    let names = stages.iter().map(|&name| name.to_owned()).collect();
    let mut state = State::new(Arc::new(FactsPlan::new(Vec::new(), names)));
    state.begin(event.as_bytes(), &ReadOptions::default(), &[], 0)?;
    let hour = Duration::from_hours(1);
    let now = Instant::now();
    Ok(StageCall::new(Arc::new(state), StageId::new(0), 1, now.checked_add(hour).unwrap_or(now)))
}

/// Makes a call as the engine does, which looks at the clock when a pass begins and when its result came, and tells plugins: gives the
/// result and how long it took.
pub async fn timed_call(stack: &StageStack, call: StageCall) -> (Result<StageOutput, StageFailure>, Duration) {
    let began = Instant::now();
    let mut result = stack.call(call.made_at(began)).await;
    let took = came(&mut result).saturating_duration_since(began);
    (result, took)
}
