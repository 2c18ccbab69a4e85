//! A module under its settings, called outside of a cascade: the engine's own host, one stage, one event at a time.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use cascata_config::{GuestForm, HandlerConfig, WasmHandler};
use cascata_runtime::testing::call_on;
use cascata_runtime::wasm::{StageFigures, WasmHost, WasmHostOptions, WasmStage};
use cascata_runtime::{StageCall, StageFailure, StageHandler, StageOutput};
use cascata_vm::Segment;
use serde_json::{Map, Value, json};

use crate::cli::exit::{Exit, Failure};
use crate::cli::secrets::SecretArgs;
use crate::cli::{handlers, load};

/// Settings of the stage, as its cascade would have them.
#[derive(clap::Args, Clone, Debug)]
pub struct SettingArgs {
    /// The stage's `with:` block: JSON text or a file
    #[arg(long, value_name = "JSON")]
    with: Option<String>,
    /// Further keys of the handler, as a cascade has them: JSON text or a file, like '{"fuel": 1000000}'
    #[arg(long, value_name = "JSON")]
    handler: Option<String>,
    /// Milliseconds that one call may take
    #[arg(long, value_name = "MS", default_value_t = 30_000)]
    timeout_ms: u64,
    #[command(flatten)]
    secrets: SecretArgs,
}

impl SettingArgs {
    /// The handler for a module.
    pub fn handler(&self, module: &Path) -> Result<HandlerConfig, Failure> {
        let mut keys = self.handler.as_deref().map(object).transpose()?.unwrap_or_default();
        if let Some(with) = &self.with {
            keys.insert("with".to_owned(), Value::Object(object(with)?));
        }
        keys.insert("kind".to_owned(), json!("wasm"));
        keys.insert("module".to_owned(), json!(module.display().to_string()));
        serde_json::from_value(Value::Object(keys))
            .map_err(|error| Failure::new(Exit::Usage, format_args!("--handler: {error}")))
    }
}

/// An object, as JSON text or in a file.
pub fn object(argument: &str) -> Result<Map<String, Value>, Failure> {
    let text = match argument.trim_start().starts_with('{') {
        true => argument.as_bytes().to_vec(),
        false => load::read(Path::new(argument))?,
    };
    serde_json::from_slice(&text).map_err(|error| Failure::new(Exit::Usage, format_args!("{argument}: {error}")))
}

/// A module, loaded.
pub struct Module {
    pub path: PathBuf,
    pub bytes: Vec<u8>,
    pub handler: WasmHandler,
    pub stage: Arc<WasmStage>,
    host: WasmHost,
    runtime: tokio::runtime::Runtime,
    timeout: Duration,
}

/// What came of a call, and how long it took.
pub struct Called {
    pub outcome: Result<StageOutput, StageFailure>,
    pub took: Duration,
}

impl Module {
    /// Loads a module from a file.
    pub fn load(path: &Path, args: &SettingArgs) -> Result<Self, Failure> {
        let config = args.handler(path)?;
        Self::load_as(path, &config, args)
    }

    /// Loads a module under given settings.
    pub fn load_as(path: &Path, config: &HandlerConfig, args: &SettingArgs) -> Result<Self, Failure> {
        let (bytes, timeout) = (load::read(path)?, Duration::from_millis(args.timeout_ms));
        let mut options = WasmHostOptions::default().with_max_instances(8).with_source_lines(true);
        options = options.with_secrets(args.secrets.secrets()?);
        if let Some(directory) = WasmHostOptions::default_cache_dir() {
            options = options.with_cache_dir(directory);
        }
        let host = WasmHost::new(options);
        let stage = host
            .load_stage(&name(path), &bytes, config)
            .map_err(|error| Failure::new(Exit::Handler, format_args!("{}: {error}", error.code())))?;
        let HandlerConfig::Wasm(handler) = config else {
            return Err(Failure::new(Exit::Handler, "the handler is not of kind `wasm`"));
        };
        let runtime = handlers::runtime().build().map_err(|error| Failure::io("async runtime", error))?;
        Ok(Self { path: path.to_owned(), bytes, handler: (**handler).clone(), stage, host, runtime, timeout })
    }

    /// A call on an event, to be made as often as one likes.
    pub fn prepare(&self, event: &[u8]) -> Result<StageCall, Failure> {
        let refuse = |error: &dyn std::fmt::Display| Failure::new(Exit::Io, format_args!("the event: {error}"));
        let text = std::str::from_utf8(event).map_err(|error| refuse(&error))?;
        call_on(text, &[&name(&self.path)]).map_err(|error| refuse(&error))
    }

    /// Makes a call.
    pub fn call(&self, call: &StageCall) -> Called {
        let mut call = call.clone();
        let started = Instant::now();
        let outcome = self.runtime.block_on(async {
            let now = tokio::time::Instant::now();
            call.deadline = now.checked_add(self.timeout).unwrap_or(now);
            self.stage.call(call).await
        });
        Called { outcome, took: started.elapsed() }
    }

    /// What it measured so far.
    pub fn figures(&self) -> Option<StageFigures> {
        self.host.figures().pop()
    }

    /// The time that a call may take.
    pub const fn timeout(&self) -> Duration {
        self.timeout
    }

    /// How it talks to the host.
    pub fn form(&self) -> GuestForm {
        self.stage.form()
    }
}

/// The stage's name: that of the file, without its ending.
pub fn name(path: &Path) -> String {
    path.file_stem().map_or_else(|| "stage".to_owned(), |stem| stem.to_string_lossy().into_owned())
}

/// What a call gave, without what differs from run to run: what golden files hold.
pub fn answer(outcome: &Result<StageOutput, StageFailure>) -> Map<String, Value> {
    let mut object = Map::new();
    match outcome {
        Ok(output) => {
            object.insert("result".to_owned(), output.result.to_serde());
            if output.confidence != cascata_runtime::OwnedValue::Null {
                object.insert("confidence".to_owned(), output.confidence.to_serde());
            }
            if let Some(data) = &output.data {
                object.insert("data".to_owned(), cascata_runtime::json_tree(data));
            }
            if !output.writes.is_empty() {
                let write = |write: &cascata_runtime::Write| json!({"path": path_text(&write.path), "value": cascata_runtime::json_tree(&write.json)});
                object.insert("writes".to_owned(), output.writes.iter().map(write).collect());
            }
        }
        Err(failure) => {
            object.insert("error".to_owned(), json!(failure.message));
            object.insert("kind".to_owned(), json!(failure.kind.name()));
        }
    }
    object
}

/// A path as rules write it.
pub fn path_text(path: &[Segment]) -> String {
    crate::cli::diff::path_text(path)
}
