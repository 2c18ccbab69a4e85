//! Where field values come from.

use crate::{Array, PathId, Value};

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

    /// The value at a path if it is an integer that fits 64 bits; of anything else [`get`](Self::get) is asked.
    ///
    /// This and the next five ask for what [`get`](Self::get) gives, for hosts that know it without putting a [`Value`] together.
    /// Default: what `get` gives.
    #[inline]
    fn int(&self, path: PathId) -> Option<i64> {
        if let Value::Int(value) = self.get(path) { Some(value) } else { None }
    }

    /// The value at a path if it is a double.
    #[inline]
    fn float(&self, path: PathId) -> Option<f64> {
        if let Value::Float(value) = self.get(path) { Some(value) } else { None }
    }

    /// The value at a path if it is `true` or `false`.
    #[inline]
    fn truth(&self, path: PathId) -> Option<bool> {
        if let Value::Bool(value) = self.get(path) { Some(value) } else { None }
    }

    /// The value at a path if it is text without escapes.
    #[inline]
    fn text(&self, path: PathId) -> Option<&str> {
        if let Value::Text(value) = self.get(path) { Some(value) } else { None }
    }

    /// The bytes of [`text`](Self::text), for tests that need not know where characters begin.
    #[inline]
    fn text_bytes(&self, path: PathId) -> Option<&[u8]> {
        self.text(path).map(str::as_bytes)
    }

    /// The text from `[` to `]` at a path if it is an array that is JSON.
    #[inline]
    fn json_array(&self, path: PathId) -> Option<&str> {
        if let Value::Array(Array::Json(json)) = self.get(path) { Some(json) } else { None }
    }
}

impl<F: Facts + ?Sized> Facts for &F {
    fn get(&self, path: PathId) -> Value<'_> {
        (**self).get(path)
    }

    fn now_us(&self) -> Option<i64> {
        (**self).now_us()
    }

    fn int(&self, path: PathId) -> Option<i64> {
        (**self).int(path)
    }

    fn float(&self, path: PathId) -> Option<f64> {
        (**self).float(path)
    }

    fn truth(&self, path: PathId) -> Option<bool> {
        (**self).truth(path)
    }

    fn text(&self, path: PathId) -> Option<&str> {
        (**self).text(path)
    }

    fn text_bytes(&self, path: PathId) -> Option<&[u8]> {
        (**self).text_bytes(path)
    }

    fn json_array(&self, path: PathId) -> Option<&str> {
        (**self).json_array(path)
    }
}
