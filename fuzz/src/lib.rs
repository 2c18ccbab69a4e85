//! What the fuzz targets do with their bytes.

#[path = "../../compiler/tests/claims/mod.rs"]
mod claims;
#[path = "../../tests/oracle/mod.rs"]
mod oracle;
#[path = "../../tests/support/mod.rs"]
mod support;
#[cfg(feature = "wasm")]
pub mod modules;
pub mod targets;
