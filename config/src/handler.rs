//! What runs as a stage's handler, and under which limits.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::{HttpAccess, HttpHandler, KvAccess};

/// A stage's handler: `{kind: wasm, module: …}`, `{kind: http, url: …}`, `{kind: native}`, or `none` for a stage of rules only.
///
/// Two short forms: the text `none`, and a text that ends in `.wasm`, which is the module's path.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum HandlerConfig {
    /// A WebAssembly module.
    Wasm(Box<WasmHandler>),
    /// A request to a service.
    Http(Box<HttpHandler>),
    /// A function of the host program.
    Native(NativeHandler),
    /// Nothing: the stage is its rules.
    None,
}

/// A handler that the host program registered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NativeHandler {
    /// The name it was registered under. Default: the stage's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// A stage run as WebAssembly, with every limit it runs under.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WasmHandler {
    /// The module's path, relative to the cascade's file.
    pub module: String,
    /// How the module talks to the host. Default: told from its bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<GuestForm>,
    /// The stage's own configuration, read by the guest key by key. Default: empty.
    #[serde(default, rename = "with")]
    pub config: serde_json::Map<String, serde_json::Value>,
    /// Capabilities the module may import beyond the core ABI. Default: none.
    #[serde(default)]
    pub allow: Vec<String>,
    /// What the capability `http` lets the module ask for. Default: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http: Option<HttpAccess>,
    /// What the capability `kv` lets the module keep, and where. Default: memory of its own, under every default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kv: Option<KvAccess>,
    /// The secrets that the capability `secrets` shows the module, by name. Default: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<String>,
    /// For a WASI command: the paths that make the event on its standard input. Default: the whole event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fields: Option<Vec<String>>,
    /// Fuel of one call, about one unit per instruction. Default: the time left in milliseconds, times `fuel_per_ms`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fuel: Option<u64>,
    /// Fuel that a millisecond of budget is worth, at least 1. Default 1000000.
    #[serde(default = "fuel_per_ms")]
    pub fuel_per_ms: u64,
    /// Fuel between two looks at the clock, when other tasks may run too, at least 1000. A budget of no more than this needs none
    /// and takes the fast path. Default 1000000.
    #[serde(default = "yield_interval")]
    pub yield_interval: u64,
    /// What interrupts a guest that runs on. Default `fuel`.
    #[serde(default)]
    pub interruption: Interruption,
    /// Linear memory of one instance, all memories together, in bytes. Default 67108864 (64 MiB).
    #[serde(default = "memory_bytes")]
    pub memory_bytes: u64,
    /// Elements of one instance's tables, all tables together. Default 20000.
    #[serde(default = "table_elements")]
    pub table_elements: u64,
    /// Stack of the guest's calls, in bytes, 16384 to 8388608. Default 524288 (512 KiB).
    #[serde(default = "wasm_stack_bytes")]
    pub wasm_stack_bytes: u64,
    /// Size of the module's file, in bytes. Default 67108864 (64 MiB).
    #[serde(default = "module_bytes")]
    pub module_bytes: u64,
    /// Result, data and writes of one call together, or a command's standard output, in bytes. Default 1048576 (1 MiB).
    #[serde(default = "output_bytes")]
    pub output_bytes: u64,
    /// Log lines of one call together, or a command's standard error, in bytes; what goes beyond is cut. Default 65536 (64 KiB).
    #[serde(default = "log_bytes")]
    pub log_bytes: u64,
    /// The least important log lines that are kept. Default `info`.
    #[serde(default)]
    pub log_level: LogThreshold,
    /// Whether a call gets an instance of its own. Default `fresh`.
    #[serde(default)]
    pub instance: InstanceMode,
    /// Whether the same input must always give the same result and spend the same fuel. Default `off`.
    #[serde(default)]
    pub determinism: Determinism,
}

/// How a module talks to the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GuestForm {
    /// A core module that imports `cascata_v1` and exports `memory` and `stage_run`.
    Core,
    /// A core module with `_start`: JSON on standard input and output.
    Command,
    /// A component that implements the world `cascata:stage/stage`.
    Component,
}

/// What interrupts a guest that runs on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Interruption {
    /// Instructions are counted: exact, repeatable, and shown in the record.
    #[default]
    Fuel,
    /// A clock tick every millisecond: cheaper in loops, not repeatable, no fuel in the record.
    Epoch,
}

/// Whether a call gets an instance of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum InstanceMode {
    /// A new instance for every call: nothing of one event can reach another.
    #[default]
    Fresh,
    /// Instances are kept and used again, never after a trap or a limit: `{pooled: {}}`.
    Pooled(PooledInstances),
}

/// How many instances are kept, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PooledInstances {
    /// Instances at a time, at least 1; a call that finds none free waits for one. Default 16.
    #[serde(default = "pooled_max")]
    pub max: u32,
    /// Calls that may wait for an instance; one more fails at once. Default 1024.
    #[serde(default = "pooled_max_waiting")]
    pub max_waiting: u32,
    /// Calls after which an instance is replaced, at least 1. Default 100000.
    #[serde(default = "pooled_max_calls")]
    pub max_calls: u64,
    /// Milliseconds without a call after which an instance is dropped. Default 60000.
    #[serde(default = "pooled_idle_ms")]
    pub idle_ms: u64,
    /// Milliseconds after which an instance is replaced, to the next multiple of `idle_ms`, at least 1. Default 3600000 (an hour).
    #[serde(default = "pooled_max_age_ms")]
    pub max_age_ms: u64,
    /// Bytes of linear memory from which on an instance is replaced after its call: memory never shrinks. Default: half of the
    /// handler's `memory_bytes`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_memory_bytes: Option<u64>,
}

/// Whether a decision can be replayed from its record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Determinism {
    /// The guest may read the clock and random numbers where it is given them.
    #[default]
    Off,
    /// Same input, same fuel, same result: needs `fuel`, `interruption: fuel` and `instance: fresh`; a frozen clock, seeded random
    /// numbers, canonical NaNs.
    Strict,
}

/// The least important log lines that are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogThreshold {
    /// Everything.
    Trace,
    /// For whoever writes the stage.
    Debug,
    /// Ordinary.
    #[default]
    Info,
    /// Something is odd.
    Warn,
    /// Something failed.
    Error,
    /// Nothing.
    Off,
}

impl WasmHandler {
    /// A handler of a module with every default.
    #[must_use]
    pub fn new(module: impl Into<String>) -> Self {
        Self {
            module: module.into(),
            form: None,
            config: serde_json::Map::new(),
            allow: Vec::new(),
            http: None,
            kv: None,
            secrets: Vec::new(),
            fields: None,
            fuel: None,
            fuel_per_ms: fuel_per_ms(),
            yield_interval: yield_interval(),
            interruption: Interruption::default(),
            memory_bytes: memory_bytes(),
            table_elements: table_elements(),
            wasm_stack_bytes: wasm_stack_bytes(),
            module_bytes: module_bytes(),
            output_bytes: output_bytes(),
            log_bytes: log_bytes(),
            log_level: LogThreshold::default(),
            instance: InstanceMode::default(),
            determinism: Determinism::default(),
        }
    }
}

impl Default for PooledInstances {
    fn default() -> Self {
        Self {
            max: pooled_max(),
            max_waiting: pooled_max_waiting(),
            max_calls: pooled_max_calls(),
            idle_ms: pooled_idle_ms(),
            max_age_ms: pooled_max_age_ms(),
            max_memory_bytes: None,
        }
    }
}

const fn fuel_per_ms() -> u64 {
    1_000_000
}
const fn yield_interval() -> u64 {
    1_000_000
}
const fn memory_bytes() -> u64 {
    64 << 20
}
const fn table_elements() -> u64 {
    20_000
}
const fn wasm_stack_bytes() -> u64 {
    512 << 10
}
const fn module_bytes() -> u64 {
    64 << 20
}
const fn output_bytes() -> u64 {
    1 << 20
}
const fn log_bytes() -> u64 {
    64 << 10
}
const fn pooled_max() -> u32 {
    16
}
const fn pooled_max_waiting() -> u32 {
    1_024
}
const fn pooled_max_age_ms() -> u64 {
    3_600_000
}
const fn pooled_max_calls() -> u64 {
    100_000
}
const fn pooled_idle_ms() -> u64 {
    60_000
}

/// The long form as serde's own tagging would read it; the schema is derived from it.
#[derive(JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[allow(dead_code, clippy::large_enum_variant)] // only its schema is used
enum HandlerObject {
    /// A WebAssembly module.
    Wasm(WasmHandler),
    /// A request to a service.
    Http(HttpHandler),
    /// A function of the host program.
    Native(NativeHandler),
    /// Nothing: the stage is its rules.
    None,
}

impl JsonSchema for HandlerConfig {
    fn schema_name() -> Cow<'static, str> {
        "HandlerConfig".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A stage's handler, `none` for a stage of rules only, or the path of a module.",
            "anyOf": [
                { "type": "string", "pattern": "^none$|\\.wasm$" },
                HandlerObject::json_schema(generator),
            ]
        })
    }
}

impl<'de> Deserialize<'de> for HandlerConfig {
    // By hand, through a tree: serde's own tagging buffers numbers in a form that serde_json with exact numbers can't
    // read back as integers.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut object = match serde_json::Value::deserialize(deserializer)? {
            serde_json::Value::String(text) if text == "none" => return Ok(Self::None),
            serde_json::Value::String(text) if text.ends_with(".wasm") => {
                return Ok(Self::Wasm(Box::new(WasmHandler::new(text))));
            }
            serde_json::Value::Object(object) => object,
            _ => {
                return Err(D::Error::custom(
                    "a handler is `none`, a path that ends in `.wasm`, or a mapping with `kind`",
                ));
            }
        };
        let kind = object.remove("kind");
        let object_is_empty = object.is_empty();
        let rest = serde_json::Value::Object(object);
        match kind.as_ref().and_then(serde_json::Value::as_str) {
            Some("wasm") => {
                serde_json::from_value(rest).map(|wasm| Self::Wasm(Box::new(wasm))).map_err(D::Error::custom)
            }
            Some("http") => {
                serde_json::from_value(rest).map(|http| Self::Http(Box::new(http))).map_err(D::Error::custom)
            }
            Some("native") => serde_json::from_value(rest).map(Self::Native).map_err(D::Error::custom),
            Some("none") if object_is_empty => Ok(Self::None),
            Some("none") => Err(D::Error::custom("a handler of kind `none` has no other keys")),
            _ => Err(D::Error::custom("a handler's `kind` is `wasm`, `http`, `native` or `none`")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<HandlerConfig, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    #[test]
    fn every_form_is_read() {
        assert_eq!(read(r#""none""#), Ok(HandlerConfig::None));
        assert_eq!(read(r#"{"kind": "none"}"#), Ok(HandlerConfig::None));
        assert_eq!(read(r#""a/b.wasm""#), Ok(HandlerConfig::Wasm(Box::new(WasmHandler::new("a/b.wasm")))));
        assert_eq!(read(r#"{"kind":"native"}"#), Ok(HandlerConfig::Native(NativeHandler::default())));
        let full = read(r#"{"kind":"wasm","module":"a.wasm","fuel":5,"instance":{"pooled":{"max":2}},"with":{"n":1}}"#);
        let Ok(HandlerConfig::Wasm(wasm)) = full else { panic!("{full:?}") };
        assert_eq!(wasm.fuel, Some(5));
        assert_eq!(wasm.instance, InstanceMode::Pooled(PooledInstances { max: 2, ..PooledInstances::default() }));
    }

    #[test]
    fn what_is_written_reads_back() {
        let mut wasm = WasmHandler::new("a.wasm");
        wasm.config.insert("limit".to_owned(), serde_json::json!(9_007_199_254_740_993_u64));
        let http = HandlerConfig::Http(Box::new(HttpHandler::new("https://example.com/{{id}}")));
        let native = HandlerConfig::Native(NativeHandler::default());
        for handler in [HandlerConfig::Wasm(Box::new(wasm)), http, native, HandlerConfig::None] {
            assert_eq!(read(&serde_json::to_string(&handler).unwrap()), Ok(handler));
        }
    }

    #[test]
    fn unknown_keys_and_kinds_are_refused() {
        assert!(read(r#"{"kind":"wasm","module":"a.wasm","fule":5}"#).unwrap_err().contains("fule"));
        assert!(read(r#"{"kind":"wsm"}"#).unwrap_err().contains("`wasm`, `http`, `native` or `none`"));
        assert!(read(r#"{"kind":"none","module":"x"}"#).is_err());
        assert!(read("5").is_err());
    }
}
