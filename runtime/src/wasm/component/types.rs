//! The types of the world in Rust. Names and order are those of `stage.wit`: wasmtime holds them against each component.

use wasmtime::component::{ComponentType, Lift, Lower};

/// `types.kind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ComponentType, Lower)]
#[component(enum)]
#[repr(u8)]
#[allow(dead_code)] // nodes are containers, so that the other kinds are never given
pub(super) enum Kind {
    #[component(name = "missing")]
    Missing,
    #[component(name = "null")]
    Null,
    #[component(name = "boolean")]
    Boolean,
    #[component(name = "integer")]
    Integer,
    #[component(name = "float")]
    Float,
    #[component(name = "text")]
    Text,
    #[component(name = "array")]
    Array,
    #[component(name = "object")]
    Object,
}

/// `types.value`.
#[derive(Clone, Debug, PartialEq, ComponentType, Lower)]
#[component(variant)]
pub(super) enum Value {
    #[component(name = "missing")]
    Missing,
    #[component(name = "null")]
    Null,
    #[component(name = "boolean")]
    Boolean(bool),
    #[component(name = "integer")]
    Integer(i64),
    #[component(name = "big-integer")]
    BigInteger(String),
    #[component(name = "float")]
    Float(f64),
    #[component(name = "text")]
    Text(String),
    #[component(name = "composite")]
    Composite(u32),
}

/// `types.outcome`.
#[derive(Clone, Debug, ComponentType, Lift)]
#[component(record)]
pub(in super::super) struct Outcome {
    pub result: String,
    pub confidence: Option<f64>,
    pub data: Option<String>,
}

/// `types.error-code`, in the order of the core ABI's numbers.
#[derive(Clone, Copy, Debug, ComponentType, Lift)]
#[component(enum)]
#[repr(u8)]
#[allow(dead_code)] // made by guests alone
pub(in super::super) enum ErrorCode {
    #[component(name = "invalid-input")]
    InvalidInput,
    #[component(name = "invalid-config")]
    InvalidConfig,
    #[component(name = "unavailable")]
    Unavailable,
    #[component(name = "internal")]
    Internal,
}

/// `types.stage-error`.
#[derive(Clone, Debug, ComponentType, Lift)]
#[component(record)]
pub(in super::super) struct StageError {
    pub code: ErrorCode,
    pub message: String,
    pub retryable: bool,
    pub status: Option<i32>,
    #[component(name = "retry-after-ms")]
    pub retry_after_ms: Option<u64>,
}

/// `writes.write-error`.
#[derive(Clone, Copy, Debug, ComponentType, Lower)]
#[component(enum)]
#[repr(u8)]
pub(super) enum WriteError {
    #[component(name = "path")]
    Path,
    #[component(name = "json")]
    Json,
}

/// `logging.level`.
#[derive(Clone, Copy, Debug, ComponentType, Lift)]
#[component(enum)]
#[repr(u8)]
#[allow(dead_code)] // made by guests alone
pub(super) enum Level {
    #[component(name = "trace")]
    Trace,
    #[component(name = "debug")]
    Debug,
    #[component(name = "info")]
    Info,
    #[component(name = "warn")]
    Warn,
    #[component(name = "error")]
    Error,
}

/// What `run` returns.
pub(in super::super) type RunResult = (Result<Outcome, StageError>,);
/// What `init` returns.
pub(in super::super) type InitResult = (Result<(), StageError>,);
/// What `wasi:cli/run` returns.
pub(in super::super) type CommandResult = (Result<(), ()>,);
