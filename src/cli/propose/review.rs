//! `cascata propose approve` and `reject`: what a person says.

use cascata_learn::proposals::{Action, Store};
use serde_json::Value;

use super::{By, failure};
use crate::cli::exit::{Exit, Failure};

/// Arguments of `propose approve` and `reject`.
#[derive(clap::Args)]
pub struct Args {
    /// The proposal, or the beginning of its id
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    by: By,
}

/// Runs the verb.
pub fn run(args: &Args, action: Action, mut store: Store) -> Result<Exit, Failure> {
    if action == Action::Reject && args.by.why.is_none() {
        return Err(Failure::new(Exit::Usage, "why is it turned down? Say so with --why"));
    }
    let kept = store.apply(args.by.change(&args.id, action, Value::Null)?).map_err(failure)?;
    crate::cli::print(&format!("{}: {}\n", kept.proposal.id, kept.status.name()))
}
