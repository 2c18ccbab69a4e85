//! `cascata replay`: decides recorded events again and tells where the decisions part.

mod again;
mod differences;
mod recorded;
mod report;

use std::path::PathBuf;
use std::sync::Arc;

use super::Format;
use super::exit::{Exit, Failure};
use super::handlers::{self, ModuleArgs};
use super::load;
use super::records::{self, Selection};
pub use again::Again;
use report::Report;

/// Arguments of `replay`.
#[derive(clap::Args)]
#[command(
    after_help = "Each recorded event is decided again: by the program that is kept beside the records (or --cascade), with the
recorded moment as now and the recorded answers of stages. The decision has to be the same but for ids, times and logs; where it
is not, the places that part are shown.

With --live, stages whose handler says `determinism: strict` run again; their result, data, writes, fuel and
memory have to be the same.

Examples:
  cascata replay records
  cascata replay records --id 6f0c
  cascata replay records --live --cascade payments.yaml
  cascata replay records --cascade payments-new.yaml --outcome deny --format json"
)]
pub struct Args {
    /// A folder of records, one segment of it, or a file with a decision a line
    #[arg(value_name = "RECORDS")]
    records: PathBuf,
    /// Decide by this cascade or image, not by the program that is kept beside the records
    #[arg(long, value_name = "FILE")]
    cascade: Option<PathBuf>,
    /// Run deterministic stages again; their modules are relative to the cascade's file
    #[arg(long, requires = "cascade")]
    live: bool,
    #[command(flatten)]
    selection: Selection,
    /// Decisions that part and are shown one by one
    #[arg(long, value_name = "N", default_value_t = 20)]
    show: usize,
    /// How the result is printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    modules: ModuleArgs,
}

/// Runs the verb.
pub fn run(args: &Args) -> Result<Exit, Failure> {
    args.selection.check()?;
    let (mut given, mut live) = (None, None);
    if let Some(path) = &args.cascade {
        let loaded = load::program(path)?;
        if args.live {
            live = Some(handlers::modules(&loaded.folder, &handlers::host(&args.modules)?, &args.modules));
        }
        given = Some(loaded.program.image().to_vec());
    }
    let same_program = given.is_none();
    let mut again = Again::new(&args.records, given, live)?;
    let mut records = records::open(&args.records)?.records();
    let mut report = Report::new(args.show);
    let mut left = args.selection.limit.unwrap_or(u64::MAX);
    while left > 0
        && let Some(record) = records.next()
    {
        let record = record.map_err(records::failure)?;
        if args.selection.takes(&record) {
            left -= 1;
            let record = Arc::new(record);
            let decided = again.decide(&record)?;
            let compare = |replayed| differences::between(&record, &replayed, same_program);
            report.take(&record, decided.map(compare));
        }
    }
    super::print(&report.render(args.format))?;
    let told = records::tell(records.reader().damages(), records.reader().damage_count());
    if report.none() {
        return Err(Failure::new(Exit::Findings, "no record is meant; nothing was replayed"));
    }
    Ok(if report.same() { told } else { Exit::Findings })
}
