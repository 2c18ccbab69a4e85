//! Capabilities: nothing without `allow:`, and nothing that differs from run to run under `determinism: strict`.

use std::sync::Arc;

use cascata_config::{Determinism, WasmHandler};
use cascata_runtime::StageHandler;
use cascata_runtime::wasm::WasmStage;

use super::components::component;
use super::support::{call, host, settings, stage, text, wasm};

fn both(change: fn(&mut WasmHandler)) -> [Arc<WasmStage>; 2] {
    let load =
        |bytes: &[u8]| host().load_stage("S", bytes, &settings(change)).unwrap_or_else(|error| panic!("{error}"));
    [load(&wasm("capabilities")), load(&component("capabilities"))]
}

fn given(handler: &mut WasmHandler) {
    handler.allow = vec!["clock".to_owned(), "random".to_owned()];
}

#[tokio::test]
async fn what_is_allowed_is_there_and_differs_from_call_to_call() {
    for stage in both(given) {
        let (first, second) = (stage.call(call("{}")).await.unwrap(), stage.call(call("{}")).await.unwrap());
        assert!(text(&first).ends_with('1'), "there is a time");
        assert_ne!(text(&first), text(&second));
    }
}

#[tokio::test]
async fn strict_stages_get_the_same_bytes_in_every_call_and_no_time() {
    for stage in both(|handler| {
        given(handler);
        handler.determinism = Determinism::Strict;
    }) {
        let (first, second) = (stage.call(call("{}")).await.unwrap(), stage.call(call("{}")).await.unwrap());
        assert_eq!(first, second);
        assert!(text(&first).ends_with('0') && text(&first) != "aaaaaaaa0", "{}", text(&first));
    }
}

#[test]
fn what_is_not_allowed_or_not_there_is_refused() {
    let code = |bytes: &[u8], allow: &[&str]| {
        let allow = allow.iter().map(ToString::to_string).collect();
        host().load("S", bytes, &settings(|handler| handler.allow = allow)).err().map(|error| error.code())
    };
    for bytes in [wasm("capabilities"), component("capabilities")] {
        assert_eq!(code(&bytes, &[]), Some("R1020"));
        assert_eq!(code(&bytes, &["clock"]), Some("R1020"));
        assert_eq!(code(&bytes, &["clock", "random"]), None);
        assert_eq!(code(&bytes, &["clock", "random", "metrics"]), None, "more than it asks for");
        assert_eq!(code(&bytes, &["clock", "random", "queue"]), Some("R1010"));
    }
    let asks = br#"{"capabilities": ["clock"]}"#;
    let mut bytes = wasm("good");
    let name = b"cascata-manifest";
    let length = |length: usize| u8::try_from(length).unwrap();
    bytes.extend([0, length(1 + name.len() + asks.len()), length(name.len())]);
    bytes.extend(name.iter().chain(asks));
    assert_eq!(code(&bytes, &[]), Some("R1020"));
    assert_eq!(code(&bytes, &["clock"]), None);
}

#[tokio::test]
async fn a_command_has_a_clock_and_chance_only_where_they_are_allowed() {
    let without = stage("command_ambient", |_| ());
    let (first, second) = (without.call(call("{}")).await.unwrap(), without.call(call("{}")).await.unwrap());
    assert_eq!(text(&first), text(&second));
    assert!(text(&first).ends_with("aaaaaaaaaaaaaaaa"), "the clock stands at 0");
    let with = stage("command_ambient", given);
    assert_ne!(with.call(call("{}")).await.unwrap().result, with.call(call("{}")).await.unwrap().result);
}
