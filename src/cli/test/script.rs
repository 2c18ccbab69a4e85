//! Stages that do as a test tells them.

use std::collections::HashMap;
use std::error::Error;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cascata::modules::ModuleFolder;
use cascata_compiler::testing::{Attempt, Failure, TestCase};
use cascata_config::HandlerConfig;
use cascata_runtime::engine::{HandlerRequest, HandlerSource, Resolved};
use cascata_runtime::{
    FailureKind, OwnedValue, StageCall, StageFailure, StageFuture, StageHandler, StageOutput, Write,
};

/// The handlers of one test: scripted ones where it has a script, modules elsewhere.
pub struct Scripts {
    modules: ModuleFolder,
    by_stage: HashMap<String, Arc<[Step]>>,
    reached: Reached,
}

/// The stages that ran and have neither a script nor a handler that can run here.
#[derive(Clone, Default)]
pub struct Reached(Arc<Mutex<Vec<String>>>);

impl Reached {
    /// Their names, in order.
    pub fn names(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Scripts {
    /// Those of a case.
    pub fn new(case: &TestCase, modules: ModuleFolder) -> Self {
        let scripted = case.stages.iter().filter(|script| !script.attempts.is_empty());
        let by_stage = scripted.map(|script| {
            let steps = script.attempts.iter().map(Step::new).collect();
            (script.stage.value.clone(), steps)
        });
        Self { modules, by_stage: by_stage.collect(), reached: Reached::default() }
    }

    /// What will be known of stages without a script.
    pub fn reached(&self) -> Reached {
        self.reached.clone()
    }

    /// Whether a stage has a script.
    pub fn has(&self, stage: &str) -> bool {
        self.by_stage.contains_key(stage)
    }
}

impl HandlerSource for Scripts {
    fn handler(&self, request: &HandlerRequest<'_>) -> Result<Option<Resolved>, Box<dyn Error + Send + Sync>> {
        let stage = request.stage.name();
        if let Some(steps) = self.by_stage.get(stage) {
            let scripted = Scripted { steps: Arc::clone(steps), calls: AtomicUsize::new(0) };
            return Ok(Some(Resolved::new(Arc::new(scripted))));
        }
        // A test that asks a service would pass or fail with it.
        if let Some(HandlerConfig::Native(_) | HandlerConfig::Http(_)) = &request.host.handler {
            let unscripted = Unscripted { stage: stage.to_owned(), reached: self.reached.clone() };
            return Ok(Some(Resolved::new(Arc::new(unscripted))));
        }
        self.modules.handler(request)
    }
}

/// What happens at one attempt.
struct Step {
    time: Duration,
    result: Result<StageOutput, StageFailure>,
}

impl Step {
    fn new(attempt: &Attempt) -> Self {
        let result = match &attempt.failure {
            Some(failure) => Err(stage_failure(failure)),
            None => Ok(output(attempt)),
        };
        Self { time: Duration::from_millis(attempt.time_ms), result }
    }
}

fn output(attempt: &Attempt) -> StageOutput {
    let mut output = StageOutput::new(&attempt.result);
    output.confidence = OwnedValue::from(&attempt.confidence);
    output.data = (!attempt.data.is_null()).then(|| attempt.data.to_string());
    let write = |(path, value): &(Vec<_>, serde_json::Value)| Write { path: path.clone(), json: value.to_string() };
    output.writes = attempt.writes.iter().map(write).collect();
    output
}

fn stage_failure(failure: &Failure) -> StageFailure {
    // Unknown kinds were reported when the file was read.
    let kind = failure.kind.as_ref().and_then(|kind| FailureKind::from_name(&kind.value));
    let kind = kind.unwrap_or(FailureKind::Handler);
    let message = failure.message.clone().unwrap_or_else(|| kind.text().to_owned());
    let mut made = StageFailure::new(kind, message);
    made.status = failure.status;
    made.retryable = failure.retryable.unwrap_or(made.retryable);
    made
}

/// A handler that performs one step a call; the last one repeats.
struct Scripted {
    steps: Arc<[Step]>,
    calls: AtomicUsize,
}

impl StageHandler for Scripted {
    fn call(&self, _: StageCall) -> StageFuture {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        let step = self.steps.get(call).or_else(|| self.steps.last());
        let (time, result) =
            step.map_or_else(|| (Duration::ZERO, Ok(StageOutput::default())), |step| (step.time, step.result.clone()));
        Box::pin(async move {
            if !time.is_zero() {
                tokio::time::sleep(time).await;
            }
            result
        })
    }
}

/// A native handler that nobody has here. The test that reaches it says so, whatever the cascade makes of the failure.
struct Unscripted {
    stage: String,
    reached: Reached,
}

impl StageHandler for Unscripted {
    fn call(&self, _: StageCall) -> StageFuture {
        self.reached.0.lock().unwrap_or_else(PoisonError::into_inner).push(self.stage.clone());
        Box::pin(std::future::ready(Err(StageFailure::new(FailureKind::NoHandler, "not scripted"))))
    }
}
