//! `cascata run`: a stream of events to a stream of decisions and a funnel.

mod decide;
pub mod funnel;
mod watch;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use super::Format;
use super::clock::ClockArgs;
use super::exit::{Exit, Failure};
use super::handlers::{self, ModuleArgs};
use super::input::Input;
use super::load;
use super::records::{self, Detail, RecordArgs};
use super::stream::{self, Output, Progress, Report, Stop};
use funnel::Funnel;

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
  cascata run payments.yaml events.json --detail full --fail-fast
  cascata run payments.yaml events.ndjson --quiet --record records --record-redact user.email
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
    #[arg(long, value_enum, default_value_t, value_name = "DETAIL")]
    detail: Detail,
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
    /// Go over to the cascade's new text whenever its file changes
    #[arg(long)]
    watch: bool,
    #[command(flatten)]
    clock: ClockArgs,
    #[command(flatten)]
    records: RecordArgs,
    #[command(flatten)]
    modules: ModuleArgs,
}

/// Runs the verb.
pub fn run(args: &Args) -> Result<Exit, Failure> {
    let loaded = load::program(&args.file)?;
    let recorder = args.records.open()?;
    let mut builder = handlers::builder(loaded.program, &loaded.folder, &args.modules)?.clock(args.clock.clock());
    if let Some(recorder) = &recorder {
        builder = builder.recorder(recorder.clone());
    }
    let engine = handlers::built(builder)?;
    let inputs: Vec<_> = args.events.iter().map(|path| Input::new(path)).collect();
    let size = stream::total_size(&inputs)?;
    let names: Arc<[String]> = inputs.iter().map(Input::name).collect();

    let stop = Stop::new();
    stop.on_signals().map_err(|error| Failure::io("signals", error))?;
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    if args.watch {
        watch::watch(&args.file, engine.clone(), stop.clone()).map_err(|error| Failure::io("threads", error))?;
    }
    let settings = decide::Settings {
        engine: Arc::new(engine),
        mode: args.detail.into(),
        quiet: args.quiet && args.output.is_none(),
        fail_fast: args.fail_fast,
        in_flight: usize::from(args.in_flight),
        inputs: Arc::clone(&names),
        stop: stop.clone(),
    };
    let plan = stream::Plan {
        inputs,
        jobs: args.jobs.map_or_else(cores, usize::from),
        max_event_bytes: usize::try_from(args.max_event_bytes).unwrap_or(usize::MAX),
    };

    let mut out = Output::open(args.output.as_deref())?;
    let mut report = Report::new(&names, Progress::new(size, args.quiet));
    let mut funnel = Funnel::default();
    let started = Instant::now();
    let ended = stream::run(
        plan,
        &stop,
        move || decide::Worker::new(settings.clone()),
        &mut out.sink,
        |job| {
            funnel.add(&job.answer.counts);
            report.take(job, job.answer.counts.events());
        },
    );
    report.progress.finish();
    let ended = ended.map_err(|error| Failure::io("threads", error))?;
    let wall_us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    let recorded = recorder.as_ref().map(records::finish).transpose();
    report.finish(funnel.events(), stop.interrupted());
    match args.funnel {
        Format::Human => eprint!("{}", funnel::human(&funnel, wall_us)),
        Format::Json => eprintln!("{}", funnel::json(&funnel, wall_us)),
    }
    match ended.write_error {
        // The reader of a pipe has seen enough: `cascata run … | head`.
        Some(error) if error.kind() == io::ErrorKind::BrokenPipe => recorded.map(|_| Exit::Ok),
        Some(error) => Err(Failure::io(out.name, error)),
        None => recorded.map(|_| report.exit(stop.interrupted())),
    }
}
