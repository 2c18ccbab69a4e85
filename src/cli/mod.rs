//! The command-line tool: one verb a file, one table of them here.

/// Tells on stderr, as the one of the standard library does; but where nobody reads it (`2>&1 | head`), nothing panics.
macro_rules! eprintln {
    ($($told:tt)*) => { $crate::cli::tell(format_args!("{}\n", format_args!($($told)*))) };
}

/// The same without an end of line.
macro_rules! eprint {
    ($($told:tt)*) => { $crate::cli::tell(format_args!($($told)*)) };
}

mod check;
mod clock;
mod codes;
mod compile;
mod diagnostics;
mod diff;
mod disasm;
mod excerpt;
mod exit;
mod explain;
mod fix;
mod fmt;
mod graph;
mod handlers;
mod index;
mod input;
mod learn;
mod lint;
mod load;
mod lsp;
mod markup;
mod matching;
mod place;
mod propose;
mod records;
mod replay;
mod run;
mod schema;
mod secrets;
mod stage;
mod stream;
mod terminal;
mod test;
mod write;
mod written;

use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

use exit::{Exit, Failure};

/// Decides events by cascades of rules and sandboxed stages.
#[derive(Parser)]
#[command(name = "cascata", version, arg_required_else_help = true, max_term_width = 110)]
#[command(after_help = concat!(
    "Examples:
  cascata check payments.yaml
  cascata run payments.yaml events.ndjson.zst -o decisions.ndjson
  cascata match routes.yaml events.ndjson --select best
  cascata explain payments.yaml --event events.ndjson:17
  cascata test payments.yaml
  cascata explain E0301

`cascata VERB --help` has examples for each verb. Exit codes are the same for all of them.",
))]
#[command(after_long_help = exit::HELP)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Report every mistake of cascade files, with place and fix
    Check(check::Args),
    /// Show the warnings of cascade files; deny and allow them by name
    Lint(lint::Args),
    /// Compile a cascade to an image
    Compile(compile::Args),
    /// Show the instructions of a cascade or image
    Disasm(disasm::Args),
    /// Decide a stream of events
    Run(run::Args),
    /// List, print and count the decisions that `run --record` recorded
    Records(records::Args),
    /// Decide recorded events again and tell where the decisions part
    Replay(replay::Args),
    /// Review, test, publish and take back proposed rules
    Propose(propose::Args),
    /// Show which rules of a rule set match each event
    Match(matching::Args),
    /// Show why one event is decided as it is, or what a code means
    Explain(explain::Args),
    /// Run the tests of cascades, with coverage of rules and conditions
    Test(test::Args),
    /// Compare two cascades, and what they decide
    Diff(diff::Args),
    /// Draw a cascade, or show the plan it starts with
    Graph(graph::Args),
    /// Learn rules from what an expensive stage keeps answering
    Learn(learn::Args),
    /// Write cascade files in their canonical form
    Fmt(fmt::Args),
    /// Make, build, show, run, test and measure one stage
    Stage(stage::Args),
    /// Serve editors: the language server, on stdin and stdout
    Lsp(lsp::Args),
    /// Print the JSON Schema of cascade files or decision records; draft the types of events
    Schema(schema::Args),
}

/// How results are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Text for people.
    #[default]
    Human,
    /// JSON for tools.
    Json,
}

/// Reads the command line, runs the verb, and says how the process ends.
pub fn main() -> ExitCode {
    let result = match Cli::parse().verb {
        Verb::Check(args) => check::run(&args),
        Verb::Lint(args) => lint::run(&args),
        Verb::Compile(args) => compile::run(&args),
        Verb::Disasm(args) => disasm::run(&args),
        Verb::Run(args) => run::run(&args),
        Verb::Records(args) => records::run(&args),
        Verb::Replay(args) => replay::run(&args),
        Verb::Propose(args) => propose::run(&args),
        Verb::Match(args) => matching::run(&args),
        Verb::Explain(args) => explain::run(&args),
        Verb::Test(args) => test::run(&args),
        Verb::Diff(args) => diff::run(&args),
        Verb::Graph(args) => graph::run(&args),
        Verb::Learn(args) => learn::run(&args),
        Verb::Fmt(args) => fmt::run(&args),
        Verb::Stage(args) => stage::run(&args),
        Verb::Lsp(args) => lsp::run(&args),
        Verb::Schema(args) => schema::run(&args),
    };
    match result {
        Ok(exit) => exit.into(),
        Err(Failure { exit, message }) => {
            // A closed stderr leaves nobody to tell.
            let _ = writeln!(std::io::stderr(), "cascata: {message}");
            exit.into()
        }
    }
}

/// Prints to stderr, as far as somebody reads it.
fn tell(told: std::fmt::Arguments<'_>) {
    let _ = std::io::stderr().lock().write_fmt(told);
}

/// Prints to stdout. A reader that closed the pipe (`| head`) has seen enough: that is no failure.
pub fn print(text: &str) -> Result<Exit, Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(Failure::io("<stdout>", error)),
        _ => Ok(Exit::Ok),
    }
}
