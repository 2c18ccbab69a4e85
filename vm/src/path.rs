//! Paths: how a field is named, segment by segment.

use alloc::string::String;

/// One step down from a value.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Segment {
    /// Descends a mapping; anything else makes the path missing.
    Key(String),
    /// Descends an array, counted from 0; anything else makes the path missing.
    Index(u32),
}
