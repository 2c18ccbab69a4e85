//! `cascata stage`: everything from an empty folder to a stage that is measured, one subcommand a file.
//!
//! ```text
//! new ─▶ build ─▶ inspect ─▶ run ─▶ test ─▶ bench
//!        └ stage.toml: commands, tools ┘    └ the engine's own host, with every limit
//! ```

mod bench;
mod build;
mod embedded;
mod inspect;
mod module;
mod new;
mod project;
mod run;
mod test;
mod wrap;

use clap::Subcommand;

use super::exit::{Exit, Failure};

/// Arguments of `stage`.
#[derive(clap::Args)]
#[command(
    after_help = "A stage is a WebAssembly module: docs/stages.md says what it may be. A project is a folder with a stage.toml, which
`new` writes and `build` and `test` read.

Examples:
  cascata stage new amount-check --lang rust
  cascata stage build amount-check
  cascata stage inspect amount-check.wasm
  cascata stage run amount-check.wasm '{\"amount\": 1500}' --with '{\"limit\": 900}'
  cascata stage test amount-check
  cascata stage bench amount-check.wasm events.ndjson --baseline fuel.json"
)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Write a project for a stage in one of the languages
    New(new::Args),
    /// Build a project; say what to install if a tool is missing
    Build(build::Args),
    /// Show what a module is and needs, without running it
    Inspect(inspect::Args),
    /// Run a module on one event
    Run(run::Args),
    /// Run a project's unit tests, and hold a module's answers against those kept in files
    Test(test::Args),
    /// Measure a module's fuel and times; hold the fuel against a baseline
    Bench(bench::Args),
}

/// Runs the subcommand.
pub fn run(args: &Args) -> Result<Exit, Failure> {
    match &args.verb {
        Verb::New(args) => new::run(args),
        Verb::Build(args) => build::run(args),
        Verb::Inspect(args) => inspect::run(args),
        Verb::Run(args) => run::run(args),
        Verb::Test(args) => test::run(args),
        Verb::Bench(args) => bench::run(args),
    }
}
