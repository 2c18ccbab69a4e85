//! Segment files: their names, writing them, and removing old ones.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::{EXTENSION, RecordError, RecordSettings, Sync, block};

/// A segment that is being written.
pub(super) struct Segment {
    file: File,
    pub path: PathBuf,
    begun: Instant,
    bytes: u64,
    sync: Sync,
}

impl Segment {
    /// Begins a segment of its own.
    pub(super) fn begin(folder: &Path, sync: Sync) -> Result<Self, RecordError> {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let mut micros = u64::try_from(since.as_micros()).unwrap_or(u64::MAX);
        loop {
            // Another writer may have begun one in the same microsecond.
            let path = folder.join(format!("{micros:020}.{EXTENSION}"));
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => micros = micros.saturating_add(1),
                Err(error) => return Err(RecordError::io(&path)(error)),
                Ok(mut file) => {
                    // Tells others that it is being written. Where the file system has no locks it is told by nothing.
                    let _ = file.try_lock();
                    file.write_all(&block::file_header()).map_err(RecordError::io(&path))?;
                    let bytes = block::FILE_HEADER as u64;
                    return Ok(Self { file, path, begun: Instant::now(), bytes, sync });
                }
            }
        }
    }

    pub(super) fn write(&mut self, block: &[u8]) -> Result<(), RecordError> {
        let written = self.file.write_all(block).and_then(|()| match self.sync {
            Sync::Block => self.file.sync_data(),
            Sync::None | Sync::Segment => Ok(()),
        });
        self.bytes = self.bytes.saturating_add(block.len() as u64);
        written.map_err(RecordError::io(&self.path))
    }

    /// Whether another is to be begun.
    pub(super) fn is_full(&self, settings: &RecordSettings) -> bool {
        self.bytes >= settings.segment_bytes || self.begun.elapsed() >= Duration::from_secs(settings.segment_age_s)
    }

    pub(super) fn close(self) -> Result<(), RecordError> {
        match self.sync {
            Sync::None => Ok(()),
            Sync::Segment | Sync::Block => self.file.sync_all().map_err(RecordError::io(&self.path)),
        }
    }
}

/// The segments of a folder, oldest first.
pub(super) fn list(folder: &Path) -> Result<Vec<PathBuf>, RecordError> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(RecordError::io(folder))? {
        let path = entry.map_err(RecordError::io(folder))?.path();
        if path.extension().is_some_and(|extension| extension == EXTENSION) && path.is_file() {
            found.push(path);
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// Removes the segments that are too old or too many, and tells how many. Those that somebody writes stay.
pub(super) fn retain(folder: &Path, settings: &RecordSettings) -> Result<u64, RecordError> {
    if settings.max_bytes == 0 && settings.max_age_s == 0 {
        return Ok(0);
    }
    // One that is gone meanwhile was removed by another writer.
    let sized = |path: PathBuf| {
        let metadata = path.metadata().ok()?;
        let age = metadata.modified().ok().and_then(|at| at.elapsed().ok()).unwrap_or_default();
        Some((path, metadata.len(), age))
    };
    let segments: Vec<_> = list(folder)?.into_iter().filter_map(sized).collect();
    let mut total: u64 = segments.iter().map(|(_, bytes, _)| bytes).sum();
    let mut removed = 0;
    for (path, bytes, age) in segments {
        let too_many = settings.max_bytes > 0 && total > settings.max_bytes;
        let too_old = settings.max_age_s > 0 && age >= Duration::from_secs(settings.max_age_s);
        if (too_many || too_old) && !is_written(&path) {
            match std::fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(RecordError::io(&path)(error)),
                _ => {
                    total = total.saturating_sub(bytes);
                    removed += 1;
                }
            }
        }
    }
    Ok(removed)
}

/// Whether its writer holds a segment.
fn is_written(path: &Path) -> bool {
    File::open(path).is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}
