//! `cascata match`: which rules of a rule set match each event.

mod counts;
mod lines;
mod stats;
mod worker;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use cascata_runtime::matching::Matching;
use cascata_vm::eval::Select;
use clap::ValueEnum;

use super::clock::ClockArgs;
use super::exit::{Exit, Failure};
use super::input::Input;
use super::stream::{self, Output, Progress, Report, Stop};
use super::{index, load, terminal};
use counts::Totals;
use lines::Lines;
use stats::{Stats, cpu_time};

/// Arguments of `match`.
#[derive(clap::Args)]
#[command(after_help = "FILE is a cascade with `rulesets`, an image, or rules as JSON lines, one rule each:
  {\"id\": 17, \"all\": [{\"field\": \"user.country\", \"op\": \"==\", \"value\": \"CH\"}]}

Each match is a line of NDJSON: `line` of the event, `ruleset`, `rule`, and what the rule has of `score`, `tags` and
`value`. A rule whose condition is false and that has an `else` with a value answers with `\"else\": true`; one in shadow mode
with `\"shadow\": true`, and it counts for nothing; one that cannot be decided has an `error`. Events are read as
`run` reads them.

Examples:
  cascata match routes.yaml events.ndjson
  cascata match routes.yaml events.ndjson.zst --ruleset QUEUES --select best
  cascata match rules.jsonl events.ndjson --count > counts
  cascata match rules.jsonl events.ndjson --count --stats json 2> stats.json")]
pub struct Args {
    /// The cascade file, image or rules as JSON lines
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Files of events, read one after the other; `-` is stdin
    #[arg(value_name = "EVENTS", default_value = "-")]
    events: Vec<PathBuf>,
    /// The rule set to match with [default: all of them]
    #[arg(long, value_name = "NAME")]
    ruleset: Option<String>,
    /// Which matches are wanted
    #[arg(long, value_enum, default_value_t)]
    select: Which,
    /// Print `ID COUNT` for every rule, also those that never match, instead of the matches
    #[arg(long)]
    count: bool,
    /// Print figures on stderr at the end: rules, times, memory
    #[arg(long, value_enum, value_name = "FORM")]
    stats: Option<StatsForm>,
    /// Where the answers go; `-` is stdout
    #[arg(short, long, value_name = "OUT")]
    output: Option<PathBuf>,
    /// Threads that match [default: one a core]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
    /// No progress and no summary
    #[arg(short, long)]
    quiet: bool,
    /// End with 1 at the first bad event or rule that cannot be decided
    #[arg(long)]
    fail_fast: bool,
    /// The longest event that is read, in bytes
    #[arg(long, value_name = "BYTES", default_value_t = 16 << 20, value_parser = clap::value_parser!(u64).range(2..=1 << 31))]
    max_event_bytes: u64,
    #[command(flatten)]
    clock: ClockArgs,
}

/// Which matches are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Which {
    /// All, by falling priority, ties in the order of the file
    #[default]
    All,
    /// The first in that order
    First,
    /// The one with the highest score, ties in the order of the file
    Best,
}

/// How figures are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum StatsForm {
    /// For people
    Human,
    /// One object on one line
    Json,
}

/// Runs the verb.
pub fn run(args: &Args) -> Result<Exit, Failure> {
    let started = Instant::now();
    let loaded = load::program(&args.file)?;
    loaded.program.prepare();
    let compiled = started.elapsed();
    let image_bytes = loaded.program.image().len();
    let matching = Matching::new(loaded.program, args.clock.clock())
        .map_err(|error| Failure::new(Exit::Cascade, format_args!("{}: {error}", loaded.name)))?;
    let matching = Arc::new(matching);
    let lists = chosen(&matching, args.ruleset.as_deref(), &loaded.name)?;
    let inputs: Vec<_> = args.events.iter().map(|path| Input::new(path)).collect();
    let size = stream::total_size(&inputs)?;
    let names: Arc<[String]> = inputs.iter().map(Input::name).collect();
    let lines = Arc::new(Lines::new(&matching, &lists, if args.count { &[] } else { &names }));

    let stop = Stop::new();
    stop.on_signals().map_err(|error| Failure::io("signals", error))?;
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    let plan = stream::Plan {
        inputs,
        jobs: args.jobs.map_or_else(cores, usize::from),
        max_event_bytes: usize::try_from(args.max_event_bytes).unwrap_or(usize::MAX),
    };
    let settings = worker::Settings {
        matching: Arc::clone(&matching),
        lists: lists.iter().copied().collect(),
        select: match args.select {
            Which::All => Select::All,
            Which::First => Select::First,
            Which::Best => Select::Best,
        },
        lines: (!args.count).then_some(lines),
        fail_fast: args.fail_fast,
        stop: stop.clone(),
    };
    let mut out = Output::open(args.output.as_deref())?;
    let mut report = Report::new(&names, Progress::new(size, args.quiet));
    let mut totals = Totals::new(matching.program().rule_count());
    let (started, cpu) = (Instant::now(), cpu_time());
    let make = move || Ok(worker::Worker::new(settings.clone()));
    let ended = stream::run(plan, &stop, make, &mut out.sink, |job| {
        totals.add(&job.answer.counts);
        report.take(job, job.answer.counts.events);
    });
    let (seconds, cpu) = (started.elapsed(), cpu.zip(cpu_time()).map(|(before, after)| after.saturating_sub(before)));
    report.progress.finish();
    let mut write_error = ended.map_err(|error| Failure::io("threads", error))?.write_error;
    if args.count && write_error.is_none() {
        write_error = totals.write(&matching, &lists, &mut out.sink).err();
    }
    report.finish(totals.events, stop.interrupted());
    let index = index::sum(lists.iter().map(|list| matching.program().index_stats(*list)));
    let stats = Stats { rules: rules(&matching, &lists), compiled, image_bytes, seconds, cpu, totals: &totals, index };
    match args.stats {
        Some(StatsForm::Json) => eprintln!("{}", stats.json()),
        Some(StatsForm::Human) => eprint!("{}", stats.human()),
        None if args.quiet => {}
        None => eprintln!("{}", stats.line()),
    }
    match write_error {
        // The reader of a pipe has seen enough.
        Some(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Exit::Ok),
        Some(error) => Err(Failure::io(out.name, error)),
        None => Ok(report.exit(stop.interrupted())),
    }
}

/// The rule sets that are matched with.
fn chosen(matching: &Matching, name: Option<&str>, file: &str) -> Result<Vec<cascata_vm::ListId>, Failure> {
    let program = matching.program();
    let names = || program.rulesets().map(|ruleset| ruleset.name()).collect::<Vec<_>>().join(", ");
    if program.rulesets().next().is_none() {
        let help = "`rulesets:` names lists of rules that are matched without stages";
        return Err(Failure::new(Exit::Usage, format_args!("{file} has no rule sets; {help}")));
    }
    match name {
        None => Ok(program.rulesets().map(|ruleset| ruleset.list()).collect()),
        Some(name) => match program.ruleset_named(name) {
            Some(ruleset) => Ok(vec![ruleset.list()]),
            None => Err(Failure::new(
                Exit::Usage,
                format_args!("{file} has no rule set `{name}`; its rule sets are {}", names()),
            )),
        },
    }
}

fn rules(matching: &Matching, lists: &[cascata_vm::ListId]) -> usize {
    lists.iter().map(|list| matching.program().list_len(*list)).sum()
}

/// `1,234 matches`.
fn many(number: u64, noun: &str) -> String {
    let ending = if number == 1 { "" } else { "es" };
    format!("{} {noun}{ending}", terminal::thousands(number))
}
