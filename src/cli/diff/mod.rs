//! `cascata diff`: what two cascades mean otherwise, and which events they decide otherwise.
//!
//! ```text
//! OLD, NEW ─▶ program (+ model) ─▶ side ─▶ meaning ─▶ report | JSON
//!                └▶ engines ─ EVENTS ─▶ parts ─▶ events ─┘
//! ```

mod events;
mod meaning;
mod parts;
mod report;
mod side;

pub use side::path_text;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cascata_compiler::Source;
use cascata_runtime::engine::Engine;
use serde_json::json;

use super::Format;
use super::exit::{Exit, Failure};
use super::handlers::{self, ModuleArgs};
use super::load::{self, Loaded};
use super::written::Written;
use events::{Events, Moment, Plan};
use meaning::Meaning;
use side::Side;

/// Arguments of `diff`.
#[derive(clap::Args)]
#[command(
    after_help = "Compares what two cascade files or images mean: comments, layout, the order of keys, conditions as text or as mappings
make no difference. Stages are paired by name, rules by name within their list; conditions are shown as expressions (of an image
as instructions).

With EVENTS both decide every event, with the same `now` and the stages that `run` would run, and the events decided otherwise are
shown with the parts of their decisions that differ: outcome, reason, path (the stages that ran), stages, fired, shadow, skipped,
decisions, writes, errors, termination; error where one could not decide. --part leaves the others out. Figures of the machine
(times, fuel, memory) are never compared.

Ends with 0 if both mean the same, with 1 if not. With EVENTS only these count: 0 if all are decided alike, 1 if not.

Examples:
  cascata diff payments.yaml payments-new.yaml
  cascata diff released.cbc payments.yaml events.ndjson.gz
  cascata diff old.yaml new.yaml events.ndjson --part outcome --limit 5
  cascata diff old.yaml new.yaml events.ndjson --format json"
)]
pub struct Args {
    /// The cascade file or image as it was
    #[arg(value_name = "OLD")]
    old: PathBuf,
    /// The cascade file or image as it is
    #[arg(value_name = "NEW")]
    new: PathBuf,
    /// Files of events that both decide; `-` is stdin
    #[arg(value_name = "EVENTS")]
    events: Vec<PathBuf>,
    /// A part of decisions to compare, several times for several [default: all]
    #[arg(long = "part", value_name = "PART", value_parser = parts::PARTS)]
    parts: Vec<String>,
    /// How many events that are decided otherwise are shown
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: usize,
    /// How the differences are printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// The longest event that is read, in bytes
    #[arg(long, value_name = "BYTES", default_value_t = 16 << 20, value_parser = clap::value_parser!(u64).range(2..=1 << 31))]
    max_event_bytes: u64,
    #[command(flatten)]
    modules: ModuleArgs,
}

/// Runs the verb.
pub fn run(args: &Args) -> Result<Exit, Failure> {
    if [&args.old, &args.new].into_iter().chain(&args.events).filter(|path| *path == Path::new("-")).count() > 1 {
        return Err(Failure::new(Exit::Usage, "only one of OLD, NEW and EVENTS can be stdin"));
    }
    let (old, new) = (load::program_and_source(&args.old)?, load::program_and_source(&args.new)?);
    let hashes = [load::hex(&old.0.program.hash()), load::hex(&new.0.program.hash())];
    let [before, after] = hashes.each_ref();
    let same = before == after;
    let meaning = if same { Meaning::default() } else { compare(&old, &new) };
    let names = [old.0.name.clone(), new.0.name.clone()];
    let events = match args.events.as_slice() {
        [] => None,
        inputs => Some(compare_events(args, inputs, old.0, new.0)?),
    };
    let text = match args.format {
        Format::Json => {
            let [old, new] = names;
            let value = json!({
                "old": {"file": old, "hash": before}, "new": {"file": new, "hash": after}, "same_meaning": same,
                "cascade": meaning.cascade, "stages": meaning.stages, "rules": meaning.rules, "events": events,
            });
            format!("{value}\n")
        }
        Format::Human => human(&names, &hashes, &meaning, events.as_ref()),
    };
    super::print(&text)?;
    let alike = events.as_ref().map_or(same, |events| events.differing == 0);
    Ok(if alike { Exit::Ok } else { Exit::Findings })
}

/// Both are told the same way: conditions as expressions only where both have a source.
fn compare(old: &(Loaded, Option<Source>), new: &(Loaded, Option<Source>)) -> Meaning {
    let written = |(loaded, source): &(Loaded, Option<Source>)| {
        source.as_ref().and_then(|source| Written::new(&loaded.program, source.clone()))
    };
    let (before, after) = written(old).zip(written(new)).unzip();
    Meaning::between(&Side::new(&old.0.program, before.as_ref()), &Side::new(&new.0.program, after.as_ref()))
}

fn compare_events(args: &Args, inputs: &[PathBuf], old: Loaded, new: Loaded) -> Result<Events, Failure> {
    let host = handlers::host(&args.modules)?;
    let moment = Moment::default();
    let engine = |loaded: Loaded| {
        let modules = handlers::modules(&loaded.folder, &host, &args.modules);
        let built = Engine::builder(loaded.program).source(Arc::new(modules)).clock(moment.clock()).build();
        built.map_err(|error| {
            Failure::new(Exit::Handler, format_args!("{}: {}", loaded.name, handlers::message(&error)))
        })
    };
    let (old, new) = (engine(old)?, engine(new)?);
    let plan = Plan {
        inputs,
        max_event_bytes: usize::try_from(args.max_event_bytes).unwrap_or(usize::MAX),
        parts: &args.parts,
        limit: args.limit,
    };
    events::compare(&old, &new, &moment, &plan)
}

fn human(names: &[String; 2], hashes: &[String; 2], meaning: &Meaning, events: Option<&Events>) -> String {
    let [old, new] = names;
    let [before, after] = hashes;
    let mut text = if before == after {
        format!("no change in meaning from {old} to {new}: program {before}\n")
    } else {
        let nothing = if meaning.is_empty() { "the programs differ in their instructions only\n" } else { "" };
        format!("- {old}  program {before}\n+ {new}  program {after}\n{nothing}{}", report::meaning(meaning))
    };
    if let Some(events) = events {
        text += &format!("\n{}", report::events(events));
    }
    text
}
