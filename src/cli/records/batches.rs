//! Records from wherever they lie, many at a time: folders and segments of recorders, files with one a line, stdin.
//!
//! ```text
//! folder | segment ─▶ Reader ──┐
//! file | stdin (gz, zst) ──────┴▶ Batch ─▶ workers
//! ```

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use cascata_record::log::{Block, Damage, Reader, is_recorded, segments};

use crate::cli::exit::Failure;
use crate::cli::input::{Chunk, Input, Splitter};

/// Records that were read together.
#[derive(Debug)]
pub enum Batch {
    /// Of a stream of lines or values.
    Chunk {
        /// Its name.
        name: Arc<str>,
        /// The records.
        chunk: Chunk,
    },
    /// A block of a recorder.
    Block(Block),
}

/// One record.
#[derive(Clone, Copy, Debug)]
pub struct Text<'b> {
    /// As JSON.
    pub bytes: &'b [u8],
    /// A hash said that it is as its recorder wrote it.
    pub as_written: bool,
}

impl Batch {
    /// Each record with the place that messages name, or why there is none at this place.
    pub fn each(&self, mut take: impl FnMut(&dyn std::fmt::Display, Result<Text<'_>, String>)) {
        match self {
            Self::Chunk { name, chunk } => {
                for (line, record) in chunk.events() {
                    let record = record.map(|bytes| Text { bytes, as_written: false });
                    take(&format_args!("{name}:{line}"), record.map_err(|error| format!("{}: {error}", error.code())));
                }
            }
            Self::Block(block) => {
                for (at, bytes) in block.lines().enumerate() {
                    let place = format_args!("{} at {}, record {}", block.path.display(), block.offset, at + 1);
                    take(&place, Ok(Text { bytes, as_written: true }));
                }
            }
        }
    }

    /// How many places it has.
    pub fn places(&self) -> u64 {
        match self {
            Self::Chunk { chunk, .. } => chunk.events().count() as u64,
            Self::Block(block) => block.records.into(),
        }
    }
}

/// Reads batches, one source after the other. It holds one batch.
pub struct Batches {
    left: VecDeque<PathBuf>,
    source: Option<Source>,
    longest: usize,
    size: Option<u64>,
    consumed: u64,
    damages: Vec<Damage>,
    damage_count: u64,
}

enum Source {
    Recorded(Box<Reader>),
    Stream { name: Arc<str>, splitter: Splitter<Box<dyn std::io::Read + Send>>, consumed: Arc<AtomicU64>, before: u64 },
}

impl Batches {
    /// From these paths, `-` being stdin; no record of a stream may be longer than `longest` bytes. What is not there is found now.
    pub fn open(paths: &[PathBuf], longest: usize) -> Result<Self, Failure> {
        let mut size = Some(0_u64);
        for path in paths {
            let bytes = size_of(path)?;
            size = size.zip(bytes).map(|(size, bytes)| size.saturating_add(bytes));
        }
        let left = paths.iter().cloned().collect();
        Ok(Self { left, source: None, longest, size, consumed: 0, damages: Vec::new(), damage_count: 0 })
    }

    /// The bytes of all sources on disk, if none is a pipe.
    pub const fn size(&self) -> Option<u64> {
        self.size
    }

    /// The next batch; nothing at the end.
    fn next(&mut self) -> Result<Option<Batch>, Failure> {
        loop {
            let source = match &mut self.source {
                Some(source) => source,
                None => match self.left.pop_front() {
                    Some(path) => self.source.insert(Source::open(&path, self.longest, self.consumed)?),
                    None => return Ok(None),
                },
            };
            match source {
                Source::Recorded(reader) => {
                    let mut block = Block::default();
                    if reader.next_block(&mut block).map_err(super::failure)? {
                        self.consumed += block.bytes;
                        return Ok(Some(Batch::Block(block)));
                    }
                    self.damages.extend_from_slice(reader.damages());
                    self.damage_count += reader.damage_count();
                }
                Source::Stream { name, splitter, consumed, before } => {
                    let mut chunk = Chunk::default();
                    let more = splitter.fill(&mut chunk).map_err(|error| Failure::io(&**name, error))?;
                    self.consumed = *before + consumed.load(Ordering::Relaxed);
                    if more {
                        return Ok(Some(Batch::Chunk { name: Arc::clone(name), chunk }));
                    }
                }
            }
            self.source = None;
        }
    }
}

/// What a thread that reads says.
pub enum Read {
    /// Records, and how many bytes were taken from disk or pipe so far.
    Batch(Batch, u64),
    /// The end, with what of recorders' files could not be read.
    End(Vec<Damage>, u64),
    /// Something cannot be read.
    Failed(Failure),
}

/// Reads on a thread of its own, so that nobody has to wait for a pipe that says nothing.
pub fn reader(mut batches: Batches) -> Receiver<Read> {
    let (send, receive) = sync_channel(1);
    // Who asked may be gone: then nobody wants the rest.
    thread::spawn(move || {
        loop {
            let read = match batches.next() {
                Ok(Some(batch)) => Read::Batch(batch, batches.consumed),
                Ok(None) => Read::End(std::mem::take(&mut batches.damages), batches.damage_count),
                Err(failure) => Read::Failed(failure),
            };
            let more = matches!(read, Read::Batch(..));
            if send.send(read).is_err() || !more {
                return;
            }
        }
    });
    receive
}

impl Source {
    fn open(path: &Path, longest: usize, before: u64) -> Result<Self, Failure> {
        if path != Path::new("-") && is_recorded(path).map_err(super::failure)? {
            return Ok(Self::Recorded(Box::new(super::open(path)?)));
        }
        let input = Input::new(path);
        let name: Arc<str> = input.name().into();
        let opened = input.open().map_err(|error| Failure::io(&*name, error))?;
        let splitter = Splitter::new(opened.reader, opened.layout, longest);
        Ok(Self::Stream { name, splitter, consumed: opened.consumed, before })
    }
}

fn size_of(path: &Path) -> Result<Option<u64>, Failure> {
    if path == Path::new("-") {
        return Ok(None);
    }
    let fail = |error| Failure::io(path.display(), error);
    let metadata = path.metadata().map_err(fail)?;
    if metadata.is_file() {
        return Ok(Some(metadata.len()));
    }
    if !metadata.is_dir() {
        return Ok(None);
    }
    let segments = segments(path).map_err(super::failure)?;
    Ok(Some(segments.iter().filter_map(|path| path.metadata().ok()).map(|metadata| metadata.len()).sum()))
}
