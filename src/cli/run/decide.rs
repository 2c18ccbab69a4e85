//! One worker: an async runtime of its own, the engine shared by all.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use cascata_record::Mode;
use cascata_runtime::engine::{Decision, Engine, EventError};
use futures_util::StreamExt;
use futures_util::stream::FuturesOrdered;
use tokio::runtime::Runtime;

use super::funnel::Funnel;
use crate::cli::handlers;
use crate::cli::input::{Chunk, InputError};
use crate::cli::stream::{Answer, BadEvent, Decider, End, Stop};

/// What every worker of a run does alike.
#[derive(Clone)]
pub struct Settings {
    /// Decides events.
    pub engine: Arc<Engine>,
    /// How much a record says.
    pub mode: Mode,
    /// Count decisions, write none.
    pub quiet: bool,
    /// End at the first bad or failed event.
    pub fail_fast: bool,
    /// Events of one worker that may wait at the same time, for a retry's delay for example; at least 1.
    pub in_flight: usize,
    /// How records name the inputs, where there are several.
    pub inputs: Arc<[String]>,
    /// Ends the run early.
    pub stop: Stop,
}

/// A worker.
pub struct Worker {
    settings: Settings,
    runtime: Runtime,
}

impl Worker {
    /// Makes a worker for the thread it is called on.
    ///
    /// # Errors
    /// When the async runtime cannot be made.
    pub fn new(settings: Settings) -> io::Result<Self> {
        let runtime = handlers::runtime().build()?;
        Ok(Self { settings, runtime })
    }
}

impl Decider for Worker {
    type Counts = Funnel;

    fn decide(&mut self, chunk: &Chunk, input: usize, answer: &mut Answer<Funnel>) {
        let settings = &self.settings;
        self.runtime.block_on(async {
            tokio::select! {
                biased;
                () = settings.decide_all(chunk, input, answer) => {}
                () = settings.stop.wait() => {}
            }
        });
    }
}

/// An event's way out of a worker.
type Decided = (u64, Result<Decision, BadEvent>);

impl Settings {
    /// Decides in order of the events; several are in flight, so that one that waits does not hold up the others.
    async fn decide_all(&self, chunk: &Chunk, input: usize, answer: &mut Answer<Funnel>) {
        // Until all are answered, the chunk counts as cut short: the future may be dropped at any wait.
        answer.end = Some(End::Stopped);
        let mut events = chunk.events().peekable();
        let mut flying = FuturesOrdered::new();
        loop {
            while flying.len() < self.in_flight && !self.stop.is_set() {
                let Some((line, event)) = events.next() else { break };
                let mut decision = Box::pin(self.decide(line, event));
                if flying.is_empty() {
                    // Most decisions wait for nothing: no need to queue them.
                    if let Poll::Ready(decided) = poll_once(&mut decision).await {
                        if let Some(end) = self.take(decided, input, answer) {
                            answer.end = Some(end);
                            return;
                        }
                        continue;
                    }
                }
                flying.push_back(decision);
            }
            let Some(decided) = flying.next().await else { break };
            if let Some(end) = self.take(decided, input, answer) {
                answer.end = Some(end);
                return;
            }
        }
        if events.peek().is_none() {
            answer.end = None;
        }
    }

    async fn decide(&self, line: u64, event: Result<&[u8], InputError>) -> Decided {
        let bad = |code, message| BadEvent { line, code, message };
        let result = match event {
            Ok(event) => self.engine.execute_unrecorded(event).await.map_err(|error| bad(error.code(), plain(&error))),
            Err(error) => Err(bad(error.code(), error.to_string())),
        };
        (line, result)
    }

    /// Counts and writes down one answer; says where the run ends under `--fail-fast`.
    fn take(&self, (line, result): Decided, input: usize, answer: &mut Answer<Funnel>) -> Option<End> {
        let message = match result {
            Ok(mut decision) => {
                answer.counts.count(&decision);
                self.place(&mut decision, line, input);
                self.engine.record(&decision);
                let fails = self.fail_fast && !decision.success();
                // A record costs more than many a decision, so none is made that nobody sees.
                if self.quiet && !fails {
                    return None;
                }
                if !self.quiet {
                    decision.write_record(self.mode, &mut answer.out);
                    answer.out.push(b'\n');
                }
                if !fails {
                    return None;
                }
                let error = decision.record(Mode::Summary).errors.into_iter().next()?;
                format!("{}: {} ({})", error.stage, error.message, error.code)
            }
            Err(bad) => {
                let message = format!("{}: {}", bad.code, bad.message);
                answer.counts.bad += 1;
                answer.bad.push(bad);
                if !self.fail_fast {
                    return None;
                }
                message
            }
        };
        Some(End::Failed { line, message })
    }

    /// Says in the decision where its event stands.
    fn place(&self, decision: &mut Decision, line: u64, input: usize) {
        decision.set_line(line);
        if let [_, _, ..] = *self.inputs {
            decision.set_metadata("input", self.inputs.get(input).map_or("", String::as_str));
        }
    }
}

/// The message without the word `event`, which stands before every line anyway.
fn plain(error: &EventError) -> String {
    let text = error.to_string();
    text.strip_prefix("event: ").unwrap_or(&text).to_owned()
}

/// The output of a future if it has one without waiting.
async fn poll_once<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    std::future::poll_fn(|context| Poll::Ready(Pin::new(&mut *future).poll(context))).await
}
