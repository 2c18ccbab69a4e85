//! Records in, examples to the learner.

use std::path::Path;
use std::thread;

use cascata_learn::{Learner, RecordReader, Taken};
use cascata_vm::json::{ReadOptions, validate};

use super::{AnswerOf, Args};
use crate::cli::exit::Failure;
use crate::cli::input::{Chunk, Input, Splitter};
use crate::cli::records::{Counted, Reading, Text};
use crate::cli::stream::Stop;

/// What one thread reads with.
struct Worker {
    reader: RecordReader,
    learner: Learner,
    beside: Option<Beside>,
}

/// Reads all records into a learner, with a thread a core; `new` makes the learner of each.
pub fn records(args: &Args, stop: &Stop, new: impl Fn() -> Learner) -> Result<(Learner, Counted), Failure> {
    let longest = usize::try_from(args.max_event_bytes).unwrap_or(usize::MAX);
    let worker = |beside| Worker {
        reader: match args.answer {
            AnswerOf::Outcome => RecordReader::new(&args.stage, &args.target, &args.hide),
            AnswerOf::Result => RecordReader::new(&args.stage, &args.target, &args.hide).results(),
        },
        learner: new(),
        beside,
    };
    let mut workers = match &args.events {
        // They are read along with the records, in order.
        Some(path) => vec![worker(Some(Beside::open(path, longest)?))],
        None => (0..thread::available_parallelism().map_or(1, usize::from)).map(|_| worker(None)).collect(),
    };
    let reading = Reading { paths: &args.records, longest, quiet: args.quiet, fail_fast: args.fail_fast, stop };
    let counted = reading.run(&mut workers, Worker::take)?;
    let mut learner = new();
    workers.into_iter().for_each(|worker| learner.absorb(worker.learner));
    Ok((learner, counted))
}

impl Worker {
    /// One record, with its event where they stand beside each other.
    fn take(&mut self, number: u64, record: Text<'_>) -> Result<Result<(), String>, Failure> {
        let record = record.bytes;
        let read = match &mut self.beside {
            None => self.reader.read(record, None),
            Some(beside) => match beside.event(line_of(record))? {
                Some(event) => self.reader.read(record, Some(&event)),
                None => return Ok(Err("there is no event for this record".to_owned())),
            },
        };
        Ok(match read {
            Ok(Taken::Example(example)) => {
                self.learner.add_numbered(number, *example);
                Ok(())
            }
            Ok(Taken::NotAsked) => Ok(()),
            Err(error) => Err(error.to_string()),
        })
    }
}

/// The line of the event a record was decided from, as `cascata run` notes it.
fn line_of(record: &[u8]) -> Option<u64> {
    let text = validate(record, &ReadOptions::default()).ok()?;
    let path = ["metadata", "line"].map(|key| cascata_vm::Segment::Key(key.to_owned()));
    match cascata_vm::json::lookup(text, &path) {
        cascata_vm::Value::Int(line) => u64::try_from(line).ok(),
        _ => None,
    }
}

/// The events of the records, read along with them.
struct Beside {
    splitter: Splitter<Box<dyn std::io::Read + Send>>,
    name: String,
    chunk: Chunk,
    next: usize,
    /// The line of the event that was read last.
    line: u64,
}

impl Beside {
    fn open(path: &Path, longest: usize) -> Result<Self, Failure> {
        let input = Input::new(path);
        let name = input.name();
        let opened = input.open().map_err(|error| Failure::io(&name, error))?;
        let splitter = Splitter::new(opened.reader, opened.layout, longest);
        Ok(Self { splitter, name, chunk: Chunk::default(), next: 0, line: 0 })
    }

    /// The event on a line (the next one where the record names none); lines before it are left out.
    fn event(&mut self, wanted: Option<u64>) -> Result<Option<String>, Failure> {
        loop {
            let found = self.chunk.events().nth(self.next).map(|(line, event)| {
                (line, event.ok().and_then(|event| std::str::from_utf8(event).ok()).map(str::to_owned))
            });
            match found {
                Some((line, event)) => {
                    self.next += 1;
                    self.line = line;
                    if wanted.is_none_or(|wanted| wanted == line) {
                        return Ok(event);
                    }
                    if wanted.is_some_and(|wanted| wanted < line) {
                        self.next -= 1;
                        return Ok(None);
                    }
                }
                None => {
                    self.next = 0;
                    let more = self.splitter.fill(&mut self.chunk).map_err(|error| Failure::io(&self.name, error))?;
                    if !more {
                        return Ok(None);
                    }
                }
            }
        }
    }
}
