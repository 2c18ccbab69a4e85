//! What the attempts of a call use up.

use crate::{LogLine, StageFailure};

/// What failed attempts have used up and said.
#[derive(Default)]
pub(super) struct Spent {
    fuel: Option<u64>,
    memory_bytes: Option<u64>,
    logs: Vec<LogLine>,
}

impl Spent {
    /// Adds a failed attempt.
    pub(super) fn add(&mut self, failure: &mut StageFailure) {
        self.fuel = sum(self.fuel, failure.fuel);
        self.memory_bytes = self.memory_bytes.max(failure.memory_bytes);
        self.logs.append(&mut failure.logs);
    }

    /// Puts what was used before into the account of the attempt that ends the call.
    pub(super) fn settle(self, fuel: &mut Option<u64>, memory_bytes: &mut Option<u64>, logs: &mut Vec<LogLine>) {
        *fuel = sum(self.fuel, *fuel);
        *memory_bytes = self.memory_bytes.max(*memory_bytes);
        if !self.logs.is_empty() {
            let last = std::mem::replace(logs, self.logs);
            logs.extend(last);
        }
    }
}

fn sum(one: Option<u64>, other: Option<u64>) -> Option<u64> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.saturating_add(other)),
        (one, other) => one.or(other),
    }
}
