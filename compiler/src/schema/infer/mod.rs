//! Drafts a schema from real events.
//!
//! ```text
//! event ─▶ seen.rs (what was seen at each path, of bounded size) ─▶ write.rs ─▶ YAML for `schema`
//! ```
//!
//! What comes out lets every event through that went in. What goes beyond a limit is left open rather than guessed.

mod seen;
mod words;
mod write;

use cascata_vm::Value;

use seen::{Room, Seen};

/// How a schema is drafted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InferOptions {
    /// The most different texts of a field that are listed as its `enum`. They are listed if each came five times on average.
    /// Default 12; 0 lists none.
    pub max_enum: usize,
    /// The most keys of an object that are listed; one with more is a map, whose values `additionalProperties` describes.
    /// Default 100.
    pub max_keys: usize,
    /// Whether the numbers seen become `minimum` and `maximum` instead of comments. Default false.
    pub ranges: bool,
    /// The most fields that are kept apart, which bounds the memory; further ones are left open. Default 10,000.
    pub max_fields: usize,
}

impl Default for InferOptions {
    fn default() -> Self {
        Self { max_enum: 12, max_keys: 100, ranges: false, max_fields: 10_000 }
    }
}

/// A schema in the making. Its memory is bounded by the options, however many events it sees.
#[derive(Debug)]
pub struct Inference {
    options: InferOptions,
    event: Seen,
    room: Room,
}

impl Inference {
    /// Nothing seen yet.
    #[must_use]
    pub fn new(options: InferOptions) -> Self {
        let room = Room::new(&options);
        Self { options, event: Seen::default(), room }
    }

    /// Takes an event into account. Of duplicate keys the last one counts.
    pub fn add(&mut self, event: Value<'_>) {
        self.event.add(event, 0, &mut self.room);
    }

    /// The schema so far, as a block of YAML to stand below `schema:`, indented by two columns.
    #[must_use]
    pub fn yaml(&self) -> String {
        write::yaml(&self.event, &self.options)
    }
}
