//! `cascata propose`: from proposals to rules in service, with who, when and why.

mod audit;
mod backtest;
mod exchange;
mod list;
mod publish;
mod review;
mod shadow;
mod show;
mod write;

use std::path::PathBuf;

use cascata_learn::proposals::{Action, Change, ProposalError, Store};
use cascata_runtime::engine::Clock;
use cascata_runtime::event::Timestamp;
use serde_json::Value;

use super::exit::{Exit, Failure};

/// Arguments of `propose`.
#[derive(clap::Args)]
#[command(
    after_help = "A proposal is a rule that `cascata learn`, or whoever, proposes: PENDING_REVIEW, then APPROVED or REJECTED by a
person, TESTING against events, recorded (backtest) or live (shadow), ACTIVE when its rule is in the cascade's file, DEPRECATED when it was
taken out. The store is one append-only log that is chained by hash: who did what, when and why; `audit` shows and checks it.

Examples:
  cascata propose import proposals.json --cascade payments.yaml --by ann
  cascata propose list
  cascata propose approve p3f9c --by ann --why 'seen by the fraud team'
  cascata propose backtest p3f9c --records records
  cascata propose shadow p3f9c --by ann
  cascata propose shadow p3f9c --records records
  cascata propose activate p3f9c --by ann
  cascata propose deprecate p3f9c --by ann --why 'fraud moved on'"
)]
pub struct Args {
    /// The log of proposals
    #[arg(long, global = true, value_name = "FILE", env = "CASCATA_PROPOSALS", default_value = "proposals.log")]
    store: PathBuf,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(clap::Subcommand)]
enum Verb {
    /// List proposals
    List(list::Args),
    /// Show one proposal with everything that became of it
    Show(show::Args),
    /// Take proposals in for review, as `cascata learn` or `export` writes them
    Import(exchange::ImportArgs),
    /// Write proposals with what became of them, one a line
    Export(exchange::ExportArgs),
    /// Have a rule written from words, by a model or whatever a stage can call, for review
    Write(write::Args),
    /// Let a proposal go on
    Approve(review::Args),
    /// Turn a proposal down
    Reject(review::Args),
    /// Hold proposals against recorded events
    Backtest(backtest::Args),
    /// Put the rule into the cascade in shadow mode, or count from records what it would have done
    Shadow(shadow::ShadowArgs),
    /// Put the rule into the cascade
    Activate(publish::Args),
    /// Take the rule out of the cascade again
    Deprecate(publish::Args),
    /// Show and check the log
    Audit(audit::Args),
}

/// Who does something, and why.
#[derive(clap::Args)]
pub struct By {
    /// Who does it
    #[arg(long, value_name = "WHO", env = "CASCATA_USER")]
    by: Option<String>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    why: Option<String>,
}

impl By {
    /// The name, which the log needs.
    pub fn who(&self) -> Result<String, Failure> {
        let who = self.by.clone().or_else(|| std::env::var("USER").ok()).filter(|who| !who.trim().is_empty());
        who.ok_or_else(|| Failure::new(Exit::Usage, "who does it? Say so with --by"))
    }

    /// The change to be made now.
    pub fn change(&self, proposal: &str, action: Action, data: Value) -> Result<Change, Failure> {
        Ok(Change { proposal: proposal.to_owned(), action, who: self.who()?, at: now(), why: self.why.clone(), data })
    }
}

/// Runs the verb.
pub fn run(args: &Args) -> Result<Exit, Failure> {
    let store = || Store::open(&args.store).map_err(failure);
    match &args.verb {
        Verb::List(list) => list::run(list, &store()?),
        Verb::Show(show) => show::run(show, &store()?),
        Verb::Import(import) => exchange::import(import, store()?),
        Verb::Export(export) => exchange::export(export, &store()?),
        Verb::Write(write) => write::run(write, store()?),
        Verb::Approve(review) => review::run(review, Action::Approve, store()?),
        Verb::Reject(review) => review::run(review, Action::Reject, store()?),
        Verb::Backtest(test) => backtest::run(test, store()?),
        Verb::Shadow(shadow) => shadow::shadow(shadow, store()?),
        Verb::Activate(publish) => publish::activate(publish, store()?),
        Verb::Deprecate(publish) => publish::deprecate(publish, store()?),
        Verb::Audit(audit) => audit::run(audit, &args.store),
    }
}

/// The moment, RFC 3339 in UTC.
fn now() -> String {
    Timestamp::from_unix_micros(Clock::system().now_us()).to_rfc3339()
}

/// What people are told of a failure.
#[expect(clippy::needless_pass_by_value, reason = "stands in `map_err`")]
fn failure(error: ProposalError) -> Failure {
    let exit = match &error {
        ProposalError::Io { .. } => Exit::Io,
        ProposalError::Unknown { .. } => Exit::Usage,
        ProposalError::Edit { .. } | ProposalError::Mistaken { .. } => Exit::Cascade,
        _ => Exit::Findings,
    };
    Failure::new(exit, format_args!("{}: {error}", error.code()))
}
