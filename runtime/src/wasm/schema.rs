//! A stage's `with:` block against the schema in its module's manifest: the part of JSON Schema whose check is one walk
//! over schema and value together.
//!
//! The schema comes with the module, which nobody trusts, so there are no references, which can be made to grow without
//! end, and no patterns. A keyword that is not checked is refused when the module is loaded; none is passed over in
//! silence.

mod check;
mod form;

use serde_json::{Map, Value};

/// Mistakes that are listed; a block with more is wrong enough.
const MOST_LISTED: usize = 16;

/// What is wrong with a `with:` block, or with the schema itself.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Mistake {
    /// Each wrong place of the block, such as `with.after`, and what is wrong there.
    Config(Vec<(String, String)>),
    /// Where in the schema, as a JSON pointer, and what.
    Schema { at: String, what: String },
}

/// Checks a `with:` block. A schema of null takes everything.
pub(super) fn check(schema: &Value, config: &Map<String, Value>) -> Result<(), Mistake> {
    if schema.is_null() {
        return Ok(());
    }
    form::check(schema, "").map_err(|(at, what)| Mistake::Schema { at, what })?;
    let wrong = check::mistakes(schema, config);
    if wrong.is_empty() { Ok(()) } else { Err(Mistake::Config(wrong)) }
}

#[cfg(test)]
mod tests;
