//! `cascata stage run`: one module, one event, and everything that is to be known about the call.

use std::fmt::Write;
use std::path::PathBuf;

use cascata_config::InstanceMode;
use cascata_runtime::wasm::{Figure, StageFigures};
use cascata_runtime::{LogLine, StageFailure};
use serde_json::{Value, json};

use super::module::{Called, Module, SettingArgs, answer};
use crate::cli::Format;
use crate::cli::exit::{Exit, Failure};
use crate::cli::explain::find_event;
use crate::cli::terminal::{duration_us, thousands};

/// Arguments of `stage run`.
#[derive(clap::Args)]
#[command(
    after_help = "The module runs in the engine's own host, under the limits of a cascade: fuel, memory, time, output, log. What comes near
a limit is named with the setting to raise. A failure ends with 1 and shows the guest's call stack, with files and lines where the
module carries DWARF.

Examples:
  cascata stage run check.wasm '{\"amount\": 1500}'
  cascata stage run check.wasm events.ndjson:17 --with '{\"limit\": 900}'
  cascata stage run check.wasm event.json --handler '{\"fuel\": 100000, \"log_level\": \"debug\"}' --format json"
)]
pub struct Args {
    /// The module
    #[arg(value_name = "MODULE")]
    module: PathBuf,
    /// The event: JSON text, a file (its first event), or FILE:LINE
    #[arg(value_name = "EVENT")]
    event: String,
    #[command(flatten)]
    settings: SettingArgs,
    /// How the answer is printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Runs the subcommand.
pub fn run(args: &Args) -> Result<Exit, Failure> {
    let module = Module::load(&args.module, &args.settings)?;
    let call = module.prepare(&find_event(&args.event)?)?;
    let called = module.call(&call);
    let text = match args.format {
        Format::Json => format!("{}\n", report(&module, &called)),
        Format::Human => human(&module, &called),
    };
    let printed = crate::cli::print(&text)?;
    Ok(if called.outcome.is_ok() { printed } else { Exit::Findings })
}

/// What a call spent, and what it may.
struct Spent {
    fuel: Option<u64>,
    memory: Option<u64>,
    fuel_limit: Option<u64>,
    memory_limit: u64,
}

impl Spent {
    fn new(module: &Module, called: &Called) -> Self {
        let (fuel, memory) = match &called.outcome {
            Ok(output) => (output.fuel, output.memory_bytes),
            Err(failure) => (failure.fuel, failure.memory_bytes),
        };
        let fuel_limit = module.handler.fuel.or_else(|| fuel.map(|_| module.budget()));
        Self { fuel, memory, fuel_limit, memory_limit: module.handler.memory_bytes }
    }

    /// What took at least four fifths of a limit, with the setting to raise.
    fn close(&self) -> Vec<String> {
        let near = |what: &str, used: Option<u64>, limit: Option<u64>, setting: &str| {
            let (used, limit) = used.zip(limit)?;
            (u128::from(used) * 5 >= u128::from(limit) * 4).then(|| {
                let percent = u128::from(used) * 100 / u128::from(limit.max(1));
                format!("{what} is at {percent} % of its limit; raise {setting} if other events need more")
            })
        };
        let fuel = near("fuel", self.fuel, self.fuel_limit, "`handler.fuel` or `timeout_ms`");
        let memory = near("memory", self.memory, Some(self.memory_limit), "`handler.memory_bytes`");
        fuel.into_iter().chain(memory).collect()
    }
}

impl Module {
    /// The fuel that the time of a call is worth.
    fn budget(&self) -> u64 {
        let ms = u64::try_from(self.timeout().as_millis()).unwrap_or(u64::MAX);
        ms.saturating_mul(self.handler.fuel_per_ms)
    }
}

fn logs(called: &Called) -> &[LogLine] {
    match &called.outcome {
        Ok(output) => &output.logs,
        Err(failure) => &failure.logs,
    }
}

fn microseconds(called: &Called) -> u64 {
    u64::try_from(called.took.as_micros()).unwrap_or(u64::MAX)
}

fn report(module: &Module, called: &Called) -> Value {
    let spent = Spent::new(module, called);
    let mut value = answer(&called.outcome);
    value.insert("ok".to_owned(), json!(called.outcome.is_ok()));
    if let Err(failure) = &called.outcome {
        value.insert("failure".to_owned(), failure_json(failure));
    }
    let log = |line: &LogLine| json!({"level": line.level.name(), "message": line.message});
    let rest = json!({
        "log": logs(called).iter().map(log).collect::<Vec<_>>(),
        "fuel": spent.fuel, "fuel_limit": spent.fuel_limit,
        "memory_bytes": spent.memory, "memory_limit": spent.memory_limit,
        "time_us": microseconds(called), "module_bytes": module.bytes.len(),
        "form": module.form(), "near_limits": spent.close(),
    });
    if let Value::Object(rest) = rest {
        value.extend(rest);
    }
    if let Some(measured) = module.figures() {
        value.insert("metrics".to_owned(), metrics(&measured));
    }
    Value::Object(value)
}

/// What the module measured, by name, and how often something could not be taken.
fn metrics(measured: &StageFigures) -> Value {
    let figure = |(name, figure): (&String, &Figure)| {
        let value = match figure {
            Figure::Counter(total) => json!({"counter": total}),
            Figure::Gauge(value) => json!({"gauge": value}),
            Figure::Histogram { count, sum, min, max, .. } => {
                json!({"histogram": {"count": count, "sum": sum, "min": min, "max": max}})
            }
            _ => Value::Null,
        };
        (name.clone(), value)
    };
    let dropped = (measured.dropped > 0).then(|| ("dropped".to_owned(), json!(measured.dropped)));
    Value::Object(measured.figures.iter().map(figure).chain(dropped).collect())
}

fn failure_json(failure: &StageFailure) -> Value {
    json!({
        "kind": failure.kind.name(), "code": failure.kind.code(), "message": failure.message,
        "retryable": failure.retryable, "status": failure.status, "retry_after_ms": failure.retry_after_ms,
        "backtrace": failure.backtrace.as_ref().map(|text| text.lines().collect::<Vec<_>>()),
    })
}

fn human(module: &Module, called: &Called) -> String {
    let mut out = String::new();
    let mut row = |name: &str, value: &str| {
        // Writing into a string cannot fail.
        let _ = writeln!(out, "{name:<11} {value}");
    };
    match &called.outcome {
        Ok(_) => {
            for (key, value) in answer(&called.outcome) {
                match (key.as_str(), &value) {
                    ("writes", Value::Array(writes)) => writes.iter().for_each(|write| {
                        row("write", &format!("{} = {}", write["path"].as_str().unwrap_or_default(), write["value"]));
                    }),
                    (key, Value::String(text)) => row(key, text),
                    (key, value) => row(key, &value.to_string()),
                }
            }
        }
        Err(failure) => {
            row("failure", &format!("{} {}: {}", failure.kind.code(), failure.kind.name(), failure.message));
            if failure.retryable || failure.status.is_some() || failure.retry_after_ms.is_some() {
                let status = failure.status.map_or_else(String::new, |status| format!(", status {status}"));
                let after = failure.retry_after_ms.map_or_else(String::new, |ms| format!(", after {ms} ms"));
                row(
                    "retry",
                    &format!("{}{status}{after}", if failure.retryable { "may help" } else { "does not help" }),
                );
            }
            for (at, line) in failure.backtrace.iter().flat_map(|text| text.lines()).enumerate() {
                row(if at == 0 { "in" } else { "from" }, line);
            }
        }
    }
    for line in logs(called) {
        row("log", &format!("{}: {}", line.level.name(), line.message));
    }
    if let Some(Value::Object(measured)) = module.figures().map(|measured| metrics(&measured)) {
        measured.iter().for_each(|(name, figure)| row("metric", &format!("{name} {figure}")));
    }
    let spent = Spent::new(module, called);
    let of = |used: Option<u64>, limit: Option<u64>, unit: &str| {
        let limit = limit.map_or_else(String::new, |limit| format!(" of {}", thousands(limit)));
        used.map_or_else(|| "not counted".to_owned(), |used| format!("{}{limit}{unit}", thousands(used)))
    };
    row("fuel", &of(spent.fuel, spent.fuel_limit, ""));
    row("memory", &of(spent.memory, Some(spent.memory_limit), " bytes"));
    let instance = match module.handler.instance {
        InstanceMode::Fresh => "fresh instance",
        InstanceMode::Pooled(_) => "first call of a kept instance",
    };
    row("time", &format!("{}, {instance}", duration_us(microseconds(called))));
    row("module", &format!("{} bytes", thousands(module.bytes.len() as u64)));
    for note in spent.close() {
        row("note", &note);
    }
    out
}
