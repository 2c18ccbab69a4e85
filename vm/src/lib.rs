//! The Cascata virtual machine: verified images, the register VM, and how it reads events.
#![no_std]
#![forbid(unsafe_code)]
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

extern crate alloc;

pub mod eval;
mod facts;
mod ids;
pub mod image;
pub(crate) mod index;
pub mod isa;
pub mod json;
pub mod number;
pub mod ops;
mod path;
mod sieve;
mod value;

pub use facts::Facts;
pub use ids::{ConstId, ListId, PathId, RegexId, RuleId, StageId, StrId};
pub use index::{INDEX_MIN_RULES, IndexStats};
pub use path::Segment;
pub use value::{Array, Kind, Object, Value};
