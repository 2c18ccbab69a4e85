//! The capability `secrets`, for stages with `handler.allow: [secrets]`. A result, data or write that repeats one is refused by the
//! host, and in logs its name stands in its place.

use alloc::string::String;

use crate::copied;
use crate::imports::capabilities::host;

/// A secret by name; `None` if the stage's `handler.secrets` does not list it.
#[must_use]
pub fn get(name: &str) -> Option<String> {
    copied::text(|buffer| host::secrets_get(name, buffer))
}
