//! Stages as components: the same stage gives what its core form gives, and meets the same limits.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use cascata_config::{Determinism, GuestForm, InstanceMode, Interruption, PooledInstances, WasmHandler};
use cascata_runtime::wasm::{LoadErrorKind, WIT, WIT_VERSIONS, WasmHost, WasmHostOptions, WasmStage};
use cascata_runtime::{FailureKind, StageFailure, StageHandler, StageOutput};
use serde_json::json;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use super::support::{call, call_within, folder, host, settings, stage, text};

/// The parts of WASI 0.2 that the fixtures' commands use, as its own packages have them.
const WASI: &str = r#"
package wasi:cli@0.2.0;
interface environment { get-environment: func() -> list<tuple<string, string>>; }
interface run { run: func() -> result; }
interface stdout { use wasi:io/streams@0.2.0.{output-stream}; get-stdout: func() -> output-stream; }
interface stderr { use wasi:io/streams@0.2.0.{output-stream}; get-stderr: func() -> output-stream; }
world command { import environment; import stdout; import stderr; export run; }
package wasi:io@0.2.0 {
    interface error { resource error; }
    interface streams {
        use error.{error};
        variant stream-error { last-operation-failed(own<error>), closed }
        resource output-stream {
            blocking-write-and-flush: func(contents: list<u8>) -> result<_, stream-error>;
        }
    }
}
"#;

/// A core module wrapped into a component of a world.
pub fn wrap(mut core: Vec<u8>, wit: &str, world: &str) -> Vec<u8> {
    let mut resolve = Resolve::default();
    let package = resolve.push_source("world.wit", wit).unwrap_or_else(|error| panic!("{error:?}"));
    let world = resolve.select_world(&[package], Some(world)).unwrap();
    embed_component_metadata(&mut core, &resolve, world, StringEncoding::UTF8).unwrap();
    let encoder = ComponentEncoder::default().validate(true).module(&core);
    encoder.and_then(|mut encoder| encoder.encode()).unwrap_or_else(|error| panic!("{error:?}"))
}

/// A fixture as a component of the world of stages, or as a command.
pub fn component(name: &str) -> Vec<u8> {
    let core = wat::parse_file(folder().join("component").join(format!("{name}.wat"))).unwrap();
    if name.starts_with("command") { wrap(core, WASI, "command") } else { wrap(core, WIT, "stage-with-capabilities") }
}

fn load(name: &str, change: impl FnOnce(&mut WasmHandler)) -> Arc<WasmStage> {
    host().load_stage(name, &component(name), &settings(change)).unwrap_or_else(|error| panic!("{error}"))
}

/// Calls the stage that does as its event says.
async fn mode(mode: u32, change: impl FnOnce(&mut WasmHandler)) -> Result<StageOutput, StageFailure> {
    load("modes", change).call(call(&json!({ "mode": mode, "items": [1, "x", null] }).to_string())).await
}

fn pooled(handler: &mut WasmHandler) {
    handler.instance = InstanceMode::Pooled(PooledInstances::default());
}

#[test]
fn the_package_is_the_one_the_sdk_has() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../stages-sdk/wit/stage.wit");
    assert_eq!(WIT, std::fs::read_to_string(path).unwrap());
}

#[tokio::test]
async fn a_component_answers_what_its_core_form_answers() {
    let limit = |handler: &mut WasmHandler| drop(handler.config.insert("limit".to_owned(), json!(1000)));
    let (core, component) = (stage("good", limit), load("good", limit));
    assert_eq!((core.form(), component.form()), (GuestForm::Core, GuestForm::Component));
    for event in [r#"{"amount": 1001}"#, r#"{"amount": 1000.5}"#, r#"{"amount": 5}"#] {
        let core = core.call(call(event)).await.unwrap();
        let mut component = component.call(call(event)).await.unwrap();
        assert!(component.fuel.unwrap() > 0 && component.memory_bytes == Some(65_536));
        component.fuel = core.fuel;
        assert_eq!(core, component, "{event}");
    }
}

#[tokio::test]
async fn a_component_may_do_without_init() {
    let core = wat::parse_file(folder().join("component/good.wat")).unwrap();
    let bytes = wrap(core, WIT, "stage-without-init");
    let limited = settings(|handler| drop(handler.config.insert("limit".to_owned(), json!(1000))));
    let stage = host().load_stage("good", &bytes, &limited).unwrap();
    assert_eq!(text(&stage.call(call(r#"{"amount": 1001}"#)).await.unwrap()), "review");
}

#[tokio::test]
async fn every_import_of_the_world_works() {
    let output = mode(6, |_| ()).await.unwrap();
    assert_eq!(text(&output), "023", "done, not a path that can be written, not JSON");
    assert_eq!((output.writes.len(), output.writes[0].json.as_str()), (1, "true"));
    let output = mode(7, |_| ()).await.unwrap();
    assert_eq!((output.logs.len(), output.logs[0].message.as_str()), (1, "once"));
    let output = mode(10, |_| ()).await.unwrap_err();
    assert_eq!(output.message, "the data is no JSON object", "an array is none");
    let stage = load("modes", |_| ());
    let output = stage.call(call(r#"{"mode": 10, "items": {"key": "é"}}"#)).await.unwrap();
    assert_eq!((text(&output), output.data.as_deref()), ("711", Some(r#"{"key": "é"}"#)));
    let output = stage.call(call(r#"{"mode": 14, "items": {"key": "\u00e9\n"}}"#)).await.unwrap();
    assert_eq!(text(&output), "é\n");
    assert_eq!(text(&stage.call(call(r#"{"mode": 15}"#)).await.unwrap()), "modes");
}

#[tokio::test]
async fn an_error_of_the_stage_comes_out_whole_and_keeps_the_instance() {
    let stage = load("modes", pooled);
    let failure = stage.call(call(r#"{"mode": 5}"#)).await.unwrap_err();
    assert_eq!((failure.kind, failure.message.as_str()), (FailureKind::StageError, "unavailable: busy"));
    assert_eq!((failure.retryable, failure.status, failure.retry_after_ms), (true, Some(503), Some(1_000)));
    assert_eq!(text(&stage.call(call(r#"{"mode": 0}"#)).await.unwrap()), "2");
}

#[tokio::test]
async fn every_way_to_misbehave_ends_in_its_own_failure() {
    let kind = async |number, change: fn(&mut WasmHandler)| {
        let failure = mode(number, change).await.unwrap_err();
        (failure.kind, failure.message)
    };
    assert_eq!(kind(1, |_| ()).await, (FailureKind::BadOutput, "the confidence NaN is outside 0 to 1".to_owned()));
    assert_eq!(kind(2, |_| ()).await.0, FailureKind::Trapped);
    assert_eq!(kind(3, |_| ()).await.0, FailureKind::OutOfFuel);
    let (kind_of, message) = kind(4, |handler| handler.memory_bytes = 4 << 20).await;
    assert_eq!(kind_of, FailureKind::OutOfMemory);
    assert!(message.contains("raise `handler.memory_bytes`"), "{message}");
    assert_eq!(kind(8, |_| ()).await.0, FailureKind::Trapped, "outside of its memory");
    let (kind_of, message) = kind(9, |handler| handler.wasm_stack_bytes = 64 << 10).await;
    assert_eq!(kind_of, FailureKind::Trapped);
    assert!(message.contains("wasm_stack_bytes"), "{message}");
    assert_eq!(kind(11, |_| ()).await.0, FailureKind::Trapped, "not UTF-8");
    assert_eq!(kind(12, |_| ()).await.0, FailureKind::Trapped, "outside of its memory");
    let small = mode(0, |handler| handler.output_bytes = 0).await.unwrap_err();
    assert_eq!(small.kind, FailureKind::OutputTooLarge);
}

#[tokio::test]
async fn a_trap_tells_which_functions_were_running() {
    let failure = mode(2, |_| ()).await.unwrap_err();
    let backtrace = failure.backtrace.unwrap();
    assert!(backtrace.starts_with("boom at byte"), "{backtrace}");
    assert!(failure.memory_bytes.unwrap() >= 65_536);
}

#[tokio::test]
async fn a_loop_ends_at_the_deadline_whatever_interrupts_it() {
    for interruption in [Interruption::Fuel, Interruption::Epoch] {
        let stage = load("modes", |handler| {
            handler.interruption = interruption;
            handler.fuel = (interruption == Interruption::Fuel).then_some(u64::MAX / 2);
        });
        let failure = stage.call(call_within(r#"{"mode": 3}"#, Duration::from_millis(20))).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Deadline);
    }
}

#[tokio::test]
async fn kept_instances_go_on_and_fresh_ones_begin_anew() {
    let (fresh, kept) = (load("modes", |_| ()), load("modes", pooled));
    for expected in ["1", "2", "3"] {
        assert_eq!(text(&fresh.call(call(r#"{"mode": 0}"#)).await.unwrap()), "1");
        assert_eq!(text(&kept.call(call(r#"{"mode": 0}"#)).await.unwrap()), expected);
    }
    assert!(kept.call(call(r#"{"mode": 2}"#)).await.is_err());
    assert_eq!(kept.idle_instances(), 0, "never again after a trap");
    for _ in 0..2 {
        let stale = kept.call(call(r#"{"mode": 13, "items": [1]}"#)).await.unwrap();
        assert_eq!(text(&stale), "0", "a node of an earlier call is missing");
    }
}

#[tokio::test]
async fn strict_calls_spend_the_same_fuel_every_time() {
    let strict = load("modes", |handler| handler.determinism = Determinism::Strict);
    let event = r#"{"mode": 10, "items": {"key": [1, 2]}}"#;
    let (first, second) = (strict.call(call(event)).await.unwrap(), strict.call(call(event)).await.unwrap());
    assert_eq!(first, second);
    // The last calls of many run as the first does.
    for _ in 0..50 {
        assert_eq!(strict.call(call(event)).await.unwrap(), first);
    }
}

#[tokio::test]
async fn a_command_component_reads_nothing_of_the_host() {
    let stage = load("command", |_| ());
    assert_eq!(stage.form(), GuestForm::Command);
    let output = stage.call(call("{}")).await.unwrap();
    assert_eq!((text(&output), output.logs[0].message.as_str()), ("seen", "reading"));
    let failure = load("command_fails", |_| ()).call(call("{}")).await.unwrap_err();
    assert_eq!((failure.kind, failure.status), (FailureKind::ExitCode, Some(1)));
}

#[test]
fn the_form_is_told_from_the_bytes_and_may_be_said() {
    let said = |form, bytes: &[u8]| {
        let said = settings(|handler| handler.form = Some(form));
        host().load_stage("x", bytes, &said).map(|stage| stage.form()).map_err(|error| *error.kind)
    };
    let good = component("good");
    assert!(matches!(said(GuestForm::Component, &good), Ok(GuestForm::Component)));
    assert!(matches!(said(GuestForm::Core, &good), Err(LoadErrorKind::OtherForm { said: "core", .. })));
    assert!(matches!(said(GuestForm::Command, &good), Err(LoadErrorKind::Interface { .. })));
    let core = super::support::wasm("good");
    assert!(matches!(said(GuestForm::Component, &core), Err(LoadErrorKind::OtherForm { said: "component", .. })));
}

/// Writes the fixture `good` of this version for [`stages_of_every_released_version_keep_loading`], where it is not there.
#[test]
#[ignore = "run once for each release"]
fn a_release_adds_its_fixture() {
    let folder = folder().join("released");
    let version = WIT_VERSIONS.last().unwrap();
    for (name, bytes) in [
        (format!("component-{version}.wasm"), component("good")),
        ("core-v1.wasm".to_owned(), super::support::wasm("good")),
        ("capabilities-v1.wasm".to_owned(), super::support::wasm("keeps")),
    ] {
        if !folder.join(&name).exists() {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join(&name), bytes).unwrap();
        }
    }
}

/// What was built for a version that was released loads and answers for ever: `tests/stages/released`, whose files are
/// added with a release and never changed.
#[tokio::test]
async fn stages_of_every_released_version_keep_loading() {
    let versions = WIT_VERSIONS.iter().map(|version| format!("component-{version}.wasm"));
    for name in versions.chain(["core-v1.wasm".to_owned()]) {
        let bytes = std::fs::read(folder().join("released").join(&name)).unwrap_or_else(|error| {
            panic!("{name}: {error}; add the fixture `good` as this version builds it when the version is released")
        });
        let limit = settings(|handler| drop(handler.config.insert("limit".to_owned(), json!(1000))));
        let stage = host().load_stage("old", &bytes, &limit).unwrap_or_else(|error| panic!("{name}: {error}"));
        let output = stage.call(call(r#"{"amount": 1001}"#)).await.unwrap();
        assert_eq!((text(&output), output.data.as_deref()), ("review", Some(r#"{"seen":true}"#)), "{name}");
    }
}

/// The modules of capabilities keep their functions with their types.
#[test]
fn capabilities_of_every_released_version_keep_loading() {
    let bytes = std::fs::read(folder().join("released/capabilities-v1.wasm")).unwrap();
    let given = settings(|handler| {
        handler.allow = ["kv", "metrics", "secrets"].map(ToOwned::to_owned).to_vec();
        handler.secrets = vec!["TOKEN".to_owned()];
    });
    let host = WasmHost::new(
        WasmHostOptions::default().with_secrets(cascata_runtime::Secrets::default().with("TOKEN", "of a test")),
    );
    assert_eq!(host.load("old", &bytes, &given).err().map(|error| error.to_string()), None);
}
