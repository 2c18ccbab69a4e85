//! The back half: from the checked model to an image.
//!
//! ```text
//! Cascade ─▶ build ─▶ passes ─▶ ir::Program ─▶ select, allocate ─▶ emit ─▶ image bytes
//! (model)    decision graphs, typed tests      instructions, registers
//! ```
//!
//! Nothing here can fail for a model that the front half has checked, but for a pattern or an operand that only the
//! image format could refuse; such a case is a diagnostic like any other.

mod allocate;
mod build;
pub(crate) mod constant;
mod emit;
pub mod ir;
mod key;
pub(crate) mod passes;
mod registers;
mod select;
mod value;

pub(crate) use constant::compare_numbers;
pub(crate) use registers::MOST_VALUES;

use crate::diagnostic::Diagnostic;
use crate::files::SourceIndex;
use crate::model::Cascade;
use passes::Passes;

/// Compiles a checked cascade. The same cascade gives the same bytes.
///
/// # Errors
/// A diagnostic for an operand or pattern that no instruction takes.
pub(crate) fn compile_model(cascade: &Cascade, lines: &SourceIndex<'_>, passes: Passes) -> Result<Vec<u8>, Diagnostic> {
    let program = build::build(cascade, passes).map_err(|diagnostic| *diagnostic)?;
    Ok(emit::emit(cascade, &program, lines))
}

/// The intermediate form of a cascade as text: one decision graph a rule.
///
/// # Errors
/// As [`compile_model`].
pub(crate) fn dump_ir(cascade: &Cascade, passes: Passes) -> Result<String, Diagnostic> {
    let program = build::build(cascade, passes).map_err(|diagnostic| *diagnostic)?;
    Ok(ir::dump(cascade, &program))
}
