#![doc = include_str!("../README.md")]
#![no_std]
#![deny(unsafe_code)]
#![warn(missing_docs)]

extern crate alloc;
#[cfg(not(target_arch = "wasm32"))]
extern crate std;

mod allocator;
pub mod clock;
mod copied;
mod data;
mod event;
mod exports;
pub mod http;
pub mod imports;
pub mod kv;
mod log;
mod manifest;
pub mod metrics;
mod outcome;
#[cfg(all(target_arch = "wasm32", feature = "panic-handler"))]
mod panic;
pub mod random;
pub mod secrets;
#[macro_use]
mod stage;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;
pub mod typed;
mod value;
mod write;

pub use data::{Data, ToJson};
pub use event::{Event, Field, Slot, attempt, config, fencing_token, remaining_ms};
pub use exports::{init_stage, run_stage};
pub use log::{Level, log, log_enabled};
pub use manifest::{Manifest, manifest_bytes, manifest_len};
pub use outcome::{ErrorCode, Outcome, StageError};
pub use stage::Stage;
pub use typed::{Fields, FromValue, Mismatch};
pub use value::{Items, Keys, Kind, Value};
pub use write::{WriteError, set};

/// Derives the trait of the same name.
#[cfg(feature = "macros")]
pub use cascata_stage_macros::Fields;
/// Makes the crate's stage of a function that takes `&Event`, or a struct that derives [`Fields`]: what [`stage!`] does, as an attribute.
///
/// Settings are those of [`stage!`], written `name = "…"`; all may be left out: `name`, `version`, `results = ["…"]`, `config`,
/// `capabilities`, `stateless`, `init`.
///
/// ```
/// use cascata_stage::prelude::*;
///
/// #[handler(name = "score", results = ["pass", "review"])]
/// fn score(event: &Event) -> Result<Outcome, StageError> {
///     let amount = event.get("amount").as_f64().unwrap_or(0.0);
///     Ok(Outcome::new(if amount > 1000.0 { "review" } else { "pass" }))
/// }
/// # fn main() {
/// # assert_eq!(STAGE.manifest.name, "score");
/// # assert_eq!(cascata_stage::testing::run(&STAGE, r#"{"amount": 1500}"#).unwrap().result, "review");
/// # }
/// ```
#[cfg(feature = "macros")]
pub use cascata_stage_macros::handler;

/// What a stage's file needs: `use cascata_stage::prelude::*;`.
pub mod prelude {
    pub use alloc::borrow::ToOwned;
    pub use alloc::format;
    pub use alloc::string::{String, ToString};
    pub use alloc::vec;
    pub use alloc::vec::Vec;

    pub use crate::{
        Data, ErrorCode, Event, Fields, Kind, Level, Outcome, Slot, StageError, Value, attempt, config, log, set, stage,
    };
    #[cfg(feature = "macros")]
    pub use cascata_stage_macros::handler;
}

/// Names that the expansion of [`stage!`] needs whatever the caller has in scope. Not for direct use.
#[doc(hidden)]
pub mod __private {
    pub use core::option::Option::{self, None, Some};
}
