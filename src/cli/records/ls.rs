//! `cascata records ls`: a line a segment.

use std::path::PathBuf;

use cascata_record::log::{SegmentSummary, segments};
use serde_json::json;

use super::{failure, tell};
use crate::cli::Format;
use crate::cli::exit::{Exit, Failure};
use crate::cli::terminal::{table, thousands};

/// Arguments of `records ls`.
#[derive(clap::Args)]
pub struct Args {
    /// A folder of records, or one file
    #[arg(value_name = "RECORDS")]
    records: PathBuf,
    /// How the list is printed: a table, or one JSON object a segment
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Runs the verb.
pub fn run(args: &Args) -> Result<Exit, Failure> {
    let paths = segments(&args.records).map_err(failure)?;
    let read = paths.iter().map(|path| SegmentSummary::read(path)).collect::<Result<Vec<_>, _>>();
    let summaries = read.map_err(failure)?;
    let text = match args.format {
        Format::Human => human(&summaries),
        Format::Json => summaries.iter().map(json_line).collect(),
    };
    super::super::print(&text)?;
    let damages: Vec<_> = summaries.into_iter().flat_map(|summary| summary.damages).collect();
    Ok(tell(&damages, damages.len() as u64))
}

fn json_line(summary: &SegmentSummary) -> String {
    let mut value = json!(summary);
    let damages = summary
        .damages
        .iter()
        .map(|damage| json!({"code": damage.kind.code(), "offset": damage.offset, "message": damage.kind.to_string()}));
    value["damages"] = damages.collect();
    format!("{value}\n")
}

fn human(summaries: &[SegmentSummary]) -> String {
    let mut rows =
        vec![["segment", "records", "dropped", "bytes", "of text", "first", "last"].map(str::to_owned).to_vec()];
    for summary in summaries {
        let name = summary.path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let time = |time: &Option<String>| time.clone().unwrap_or_else(|| "-".to_owned());
        rows.push(vec![
            name,
            thousands(summary.records),
            thousands(summary.dropped),
            thousands(summary.bytes),
            thousands(summary.text_bytes),
            time(&summary.first),
            time(&summary.last),
        ]);
    }
    table(&rows)
}
