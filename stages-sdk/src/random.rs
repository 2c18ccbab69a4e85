//! The capability `random`, for stages with `handler.allow: [random]`. Under `determinism: strict` every call gets the same bytes.

use crate::imports::capabilities::host;

/// Fills a buffer with random bytes of the system.
pub fn fill(bytes: &mut [u8]) {
    host::random_fill(bytes);
}

/// A random number, each as likely as any other.
#[must_use]
pub fn number() -> u64 {
    let mut bytes = [0; 8];
    fill(&mut bytes);
    u64::from_le_bytes(bytes)
}
