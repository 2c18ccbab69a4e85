//! Bounds how many calls run at a time, so that a stage that is slow takes no more of the host than its share.
//!
//! ```text
//!           slot free, nobody waits
//! call ───────────────────────────────▶ running ─ ends, fails, is cancelled ─▶ its slot goes to the first in the queue
//!   │  room in the queue        slot      ▲
//!   ├───────────────────▶ waiting ────────┘
//!   │                        └─ max_wait_ms or the call's time is over ─▶ rejected
//!   └─ queue full ─▶ rejected
//! ```
//!
//! The gate is our own because the adaptive form changes its limit while calls wait, because the queue has an end, and because
//! both must hold for callers that go away: `tokio::sync::Semaphore` has neither a bound for those who wait nor a way to shrink below what is
//! taken.

mod adaptive;
mod gate;
mod layer;

pub use adaptive::{Aimd, AimdSettings};
pub use gate::{Bulkhead, BulkheadSnapshot, Refused, Slot};
pub(super) use layer::BulkheadLayer;

#[cfg(test)]
mod tests;
