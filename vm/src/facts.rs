//! Where field values come from.

use crate::{PathId, Value};

/// Answers the field reads of a program.
///
/// A host implements this for its own structs and never builds JSON; `json` has the
/// implementation that reads an event's bytes. Reads must be repeatable: within one evaluation the same path
/// gives the same value.
pub trait Facts {
    /// The value at a path of the program, [`Value::Missing`] if there is none.
    fn get(&self, path: PathId) -> Value<'_>;
}

impl<F: Facts + ?Sized> Facts for &F {
    fn get(&self, path: PathId) -> Value<'_> {
        (**self).get(path)
    }
}
