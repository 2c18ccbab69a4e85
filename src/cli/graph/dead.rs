//! What the analysis knows to be dead, by the numbers of the image.

use std::collections::{HashMap, HashSet};

use cascata_compiler::analyze::{Claim, analyze};
use cascata_vm::{RuleId, StageId};

use crate::cli::written::Written;

/// What never happens. Nothing is known of an image.
#[derive(Default)]
pub struct Dead {
    /// Stages that never run, and why.
    pub stages: HashMap<StageId, String>,
    /// Rules whose action never acts.
    pub rules: HashSet<RuleId>,
    /// Rules whose `else` never acts.
    pub otherwise: HashSet<RuleId>,
    /// Rules whose `skip_to` ends the cascade.
    pub drains: HashSet<RuleId>,
}

impl Dead {
    /// What is certain about a source.
    pub fn of(written: &Written) -> Self {
        let mut dead = Self::default();
        for finding in analyze(&written.cascade, &written.source.whole()) {
            dead.take(written, &finding.claim, finding.diagnostic.message);
        }
        dead
    }

    fn take(&mut self, written: &Written, claim: &Claim, message: String) {
        match claim {
            Claim::NeverRuns { stage } => {
                self.stages.insert(StageId::new(stage.as_u32()), message);
            }
            Claim::NeverTrue { rule, at } if at.is_empty() => self.rules.extend(written.id(*rule)),
            Claim::Shadowed { rule, .. } => self.rules.extend(written.id(*rule)),
            Claim::AlwaysTrue { rule, at } if at.is_empty() => self.otherwise.extend(written.id(*rule)),
            Claim::Drains { rule, .. } => self.drains.extend(written.id(*rule)),
            _ => {}
        }
    }
}
