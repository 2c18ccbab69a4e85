//! Writing records without holding up whoever decides: they go into a block in memory, a thread compresses and writes it.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::redact::Redaction;
use super::segment::{self, Segment};
use super::{PROGRAMS, RecordError, RecordSettings, Sampler, WhenFull, block};
use crate::DecisionRecord;

/// Writes records into a folder. Cloning is cheap and shares everything; when the last clone is dropped, or at
/// [`close`](Self::close), what waits is written.
#[derive(Clone, Debug)]
pub struct Recorder {
    inner: Arc<Inner>,
}

/// What a recorder did so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Written {
    /// Records on disk.
    pub records: u64,
    /// Records that were dropped: too long, the disk too slow under `when_full: drop`, or not to be written.
    pub dropped: u64,
    /// Blocks on disk.
    pub blocks: u64,
    /// Bytes of text.
    pub text_bytes: u64,
    /// Bytes on disk.
    pub bytes: u64,
    /// Old segments that were removed.
    pub removed_segments: u64,
}

#[derive(Debug)]
struct Inner {
    shared: Arc<Shared>,
    folder: PathBuf,
    settings: RecordSettings,
    sampler: Sampler,
    redaction: Redaction,
    thread: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    /// There is something to do for the thread.
    work: Condvar,
    /// The thread has done something.
    done: Condvar,
}

#[derive(Debug, Default)]
struct State {
    filling: Waiting,
    /// When the first record came into it.
    since: Option<Instant>,
    queue: VecDeque<Waiting>,
    /// The thread writes a block.
    writing: bool,
    /// Write what there is, however little.
    flush: bool,
    closing: bool,
    written: Written,
    failure: Option<RecordError>,
}

/// A block that is to be written.
#[derive(Debug, Default)]
struct Waiting {
    text: Vec<u8>,
    records: u32,
    dropped: u64,
}

impl Recorder {
    /// Opens a folder for writing and makes it where it is not there. Old segments are removed as the settings say.
    ///
    /// # Errors
    /// A setting has a value that it cannot have, or the folder cannot be made, read or written to.
    pub fn open(folder: impl Into<PathBuf>, settings: RecordSettings) -> Result<Self, RecordError> {
        let folder = folder.into();
        settings.check()?;
        let sampler = Sampler::new(&settings)?;
        let redaction = Redaction::new(&settings.redact)?;
        let programs = folder.join(PROGRAMS);
        std::fs::create_dir_all(&programs).map_err(RecordError::io(&programs))?;
        let removed = segment::retain(&folder, &settings)?;
        let shared = Arc::new(Shared::default());
        shared.lock().written.removed_segments = removed;
        let thread = {
            let packer = block::Packer::new().map_err(RecordError::io(&folder))?;
            let (settings, shared) = (settings.clone(), Arc::clone(&shared));
            let writer = Writer { shared, folder: folder.clone(), settings, packer };
            let builder = std::thread::Builder::new().name("records".to_owned());
            builder.spawn(move || writer.run()).map_err(RecordError::io(&folder))?
        };
        let thread = Mutex::new(Some(thread));
        Ok(Self { inner: Arc::new(Inner { shared, folder, settings, sampler, redaction, thread }) })
    }

    /// How it writes.
    #[must_use]
    pub fn settings(&self) -> &RecordSettings {
        &self.inner.settings
    }

    /// Which decisions are to be recorded. Whoever decides asks it before it makes a record.
    #[must_use]
    pub fn sampler(&self) -> &Sampler {
        &self.inner.sampler
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.inner.folder
    }

    /// How much [`write`](Self::write) is to be told: with fields to redact all of it, because their values may stand
    /// anywhere; what is too much is left out after that.
    #[must_use]
    pub fn wanted(&self) -> crate::Mode {
        if self.inner.redaction.is_empty() { self.inner.settings.detail } else { crate::Mode::Full }
    }

    /// Writes a record: redacted, with as much as the settings say. Failures of the disk are told by [`close`](Self::close),
    /// [`flush`](Self::flush) and [`failure`](Self::failure), never to whoever decides.
    pub fn write(&self, mut record: DecisionRecord) {
        let inner = &*self.inner;
        inner.redaction.apply(&mut record);
        record.reduce(inner.settings.detail);
        // A record is plain data with text keys: it always has a JSON form.
        let mut line = serde_json::to_vec(&record).unwrap_or_default();
        line.push(b'\n');
        let mut state = inner.shared.lock();
        if line.len() > inner.settings.max_record_bytes as usize {
            return state.drop_one();
        }
        while state.queue.len() >= inner.settings.queue_blocks as usize && !state.closing {
            match inner.settings.when_full {
                WhenFull::Drop => return state.drop_one(),
                WhenFull::Wait => state = inner.shared.wait(&inner.shared.done, state),
            }
        }
        if state.closing {
            return state.drop_one();
        }
        state.since.get_or_insert_with(Instant::now);
        let first = state.filling.text.is_empty();
        state.filling.text.extend_from_slice(&line);
        state.filling.records += 1;
        let full = state.filling.text.len() >= inner.settings.block_bytes as usize;
        if full {
            state.queue_filling();
        }
        drop(state);
        if full || first {
            inner.shared.work.notify_one();
        }
    }

    /// Keeps the image of a program that decides, so that its decisions can be replayed. `hash` is its own.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn keep_program(&self, hash: &str, image: &[u8]) -> Result<(), RecordError> {
        let path = self.inner.folder.join(PROGRAMS).join(format!("{hash}.cbc"));
        if path.exists() {
            return Ok(());
        }
        let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
        let written = std::fs::write(&temporary, image).and_then(|()| std::fs::rename(&temporary, &path));
        written.map_err(|source| {
            let _ = std::fs::remove_file(&temporary);
            RecordError::Io { path, source }
        })
    }

    /// What was written so far.
    #[must_use]
    pub fn written(&self) -> Written {
        self.inner.shared.lock().written
    }

    /// The first failure of the disk, as text, if there was one since it was told last.
    #[must_use]
    pub fn failure(&self) -> Option<String> {
        self.inner.shared.lock().failure.as_ref().map(ToString::to_string)
    }

    /// Writes what waits and tells when it is written.
    ///
    /// # Errors
    /// The first failure of the disk since it was told last. Records that it hit are counted as dropped.
    pub fn flush(&self) -> Result<Written, RecordError> {
        let shared = &self.inner.shared;
        let mut state = shared.lock();
        state.flush = true;
        shared.work.notify_one();
        while state.is_busy() && !state.closing {
            state = shared.wait(&shared.done, state);
        }
        state.failure.take().map_or(Ok(state.written), Err)
    }

    /// Writes what waits and ends the writing for all clones: what is handed to them after that is dropped.
    ///
    /// # Errors
    /// As [`flush`](Self::flush).
    pub fn close(&self) -> Result<Written, RecordError> {
        self.inner.end();
        let mut state = self.inner.shared.lock();
        state.failure.take().map_or(Ok(state.written), Err)
    }
}

impl Inner {
    fn end(&self) {
        self.shared.lock().closing = true;
        self.shared.work.notify_all();
        self.shared.done.notify_all();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // The thread has nothing that panics; if it did, what it wrote is whole.
            let _ = thread.join();
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.end();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'s>(&self, what: &Condvar, state: MutexGuard<'s, State>) -> MutexGuard<'s, State> {
        what.wait(state).unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn drop_one(&mut self) {
        self.filling.dropped += 1;
        self.written.dropped += 1;
    }

    fn queue_filling(&mut self) {
        let next = Waiting { text: Vec::with_capacity(self.filling.text.capacity()), ..Waiting::default() };
        self.queue.push_back(std::mem::replace(&mut self.filling, next));
        self.since = None;
    }

    fn is_busy(&self) -> bool {
        self.writing || !self.queue.is_empty() || !self.filling.text.is_empty()
    }

    /// Moves what fills up to the blocks to be written, where it has waited long enough.
    fn queue_if_due(&mut self, flush: Duration) {
        let due = self.flush || self.closing || self.since.is_some_and(|since| since.elapsed() >= flush);
        let anything = !self.filling.text.is_empty() || self.closing && self.filling.dropped > 0;
        if due && anything {
            self.queue_filling();
        }
        self.flush = false;
    }
}

/// The thread.
struct Writer {
    shared: Arc<Shared>,
    folder: PathBuf,
    settings: RecordSettings,
    packer: block::Packer,
}

impl Writer {
    fn run(mut self) {
        let mut segment = None;
        while let Some(block) = self.next() {
            let result = self.write(&mut segment, &block);
            let mut state = self.shared.lock();
            state.writing = false;
            match result {
                Ok(bytes) => {
                    state.written.records += u64::from(block.records);
                    state.written.blocks += 1;
                    state.written.text_bytes += block.text.len() as u64;
                    state.written.bytes += bytes;
                }
                Err(error) => {
                    // A part may be written: the next block goes to a segment of its own.
                    segment = None;
                    // Told by the next block that can be written; at the end there is none.
                    if !state.closing {
                        state.filling.dropped += u64::from(block.records) + block.dropped;
                    }
                    state.written.dropped += u64::from(block.records);
                    state.failure.get_or_insert(error);
                }
            }
            drop(state);
            self.shared.done.notify_all();
        }
        if let Some(Err(error)) = segment.map(Segment::close) {
            self.shared.lock().failure.get_or_insert(error);
        }
        self.shared.done.notify_all();
    }

    /// The next block to be written; `None` when it is all over.
    fn next(&self) -> Option<Waiting> {
        let flush = Duration::from_millis(self.settings.flush_ms);
        let mut state = self.shared.lock();
        loop {
            state.queue_if_due(flush);
            if let Some(block) = state.queue.pop_front() {
                state.writing = true;
                return Some(block);
            }
            // Whoever waits for all to be written may go on.
            self.shared.done.notify_all();
            if state.closing {
                return None;
            }
            let left = state.since.map(|since| flush.saturating_sub(since.elapsed()));
            state = match left {
                None => self.shared.wait(&self.shared.work, state),
                Some(left) => self.shared.work.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0,
            };
        }
    }

    fn write(&mut self, current: &mut Option<Segment>, waiting: &Waiting) -> Result<u64, RecordError> {
        let packed = block::pack(&mut self.packer, &waiting.text, waiting.records, waiting.dropped);
        let packed = packed.map_err(RecordError::io(&self.folder))?;
        if let Some(full) = current.take_if(|segment| segment.is_full(&self.settings)) {
            full.close()?;
        }
        let segment = match current {
            Some(segment) => segment,
            None => {
                let removed = segment::retain(&self.folder, &self.settings)?;
                self.shared.lock().written.removed_segments += removed;
                current.insert(Segment::begin(&self.folder, self.settings.sync)?)
            }
        };
        segment.write(&packed)?;
        Ok(packed.len() as u64)
    }
}
