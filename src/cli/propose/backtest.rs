//! What holding a rule against recorded decisions came to.

use std::collections::BTreeMap;
use std::fmt::Write;

use cascata_learn::{Proposal, stats};
use cascata_record::DecisionRecord;
use serde::Serialize;
use serde_json::{Value, json};

use super::list::percent;
use crate::cli::terminal::{count, duration_us, thousands};

/// Counts over recorded decisions that were made again with the rule in the cascade.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Backtest {
    /// Decisions that were made again.
    decisions: u64,
    /// Records that do not say enough for that.
    not_replayable: u64,
    /// Decisions for which the expensive stage had given the rule's answer.
    positives: u64,
    /// Decisions in which the rule acted.
    matched: u64,
    /// Of these, where the expensive stage had said the same.
    agreed: u64,
    /// Where it had said otherwise.
    disagreed: u64,
    /// Where it had not run, or had failed: nobody knows.
    unknown: u64,
    /// Calls of the expensive stage that were left out now.
    calls_saved: u64,
    /// All calls of it that were recorded.
    calls: u64,
    /// The time that the calls that were left out had taken, in microseconds.
    time_saved_us: u64,
    /// Decisions with another verdict than was recorded.
    verdicts_changed: u64,
    /// Rules of the target that acted beside it, and how often.
    meets: BTreeMap<String, u64>,
}

impl Backtest {
    /// Counts a record and, where it could be made again, what was decided.
    pub fn take(&mut self, record: &DecisionRecord, decided: Option<&DecisionRecord>, proposal: &Proposal) {
        let Some(decided) = decided else {
            self.not_replayable += 1;
            return;
        };
        self.decisions += 1;
        let dear = record.stages.iter().find(|stage| stage.name == proposal.stage);
        let said = dear.filter(|stage| stage.error.is_none()).map(|stage| stage.result == proposal.answer);
        self.positives += u64::from(said == Some(true));
        self.verdicts_changed += u64::from(record.outcome != decided.outcome);
        if let Some(dear) = dear {
            self.calls += 1;
            if !decided.stages.iter().any(|stage| stage.name == dear.name) {
                self.calls_saved += 1;
                self.time_saved_us = self.time_saved_us.saturating_add(dear.time_us);
            }
        }
        let acted = decided.fired.iter().any(|fired| fired.stage == proposal.target && fired.rule == proposal.name);
        if acted {
            self.matched += 1;
            let beside =
                decided.fired.iter().filter(|fired| fired.stage == proposal.target && fired.rule != proposal.name);
            for fired in beside {
                // As many as the stage has rules.
                *self.meets.entry(fired.rule.clone()).or_default() += 1;
            }
            match said {
                Some(true) => self.agreed += 1,
                Some(false) => self.disagreed += 1,
                None => self.unknown += 1,
            }
        }
    }

    const fn known(&self) -> u64 {
        self.agreed + self.disagreed
    }

    #[expect(clippy::cast_precision_loss, reason = "a share to look at")]
    fn share(part: u64, of: u64) -> f64 {
        if of == 0 { 0.0 } else { part as f64 / of as f64 }
    }

    /// How far precision is from what was measured when the rule was learned, in standard deviations; negative is worse. Nothing
    /// where nothing was measured then.
    fn against_learned(&self, proposal: &Proposal) -> Option<f64> {
        let learned = proposal.measured.report;
        (learned.matched > 0 && self.known() > 0)
            .then(|| stats::z_between((learned.right, learned.matched), (self.agreed, self.known())))
    }

    /// Whether the rule does here what it did when it was learned.
    pub fn holds(&self, proposal: &Proposal) -> bool {
        self.known() > 0 && self.against_learned(proposal).is_none_or(|z| z > -stats::Z95)
    }

    /// The counts with what follows from them.
    pub fn result(&self, proposal: &Proposal) -> Value {
        let mut result = json!(self);
        result["precision"] = Self::share(self.agreed, self.known()).into();
        result["precision_lower"] = stats::lower(self.agreed, self.known(), stats::Z95).into();
        result["recall"] = Self::share(self.agreed, self.positives).into();
        result["coverage"] = Self::share(self.calls_saved, self.calls).into();
        result["z_against_learned"] = json!(self.against_learned(proposal));
        result["holds"] = self.holds(proposal).into();
        result
    }

    /// The same for people.
    pub fn human(&self, proposal: &Proposal, noted: bool) -> String {
        let mut out = format!("{} {}: {} made again", proposal.id, proposal.name, count(self.decisions, "decision"));
        // Writing into a string cannot fail; so below.
        if self.not_replayable > 0 {
            let _ = write!(out, ", {} that say too little", thousands(self.not_replayable));
        }
        let _ = writeln!(
            out,
            "\n  answers   {} of them, {} with another verdict than was recorded",
            thousands(self.matched),
            thousands(self.verdicts_changed)
        );
        let _ = writeln!(
            out,
            "  {:<9} as it {}, otherwise {}, unknown {}: precision {} (at least {}), recall {}",
            proposal.stage,
            thousands(self.agreed),
            thousands(self.disagreed),
            thousands(self.unknown),
            percent(Self::share(self.agreed, self.known())),
            percent(stats::lower(self.agreed, self.known(), stats::Z95)),
            percent(Self::share(self.agreed, self.positives)),
        );
        let _ = writeln!(
            out,
            "  saves     {} of {} calls of it ({}), {}",
            thousands(self.calls_saved),
            thousands(self.calls),
            percent(Self::share(self.calls_saved, self.calls)),
            duration_us(self.time_saved_us),
        );
        for (rule, times) in &self.meets {
            let _ = writeln!(out, "  meets     {rule} on {} of {}", thousands(*times), thousands(self.matched));
        }
        let verdict = match self.against_learned(proposal) {
            _ if self.known() == 0 => "it does not hold: it answers nothing that is known".to_owned(),
            Some(z) if z <= -stats::Z95 => {
                format!("it does not hold: worse than when it was learned ({z:.1} standard deviations)")
            }
            Some(z) => format!("it holds as when it was learned ({z:+.1} standard deviations)"),
            None => "nothing was measured when it was made; judge by the precision above".to_owned(),
        };
        let _ = writeln!(out, "  {verdict}{}", if noted { "; noted" } else { "" });
        out
    }
}
