//! The file and the thread that writes it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use redb::{
    ConcurrencyMode, Database, DatabaseError, ReadableDatabase as _, ReadableTable as _, TableDefinition, TableError,
};

use super::KIND;
use crate::codec::{decode, encode};
use crate::record::{Record, Space};
use crate::transition::{Change, Write};
use crate::{Clock, StoreError};

type Records = TableDefinition<'static, &'static str, &'static [u8]>;

const ENTRIES: Records = TableDefinition::new("entries");
const LIMITS: Records = TableDefinition::new("limits");
const COUNTERS: Records = TableDefinition::new("counters");
/// The last version that was given, under the empty key.
const VERSIONS: TableDefinition<'static, &'static str, u64> = TableDefinition::new("versions");

/// Jobs of one transaction.
const BATCH: usize = 512;

/// Memory for pages of the file.
const CACHE_BYTES: usize = 16 << 20;

/// Tells a caller how its job ended, once the transaction has.
pub(super) type Answer = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

/// What is done in a transaction.
pub(super) type Job = Box<dyn FnOnce(&mut Batch<'_>) -> Answer + Send>;

/// The file, open; the thread ends and the file is closed with it.
pub(super) struct Writer {
    database: Arc<Database>,
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").finish_non_exhaustive()
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.jobs.take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Writer {
    pub(super) fn open(path: PathBuf, clock: Clock, cleanup_interval: Duration) -> Result<Self, StoreError> {
        let database = Arc::new(open(&path)?);
        let (jobs, queue) = mpsc::channel();
        let writing = Arc::clone(&database);
        let thread = std::thread::Builder::new()
            .name("cascata-store".to_owned())
            .spawn(move || work(&writing, &queue, &clock, cleanup_interval))
            .map_err(|error| refused(&error))?;
        Ok(Self { database, jobs: Some(jobs), thread: Some(thread) })
    }

    pub(super) fn send(&self, job: Job) -> Result<(), StoreError> {
        self.jobs.as_ref().and_then(|jobs| jobs.send(job).ok()).ok_or_else(stopped)
    }

    /// Reads a record without waiting for those who write.
    pub(super) async fn get(&self, space: Space, key: &str) -> Result<Option<Record>, StoreError> {
        let (database, key) = (Arc::clone(&self.database), key.to_owned());
        let read = tokio::task::spawn_blocking(move || {
            let transaction = database.begin_read().map_err(|error| refused(&error))?;
            let table = match transaction.open_table(definition(space)) {
                Ok(table) => table,
                Err(TableError::TableDoesNotExist(_)) => return Ok(None),
                Err(error) => return Err(refused(&error)),
            };
            let found = table.get(key.as_str()).map_err(|error| refused(&error))?;
            found
                .map(|bytes| decode(bytes.value()).ok_or_else(|| StoreError::Unreadable { key: key.clone() }))
                .transpose()
        });
        read.await.unwrap_or_else(|_| Err(stopped()))
    }
}

/// One transaction.
pub(super) struct Batch<'a> {
    transaction: &'a redb::WriteTransaction,
    now: i64,
    changed: bool,
}

impl Batch<'_> {
    /// Applies an operation to a record; gives its answer and the version of what it wrote, if it wrote.
    pub(super) fn apply<T>(
        &mut self,
        space: Space,
        key: &str,
        apply: impl FnOnce(Option<&Record>, i64) -> (Change, T),
    ) -> Result<(T, u64), StoreError> {
        let mut table = self.transaction.open_table(definition(space)).map_err(|error| refused(&error))?;
        let found = match table.get(key).map_err(|error| refused(&error))? {
            Some(bytes) => Some(decode(bytes.value()).ok_or_else(|| StoreError::Unreadable { key: key.to_owned() })?),
            None => None,
        };
        let (change, answer) = apply(found.as_ref().filter(|record| !record.is_expired(self.now)), self.now);
        let version = match change {
            Change::Keep => 0,
            Change::Remove => {
                table.remove(key).map_err(|error| refused(&error))?;
                self.changed = true;
                0
            }
            Change::Write(Write { body, token, expires_us }) => {
                let version = self.version()?;
                let record = Record { version, token, written_us: self.now, expires_us, body };
                table.insert(key, encode(&record).as_slice()).map_err(|error| refused(&error))?;
                self.changed = true;
                version
            }
        };
        Ok((answer, version))
    }

    /// Removes what has expired.
    pub(super) fn purge(&mut self) -> Result<u64, StoreError> {
        let (now, mut removed) = (self.now, 0_u64);
        for space in [Space::Entries, Space::Limits, Space::Counters] {
            let mut table = self.transaction.open_table(definition(space)).map_err(|error| refused(&error))?;
            // What cannot be read stays, for whoever wrote it.
            let keep = |_: &str, bytes: &[u8]| {
                let expired = decode(bytes).is_some_and(|record| record.is_expired(now));
                removed = removed.saturating_add(u64::from(expired));
                !expired
            };
            table.retain(keep).map_err(|error| refused(&error))?;
        }
        self.changed |= removed > 0;
        Ok(removed)
    }

    fn version(&self) -> Result<u64, StoreError> {
        let mut versions = self.transaction.open_table(VERSIONS).map_err(|error| refused(&error))?;
        let last = versions.get("").map_err(|error| refused(&error))?.map_or(0, |last| last.value());
        let next = last.saturating_add(1);
        versions.insert("", next).map_err(|error| refused(&error))?;
        Ok(next)
    }
}

/// Does jobs until nobody can send any more.
fn work(database: &Database, queue: &Receiver<Job>, clock: &Clock, cleanup_interval: Duration) {
    let mut cleaned = Instant::now();
    loop {
        let mut jobs = match queue.recv_timeout(cleanup_interval) {
            Ok(job) => vec![job],
            Err(RecvTimeoutError::Timeout) => Vec::new(),
            Err(RecvTimeoutError::Disconnected) => return,
        };
        jobs.extend(queue.try_iter().take(BATCH));
        if cleaned.elapsed() >= cleanup_interval {
            cleaned = Instant::now();
            jobs.push(Box::new(|batch: &mut Batch<'_>| {
                // Next time, if it cannot be done now.
                let _ = batch.purge();
                Box::new(|_| {})
            }));
        }
        if !jobs.is_empty() {
            transact(database, jobs, clock);
        }
    }
}

/// Does jobs in one transaction and tells everybody how it ended.
fn transact(database: &Database, jobs: Vec<Job>, clock: &Clock) {
    // Where none can be begun, callers learn it when their jobs are dropped.
    let Ok(transaction) = database.begin_write() else { return };
    let mut batch = Batch { transaction: &transaction, now: clock.now_us(), changed: false };
    let answers: Vec<_> = jobs.into_iter().map(|job| job(&mut batch)).collect();
    let changed = batch.changed;
    let committed = if changed {
        transaction.commit().map_err(|error| refused(&error))
    } else {
        transaction.abort().map_err(|error| refused(&error))
    };
    for answer in answers {
        answer(committed.clone());
    }
}

fn open(path: &Path) -> Result<Database, StoreError> {
    let opened =
        Database::builder().set_cache_size(CACHE_BYTES).set_concurrency_mode(ConcurrencyMode::MultiWriter).create(path);
    opened.map_err(|error| match error {
        DatabaseError::DatabaseAlreadyOpen | DatabaseError::LockProtocolMismatch => {
            StoreError::Locked { path: path.display().to_string() }
        }
        other => StoreError::Refused { store: KIND, why: format!("{}: {other}", path.display()) },
    })
}

const fn definition(space: Space) -> Records {
    match space {
        Space::Entries => ENTRIES,
        Space::Limits => LIMITS,
        Space::Counters => COUNTERS,
    }
}

fn refused(error: &dyn std::error::Error) -> StoreError {
    StoreError::Refused { store: KIND, why: error.to_string() }
}

pub(super) fn stopped() -> StoreError {
    StoreError::Unreachable { store: KIND, why: "no transaction on the file could be begun".to_owned() }
}
