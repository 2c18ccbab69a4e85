//! Expressions: conditions as text.
//!
//! ```text
//! text of `when` ─▶ token.rs ─▶ parser.rs ─┬▶ prefix.rs, path.rs, literal.rs ─▶ Expression ─▶ check
//!                   (logos)     (Pratt)    └▶ infix.rs (words of the operator table)
//! ```
//!
//! Words and how tightly they bind come from the operator table. A mistake does not end reading: what could not be read
//! becomes [`ExpressionKind::Wrong`] and reading goes on at the next `and`, `or`, `)` or `,`.

mod ast;
mod infix;
mod literal;
mod mapping;
mod model;
mod parser;
mod path;
mod prefix;
mod print;
mod token;

pub use ast::{Call, Expression, ExpressionKind, Function, TestExpression};
pub use mapping::mapping_of;
pub use model::text_of;
pub(crate) use token::is_word;

use crate::diagnostic::Diagnostic;
use crate::limits::Limits;
use crate::yaml::Offsets;

/// Reads an expression that is a text of its own: places are offsets in it.
///
/// The expression is there in any case; what is wrong in it is in the diagnostics.
#[must_use]
pub fn parse(text: &str, limits: &Limits) -> (Expression, Vec<Diagnostic>) {
    read(text, &Offsets::plain(text), limits)
}

/// Reads an expression whose characters stand where `offsets` says.
pub(crate) fn read(text: &str, offsets: &Offsets, limits: &Limits) -> (Expression, Vec<Diagnostic>) {
    parser::Parser::new(text, offsets, limits).whole()
}
