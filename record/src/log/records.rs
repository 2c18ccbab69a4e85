//! Records one by one.

use super::{Block, Reader, RecordError};
use crate::DecisionRecord;

/// The records of a [`Reader`], in the order in which they were written.
#[derive(Debug)]
pub struct Records {
    reader: Reader,
    block: Block,
    /// Where the next line begins in the block.
    at: usize,
    /// Lines taken from the block.
    line: usize,
}

impl Records {
    pub(super) fn new(reader: Reader) -> Self {
        Self { reader, block: Block::default(), at: 0, line: 0 }
    }

    /// What the records come from, with what could not be read.
    #[must_use]
    pub const fn reader(&self) -> &Reader {
        &self.reader
    }

    /// The next record as JSON text; `None` at the end.
    ///
    /// # Errors
    /// As [`Reader::next_block`].
    pub fn next_line(&mut self) -> Result<Option<&[u8]>, RecordError> {
        loop {
            let rest = self.block.text.get(self.at..).unwrap_or_default();
            if rest.is_empty() {
                if !self.reader.next_block(&mut self.block)? {
                    return Ok(None);
                }
                (self.at, self.line) = (0, 0);
                continue;
            }
            let length = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
            let (from, to) = (self.at, self.at + length);
            self.at = to + 1;
            self.line += 1;
            let line = self.block.text.get(from..to).unwrap_or_default();
            if !line.trim_ascii().is_empty() {
                return Ok(self.block.text.get(from..to));
            }
        }
    }
}

impl Iterator for Records {
    type Item = Result<DecisionRecord, RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        let read = match self.next_line() {
            Err(error) => return Some(Err(error)),
            Ok(line) => DecisionRecord::from_json(line?),
        };
        Some(read.map_err(|source| RecordError::NotARecord {
            path: self.block.path.clone(),
            offset: self.block.offset,
            line: self.line,
            source,
        }))
    }
}
