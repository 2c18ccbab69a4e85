//! Recording decisions on disk.

use cascata_record::Step;
use cascata_record::log::Recorder;
use cascata_vm::image::Program;
use cascata_vm::{Segment, Value, json};

use super::decision::Decision;
use super::record::hex;
use super::{Engine, EngineError};

impl Engine {
    /// Records a decision, if the engine has a recorder and its sample takes the decision. Failures of the disk are told
    /// by the recorder.
    pub fn record(&self, decision: &Decision) {
        if let Some(recorder) = &self.inner.recorder {
            decision.record_to(recorder);
        }
    }
}

impl Decision {
    /// Records it, if the recorder's sample takes it.
    pub fn record_to(&self, recorder: &Recorder) {
        let sampler = recorder.sampler();
        if !sampler.takes_all() {
            let event = self.state.event_text();
            let key = sampler.key().and_then(|field| key_text(event, field.steps()));
            if !sampler.takes(key.as_deref().unwrap_or(event).as_bytes()) {
                return;
            }
        }
        recorder.write(self.record(recorder.wanted()));
    }
}

/// The value at a path of the event as text; nothing where it is missing or null.
fn key_text(event: &str, steps: &[Step]) -> Option<String> {
    let segment = |step: &Step| match step {
        Step::Key(key) => Some(Segment::Key(key.clone())),
        Step::Index(index) => Some(Segment::Index(*index)),
        Step::Each => None,
    };
    let path: Vec<_> = steps.iter().map(segment).collect::<Option<_>>()?;
    let value = json::lookup(event, &path);
    if matches!(value, Value::Missing | Value::Null) {
        return None;
    }
    let mut text = String::new();
    json::write_value(&value, &mut text);
    Some(text)
}

/// Keeps a program beside the records of its decisions, so that they can be replayed.
pub(super) fn keep(recorder: Option<&Recorder>, program: &Program<'_>) -> Result<(), EngineError> {
    let Some(recorder) = recorder else { return Ok(()) };
    Ok(recorder.keep_program(&hex(&program.hash()), program.image())?)
}
