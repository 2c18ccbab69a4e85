//! The record as a whole.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    ErrorRecord, FiredRule, MAX_DEPTH, Mode, RoutingDecision, ShadowRule, SkippedStage, StageRecord, WriteRecord,
};

/// What one run of a cascade decided.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "Cascata decision record")]
pub struct DecisionRecord {
    /// The version of this format.
    pub v: u32,
    /// How much the record says.
    pub mode: Mode,
    /// Names the run; unique among all runs of all engines.
    pub id: String,
    /// The cascade's name.
    pub cascade: String,
    /// The version of its configuration.
    pub version: String,
    /// BLAKE3 of the program's meaning, 64 hexadecimal digits.
    pub program_hash: String,
    /// The one moment that counts as now for the whole run, RFC 3339 in UTC.
    pub now: String,
    /// The event as it came, in modes `full` and `replay`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<Value>,
    /// BLAKE3 of the event's text, 64 hexadecimal digits, in mode `summary`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_hash: Option<String>,
    /// The verdict.
    pub outcome: Value,
    /// Where the verdict comes from.
    pub outcome_source: OutcomeSource,
    /// Why, as the rule that ended the cascade says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The stages that ran, in the order their results were recorded.
    pub stages: Vec<StageRecord>,
    /// Every rule whose condition held or whose `else` acted, in order.
    pub fired: Vec<FiredRule>,
    /// Every rule in shadow mode that would have acted or failed, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shadow: Vec<ShadowRule>,
    /// Stages that were due and did not run, in order.
    pub skipped: Vec<SkippedStage>,
    /// How rules changed the way, in order.
    pub decisions: Vec<RoutingDecision>,
    /// Writes to the event, in order.
    pub writes: Vec<WriteRecord>,
    /// Everything that went wrong, in order.
    pub errors: Vec<ErrorRecord>,
    /// What happened when, in mode `full`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub timeline: Vec<TimelineEntry>,
    /// What the host attached.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub metadata: Map<String, Value>,
    /// Whether the cascade ended early.
    pub terminated: bool,
    /// What ended it early.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub termination: Option<Termination>,
    /// True when nothing went wrong: `errors` is empty.
    pub success: bool,
    /// How long the run took.
    pub time_us: u64,
    /// The fields that were replaced by [`redacted`](crate::redacted) before the record was written; their values are replaced
    /// wherever they were repeated, too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub redacted: Vec<String>,
    /// The event with all writes, where it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub final_data: Option<Value>,
}

impl DecisionRecord {
    /// Reads a record from JSON, as deep as records may be.
    ///
    /// # Errors
    /// It is no JSON or no record.
    pub fn from_json(text: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(text).or_else(|error| {
            // `serde_json` stops at 127 levels, records at 512 and those of their own.
            if nesting(text) > MAX_DEPTH + 8 {
                return Err(error);
            }
            let mut reader = serde_json::Deserializer::from_slice(text);
            reader.disable_recursion_limit();
            Self::deserialize(&mut reader).and_then(|record| reader.end().map(|()| record))
        })
    }

    /// Leaves out what a record of this mode does not say.
    pub fn reduce(&mut self, mode: Mode) {
        if mode == Mode::Full {
            return;
        }
        self.timeline.clear();
        for stage in &mut self.stages {
            stage.logs.clear();
            stage.error.iter_mut().for_each(|error| error.backtrace = None);
            if mode == Mode::Summary {
                stage.data = None;
            }
        }
        if mode == Mode::Summary {
            self.event = None;
            self.final_data = None;
        }
        self.mode = mode;
    }
}

/// How many containers are open at once in a JSON text.
fn nesting(text: &[u8]) -> usize {
    let (mut open, mut most) = (0_usize, 0);
    let (mut inside, mut escaped) = (false, false);
    for byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if inside => escaped = true,
            b'"' => inside = !inside,
            _ if inside => {}
            b'[' | b'{' => {
                open += 1;
                most = most.max(open);
            }
            b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
    }
    most
}

/// Where a verdict comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeSource {
    /// The cascade's `on_error`: something went wrong.
    OnError,
    /// The `terminate` action that ended the cascade.
    Terminate,
    /// The cascade's `outcome`.
    Outcome,
    /// The result of the stage that ran last.
    LastResult,
    /// Nothing gave one; the verdict is null.
    None,
}

/// What ended a cascade early.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Termination {
    /// A rule's `terminate`.
    Action,
    /// A global termination condition.
    Global,
    /// A stage failed whose `on_error` is `fail`.
    StageError,
}

/// One moment of the run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TimelineEntry {
    /// Since the run began.
    pub at_us: u64,
    /// What happened.
    #[serde(rename = "type")]
    pub kind: TimelineKind,
    /// Which stage it concerns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
}

/// The kinds of moments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TimelineKind {
    /// A stage's result was recorded.
    StageComplete,
    /// A stage failed, could not run or was cancelled.
    StageError,
    /// The cascade was ended early.
    Termination,
}
