//! Deciding a recorded event again.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use cascata::modules::ModuleFolder;
use cascata_record::log::PROGRAMS;
use cascata_record::{CUT_CODE, DecisionRecord, Mode};
use cascata_runtime::FailureKind;
use cascata_runtime::engine::{Clock, Engine};
use cascata_runtime::event::Timestamp;
use cascata_vm::image::{LoadOptions, Program};
use tokio::runtime::Runtime;

use super::recorded::{Slot, Source};
use crate::cli::exit::{Exit, Failure};
use crate::cli::{handlers, load};

/// What was decided again, or why it cannot be.
pub type Decided = Result<DecisionRecord, String>;

/// Decides records again.
pub struct Again {
    /// Where programs are kept.
    programs: PathBuf,
    /// The cascade that is to decide in their place.
    given: Option<Vec<u8>>,
    live: Option<ModuleFolder>,
    slot: Slot,
    /// The engine that decided last, with what it was made for.
    engine: Option<(Fit, Engine)>,
    runtime: Runtime,
}

/// What an engine fits: a program, and which stages ran by which modules.
#[derive(PartialEq)]
struct Fit {
    program: String,
    stages: Vec<(String, Option<String>, bool)>,
    skipped: Vec<String>,
}

impl Again {
    /// Gets ready what all records need: `given` is the image that decides in place of the programs beside the records, `live`
    /// where deterministic stages are loaded from, if they are to run.
    pub fn new(records: &Path, given: Option<Vec<u8>>, live: Option<ModuleFolder>) -> Result<Self, Failure> {
        let folder = if records.is_dir() { Some(records) } else { records.parent() };
        let programs = folder.unwrap_or_else(|| Path::new("")).join(PROGRAMS);
        // Time stands still but for what is waited for; a module that runs needs a clock that goes.
        let runtime = handlers::runtime().start_paused(live.is_none()).build();
        let runtime = runtime.map_err(|error| Failure::io("async runtime", error))?;
        Ok(Self { programs, given, live, slot: Slot::default(), engine: None, runtime })
    }

    /// Decides a record's event again.
    ///
    /// # Errors
    /// A stage's module cannot be loaded.
    pub fn decide(&mut self, record: &Arc<DecisionRecord>) -> Result<Decided, Failure> {
        if let Some(why) = unfit(record) {
            return Ok(Err(why));
        }
        let Some(event) = &record.event else { return Ok(Err("it does not say the event".to_owned())) };
        self.slot.set(Arc::clone(record));
        let engine = match self.engine_for(record)? {
            Ok(engine) => engine,
            Err(why) => return Ok(Err(why)),
        };
        let decided = self.runtime.block_on(engine.execute_unrecorded(event.to_string().as_bytes()));
        Ok(match decided {
            Ok(decision) => {
                let mut replayed = decision.record(Mode::Full);
                replayed.reduce(record.mode);
                Ok(replayed)
            }
            Err(error) => Err(format!("{}: {error}", error.code())),
        })
    }

    fn engine_for(&mut self, record: &DecisionRecord) -> Result<Result<Engine, String>, Failure> {
        let fit = Fit {
            program: record.program_hash.clone(),
            stages: record.stages.iter().map(|ran| (ran.name.clone(), ran.module.clone(), ran.attempts == 1)).collect(),
            // A global timeout is part of how stages answer, and so made anew each time.
            skipped: record.skipped.iter().map(|skipped| format!("{skipped:?}")).collect(),
        };
        let timed_out = record.errors.iter().any(|error| error.kind == FailureKind::GlobalTimeout.name());
        if let Some((made, engine)) = &self.engine
            && *made == fit
            && !timed_out
        {
            return Ok(Ok(engine.clone()));
        }
        let program = match self.program(&record.program_hash) {
            Ok(program) => program,
            Err(why) => return Ok(Err(why)),
        };
        let slot = self.slot.clone();
        // Fits: whoever is replayed was checked to have a time.
        let now = move || slot.get().and_then(|record| micros(&record)).unwrap_or_default();
        let source = Source { slot: self.slot.clone(), live: self.live.clone() };
        let built = Engine::builder(program).clock(Clock::new(now)).source(Arc::new(source)).build();
        let engine = built.map_err(|error| Failure::new(Exit::Handler, handlers::message(&error)))?;
        self.engine = (!timed_out).then(|| (fit, engine.clone()));
        Ok(Ok(engine))
    }

    /// The program that is to decide.
    fn program(&self, hash: &str) -> Result<Program<'static>, String> {
        let image = match &self.given {
            Some(image) => image.clone(),
            None => {
                // The record says the name: it must not lead anywhere else.
                let plain = hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
                let path = self.programs.join(format!("{hash}.cbc"));
                let read =
                    if plain { load::read(&path).map_err(|failure| failure.message) } else { Err(hash.to_owned()) };
                read.map_err(|why| format!("its program is not kept beside it ({why}); --cascade names one"))?
            }
        };
        let program = Program::verify(image, &LoadOptions::default()).map_err(|error| error.to_string())?;
        let found = load::hex(&program.hash());
        if self.given.is_none() && found != hash {
            return Err(format!("the program that is kept under its hash has another: {found}"));
        }
        Ok(program)
    }
}

/// Why a record does not say enough.
fn unfit(record: &DecisionRecord) -> Option<String> {
    if record.mode == Mode::Summary || record.event.is_none() {
        return Some("mode `summary` names the event by its hash only; record with `replay` or `full`".to_owned());
    }
    if let [field, ..] = record.redacted.as_slice() {
        return Some(format!("{field} was redacted"));
    }
    if micros(record).is_none() {
        return Some(format!("`{}` is no moment", record.now));
    }
    if record.errors.iter().any(|error| error.kind == FailureKind::RefusedWrite.name()) {
        return Some("a stage asked for a write that was refused, and records do not hold those".to_owned());
    }
    let event = record.event.as_ref().map(ToString::to_string).unwrap_or_default();
    event.contains(CUT_CODE).then(|| format!("a value deeper than records go was cut ({CUT_CODE})"))
}

fn micros(record: &DecisionRecord) -> Option<i64> {
    Timestamp::parse(&record.now).ok().map(|now| now.to_unix_micros())
}
