//! `cascata explain`: why one event is decided as it is, or what a code means.

mod plugins;
mod render;
mod ruleset;

use std::path::{Path, PathBuf};

use cascata_record::Mode;
use cascata_runtime::engine::{Decision, Engine, Evaluation, EventError};
use serde_json::json;

use super::clock::ClockArgs;
use super::exit::{Exit, Failure};
use super::handlers::{self, ModuleArgs};
use super::input::{Chunk, Input, Splitter};
use super::{Format, codes, load};

/// Arguments of `explain`.
#[derive(clap::Args)]
#[command(
    after_help = "With a cascade and an event: every rule that was asked, in order, with each condition, the value it saw and
its source line; every stage with its result and its plugins, outermost first, each option with where its value comes from; why
the cascade ended. With --ruleset: the rules of a rule set, which of them match
and what they answer.
With a code: what it means, a text that is reported with it, and the same without the mistake. A code is a letter and four digits; a
file of that name is meant as ./E0301.

Examples:
  cascata explain payments.yaml --event '{\"amount\": 12000, \"country\": \"DE\"}'
  cascata explain payments.yaml event.json
  cascata explain payments.yaml events.ndjson.gz:17
  cascata explain payments.yaml --event event.json --format json
  cascata explain routes.yaml event.json --ruleset QUEUES
  cascata explain E0301"
)]
pub struct Args {
    /// A cascade file or image, or a code like E0301
    #[arg(value_name = "FILE|CODE")]
    subject: PathBuf,
    /// The event: JSON text, a file (its first event), or FILE:LINE
    #[arg(value_name = "EVENT")]
    event: Option<String>,
    /// The same as the second argument
    #[arg(short, long = "event", value_name = "EVENT", conflicts_with = "event")]
    event_option: Option<String>,
    /// Explain the event for the rule set of this name, without stages. A cascade that has only rule sets is explained for all of
    /// them
    #[arg(long, value_name = "NAME")]
    ruleset: Option<String>,
    /// How the explanation is printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    clock: ClockArgs,
    #[command(flatten)]
    modules: ModuleArgs,
}

/// The longest event that is explained, in bytes.
const MAX_EVENT_BYTES: usize = 64 << 20;

/// Runs the verb.
pub fn run(args: &Args) -> Result<Exit, Failure> {
    let subject = args.subject.to_string_lossy();
    if codes::looks_like_code(&subject) && !args.subject.exists() {
        return explain_code(&subject, args.format);
    }
    let Some(event) = args.event.as_ref().or(args.event_option.as_ref()) else {
        let message = "which event? Give JSON text, FILE or FILE:LINE after the cascade, or with --event";
        return Err(Failure::new(Exit::Usage, message));
    };
    let event = find_event(event)?;
    let loaded = load::program(&args.subject)?;
    let only_sets = loaded.program.stage_count() == 0 && loaded.program.rulesets().next().is_some();
    if args.ruleset.is_some() || only_sets {
        return ruleset::run(loaded, args.clock.clock(), args.ruleset.as_deref(), &event, args.format);
    }
    let image = loaded.program.image().to_vec();
    let engine = handlers::engine(loaded.program, &loaded.folder, &args.modules, args.clock.clock())?;
    let (decision, evaluations) = decide(&engine, &event)?;
    let record = decision.record(Mode::Full);
    // The engine owns the program it runs; this is another view of the same bytes.
    let program = load::verify(image, &args.subject)?;
    let rules = render::Rules::new(&program, &evaluations);
    let plugins = engine.stage_plugins();
    match args.format {
        Format::Json => super::print(&format!("{}\n", json!({"decision": record, "rules": rules, "plugins": plugins}))),
        Format::Human => super::print(&render::human(&loaded.name, &record, &rules, &plugins)),
    }
}

fn decide(engine: &Engine, event: &[u8]) -> Result<(Decision, Vec<Evaluation>), Failure> {
    let runtime = handlers::runtime().build().map_err(|error| Failure::io("async runtime", error))?;
    runtime
        .block_on(engine.explain(event))
        .map_err(|error: EventError| Failure::new(Exit::Io, format_args!("{}: {error}", error.code())))
}

/// The event an argument means: JSON text begins with `{`, anything else is a file with or without a line.
pub fn find_event(argument: &str) -> Result<Vec<u8>, Failure> {
    if argument.trim_start().starts_with('{') {
        return Ok(argument.as_bytes().to_vec());
    }
    if Path::new(argument).is_file() {
        return nth_event(Path::new(argument), None);
    }
    if let Some((file, line)) = argument.rsplit_once(':')
        && let Ok(line) = line.parse::<u64>()
    {
        return nth_event(Path::new(file), Some(line));
    }
    if argument == "-" {
        return load::read(Path::new("-"));
    }
    Err(Failure::io(argument, "neither JSON text of an object nor a file"))
}

/// The event of a stream that starts on a line, or its first one.
fn nth_event(path: &Path, wanted: Option<u64>) -> Result<Vec<u8>, Failure> {
    let fail = |error: std::io::Error| Failure::io(path.display(), error);
    let opened = Input::new(path).open().map_err(fail)?;
    let mut splitter = Splitter::new(opened.reader, opened.layout, MAX_EVENT_BYTES);
    let mut chunk = Chunk::default();
    while splitter.fill(&mut chunk).map_err(fail)? {
        for (line, event) in chunk.events() {
            if wanted.is_none_or(|wanted| wanted == line) {
                return match event {
                    Ok(event) => Ok(event.to_vec()),
                    Err(error) => Err(Failure::io(path.display(), format_args!("{}: {error}", error.code()))),
                };
            }
        }
    }
    Err(Failure::io(
        path.display(),
        wanted.map_or_else(|| "no event in it".to_owned(), |line| format!("no event starts on line {line}")),
    ))
}

fn explain_code(code: &str, format: Format) -> Result<Exit, Failure> {
    let Some(found) = codes::find(code) else {
        return Err(Failure::new(Exit::Usage, format_args!("no code is called {code}; codes look like E0301")));
    };
    let examples = found.examples.map(|(fails, fixed)| (fails.text, fixed.text));
    super::print(&match format {
        Format::Json => {
            let (reported, fixed) = examples.unzip();
            let (code, layer, title, text) = (found.code, found.layer, found.title, found.text);
            let value = json!({
                "code": code, "layer": layer, "title": title, "text": text, "reported": reported, "fixed": fixed,
            });
            format!("{value}\n")
        }
        Format::Human => page(&found, examples),
    })
}

/// What people read about a code.
fn page(found: &codes::Explained, examples: Option<(&str, &str)>) -> String {
    let mut out = format!("{} ({}): {}\n", found.code, found.layer, found.title);
    if !found.text.is_empty() {
        out += &format!("\n{}\n", found.text);
    }
    if let Some((reported, fixed)) = examples {
        for (title, text) in [("Reported:", reported), ("Fixed:", fixed)] {
            let indented: String = text.lines().map(|line| format!("    {line}\n")).collect();
            out += &format!("\n{title}\n\n{indented}");
        }
    }
    out
}
