//! What a backtest counts and says.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::same;
use super::seen::Asked;
use crate::{Counts, Proposal, Recommendation};

/// Disagreements that are kept one by one; the others are counted.
const MAX_DISAGREEMENTS: usize = 100;

/// What a backtest says.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BacktestReport {
    /// The version of this format.
    pub v: u32,
    /// Records and events that came.
    pub records: u64,
    /// Events with a known answer that were replayed.
    pub events: u64,
    /// Those that could not be replayed.
    pub bad: u64,
    /// Calls of the stage that were recorded.
    pub calls: u64,
    /// Of these, what the list leaves out.
    pub calls_saved: u64,
    /// Conditions that ended in an error; such a rule does not match.
    pub errors: u64,
    /// Each candidate on its own.
    pub rules: Vec<BacktestRule>,
    /// All as a list, the first that holds answering; `positives` are all events.
    pub together: Counts,
    /// What the events cost less, in the unit of the costs.
    pub saved: f64,
    /// Wrong answers of the list.
    pub disagreements: u64,
    /// The first of them.
    pub first_disagreements: Vec<Disagreement>,
    /// What to do with the list.
    pub recommendation: Recommendation,
    /// Why.
    pub reasons: Vec<String>,
}

/// One candidate in a backtest.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BacktestRule {
    /// The proposal.
    pub id: String,
    /// What was counted of it.
    #[serde(flatten)]
    pub tally: Tally,
    /// The share of right answers.
    pub precision: f64,
    /// Its lower bound, one-sided at 95 %.
    pub precision_lower: f64,
    /// The share it finds of the events with its answer.
    pub recall: f64,
    /// The share it answers of the events whose answer is known.
    pub coverage: f64,
    /// How far precision is from what was measured when it was learned, in standard deviations; negative is worse. Nothing where
    /// nothing was measured then.
    pub z_against_learned: Option<f64>,
    /// Whether it answers anything that is known, and as well as was asked for and as when it was learned, as far as chance lets tell.
    pub holds: bool,
    /// What to do with it, by that and by what it saves.
    pub recommendation: Recommendation,
    /// Why.
    pub reasons: Vec<String>,
}

/// An event the list would have answered otherwise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Disagreement {
    /// The record's place, from 1; of events on their own the place among those replayed.
    pub event: u64,
    /// The record's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
    /// The proposal.
    pub id: String,
    /// What the stage answered.
    pub stage: Value,
    /// What the rule would have.
    pub rule: Value,
}

/// What is counted of one candidate.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Tally {
    /// Events where the stage's answer is known.
    pub counts: Counts,
    /// Events it answers where the stage did not run, or failed: nobody knows.
    pub unknown: u64,
    /// Calls of the stage that it leaves out.
    pub calls_saved: u64,
    /// The time that these took, in microseconds.
    pub time_saved_us: u64,
    /// Events it answers with another verdict than was recorded.
    pub verdicts_changed: u64,
    /// Rules of the target that acted on events it answers, and how often.
    pub meets: BTreeMap<String, u64>,
}

impl Tally {
    /// The rule holds for it. What came is counted for all that answer the same.
    pub(super) fn matched(&mut self, right: Option<bool>, asked: &Asked<'_>, proposal: &Proposal) {
        match right {
            Some(right) => {
                self.counts.matched += 1;
                self.counts.right += u64::from(right);
            }
            None => self.unknown += 1,
        }
        if asked.ran {
            self.calls_saved += 1;
            self.time_saved_us = self.time_saved_us.saturating_add(asked.time_us);
        }
        self.verdicts_changed += u64::from(asked.outcome.is_some_and(|outcome| !same(&proposal.answer, outcome)));
        for rule in asked.fired().filter(|rule| *rule != proposal.name) {
            match self.meets.get_mut(&*rule) {
                Some(times) => *times += 1,
                // As many as the stage has rules.
                None => _ = self.meets.insert(rule.into_owned(), 1),
            }
        }
    }

    pub(super) fn absorb(&mut self, other: Self) {
        self.counts = self.counts.and(other.counts);
        self.unknown += other.unknown;
        self.calls_saved += other.calls_saved;
        self.time_saved_us = self.time_saved_us.saturating_add(other.time_saved_us);
        self.verdicts_changed += other.verdicts_changed;
        for (rule, times) in other.meets {
            *self.meets.entry(rule).or_default() += times;
        }
    }
}

/// What is counted of all candidates together.
#[derive(Default)]
pub(super) struct Totals {
    pub records: u64,
    pub bad: u64,
    pub errors: u64,
    pub calls: u64,
    pub calls_saved: u64,
    pub together: Counts,
    disagreements: Vec<Disagreement>,
}

impl Totals {
    pub fn take(&mut self, asked: &Asked<'_>) {
        self.calls += u64::from(asked.ran);
        let known = u64::from(asked.answer(true).is_some());
        self.together.examples += known;
        self.together.positives += known;
    }

    /// The list answers; `right` as for one rule.
    pub fn answered(&mut self, right: Option<bool>, asked: &Asked<'_>) {
        self.calls_saved += u64::from(asked.ran);
        if let Some(right) = right {
            self.together.matched += 1;
            self.together.right += u64::from(right);
        }
    }

    pub const fn wants_disagreement(&self) -> bool {
        self.disagreements.len() < MAX_DISAGREEMENTS
    }

    pub fn disagree(&mut self, disagreement: Disagreement) {
        self.disagreements.push(disagreement);
    }

    /// The first disagreements, by the place of their records.
    pub fn disagreements(&self) -> Vec<Disagreement> {
        self.disagreements.clone()
    }

    pub fn absorb(&mut self, other: Self) {
        self.records += other.records;
        self.bad += other.bad;
        self.errors += other.errors;
        self.calls += other.calls;
        self.calls_saved += other.calls_saved;
        self.together = self.together.and(other.together);
        self.disagreements.extend(other.disagreements);
        self.disagreements.sort_by_key(|one| one.event);
        self.disagreements.truncate(MAX_DISAGREEMENTS);
    }
}
