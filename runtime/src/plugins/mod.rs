//! Plugins: tower layers around a stage's handler on the host's side, outermost first as the stage lists them.
//!
//! ```text
//! engine ─▶ cache ─▶ retry ─▶ metrics ─▶ circuit_breaker ─▶ handler      plugins: [cache, retry, metrics, circuit_breaker]
//! ```
//!
//! [`compose`] builds that stack from a stage's list. [`Registry`] knows the plugins by name, the built-in ones and those
//! that a host registers, and holds what outlives one program: named breakers, counters, kept results. Each plugin takes
//! time from tokio's clock, so a paused clock steers all of them.
//!
//! A call that a plugin lets through costs one box for its future and one for the clone of the service, and no lock on
//! the way: tens of nanoseconds, the two clock readings of `metrics` included. A cache also hashes what the stage reads.

mod backoff;
pub mod breaker;
pub mod cache;
mod ended;
mod error;
mod event;
mod metrics;
mod pool;
mod registry;
mod retry;

pub use backoff::Backoff;
pub use breaker::{BreakerSnapshot, BreakerState, CircuitBreaker};
pub use cache::{CacheSnapshot, Reads};
pub use error::PluginError;
pub use event::{Listener, Listeners, PluginEvent, SubscriptionId};
pub use metrics::{MetricsSnapshot, StageMetrics};
pub use registry::{PluginContext, PluginFactory, PluginInfo, Registry, StageLayer, compose};

#[cfg(test)]
mod tests;
