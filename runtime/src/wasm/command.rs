//! Running a WASI command: JSON on standard input, JSON on standard output, log on standard error.
//!
//! ```text
//! stdin   {"stage": "…", "attempt": 1, "event": {…}, "config": {…}, "stages": {…}}
//! stdout  {"result": …, "confidence": 0.9, "data": {…}}
//!         {"error": {"message": "…", "code": "unavailable", "retryable": true, "status": 503, "retry_after_ms": 1000}}
//! ```
//!
//! `event` is the whole event with the writes made so far, or, with `fields:`, an object of those paths only; `stages` holds
//! what `fields:` lists of `stages.*` and is left out otherwise. An exit code other than 0 is a failure whatever was written.

use std::sync::Arc;
use std::time::Duration;

use cascata_vm::json::{self, ReadOptions};
use cascata_vm::{Array, Object, Segment, Value};
use serde_json::{Map, Value as Json};
use wasmtime_wasi::p2::pipe::MemoryInputPipe;
use wasmtime_wasi::{Deterministic, HostMonotonicClock, HostWallClock, WasiCtxBuilder};

use super::answer::GuestFailure;
use super::budget::Budget;
use super::failure;
use super::guest::{Spec, Wasi};
use super::instance::Instance;
use super::pipe::{AtLimit, Pipe};
use super::stage::Inner;
use crate::stage::{FailureKind, StageCall, StageFailure, StageOutput};
use crate::value::{OwnedValue, write_json_text};

/// Runs one call.
pub(super) async fn run(stage: &Inner, call: StageCall) -> Result<StageOutput, StageFailure> {
    let template = &stage.template;
    let budget = Budget::plan(&template.spec.handler, &call, true)?;
    let permit = stage.host.permit(budget.deadline).await?;
    let wasi = context(&template.spec, input(stage, &call));
    let mut instance = Instance::new(template, Some(Box::new(wasi)), permit);
    instance.begin(call);
    instance.initialise(template, &budget).await?;
    let started = instance.start(template, &budget).await;
    let (fuel, memory_bytes) = instance.spent(&budget);
    let (logs, stdout) = instance.end();
    let outcome = match started {
        Ok(()) => output(&stdout),
        Err(mut failure) => {
            if failure.kind == FailureKind::ExitCode
                && let Some(last) = failure.logs.last()
            {
                failure.message = format!("{}: {}", failure.message, last.message);
            }
            return Err(failure);
        }
    };
    match outcome {
        Ok(mut output) => {
            (output.fuel, output.memory_bytes, output.logs) = (fuel, memory_bytes, logs);
            Ok(output)
        }
        Err(mut failure) => {
            (failure.fuel, failure.memory_bytes, failure.logs) = (fuel, memory_bytes, logs);
            Err(failure)
        }
    }
}

/// What a command reads from standard input.
fn input(stage: &Inner, call: &StageCall) -> Vec<u8> {
    let spec = &stage.template.spec;
    let mut out = String::from("{\"stage\":");
    write_json_text(&spec.stage, &mut out);
    out.push_str(",\"attempt\":");
    out.push_str(&call.attempt.to_string());
    out.push_str(",\"event\":");
    match &stage.fields {
        None => out.push_str(call.state.current_text()),
        Some(fields) => {
            let (event, stages) = project(fields, call);
            out.push_str(&Json::Object(event).to_string());
            out.push_str(",\"stages\":");
            out.push_str(&Json::Object(stages).to_string());
        }
    }
    out.push_str(",\"config\":");
    out.push_str(&spec.config);
    out.push('}');
    out.into_bytes()
}

/// The listed paths as nested objects: those of the event, and those below `stages`. Missing ones are left out.
fn project(fields: &[Vec<Segment>], call: &StageCall) -> (Map<String, Json>, Map<String, Json>) {
    let (mut event, mut stages) = (Map::new(), Map::new());
    for path in fields {
        let value = call.state.field(path);
        if matches!(value, Value::Missing) {
            continue;
        }
        let mut text = String::new();
        json::write_value(&value, &mut text);
        let value = serde_json::from_str(&text).unwrap_or_default();
        match path.as_slice() {
            [Segment::Key(first), rest @ ..] if first == "stages" && !rest.is_empty() => {
                insert(&mut stages, rest, value)
            }
            path => insert(&mut event, path, value),
        }
    }
    (event, stages)
}

/// Puts a value at a path of keys. Where a listed path lies below another listed one, the longer is there already.
fn insert(object: &mut Map<String, Json>, path: &[Segment], value: Json) {
    match path {
        [Segment::Key(key)] => drop(object.insert(key.clone(), value)),
        [Segment::Key(key), rest @ ..] => {
            let inner = object.entry(key.clone()).or_insert_with(|| Json::Object(Map::new()));
            if let Json::Object(inner) = inner {
                insert(inner, rest, value);
            }
        }
        _ => {}
    }
}

/// Reads what a command wrote to standard output.
fn output(stdout: &[u8]) -> Result<StageOutput, StageFailure> {
    let bad = |message: String| StageFailure::new(FailureKind::BadOutput, message);
    if stdout.trim_ascii().is_empty() {
        return Err(bad("the command wrote nothing to standard output".to_owned()));
    }
    let text = json::validate(stdout, &ReadOptions::default()).map_err(|error| {
        let start = String::from_utf8_lossy(stdout.get(..stdout.len().min(80)).unwrap_or_default()).into_owned();
        bad(format!("standard output is not JSON: {error}; it begins with {start:?}"))
    })?;
    let Value::Object(Object::Json(object)) = json::parse(text) else {
        return Err(bad(r#"standard output is no JSON object like {"result": "pass"}"#.to_owned()));
    };
    let (mut result, mut confidence, mut data, mut error) =
        (Value::Missing, Value::Missing, Value::Missing, Value::Missing);
    for (key, value) in json::entries(object) {
        match &*key {
            "result" => result = value,
            "confidence" => confidence = value,
            "data" => data = value,
            "error" => error = value,
            _ => {}
        }
    }
    if !error.is_nil() {
        return Err(reported(&error));
    }
    if matches!(result, Value::Missing) {
        return Err(bad("standard output is a JSON object without `result`".to_owned()));
    }
    let mut output = StageOutput::new(OwnedValue::from_value(&result));
    output.confidence = match confidence {
        Value::Missing | Value::Null => OwnedValue::Null,
        Value::Float(number) if (0.0..=1.0).contains(&number) => OwnedValue::Float(number),
        Value::Int(number @ 0..=1) => OwnedValue::Int(number),
        _ => return Err(bad("`confidence` is no number from 0 to 1".to_owned())),
    };
    output.data = match data {
        Value::Missing | Value::Null => None,
        Value::Object(Object::Json(text)) if json::entries(text).next().is_none() => None,
        Value::Object(Object::Json(text)) => Some(text.to_owned()),
        _ => return Err(bad("`data` is no JSON object".to_owned())),
    };
    Ok(output)
}

/// A failure that a command reported itself: an object, or just its message.
fn reported(error: &Value<'_>) -> StageFailure {
    let mut failure =
        GuestFailure { code: 3, status: None, retry_after_ms: None, retryable: false, message: String::new() };
    if let Some(text) = error.text() {
        failure.message = text.into_owned();
    }
    if let Value::Object(Object::Json(object)) = error {
        for (key, value) in json::entries(object) {
            match (&*key, value) {
                ("message", value) => failure.message = value.text().unwrap_or_default().into_owned(),
                ("code", value) => failure.code = code(&value.text().unwrap_or_default()),
                ("retryable", Value::Bool(retryable)) => failure.retryable = retryable,
                ("status", Value::Int(status)) => failure.status = i32::try_from(status).ok(),
                ("retry_after_ms", Value::Int(ms)) => failure.retry_after_ms = u64::try_from(ms).ok(),
                _ => {}
            }
        }
    }
    if let Value::Array(Array::Json(text)) = error {
        failure.message = (*text).to_owned();
    }
    failure::reported(failure)
}

/// The numbers of the core ABI.
fn code(name: &str) -> i32 {
    match name {
        "invalid-input" | "invalid_input" => 0,
        "invalid-config" | "invalid_config" => 1,
        "unavailable" => 2,
        _ => 3,
    }
}

/// WASI for a command.
fn context(spec: &Arc<Spec>, stdin: Vec<u8>) -> Wasi {
    let mut builder = WasiCtxBuilder::new();
    builder.stdin(MemoryInputPipe::new(stdin));
    build(builder, spec)
}

/// WASI for a core stage whose language runtime asks for it: no input, no files, no network.
pub(super) fn inert(spec: &Arc<Spec>) -> Wasi {
    build(WasiCtxBuilder::new(), spec)
}

fn build(mut builder: WasiCtxBuilder, spec: &Arc<Spec>) -> Wasi {
    let stdout = Pipe::new(spec.output_bytes, AtLimit::Stop);
    let stderr = Pipe::new(spec.log_bytes, AtLimit::Cut);
    builder.stdout(stdout.clone()).stderr(stderr.clone()).arg(&spec.stage);
    builder.allow_tcp(false).allow_udp(false).max_random_size(64 << 10);
    if spec.is_strict() || !spec.allows("clock") {
        builder.wall_clock(Frozen).monotonic_clock(Frozen);
    }
    if spec.is_strict() || !spec.allows("random") {
        builder.secure_random(seeded(spec, b"secure")).insecure_random(seeded(spec, b"insecure"));
        builder.insecure_random_seed(0);
    }
    Wasi { context: builder.build_p1(), stdout, stderr }
}

/// Random bytes that are the same in every call: a cycle of 4 KiB made from the module's hash.
fn seeded(spec: &Spec, purpose: &[u8]) -> Deterministic {
    let mut bytes = vec![0; 4_096];
    blake3::Hasher::new_keyed(&spec.seed).update(purpose).finalize_xof().fill(&mut bytes);
    Deterministic::new(bytes)
}

/// A clock that stands still.
struct Frozen;

impl HostWallClock for Frozen {
    fn resolution(&self) -> Duration {
        Duration::from_nanos(1)
    }

    fn now(&self) -> Duration {
        Duration::ZERO
    }
}

impl HostMonotonicClock for Frozen {
    fn resolution(&self) -> u64 {
        1
    }

    fn now(&self) -> u64 {
        // Go's runtime takes 0 for a fault and ends.
        1
    }
}
