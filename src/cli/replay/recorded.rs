//! Stages that answer as they did when the decision was recorded.

use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cascata::modules::ModuleFolder;
use cascata_config::{Determinism, HandlerConfig};
use cascata_record::{DecisionRecord, Field, StageRecord, StageStatus, Step, WhySkipped, WriteRecord};
use cascata_runtime::engine::{HandlerRequest, HandlerSource, Resolved};
use cascata_runtime::{
    FailureKind, OwnedValue, StageCall, StageFailure, StageFuture, StageHandler, StageOutput, Write,
};
use cascata_vm::Segment;

/// The record that is replayed at the moment.
#[derive(Clone, Default)]
pub struct Slot(Arc<Mutex<Option<Arc<DecisionRecord>>>>);

impl Slot {
    /// Goes over to another record.
    pub fn set(&self, record: Arc<DecisionRecord>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(record);
    }

    /// The record.
    pub fn get(&self) -> Option<Arc<DecisionRecord>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Makes stages answer as recorded, those whose modules are deterministic live where they are asked for.
pub struct Source {
    /// What is replayed.
    pub slot: Slot,
    /// Where live stages are loaded from.
    pub live: Option<ModuleFolder>,
}

impl HandlerSource for Source {
    fn handler(&self, request: &HandlerRequest<'_>) -> Result<Option<Resolved>, Box<dyn Error + Send + Sync>> {
        let stage = request.stage.name();
        let record = self.slot.get();
        let ran = record.as_ref().and_then(|record| record.stages.iter().find(|ran| ran.name == stage));
        let had_none = |record: &Arc<DecisionRecord>| {
            record.skipped.iter().any(|skipped| skipped.stage == stage && skipped.why == WhySkipped::NoHandler)
        };
        if request.host.handler.is_none() && record.as_ref().is_some_and(had_none) {
            return Ok(None);
        }
        let strict =
            matches!(&request.host.handler, Some(HandlerConfig::Wasm(wasm)) if wasm.determinism == Determinism::Strict);
        // What a cache answered, or a plugin after several calls, is not what one call of the module says.
        let one_call = ran.is_none_or(|ran| ran.attempts == 1);
        if let Some(modules) = self.live.as_ref().filter(|_| strict && one_call) {
            return Ok(modules.handler(request)?.map(Resolved::without_plugins));
        }
        let answer = Recorded { slot: self.slot.clone(), late: late(record.as_deref(), stage) };
        let mut resolved = Resolved::new(Arc::new(answer)).without_plugins();
        if let Some(module) = ran.and_then(|ran| ran.module.clone()) {
            resolved = resolved.with_module(module.clone(), module);
        }
        Ok(Some(resolved))
    }
}

/// Whether the cascade's time was over when this stage, the last one that ran, had finished.
fn late(record: Option<&DecisionRecord>, stage: &str) -> bool {
    let Some(record) = record else { return false };
    let timed_out = record.errors.iter().any(|error| error.kind == FailureKind::GlobalTimeout.name());
    let cancelled = record.stages.iter().any(|ran| ran.status == StageStatus::Cancelled);
    timed_out && !cancelled && record.stages.last().is_some_and(|last| last.name == stage)
}

/// Answers as the record says.
struct Recorded {
    slot: Slot,
    late: bool,
}

impl StageHandler for Recorded {
    fn call(&self, call: StageCall) -> StageFuture {
        let record = self.slot.get();
        let name = call.stage_name();
        let ran = record.as_ref().and_then(|record| record.stages.iter().find(|ran| ran.name == name));
        let Some((record, ran)) = record.as_ref().zip(ran) else {
            let failure = StageFailure::new(FailureKind::NoHandler, "the stage did not run when this was recorded");
            return Box::pin(std::future::ready(Err(failure)));
        };
        if ran.status == StageStatus::Cancelled {
            return match &ran.error {
                // An attempt before had failed of this.
                Some(_) if call.attempt == 1 => Box::pin(std::future::ready(Err(failure(ran).retryable(true)))),
                // The cascade's time ends it.
                _ => Box::pin(std::future::pending()),
            };
        }
        let writes = record.writes.iter().filter(|write| write.stage == ran.name && write.rule.is_none());
        let answer = if ran.status == StageStatus::Error { Err(failure(ran)) } else { Ok(output(ran, writes)) };
        let beyond = self.late.then(|| call.remaining() + Duration::from_millis(1));
        Box::pin(async move {
            if let Some(beyond) = beyond {
                tokio::time::advance(beyond).await;
            }
            answer
        })
    }
}

fn output<'r>(ran: &StageRecord, writes: impl Iterator<Item = &'r WriteRecord>) -> StageOutput {
    let mut output = StageOutput::new(&ran.result);
    output.confidence = ran.confidence.as_ref().map(OwnedValue::from).unwrap_or_default();
    output.data = ran.data.as_ref().map(ToString::to_string);
    output.writes =
        writes.filter_map(|write| Some(Write { path: path(&write.path)?, json: write.value.to_string() })).collect();
    output.fuel = ran.fuel;
    output.memory_bytes = ran.memory;
    output.cached = ran.cached.map(|cached| Duration::from_millis(cached.age_ms));
    output.attempts = Some(ran.attempts);
    output
}

fn failure(ran: &StageRecord) -> StageFailure {
    let Some(error) = &ran.error else {
        return StageFailure::new(FailureKind::Handler, "the record does not say why").retryable(false);
    };
    let kind = FailureKind::from_name(&error.kind).unwrap_or(FailureKind::Handler);
    let mut made = StageFailure::new(kind, error.message.clone()).retryable(false);
    made.status = error.status;
    made.cause = error.cause.as_deref().and_then(FailureKind::from_name);
    made.fuel = ran.fuel;
    made.memory_bytes = ran.memory;
    made.attempts = Some(ran.attempts);
    made
}

/// The path of a write, which leads through keys only.
fn path(text: &str) -> Option<Vec<Segment>> {
    let field: Field = text.parse().ok()?;
    let segment = |step: &Step| match step {
        Step::Key(key) => Some(Segment::Key(key.clone())),
        Step::Index(index) => Some(Segment::Index(*index)),
        Step::Each => None,
    };
    field.steps().iter().map(segment).collect()
}
