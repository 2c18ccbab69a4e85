//! The decision record: what one run of a cascade decided, and why, as plain data.
//!
//! The runtime writes it; the command line, bindings, the learner and people read it. Times are microseconds, values
//! are JSON. Later versions only add fields; [`VERSION`] changes when the meaning of one does.
#![forbid(unsafe_code)]

mod decision;
mod field;
pub mod log;
mod rule;
mod stage;

pub use decision::{DecisionRecord, OutcomeSource, Termination, TimelineEntry, TimelineKind};
pub use field::{Field, FieldError, Step};
pub use rule::{ActionKind, ErrorRecord, FiredRule, RoutingDecision, RuleType, ShadowRule, WriteRecord};
pub use stage::{Cached, LogRecord, SkippedStage, StageError, StageRecord, StageStatus, WhySkipped};

/// The version of the record format, in every record as `v`.
pub const VERSION: u32 = 1;

/// The name that stands for the whole cascade where a stage is named.
pub const GLOBAL: &str = "__global__";

/// How many containers may be open at once in a value of a record. What an event, a WebAssembly stage or a write can hold
/// is never deeper: events go to 256, and a write may put as much again below a path of 256 keys. Only a host's own handler
/// can answer with more; what is deeper is replaced by [`cut`], because whoever reads a record may walk it recursively.
pub const MAX_DEPTH: usize = 512;

/// The code of a value that is deeper than [`MAX_DEPTH`].
pub const CUT_CODE: &str = "R0207";

/// What stands in a record for a container that is too deep: `{"$cut": "R0207"}`.
#[must_use]
pub fn cut() -> serde_json::Value {
    serde_json::json!({ "$cut": CUT_CODE })
}

/// The code of a value that a setting keeps out of records.
pub const REDACTED_CODE: &str = "R0208";

/// What stands in a record for a value that a setting keeps out of it: `{"$redacted": "R0208"}`.
#[must_use]
pub fn redacted() -> serde_json::Value {
    serde_json::json!({ "$redacted": REDACTED_CODE })
}

/// How much a record says.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Decision, stages, rules and errors. The event is named by its hash; no `data`, timeline and logs.
    #[default]
    Summary,
    /// Everything: the event, `data` of stages, timeline and logs as well.
    Full,
    /// What deciding the event again needs: as `full`, without timeline, logs and backtraces.
    Replay,
}

/// The JSON Schema of a record.
#[must_use]
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(DecisionRecord).to_value()
}

/// The JSON Schema of how records are written.
#[must_use]
pub fn settings_schema() -> serde_json::Value {
    schemars::schema_for!(log::RecordSettings).to_value()
}

#[cfg(test)]
mod tests;
