//! `cascata schema`: JSON Schemas, for editors and for whoever reads decisions; `schema infer` drafts the types of events.

mod infer;

use super::exit::{Exit, Failure};

/// Arguments of `schema`.
#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "Examples:
  cascata schema > cascade.schema.json
  cascata schema infer events.ndjson
  cascata schema --decision
  cascata schema --tests > tests.schema.json

In an editor with the YAML language server, the first line of a cascade file may say
  # yaml-language-server: $schema=cascade.schema.json")]
pub struct Args {
    /// The decision record in place of the cascade file
    #[arg(long, conflicts_with_all = ["tests", "records", "proposals"])]
    decision: bool,
    /// Files of tests in place of the cascade file
    #[arg(long, conflicts_with_all = ["records", "proposals"])]
    tests: bool,
    /// The settings of `run --record` in place of the cascade file
    #[arg(long, conflicts_with = "proposals")]
    records: bool,
    /// What `learn --format json` writes, and `propose import` reads, in place of the cascade file
    #[arg(long)]
    proposals: bool,
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(clap::Subcommand)]
enum Verb {
    /// Draft the types of events from real ones, as `schema` of a cascade takes them
    Infer(infer::Args),
}

/// Runs the verb.
pub fn run(args: &Args) -> Result<Exit, Failure> {
    if let Some(Verb::Infer(args)) = &args.verb {
        return infer::run(args);
    }
    let schema = match args {
        Args { decision: true, .. } => cascata_record::schema(),
        Args { proposals: true, .. } => cascata_learn::schema(),
        Args { records: true, .. } => cascata_record::settings_schema(),
        Args { tests: true, .. } => cascata_config::test_schema(),
        _ => cascata_config::schema(),
    };
    // A schema is a JSON value already: its pretty form is its text.
    super::print(&format!("{schema:#}\n"))
}
