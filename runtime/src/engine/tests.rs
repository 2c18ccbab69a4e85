//! What the recorded corpora do not cover: time, parallel stages, failures of handlers, updates.

mod flow;
#[cfg(feature = "wasm")]
mod keeping;
mod kit;
mod parallel;
mod plugins;
mod recording;
mod update;
