//! Stores that stages, plugins and processes share, behind one trait.
//!
//! ```text
//! plugins (idempotency, breaker, limiter), capability kv
//!        │ Store: values ─ compare and set ─ claims with fencing tokens ─ limits ─ counters
//!        ▼
//! memory │ disk │ Redis │ PostgreSQL │ NATS KV
//! ```
//!
//! [`open`] makes a store of its URL: `memory:`, `file:PATH`, `redis://…`, `postgres://…`, `nats://…`. All but memory are
//! cargo features. A store of somebody else implements [`Store`] and runs the functions of `conformance`.
#![forbid(unsafe_code)]
#![warn(missing_docs)]
// Nothing that comes from outside may panic; see also the limits in `Settings`.
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

mod clock;
#[cfg(feature = "conformance")]
pub mod conformance;
mod error;
mod limit;
mod memory;
mod record;
mod settings;
mod store;
mod transition;
mod url;
mod waiters;

pub use bytes::Bytes;
pub use clock::Clock;
pub use error::{ErrorClass, StoreError};
pub use limit::{Admission, Limit};
pub use memory::{MemoryStats, MemoryStore};
pub use settings::Settings;
pub use store::{Claim, Entry, Expected, Status, Store, StoreFuture, Swap, Token};
pub use url::{Scheme, StoreUrl, open};

#[cfg(test)]
mod tests;
