//! What is told about a stream while it goes on and at its end.

use super::{End, Job, Progress};
use crate::cli::exit::Exit;
use crate::cli::terminal;

/// Bad events that are reported one by one; the ones after that are only counted.
const MAX_REPORTS: u64 = 100;

/// Reports bad events and unreadable inputs, and knows how the process should end.
pub struct Report<'a> {
    names: &'a [String],
    /// The line on the terminal.
    pub progress: Progress,
    end: Option<(usize, End)>,
    reported: u64,
    unreadable: bool,
}

impl<'a> Report<'a> {
    /// Nothing to tell yet. `names` are those of the inputs.
    pub const fn new(names: &'a [String], progress: Progress) -> Self {
        Self { names, progress, end: None, reported: 0, unreadable: false }
    }

    fn name(&self, input: usize) -> &str {
        self.names.get(input).map_or("", String::as_str)
    }

    /// Takes a chunk of `events` whose answers are written.
    pub fn take<C>(&mut self, job: &Job<C>, events: u64) {
        for event in &job.answer.bad {
            self.reported += 1;
            if self.reported <= MAX_REPORTS {
                let name = self.name(job.input);
                self.progress.say(&format!("{name}:{}: {}: {}", event.line, event.code, event.message));
            } else if self.reported == MAX_REPORTS + 1 {
                self.progress.say("further bad events are only counted");
            }
        }
        if let Some(error) = &job.failure {
            self.unreadable = true;
            self.progress.say(&format!("{}: {error}", self.name(job.input)));
        }
        if let Some(end) = &job.answer.end {
            self.end = Some((job.input, end.clone()));
        }
        self.progress.advance(events, job.consumed);
    }

    /// Says why it ended early, if it did, after `events`.
    pub fn finish(&self, events: u64, interrupted: bool) {
        if interrupted {
            let events = terminal::count(events, "event");
            eprintln!("interrupted after {events}; all answers up to there are written");
        }
        if let Some((input, End::Failed { line, message })) = &self.end {
            eprintln!("{}:{line}: {message}; ended by --fail-fast", self.name(*input));
        }
    }

    /// How the process ends.
    pub const fn exit(&self, interrupted: bool) -> Exit {
        match &self.end {
            Some((_, End::Failed { .. })) => Exit::Findings,
            _ if interrupted => Exit::Interrupted,
            _ if self.unreadable => Exit::Io,
            _ => Exit::Ok,
        }
    }
}
