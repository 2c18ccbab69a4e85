//! The capability `kv`, for stages with `handler.allow: [kv]`: values and counters under keys of the stage's namespace.
//!
//! What is kept is kept at once, whatever becomes of the call, and a retry meets it. Counters have keys of their own. `handler.kv` says
//! where things are kept and how large they may be.
//!
//! ```
//! use cascata_stage::prelude::*;
//! use cascata_stage::{kv, testing};
//!
//! stage!(fn velocity(event: &Event) -> Result<Outcome, StageError> {
//!     let card = event.get("card").text().unwrap_or_default();
//!     let payments = kv::add(&card, 1, 3_600_000)?;
//!     Ok(Outcome::new(if payments > 2 { "review" } else { "pass" }))
//! });
//!
//! # fn main() {
//! let kept = testing::Kv::default();
//! let pay = || testing::Call::new(r#"{"card": "c1"}"#).kv(&kept).run(&STAGE).answer.unwrap().result;
//! assert_eq!((pay(), pay(), pay()), ("pass".into(), "pass".into(), "review".into()));
//! assert_eq!(kept.counter("c1"), 3);
//! # }
//! ```

use alloc::string::String;
use alloc::vec::Vec;

use crate::copied;
use crate::imports::capabilities::host;
use crate::outcome::{ErrorCode, StageError};

/// A lifetime without end.
pub const FOR_EVER: u64 = 0;

/// Why there is no answer, with the host's words.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum KvError {
    /// A key or a lifetime that can't be.
    Invalid(String),
    /// A value of more than `kv.value_bytes`.
    TooLarge(String),
    /// More operations than `kv.operations`, or more counters than there is room for.
    TooMany(String),
    /// The store is out of order.
    Unavailable(String),
}

impl KvError {
    /// The host's number for it.
    fn of(code: i32) -> Self {
        let message = copied::text(host::kv_error).unwrap_or_default();
        match code {
            -2 => Self::Invalid(message),
            -3 => Self::TooLarge(message),
            -4 => Self::TooMany(message),
            _ => Self::Unavailable(message),
        }
    }

    /// What happened, for people.
    #[must_use]
    pub fn message(&self) -> &str {
        match self {
            Self::Invalid(message) | Self::TooLarge(message) | Self::TooMany(message) | Self::Unavailable(message) => {
                message
            }
        }
    }
}

impl core::fmt::Display for KvError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.message())
    }
}

impl core::error::Error for KvError {}

impl From<KvError> for StageError {
    /// A store that is out of order may be back in a moment; nothing else changes by trying again.
    fn from(error: KvError) -> Self {
        match error {
            KvError::Unavailable(message) => Self::new(ErrorCode::Unavailable, message).retryable(),
            KvError::Invalid(message) | KvError::TooLarge(message) | KvError::TooMany(message) => {
                Self::new(ErrorCode::Internal, message)
            }
        }
    }
}

/// The value under a key.
///
/// # Errors
/// As [`KvError`] has them.
pub fn get(key: &str) -> Result<Option<Vec<u8>>, KvError> {
    match copied::bytes(|buffer| host::kv_get(key, buffer), host::kv_value) {
        Ok(value) => Ok(Some(value)),
        Err(-1) => Ok(None),
        Err(code) => Err(KvError::of(code)),
    }
}

/// Puts a value under a key for `ttl_ms` milliseconds, or [`FOR_EVER`].
///
/// # Errors
/// As [`KvError`] has them; then nothing was put.
pub fn set(key: &str, value: &[u8], ttl_ms: u64) -> Result<(), KvError> {
    match host::kv_set(key, value, ttl_ms.cast_signed()) {
        0 => Ok(()),
        code => Err(KvError::of(code)),
    }
}

/// Removes the value under a key, and says whether there was one.
///
/// # Errors
/// As [`KvError`] has them.
pub fn delete(key: &str) -> Result<bool, KvError> {
    match host::kv_delete(key) {
        code @ ..0 => Err(KvError::of(code)),
        removed => Ok(removed != 0),
    }
}

/// Adds to a counter and gives the sum, never below 0. It is gone `ttl_ms` milliseconds after its first use, or stays [`FOR_EVER`].
///
/// # Errors
/// As [`KvError`] has them; then nothing was added, or the store did not say whether it was.
pub fn add(key: &str, by: i64, ttl_ms: u64) -> Result<i64, KvError> {
    let mut sum = 0;
    match host::kv_add(key, by, ttl_ms.cast_signed(), &mut sum) {
        0 => Ok(sum),
        code => Err(KvError::of(code)),
    }
}
