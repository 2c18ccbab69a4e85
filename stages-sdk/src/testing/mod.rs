//! Stages tested natively: `cargo test` on the host, no WebAssembly toolchain.
//!
//! The stage's code runs unchanged; the imports it calls are answered here, over `serde_json`, with the meaning the
//! engine gives them: the same tags, the same handles, the same refusals.
//!
//! ```
//! use cascata_stage::prelude::*;
//! use cascata_stage::testing;
//!
//! stage!(fn score(event: &Event) -> Result<Outcome, StageError> {
//!     let amount = event.get("amount").as_f64().ok_or(StageError::invalid_input("no amount"))?;
//!     Ok(Outcome::new(if amount > 1000.0 { "review" } else { "pass" }))
//! });
//!
//! # fn main() {
//! assert_eq!(testing::run(&STAGE, r#"{"amount": 1500}"#).unwrap().result, "review");
//! assert_eq!(testing::run(&STAGE, "{}").unwrap_err().message, "no amount");
//! # }
//! ```

pub(crate) mod capabilities;
pub(crate) mod host;
mod path;

pub use capabilities::{Asked, Kv, Metric, Reply};

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde_json::Value as Json;

use self::capabilities::Given;
use crate::http::HttpError;
use crate::{ErrorCode, Level, Outcome, Stage, StageError};

/// A call to be made of a stage: the event, and what the engine would add to it.
#[derive(Clone, Debug)]
#[must_use]
pub struct Call {
    event: Json,
    config: Json,
    stages: Json,
    attempt: u32,
    remaining_ms: u64,
    fencing_token: Option<u64>,
    given: Given,
}

/// What came of a call.
#[derive(Clone, Debug)]
pub struct Report {
    /// The stage's answer.
    pub answer: Result<Outcome, StageError>,
    /// Writes in order, path and JSON text. Empty if the stage failed, as in the engine.
    pub writes: Vec<(String, String)>,
    /// Log lines in order.
    pub logs: Vec<(Level, String)>,
    /// Requests in order, answered or not.
    pub requests: Vec<Asked>,
    /// Figures in order. Kept if the stage failed, as in the engine.
    pub metrics: Vec<Metric>,
}

/// Runs a stage on an event, without configuration.
///
/// # Errors
/// If the stage failed, or did what the engine refuses (a result its manifest does not list, a confidence outside
/// 0 to 1, data that is no JSON object): then the code is [`ErrorCode::Internal`] and the message says so.
///
/// # Panics
/// If `event` is no JSON.
pub fn run(stage: &Stage, event: &str) -> Result<Outcome, StageError> {
    Call::new(event).run(stage).answer
}

impl Call {
    /// A first attempt at an event with 30 seconds left.
    ///
    /// # Panics
    /// If `event` is no JSON.
    pub fn new(event: &str) -> Self {
        Self {
            event: parse(event, "the event"),
            config: Json::Object(serde_json::Map::new()),
            stages: Json::Null,
            attempt: 1,
            remaining_ms: 30_000,
            fencing_token: None,
            given: Given::default(),
        }
    }

    /// Sets the `with:` block, as JSON.
    ///
    /// # Panics
    /// If `config` is no JSON.
    pub fn config(mut self, config: &str) -> Self {
        self.config = parse(config, "the configuration");
        self
    }

    /// Sets earlier stages' results, as a JSON object by stage name: `{"A": {"result": "pass", "data": {}}}`.
    ///
    /// # Panics
    /// If `stages` is no JSON.
    pub fn stages(mut self, stages: &str) -> Self {
        self.stages = parse(stages, "the stage results");
        self
    }

    /// Sets which attempt this is, from 1.
    pub fn attempt(mut self, attempt: u32) -> Self {
        self.attempt = attempt;
        self
    }

    /// Sets the milliseconds left.
    pub fn remaining_ms(mut self, ms: u64) -> Self {
        self.remaining_ms = ms;
        self
    }

    /// Sets the fencing token.
    pub fn fencing_token(mut self, token: u64) -> Self {
        self.fencing_token = Some(token);
        self
    }

    /// Gives the capability `kv`, on what several calls may share.
    pub fn kv(mut self, kv: &Kv) -> Self {
        self.given.kv = Some(kv.clone());
        self
    }

    /// Gives the capability `http`, and says what a request is answered: `GET https://api.example.com/score`. Several answers to the
    /// same line are given in turn, the last one from then on; a request without one is not allowed.
    pub fn answers(mut self, line: &str, answer: Result<Reply, HttpError>) -> Self {
        self.given.answers.push((line.to_string(), answer));
        self
    }

    /// Gives the capability `secrets`, and a secret.
    pub fn secret(mut self, name: &str, value: &str) -> Self {
        self.given.secrets.insert(name.to_string(), value.to_string());
        self
    }

    /// Gives the capability `clock`, which stands at these milliseconds since 1970.
    pub fn clock(mut self, now_ms: u64) -> Self {
        self.given.now_ms = Some(now_ms);
        self
    }

    /// Gives the capability `random`, with bytes that follow from the seed.
    pub fn random(mut self, seed: u64) -> Self {
        self.given.seed = Some(seed);
        self
    }

    /// Makes the call in a fresh instance: `init` if the stage has one, then `run`.
    #[must_use]
    pub fn run(self, stage: &Stage) -> Report {
        let host = host::with(host::Host::new(self, &stage.manifest), || {
            if crate::init_stage(stage) == 0 {
                crate::run_stage(stage);
            }
        });
        let (logs, requests, metrics) = (host.logs, host.used.requests, host.used.metrics);
        let answer = match (host.failure, host.refusal) {
            (_, Some(refusal)) => Err(StageError::new(ErrorCode::Internal, refusal)),
            (Some(failure), None) => Err(failure),
            (None, None) => host.result.map_or_else(
                || Err(StageError::new(ErrorCode::Internal, "the stage gave no result")),
                |(result, confidence)| Ok(Outcome { result: result.into(), confidence, data: host.data }),
            ),
        };
        let writes = if answer.is_ok() { host.writes } else { Vec::new() };
        Report { answer, writes, logs, requests, metrics }
    }
}

fn parse(text: &str, what: &str) -> Json {
    match serde_json::from_str(text) {
        Ok(value) => value,
        Err(error) => panic!("{what} is no JSON: {}", error.to_string()),
    }
}
