//! The funnel: how many events reached each stage, ended there, went on or failed, with time and fuel.

use std::collections::BTreeMap;
use std::fmt::Write;

use cascata_record::{DecisionRecord, StageRecord, StageStatus, WhySkipped};
use serde::Serialize;
use serde_json::Value;

use crate::cli::terminal::{count, duration_us, thousands};

/// Distinct verdicts that are counted apart; the others are counted together, so that free text as a verdict
/// takes no more memory than this.
const MAX_OUTCOMES: usize = 32;

/// The longest verdict that is shown whole, in characters.
const MAX_OUTCOME_CHARS: usize = 48;

/// Counts over the events of a run. Counts of parts add up to counts of the whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Funnel {
    /// Events with a decision.
    pub decided: u64,
    /// Decided events whose record has an error.
    pub failed: u64,
    /// Events that could not be read.
    pub bad: u64,
    /// Decided events that a rule, a global condition or a failed stage ended early.
    pub terminated: u64,
    /// Decided events for which no stage ran.
    pub before_any_stage: u64,
    /// By stage, in the order they were first reached.
    pub stages: Vec<StageCounts>,
    /// By verdict.
    pub outcomes: BTreeMap<String, u64>,
    /// Events whose verdict is one of too many to list.
    pub other_outcomes: u64,
    /// Time spent deciding, over all workers, in microseconds.
    pub busy_us: u64,
}

/// Counts of one stage. `reached` is `ended` plus `escalated`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct StageCounts {
    /// The stage.
    pub stage: String,
    /// Events for which it ran.
    pub reached: u64,
    /// Events for which it was the last stage that ran.
    pub ended: u64,
    /// Events that went on to a further stage.
    pub escalated: u64,
    /// Events for which it failed or was cancelled.
    pub failed: u64,
    /// Events that a precondition kept from it. They did not reach it.
    pub blocked: u64,
    /// Events answered by a kept result.
    pub cached: u64,
    /// Passes over its plugin list.
    pub attempts: u64,
    /// Time it took, waits included, in microseconds.
    pub time_us: u64,
    /// Fuel its handler spent.
    pub fuel: u64,
}

impl Funnel {
    /// Counts a decision.
    pub fn count(&mut self, record: &DecisionRecord) {
        self.decided += 1;
        self.failed += u64::from(!record.success);
        self.terminated += u64::from(record.terminated);
        self.before_any_stage += u64::from(record.stages.is_empty());
        self.busy_us = self.busy_us.saturating_add(record.time_us);
        let last = record.stages.len().saturating_sub(1);
        for (at, stage) in record.stages.iter().enumerate() {
            self.stage(&stage.name).count(stage, at == last);
        }
        for skipped in record.skipped.iter().filter(|skipped| skipped.why == WhySkipped::Blocked) {
            self.stage(&skipped.stage).blocked += 1;
        }
        self.outcome(&record.outcome, 1);
    }

    /// Adds the counts of another part of the run.
    pub fn add(&mut self, other: &Self) {
        self.decided += other.decided;
        self.failed += other.failed;
        self.bad += other.bad;
        self.terminated += other.terminated;
        self.before_any_stage += other.before_any_stage;
        self.busy_us = self.busy_us.saturating_add(other.busy_us);
        for stage in &other.stages {
            self.stage(&stage.stage).add(stage);
        }
        for (outcome, number) in &other.outcomes {
            self.outcome_text(outcome, *number);
        }
        self.other_outcomes += other.other_outcomes;
    }

    /// The events seen, decided or not.
    pub const fn events(&self) -> u64 {
        self.decided + self.bad
    }

    /// A cascade has few stages: a search in order is as fast as a hash, and keeps the order.
    fn stage(&mut self, name: &str) -> &mut StageCounts {
        let at = self.stages.iter().position(|stage| stage.stage == name).unwrap_or_else(|| {
            self.stages.push(StageCounts { stage: name.to_owned(), ..StageCounts::default() });
            self.stages.len() - 1
        });
        &mut self.stages[at]
    }

    fn outcome(&mut self, outcome: &Value, number: u64) {
        match outcome {
            Value::String(text) if text.chars().nth(MAX_OUTCOME_CHARS).is_none() => self.outcome_text(text, number),
            Value::Null => self.outcome_text("null", number),
            other => {
                let text: String = other.to_string().chars().take(MAX_OUTCOME_CHARS).collect();
                self.outcome_text(&text, number);
            }
        }
    }

    fn outcome_text(&mut self, text: &str, number: u64) {
        if let Some(seen) = self.outcomes.get_mut(text) {
            *seen += number;
        } else if self.outcomes.len() < MAX_OUTCOMES {
            self.outcomes.insert(text.to_owned(), number);
        } else {
            self.other_outcomes += number;
        }
    }
}

impl StageCounts {
    fn count(&mut self, stage: &StageRecord, last: bool) {
        self.reached += 1;
        self.ended += u64::from(last);
        self.escalated += u64::from(!last);
        self.failed += u64::from(matches!(stage.status, StageStatus::Error | StageStatus::Cancelled));
        self.cached += u64::from(stage.cached.is_some());
        self.attempts += u64::from(stage.attempts);
        self.time_us = self.time_us.saturating_add(stage.time_us);
        self.fuel = self.fuel.saturating_add(stage.fuel.unwrap_or(0));
    }

    fn add(&mut self, other: &Self) {
        self.reached += other.reached;
        self.ended += other.ended;
        self.escalated += other.escalated;
        self.failed += other.failed;
        self.blocked += other.blocked;
        self.cached += other.cached;
        self.attempts += other.attempts;
        self.time_us = self.time_us.saturating_add(other.time_us);
        self.fuel = self.fuel.saturating_add(other.fuel);
    }
}

/// The funnel as people read it, with the wall-clock time of the run.
pub fn human(funnel: &Funnel, wall_us: u64) -> String {
    let mut out = String::new();
    // Writing into a string cannot fail.
    let _ = write!(out, "{} decided in {}", count(funnel.decided, "event"), duration_us(wall_us));
    if wall_us > 0 && funnel.decided > 0 {
        let rate = u128::from(funnel.decided) * 1_000_000 / u128::from(wall_us);
        let _ = write!(out, " ({} a second)", thousands(u64::try_from(rate).unwrap_or(u64::MAX)));
    }
    let _ = writeln!(
        out,
        ": {} ended early, {} with errors, {} bad",
        thousands(funnel.terminated),
        thousands(funnel.failed),
        thousands(funnel.bad)
    );
    if !funnel.stages.is_empty() {
        table(&mut out, funnel);
    }
    if funnel.before_any_stage > 0 {
        let _ = writeln!(out, "{} ended before any stage", count(funnel.before_any_stage, "event"));
    }
    if funnel.decided > 0 {
        outcomes(&mut out, funnel);
    }
    out
}

fn table(out: &mut String, funnel: &Funnel) {
    let head = ["stage", "reached", "ended", "went on", "failed", "blocked", "cached", "time", "per event", "fuel"];
    let mut rows = vec![head.map(str::to_owned)];
    for stage in &funnel.stages {
        rows.push([
            stage.stage.clone(),
            thousands(stage.reached),
            thousands(stage.ended),
            thousands(stage.escalated),
            thousands(stage.failed),
            thousands(stage.blocked),
            thousands(stage.cached),
            duration_us(stage.time_us),
            stage.time_us.checked_div(stage.reached).map_or_else(|| "-".to_owned(), duration_us),
            if stage.fuel == 0 { "-".to_owned() } else { thousands(stage.fuel) },
        ]);
    }
    let mut widths = [0; 10];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    for row in &rows {
        for (at, (width, cell)) in widths.iter().zip(row).enumerate() {
            let _ = match at {
                0 => write!(out, "  {cell:<width$}"),
                _ => write!(out, "  {cell:>width$}"),
            };
        }
        out.push('\n');
    }
}

fn outcomes(out: &mut String, funnel: &Funnel) {
    let mut sorted: Vec<_> = funnel.outcomes.iter().collect();
    sorted.sort_by_key(|(_, number)| std::cmp::Reverse(**number));
    let shown = sorted.iter().take(8).map(|(text, number)| format!("{text} {}", thousands(**number)));
    let mut shown: Vec<_> = shown.collect();
    let rest = sorted.iter().skip(8).map(|(_, number)| **number).sum::<u64>() + funnel.other_outcomes;
    if rest > 0 {
        shown.push(format!("other {}", thousands(rest)));
    }
    let _ = writeln!(out, "outcomes: {}", shown.join(", "));
}

/// The funnel as JSON, one object.
pub fn json(funnel: &Funnel, wall_us: u64) -> Value {
    let mut value = serde_json::to_value(funnel).unwrap_or_default();
    if let Some(object) = value.as_object_mut() {
        object.insert("events".to_owned(), funnel.events().into());
        object.insert("time_us".to_owned(), wall_us.into());
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stage(name: &str, status: StageStatus) -> StageRecord {
        let text = serde_json::json!({"name": name, "status": status, "result": null, "attempts": 1, "time_us": 10, "fuel": 5});
        serde_json::from_value(text).unwrap()
    }

    fn record(stages: Vec<StageRecord>, outcome: &Value) -> DecisionRecord {
        let mut record: DecisionRecord = serde_json::from_value(serde_json::json!({
            "v": 1, "mode": "summary", "id": "", "cascade": "", "version": "", "program_hash": "", "now": "",
            "outcome": outcome, "outcome_source": "last_result", "stages": [], "fired": [], "decisions": [],
            "skipped": [{"stage": "C", "why": "blocked"}], "writes": [], "errors": [], "terminated": false,
            "success": true, "time_us": 30,
        }))
        .unwrap();
        record.stages = stages;
        record
    }

    #[test]
    fn reached_is_ended_plus_escalated() {
        let mut funnel = Funnel::default();
        let ok = StageStatus::Ok;
        funnel.count(&record(vec![stage("A", ok), stage("B", StageStatus::Error)], &"deny".into()));
        funnel.count(&record(vec![stage("A", ok)], &"allow".into()));
        funnel.count(&record(vec![], &Value::Null));
        for stage in &funnel.stages {
            assert_eq!(stage.reached, stage.ended + stage.escalated, "{stage:?}");
        }
        let a = &funnel.stages[0];
        assert_eq!((a.reached, a.ended, a.escalated, a.failed, a.fuel), (2, 1, 1, 0, 10));
        assert_eq!(funnel.stages.iter().find(|stage| stage.stage == "B").map(|stage| stage.failed), Some(1));
        assert_eq!(funnel.stages.iter().find(|stage| stage.stage == "C").map(|stage| stage.blocked), Some(3));
        assert_eq!(funnel.before_any_stage, 1);
    }

    #[test]
    fn parts_add_up_to_the_whole() {
        let records: Vec<_> = (0..10)
            .map(|n| {
                record(vec![stage("A", StageStatus::Ok), stage(&format!("S{}", n % 3), StageStatus::Ok)], &n.into())
            })
            .collect();
        let mut whole = Funnel::default();
        records.iter().for_each(|record| whole.count(record));
        let mut sum = Funnel::default();
        for part in records.chunks(3) {
            let mut funnel = Funnel::default();
            part.iter().for_each(|record| funnel.count(record));
            sum.add(&funnel);
        }
        assert_eq!(sum, whole);
    }

    #[test]
    fn endless_distinct_outcomes_take_bounded_memory() {
        let mut funnel = Funnel::default();
        for number in 0..1_000 {
            funnel.count(&record(vec![], &format!("{number:0>60}").into()));
        }
        assert!(funnel.outcomes.len() <= MAX_OUTCOMES);
        assert_eq!(funnel.outcomes.values().sum::<u64>() + funnel.other_outcomes, 1_000);
    }
}
