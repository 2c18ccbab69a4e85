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
#[cfg(any(feature = "disk", feature = "nats"))]
mod codec;
#[cfg(feature = "conformance")]
pub mod conformance;
#[cfg(feature = "disk")]
mod disk;
mod error;
mod limit;
mod memory;
#[cfg(feature = "nats")]
mod nats;
#[cfg(feature = "postgres")]
mod postgres;
mod record;
#[cfg(feature = "redis")]
mod redis;
#[cfg(any(feature = "disk", feature = "redis", feature = "postgres", feature = "nats"))]
mod remote;
mod settings;
mod store;
#[cfg(any(feature = "redis", feature = "postgres", feature = "nats"))]
mod tls;
mod transition;
mod url;
mod waiters;

pub use bytes::Bytes;
pub use clock::Clock;
#[cfg(feature = "disk")]
pub use disk::DiskStore;
pub use error::{ErrorClass, StoreError};
pub use limit::{Admission, Limit};
pub use memory::{MemoryStats, MemoryStore};
#[cfg(feature = "nats")]
pub use nats::NatsStore;
#[cfg(feature = "postgres")]
pub use postgres::PostgresStore;
#[cfg(feature = "redis")]
pub use redis::RedisStore;
pub use settings::Settings;
pub use store::{Claim, Entry, Expected, Status, Store, StoreFuture, Swap, Token};
pub use url::{Scheme, StoreUrl, open};

/// The examples of the page on stores are compiled.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/stores.md")]
struct Page;

#[cfg(test)]
mod tests;
