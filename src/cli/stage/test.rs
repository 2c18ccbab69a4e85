//! `cascata stage test`: unit tests of a project, and golden files: an event each, with the answer it had.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::build;
use super::module::{Module, SettingArgs, answer};
use super::project::{FILE, Project};
use crate::cli::exit::{Exit, Failure};
use crate::cli::load;
use crate::cli::terminal::count;

/// Arguments of `stage test`.
#[derive(clap::Args)]
#[command(
    after_help = "With a project: runs the commands under `test` of its stage.toml, then the golden files of its folder `golden` on its built
module. With a module: the golden files of the folder `golden` beside it, or of --golden.

A golden file is JSON: {\"event\": {…}, \"with\": {…}, \"handler\": {…}, \"expect\": {…}}. `expect` has what the stage answers: `result`, `confidence`,
`data` and `writes`, or `error` and `kind`; --update writes it anew where it differs. Fuel and times are not compared: see `stage bench`.

Examples:
  cascata stage test amount-check
  cascata stage test amount-check.wasm --golden cases --update"
)]
pub struct Args {
    /// A project's folder, or a module
    #[arg(value_name = "DIR|MODULE", default_value = ".")]
    subject: PathBuf,
    /// The folder of golden files
    #[arg(long, value_name = "DIR")]
    golden: Option<PathBuf>,
    /// Write what was seen into the golden files that differ
    #[arg(long)]
    update: bool,
    #[command(flatten)]
    settings: SettingArgs,
}

/// Runs the subcommand.
pub fn run(args: &Args) -> Result<Exit, Failure> {
    let is_project = args.subject.is_dir() || args.subject.file_name().is_some_and(|name| name == FILE);
    let (module, folder) = if is_project {
        let folder = if args.subject.is_dir() { args.subject.as_path() } else { beside(&args.subject) };
        let project = Project::read(folder)?;
        if !project.test.is_empty() {
            project.tools(folder)?.run(&project.test)?;
        }
        (build::finished(&project, folder), folder)
    } else {
        (args.subject.clone(), beside(&args.subject))
    };
    let golden = args.golden.clone().unwrap_or_else(|| folder.join("golden"));
    if !golden.is_dir() && args.golden.is_none() {
        return crate::cli::print(&format!("no golden files: {} is not there\n", golden.display()));
    }
    if is_project && !module.exists() {
        let message = format_args!("{} is not there yet; `cascata stage build` makes it", module.display());
        return Err(Failure::new(Exit::Io, message));
    }
    let mut seen = Counts::default();
    for path in files(&golden)? {
        check(&path, &module, args, &mut seen)?;
    }
    let total = count(seen.passed + seen.failed + seen.updated, "golden file");
    let updated = if seen.updated > 0 { format!(", {} updated", seen.updated) } else { String::new() };
    crate::cli::print(&format!("{total}: {} passed, {} failed{updated}\n", seen.passed, seen.failed))?;
    Ok(if seen.failed == 0 { Exit::Ok } else { Exit::Findings })
}

#[derive(Default)]
struct Counts {
    passed: u64,
    failed: u64,
    updated: u64,
}

fn beside(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The golden files of a folder, by name.
fn files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let fail = |error| Failure::io(folder.display(), error);
    let entries = std::fs::read_dir(folder).map_err(fail)?.collect::<Result<Vec<_>, _>>().map_err(fail)?;
    let is_json = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "json");
    let mut paths: Vec<_> = entries.into_iter().map(|entry| entry.path()).filter(is_json).collect();
    paths.sort();
    Ok(paths)
}

/// One golden file.
struct Golden {
    keys: Map<String, Value>,
}

impl Golden {
    fn read(path: &Path) -> Result<Self, Failure> {
        let usage = |what: String| Failure::new(Exit::Usage, format_args!("{}: {what}", path.display()));
        let keys: Map<String, Value> =
            serde_json::from_slice(&load::read(path)?).map_err(|error| usage(error.to_string()))?;
        let known = ["event", "with", "handler", "expect"];
        if let Some(other) = keys.keys().find(|key| !known.contains(&key.as_str())) {
            return Err(usage(format!("`{other}` is no key of a golden file; those are {}", known.join(", "))));
        }
        match keys.get("event") {
            Some(Value::Object(_)) => Ok(Self { keys }),
            _ => Err(usage("`event` has to be an object".to_owned())),
        }
    }

    /// The settings of the command line with the file's own over them.
    fn config(&self, module: &Path, args: &SettingArgs) -> Result<cascata_config::HandlerConfig, Failure> {
        let mut config = serde_json::to_value(args.handler(module)?)
            .map_err(|error| Failure::new(Exit::Usage, format_args!("the handler: {error}")))?;
        if let Value::Object(keys) = &mut config {
            if let Some(Value::Object(handler)) = self.keys.get("handler") {
                keys.extend(handler.clone());
            }
            if let Some(with) = self.keys.get("with") {
                keys.insert("with".to_owned(), with.clone());
            }
        }
        serde_json::from_value(config)
            .map_err(|error| Failure::new(Exit::Usage, format_args!("`handler` of the golden file: {error}")))
    }
}

fn check(path: &Path, module: &Path, args: &Args, counts: &mut Counts) -> Result<(), Failure> {
    let mut golden = Golden::read(path)?;
    let config = golden.config(module, &args.settings)?;
    let loaded = Module::load_as(module, &config, &args.settings)?;
    let event = golden.keys.get("event").map(Value::to_string).unwrap_or_default();
    let seen = Value::Object(answer(&loaded.call(&loaded.prepare(event.as_bytes())?).outcome));
    let expected = golden.keys.get("expect").cloned().unwrap_or_else(|| json!({}));
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    if seen == expected {
        counts.passed += 1;
        return Ok(());
    }
    if args.update {
        golden.keys.insert("expect".to_owned(), seen);
        let text = serde_json::to_string_pretty(&golden.keys).unwrap_or_default();
        std::fs::write(path, text + "\n").map_err(|error| Failure::io(path.display(), error))?;
        counts.updated += 1;
        return crate::cli::print(&format!("{name}: updated\n")).map(|_| ());
    }
    counts.failed += 1;
    crate::cli::print(&format!("{name}: differs\n{}", difference(&expected, &seen))).map(|_| ())
}

/// The keys that differ, expected before seen.
fn difference(expected: &Value, seen: &Value) -> String {
    let none = Map::new();
    let (expected, seen) = (expected.as_object().unwrap_or(&none), seen.as_object().unwrap_or(&none));
    let mut keys: Vec<_> = expected.keys().chain(seen.keys()).collect();
    keys.sort();
    keys.dedup();
    let show = |value: Option<&Value>| value.map_or_else(|| "nothing".to_owned(), Value::to_string);
    let line = |key: &String| {
        format!("  {key}\n    expected {}\n    seen     {}\n", show(expected.get(key)), show(seen.get(key)))
    };
    keys.into_iter().filter(|key| expected.get(*key) != seen.get(*key)).map(line).collect()
}
