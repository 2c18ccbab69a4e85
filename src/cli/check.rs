//! `cascata check`: every mistake of a file at once.

use std::path::PathBuf;

use cascata_compiler::Options;
use cascata_compiler::analyze::{ListCost, costs};
use cascata_vm::IndexStats;
use cascata_vm::image::{LoadOptions, Program};
use serde_json::json;

use super::exit::{Exit, Failure};
use super::{Format, diagnostics, fix, index, load, terminal};

/// Arguments of `check`.
#[derive(clap::Args)]
#[command(
    after_help = "Diagnostics for people go to stderr, JSON (one object a line) to stdout. Ends with 3 if there is an error,
with 1 if there is a warning under --strict. --fix writes files whole or not at all, says what it changed, and applies no fix
that overlaps another or leaves more errors than there were.

Examples:
  cascata check payments.yaml
  cascata check --strict cascades/*.yaml
  cascata check --fix payments.yaml
  cascata check --verbose --max-cost 5000 payments.yaml
  cascata check --format json payments.yaml | jq .code"
)]
pub struct Args {
    /// Cascade files; `-` is stdin
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Warnings are findings too, and an unknown key is an error
    #[arg(long)]
    strict: bool,
    /// Apply the fixes that diagnostics offer, then check what is left
    #[arg(long)]
    fix: bool,
    /// Show what each list of rules costs at worst, in the units of the instruction table, and how its rules are found
    #[arg(long)]
    verbose: bool,
    /// The most that one list of rules may cost at worst
    #[arg(long, value_name = "COST")]
    max_cost: Option<u64>,
    /// How diagnostics are printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Runs the verb.
pub fn run(args: &Args) -> Result<Exit, Failure> {
    let mut options = Options::default();
    options.strict = args.strict;
    options.max_cost = args.max_cost;
    let mut total = diagnostics::Counts::default();
    for file in &args.files {
        let mut source = load::source(file)?;
        if args.fix {
            source = fix::file(file, source, &options)?;
        }
        let compiled = cascata_compiler::compile(&source, &options);
        let counts = diagnostics::print(&source, &compiled.diagnostics, args.format);
        total.errors += counts.errors;
        total.warnings += counts.warnings;
        if let (true, Some(image)) = (args.verbose, &compiled.image) {
            print_costs(&source.name, image, args.format)?;
        }
        if args.format == Format::Human {
            eprintln!("{}: {}", source.name, summary(counts));
        }
    }
    Ok(match total {
        diagnostics::Counts { errors: 1.., .. } => Exit::Cascade,
        diagnostics::Counts { warnings: 1.., .. } if args.strict => Exit::Findings,
        _ => Exit::Ok,
    })
}

/// What each list of rules costs at worst, and what its index is like: a table on stderr, or one JSON object on stdout.
fn print_costs(source: &str, image: &[u8], format: Format) -> Result<(), Failure> {
    let Ok(program) = Program::verify(image, &LoadOptions::default().trusted(true)) else { return Ok(()) };
    let costs = costs(image);
    if format == Format::Json {
        let costs: Vec<_> = costs.iter().map(|cost| with_index(cost, program.index_stats(cost.id))).collect();
        return super::print(&format!("{}\n", json!({"source": source, "costs": costs}))).map(|_| ());
    }
    for cost in &costs {
        let rules = terminal::count(cost.rules as u64, "rule");
        let stage = cost.stage.as_deref().or(cost.ruleset.as_deref()).unwrap_or("-");
        let index = program.index_stats(cost.id).map(|stats| format!("; {}", index::words(&stats))).unwrap_or_default();
        eprintln!("{source}: {stage} {}: {rules}, at most {}{index}", cost.list, terminal::thousands(cost.cost));
    }
    Ok(())
}

fn with_index(cost: &ListCost, stats: Option<IndexStats>) -> serde_json::Value {
    let mut cost = json!(cost);
    cost["index"] = index::json(stats);
    cost
}

fn summary(counts: diagnostics::Counts) -> String {
    let errors = terminal::count(counts.errors as u64, "error");
    let warnings = terminal::count(counts.warnings as u64, "warning");
    match (counts.errors, counts.warnings) {
        (0, 0) => "ok".to_owned(),
        (0, _) => format!("ok, {warnings}"),
        (_, 0) => errors,
        _ => format!("{errors}, {warnings}"),
    }
}
