//! `cascata stage bench`: fuel an event, times on fresh and on kept instances, and fuel held against a baseline.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use cascata_config::{GuestForm, HandlerConfig, InstanceMode, Interruption, PooledInstances};
use cascata_runtime::StageCall;
use serde_json::{Value, json};

use super::module::{Module, SettingArgs};
use crate::cli::exit::{Exit, Failure};
use crate::cli::input::{Chunk, Input, Splitter};
use crate::cli::terminal::{count, thousands};
use crate::cli::{Format, load};

/// The longest event that is taken, in bytes.
const MAX_EVENT_BYTES: usize = 64 << 20;

/// Arguments of `stage bench`.
#[derive(clap::Args)]
#[command(
    after_help = "Every event of the file is run on fresh instances, then on a kept one, each way for half of --seconds. Fuel is the same every time; times are
this machine's. The suggested `fuel_per_ms` is the fuel a millisecond of this guest took here, rounded down to one digit: with it,
`timeout_ms` and the fuel run out together.

--baseline compares the fuel of each event, by its position, with a file, and ends with 1 if one spends more than --tolerance percent more;
--update writes the file.

Examples:
  cascata stage bench check.wasm events.ndjson
  cascata stage bench check.wasm events.ndjson --baseline fuel.json --tolerance 1
  cascata stage bench check.wasm '{\"amount\": 1500}' --seconds 5 --format json"
)]
pub struct Args {
    /// The module
    #[arg(value_name = "MODULE")]
    module: PathBuf,
    /// The events: JSON text of one, or a file
    #[arg(value_name = "EVENTS")]
    events: String,
    /// How long to measure, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 2.0, value_parser = positive)]
    seconds: f64,
    /// The file of fuel that each event spent before
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Percent that an event may spend more
    #[arg(long, value_name = "PERCENT", default_value_t = 0, requires = "baseline")]
    tolerance: u64,
    /// Write the baseline
    #[arg(long, requires = "baseline")]
    update: bool,
    #[command(flatten)]
    settings: SettingArgs,
    /// How it is printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

fn positive(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|seconds| *seconds > 0.0 && *seconds <= 3_600.0)
        .ok_or_else(|| "a number of seconds above 0, at most 3600".to_owned())
}

/// Times of one way to run.
struct Times {
    way: &'static str,
    calls: usize,
    /// Sorted.
    nanoseconds: Vec<u64>,
}

/// Runs the subcommand.
pub fn run(args: &Args) -> Result<Exit, Failure> {
    let events = events(&args.events)?;
    let fresh = instances(args, InstanceMode::Fresh)?;
    let calls = events.iter().map(|event| fresh.prepare(event)).collect::<Result<Vec<_>, _>>()?;
    let fuel = fuel(&fresh, &calls)?;
    let half = Duration::from_secs_f64(args.seconds / 2.0);
    let mut times = vec![measure("fresh", &fresh, &calls, half)];
    // A command runs once and ends; strict runs are of fresh instances by definition.
    let may_be_kept =
        fresh.form() != GuestForm::Command && fresh.handler.determinism == cascata_config::Determinism::Off;
    if may_be_kept {
        let kept = instances(args, InstanceMode::Pooled(PooledInstances::default()))?;
        times.push(measure("kept", &kept, &calls, half));
    }
    let suggested = suggest(&fuel, times.last());
    let text = match args.format {
        Format::Json => format!("{}\n", report(&fuel, &times, suggested)),
        Format::Human => human(&fuel, &times, suggested, &fresh),
    };
    crate::cli::print(&text)?;
    match &args.baseline {
        Some(path) if args.update => write_baseline(path, &fuel),
        Some(path) => compare(path, &fuel, args.tolerance),
        None => Ok(Exit::Ok),
    }
}

fn instances(args: &Args, mode: InstanceMode) -> Result<Module, Failure> {
    let mut config = args.settings.handler(&args.module)?;
    if let HandlerConfig::Wasm(handler) = &mut config {
        if handler.interruption == Interruption::Epoch {
            let message = "fuel is counted with `interruption: fuel` only; leave `interruption` out";
            return Err(Failure::new(Exit::Usage, message));
        }
        handler.instance = mode;
    }
    Module::load_as(&args.module, &config, &args.settings)
}

/// The events of the argument.
fn events(argument: &str) -> Result<Vec<Vec<u8>>, Failure> {
    if argument.trim_start().starts_with('{') {
        return Ok(vec![argument.as_bytes().to_vec()]);
    }
    let path = Path::new(argument);
    let fail = |error: std::io::Error| Failure::io(path.display(), error);
    let opened = Input::new(path).open().map_err(fail)?;
    let mut splitter = Splitter::new(opened.reader, opened.layout, MAX_EVENT_BYTES);
    let mut chunk = Chunk::default();
    let mut events = Vec::new();
    while splitter.fill(&mut chunk).map_err(fail)? {
        for (line, event) in chunk.events() {
            let bad = |error: crate::cli::input::InputError| {
                Failure::io(path.display(), format_args!("line {line}: {}", error.code()))
            };
            events.push(event.map_err(bad)?.to_vec());
        }
    }
    if events.is_empty() {
        return Err(Failure::io(path.display(), "no event in it"));
    }
    Ok(events)
}

/// The fuel of each event, which is the same in every run.
fn fuel(module: &Module, calls: &[StageCall]) -> Result<Vec<u64>, Failure> {
    let each = |(at, call): (usize, &StageCall)| match module.call(call).outcome {
        Ok(output) => Ok(output.fuel.unwrap_or(0)),
        Err(failure) => {
            let number = at + 1;
            let message = format!("event {number}: {} {}: {}", failure.kind.code(), failure.kind, failure.message);
            Err(Failure::new(Exit::Findings, message))
        }
    };
    calls.iter().enumerate().map(each).collect()
}

fn measure(way: &'static str, module: &Module, calls: &[StageCall], how_long: Duration) -> Times {
    /// Enough for the percentiles; more would be memory for nothing.
    const MOST: usize = 1_000_000;
    let mut nanoseconds = Vec::new();
    // Caches and branch predictors, and the kept instance itself.
    calls.iter().take(100).for_each(|call| drop(module.call(call)));
    let started = Instant::now();
    while nanoseconds.len() < MOST && (started.elapsed() < how_long || nanoseconds.len() < calls.len()) {
        let call = &calls[nanoseconds.len() % calls.len()];
        nanoseconds.push(u64::try_from(module.call(call).took.as_nanos()).unwrap_or(u64::MAX));
    }
    nanoseconds.sort_unstable();
    Times { way, calls: nanoseconds.len(), nanoseconds }
}

impl Times {
    /// Microseconds below which so many percent of the calls lie.
    #[expect(clippy::cast_precision_loss, reason = "shown with few digits")]
    fn percentile(&self, percent: usize) -> f64 {
        let at = (self.nanoseconds.len() * percent / 100).min(self.nanoseconds.len().saturating_sub(1));
        self.nanoseconds.get(at).copied().unwrap_or(0) as f64 / 1e3
    }
}

/// Fuel a millisecond, rounded down to one digit; none where calls are too short for their fuel to count.
fn suggest(fuel: &[u64], times: Option<&Times>) -> Option<u64> {
    /// Below this most of a call's time is the host's.
    const LEAST: u64 = 100_000;
    let median = percentile_of(fuel, 50);
    let microseconds = times?.percentile(50);
    if median < LEAST || microseconds <= 0.0 {
        return None;
    }
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "rounded to one digit"
    )]
    let rate = (median as f64 / microseconds * 1e3) as u64;
    let digit = 10_u64.pow(rate.checked_ilog10()?);
    Some(rate / digit * digit)
}

fn percentile_of(fuel: &[u64], percent: usize) -> u64 {
    let mut sorted = fuel.to_vec();
    sorted.sort_unstable();
    let at = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    sorted.get(at).copied().unwrap_or(0)
}

fn report(fuel: &[u64], times: &[Times], suggested: Option<u64>) -> Value {
    let time = |times: &Times| {
        (
            times.way.to_owned(),
            json!({
                "calls": times.calls, "p50_us": times.percentile(50), "p90_us": times.percentile(90), "p99_us": times.percentile(99),
            }),
        )
    };
    let times: serde_json::Map<_, _> = times.iter().map(time).collect();
    json!({
        "events": fuel.len(),
        "fuel": {"p50": percentile_of(fuel, 50), "p99": percentile_of(fuel, 99), "max": percentile_of(fuel, 100)},
        "times": times, "suggested_fuel_per_ms": suggested,
    })
}

fn human(fuel: &[u64], times: &[Times], suggested: Option<u64>, module: &Module) -> String {
    let mut out = format!(
        "fuel    {}: median {}, 99 % {}, most {}\n",
        count(fuel.len() as u64, "event"),
        thousands(percentile_of(fuel, 50)),
        thousands(percentile_of(fuel, 99)),
        thousands(percentile_of(fuel, 100)),
    );
    for times in times {
        let [p50, p90, p99] = [50, 90, 99].map(|percent| times.percentile(percent));
        let calls = count(times.calls as u64, "call");
        out += &format!("{:<7} median {p50:.1} µs, 90 % {p90:.1} µs, 99 % {p99:.1} µs, {calls}\n", times.way);
    }
    out += &match suggested {
        Some(rate) => format!("fuel_per_ms: {rate} would fit this machine; it is {}\n", module.handler.fuel_per_ms),
        None => "fuel_per_ms: the calls are too short to tell\n".to_owned(),
    };
    out
}

fn write_baseline(path: &Path, fuel: &[u64]) -> Result<Exit, Failure> {
    let text = serde_json::to_string_pretty(&json!({ "fuel": fuel })).unwrap_or_default();
    std::fs::write(path, text + "\n").map_err(|error| Failure::io(path.display(), error))?;
    Ok(Exit::Ok)
}

/// Holds the fuel of each event against the baseline.
fn compare(path: &Path, fuel: &[u64], tolerance: u64) -> Result<Exit, Failure> {
    let usage = |what: String| Failure::new(Exit::Usage, format_args!("{}: {what}", path.display()));
    let file: BTreeMap<String, Vec<u64>> =
        serde_json::from_slice(&load::read(path)?).map_err(|error| usage(format!("{error}; --update writes it")))?;
    let before = file.get("fuel").ok_or_else(|| usage("there is no `fuel` in it; --update writes it".to_owned()))?;
    if before.len() != fuel.len() {
        let message = format!("it is of {} events, these are {}; --update writes it", before.len(), fuel.len());
        return Err(usage(message));
    }
    let allowed = |before: u64| u128::from(before) * u128::from(100 + tolerance) / 100;
    let more: Vec<_> =
        (1..).zip(before.iter().zip(fuel)).filter(|(_, (before, now))| u128::from(**now) > allowed(**before)).collect();
    for (number, (before, now)) in more.iter().take(20) {
        crate::cli::print(&format!("event {number}: {} fuel, before {}\n", thousands(**now), thousands(**before)))?;
    }
    if more.is_empty() {
        return crate::cli::print("no event spends more fuel than before\n");
    }
    Err(Failure::new(
        Exit::Findings,
        format_args!(
            "{} more fuel than the baseline allows",
            match more.len() {
                1 => "1 event spends".to_owned(),
                many => format!("{many} events spend"),
            }
        ),
    ))
}
