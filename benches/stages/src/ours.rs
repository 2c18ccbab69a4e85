//! Our host: stages as an engine loads them, and calls as an engine makes them.
//!
//! A bench that cannot be set up ends there: each `expect` says what was missing.

use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use cascata_config::{HandlerConfig, InstanceMode, PooledInstances, WasmHandler};
use cascata_runtime::state::{FactsPlan, State};
use cascata_runtime::wasm::{WIT, WasmHost, WasmHostOptions, WasmStage};
use cascata_runtime::{AtOnce, StageCall, StageFailure, StageHandler, StageOutput};
use cascata_vm::json::ReadOptions;
use cascata_vm::{Segment, StageId};
use tokio::time::Instant;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};

/// Fields of the event: one of each kind.
const EVENT: &str = r#"{"amount": 1500, "a": 1, "b": 2, "c": 3.5, "d": "CH", "e": true, "f": 1e3, "g": "x", "h": 8}"#;

/// A fixture of the project's tests, as bytes.
pub fn fixture(name: &str) -> Vec<u8> {
    assembled(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/stages").join(name))
}

/// A guest that only this bench has.
pub fn guest(name: &str) -> Vec<u8> {
    assembled(&Path::new(env!("CARGO_MANIFEST_DIR")).join("guests").join(name))
}

fn assembled(path: &Path) -> Vec<u8> {
    wat::parse_file(path).unwrap_or_else(|error| panic!("{error}"))
}

/// The guest of this bench for the world of stages.
pub fn component() -> Vec<u8> {
    let mut core = guest("component.wat");
    let mut resolve = wit_parser::Resolve::default();
    let package = resolve.push_source("stage.wit", WIT).expect("our own package");
    let world = resolve.select_world(&[package], Some("stage")).expect("our own world");
    embed_component_metadata(&mut core, &resolve, world, StringEncoding::UTF8).expect("a core module");
    let encoder = ComponentEncoder::default().validate(true).module(&core);
    encoder.and_then(|mut encoder| encoder.encode()).expect("a component")
}

/// A stage under every limit there is, with what `change` sets.
pub fn stage(host: &WasmHost, bytes: &[u8], change: impl FnOnce(&mut WasmHandler)) -> Arc<WasmStage> {
    let mut handler = WasmHandler::new("bench.wasm");
    handler.fuel = Some(1_000_000);
    change(&mut handler);
    let config = HandlerConfig::Wasm(Box::new(handler));
    host.load_stage("S", bytes, &config).unwrap_or_else(|error| panic!("{error}"))
}

/// Instances are kept.
pub fn pooled(handler: &mut WasmHandler) {
    let kept = PooledInstances { max_calls: u64::MAX, ..PooledInstances::default() };
    handler.instance = InstanceMode::Pooled(kept);
}

/// A call on an event that is read already, as the engine arranges it for stages that name their fields.
pub fn call(event: &str) -> StageCall {
    let names = ["amount", "a", "b", "c", "d", "e", "f", "g", "h"];
    let paths = names.iter().map(|name| vec![Segment::Key((*name).to_owned())]).collect();
    let mut state = State::new(Arc::new(FactsPlan::new(paths, vec!["S".to_owned()])));
    state.begin(event.as_bytes(), &ReadOptions::default(), &[], 0).expect("a good event");
    let now = Instant::now();
    StageCall::new(Arc::new(state), StageId::new(0), 1, now + Duration::from_secs(3_600)).made_at(now)
}

/// A call on the event of this bench.
pub fn prepared() -> StageCall {
    call(EVENT)
}

/// Calls as the engine does: at once where that is possible.
pub fn run(handler: &impl StageHandler, call: StageCall) -> Result<StageOutput, StageFailure> {
    match handler.call_at_once(call) {
        AtOnce::Done(outcome) => outcome,
        AtOnce::Later(call) => at_once(handler.call(call)),
    }
}

/// The same where other calls run beside it.
pub async fn run_beside(handler: &impl StageHandler, call: StageCall) -> Result<StageOutput, StageFailure> {
    match handler.call_at_once(call) {
        AtOnce::Done(outcome) => outcome,
        AtOnce::Later(call) => handler.call(call).await,
    }
}

/// Runs a future that waits for nothing to its end.
fn at_once<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}

/// A host with a cache of compiled modules.
pub fn cached(folder: &Path) -> WasmHost {
    WasmHost::new(WasmHostOptions::default().with_cache_dir(folder))
}

/// Ten modules: the example stage in six languages, and four small ones.
pub fn ten() -> Vec<Vec<u8>> {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/stages");
    let fraud = |language: &str| -> PathBuf { examples.join(language).join("fraud/fraud.wasm") };
    let languages = ["rust", "c", "cpp", "zig", "assemblyscript", "d"];
    let small = ["good.wat", "eight_fields.wat", "writes.wat", "describe.wat"];
    let read = |language: &&str| std::fs::read(fraud(language)).unwrap_or_else(|error| panic!("{language}: {error}"));
    languages.iter().map(read).chain(small.iter().map(|name| fixture(name))).collect()
}
