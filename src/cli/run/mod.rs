//! `cascata run`: a stream of events to a stream of decisions and a funnel.

mod answer;
mod decide;
mod funnel;
mod pipeline;
mod progress;
mod stop;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use cascata_record::Mode;
use clap::ValueEnum;

use super::Format;
use super::exit::{Exit, Failure};
use super::handlers::{self, ModuleArgs};
use super::input::Input;
use super::load;
use answer::{Answer, End};
use funnel::Funnel;
use progress::Progress;
use stop::Stop;

/// Bad events that are reported one by one; the ones after that are only counted.
const MAX_REPORTS: u64 = 100;

/// Arguments of `run`.
#[derive(clap::Args)]
#[command(
    after_help = "Events are JSON objects, one a line, or a JSON list of them; gzip and zstd are recognised by content. Decisions
come out as NDJSON in the order of the events, one for each event that could be read; `metadata.line` names
its line. Bad events are reported on stderr and counted, the rest still runs. The funnel on stderr tells how
many events reached each stage, ended there, went on to another, or failed.

Memory stays bounded however long the stream is. Ctrl-C ends the run after a whole prefix of the events; a
second Ctrl-C ends the process at once.

Examples:
  cascata run payments.yaml events.ndjson > decisions.ndjson
  zcat events.gz | cascata run payments.cbc --quiet
  cascata run payments.yaml monday.ndjson.zst tuesday.ndjson.zst -o decisions.ndjson --jobs 4
  cascata run payments.yaml events.json --record full --fail-fast
  cascata run payments.yaml events.ndjson --quiet --funnel json 2> funnel.json"
)]
pub struct Args {
    /// The cascade file or image
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Files of events, read one after the other; `-` is stdin
    #[arg(value_name = "EVENTS", default_value = "-")]
    events: Vec<PathBuf>,
    /// Where decisions go; `-` is stdout
    #[arg(short, long, value_name = "OUT")]
    output: Option<PathBuf>,
    /// Threads that decide [default: one a core]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
    /// Events of one thread that may wait at the same time (a retry's delay, a timeout); 1 is strictly one by one
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..))]
    in_flight: u16,
    /// How much a decision record says
    #[arg(long, value_enum, default_value_t)]
    record: RecordMode,
    /// No decisions (unless -o is given), no progress; the funnel remains
    #[arg(short, long)]
    quiet: bool,
    /// How the funnel is printed on stderr at the end
    #[arg(long, value_enum, default_value_t, value_name = "FORM")]
    funnel: Format,
    /// End with 1 at the first bad event or decision with an error
    #[arg(long)]
    fail_fast: bool,
    /// The longest event that is read, in bytes
    #[arg(long, value_name = "BYTES", default_value_t = 16 << 20, value_parser = clap::value_parser!(u64).range(2..=1 << 31))]
    max_event_bytes: u64,
    #[command(flatten)]
    modules: ModuleArgs,
}

/// How much a record says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum RecordMode {
    /// Verdict, stages, rules and errors
    #[default]
    Summary,
    /// The event, stage data, logs and the timeline as well
    Full,
}

/// Runs the verb.
pub fn run(args: &Args) -> Result<Exit, Failure> {
    let loaded = load::program(&args.file)?;
    let engine = handlers::engine(loaded.program, &loaded.folder, &args.modules)?;
    let inputs: Vec<_> = args.events.iter().map(|path| Input::new(path)).collect();
    let size = total_size(&inputs)?;
    let names: Arc<[String]> = inputs.iter().map(Input::name).collect();

    let stop = Stop::new();
    stop.on_signals().map_err(|error| Failure::io("signals", error))?;
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    let settings = decide::Settings {
        engine: Arc::new(engine),
        mode: match args.record {
            RecordMode::Summary => Mode::Summary,
            RecordMode::Full => Mode::Full,
        },
        quiet: args.quiet && args.output.is_none(),
        fail_fast: args.fail_fast,
        in_flight: usize::from(args.in_flight),
        inputs: Arc::clone(&names),
        stop: stop.clone(),
    };
    let plan = pipeline::Plan {
        inputs,
        jobs: args.jobs.map_or_else(cores, usize::from),
        max_event_bytes: usize::try_from(args.max_event_bytes).unwrap_or(usize::MAX),
    };

    let mut out = Output::open(args.output.as_deref())?;
    let mut report = Report::new(&names, Progress::new(size, args.quiet));
    let started = Instant::now();
    let ended = pipeline::run(
        plan,
        &stop,
        move || decide::Worker::new(settings.clone()),
        &mut out.sink,
        |job| {
            report.take(job);
        },
    );
    report.progress.finish();
    let ended = ended.map_err(|error| Failure::io("threads", error))?;
    let wall_us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    report.finish(args.funnel, wall_us, stop.interrupted());
    match ended.write_error {
        // The reader of a pipe has seen enough: `cascata run … | head`.
        Some(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Exit::Ok),
        Some(error) => Err(Failure::io(out.name, error)),
        None => Ok(report.exit(stop.interrupted())),
    }
}

/// The bytes of all inputs on disk; `None` if one of them is a pipe.
///
/// A file that is not there is found before anything runs.
fn total_size(inputs: &[Input]) -> Result<Option<u64>, Failure> {
    let mut total = Some(0);
    for input in inputs {
        let size = match input {
            Input::Stdin => None,
            Input::File(path) => {
                let metadata = std::fs::metadata(path).map_err(|error| Failure::io(path.display(), error))?;
                metadata.is_file().then_some(metadata.len())
            }
        };
        total = total.zip(size).map(|(total, size): (u64, u64)| total.saturating_add(size));
    }
    Ok(total)
}

/// Where decisions go.
struct Output {
    sink: Box<dyn Write>,
    name: String,
}

impl Output {
    fn open(path: Option<&Path>) -> Result<Self, Failure> {
        match path {
            Some(path) if path != Path::new("-") => {
                let file = std::fs::File::create(path).map_err(|error| Failure::io(path.display(), error))?;
                Ok(Self { sink: Box::new(file), name: path.display().to_string() })
            }
            _ => Ok(Self { sink: Box::new(io::stdout()), name: "<stdout>".to_owned() }),
        }
    }
}

/// What is told about a run while it goes on and at its end.
struct Report<'a> {
    names: &'a [String],
    progress: Progress,
    funnel: Funnel,
    end: Option<(usize, End)>,
    reported: u64,
    unreadable: bool,
}

impl<'a> Report<'a> {
    fn new(names: &'a [String], progress: Progress) -> Self {
        Self { names, progress, funnel: Funnel::default(), end: None, reported: 0, unreadable: false }
    }

    fn name(&self, input: usize) -> &str {
        self.names.get(input).map_or("", String::as_str)
    }

    /// Takes a chunk whose decisions are written.
    fn take(&mut self, job: &pipeline::Job) {
        let Answer { bad, funnel, end, .. } = &job.answer;
        self.funnel.add(funnel);
        for event in bad {
            self.reported += 1;
            if self.reported <= MAX_REPORTS {
                let name = self.name(job.input);
                self.progress.say(&format!("{name}:{}: {}: {}", event.line, event.code, event.message));
            } else if self.reported == MAX_REPORTS + 1 {
                self.progress.say("further bad events are only counted");
            }
        }
        if let Some(error) = &job.failure {
            self.unreadable = true;
            self.progress.say(&format!("{}: {error}", self.name(job.input)));
        }
        if let Some(end) = end {
            self.end = Some((job.input, end.clone()));
        }
        self.progress.advance(funnel.events(), job.consumed);
    }

    fn finish(&self, format: Format, wall_us: u64, interrupted: bool) {
        if interrupted {
            let events = super::terminal::count(self.funnel.events(), "event");
            eprintln!("interrupted after {events}; all decisions up to there are written");
        }
        if let Some((input, End::Failed { line, message })) = &self.end {
            eprintln!("{}:{line}: {message}; ended by --fail-fast", self.name(*input));
        }
        match format {
            Format::Human => eprint!("{}", funnel::human(&self.funnel, wall_us)),
            Format::Json => eprintln!("{}", funnel::json(&self.funnel, wall_us)),
        }
    }

    fn exit(&self, interrupted: bool) -> Exit {
        match &self.end {
            Some((_, End::Failed { .. })) => Exit::Findings,
            _ if interrupted => Exit::Interrupted,
            _ if self.unreadable => Exit::Io,
            _ => Exit::Ok,
        }
    }
}
