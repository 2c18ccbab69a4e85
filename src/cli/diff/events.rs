//! Which events two cascades decide otherwise.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use cascata_record::{DecisionRecord, Mode};
use cascata_runtime::engine::{Clock, Engine};
use serde::Serialize;
use serde_json::Value;

use super::parts::{Part, decided, differing};
use crate::cli::exit::{Exit, Failure};
use crate::cli::handlers;
use crate::cli::input::{Chunk, Input, Splitter};

/// How the events were decided.
#[derive(Debug, Default, Serialize)]
pub struct Events {
    /// Events that could be read.
    pub events: u64,
    /// Those that are decided otherwise.
    pub differing: u64,
    /// Texts that are no event for either.
    pub bad: u64,
    /// How many events differ in each part.
    pub parts: BTreeMap<String, u64>,
    /// The first of those that differ.
    pub first: Vec<Differing>,
}

/// An event that is decided otherwise.
#[derive(Debug, Serialize)]
pub struct Differing {
    /// Its file, where there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<String>,
    /// The line it starts on, from 1.
    pub line: u64,
    /// Its `id`, if it has one.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub id: Value,
    /// Where the decisions part.
    pub parts: Vec<Part>,
}

/// What events are read and how they are compared.
pub struct Plan<'a> {
    /// Files of events.
    pub inputs: &'a [PathBuf],
    /// The longest event, in bytes.
    pub max_event_bytes: usize,
    /// The parts that count; none means all.
    pub parts: &'a [String],
    /// How many differing events are told.
    pub limit: usize,
}

/// A moment that both cascades take for now, so that none differs for being asked later.
#[derive(Clone, Default)]
pub struct Moment(Arc<AtomicI64>);

impl Moment {
    /// A clock that shows it.
    pub fn clock(&self) -> Clock {
        let moment = Arc::clone(&self.0);
        Clock::new(move || moment.load(Ordering::Relaxed))
    }

    fn advance(&self) {
        self.0.store(Clock::system().now_us(), Ordering::Relaxed);
    }
}

/// Decides every event by both.
pub fn compare(old: &Engine, new: &Engine, moment: &Moment, plan: &Plan<'_>) -> Result<Events, Failure> {
    let runtime = handlers::runtime().build().map_err(|error| Failure::io("async runtime", error))?;
    let mut found = Events::default();
    for path in plan.inputs {
        let input = Input::new(path);
        let fail = |error: std::io::Error| Failure::io(path.display(), error);
        let name = (plan.inputs.len() > 1).then(|| input.name());
        let opened = input.open().map_err(fail)?;
        let mut splitter = Splitter::new(opened.reader, opened.layout, plan.max_event_bytes);
        let mut chunk = Chunk::default();
        while splitter.fill(&mut chunk).map_err(fail)? {
            for (line, event) in chunk.events() {
                let Ok(event) = event else {
                    found.bad += 1;
                    continue;
                };
                moment.advance();
                let (old, new) = (runtime.block_on(decide(old, event)), runtime.block_on(decide(new, event)));
                found.take(name.as_ref(), line, event, &old, &new, plan);
            }
        }
    }
    if found.events == 0 && found.bad > 0 {
        return Err(Failure::new(Exit::Io, format_args!("none of {} events could be read", found.bad)));
    }
    Ok(found)
}

async fn decide(engine: &Engine, event: &[u8]) -> Result<DecisionRecord, String> {
    match engine.execute(event).await {
        Ok(decision) => Ok(decision.record(Mode::Full)),
        Err(error) => Err(format!("{}: {error}", error.code())),
    }
}

impl Events {
    fn take(
        &mut self,
        input: Option<&String>,
        line: u64,
        event: &[u8],
        old: &Result<DecisionRecord, String>,
        new: &Result<DecisionRecord, String>,
        plan: &Plan<'_>,
    ) {
        if old.is_err() && new.is_err() {
            self.bad += 1;
            return;
        }
        self.events += 1;
        let parts = differing(&decided(old), &decided(new), plan.parts);
        if parts.is_empty() {
            return;
        }
        self.differing += 1;
        let mut last = "";
        for part in &parts {
            let whole = part.part.split('.').next().unwrap_or_default();
            // The places of one part stand beside each other.
            if whole != last {
                *self.parts.entry(whole.to_owned()).or_default() += 1;
            }
            last = whole;
        }
        if self.first.len() < plan.limit {
            let id = serde_json::from_slice::<Value>(event).ok().and_then(|event| event.get("id").cloned());
            self.first.push(Differing { input: input.cloned(), line, id: id.unwrap_or_default(), parts });
        }
    }
}
