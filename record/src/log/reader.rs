//! Reading records block by block: a folder, one segment, or a file with a record a line.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::block::{Block, FILE_HEADER, FORMAT, HEADER, Header, MAGIC, Unpacker};
use super::segment;
use super::{Damage, DamageKind, RecordError};

/// Text that is read together from a file with a record a line.
const LINES_BYTES: usize = 1 << 20;
/// The longest line of such a file.
const MAX_LINE_BYTES: u64 = 64 << 20;
/// Damaged parts that are told one by one; those after that are only counted.
const MAX_DAMAGES: usize = 1_000;

/// Reads blocks of records in the order in which they were written. It holds one block, however many there are.
#[derive(Debug)]
pub struct Reader {
    left: VecDeque<PathBuf>,
    source: Option<Source>,
    unpacking: Unpacking,
    damages: Vec<Damage>,
    damage_count: u64,
}

/// What blocks are unpacked with.
#[derive(Debug)]
struct Unpacking {
    unpacker: Unpacker,
    payload: Vec<u8>,
}

#[derive(Debug)]
enum Source {
    /// One of ours: the file, its path, where the next block begins, and its length.
    Segment { file: BufReader<File>, path: PathBuf, at: u64, length: u64 },
    /// A record a line, as `cascata run` prints them.
    Lines { file: BufReader<File>, path: PathBuf, at: u64 },
}

/// The segments of a folder, or the one file, oldest first.
///
/// # Errors
/// It cannot be read.
pub fn segments(path: &Path) -> Result<Vec<PathBuf>, RecordError> {
    let metadata = path.metadata().map_err(RecordError::io(path))?;
    if metadata.is_dir() { segment::list(path) } else { Ok(vec![path.to_owned()]) }
}

/// Whether a recorder wrote it: a folder, or a file that begins or is named like a segment.
///
/// # Errors
/// It cannot be read.
pub fn is_recorded(path: &Path) -> Result<bool, RecordError> {
    if path.metadata().map_err(RecordError::io(path))?.is_dir() || named_segment(path) {
        return Ok(true);
    }
    let mut first = [0; MAGIC.len()];
    let mut file = File::open(path).map_err(RecordError::io(path))?;
    Ok(fill(&mut file, &mut first).map_err(RecordError::io(path))? == first.len() && first == MAGIC)
}

fn named_segment(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == super::EXTENSION)
}

impl Reader {
    /// Opens a folder of records, one segment of it, or a file with a record a line.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn open(path: &Path) -> Result<Self, RecordError> {
        let left = segments(path)?.into();
        let unpacker = Unpacker::new().map_err(RecordError::io(path))?;
        let unpacking = Unpacking { unpacker, payload: Vec::new() };
        Ok(Self { left, source: None, unpacking, damages: Vec::new(), damage_count: 0 })
    }

    /// Reads the next block into `block`; false at the end. What cannot be read is left out and told by
    /// [`damages`](Self::damages).
    ///
    /// # Errors
    /// A file cannot be read, or was written by a later version.
    pub fn next_block(&mut self, block: &mut Block) -> Result<bool, RecordError> {
        loop {
            let source = match &mut self.source {
                Some(source) => source,
                None => match self.left.pop_front() {
                    // Removed by its writer since the folder was listed.
                    Some(path) if !path.exists() => continue,
                    Some(path) => self.source.insert(Source::open(path)?),
                    None => return Ok(false),
                },
            };
            match source.next_block(&mut self.unpacking, block)? {
                Next::Block => return Ok(true),
                Next::End => self.source = None,
                Next::Damaged(damage) => {
                    if damage.kind == DamageKind::Torn {
                        self.source = None;
                    }
                    self.damage_count += 1;
                    if self.damages.len() < MAX_DAMAGES {
                        self.damages.push(damage);
                    }
                }
            }
        }
    }

    /// What could not be read so far; the first thousand.
    #[must_use]
    pub fn damages(&self) -> &[Damage] {
        &self.damages
    }

    /// How many parts could not be read so far.
    #[must_use]
    pub const fn damage_count(&self) -> u64 {
        self.damage_count
    }

    /// The records one by one.
    #[must_use]
    pub fn records(self) -> super::Records {
        super::Records::new(self)
    }
}

enum Next {
    Block,
    End,
    Damaged(Damage),
}

impl Source {
    fn open(path: PathBuf) -> Result<Self, RecordError> {
        let mut file = File::open(&path).map_err(RecordError::io(&path))?;
        let length = file.metadata().map_err(RecordError::io(&path))?.len();
        let mut header = [0; FILE_HEADER];
        let read = fill(&mut file, &mut header).map_err(RecordError::io(&path))?;
        let ours = header.starts_with(&MAGIC) && read == FILE_HEADER;
        if ours {
            let version = u32::from_le_bytes([header[8], header[9], header[10], header[11]]);
            if version != FORMAT {
                return Err(RecordError::Version { path, found: version });
            }
            return Ok(Self::Segment { file: BufReader::new(file), path, at: FILE_HEADER as u64, length });
        }
        if named_segment(&path) {
            // Its writer was stopped while it wrote the header: the first block is torn.
            return Ok(Self::Segment { file: BufReader::new(file), path, at: 0, length });
        }
        file.seek(SeekFrom::Start(0)).map_err(RecordError::io(&path))?;
        Ok(Self::Lines { file: BufReader::new(file), path, at: 0 })
    }

    fn next_block(&mut self, unpacking: &mut Unpacking, block: &mut Block) -> Result<Next, RecordError> {
        match self {
            Self::Segment { file, path, at, length } => {
                let next = segment_block(file, path, (*at, *length), unpacking, block);
                let next = next.map_err(RecordError::io(path))?;
                *at = at.saturating_add(block.bytes);
                Ok(next)
            }
            Self::Lines { file, path, at } => {
                let more = lines_block(file, block).map_err(RecordError::io(path))?;
                block.path.clone_from(path);
                block.offset = *at;
                block.dropped = 0;
                block.bytes = block.text.len() as u64;
                block.records = u32::try_from(block.lines().count()).unwrap_or(u32::MAX);
                *at = at.saturating_add(block.bytes);
                Ok(if more { Next::Block } else { Next::End })
            }
        }
    }
}

fn segment_block(
    file: &mut BufReader<File>,
    path: &Path,
    (at, length): (u64, u64),
    Unpacking { unpacker, payload }: &mut Unpacking,
    block: &mut Block,
) -> io::Result<Next> {
    block.path.clear();
    block.path.push(path);
    block.offset = at;
    block.bytes = 0;
    let damaged = |kind| Next::Damaged(Damage { path: path.to_owned(), offset: at, kind });
    let mut bytes = [0; HEADER];
    match fill(file, &mut bytes)? {
        // A file without any block is one whose writer had nothing to write yet.
        0 if at > 0 => return Ok(Next::End),
        HEADER => {}
        _ => return Ok(damaged(DamageKind::Torn)),
    }
    let header = Header::read(&bytes).filter(|_| at > 0);
    let end = header.map(|header| at.saturating_add((HEADER as u64).saturating_add(header.packed.into())));
    let (Some(header), Some(_)) = (header, end.filter(|end| *end <= length)) else {
        return Ok(damaged(DamageKind::Torn));
    };
    payload.resize(header.packed as usize, 0);
    if fill(file, payload)? != payload.len() {
        return Ok(damaged(DamageKind::Torn));
    }
    block.bytes = HEADER as u64 + u64::from(header.packed);
    block.dropped = header.dropped;
    block.records = header.records;
    if header.unpack(unpacker, &bytes, payload, &mut block.text).is_none() {
        let last = at.saturating_add(block.bytes) == length;
        return Ok(damaged(if last { DamageKind::Torn } else { DamageKind::Changed }));
    }
    Ok(Next::Block)
}

/// Whole lines, at least one, until there is text enough; false at the end.
fn lines_block(file: &mut BufReader<File>, block: &mut Block) -> io::Result<bool> {
    block.text.clear();
    while block.text.len() < LINES_BYTES {
        let before = block.text.len();
        let read = file.by_ref().take(MAX_LINE_BYTES).read_until(b'\n', &mut block.text)?;
        if read as u64 == MAX_LINE_BYTES && !block.text.ends_with(b"\n") {
            let why = format!("a line longer than {MAX_LINE_BYTES} bytes");
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        }
        if read == 0 {
            return Ok(before > 0);
        }
    }
    Ok(true)
}

/// Reads until the buffer is full or the file ends; how much it was.
fn fill(file: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file.read(rest) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
