//! What the fuzz targets do with their bytes.

#[path = "../../tests/oracle/mod.rs"]
mod oracle;
#[path = "../../tests/support/mod.rs"]
mod support;
pub mod targets;
