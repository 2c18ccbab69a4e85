//! The Cascata compiler: cascade files in YAML or JSON to images of verified bytecode. Pure: no IO, no clock.
//!
//! ```text
//! Source ─▶ yaml (tree with places) ─▶ syntax (settings) ─▶ check ─▶ model::Cascade ─▶ IR ─▶ image bytes
//!                                                                        └▶ analyze (warnings)
//! ```
//!
//! Every mistake is a [`Diagnostic`] with a stable [`Code`], places in the source and, where there is one, a machine
//! fix; a run reports all mistakes of a source.
#![forbid(unsafe_code)]
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
#![warn(missing_docs)]

mod allow;
pub mod analyze;
mod back;
mod check;
mod codes;
mod compiled;
mod diagnostic;
pub mod expression;
mod field_path;
mod files;
mod fixes;
pub mod format;
mod limits;
mod line_index;
pub mod model;
mod names;
pub mod operators;
mod options;
mod pages;
pub mod regex;
pub mod schema;
pub mod settings;
mod source;
mod span;
mod syntax;
pub mod testing;
mod yaml;

#[doc(hidden)]
pub use back::passes::{Pass, Passes};
pub use codes::{Code, Severity};
pub use compiled::{Compiled, compile, intermediate};
pub use diagnostic::{Diagnostic, Fix, Label, Located};
pub use field_path::{FieldPath, Step};
pub use files::{Loader, SourceIndex};
pub use fixes::{Fixed, apply_fixes};
pub use limits::Limits;
pub use line_index::{LineIndex, Position};
pub use options::Options;
pub use pages::Example;
pub use source::Source;
pub use span::Span;

/// Reads and checks a source without making an image. The model is there exactly if no diagnostic is an error.
#[must_use]
pub fn check(source: &Source, options: &Options) -> (Option<model::Cascade>, Vec<Diagnostic>) {
    let (cascade, diagnostics) = check::check(source, options);
    (cascade, allow::apply(source, options, diagnostics))
}

/// Reads and checks a file of tests; the tests are there exactly if no diagnostic is an error. Whether the stages they
/// script are there, [`testing::unknown_stages`] tells.
#[must_use]
pub fn check_tests(source: &Source, options: &Options) -> (Option<testing::TestFile>, Vec<Diagnostic>) {
    check::check_tests(source, options)
}

/// For fuzzing: whether the two readers of YAML agree about a text; nothing if only the parser reads it.
#[doc(hidden)]
#[must_use]
pub fn yaml_readers_agree(text: &str) -> Option<bool> {
    yaml::readers_agree(text, &Limits::default())
}
