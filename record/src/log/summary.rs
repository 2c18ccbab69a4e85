//! What one segment holds.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Block, Damage, Reader, RecordError};

/// What one segment, or a file with a record a line, holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SegmentSummary {
    /// The file.
    pub path: PathBuf,
    /// Its bytes on disk, of whole blocks.
    pub bytes: u64,
    /// Bytes of the text in it.
    pub text_bytes: u64,
    /// Its blocks.
    pub blocks: u64,
    /// Its records.
    pub records: u64,
    /// Records that were dropped while it was written.
    pub dropped: u64,
    /// When its first record was decided, RFC 3339; nothing where there is none.
    pub first: Option<String>,
    /// When its last record was decided.
    pub last: Option<String>,
    /// What cannot be read of it.
    #[serde(skip)]
    pub damages: Vec<Damage>,
}

/// What is read of a record.
#[derive(Deserialize)]
struct Decided {
    now: String,
}

impl SegmentSummary {
    /// Reads a segment through.
    ///
    /// # Errors
    /// As [`Reader::next_block`].
    pub fn read(path: &Path) -> Result<Self, RecordError> {
        let mut reader = Reader::open(path)?;
        let mut block = Block::default();
        let mut summary = Self { path: path.to_owned(), ..Self::default() };
        while reader.next_block(&mut block)? {
            summary.bytes = summary.bytes.saturating_add(block.bytes);
            summary.text_bytes = summary.text_bytes.saturating_add(block.text().len() as u64);
            summary.blocks = summary.blocks.saturating_add(1);
            summary.records = summary.records.saturating_add(block.records.into());
            summary.dropped = summary.dropped.saturating_add(block.dropped);
            if summary.first.is_none() {
                summary.first = block.lines().next().and_then(now);
            }
            summary.last = block.lines().last().and_then(now).or(summary.last);
        }
        summary.damages = reader.damages().to_vec();
        Ok(summary)
    }
}

fn now(line: &[u8]) -> Option<String> {
    serde_json::from_slice::<Decided>(line).ok().map(|decided| decided.now)
}
