//! `cascata propose import` and `export`.

use std::path::PathBuf;

use cascata_learn::Proposal;
use cascata_learn::proposals::{RuleMode, Store, with_rule};
use serde_json::{Value, json};

use super::{By, failure, now};
use crate::cli::exit::{Exit, Failure};
use crate::cli::load;
use crate::cli::terminal::count;

/// Arguments of `propose import`.
#[derive(clap::Args)]
pub struct ImportArgs {
    /// Proposals as JSON: one, a list, `{proposals: […]}`, or one a line; `-` is stdin
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The cascade's file that their rules belong in; each must compile in it
    #[arg(long, value_name = "CASCADE")]
    cascade: Option<PathBuf>,
    #[command(flatten)]
    by: By,
}

/// Arguments of `propose export`.
#[derive(clap::Args)]
pub struct ExportArgs {
    /// Proposals, or the beginnings of their ids; all without any
    #[arg(value_name = "ID")]
    ids: Vec<String>,
}

/// Runs `import`. Whatever somebody else's store said of a proposal, here it waits for review.
pub fn import(args: &ImportArgs, mut store: Store) -> Result<Exit, Failure> {
    let bytes = load::read(&args.file)?;
    let name = args.file.display();
    let wrong = |error: serde_json::Error| Failure::new(Exit::Usage, format_args!("{name}: {error}"));
    let mut proposals = Vec::new();
    for value in serde_json::Deserializer::from_slice(&bytes).into_iter::<Value>() {
        gather(value.map_err(wrong)?, &mut proposals).map_err(wrong)?;
    }
    let source = args.cascade.as_deref().map(load::source).transpose()?;
    let cascade = args.cascade.as_ref().map(|path| path.display().to_string());
    let (mut added, mut text) = (0_u64, String::new());
    // All are looked at before one is taken.
    for proposal in &proposals {
        let Some(source) = &source else { continue };
        let candidate = with_rule(source, proposal, RuleMode::Active).map_err(failure)?;
        for meeting in &candidate.meets {
            text += &format!("{}: {}: {}\n", proposal.id, meeting.code, meeting.message);
        }
    }
    for proposal in &proposals {
        let new = store.add(proposal, cascade.as_deref(), &args.by.who()?, &now()).map_err(failure)?;
        added += u64::from(new);
    }
    let known = proposals.len() as u64 - added;
    text += &format!("{} for review", count(added, "proposal"));
    text += &if known > 0 { format!(", {known} known already\n") } else { "\n".to_owned() };
    crate::cli::print(&text)
}

fn gather(value: Value, found: &mut Vec<Proposal>) -> Result<(), serde_json::Error> {
    match value {
        Value::Array(items) => items.into_iter().try_for_each(|item| gather(item, found)),
        Value::Object(mut entries) if entries.contains_key("proposals") => {
            gather(entries.remove("proposals").unwrap_or_default(), found)
        }
        // As `export` writes them.
        Value::Object(mut entries) if entries.contains_key("proposal") => {
            gather(entries.remove("proposal").unwrap_or_default(), found)
        }
        other => {
            found.push(serde_json::from_value(other)?);
            Ok(())
        }
    }
}

/// Runs `export`.
pub fn export(args: &ExportArgs, store: &Store) -> Result<Exit, Failure> {
    let kept = if args.ids.is_empty() {
        store.proposals().collect()
    } else {
        args.ids.iter().map(|id| store.get(id)).collect::<Result<Vec<_>, _>>().map_err(failure)?
    };
    let lines: String = kept.into_iter().map(|kept| format!("{}\n", json!(kept))).collect();
    crate::cli::print(&lines)
}
