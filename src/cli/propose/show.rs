//! `cascata propose show`.

use std::fmt::Write;

use cascata_learn::proposals::{Kept, Store};
use serde_json::json;

use super::failure;
use super::list::percent;
use crate::cli::Format;
use crate::cli::exit::{Exit, Failure};

/// Arguments of `propose show`.
#[derive(clap::Args)]
pub struct Args {
    /// The proposal, or the beginning of its id
    #[arg(value_name = "ID")]
    id: String,
    /// How it is printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Runs the verb.
pub fn run(args: &Args, store: &Store) -> Result<Exit, Failure> {
    let kept = store.get(&args.id).map_err(failure)?;
    let text = match args.format {
        Format::Json => format!("{}\n", json!(kept)),
        Format::Human => human(kept),
    };
    crate::cli::print(&text)
}

fn human(kept: &Kept) -> String {
    let proposal = &kept.proposal;
    let mut out = String::new();
    // Writing into a string cannot fail; so below.
    let _ = writeln!(out, "{} {}: {}", proposal.id, proposal.name, kept.status.name());
    let _ = writeln!(out, "  when      {}", proposal.when);
    let _ = writeln!(out, "  answers   {} in {}, in place of {}", proposal.answer, proposal.target, proposal.stage);
    let _ = writeln!(
        out,
        "  measured  precision {} (at least {}), coverage {}, recall {}",
        percent(proposal.precision),
        percent(proposal.precision_lower),
        percent(proposal.coverage),
        percent(proposal.recall)
    );
    let _ = writeln!(out, "  advice    {}: {}", proposal.recommendation.name(), proposal.reasons.join("; "));
    if proposal.drift.drifted {
        let _ = writeln!(out, "  drift     it did not hold in the newer half as in the older");
    }
    for relation in &proposal.relations {
        let sure = if relation.certain { "" } else { ", as far as was seen" };
        let _ = writeln!(out, "  meets     {}: {:?}{sure}", relation.rule, relation.kind);
    }
    if let Some(cascade) = &kept.cascade {
        let _ = writeln!(out, "  cascade   {cascade}");
    }
    for (test, result) in kept.test_results.iter().flatten() {
        let _ = writeln!(out, "  {test:<9} {result}");
    }
    let _ = writeln!(out, "history");
    for entry in &kept.history {
        let why = entry.why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
        let action = json!(entry.action);
        let _ = writeln!(out, "  {} {} by {}{why}", entry.at, action.as_str().unwrap_or_default(), entry.who);
    }
    out
}
