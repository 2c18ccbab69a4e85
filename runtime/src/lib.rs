//! The Cascata runtime: from a verified program and an event to a decision.
//!
//! ```text
//! event ─▶ State (facts) ─▶ queue ─▶ preconditions ─▶ stage service ─▶ result, writes ─▶ rules ─┐
//!                             ▲                      (plugins, handler)                         │
//!                             └──────────── enable, disable, skip, terminate ◀──────────────────┘ ─▶ Decision
//! ```
#![cfg_attr(not(feature = "wasm"), forbid(unsafe_code))]
#![cfg_attr(feature = "wasm", deny(unsafe_code))] // allowed in `wasm/deserialize.rs` alone
#![warn(missing_docs)]
// Nothing that comes from outside may panic; see also the limits that each reader has.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects
    )
)]

mod affinity;
pub mod engine;
pub mod event;
#[cfg(feature = "http")]
pub mod http;
#[cfg(any(feature = "wasm", feature = "http"))]
mod load_error;
pub mod matching;
#[cfg(any(feature = "wasm", feature = "http"))]
mod path;
pub mod plugins;
mod secrets;
mod stage;
pub mod state;
pub mod testing;
mod value;
#[cfg(feature = "wasm")]
pub mod wasm;

#[cfg(any(feature = "wasm", feature = "http"))]
pub use load_error::{LoadError, LoadErrorKind};
pub use secrets::Secrets;
pub use stage::{
    AtOnce, FailureKind, HandlerFn, HandlerService, LogLevel, LogLine, Marks, StageCall, StageFailure, StageFuture,
    StageHandler, StageOutput, StageService, StageStack, Write, handler_fn,
};
pub use state::State;
pub use value::{OwnedValue, json_tree, write_json_text};
