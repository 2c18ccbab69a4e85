//! Choosing records.

use cascata_record::DecisionRecord;
use serde_json::Value;

use crate::cli::exit::{Exit, Failure};

/// Which records are meant; all conditions must hold.
#[derive(clap::Args)]
pub struct Selection {
    /// Decisions whose id begins so; may be given several times
    #[arg(long, value_name = "ID")]
    id: Vec<String>,
    /// Decisions with this verdict: a text, or a JSON value
    #[arg(long, value_name = "VALUE")]
    outcome: Option<String>,
    /// Decisions for which this stage ran
    #[arg(long, value_name = "STAGE")]
    stage: Option<String>,
    /// Decisions that this rule acted on, or would have in shadow mode
    #[arg(long, value_name = "RULE")]
    rule: Option<String>,
    /// Decisions with an error
    #[arg(long)]
    failed: bool,
    /// Decisions made at this moment or later, RFC 3339 in UTC, or the beginning of one: 2026-01-31T12
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Decisions made before this moment
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// At most so many
    #[arg(long, value_name = "N")]
    pub limit: Option<u64>,
}

impl Selection {
    /// Refuses what could match nothing.
    pub fn check(&self) -> Result<(), Failure> {
        for time in self.since.iter().chain(&self.until) {
            if !time.starts_with(|first: char| first.is_ascii_digit()) {
                return Err(Failure::new(
                    Exit::Usage,
                    format_args!("`{time}` is no time such as 2026-01-31T12:00:00Z"),
                ));
            }
        }
        Ok(())
    }

    /// Whether a record is meant.
    pub fn takes(&self, record: &DecisionRecord) -> bool {
        let id = self.id.is_empty() || self.id.iter().any(|id| record.id.starts_with(id.as_str()));
        let outcome = self.outcome.as_ref().is_none_or(|wanted| is(&record.outcome, wanted));
        let stage = self.stage.as_ref().is_none_or(|wanted| record.stages.iter().any(|stage| stage.name == *wanted));
        let rule = self.rule.as_ref().is_none_or(|wanted| {
            let fired = record.fired.iter().map(|fired| &fired.rule);
            fired.chain(record.shadow.iter().map(|shadow| &shadow.rule)).any(|rule| rule == wanted)
        });
        // Times are written in one form, so that their texts have the order of the times.
        let since = self.since.as_ref().is_none_or(|since| record.now.as_str() >= since.as_str());
        let until = self.until.as_ref().is_none_or(|until| record.now.as_str() < until.as_str());
        id && outcome && stage && rule && since && until && (!self.failed || !record.success)
    }
}

fn is(outcome: &Value, wanted: &str) -> bool {
    outcome.as_str() == Some(wanted) || serde_json::from_str::<Value>(wanted).is_ok_and(|wanted| wanted == *outcome)
}
