//! A block of records, as text and as bytes.

use std::io;
use std::path::PathBuf;

use zstd::bulk::{Compressor, Decompressor};

/// How a segment begins.
pub(super) const MAGIC: [u8; 8] = *b"CASCREC\n";
/// The version of the format.
pub(super) const FORMAT: u32 = 1;
/// The length of a segment's header.
pub(super) const FILE_HEADER: usize = 16;
/// How a block begins.
const BLOCK_MAGIC: [u8; 4] = *b"BLK1";
/// The length of a block's header.
pub(super) const HEADER: usize = 40;
/// The part of it that the hash covers.
const HASHED: usize = 24;
/// What the text of a block may have at most: the longest block and the longest record behind it. A header that says more is
/// none of ours, so no hostile file makes a reader take more memory.
pub(super) const MAX_TEXT: u32 = 64 << 20;

/// Whole records as text, one a line.
#[derive(Clone, Debug, Default)]
pub struct Block {
    /// The file.
    pub path: PathBuf,
    /// Where in it the block begins.
    pub offset: u64,
    /// What it takes on disk, its header included.
    pub bytes: u64,
    /// How many records it holds.
    pub records: u32,
    /// Records that were dropped between the block before and this one.
    pub dropped: u64,
    pub(super) text: Vec<u8>,
}

impl Block {
    /// The lines, each one record as JSON.
    pub fn lines(&self) -> impl Iterator<Item = &[u8]> {
        let mut left = self.text.as_slice();
        let lines = std::iter::from_fn(move || {
            let end = memchr::memchr(b'\n', left);
            let (line, rest) = left.split_at_checked(end.unwrap_or(left.len()))?;
            left = rest.get(1..).unwrap_or_default();
            (end.is_some() || !line.is_empty()).then_some(line)
        });
        lines.filter(|line| !line.trim_ascii().is_empty())
    }

    /// All lines as one text.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        &self.text
    }
}

/// What a block's header says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header {
    pub packed: u32,
    pub text: u32,
    pub records: u32,
    pub dropped: u64,
    hash: [u8; 16],
}

/// The header of a segment.
pub(super) fn file_header() -> [u8; FILE_HEADER] {
    let mut bytes = [0; FILE_HEADER];
    bytes[..8].copy_from_slice(&MAGIC);
    bytes[8..12].copy_from_slice(&FORMAT.to_le_bytes());
    bytes
}

/// Packs texts.
pub(super) struct Packer(Compressor<'static>);

impl Packer {
    /// With the quickest level of those that find what records have in common.
    pub(super) fn new() -> io::Result<Self> {
        Compressor::new(1).map(Self)
    }
}

/// Unpacks them. Its memory is kept from block to block.
pub(super) struct Unpacker(Decompressor<'static>);

impl Unpacker {
    pub(super) fn new() -> io::Result<Self> {
        Decompressor::new().map(Self)
    }
}

impl std::fmt::Debug for Unpacker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Unpacker")
    }
}

/// A block as it is written.
pub(super) fn pack(packer: &mut Packer, text: &[u8], records: u32, dropped: u64) -> io::Result<Vec<u8>> {
    let mut out = vec![0; HEADER];
    out.extend_from_slice(&packer.0.compress(text)?);
    let too_long = |_| io::Error::new(io::ErrorKind::InvalidInput, "a block over 4 GiB");
    let packed = u32::try_from(out.len() - HEADER).map_err(too_long)?;
    let length = u32::try_from(text.len()).map_err(too_long)?;
    out[..4].copy_from_slice(&BLOCK_MAGIC);
    out[4..8].copy_from_slice(&packed.to_le_bytes());
    out[8..12].copy_from_slice(&length.to_le_bytes());
    out[12..16].copy_from_slice(&records.to_le_bytes());
    out[16..24].copy_from_slice(&dropped.to_le_bytes());
    let hash = hash(&out[..HASHED], &out[HEADER..]);
    out[HASHED..HEADER].copy_from_slice(&hash);
    Ok(out)
}

fn hash(header: &[u8], payload: &[u8]) -> [u8; 16] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(header).update(payload);
    let mut first = [0; 16];
    hasher.finalize_xof().fill(&mut first);
    first
}

impl Header {
    /// Reads a header; `None` if the bytes are none.
    pub(super) fn read(bytes: &[u8; HEADER]) -> Option<Self> {
        let word = |at: usize| bytes.get(at..at + 4).and_then(|word| word.try_into().ok()).map(u32::from_le_bytes);
        let dropped = u64::from_le_bytes(bytes.get(16..24)?.try_into().ok()?);
        let hash = bytes.get(HASHED..HEADER)?.try_into().ok()?;
        let header = Self { packed: word(4)?, text: word(8)?, records: word(12)?, dropped, hash };
        // What zstd makes of text that cannot be made smaller is little longer than the text.
        let sane = header.text <= MAX_TEXT && header.packed <= MAX_TEXT + (1 << 20);
        (bytes.starts_with(&BLOCK_MAGIC) && sane).then_some(header)
    }

    /// The text behind a payload; `None` if it is not what was written.
    pub(super) fn unpack(
        &self,
        unpacker: &mut Unpacker,
        header: &[u8; HEADER],
        payload: &[u8],
        text: &mut Vec<u8>,
    ) -> Option<()> {
        if hash(&header[..HASHED], payload) != self.hash {
            return None;
        }
        let length = usize::try_from(self.text).ok()?;
        text.clear();
        text.reserve_exact(length);
        let written = unpacker.0.decompress_to_buffer(payload, text).ok()?;
        (written == length).then_some(())
    }
}
