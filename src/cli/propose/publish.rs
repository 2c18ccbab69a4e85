//! `cascata propose activate` and `deprecate`: the rule goes into the cascade's file and comes out of it again.
//!
//! The file is written whole, in canonical form, and only if it compiles and is as it was read. An engine that watches it
//! (`cascata run --watch`) goes over to the new program; whoever embeds one hands it to `update_config`.

use std::path::{Path, PathBuf};

use cascata_compiler::Source;
use cascata_learn::proposals::{Action, Candidate, Kept, ProposalError, RuleMode, Store, with_rule, without_rule};
use serde_json::{Value, json};

use super::{By, failure};
use crate::cli::exit::{Exit, Failure};
use crate::cli::{load, write};

/// Arguments of `propose activate` and `deprecate`.
#[derive(clap::Args)]
pub struct Args {
    /// The proposal, or the beginning of its id
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    by: By,
}

/// The file that a rule goes into.
#[derive(clap::Args)]
pub struct Target {
    /// The cascade's file [default: the one it was imported for, or was put into last]
    #[arg(long, value_name = "CASCADE")]
    cascade: Option<PathBuf>,
    /// Show what would be reported and change nothing
    #[arg(long)]
    dry_run: bool,
}

impl Target {
    /// The file for a proposal.
    pub fn path(&self, kept: &Kept) -> Result<PathBuf, Failure> {
        let path = self.cascade.clone().or_else(|| kept.cascade.as_ref().map(PathBuf::from));
        path.ok_or_else(|| Failure::new(Exit::Usage, "which cascade? Say so with --cascade"))
    }
}

/// A change of a file, and the moves that go with it.
pub struct Plan<'p> {
    /// The file and whether it is written.
    pub target: &'p Target,
    /// Who and why.
    pub by: &'p By,
    /// The moves; the last one carries what was done to the file.
    pub moves: &'p [Action],
    /// What comes out, in a word.
    pub word: &'p str,
}

impl Plan<'_> {
    /// Makes the new text, writes it, and notes it. Whether the moves are legal is asked first.
    pub fn carry_out(
        &self,
        id: &str,
        store: &mut Store,
        change: impl FnOnce(&Source, &Kept) -> Result<Candidate, ProposalError>,
    ) -> Result<Exit, Failure> {
        let kept = store.get(id).map_err(failure)?.clone();
        let id = kept.proposal.id.as_str();
        let mut status = kept.status;
        for action in self.moves.iter().filter_map(|action| action.as_move()) {
            let illegal = |source| failure(ProposalError::Illegal { id: id.to_owned(), source });
            status = status.after(action).map_err(illegal)?;
        }
        self.by.who()?;
        let path = self.target.path(&kept)?;
        let source = load::source(&path)?;
        let candidate = change(&source, &kept).map_err(failure)?;
        let mut text = String::new();
        for meeting in &candidate.meets {
            text += &format!("{id}: {}: {}\n", meeting.code, meeting.message);
        }
        if self.target.dry_run {
            text += &format!(
                "{id}: {} would compile to program {}; nothing was changed\n",
                path.display(),
                candidate.after
            );
            return crate::cli::print(&text);
        }
        replace(&path, &source, &candidate)?;
        let data = json!({
            "cascade": path.display().to_string(), "before": candidate.before, "after": candidate.after, "meets": candidate.meets,
        });
        for (at, action) in self.moves.iter().enumerate() {
            let data = if at + 1 == self.moves.len() { data.clone() } else { Value::Null };
            store.apply(self.by.change(id, *action, data)?).map_err(failure)?;
        }
        text += &format!("{id}: {}; {} is program {} now\n", self.word, path.display(), candidate.after);
        crate::cli::print(&text)
    }
}

/// Writes the new text, if the file is as it was read.
fn replace(path: &Path, source: &Source, candidate: &Candidate) -> Result<(), Failure> {
    if load::source(path)?.text != source.text {
        let message = format!("{}: somebody else changed it meanwhile; nothing was written", path.display());
        return Err(Failure::new(Exit::Findings, message));
    }
    write::all(path, candidate.text.as_bytes())
}

/// Runs `activate`.
pub fn activate(args: &Args, mut store: Store) -> Result<Exit, Failure> {
    let plan = Plan { target: &args.target, by: &args.by, moves: &[Action::Activate], word: "active" };
    plan.carry_out(&args.id, &mut store, |source, kept| with_rule(source, &kept.proposal, RuleMode::Active))
}

/// Runs `deprecate`.
pub fn deprecate(args: &Args, mut store: Store) -> Result<Exit, Failure> {
    if args.by.why.is_none() {
        return Err(Failure::new(Exit::Usage, "why is it taken out? Say so with --why"));
    }
    let plan = Plan { target: &args.target, by: &args.by, moves: &[Action::Deprecate], word: "deprecated" };
    plan.carry_out(&args.id, &mut store, |source, kept| without_rule(source, &kept.proposal))
}
