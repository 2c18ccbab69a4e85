//! Records through workers, a thread each: what `learn` and `propose backtest` have in common.

use std::panic::resume_unwind;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use cascata_record::log::Damage;

use super::batches::{Batch, Batches, Read, Text, reader};
use crate::cli::exit::{Exit, Failure};
use crate::cli::stream::{Progress, Stop};

/// Bad records that are reported one by one; the ones after that are only counted.
const MAX_REPORTS: u64 = 100;

/// Batches that wait for each worker.
const WAITING: usize = 2;

/// How long nothing may come before it is asked whether anybody still wants it.
const LOOK_AROUND: Duration = Duration::from_millis(50);

/// How records are read.
pub struct Reading<'r> {
    /// Folders, segments, files; `-` is stdin.
    pub paths: &'r [PathBuf],
    /// The longest record of a stream, in bytes.
    pub longest: usize,
    /// No progress.
    pub quiet: bool,
    /// The first bad record ends it.
    pub fail_fast: bool,
    /// Ctrl-C ends it.
    pub stop: &'r Stop,
}

/// What was read.
#[derive(Debug, Default)]
pub struct Counted {
    /// Records, the bad ones included.
    pub records: u64,
    /// Texts that could not be used.
    pub bad: u64,
    /// How the verb ends if nothing else is wrong: files of recorders may be damaged.
    pub damaged: bool,
}

impl Reading<'_> {
    /// Hands each record with its number, from 1, to a worker. What a worker says of a record is told on stderr.
    ///
    /// # Errors
    /// Something cannot be read, a record is bad and that ends it, or Ctrl-C was pressed.
    pub fn run<W, T>(&self, workers: &mut [W], take: T) -> Result<Counted, Failure>
    where
        W: Send,
        T: Fn(&mut W, u64, Text<'_>) -> Result<Result<(), String>, Failure> + Sync,
    {
        let batches = Batches::open(self.paths, self.longest)?;
        let mut progress = Progress::new(batches.size(), self.quiet);
        let (send, receive) = sync_channel::<(u64, Batch)>(WAITING * workers.len().max(1));
        let (receive, failed, bad) = (Mutex::new(receive), AtomicBool::new(false), Mutex::new(Bad::default()));
        let worker = |worker: &mut W| self.work(worker, &receive, (&bad, &failed), &take);
        let ended = thread::scope(|scope| {
            let running: Vec<_> = workers.iter_mut().map(|one| scope.spawn(|| worker(one))).collect();
            let mut told = |count, consumed| {
                locked(&bad).say(&progress);
                progress.advance(count, consumed);
            };
            let read = self.hand_out(&reader(batches), &send, &failed, &mut told);
            drop(send);
            let ended = running
                .into_iter()
                .map(|one| one.join().unwrap_or_else(|panic| resume_unwind(panic)))
                .collect::<Result<Vec<()>, _>>();
            ended.and(read)
        });
        let bad = bad.into_inner().unwrap_or_else(PoisonError::into_inner);
        bad.say_all(&progress);
        progress.finish();
        let (records, damages, count) = ended?;
        if self.stop.interrupted() {
            return Err(Failure::new(Exit::Interrupted, "interrupted; nothing was written"));
        }
        let damaged = super::tell(&damages, count) != Exit::Ok;
        Ok(Counted { records, bad: bad.count, damaged })
    }

    /// Passes batches on to the workers, until there are no more or somebody wants none: how many records, and what was damaged.
    fn hand_out(
        &self,
        from: &Receiver<Read>,
        to: &SyncSender<(u64, Batch)>,
        failed: &AtomicBool,
        told: &mut dyn FnMut(u64, u64),
    ) -> Result<(u64, Vec<Damage>, u64), Failure> {
        let (mut records, mut taken) = (0, 0);
        while !self.stop.is_set() && !failed.load(Ordering::Relaxed) {
            match from.recv_timeout(LOOK_AROUND) {
                Ok(Read::Batch(batch, consumed)) => {
                    let count = batch.places();
                    if to.send((records + 1, batch)).is_err() {
                        break;
                    }
                    records += count;
                    taken = consumed;
                    told(count, taken);
                }
                Ok(Read::End(damages, count)) => return Ok((records, damages, count)),
                Ok(Read::Failed(failure)) => return Err(failure),
                // Workers may have something to say by now.
                Err(RecvTimeoutError::Timeout) => told(0, taken),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        Ok((records, Vec::new(), 0))
    }

    fn work<W, T>(
        &self,
        worker: &mut W,
        receive: &Mutex<Receiver<(u64, Batch)>>,
        (bad, failed): (&Mutex<Bad>, &AtomicBool),
        take: &T,
    ) -> Result<(), Failure>
    where
        T: Fn(&mut W, u64, Text<'_>) -> Result<Result<(), String>, Failure>,
    {
        let mut ended = Ok(());
        loop {
            // What comes after a failure is taken and dropped, so that whoever hands it out never waits in vain.
            let received = locked(receive).recv();
            let Ok((first, batch)) = received else { return ended };
            let mut number = first;
            batch.each(|place, record| {
                if ended.is_err() || self.stop.is_set() {
                    return;
                }
                let taken = match record {
                    Ok(record) => take(worker, number, record),
                    Err(message) => Ok(Err(message)),
                };
                number += 1;
                match taken {
                    Ok(Ok(())) => {}
                    Ok(Err(message)) if self.fail_fast => {
                        ended = Err(Failure::new(Exit::Findings, format_args!("{place}: {message}")));
                    }
                    Ok(Err(message)) => locked(bad).add(|| format!("{place}: {message}")),
                    Err(failure) => ended = Err(failure),
                }
            });
            failed.fetch_or(ended.is_err(), Ordering::Relaxed);
        }
    }
}

/// Records that could not be used.
#[derive(Default)]
struct Bad {
    count: u64,
    waiting: Vec<String>,
}

impl Bad {
    fn add(&mut self, message: impl FnOnce() -> String) {
        self.count += 1;
        if self.count <= MAX_REPORTS {
            self.waiting.push(message());
        }
        if self.count == MAX_REPORTS {
            self.waiting.push("further bad records are counted only".to_owned());
        }
    }

    fn say(&mut self, progress: &Progress) {
        self.waiting.drain(..).for_each(|message| progress.say(&message));
    }

    fn say_all(&self, progress: &Progress) {
        self.waiting.iter().for_each(|message| progress.say(message));
    }
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // What a worker that panicked held is counts, which are as good as they were.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
