//! Stages as WebAssembly, through the public API: every way a guest can misbehave, and what comes of it.
//!
//! Modules are kept as text in `tests/stages` at the root of the repository.
#![cfg(feature = "wasm")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

#[path = "wasm_stages/cache.rs"]
mod cache;
#[path = "wasm_stages/capabilities.rs"]
mod capabilities;
#[path = "wasm_stages/command.rs"]
mod command;
#[path = "wasm_stages/components.rs"]
mod components;
#[path = "wasm_stages/hostile.rs"]
mod hostile;
#[cfg(feature = "http")]
#[path = "wasm_stages/http.rs"]
mod http;
#[path = "wasm_stages/keeping.rs"]
mod keeping;
#[path = "wasm_stages/limits.rs"]
mod limits;
#[path = "wasm_stages/load.rs"]
mod load;
#[path = "wasm_stages/neighbours.rs"]
mod neighbours;
#[path = "wasm_stages/pooled.rs"]
mod pooled;
#[path = "wasm_stages/reading.rs"]
mod reading;
#[cfg(feature = "http")]
#[allow(dead_code)] // what other tests use of it
#[path = "../src/http/tests/server.rs"]
mod server;
#[path = "wasm_stages/smith.rs"]
mod smith;
#[path = "wasm_stages/strict.rs"]
mod strict;
#[path = "wasm_stages/support.rs"]
mod support;
#[path = "wasm_stages/timing.rs"]
mod timing;
