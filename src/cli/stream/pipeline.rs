//! Reading, deciding and writing at the same time, with the order of the events kept and the memory bounded.
//!
//! ```text
//!            ┌──────────────── empty jobs, a fixed number ────────────────┐
//!            ▼                                                            │
//! reader: Splitter ─▶ job 1, 2, 3, … ─▶ workers, one thread each ─▶ writer: by number
//! ```
//!
//! A job is a chunk of events and, later, their answers. There are a few more jobs than workers and they are used
//! again, so a slow writer or worker holds the reader back. Whatever ends a run early (Ctrl-C, `--fail-fast`, a
//! closed pipe) ends it after a prefix of the events: what was written is what came first, without a gap.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::answer::Answer;
use super::stop::Stop;
use crate::cli::input::{Chunk, Input, Splitter};

/// How often the writer looks whether the run was stopped while nothing arrives.
const STOP_POLL: Duration = Duration::from_millis(25);

/// A chunk of events on its way round.
#[derive(Default)]
pub struct Job<C> {
    /// Its place among all jobs, from 0.
    number: u64,
    /// The events.
    pub chunk: Chunk,
    /// Which input they are from.
    pub input: usize,
    /// Bytes of all inputs taken up to the end of this chunk, as they lie on disk.
    pub consumed: u64,
    /// What was decided.
    pub answer: Answer<C>,
    /// Why the input could not be read any further.
    pub failure: Option<io::Error>,
}

/// What a run reads and how wide it is.
pub struct Plan {
    /// Where events come from, in order.
    pub inputs: Vec<Input>,
    /// Threads that decide; at least 1.
    pub jobs: usize,
    /// The longest event that is read, in bytes.
    pub max_event_bytes: usize,
}

/// Decides the events of a chunk, in order. One per worker thread.
pub trait Decider {
    /// What it counts.
    type Counts: Default + Send + 'static;

    /// Answers the events of `chunk` until all are done or `answer` says that the run ends here.
    fn decide(&mut self, chunk: &Chunk, input: usize, answer: &mut Answer<Self::Counts>);
}

/// How a run ended, besides what the answers say.
#[derive(Debug, Default)]
pub struct Ended {
    /// The first failure to write what was decided.
    pub write_error: Option<io::Error>,
}

/// Runs everything; `written` sees every job in order, after its output was written.
///
/// # Errors
/// When a thread cannot be started.
pub fn run<D: Decider>(
    plan: Plan,
    stop: &Stop,
    make_decider: impl Fn() -> io::Result<D> + Send + Sync + 'static,
    out: &mut dyn Write,
    mut written: impl FnMut(&Job<D::Counts>),
) -> io::Result<Ended> {
    let jobs = plan.jobs.max(1);
    let pool = jobs * 2 + 2;
    let (free_sender, free) = sync_channel::<Job<D::Counts>>(pool);
    let (todo_sender, todo) = sync_channel::<Job<D::Counts>>(pool);
    let (done_sender, done) = sync_channel::<Job<D::Counts>>(pool);
    for _ in 0..pool {
        // The channel holds exactly this many.
        let _ = free_sender.send(Job::default());
    }
    let handed = Arc::new(AtomicU64::new(0));

    let todo = Arc::new(Mutex::new(todo));
    let make_decider = Arc::new(make_decider);
    for number in 0..jobs {
        let (todo, done, make) = (Arc::clone(&todo), done_sender.clone(), Arc::clone(&make_decider));
        // Made inside its thread: a decider may hold what must not move between threads.
        thread::Builder::new().name(format!("decide-{number}")).spawn(move || work(&todo, &done, &*make))?;
    }
    drop(done_sender);
    let reader = Reader { free, todo: todo_sender, stop: stop.clone(), handed: Arc::clone(&handed) };
    // Not joined: it may sit in a read from a terminal or pipe that never returns.
    thread::Builder::new().name("read".to_owned()).spawn(move || reader.read(&plan.inputs, plan.max_event_bytes))?;

    let mut ended = Ended::default();
    let mut next = 0;
    let mut waiting = BTreeMap::new();
    'writing: loop {
        let job = match done.recv_timeout(STOP_POLL) {
            Ok(job) => job,
            Err(RecvTimeoutError::Timeout) if stop.is_set() && handed.load(Ordering::Acquire) == next => break,
            Err(RecvTimeoutError::Timeout) => continue,
            Err(RecvTimeoutError::Disconnected) => break,
        };
        waiting.insert(job.number, job);
        while let Some(mut job) = waiting.remove(&next) {
            next += 1;
            if let Err(error) = out.write_all(&job.answer.out).and_then(|()| out.flush()) {
                ended.write_error = Some(error);
                break 'writing;
            }
            written(&job);
            if job.answer.ends_run() {
                break 'writing;
            }
            job.answer.reset();
            job.failure = None;
            // The reader may have ended.
            let _ = free_sender.send(job);
        }
    }
    stop.set();
    Ok(ended)
}

/// One worker thread: takes jobs until there are none.
fn work<D: Decider>(
    todo: &Mutex<Receiver<Job<D::Counts>>>,
    done: &SyncSender<Job<D::Counts>>,
    make: &dyn Fn() -> io::Result<D>,
) {
    let mut decider = make();
    loop {
        let job = todo.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(mut job) = job else { return };
        match &mut decider {
            Ok(decider) => decider.decide(&job.chunk, job.input, &mut job.answer),
            Err(error) => job.failure = Some(io::Error::new(error.kind(), error.to_string())),
        }
        if done.send(job).is_err() {
            return;
        }
    }
}

/// The reading thread.
struct Reader<C> {
    free: Receiver<Job<C>>,
    todo: SyncSender<Job<C>>,
    stop: Stop,
    handed: Arc<AtomicU64>,
}

impl<C: Default> Reader<C> {
    fn read(self, inputs: &[Input], max_event_bytes: usize) {
        let mut before = 0;
        for (number, input) in inputs.iter().enumerate() {
            let opened = match input.open() {
                Ok(opened) => opened,
                Err(error) => {
                    let Ok(mut job) = self.free.recv() else { return };
                    job.chunk = Chunk::default();
                    job.failure = Some(error);
                    if !self.hand(job, number, before) {
                        return;
                    }
                    continue;
                }
            };
            let mut splitter = Splitter::new(opened.reader, opened.layout, max_event_bytes);
            loop {
                let Ok(mut job) = self.free.recv() else { return };
                let more = splitter.fill(&mut job.chunk);
                let consumed = before + opened.consumed.load(Ordering::Relaxed);
                let last = !matches!(more, Ok(true));
                job.failure = more.err();
                // Handed on even when empty: the job goes back to the pool by way of the writer.
                if !self.hand(job, number, consumed) {
                    return;
                }
                if last {
                    break;
                }
            }
            before += opened.consumed.load(Ordering::Relaxed);
        }
    }

    /// Gives a job to the workers; false when the run is over.
    fn hand(&self, mut job: Job<C>, input: usize, consumed: u64) -> bool {
        if self.stop.is_set() {
            return false;
        }
        job.number = self.handed.fetch_add(1, Ordering::AcqRel);
        job.input = input;
        job.consumed = consumed;
        self.todo.send(job).is_ok()
    }
}
