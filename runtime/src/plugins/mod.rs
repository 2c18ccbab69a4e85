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
//! the way: tens of nanoseconds. A cache also looks for the key of what the stage reads, and hashes it where it is new.

mod around;
mod backoff;
pub mod breaker;
pub mod bulkhead;
pub mod cache;
mod coalesce;
mod context;
mod ended;
mod error;
mod event;
mod fallback;
#[cfg(test)]
mod faulty;
mod figures;
mod flight;
mod health;
mod hedge;
mod idempotency;
pub mod limit;
mod lookup;
mod metrics;
mod overrides;
mod pool;
mod predicate;
mod registry;
mod resolved;
mod retry;
mod states;
mod stored;
mod stores;
mod sync;
mod timeout;
mod trace;

pub use backoff::Backoff;
pub use breaker::{BreakerSnapshot, BreakerState, CircuitBreaker};
pub use bulkhead::{Bulkhead, BulkheadSnapshot};
pub use cache::{CacheSnapshot, Reads};
pub use context::{Alternatives, PluginContext};
pub use error::PluginError;
pub use event::{Listener, Listeners, PluginEvent, SubscriptionId};
pub use health::{Health, HealthStatus};
pub use idempotency::IdempotencySnapshot;
pub use limit::{LimitError, LimitSnapshot, RateLimiter};
pub use metrics::{BUCKETS, MetricsSnapshot, StageMetrics};
pub use overrides::{Overrides, UnusedVariable};
pub use predicate::Predicate;
pub use registry::{PluginFactory, PluginInfo, Registry, StageLayer, compose};
pub use resolved::{Origin, ResolvedOption, ResolvedPlugin};
pub use retry::RetrySnapshot;
pub use stores::NamedStore;

#[cfg(all(test, cascata_loom))]
mod loom_tests;
#[cfg(test)]
mod model_tests;
#[cfg(test)]
pub(crate) mod processes_tests;
#[cfg(test)]
mod tests;
