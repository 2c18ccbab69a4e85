//! What a rule in shadow mode would have done, counted from records.

use cascata_record::DecisionRecord;
use serde::{Deserialize, Serialize};

use crate::{Proposal, stats};

/// Counts over records of an engine in which the rule is in shadow mode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShadowCounts {
    /// Decisions for which the target stage ran.
    pub decisions: u64,
    /// Of these, those the rule would have answered.
    pub matched: u64,
    /// Of these, where the expensive stage ran and answered as the rule would have.
    pub agreed: u64,
    /// Where it ran and answered otherwise.
    pub disagreed: u64,
    /// Where it did not run, or failed: nobody knows.
    pub unknown: u64,
    /// Decisions for which the rule could not be decided.
    pub errors: u64,
}

impl ShadowCounts {
    /// Counts a record.
    pub fn take(&mut self, record: &DecisionRecord, proposal: &Proposal) {
        if !record.stages.iter().any(|stage| stage.name == proposal.target) {
            return;
        }
        self.decisions += 1;
        let mine = |shadow: &&cascata_record::ShadowRule| {
            shadow.stage == proposal.target && shadow.rule == proposal.name && !shadow.otherwise
        };
        let Some(shadow) = record.shadow.iter().find(mine) else { return };
        if shadow.trap.is_some() {
            self.errors += 1;
            return;
        }
        self.matched += 1;
        let answered = record.stages.iter().find(|stage| stage.name == proposal.stage && stage.error.is_none());
        match answered.map(|stage| stage.result == proposal.answer) {
            Some(true) => self.agreed += 1,
            Some(false) => self.disagreed += 1,
            None => self.unknown += 1,
        }
    }

    /// The share of right answers among those that are known; 1 where none is.
    #[must_use]
    pub fn precision(&self) -> f64 {
        let known = self.agreed + self.disagreed;
        if known == 0 { 1.0 } else { self.agreed as f64 / known as f64 }
    }

    /// The lower Wilson bound of [`Self::precision`], one-sided at 95 %.
    #[must_use]
    pub fn precision_lower(&self) -> f64 {
        stats::lower(self.agreed, self.agreed + self.disagreed, stats::Z95)
    }
}
