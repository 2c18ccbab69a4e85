//! Stages that are a request to a service: `handler: {kind: http, url: …}`.
//!
//! ```text
//! HttpHandler ─▶ plan (URL, headers, body, checked once) ─▶ HttpStage
//!                                                              │ StageCall
//!    StageOutput ◀─ answer (paths of its JSON) ◀─ client ◀─ filled request
//! ```
//!
//! [`HttpHost`] makes them, as a [`HandlerSource`](crate::engine::HandlerSource) of an engine. A request goes to the host that
//! the cascade names, at an address that is public or in one of its `networks`; the address that was checked is the one
//! connected to. Nothing is retried and no redirect is followed here: that is for plugins and rules.

#[cfg(feature = "wasm")]
mod access;
mod address;
mod answer;
mod body;
mod client;
mod fill;
mod host;
mod plan;
mod resolve;
mod stage;
mod target;
#[cfg(test)]
mod tests;
mod tls;
mod trouble;

#[cfg(feature = "wasm")]
pub(crate) use self::access::{Access, Ask};
#[cfg(feature = "wasm")]
pub(crate) use self::client::Answer as Reply;
pub use self::host::{HttpHost, HttpOptions};
pub use self::resolve::{Lookup, Resolve, SystemResolver};
#[cfg(feature = "wasm")]
pub(crate) use self::trouble::Trouble;
