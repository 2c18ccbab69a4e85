//! `cascata propose backtest`: rules against recorded events.

use std::fmt::Write;
use std::path::PathBuf;

use cascata_learn::proposals::{Action, Kept, Store};
use cascata_learn::{Backtest, BacktestReport, BacktestRule, Options, Proposal, Recommendation, Status};
use serde_json::{Value, json};

use super::list::percent;
use super::{By, failure};
use crate::cli::Format;
use crate::cli::exit::{Exit, Failure};
use crate::cli::records::{Reading, Text};
use crate::cli::stream::Stop;
use crate::cli::terminal::{count, duration_us, thousands};

/// The longest record of a stream that is read, in bytes.
const MAX_RECORD_BYTES: usize = 64 << 20;

/// Arguments of `propose backtest`.
#[derive(clap::Args)]
#[command(
    after_help = "The rules run over the recorded events as the machine runs them, a thread a core. Where one answers, its answer is held
against what the expensive stage had said; the rest of the cascade is not decided again (`cascata replay --cascade` does that).
Several proposals are told one by one and, if they are for the same stages, as one list, the first that holds answering.

Ends with 1 if a rule does not hold: it answers nothing that is known, its precision is below what was asked for, or worse than what was
measured when it was learned, by more than chance. The result is noted with an approved proposal, which is TESTING then; a
proposal that waits for review is only looked at."
)]
pub struct Args {
    /// The proposals, or the beginnings of their ids
    #[arg(value_name = "ID", required = true)]
    ids: Vec<String>,
    /// Folders of records, segments, or files with a decision a line; several times; `-` is stdin
    #[arg(long, value_name = "RECORDS", required = true)]
    records: Vec<PathBuf>,
    /// No progress
    #[arg(short, long)]
    quiet: bool,
    #[command(flatten)]
    by: By,
    /// How the result is printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Runs the verb.
pub fn run(args: &Args, mut store: Store) -> Result<Exit, Failure> {
    let mut kept: Vec<Kept> = Vec::new();
    for id in &args.ids {
        let one = store.get(id).map_err(failure)?;
        if !kept.iter().any(|other| other.proposal.id == one.proposal.id) {
            kept.push(one.clone());
        }
    }
    let proposals: Vec<_> = kept.iter().map(|kept| kept.proposal.clone()).collect();
    let (report, damaged) = replayed(args, &proposals)?;
    let mut out = String::new();
    for (kept, rule) in kept.iter().zip(&report.rules) {
        let result = result(&report, rule);
        let noted = note(args, kept, &mut store, &result)?;
        match args.format {
            Format::Json => {
                out += &format!("{}\n", json!({"id": kept.proposal.id, "noted": noted, "backtest": result}));
            }
            Format::Human => human(&report, rule, &kept.proposal, noted, &mut out),
        }
    }
    if let (Format::Human, [_, _, ..]) = (args.format, kept.as_slice()) {
        together(&report, &mut out);
    }
    crate::cli::print(&out)?;
    let held = report.rules.iter().all(|rule| rule.holds);
    Ok(if held && !damaged { Exit::Ok } else { Exit::Findings })
}

/// The records through all rules at once, and whether some could not be read.
fn replayed(args: &Args, proposals: &[Proposal]) -> Result<(BacktestReport, bool), Failure> {
    let [first, ..] = proposals else { return Err(Failure::new(Exit::Usage, "which proposals?")) };
    if let Some(other) = proposals.iter().find(|one| (&one.stage, &one.target) != (&first.stage, &first.target)) {
        let message = format!("{} and {} are for other stages: one after the other", first.id, other.id);
        return Err(Failure::new(Exit::Usage, message));
    }
    let stop = Stop::new();
    stop.on_signals().map_err(|error| Failure::io("signals", error))?;
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let ready = || Backtest::new(proposals).map_err(|error| Failure::new(Exit::Cascade, error));
    let mut workers = (0..threads).map(|_| ready()).collect::<Result<Vec<_>, _>>()?;
    let reading =
        Reading { paths: &args.records, longest: MAX_RECORD_BYTES, quiet: args.quiet, fail_fast: false, stop: &stop };
    let take = |worker: &mut Backtest, number, record: Text<'_>| {
        let replayed =
            if record.as_written { worker.recorded(number, record.bytes) } else { worker.record(number, record.bytes) };
        Ok(replayed.map_err(|error| error.to_string()))
    };
    let counted = reading.run(&mut workers, take)?;
    let mut all = ready()?;
    workers.into_iter().for_each(|worker| all.absorb(worker));
    let mut options = Options::default();
    options.precision = proposals.iter().map(|one| one.asked).fold(0.0, f64::max);
    Ok((all.report(&options, None), counted.damaged))
}

/// The counts of a rule, with those of all records.
fn result(report: &BacktestReport, rule: &BacktestRule) -> Value {
    let mut result = json!(rule);
    for (key, value) in [("records", report.records), ("not_replayable", report.bad), ("calls", report.calls)] {
        result[key] = value.into();
    }
    result
}

/// Notes a result with a proposal that may take one.
fn note(args: &Args, kept: &Kept, store: &mut Store, result: &Value) -> Result<bool, Failure> {
    let id = &kept.proposal.id;
    if kept.status == Status::Approved {
        store.apply(args.by.change(id, Action::StartTesting, Value::Null)?).map_err(failure)?;
    } else if kept.status != Status::Testing {
        return Ok(false);
    }
    let mut result = result.clone();
    result["from"] = args.records.iter().map(|path| Value::from(path.display().to_string())).collect();
    store.apply(args.by.change(id, Action::Record, json!({ "backtest": result }))?).map_err(failure)?;
    Ok(true)
}

/// What became of one rule, for people.
fn human(report: &BacktestReport, rule: &BacktestRule, proposal: &Proposal, noted: bool, out: &mut String) {
    let counts = rule.tally.counts;
    // Writing into a string cannot fail; so below.
    let _ = write!(out, "{} {}: {} replayed", proposal.id, proposal.name, count(report.records - report.bad, "record"));
    if report.bad > 0 {
        let _ = write!(out, ", {} that say too little", thousands(report.bad));
    }
    let _ = writeln!(
        out,
        "\n  answers   {} of them, {} with another verdict than was recorded",
        thousands(counts.matched + rule.tally.unknown),
        thousands(rule.tally.verdicts_changed)
    );
    let _ = writeln!(
        out,
        "  {:<9} as it {}, otherwise {}, unknown {}: precision {} (at least {}), recall {}",
        proposal.stage,
        thousands(counts.right),
        thousands(counts.matched - counts.right),
        thousands(rule.tally.unknown),
        percent(rule.precision),
        percent(rule.precision_lower),
        percent(rule.recall),
    );
    let _ = writeln!(
        out,
        "  saves     {} of {} calls of it ({}), {}",
        thousands(rule.tally.calls_saved),
        thousands(report.calls),
        percent(share(rule.tally.calls_saved, report.calls)),
        duration_us(rule.tally.time_saved_us),
    );
    for (name, times) in &rule.tally.meets {
        let _ = writeln!(
            out,
            "  meets     {name} on {} of {}",
            thousands(*times),
            thousands(counts.matched + rule.tally.unknown)
        );
    }
    let _ = writeln!(out, "  {}{}", judged(rule), if noted { "; noted" } else { "" });
}

/// Whether it holds, and why not.
fn judged(rule: &BacktestRule) -> String {
    let z = rule.z_against_learned.map_or_else(String::new, |z| format!(" ({z:+.1} standard deviations)"));
    if rule.tally.counts.matched == 0 {
        "it does not hold: it answers nothing that is known".to_owned()
    } else if rule.holds && rule.z_against_learned.is_some() {
        format!("it holds as when it was learned{z}")
    } else if rule.holds {
        "it holds what was asked for; nothing was measured when it was made".to_owned()
    } else if rule.recommendation == Recommendation::Reject {
        format!("it does not hold: {}{z}", rule.reasons.first().map_or("", String::as_str))
    } else {
        format!("it does not hold: worse than when it was learned{z}")
    }
}

/// All rules as one list.
fn together(report: &BacktestReport, out: &mut String) {
    let counts = report.together;
    let _ = writeln!(
        out,
        "together {}: {} of {} calls away, precision {} (at least {})",
        report.recommendation.name(),
        thousands(report.calls_saved),
        thousands(report.calls),
        percent(counts.precision()),
        percent(counts.precision_lower())
    );
    for reason in report.reasons.iter().take(1) {
        let _ = writeln!(out, "  {reason}");
    }
}

#[expect(clippy::cast_precision_loss, reason = "a share to look at")]
fn share(part: u64, of: u64) -> f64 {
    if of == 0 { 0.0 } else { part as f64 / of as f64 }
}
