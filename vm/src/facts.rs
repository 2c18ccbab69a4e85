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

    /// When evaluation of the event began, in microseconds since 1970 UTC: the same for all conditions of one event.
    /// Default: none, and conditions that ask for the time are errors.
    fn now_us(&self) -> Option<i64> {
        None
    }
}

impl<F: Facts + ?Sized> Facts for &F {
    fn get(&self, path: PathId) -> Value<'_> {
        (**self).get(path)
    }

    fn now_us(&self) -> Option<i64> {
        (**self).now_us()
    }
}
