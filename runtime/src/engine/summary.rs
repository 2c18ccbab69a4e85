//! What became of stages, for those who count decisions instead of keeping their records.

use std::time::Duration;

use cascata_record::{StageStatus, WhySkipped};

use super::decision::Decision;
use super::journal::{How, Ran};
use crate::state::StageResult;

/// A stage that ran or was cancelled: what costs nothing to say of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StageSummary<'d> {
    /// The stage.
    pub name: &'d str,
    /// How it ended.
    pub status: StageStatus,
    /// How often it was tried, the calls that retry plugins made included; 0 when a kept result was used.
    pub attempts: u32,
    /// How long it took, the waits between attempts included.
    pub time: Duration,
    /// Fuel spent by the last attempt, where the handler is metered.
    pub fuel: Option<u64>,
    /// The age of the kept result that was used instead of running the handler.
    pub cached: Option<Duration>,
}

impl Decision {
    /// The stages that ran or were cancelled, in the order their results were recorded. [`record`](Self::record) says more
    /// and copies it.
    pub fn stages(&self) -> impl Iterator<Item = StageSummary<'_>> {
        self.journal().ran.iter().map(|ran| summary(self, *ran))
    }

    /// The names of the stages that a precondition kept from running, in order.
    pub fn blocked(&self) -> impl Iterator<Item = &str> {
        let blocked = self.journal().skipped.iter().filter(|skipped| skipped.why == WhySkipped::Blocked);
        blocked.map(|skipped| self.state.stage_name(skipped.stage))
    }
}

pub(super) fn summary(decision: &Decision, ran: Ran) -> StageSummary<'_> {
    let name = decision.state.stage_name(ran.stage);
    let nothing = |status| StageSummary { name, status, attempts: 0, time: Duration::ZERO, fuel: None, cached: None };
    match (ran.how, decision.state.result(ran.stage)) {
        (How::Cancelled, _) => nothing(StageStatus::Cancelled),
        (How::Finished, Some(result)) => of_result(name, result),
        (How::Finished, None) | (How::Rules, _) => nothing(StageStatus::Rules),
    }
}

fn of_result<'d>(name: &'d str, result: &StageResult) -> StageSummary<'d> {
    StageSummary {
        name,
        status: if result.failure.is_some() { StageStatus::Error } else { StageStatus::Ok },
        attempts: if result.cached.is_some() { 0 } else { result.attempts },
        time: result.time,
        fuel: result.fuel,
        cached: result.cached,
    }
}
