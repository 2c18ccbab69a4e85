//! `cascata schema infer`: the types of events, drafted from real ones.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use cascata_compiler::schema::{InferOptions, Inference};
use cascata_runtime::engine::EventError;
use cascata_vm::Value;
use cascata_vm::json::{ReadOptions, parse, validate};

use crate::cli::exit::{Exit, Failure};
use crate::cli::input::{Chunk, Input, Splitter};
use crate::cli::terminal::count;
use crate::cli::write;

/// Bad events that are reported one by one; the ones after that are only counted.
const MAX_REPORTS: u64 = 100;

/// Arguments of `schema infer`.
#[derive(clap::Args)]
#[command(
    after_help = "Events are read as `cascata run` reads them: JSON objects, one a line, or a JSON list of them; gzip and zstd are
recognised by content. Bad events are reported on stderr, the rest counts.

What comes out is YAML to stand under `schema:` of a cascade. Every event that was read is as it says:
  - type of each field, objects and lists looked into; null each time says nothing
  - required: fields that every event, or every object of their place, has
  - enum: texts of a field with few different ones, each seen five times on average
  - ranges of numbers as comments, or with --ranges as minimum and maximum
  - maps: an object with more keys than --max-keys is described by additionalProperties
It is a draft: what the events do not show by chance, it does not know. Memory is bounded by --max-fields.

Examples:
  cascata schema infer events.ndjson
  cascata schema infer monday.ndjson.zst tuesday.ndjson.gz -o schema.yaml
  (echo schema:; cascata schema infer events.ndjson) >> payments.yaml"
)]
pub struct Args {
    /// Files of events, read one after the other; `-` is stdin
    #[arg(value_name = "EVENTS", default_value = "-")]
    events: Vec<PathBuf>,
    /// Where the schema goes; `-` is stdout
    #[arg(short, long, value_name = "OUT", default_value = "-", hide_default_value = true)]
    output: PathBuf,
    /// The most different texts of a field that are listed; 0 lists none
    #[arg(long, value_name = "N", default_value_t = InferOptions::default().max_enum)]
    max_enum: usize,
    /// The most keys of an object below the event that are listed; with more it is a map
    #[arg(long, value_name = "N", default_value_t = InferOptions::default().max_keys)]
    max_keys: usize,
    /// The most fields that are kept apart, over all; further ones are left open
    #[arg(long, value_name = "N", default_value_t = InferOptions::default().max_fields)]
    max_fields: usize,
    /// Numbers get minimum and maximum in place of comments
    #[arg(long)]
    ranges: bool,
    /// End with 1 at the first bad event, and write nothing
    #[arg(long)]
    fail_fast: bool,
    /// The longest event that is read, in bytes
    #[arg(long, value_name = "BYTES", default_value_t = 16 << 20, value_parser = clap::value_parser!(u64).range(2..=1 << 31))]
    max_event_bytes: u64,
}

/// Runs the verb.
pub fn run(args: &Args) -> Result<Exit, Failure> {
    let mut options = InferOptions::default();
    options.max_enum = args.max_enum;
    options.max_keys = args.max_keys;
    options.max_fields = args.max_fields;
    options.ranges = args.ranges;
    let mut draft = Draft { inference: Inference::new(options), events: 0, bad: 0 };
    for path in &args.events {
        draft.read(path, args)?;
    }
    if draft.events == 0 {
        return Err(Failure::new(
            Exit::Findings,
            format_args!("no events to draft a schema from ({})", draft.counted()),
        ));
    }
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(text, "  # Drafted by `cascata schema infer` from {}.", draft.counted());
    text.push_str(&draft.inference.yaml());
    if args.output == Path::new("-") {
        return crate::cli::print(&text);
    }
    write::all(&args.output, text.as_bytes())?;
    eprintln!("{}: drafted from {}", args.output.display(), draft.counted());
    Ok(Exit::Ok)
}

/// A draft and what it was made from.
struct Draft {
    inference: Inference,
    events: u64,
    bad: u64,
}

impl Draft {
    fn read(&mut self, path: &Path, args: &Args) -> Result<(), Failure> {
        let input = Input::new(path);
        let name = input.name();
        let fail = |error: std::io::Error| Failure::io(&name, error);
        let opened = input.open().map_err(fail)?;
        let longest = usize::try_from(args.max_event_bytes).unwrap_or(usize::MAX);
        let mut splitter = Splitter::new(opened.reader, opened.layout, longest);
        let mut chunk = Chunk::default();
        while splitter.fill(&mut chunk).map_err(fail)? {
            for (line, event) in chunk.events() {
                let taken = match event {
                    Ok(event) => self.take(event).map_err(|error| (error.code(), error.to_string())),
                    Err(error) => Err((error.code(), error.to_string())),
                };
                let Err((code, message)) = taken else { continue };
                let message = format!("{name}:{line}: {code}: {message}");
                self.bad += 1;
                if args.fail_fast {
                    return Err(Failure::new(Exit::Findings, format_args!("{message}; ended by --fail-fast")));
                }
                match self.bad {
                    0..=MAX_REPORTS => eprintln!("{message}"),
                    bad if bad == MAX_REPORTS + 1 => eprintln!("further bad events are only counted"),
                    _ => {}
                }
            }
        }
        Ok(())
    }

    fn take(&mut self, event: &[u8]) -> Result<(), EventError> {
        let text = validate(event, &ReadOptions::default())?;
        let value = parse(text);
        if !matches!(value, Value::Object(_)) {
            return Err(EventError::NotAnObject);
        }
        self.inference.add(value);
        self.events += 1;
        Ok(())
    }

    fn counted(&self) -> String {
        let events = count(self.events, "event");
        if self.bad == 0 { events } else { format!("{events}, {} bad", count(self.bad, "text")) }
    }
}
