//! How strictly an event is read.

/// What to do with a key that occurs more than once in one object.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum DuplicateKeys {
    /// The last one counts, as in Python's `json` and most readers. The whole event has to be read.
    #[default]
    Last,
    /// The first one counts; with [`Validate::Trusted`] reading stops once every path is found.
    First,
    /// An event with such an object is refused, wherever the object is.
    Reject,
}

/// How much of the event is checked.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Validate {
    /// The whole event must be RFC 8259 JSON.
    #[default]
    Full,
    /// The caller knows that the event is JSON: what no path asks for is stepped over unchecked. Bytes that
    /// are not JSON then give an error or arbitrary values, but never a panic.
    Trusted,
}

/// Strictness and limits of reading one event.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ReadOptions {
    /// Which of duplicate keys counts. Default: [`DuplicateKeys::Last`].
    pub duplicate_keys: DuplicateKeys,
    /// How much is checked. Default: [`Validate::Full`].
    pub validate: Validate,
    /// How many containers may be open at once; `1` allows a flat object. Default: 256.
    pub max_depth: u32,
    /// How many digits an integer may have, so that arithmetic on events cannot be made slow. Default: 4300,
    /// as in CPython. Numbers with fraction or exponent are doubles and need no such limit.
    pub max_number_digits: u32,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self {
            duplicate_keys: DuplicateKeys::default(),
            validate: Validate::default(),
            max_depth: 256,
            max_number_digits: 4300,
        }
    }
}
