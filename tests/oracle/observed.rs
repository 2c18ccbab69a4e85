//! What a run of a cascade shows, and the row it makes of it.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::condition::Leaf;
use super::path::StageResult;

/// Everything a run shows to the outside.
#[derive(Debug, Clone, Default)]
pub struct Observed {
    pub results: Vec<StageResult>,
    /// Stage and kind of every error; `message` only where a handler gave one.
    pub errors: Vec<ErrorSeen>,
    pub decisions: Vec<Value>,
    pub fired: Vec<Value>,
    pub shadow: Vec<Value>,
    /// `action` or `global`.
    pub termination: Option<&'static str>,
    /// Once a `terminate` acted, the `outcome` of the first.
    pub terminated_with: Option<Option<Value>>,
    /// Where the verdict comes from, and what it is.
    pub verdict: (&'static str, Value),
    pub timed_out: bool,
    pub attempts: BTreeMap<String, u64>,
    pub final_data: Value,
    pub trace: Vec<Leaf>,
    /// The stages that ran together, batch by batch; a stage that ran alone is a batch of one.
    pub batches: Vec<Vec<String>>,
}

#[derive(Debug, Clone)]
pub struct ErrorSeen {
    pub stage: String,
    pub kind: &'static str,
    pub message: Option<String>,
}

impl Observed {
    /// The same keys as `expected` in the conformance rows.
    pub fn row(&self) -> Value {
        let executed: Vec<&str> = self.results.iter().map(|result| result.stage.as_str()).collect();
        let by_stage = |of: fn(&StageResult) -> Value| -> Map<String, Value> {
            self.results.iter().map(|result| (result.stage.clone(), of(result))).collect()
        };
        let mut row = json!({
            "outcome": if self.timed_out { "runtime_error" } else { "ok" },
            "executed": executed,
            "statuses": by_stage(|result| json!(if result.error.is_some() { "error" } else { "ok" })),
            "stage_results": by_stage(StageResult::without_time),
            "errors": self.errors.iter().map(|error| error.stage.as_str()).collect::<Vec<_>>(),
            "error_details": self.errors.iter().map(ErrorSeen::row).collect::<Vec<_>>(),
            "success": self.errors.is_empty(),
            "decisions": self.decisions,
            "fired": self.fired,
            "shadow": self.shadow,
            "terminated": self.termination.is_some(),
            "termination": self.termination,
            "verdict": self.verdict,
            "attempts": self.attempts,
            "final_data": self.final_data,
        });
        if self.timed_out {
            row["kind"] = json!("global_timeout");
        }
        row
    }
}

impl ErrorSeen {
    fn row(&self) -> Value {
        let mut row = json!({ "stage": self.stage, "kind": self.kind });
        if let Some(message) = &self.message {
            row["message"] = json!(message);
        }
        row
    }
}
