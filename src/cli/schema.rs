//! `cascata schema`: JSON Schemas, for editors and for whoever reads decisions.

use super::exit::{Exit, Failure};

/// Arguments of `schema`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cascata schema > cascade.schema.json
  cascata schema --decision

In an editor with the YAML language server, the first line of a cascade file may say
  # yaml-language-server: $schema=cascade.schema.json")]
pub struct Args {
    /// The decision record in place of the cascade file
    #[arg(long)]
    decision: bool,
}

/// Runs the verb.
pub fn run(args: Args) -> Result<Exit, Failure> {
    let schema = if args.decision { cascata_record::schema() } else { cascata_config::schema() };
    // A schema is a JSON value already: its pretty form is its text.
    super::print(&format!("{schema:#}\n"))
}
