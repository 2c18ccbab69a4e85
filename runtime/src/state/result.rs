//! What the engine keeps of a stage that ran, and how `stages.S.*` reads it.

use std::sync::OnceLock;
use std::time::Duration;

use cascata_vm::{Object, Segment, Value, json};

use super::plan::Part;
use super::resilience::Resilience;
use crate::stage::{LogLine, Marks, StageFailure, StageOutput};
use crate::value::{OwnedValue, write_json_text};

/// The latest result of a stage.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct StageResult {
    /// The result; null when the stage failed.
    pub result: OwnedValue,
    /// The confidence; null when the stage gave none.
    pub confidence: OwnedValue,
    /// JSON text of the data; `None` when there is none.
    pub data: Option<String>,
    /// Why the stage failed. Elsewhere, so that results that are none move fewer bytes.
    pub failure: Option<Box<StageFailure>>,
    /// How long it took, waits between attempts included.
    pub time: Duration,
    /// How often it was tried: the passes through its plugin list, with the calls that retry plugins made in each.
    pub attempts: u32,
    /// Fuel spent by the last attempt.
    pub fuel: Option<u64>,
    /// The most memory held by the last attempt, in bytes.
    pub memory_bytes: Option<u64>,
    /// The age of a kept result.
    pub cached: Option<Duration>,
    /// What the handler logged.
    pub logs: Vec<LogLine>,
    /// What the plugins did, where the stage lists any.
    resilience: Option<Box<Resilience>>,
    /// `stages.S` as one object, made when somebody reads it.
    whole: OnceLock<String>,
}

impl StageResult {
    /// What a stage that succeeded leaves. Its writes are not part of it.
    #[must_use]
    pub fn succeeded(mut output: StageOutput, time: Duration, attempts: u32) -> Self {
        Self::of(&mut output, time, attempts)
    }

    /// The same, taken out of the output.
    #[inline(always)] // built where it is to lie, for it is large
    pub(super) fn of(output: &mut StageOutput, time: Duration, attempts: u32) -> Self {
        Self {
            result: std::mem::take(&mut output.result),
            confidence: std::mem::take(&mut output.confidence),
            data: output.data.take(),
            failure: None,
            time,
            attempts,
            fuel: output.fuel,
            memory_bytes: output.memory_bytes,
            cached: output.cached,
            logs: std::mem::take(&mut output.logs),
            resilience: None,
            whole: OnceLock::new(),
        }
    }

    /// What a stage that failed leaves.
    #[must_use]
    pub fn failed(mut failure: StageFailure, time: Duration, attempts: u32) -> Self {
        Self {
            time,
            attempts,
            fuel: failure.fuel,
            memory_bytes: failure.memory_bytes,
            logs: std::mem::take(&mut failure.logs),
            failure: Some(Box::new(failure)),
            ..Self::default()
        }
    }

    /// Shows what the stage's plugins did in its data, as `resilience`.
    #[must_use]
    pub fn with_resilience(mut self, marks: Marks) -> Self {
        self.show_resilience(marks);
        self
    }

    pub(crate) fn show_resilience(&mut self, marks: Marks) {
        let failure = self.failure.as_ref().map(|failure| failure.root_kind().name());
        self.resilience = Some(Box::new(Resilience::new(marks, self.attempts, self.cached.is_some(), failure)));
    }

    /// JSON text of the data as rules see it, with what plugins did; `None` when there is none.
    #[must_use]
    pub fn shown_data(&self) -> Option<&str> {
        let data = self.data.as_deref();
        self.resilience.as_ref().map_or(data, |resilience| Some(resilience.merged(data)))
    }

    /// Milliseconds, as rules read them.
    #[must_use]
    pub fn time_ms(&self) -> f64 {
        self.time.as_secs_f64() * 1000.0
    }

    /// About how many bytes it holds.
    pub(super) fn held_bytes(&self) -> usize {
        let texts = [
            self.resilience.as_ref().map_or(0, |resilience| resilience.held_bytes()),
            self.result.held_bytes(),
            self.confidence.held_bytes(),
            self.data.as_ref().map_or(0, String::capacity),
            self.whole.get().map_or(0, String::capacity),
            self.failure.as_ref().map_or(0, |failure| {
                failure.message.capacity().saturating_add(failure.backtrace.as_ref().map_or(0, String::capacity))
            }),
        ];
        let lines = self.logs.iter().map(|line| line.message.capacity().saturating_add(size_of::<LogLine>()));
        texts.into_iter().chain(lines).fold(0, usize::saturating_add)
    }

    /// A part of the result, or what lies below it.
    pub(super) fn read<'a>(&'a self, stage: &'a str, part: Part, below: &[Segment]) -> Value<'a> {
        match part {
            Part::Result => descend(&self.result, below),
            Part::Confidence if self.confidence.is_null() => Value::Missing,
            Part::Confidence => descend(&self.confidence, below),
            Part::Data => {
                let plugins = self.resilience.as_ref();
                let said = plugins.and_then(|plugins| plugins.read(self.data.as_deref(), below));
                said.unwrap_or_else(|| json::lookup(self.data.as_deref().unwrap_or("{}"), below))
            }
            Part::Whole => Value::Object(Object::Json(self.whole(stage))),
            _ if !below.is_empty() => Value::Missing,
            Part::Name => Value::Text(stage),
            Part::TimeMs => Value::Float(self.time_ms()),
            Part::Error => self.failure.as_ref().map_or(Value::Missing, |failure| Value::Text(&failure.message)),
        }
    }

    /// `{stage_name, result, time_ms, confidence?, data?, error?}` as JSON text.
    pub(super) fn whole(&self, stage: &str) -> &str {
        self.whole.get_or_init(|| {
            let mut out = String::from("{\"stage_name\":");
            write_json_text(stage, &mut out);
            out.push_str(",\"result\":");
            self.result.write_json(&mut out);
            out.push_str(",\"time_ms\":");
            OwnedValue::Float(self.time_ms()).write_json(&mut out);
            if !self.confidence.is_null() {
                out.push_str(",\"confidence\":");
                self.confidence.write_json(&mut out);
            }
            if let Some(data) = self.shown_data() {
                out.push_str(",\"data\":");
                out.push_str(data);
            }
            if let Some(failure) = &self.failure {
                out.push_str(",\"error\":");
                write_json_text(&failure.message, &mut out);
            }
            out.push('}');
            out
        })
    }
}

fn descend<'a>(value: &'a OwnedValue, below: &[Segment]) -> Value<'a> {
    match value {
        OwnedValue::Json(text) => json::lookup(text, below),
        scalar if below.is_empty() => scalar.as_value(),
        _ => Value::Missing,
    }
}
