//! `cascata propose audit`: the log, checked entry by entry.

use std::fmt::Write;
use std::path::Path;

use cascata_learn::proposals::{Entry, Store};
use serde_json::json;

use super::failure;
use crate::cli::Format;
use crate::cli::exit::{Exit, Failure};
use crate::cli::terminal::thousands;

/// Arguments of `propose audit`.
#[derive(clap::Args)]
#[command(
    after_help = "Every entry carries the hash of the one before, so none can be changed, moved or taken out unseen. That the end was not cut
off shows by a head that was noted elsewhere: --head."
)]
pub struct Args {
    /// The head that was noted: `ENTRIES:HASH`, as this verb prints it. The log must still have that entry
    #[arg(long, value_name = "HEAD")]
    head: Option<String>,
    /// How the log is printed: text, or one JSON object an entry
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Runs the verb.
pub fn run(args: &Args, path: &Path) -> Result<Exit, Failure> {
    let store = Store::open(path).map_err(failure)?;
    let mut entries: Vec<&Entry> = store.proposals().flat_map(|kept| &kept.history).collect();
    entries.sort_by_key(|entry| entry.seq);
    let (total, head) = store.head();
    if let Some(noted) = &args.head {
        let there = |number: u64, hash: &str| match entries.iter().find(|entry| entry.seq == number + 1) {
            Some(next) => next.prev == hash,
            None => number == total && hash == head,
        };
        let (number, hash) = noted.split_once(':').unwrap_or_default();
        if !number.parse().is_ok_and(|number| there(number, hash)) {
            let message = format!("C0402: {}: the log does not have the head {noted}", path.display());
            return Err(Failure::new(Exit::Findings, message));
        }
    }
    let text = match args.format {
        Format::Json => entries.iter().map(|entry| format!("{}\n", json!(entry))).collect(),
        Format::Human => human(&entries, total, head),
    };
    crate::cli::print(&text)
}

fn human(entries: &[&Entry], total: u64, head: &str) -> String {
    let mut out = String::new();
    for entry in entries {
        let action = json!(entry.action);
        let why = entry.why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
        // Writing into a string cannot fail; so below.
        let _ = write!(out, "{:>4} {} {} {}", entry.seq, entry.at, entry.proposal, action.as_str().unwrap_or_default());
        let _ = writeln!(out, " -> {} by {}{why}", entry.status.name(), entry.who);
    }
    let _ = writeln!(out, "{} in the log, which is whole; head {total}:{head}", thousands(total));
    out
}
