//! The capability `clock`, for stages with `handler.allow: [clock]`. Under `determinism: strict` both clocks stand at 0.

use crate::imports::capabilities::host;

/// Milliseconds since 1970.
#[must_use]
pub fn now_ms() -> u64 {
    host::clock_now_ms().cast_unsigned()
}

/// Nanoseconds on a clock that only goes on, from an arbitrary moment: for measuring how long something took.
#[must_use]
pub fn monotonic_ns() -> u64 {
    host::clock_monotonic_ns().cast_unsigned()
}
