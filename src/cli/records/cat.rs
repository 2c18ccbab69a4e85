//! `cascata records cat`: records as NDJSON.

use std::io::{BufWriter, ErrorKind, Write};
use std::path::PathBuf;

use cascata_record::DecisionRecord;

use super::select::Selection;
use super::{failure, open, tell};
use crate::cli::exit::{Exit, Failure};

/// Arguments of `records cat`.
#[derive(clap::Args)]
pub struct Args {
    /// A folder of records, or one file
    #[arg(value_name = "RECORDS")]
    records: PathBuf,
    #[command(flatten)]
    selection: Selection,
}

/// Runs the verb.
pub fn run(args: &Args) -> Result<Exit, Failure> {
    args.selection.check()?;
    let mut records = open(&args.records)?.records();
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut left = args.selection.limit.unwrap_or(u64::MAX);
    while left > 0
        && let Some(record) = records.next()
    {
        let record: DecisionRecord = record.map_err(failure)?;
        if !args.selection.takes(&record) {
            continue;
        }
        left -= 1;
        let written = serde_json::to_writer(&mut out, &record).map_err(std::io::Error::from);
        match written.and_then(|()| out.write_all(b"\n")) {
            // The reader of a pipe has seen enough.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(Exit::Ok),
            other => other.map_err(|error| Failure::io("<stdout>", error))?,
        }
    }
    match out.flush() {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => return Err(Failure::io("<stdout>", error)),
        _ => {}
    }
    Ok(tell(records.reader().damages(), records.reader().damage_count()))
}
