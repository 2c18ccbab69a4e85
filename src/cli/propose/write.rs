//! `cascata propose write`: a rule from words, by whatever stage can write one.

use std::path::PathBuf;

use cascata::writer::CascadeWriter;
use cascata_learn::proposals::{Request, Store, ask};
use cascata_learn::{Example, RecordReader, Taken};
use cascata_runtime::engine::Clock;
use serde_json::{Value, json};

use super::{By, failure, now};
use crate::cli::exit::{Exit, Failure};
use crate::cli::handlers::{self, ModuleArgs};
use crate::cli::records::Reading;
use crate::cli::stream::Stop;
use crate::cli::{Format, load};

/// Examples that are shown to the writer.
const MAX_EXAMPLES: usize = 20;

/// The longest record of a stream that is read, in bytes.
const MAX_RECORD_BYTES: usize = 64 << 20;

/// Arguments of `propose write`.
#[derive(clap::Args)]
#[command(
    after_help = "WRITER is a cascade that is decided with the event {\"prompt\": …}; its verdict is the answer: one rule as JSON, be it as text or as an
object. So any stage can write rules: one that calls a model over HTTP, a WebAssembly component, a script of the host.

The rule must compile in the cascade, answer what was asked for, and waits for review like any other. Nothing was measured of it, and it
says so: hold it against records (`propose backtest`) before it is activated.

Example:
  cascata propose write --writer model.yaml --cascade payments.yaml --stage DEEP --target RULES --answer '\"deny\"' \\
      --about 'cards from countries under embargo' --records records --by ann"
)]
pub struct Args {
    /// The cascade that writes rules
    #[arg(long, value_name = "WRITER")]
    writer: PathBuf,
    /// The cascade's file that the rule belongs in
    #[arg(long, value_name = "CASCADE")]
    cascade: PathBuf,
    /// The expensive stage whose answers the rule is to give
    #[arg(long, value_name = "STAGE")]
    stage: String,
    /// The stage the rule is to stand in
    #[arg(long, value_name = "STAGE")]
    target: String,
    /// What the rule answers, as JSON
    #[arg(long, value_name = "JSON", value_parser = json_value)]
    answer: Value,
    /// What the rule is about, in words
    #[arg(long, value_name = "TEXT")]
    about: String,
    /// Records of which the first twenty events are shown, with the stage's answers
    #[arg(long, value_name = "RECORDS")]
    records: Vec<PathBuf>,
    #[command(flatten)]
    by: By,
    #[command(flatten)]
    modules: ModuleArgs,
    /// How the proposal is printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

fn json_value(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| format!("must be JSON: {error}"))
}

/// Runs the verb.
pub fn run(args: &Args, mut store: Store) -> Result<Exit, Failure> {
    let who = args.by.who()?;
    let examples = examples(args)?;
    let cascade = load::source(&args.cascade)?;
    let request = Request {
        cascade: &cascade,
        stage: &args.stage,
        target: &args.target,
        answer: &args.answer,
        description: &args.about,
        examples: &examples,
    };
    let loaded = load::program(&args.writer)?;
    let engine = handlers::engine(loaded.program, &loaded.folder, &args.modules, Clock::system())?;
    let mut writer = CascadeWriter::new(engine).map_err(|error| Failure::io("async runtime", error))?;
    let proposal = ask(&mut writer, &request).map_err(failure)?;
    let path = args.cascade.display().to_string();
    let added = store.add(&proposal, Some(&path), &who, &now()).map_err(failure)?;
    let text = match args.format {
        Format::Json => format!("{}\n", json!({"added": added, "proposal": proposal})),
        Format::Human => format!(
            "{} {}: {} -> {}\n  {}; nothing was measured of it\n",
            proposal.id,
            proposal.name,
            proposal.when,
            proposal.answer,
            if added { "waits for review" } else { "known already" }
        ),
    };
    crate::cli::print(&text)
}

/// The first events of the records in which the stage answered.
fn examples(args: &Args) -> Result<Vec<Example>, Failure> {
    let stop = Stop::new();
    let reading =
        Reading { paths: &args.records, longest: MAX_RECORD_BYTES, quiet: true, fail_fast: false, stop: &stop };
    let mut worker = [(RecordReader::new(&args.stage, &args.target, &[]), Vec::new())];
    reading.run(&mut worker, |(reader, examples): &mut (RecordReader, Vec<Example>), _, record| {
        match reader.read(record.bytes, None) {
            Ok(Taken::Example(example)) => examples.push(*example),
            Ok(Taken::NotAsked) => {}
            Err(error) => return Ok(Err(error.to_string())),
        }
        if examples.len() >= MAX_EXAMPLES {
            // Enough was seen: the rest is not read.
            stop.set();
        }
        Ok(Ok(()))
    })?;
    let [(_, examples)] = worker;
    Ok(examples)
}
