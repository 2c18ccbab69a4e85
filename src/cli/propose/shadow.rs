//! `cascata propose shadow`: a rule against live events.

use std::path::{Path, PathBuf};

use cascata_learn::Status;
use cascata_learn::proposals::{Action, RuleMode, ShadowCounts, Store, with_rule};
use serde_json::json;

use super::list::percent;
use super::publish::{Plan, Target};
use super::{By, failure};
use crate::cli::exit::{Exit, Failure};
use crate::cli::terminal::thousands;
use crate::cli::{Format, records};

/// Arguments of `propose shadow`.
#[derive(clap::Args)]
#[command(
    after_help = "Without --records: the rule goes into the cascade's file with `mode: shadow`. An engine that runs it records what the rule would
have done and changes no decision. With --records: counts that from the records of such an engine and notes it."
)]
pub struct ShadowArgs {
    /// The proposal, or the beginning of its id
    #[arg(value_name = "ID")]
    id: String,
    /// Count from these records what the rule would have done
    #[arg(long, value_name = "RECORDS", conflicts_with_all = ["cascade", "dry_run"])]
    records: Option<PathBuf>,
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    by: By,
    /// How the counts are printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Runs `shadow`.
pub fn shadow(args: &ShadowArgs, mut store: Store) -> Result<Exit, Failure> {
    if let Some(path) = &args.records {
        return count(args, path, &mut store);
    }
    let testing = store.get(&args.id).map_err(failure)?.status == Status::Testing;
    // What is tested already has one move to make: to note that it is in shadow mode now.
    let moves: &[_] = if testing { &[Action::Record] } else { &[Action::StartTesting, Action::Record] };
    let plan = Plan { target: &args.target, by: &args.by, moves, word: "in shadow mode" };
    plan.carry_out(&args.id, &mut store, |source, kept| with_rule(source, &kept.proposal, RuleMode::Shadow))
}

fn count(args: &ShadowArgs, path: &Path, store: &mut Store) -> Result<Exit, Failure> {
    let kept = store.get(&args.id).map_err(failure)?.clone();
    let mut counts = ShadowCounts::default();
    let mut records = records::open(path)?.records();
    for record in records.by_ref() {
        counts.take(&record.map_err(records::failure)?, &kept.proposal);
    }
    let mut result = json!(counts);
    result["precision"] = counts.precision().into();
    result["precision_lower"] = counts.precision_lower().into();
    let noted = kept.status == Status::Testing;
    if noted {
        let data = json!({ "shadow": result });
        store.apply(args.by.change(&kept.proposal.id, Action::Record, data)?).map_err(failure)?;
    }
    let text = match args.format {
        Format::Json => format!("{}\n", json!({"id": kept.proposal.id, "noted": noted, "shadow": result})),
        Format::Human => format!(
            "{} in shadow mode: would have answered {} of {} decisions; as {} did {}, otherwise {}, unknown {}, errors {}; \
             precision {} (at least {})\n",
            kept.proposal.id,
            thousands(counts.matched),
            thousands(counts.decisions),
            kept.proposal.stage,
            thousands(counts.agreed),
            thousands(counts.disagreed),
            thousands(counts.unknown),
            thousands(counts.errors),
            percent(counts.precision()),
            percent(counts.precision_lower()),
        ),
    };
    crate::cli::print(&text)?;
    Ok(records::tell(records.reader().damages(), records.reader().damage_count()))
}
