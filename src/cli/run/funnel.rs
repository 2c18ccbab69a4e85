//! The funnel: how many events reached each stage, ended there, went on or failed, with time and fuel.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use cascata_record::{DecisionRecord, StageRecord, StageStatus, WhySkipped};
use cascata_runtime::OwnedValue;
use cascata_runtime::engine::{Decision, StageSummary};
use serde::Serialize;
use serde_json::Value;

use crate::cli::terminal::{self, count, duration_us, thousands};

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

/// What is counted of one decision.
struct Counted<'d> {
    success: bool,
    terminated: bool,
    time: Duration,
    outcome: Cow<'d, OwnedValue>,
}

/// What is counted of a recorded stage.
fn summary(stage: &StageRecord) -> StageSummary<'_> {
    StageSummary {
        name: &stage.name,
        status: stage.status,
        attempts: stage.attempts,
        time: Duration::from_micros(stage.time_us),
        fuel: stage.fuel,
        cached: stage.cached.map(|cached| Duration::from_millis(cached.age_ms)),
    }
}

impl Funnel {
    /// Counts what was recorded of a decision.
    pub fn count_record(&mut self, record: &DecisionRecord) {
        let decision = Counted {
            success: record.success,
            terminated: record.terminated,
            time: Duration::from_micros(record.time_us),
            outcome: Cow::Owned(OwnedValue::from(&record.outcome)),
        };
        let blocked = record.skipped.iter().filter(|skipped| skipped.why == WhySkipped::Blocked);
        self.take(&decision, record.stages.iter().map(summary), blocked.map(|skipped| skipped.stage.as_str()));
    }

    /// Counts a decision.
    pub fn count(&mut self, decision: &Decision) {
        let counted = Counted {
            success: decision.success(),
            terminated: decision.termination().is_some(),
            time: decision.time(),
            outcome: decision.verdict_ref().0,
        };
        self.take(&counted, decision.stages(), decision.blocked());
    }

    fn take<'d>(
        &mut self,
        decision: &Counted<'d>,
        stages: impl Iterator<Item = StageSummary<'d>>,
        blocked: impl Iterator<Item = &'d str>,
    ) {
        self.decided += 1;
        self.failed += u64::from(!decision.success);
        self.terminated += u64::from(decision.terminated);
        self.busy_us = self.busy_us.saturating_add(micros(decision.time));
        let mut stages = stages.peekable();
        self.before_any_stage += u64::from(stages.peek().is_none());
        let mut at = 0;
        while let Some(stage) = stages.next() {
            self.stage_at(at, stage.name).count(&stage, stages.peek().is_none());
            at += 1;
        }
        for stage in blocked {
            self.stage(stage).blocked += 1;
        }
        self.outcome(&decision.outcome);
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

    /// The counts of a stage that was reached as the `expected`th of its event, which is mostly where it is here as well.
    fn stage_at(&mut self, expected: usize, name: &str) -> &mut StageCounts {
        if self.stages.get(expected).is_some_and(|stage| stage.stage == name) {
            return &mut self.stages[expected];
        }
        self.stage(name)
    }

    /// A cascade has few stages: a search in order is as fast as a hash, and keeps the order.
    fn stage(&mut self, name: &str) -> &mut StageCounts {
        let at = self.stages.iter().position(|stage| stage.stage == name).unwrap_or_else(|| {
            self.stages.push(StageCounts { stage: name.to_owned(), ..StageCounts::default() });
            self.stages.len() - 1
        });
        &mut self.stages[at]
    }

    fn outcome(&mut self, outcome: &OwnedValue) {
        match outcome {
            OwnedValue::Text(text) if is_short(text) => self.outcome_text(text, 1),
            OwnedValue::Null => self.outcome_text("null", 1),
            other => {
                // As records write it, so without the event's white space.
                let text: String = other.to_serde().to_string().chars().take(MAX_OUTCOME_CHARS).collect();
                self.outcome_text(&text, 1);
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
    fn count(&mut self, stage: &StageSummary<'_>, last: bool) {
        self.reached += 1;
        self.ended += u64::from(last);
        self.escalated += u64::from(!last);
        self.failed += u64::from(matches!(stage.status, StageStatus::Error | StageStatus::Cancelled));
        self.cached += u64::from(stage.cached.is_some());
        self.attempts += u64::from(stage.attempts);
        self.time_us = self.time_us.saturating_add(micros(stage.time));
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

/// Whether a verdict is shown whole. Characters are counted only where there are more bytes than that.
fn is_short(text: &str) -> bool {
    text.len() <= MAX_OUTCOME_CHARS || text.chars().nth(MAX_OUTCOME_CHARS).is_none()
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
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
    out + ": " + &counts(funnel)
}

/// The same without how many and how fast.
pub fn counts(funnel: &Funnel) -> String {
    let mut out = String::new();
    // Writing into a string cannot fail.
    let _ = writeln!(
        out,
        "{} ended early, {} with errors, {} bad",
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
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for stage in &funnel.stages {
        rows.push(vec![
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
    out.push_str(&terminal::table(&rows));
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

    fn stage(name: &str, status: StageStatus) -> StageSummary<'_> {
        StageSummary { name, status, attempts: 1, time: Duration::from_micros(10), fuel: Some(5), cached: None }
    }

    /// Counts a decision with these stages, one that C was blocked in.
    fn take(funnel: &mut Funnel, stages: &[StageSummary<'_>], outcome: impl Into<OwnedValue>) {
        let time = Duration::from_micros(30);
        let decision = Counted { success: true, terminated: false, time, outcome: Cow::Owned(outcome.into()) };
        funnel.take(&decision, stages.iter().copied(), ["C"].into_iter());
    }

    #[test]
    fn reached_is_ended_plus_escalated() {
        let mut funnel = Funnel::default();
        let ok = StageStatus::Ok;
        take(&mut funnel, &[stage("A", ok), stage("B", StageStatus::Error)], "deny");
        take(&mut funnel, &[stage("A", ok)], "allow");
        take(&mut funnel, &[], Value::Null);
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
        let names = ["S0", "S1", "S2"];
        let count = |funnel: &mut Funnel, n: i64| {
            let other = stage(names[n as usize % 3], StageStatus::Ok);
            take(funnel, &[stage("A", StageStatus::Ok), other], n);
        };
        let mut whole = Funnel::default();
        (0..10).for_each(|n| count(&mut whole, n));
        let mut sum = Funnel::default();
        for part in [0..3, 3..6, 6..9, 9..10] {
            let mut funnel = Funnel::default();
            part.for_each(|n| count(&mut funnel, n));
            sum.add(&funnel);
        }
        assert_eq!(sum, whole);
    }

    #[test]
    fn endless_distinct_outcomes_take_bounded_memory() {
        let mut funnel = Funnel::default();
        for number in 0..1_000 {
            take(&mut funnel, &[], format!("{number:0>60}"));
        }
        assert!(funnel.outcomes.len() <= MAX_OUTCOMES);
        assert_eq!(funnel.outcomes.values().sum::<u64>() + funnel.other_outcomes, 1_000);
    }
}
