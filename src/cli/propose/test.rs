//! `cascata propose backtest` and `shadow`: a rule against events, recorded or live.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use cascata_learn::Status;
use cascata_learn::proposals::{Action, Kept, RuleMode, ShadowCounts, Store, with_rule};
use serde_json::{Value, json};

use super::backtest::Backtest;
use super::list::percent;
use super::publish::{Plan, Target};
use super::{By, failure};
use crate::cli::exit::{Exit, Failure};
use crate::cli::replay::Again;
use crate::cli::terminal::thousands;
use crate::cli::{Format, load, records};

/// Arguments of `propose backtest`.
#[derive(clap::Args)]
#[command(
    after_help = "Every recorded event is decided again by the cascade with the rule in it, with the recorded answers of stages.
Where the rule answers, its answer is held against what the expensive stage had said.

Ends with 1 if the rule does not hold: it answers nothing that is known, or its precision is worse than what was measured when it was
learned, by more than chance. The result is noted with an approved proposal, which is TESTING then; a proposal that
waits for review is only looked at."
)]
pub struct BacktestArgs {
    /// The proposal, or the beginning of its id
    #[arg(value_name = "ID")]
    id: String,
    /// A folder of records, one segment of it, or a file with a decision a line
    #[arg(long, value_name = "RECORDS")]
    records: PathBuf,
    /// The cascade's file [default: the one it was imported for]
    #[arg(long, value_name = "CASCADE")]
    cascade: Option<PathBuf>,
    #[command(flatten)]
    by: By,
    /// How the result is printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

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

/// Runs `backtest`.
pub fn backtest(args: &BacktestArgs, mut store: Store) -> Result<Exit, Failure> {
    let kept = store.get(&args.id).map_err(failure)?.clone();
    let path = args.cascade.clone().or_else(|| kept.cascade.as_ref().map(PathBuf::from));
    let path = path.ok_or_else(|| Failure::new(Exit::Usage, "which cascade? Say so with --cascade"))?;
    let candidate = with_rule(&load::source(&path)?, &kept.proposal, RuleMode::Active).map_err(failure)?;
    let mut again = Again::new(&args.records, Some(candidate.image), None)?;
    let mut records = records::open(&args.records)?.records();
    let mut counts = Backtest::default();
    for record in records.by_ref() {
        let record = Arc::new(record.map_err(records::failure)?);
        let decided = again.decide(&record)?;
        counts.take(&record, decided.as_ref().ok(), &kept.proposal);
    }
    let result = counts.result(&kept.proposal);
    let noted = note(args, &kept, &mut store, &result, &candidate.after)?;
    let text = match args.format {
        Format::Json => format!("{}\n", json!({"id": kept.proposal.id, "noted": noted, "backtest": result})),
        Format::Human => counts.human(&kept.proposal, noted),
    };
    crate::cli::print(&text)?;
    let told = records::tell(records.reader().damages(), records.reader().damage_count());
    Ok(if counts.holds(&kept.proposal) { told } else { Exit::Findings })
}

/// Notes a result with a proposal that may take one.
fn note(args: &BacktestArgs, kept: &Kept, store: &mut Store, result: &Value, program: &str) -> Result<bool, Failure> {
    let id = &kept.proposal.id;
    if kept.status == Status::Approved {
        store.apply(args.by.change(id, Action::StartTesting, Value::Null)?).map_err(failure)?;
    } else if kept.status != Status::Testing {
        return Ok(false);
    }
    let mut result = result.clone();
    result["records"] = args.records.display().to_string().into();
    result["program"] = program.into();
    store.apply(args.by.change(id, Action::Record, json!({ "backtest": result }))?).map_err(failure)?;
    Ok(true)
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
