//! Records in, examples to the learner.

use std::path::Path;

use cascata_learn::{Learner, RecordReader, Taken};
use cascata_vm::json::{ReadOptions, validate};

use super::{AnswerOf, Args};
use crate::cli::exit::{Exit, Failure};
use crate::cli::input::{Chunk, Input, Splitter};
use crate::cli::stream::{self, Progress};

/// Bad records that are reported one by one; the ones after that are only counted.
const MAX_REPORTS: u64 = 100;

/// What was read.
#[derive(Debug, Default)]
pub struct Counted {
    /// Records, the bad ones included.
    pub records: u64,
    /// Texts that are no record, or have no event.
    pub bad: u64,
}

/// Reads all records.
pub fn records(args: &Args, learner: &mut Learner) -> Result<Counted, Failure> {
    let inputs: Vec<_> = args.records.iter().map(|path| Input::new(path)).collect();
    let size = stream::total_size(&inputs)?;
    let longest = usize::try_from(args.max_event_bytes).unwrap_or(usize::MAX);
    let mut reading = Reading {
        reader: match args.answer {
            AnswerOf::Outcome => RecordReader::new(&args.stage, &args.target, &args.hide),
            AnswerOf::Result => RecordReader::new(&args.stage, &args.target, &args.hide).results(),
        },
        beside: args.events.as_deref().map(|path| Beside::open(path, longest)).transpose()?,
        counted: Counted::default(),
        progress: Progress::new(size, args.quiet),
        fail_fast: args.fail_fast,
    };
    let mut before = 0;
    for input in inputs {
        let name = input.name();
        let fail = |error: std::io::Error| Failure::io(&name, error);
        let opened = input.open().map_err(fail)?;
        let mut splitter = Splitter::new(opened.reader, opened.layout, longest);
        let mut chunk = Chunk::default();
        while splitter.fill(&mut chunk).map_err(fail)? {
            let taken = reading.chunk(&chunk, &name, learner)?;
            reading.progress.advance(taken, before + opened.consumed.load(std::sync::atomic::Ordering::Relaxed));
        }
        before += opened.consumed.load(std::sync::atomic::Ordering::Relaxed);
    }
    reading.progress.finish();
    Ok(reading.counted)
}

struct Reading {
    reader: RecordReader,
    beside: Option<Beside>,
    counted: Counted,
    progress: Progress,
    fail_fast: bool,
}

impl Reading {
    fn chunk(&mut self, chunk: &Chunk, name: &str, learner: &mut Learner) -> Result<u64, Failure> {
        let mut taken = 0;
        for (line, record) in chunk.events() {
            taken += 1;
            self.counted.records += 1;
            let example = match record {
                Ok(record) => self.record(record)?,
                Err(error) => Err(error.to_string()),
            };
            match example {
                Ok(Taken::Example(example)) => learner.add(*example),
                Ok(Taken::NotAsked) => {}
                Err(message) => self.bad(&format!("{name}:{line}: {message}"))?,
            }
        }
        Ok(taken)
    }

    /// One record, with its event where they stand beside each other.
    fn record(&mut self, record: &[u8]) -> Result<Result<Taken, String>, Failure> {
        let Some(beside) = &mut self.beside else {
            return Ok(self.reader.read(record, None).map_err(|error| error.to_string()));
        };
        let line = line_of(record);
        let event = beside.event(line)?;
        Ok(match event {
            Some(event) => self.reader.read(record, Some(&event)).map_err(|error| error.to_string()),
            None => Err("there is no event for this record".to_owned()),
        })
    }

    fn bad(&mut self, message: &str) -> Result<(), Failure> {
        self.counted.bad += 1;
        if self.fail_fast {
            self.progress.finish();
            return Err(Failure::new(Exit::Findings, message));
        }
        if self.counted.bad <= MAX_REPORTS {
            self.progress.say(message);
        }
        if self.counted.bad == MAX_REPORTS {
            self.progress.say("further bad records are counted only");
        }
        Ok(())
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
