//! What a cascade file may say, as types shared by the compiler and the runtime. No logic.
//!
//! ```text
//! CascadeFile  the whole file: JSON Schema for editors, the reference page, the known keys
//! TestFile     the tests beside a cascade, likewise
//! CascadeHost  ┐ the parts the VM never reads; the compiler puts them into the image as JSON
//! StageHost    ┘ text, the runtime deserialises them
//! ```
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod cascade;
mod handler;
mod host;
mod http;
mod kv;
mod plugins;
mod rule;
mod schema;
mod stores;
mod template;
mod test_file;
mod top;

pub use cascade::*;
pub use handler::*;
pub use host::*;
pub use http::*;
pub use kv::*;
pub use plugins::*;
pub use rule::*;
pub use schema::*;
pub use stores::*;
pub use template::*;
pub use test_file::*;
pub use top::*;

/// The JSON Schema (draft 2020-12) of a cascade file, for editors and the reference page.
#[must_use]
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(CascadeFile).to_value()
}

/// The JSON Schema (draft 2020-12) of a file of tests.
#[must_use]
pub fn test_schema() -> serde_json::Value {
    schemars::schema_for!(TestFile).to_value()
}
