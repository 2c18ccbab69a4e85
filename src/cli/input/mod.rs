//! Events in: files or stdin, compressed or not, one JSON value a line or one JSON text of many values.
//!
//! ```text
//! file | stdin ─▶ count bytes ─▶ gunzip | unzstd | as is ─▶ Splitter ─▶ Chunk (many events, one buffer)
//! ```
//!
//! A chunk is what one read brought, so a slow pipe is answered at once and a fast file in large pieces.
//! Memory is bounded: a chunk holds about a mebibyte or one event, and no event is longer than the limit.

mod lines;
mod open;
mod unzstd;
mod values;

use std::io::{self, Read};
use std::ops::Range;

pub use open::{Input, Layout};

/// What one read asks for, in bytes. Records of small events take a dozen times as much, which has to fit what an answer keeps for the
/// next one (8 MiB): with four times this, each chunk got its memory from the system anew.
const READ_BYTES: usize = 256 << 10;

/// Events of one source that lie beside each other in one buffer.
#[derive(Debug, Default)]
pub struct Chunk {
    /// The bytes that the slots point into.
    bytes: Vec<u8>,
    /// The events, in the order of the source.
    slots: Vec<Slot>,
}

/// One event of a chunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// The line it starts on, counted from 1.
    pub line: u64,
    /// Where it lies in the chunk, or why it could not be taken from the stream.
    pub event: Result<Range<usize>, InputError>,
}

/// Why the stream could not be cut into events at some place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InputError {
    /// The event was dropped unread.
    #[error("the event is longer than {limit} bytes (--max-event-bytes)")]
    TooLong {
        /// The limit in force, in bytes.
        limit: usize,
    },
    /// The text ended before the value did.
    #[error("the text ends inside this value")]
    Unfinished,
    /// A list of events has something between them that is not one comma. Nothing after it is read.
    #[error("expected `,` or `]` between the events of a list; the rest of the text is not read")]
    Separator,
    /// Something follows the closing bracket of a list of events.
    #[error("text after the end of the list; it is not read")]
    Trailing,
}

impl InputError {
    /// The stable code, explained by `cascata explain CODE`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooLong { .. } => "C0101",
            Self::Unfinished => "C0102",
            Self::Separator => "C0103",
            Self::Trailing => "C0104",
        }
    }
}

impl Chunk {
    /// Each event with its line, in order.
    pub fn events(&self) -> impl Iterator<Item = (u64, Result<&[u8], InputError>)> {
        self.slots.iter().map(|slot| {
            let event = slot.event.clone().map(|range| self.bytes.get(range).unwrap_or_default());
            (slot.line, event)
        })
    }

    /// Empties the chunk for reuse and gives back the memory an unusually long event took.
    fn reset(&mut self) {
        self.slots.clear();
        self.bytes.clear();
        self.bytes.shrink_to(4 * READ_BYTES);
    }
}

/// Cuts a byte stream into events.
pub struct Splitter<R> {
    reader: R,
    /// What one read fills.
    buffer: Box<[u8]>,
    cutter: Cutter,
    /// The start of an event that the last chunk did not hold whole.
    carry: Vec<u8>,
    ended: bool,
}

/// The two ways to tell where an event ends.
enum Cutter {
    Lines(lines::Lines),
    Values(values::Values),
}

impl<R: Read> Splitter<R> {
    /// Reads from `reader`; no event may be longer than `max_event_bytes`.
    pub fn new(reader: R, layout: Layout, max_event_bytes: usize) -> Self {
        let cutter = match layout {
            Layout::Lines => Cutter::Lines(lines::Lines::new(max_event_bytes)),
            Layout::Values => Cutter::Values(values::Values::new(max_event_bytes)),
        };
        let buffer = vec![0; READ_BYTES].into_boxed_slice();
        Self { reader, buffer, cutter, carry: Vec::new(), ended: false }
    }

    /// Refills `chunk` with the next events; false when the stream had ended before.
    ///
    /// Reads until at least one event is whole, and no further.
    ///
    /// # Errors
    /// What the reader or the decompressor reports. Events cut before it are in the chunk.
    pub fn fill(&mut self, chunk: &mut Chunk) -> io::Result<bool> {
        chunk.reset();
        if self.ended {
            return Ok(false);
        }
        chunk.bytes.append(&mut self.carry);
        while !self.ended && chunk.slots.is_empty() {
            let old = chunk.bytes.len();
            let count = self.read()?;
            self.ended = count == 0;
            chunk.bytes.extend_from_slice(self.buffer.get(..count).unwrap_or_default());
            let rest = match &mut self.cutter {
                Cutter::Lines(lines) => lines.cut(chunk, old, self.ended),
                Cutter::Values(values) => values.cut(chunk, old, self.ended),
            };
            match rest {
                Rest::From(start) if chunk.slots.is_empty() && start == 0 => {}
                Rest::From(start) => {
                    let keep = chunk.bytes.get(start..).unwrap_or_default();
                    self.carry.extend_from_slice(keep);
                    if chunk.slots.is_empty() {
                        chunk.bytes.clear();
                        chunk.bytes.append(&mut self.carry);
                    }
                }
                Rest::Stop => self.ended = true,
            }
        }
        Ok(!chunk.slots.is_empty())
    }

    /// One read: what is there now, so that a slow pipe is answered at once.
    fn read(&mut self) -> io::Result<usize> {
        loop {
            match self.reader.read(&mut self.buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.ended = true;
                    return Err(error);
                }
                Ok(count) => return Ok(count),
            }
        }
    }
}

/// What a cutter leaves behind.
enum Rest {
    /// The bytes from here on start the next event; the next chunk begins with them.
    From(usize),
    /// Nothing after this can be read.
    Stop,
}

#[cfg(test)]
mod tests;
