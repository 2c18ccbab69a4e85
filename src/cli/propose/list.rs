//! `cascata propose list`.

use cascata_learn::proposals::{Kept, Store};
use clap::ValueEnum;
use serde_json::json;

use crate::cli::Format;
use crate::cli::exit::{Exit, Failure};
use crate::cli::terminal::table;

/// Arguments of `propose list`.
#[derive(clap::Args)]
pub struct Args {
    /// Only proposals that stand here
    #[arg(long, value_enum, value_name = "STATUS")]
    status: Option<Standing>,
    /// Only proposals for this stage
    #[arg(long, value_name = "STAGE")]
    target: Option<String>,
    /// How the list is printed: a table, or one JSON object a proposal
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Where a proposal stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
enum Standing {
    PendingReview,
    Approved,
    Rejected,
    Testing,
    Active,
    Deprecated,
}

/// Runs the verb.
pub fn run(args: &Args, store: &Store) -> Result<Exit, Failure> {
    let wanted = |kept: &&Kept| {
        let status = args.status.is_none_or(|status| {
            status.to_possible_value().is_some_and(|value| value.get_name() == kept.status.name())
        });
        status && args.target.as_ref().is_none_or(|target| kept.proposal.target == *target)
    };
    let proposals: Vec<_> = store.proposals().filter(wanted).collect();
    let text = match args.format {
        Format::Json => proposals.iter().map(|kept| format!("{}\n", json!(kept))).collect(),
        Format::Human => human(&proposals),
    };
    crate::cli::print(&text)
}

fn human(proposals: &[&Kept]) -> String {
    if proposals.is_empty() {
        return "no proposals\n".to_owned();
    }
    let head = ["id", "status", "target", "precision", "coverage", "advice", "rule"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for kept in proposals {
        let proposal = &kept.proposal;
        rows.push(vec![
            proposal.id.clone(),
            kept.status.name().to_owned(),
            proposal.target.clone(),
            percent(proposal.precision),
            percent(proposal.coverage),
            proposal.recommendation.name().to_owned(),
            format!("{} -> {}", proposal.when, proposal.answer),
        ]);
    }
    table(&rows)
}

/// A share in percent.
pub fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}
