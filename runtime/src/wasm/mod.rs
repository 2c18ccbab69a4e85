//! Stages as sandboxed WebAssembly, under wasmtime.
//!
//! ```text
//! module bytes ─▶ shape (imports, exports, manifest) ─▶ form ─▶ checks ─▶ compile or cache ─▶ WasmStage
//!                                                                                               │
//! StageCall ─▶ budget (fuel, deadline) ─▶ instance (fresh or kept) ─▶ stage_run ─▶ StageOutput ◀┘
//!                                           ▲ reads fields lazily through handles: abi, arena
//! ```
//!
//! [`WasmHost`] holds the engines, the limits shared by all stages and the cache of compiled modules; it makes a
//! [`StageHandler`](crate::StageHandler) of a module's bytes and a [`HandlerConfig`](cascata_config::HandlerConfig). A
//! module is one of three forms, told apart by what it imports and exports:
//!
//! | form | recognised by | reads its event |
//! |---|---|---|
//! | core | imports `cascata_v1`, exports `memory` and `stage_run: () -> i32` | field by field, through handles; see [`imports`] |
//! | command | exports `_start`, or `wasi:cli/run` as a component | JSON on standard input; see [`WasmHost`] |
//! | component | imports `cascata:stage`, exports `run` | through the functions of [`WIT`] |
//!
//! A guest can run out of nothing but its own limits: instructions and time (checked at every fuel yield), memory, tables,
//! stack, output, log. Whatever it does ends in a [`StageFailure`](crate::StageFailure), and an instance that trapped or
//! overran is never used again.

mod abi;
mod answer;
mod arena;
mod budget;
mod cache;
mod capability;
mod checked;
mod checks;
mod command;
mod component;
mod core;
mod deserialize;
mod engine;
mod failure;
mod guest;
mod host;
#[cfg(feature = "http")]
mod http;
mod imports;
mod instance;
mod kv;
mod limits;
mod link;
mod manifest;
mod metrics;
mod options;
mod pipe;
mod place;
mod pool;
mod schema;
mod secrets;
mod shape;
mod slots;
mod stage;
mod stop;

use crate::load_error as error;
use crate::path;

pub use self::abi::{CORE_ABI, Import, ValueType, imports};
pub use self::capability::capability_imports;
pub use self::checked::Examined;
pub use self::component::world::{WIT, WIT_VERSIONS};
pub use self::host::WasmHost;
pub use self::manifest::Manifest;
pub use self::metrics::{Figure, StageFigures};
pub use self::options::WasmHostOptions;
pub use self::place::Place;
pub use self::shape::{Extern, Shape, inspect};
pub use self::stage::WasmStage;
pub use crate::load_error::{LoadError, LoadErrorKind};
