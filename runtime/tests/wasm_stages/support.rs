//! Loading fixtures and calling them.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use cascata_config::{HandlerConfig, WasmHandler};
use cascata_runtime::testing::call_on;
use cascata_runtime::wasm::{WasmHost, WasmHostOptions, WasmStage};
use cascata_runtime::{OwnedValue, StageCall, StageFailure, StageHandler, StageOutput};
use tokio::time::Instant;

/// The folder of the fixtures.
pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/stages")
}

/// A fixture, assembled.
pub fn wasm(name: &str) -> Vec<u8> {
    wat::parse_file(folder().join(format!("{name}.wat"))).unwrap()
}

/// One host for all tests, as a process has one.
pub fn host() -> &'static WasmHost {
    static HOST: OnceLock<WasmHost> = OnceLock::new();
    HOST.get_or_init(|| WasmHost::new(WasmHostOptions::default().with_max_instances(32)))
}

/// A handler's settings with defaults but for what `change` sets.
pub fn settings(change: impl FnOnce(&mut WasmHandler)) -> HandlerConfig {
    let mut handler = WasmHandler::new("fixture.wasm");
    // Tests that hit the limit should do so soon.
    handler.fuel = Some(5_000_000);
    change(&mut handler);
    HandlerConfig::Wasm(Box::new(handler))
}

/// A fixture as a stage.
pub fn stage(name: &str, change: impl FnOnce(&mut WasmHandler)) -> Arc<WasmStage> {
    host().load_stage(name, &wasm(name), &settings(change)).unwrap_or_else(|error| panic!("{error}"))
}

/// A call on an event with an hour to spend.
pub fn call(event: &str) -> StageCall {
    call_on(event, &["fixture"]).unwrap()
}

/// A call on an event with so much time to spend.
pub fn call_within(event: &str, budget: Duration) -> StageCall {
    let mut call = call(event);
    call.deadline = Instant::now() + budget;
    call
}

/// Loads a fixture and calls it once.
pub async fn run(name: &str, event: &str, change: impl FnOnce(&mut WasmHandler)) -> Result<StageOutput, StageFailure> {
    stage(name, change).call(call(event)).await
}

/// The text of a result.
pub fn text(output: &StageOutput) -> &str {
    match &output.result {
        OwnedValue::Text(text) => text,
        other => panic!("no text: {other:?}"),
    }
}
