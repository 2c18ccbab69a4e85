//! `cascata records`: what `cascata run --record` and engines recorded.

mod batches;
mod cat;
mod ls;
mod select;
mod stats;
mod work;
mod write;

use std::path::Path;

use cascata_record::log::{Damage, Reader, RecordError};

use super::exit::{Exit, Failure};

pub use batches::Text;
pub use select::Selection;
pub use work::{Counted, Reading};
pub use write::{Detail, RecordArgs, finish};

/// Arguments of `records`.
#[derive(clap::Args)]
#[command(
    after_help = "RECORDS is a folder that `cascata run --record` or an engine wrote, one segment of it, or a file with a decision a line.
A segment whose writer was stopped while it wrote ends with a torn block: all before it is read, the verb tells of it on
stderr and ends with 1.

Examples:
  cascata records ls records
  cascata records cat records --outcome deny --limit 10
  cascata records cat records --id 6f0c… | jq .event
  cascata records stats records --format json"
)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(clap::Subcommand)]
enum Verb {
    /// List the segments with their records, sizes and times
    Ls(ls::Args),
    /// Print records, one a line
    Cat(cat::Args),
    /// Count decisions, stages, rules and what rules in shadow mode would have done
    Stats(stats::Args),
}

/// Runs the verb.
pub fn run(args: &Args) -> Result<Exit, Failure> {
    match &args.verb {
        Verb::Ls(args) => ls::run(args),
        Verb::Cat(args) => cat::run(args),
        Verb::Stats(args) => stats::run(args),
    }
}

/// Opens records for reading.
pub fn open(path: &Path) -> Result<Reader, Failure> {
    Reader::open(path).map_err(failure)
}

/// What people are told of a failure.
#[expect(clippy::needless_pass_by_value, reason = "stands in `map_err`")]
pub fn failure(error: RecordError) -> Failure {
    let exit = match error {
        RecordError::Setting { .. } => Exit::Usage,
        _ => Exit::Io,
    };
    Failure::new(exit, format_args!("{}: {error}", error.code()))
}

/// Tells on stderr what could not be read, and how the verb ends.
pub fn tell(damages: &[Damage], count: u64) -> Exit {
    for damage in damages {
        eprintln!("{}: {damage}", damage.kind.code());
    }
    let told = damages.len() as u64;
    if count > told {
        eprintln!("and {} more", count - told);
    }
    if count == 0 { Exit::Ok } else { Exit::Findings }
}
