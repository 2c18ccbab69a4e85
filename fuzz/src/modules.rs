//! The targets that read stage modules. They stand apart because they need wasmtime, which is slow to build with a fuzzer's
//! instrumentation: feature `wasm` of this workspace.

use cascata_config::{GuestForm, HandlerConfig, WasmHandler};
use cascata_runtime::wasm::{Manifest, WasmHost, inspect};
use serde_json::{Map, Value};

/// Any bytes as a stage's module: reading its shape and telling its form returns, says the same each time, and a module that
/// passes has what its form needs.
pub fn module(data: &[u8]) {
    let shape = inspect(data);
    if let Err(kind) = &shape {
        let is_core = data.starts_with(b"\0asm\x01\0\0\0");
        let is_component = data.starts_with(b"\0asm\x0d\0\x01\0");
        let codes: &[&str] = if is_core || is_component { &["R1011"] } else { &["R1002", "R1003"] };
        assert!(codes.contains(&kind.code()), "{kind}");
    }
    for form in [None, Some(GuestForm::Core), Some(GuestForm::Command), Some(GuestForm::Component)] {
        let config = handler(|handler| handler.form = form);
        let checked = WasmHost::field_paths("S", data, &config).map_err(|error| (error.code(), error.to_string()));
        let again = WasmHost::field_paths("S", data, &config).map_err(|error| (error.code(), error.to_string()));
        assert_eq!(checked, again);
        match (&shape, &checked) {
            (Err(kind), Err((code, _))) => assert_eq!(kind.code(), *code),
            (Err(kind), Ok(_)) => panic!("{kind}, but it passes"),
            (Ok(shape), Ok(_)) if shape.is_component => {
                let has = |name: &str, ty: &str| shape.export(name).is_some_and(|found| found.to_string() == ty);
                let command = shape.exports.iter().any(|(name, _)| name.starts_with("wasi:cli/run@0.2."));
                let stage = has("run", "function") && has("init", "function");
                assert!(match form {
                    None => stage || command,
                    Some(GuestForm::Component) => stage,
                    Some(GuestForm::Command) => command,
                    _ => false,
                });
            }
            (Ok(shape), Ok(_)) => {
                let has = |name: &str, ty: &str| shape.export(name).is_some_and(|found| found.to_string() == ty);
                let (core, command) = (has("stage_run", "() -> i32"), has("_start", "() -> ()"));
                assert!(has("memory", "memory"));
                assert!(match form {
                    None => core != command,
                    Some(GuestForm::Core) => core,
                    Some(GuestForm::Command) => command,
                    _ => false,
                });
            }
            (Ok(_), Err((code, message))) => assert!(code.starts_with("R10") && !message.is_empty()),
        }
    }
}

/// Bytes as a manifest and, behind a zero byte, a `with:` block: what reads is a JSON object, and a module that carries it is
/// refused for its manifest or its `with:` alone.
pub fn manifest(data: &[u8]) {
    let (section, with) = data.iter().position(|byte| *byte == 0).map_or((data, &b""[..]), |end| {
        let (section, with) = data.split_at(end);
        (section, &with[1..])
    });
    let with: Map<String, Value> = serde_json::from_slice(with).unwrap_or_default();
    let read = Manifest::parse(section);
    let config = handler(|handler| handler.config = with);
    let checked = WasmHost::field_paths("S", &module_with(section), &config);
    match (read, checked) {
        (Err(kind), Err(error)) => assert_eq!(kind.code(), error.code()),
        (Err(kind), Ok(_)) => panic!("{kind}, but the module passes"),
        (Ok(manifest), checked) => {
            let json: Result<Map<String, Value>, _> = serde_json::from_slice(section);
            assert!(json.is_ok(), "what is no JSON object is read as {manifest:?}");
            match checked {
                Ok(paths) => assert_eq!(paths.len(), manifest.fields.len()),
                Err(error) => assert!(["R1012", "R1014", "R1018"].contains(&error.code()), "{error}"),
            }
        }
    }
}

fn handler(change: impl FnOnce(&mut WasmHandler)) -> HandlerConfig {
    let mut handler = WasmHandler::new("module.wasm");
    change(&mut handler);
    HandlerConfig::Wasm(Box::new(handler))
}

/// A core stage that answers nothing: `set_result` imported, `memory` and `stage_run` exported.
const STAGE: &[u8] = b"\0asm\x01\0\0\0\
    \x01\x0b\x02\x60\x03\x7f\x7f\x7c\0\x60\0\x01\x7f\
    \x02\x19\x01\x0acascata_v1\x0aset_result\0\0\
    \x03\x02\x01\x01\
    \x05\x03\x01\0\x01\
    \x07\x16\x02\x06memory\x02\0\x09stage_run\0\x01\
    \x0a\x06\x01\x04\0\x41\0\x0b";

fn module_with(manifest: &[u8]) -> Vec<u8> {
    const NAME: &[u8] = b"\x10cascata-manifest";
    let mut module = STAGE.to_vec();
    module.push(0);
    let mut length = NAME.len() + manifest.len();
    loop {
        let more = length >= 0x80;
        module.push((length & 0x7f) as u8 | u8::from(more) << 7);
        length >>= 7;
        if !more {
            break;
        }
    }
    module.extend_from_slice(NAME);
    module.extend_from_slice(manifest);
    module
}

/// These targets by name.
pub const ALL: [(&str, fn(&[u8])); 2] = [("module", module), ("manifest", manifest)];
