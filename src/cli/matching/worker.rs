//! One worker: matches the events of a chunk.

use std::sync::Arc;

use cascata_runtime::matching::{MatchWorker, Matching};
use cascata_vm::ListId;
use cascata_vm::eval::Select;

use super::counts::Counts;
use super::lines::Lines;
use crate::cli::input::Chunk;
use crate::cli::stream::{Answer, BadEvent, Decider, End, Stop};

/// Events between two looks whether somebody pressed Ctrl-C.
const STOP_EVERY: usize = 64;

/// What every worker does alike.
#[derive(Clone)]
pub struct Settings {
    /// Rules and how events are read.
    pub matching: Arc<Matching>,
    /// The rule sets.
    pub lists: Arc<[ListId]>,
    /// Which matches are wanted.
    pub select: Select,
    /// Writes matches; nothing where they are only counted.
    pub lines: Option<Arc<Lines>>,
    /// End at the first bad event or undecided rule.
    pub fail_fast: bool,
    /// Ends the run early.
    pub stop: Stop,
}

/// A worker.
pub struct Worker {
    settings: Settings,
    worker: MatchWorker,
}

impl Worker {
    /// A worker with empty buffers.
    pub fn new(settings: Settings) -> Self {
        let worker = MatchWorker::new(Arc::clone(&settings.matching));
        Self { settings, worker }
    }

    /// Matches one event; why the run ends with it, if it does.
    fn event(&mut self, line: u64, event: &[u8], input: usize, answer: &mut Answer<Counts>) -> Result<(), BadEvent> {
        let bad = |code, message| BadEvent { line, code, message };
        self.worker.begin(event).map_err(|error| {
            let text = error.to_string();
            bad(error.code(), text.strip_prefix("event: ").unwrap_or(&text).to_owned())
        })?;
        let Settings { lists, select, lines, .. } = &self.settings;
        let mut undecided = None;
        for list in lists.iter() {
            let matcher = self.worker.matches(*list, *select);
            answer.counts.matched.extend(matcher.matches());
            answer.counts.errors += matcher.errors().len() as u64;
            undecided = undecided.or_else(|| matcher.errors().iter().find(|error| !error.shadow).copied());
            if let Some(lines) = lines {
                for matched in matcher.answers() {
                    lines.answer(matched, line, input, &mut answer.out);
                }
                for error in matcher.errors() {
                    lines.error(error, line, input, &mut answer.out);
                }
            }
        }
        let Some(error) = undecided.filter(|_| self.settings.fail_fast) else { return Ok(()) };
        let rule = self.settings.matching.program().rule(error.rule).map_or("", |rule| rule.name()).to_owned();
        let kind = error.trap.kind;
        answer.end = Some(End::Failed { line, message: format!("rule `{rule}`: {}: {}", kind.code(), kind.text()) });
        Ok(())
    }
}

impl Decider for Worker {
    type Counts = Counts;

    fn decide(&mut self, chunk: &Chunk, input: usize, answer: &mut Answer<Counts>) {
        for (number, (line, event)) in chunk.events().enumerate() {
            if number.is_multiple_of(STOP_EVERY) && self.settings.stop.is_set() {
                answer.end = Some(End::Stopped);
                return;
            }
            answer.counts.events += 1;
            let matched = match event {
                Ok(event) => {
                    answer.counts.bytes += event.len() as u64;
                    self.event(line, event, input, answer)
                }
                Err(error) => Err(BadEvent { line, code: error.code(), message: error.to_string() }),
            };
            if let Err(bad) = matched {
                answer.counts.bad += 1;
                if self.settings.fail_fast {
                    answer.end = Some(End::Failed { line, message: format!("{}: {}", bad.code, bad.message) });
                }
                answer.bad.push(bad);
            }
            if answer.end.is_some() {
                return;
            }
        }
    }
}
