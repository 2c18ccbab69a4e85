//! Gives a result where the handler has none: a constant, another stage's handler, one of the host.
//!
//! ```text
//! call ─▶ handler ─ success ───────────────▶ result
//!            └─ failure of one of `kinds` ─▶ step 1 ─ failure ─▶ step 2 … ─▶ result, marked degraded
//!                                                                   └─ the last step failed: its failure
//! ```

use super::around::Around;
use super::event::{Listeners, PluginEvent};
use super::retry::kinds;
use super::{PluginContext, PluginError};
use crate::{FailureKind, HandlerService, StageCall, StageFailure, StageFuture, StageOutput, StageService};
use cascata_config::{FallbackLevel, FallbackOptions, FallbackStep};
use cascata_vm::StageId;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tower::Service as _;
use tower::ServiceExt as _;

/// The steps of one stage.
pub(super) struct Fallback {
    stage: Arc<str>,
    steps: Vec<Step>,
    /// None for every kind of failure.
    on: Option<Vec<FailureKind>>,
    level: FallbackLevel,
    listeners: Arc<Listeners>,
}

/// One thing to try.
enum Step {
    Value(Box<StageOutput>),
    Call { what: String, service: StageService, stage: Option<StageId> },
}

impl Step {
    fn new(step: &FallbackStep, cx: &PluginContext) -> Result<Self, PluginError> {
        let unknown = |what: String| PluginError::NoFallback { stage: cx.stage.to_string(), what };
        let (what, handler, stage) = match step {
            FallbackStep::Value(value) => return Ok(Self::Value(Box::new(StageOutput::from_json(value)))),
            FallbackStep::Stage(name) => {
                let what = format!("stage {name}");
                match cx.alternatives.stages.get(name) {
                    Some((stage, handler)) => (what, handler, Some(*stage)),
                    None => return Err(unknown(what)),
                }
            }
            FallbackStep::Handler(name) => {
                let what = format!("handler {name}");
                match cx.alternatives.handlers.get(name) {
                    Some(handler) => (what, handler, None),
                    None => return Err(unknown(what)),
                }
            }
            _ => return Err(unknown("a step that this version does not know".to_owned())),
        };
        Ok(Self::Call { what, service: HandlerService::boxed(Arc::clone(handler)), stage })
    }

    fn name(&self) -> &str {
        match self {
            Self::Value(_) => "value",
            Self::Call { what, .. } => what,
        }
    }

    async fn run(&self, call: &StageCall) -> Result<StageOutput, StageFailure> {
        match self {
            Self::Value(output) => Ok((**output).clone()),
            Self::Call { service, stage, .. } => {
                let mut call = call.clone();
                call.stage = stage.unwrap_or(call.stage);
                call.was_kept();
                service.clone().oneshot(call).await
            }
        }
    }
}

impl Fallback {
    /// The steps that the options name, for failures of the kinds that they name.
    ///
    /// # Errors
    /// A stage or handler in them does not exist, or a kind of failure.
    pub(super) fn new(
        options: &FallbackOptions,
        cx: &PluginContext,
        listeners: Arc<Listeners>,
    ) -> Result<Self, PluginError> {
        let on = options.kinds.as_deref().map(|names| kinds("kinds", names)).transpose();
        let on = on.map_err(|message| cx.refused("fallback", message))?;
        let nothing = [FallbackStep::Value(serde_json::Value::Null)];
        let steps = if options.steps.is_empty() { &nothing } else { options.steps.as_slice() };
        Self::of(steps, on, options.level, cx, listeners)
    }

    /// What another plugin does with the calls that it rejects.
    pub(super) fn for_rejected(
        steps: &[FallbackStep],
        kind: FailureKind,
        cx: &PluginContext,
        listeners: Arc<Listeners>,
    ) -> Result<Self, PluginError> {
        Self::of(steps, Some(vec![kind]), FallbackLevel::Info, cx, listeners)
    }

    fn of(
        steps: &[FallbackStep],
        on: Option<Vec<FailureKind>>,
        level: FallbackLevel,
        cx: &PluginContext,
        listeners: Arc<Listeners>,
    ) -> Result<Self, PluginError> {
        let steps = steps.iter().map(|step| Step::new(step, cx)).collect::<Result<_, _>>()?;
        Ok(Self { stage: Arc::clone(&cx.stage), steps, on, level, listeners })
    }

    fn stands_in_for(&self, failure: &StageFailure) -> bool {
        let named = |kinds: &Vec<FailureKind>| kinds.contains(&failure.kind) || kinds.contains(&failure.root_kind());
        self.on.as_ref().is_none_or(named)
    }

    async fn degrade(self: Arc<Self>, call: StageCall, failure: StageFailure) -> Result<StageOutput, StageFailure> {
        let mut last = failure.clone();
        for step in &self.steps {
            match step.run(&call).await {
                Ok(output) => {
                    self.listeners.emit(&PluginEvent::Degraded {
                        stage: &self.stage,
                        step: step.name(),
                        kind: failure.root_kind(),
                        message: &failure.message,
                        level: self.level,
                    });
                    return Ok(degraded(output, failure));
                }
                Err(failed) => last = failed,
            }
        }
        last.marks.breaker = last.marks.breaker.or(failure.marks.breaker);
        Err(last)
    }
}

/// A result in place of a failure, with what the failure took and said.
fn degraded(mut output: StageOutput, failure: StageFailure) -> StageOutput {
    output.marks.degraded = true;
    output.marks.breaker = output.marks.breaker.or(failure.marks.breaker);
    output.marks.retry = output.marks.retry.or(failure.marks.retry);
    output.attempts = output.attempts.or(failure.attempts);
    output.fuel = output.fuel.or(failure.fuel);
    output.memory_bytes = output.memory_bytes.max(failure.memory_bytes);
    let said = std::mem::replace(&mut output.logs, failure.logs);
    output.logs.extend(said);
    output
}

impl Around for Fallback {
    type Future = FallbackFuture;

    fn call(self: &Arc<Self>, inner: &mut StageService, call: StageCall) -> FallbackFuture {
        let future = inner.call(call.clone());
        FallbackFuture { future, then: Some((Arc::clone(self), call)) }
    }
}

/// A call, and then what stands in for it.
pub(super) struct FallbackFuture {
    future: StageFuture,
    /// None once the fallback runs.
    then: Option<(Arc<Fallback>, StageCall)>,
}

impl Future for FallbackFuture {
    type Output = Result<StageOutput, StageFailure>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        loop {
            let result = match (ready!(this.future.as_mut().poll(cx)), this.then.take()) {
                (Err(failure), Some((fallback, call))) if fallback.stands_in_for(&failure) => {
                    this.future = Box::pin(fallback.degrade(call, failure));
                    continue;
                }
                (result, _) => result,
            };
            return Poll::Ready(result);
        }
    }
}

#[cfg(test)]
#[path = "fallback_tests.rs"]
mod tests;
