//! `cascata schema`: JSON Schemas, for editors and for whoever reads decisions.

use super::exit::{Exit, Failure};

/// Arguments of `schema`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cascata schema > cascade.schema.json
  cascata schema --decision
  cascata schema --tests > tests.schema.json

In an editor with the YAML language server, the first line of a cascade file may say
  # yaml-language-server: $schema=cascade.schema.json")]
pub struct Args {
    /// The decision record in place of the cascade file
    #[arg(long, conflicts_with = "tests")]
    decision: bool,
    /// Files of tests in place of the cascade file
    #[arg(long)]
    tests: bool,
}

/// Runs the verb.
pub fn run(args: Args) -> Result<Exit, Failure> {
    let schema = match args {
        Args { decision: true, .. } => cascata_record::schema(),
        Args { tests: true, .. } => cascata_config::test_schema(),
        _ => cascata_config::schema(),
    };
    // A schema is a JSON value already: its pretty form is its text.
    super::print(&format!("{schema:#}\n"))
}
