//! `cascata learn`: what an expensive stage keeps answering, as rules in front of it.

mod html;
mod plot;
mod read;
mod table;

use std::path::{Path, PathBuf};
use std::time::Instant;

use cascata_learn::{Costs, LearnError, Learned, Learner, Options, StageCost, existing_rules};
use clap::ValueEnum;

use super::exit::{Exit, Failure};
use super::records::Counted;
use super::stream::{Progress, Stop};
use super::terminal::{self, count};
use super::write;

/// Arguments of `learn`.
#[derive(clap::Args)]
#[command(
    after_help = "RECORDS is a folder that `cascata run --record DIR` or an engine wrote, one segment of it, or a file with a decision a
line; gzip and zstd are recognised by content. Records of mode `summary` have no event and need the events beside them (--events).

Of the records in which the stage answered, 60 % (by the hash of the event's id) are searched, 20 % choose, and 20 %
tell what the rules are worth. Top-level keys `id` and `label` are never learned from, nor what --hide names.

Examples:
  cascata run cascade.yaml events.ndjson --quiet --record records
  cascata learn records --stage DEEP --target RULES
  cascata learn decisions.ndjson --stage DEEP --target RULES
  cascata learn decisions.ndjson.zst --stage DEEP --target RULES --format html -o report.html --rules rules.yaml
  cascata learn decisions.ndjson --events events.ndjson --stage DEEP --target RULES --precision 0.995"
)]
pub struct Args {
    /// Folders, segments or files of decision records, read one after the other; `-` is stdin
    #[arg(value_name = "RECORDS", default_value = "-")]
    records: Vec<PathBuf>,
    /// The expensive stage whose answers are learned
    #[arg(long, value_name = "STAGE")]
    stage: String,
    /// The stage the rules are to stand in
    #[arg(long, value_name = "STAGE")]
    target: String,
    /// The events of the records, in the same order, where the records have none
    #[arg(long, value_name = "EVENTS")]
    events: Option<PathBuf>,
    /// The cascade, to say how proposals meet the rules that the target has
    #[arg(long, value_name = "FILE")]
    cascade: Option<PathBuf>,
    /// What is learned: the verdict that asking the stage led to, or the stage's own result
    #[arg(long, value_enum, default_value_t)]
    answer: AnswerOf,
    /// How results are written
    #[arg(long, value_enum, default_value_t)]
    format: Form,
    /// Where they go; `-` is stdout
    #[arg(short, long, value_name = "OUT", default_value = "-", hide_default_value = true)]
    output: PathBuf,
    /// Also write the rules that are recommended, as YAML to stand under `routing_rules`
    #[arg(long, value_name = "OUT")]
    rules: Option<PathBuf>,
    /// The share of right answers that is asked for
    #[arg(long, value_name = "SHARE", default_value_t = Options::default().precision, value_parser = share)]
    precision: f64,
    /// The most rules
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=1000))]
    max_rules: u16,
    /// The most comparisons of a rule
    #[arg(long, value_name = "N", default_value_t = 6, value_parser = clap::value_parser!(u16).range(1..=12))]
    max_conditions: u16,
    /// The least new examples a rule answers among those it is searched in
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    min_samples: u32,
    /// The least confidence of a pattern: the lower bound of its precision where it was searched and chosen
    #[arg(long, value_name = "SHARE", default_value_t = Options::default().min_confidence, value_parser = confidence)]
    min_confidence: f64,
    /// The most patterns that are kept to choose from
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    max_patterns: u32,
    /// Hours after which a pattern is forgotten that nothing came for
    #[arg(long, value_name = "HOURS", default_value_t = Options::default().pattern_ttl_hours)]
    pattern_ttl_hours: u32,
    /// A top-level key of events that is not learned from; several times
    #[arg(long, value_name = "KEY")]
    hide: Vec<String>,
    /// What a stage costs for one event, in a unit of your own; several times
    #[arg(long, value_name = "STAGE=COST", value_parser = cost)]
    cost: Vec<StageCost>,
    /// Events of a period, for the saving [default: as many as there are records]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(0..))]
    volume: Option<i64>,
    /// The most examples that are kept, by a uniform sample
    #[arg(long, value_name = "N", default_value_t = 50_000, value_parser = clap::value_parser!(u32).range(100..=10_000_000))]
    sample: u32,
    /// No progress and no summary
    #[arg(short, long)]
    quiet: bool,
    /// End with 1 at the first bad record
    #[arg(long)]
    fail_fast: bool,
    /// The longest record that is read, in bytes
    #[arg(long, value_name = "BYTES", default_value_t = 16 << 20, value_parser = clap::value_parser!(u64).range(2..=1 << 31))]
    max_event_bytes: u64,
}

/// How results are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Text for people
    #[default]
    Table,
    /// One JSON object
    Json,
    /// One HTML file with plots, without scripts and links
    Html,
}

/// What is learned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum AnswerOf {
    /// The verdict of the cascade
    #[default]
    Outcome,
    /// The result of the stage
    Result,
}

fn share(text: &str) -> Result<f64, String> {
    let share: f64 = text.parse().map_err(|_| "no number".to_owned())?;
    if (0.5..1.0).contains(&share) { Ok(share) } else { Err("must be at least 0.5 and below 1".to_owned()) }
}

fn confidence(text: &str) -> Result<f64, String> {
    let share: f64 = text.parse().map_err(|_| "no number".to_owned())?;
    if (0.0..=1.0).contains(&share) { Ok(share) } else { Err("must be from 0 to 1".to_owned()) }
}

fn cost(text: &str) -> Result<StageCost, String> {
    let (stage, cost) = text.split_once('=').ok_or("must be STAGE=COST")?;
    let cost: f64 = cost.parse().map_err(|_| "the cost is no number".to_owned())?;
    if cost.is_finite() && cost >= 0.0 {
        Ok(StageCost { stage: stage.to_owned(), cost })
    } else {
        Err("must not be negative".to_owned())
    }
}

/// Runs the verb.
pub fn run(args: &Args) -> Result<Exit, Failure> {
    let started = Instant::now();
    let cascade = args.cascade.as_deref().map(read_cascade).transpose()?;
    let existing = cascade.as_ref().map_or_else(Vec::new, |(name, text)| existing_rules(text, name, &args.target));
    let stop = Stop::new();
    stop.on_signals().map_err(|error| Failure::io("signals", error))?;
    let (learner, counted) = read::records(args, &stop, || Learner::new(options(args)))?;
    if learner.seen() == 0 {
        let records = count(counted.records, "record");
        let message = format_args!("stage `{}` answered in none of {records}: nothing to learn", args.stage);
        return Err(Failure::new(Exit::Findings, message));
    }
    let learned = search(args, &stop, learner.beside(existing))?;
    let text = match args.format {
        Form::Table => table::text(&learned, terminal::width()),
        Form::Json => serde_json::to_string(&learned).map_err(|error| Failure::new(Exit::Io, error))? + "\n",
        Form::Html => html::text(&learned),
    };
    if let Some(path) = &args.rules {
        write::all(path, rules(&learned).as_bytes())?;
    }
    if args.output == Path::new("-") {
        super::print(&text)?;
    } else {
        write::all(&args.output, text.as_bytes())?;
    }
    if !args.quiet {
        eprintln!("{}", summary(&learned, &counted, started.elapsed()));
    }
    Ok(if counted.damaged { Exit::Findings } else { Exit::Ok })
}

/// Searches, with a line on the terminal that says so.
fn search(args: &Args, stop: &Stop, learner: Learner) -> Result<Learned, Failure> {
    let progress = Progress::new(None, args.quiet);
    progress.show(&format!("searching rules for {}", count(learner.seen(), "answer")));
    let learned = learner.finish_unless(&|| stop.is_set());
    progress.finish();
    learned.map_err(|error| Failure::new(exit(&error), error))
}

fn read_cascade(path: &Path) -> Result<(String, String), Failure> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| Failure::io(&name, error))?;
    Ok((name, text))
}

fn exit(error: &LearnError) -> Exit {
    match error {
        LearnError::Cost(_) => Exit::Usage,
        LearnError::Stopped => Exit::Interrupted,
        _ => Exit::Cascade,
    }
}

fn options(args: &Args) -> Options {
    let mut options = Options::default();
    options.stage.clone_from(&args.stage);
    options.target.clone_from(&args.target);
    options.precision = args.precision;
    options.max_rules = usize::from(args.max_rules);
    options.max_conditions = usize::from(args.max_conditions);
    options.max_sample = args.sample as usize;
    options.min_samples = args.min_samples.into();
    options.min_confidence = args.min_confidence;
    options.max_patterns = args.max_patterns as usize;
    options.pattern_ttl_hours = args.pattern_ttl_hours;
    options.answer_of = match args.answer {
        AnswerOf::Outcome => cascata_learn::AnswerOf::Outcome,
        AnswerOf::Result => cascata_learn::AnswerOf::Result,
    };
    options.volume = args.volume;
    options.threads = std::thread::available_parallelism().map_or(1, usize::from);
    options.costs = costs(args);
    options
}

/// What the two stages cost: what was said, else the reference's defaults, where it knows both; else 1 and 25.
fn costs(args: &Args) -> Costs {
    let mut costs = Costs::default();
    let known = |costs: &Costs| costs.of(&args.stage).is_ok() && costs.of(&args.target).is_ok();
    if !known(&costs) {
        let stage = |stage: &str, cost: f64| StageCost { stage: stage.to_owned(), cost };
        costs = Costs(vec![stage(&args.target, 1.0), stage(&args.stage, 25.0)]);
    }
    for said in &args.cost {
        match costs.0.iter_mut().find(|one| one.stage == said.stage) {
            Some(one) => one.cost = said.cost,
            None => costs.0.push(said.clone()),
        }
    }
    costs
}

/// The rules that are recommended, to stand under `routing_rules`.
fn rules(learned: &Learned) -> String {
    let mut text = format!("# Learned by `cascata learn` from {} answers of {}.\n", learned.examples, learned.stage);
    for proposal in &learned.proposals {
        if proposal.recommendation == cascata_learn::Recommendation::Migrate {
            text.push_str(&proposal.yaml);
        }
    }
    text
}

fn summary(learned: &Learned, counted: &Counted, elapsed: std::time::Duration) -> String {
    let micros = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
    let bad = if counted.bad == 0 { String::new() } else { format!(", {} bad", terminal::thousands(counted.bad)) };
    format!(
        "{}{bad}; {} answered by {}; {} in {}",
        count(counted.records, "record"),
        terminal::thousands(learned.examples),
        learned.stage,
        count(learned.proposals.len() as u64, "proposal"),
        terminal::duration_us(micros)
    )
}
