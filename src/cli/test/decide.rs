//! Runs the tests of one suite: an engine for each, so that no test sees what another left.

use std::sync::Arc;
use std::time::Instant;

use cascata::modules::ModuleFolder;
use cascata_compiler::testing::TestCase;
use cascata_config::{HandlerConfig, Interruption, StageHost, WasmHandler};
use cascata_record::Mode;
use cascata_runtime::engine::{Clock, Decision, Engine, Evaluation};
use cascata_runtime::event::Timestamp;
use cascata_vm::image::{LoadOptions, Program};
use serde_json::Value;

use super::compare::compare;
use super::coverage::Coverages;
use super::report::{Case, Status, SuiteReport};
use super::script::Scripts;
use super::suite::Suite;
use super::view;
use crate::cli::handlers;

/// What counts as now in a test that does not say: 2000-01-01T00:00:00Z, in microseconds since 1970.
const DEFAULT_NOW_US: i64 = 946_684_800_000_000;

/// Runs a suite.
pub struct Runner<'a> {
    /// The suite.
    pub suite: &'a Suite,
    /// Where its cascade's modules are.
    pub modules: ModuleFolder,
    /// End at the first test that fails.
    pub fail_fast: bool,
    /// Run only tests whose name contains this.
    pub filter: Option<&'a str>,
}

impl Runner<'_> {
    /// Runs the tests in order; `coverages` takes up what their rules did.
    pub fn run(&self, coverages: &mut Option<Coverages>) -> SuiteReport {
        let mut report = SuiteReport::new(&self.suite.source.name, self.suite.cascade.display());
        if let Some(coverages) = coverages {
            coverages.add_program(self.suite);
        }
        for test in &self.suite.cases {
            if self.filter.is_some_and(|filter| !test.name.value.contains(filter)) {
                continue;
            }
            if self.fail_fast && report.cases.iter().any(|case| case.status.is_failure()) {
                report.not_run += 1;
                continue;
            }
            let started = Instant::now();
            let (status, differences) = match self.decide(test, coverages) {
                Err(message) => (Status::Error(message), Vec::new()),
                Ok(seen) => match compare(&test.expect, &seen) {
                    differences if differences.is_empty() => (Status::Ok, differences),
                    differences => (Status::Failed, differences),
                },
            };
            let time = started.elapsed();
            report.cases.push(Case { name: test.name.clone(), status, differences, time });
        }
        report
    }

    /// What is seen of a test's decision, or why there is none.
    fn decide(&self, test: &TestCase, coverages: &mut Option<Coverages>) -> Result<Value, String> {
        let program = Program::verify(self.suite.image.clone(), &LoadOptions::default());
        let program = program.map_err(|error| error.to_string())?;
        let scripts = Scripts::new(test, self.modules.clone());
        let reached = scripts.reached();
        let paused = !needs_time(&program, &scripts);
        let now = test.now.as_ref().and_then(|now| Timestamp::parse(&now.value).ok());
        let clock = Clock::fixed(now.map_or(DEFAULT_NOW_US, |now| now.to_unix_micros()));
        let engine = Engine::builder(program).source(Arc::new(scripts)).clock(clock).build();
        let engine = engine.map_err(|error| handlers::message(&error))?;
        let (decision, evaluations) = run(&engine, &test.event, paused)?;
        if let [stage, ..] = reached.names().as_slice() {
            return Err(format!(
                "the stage {stage} was reached; its handler belongs to a host program, so the test has to script it"
            ));
        }
        if let Some(coverages) = coverages {
            coverages.add(self.suite, &evaluations);
        }
        Ok(view::seen(&decision.record(Mode::Full), decision.final_tree()))
    }
}

/// Decides an event on a runtime of its own. With `paused`, time stands still but for what is waited for, so scripted times
/// pass at once.
fn run(engine: &Engine, event: &Value, paused: bool) -> Result<(Decision, Vec<Evaluation>), String> {
    let runtime = handlers::runtime().start_paused(paused).build();
    let runtime = runtime.map_err(|error| format!("async runtime: {error}"))?;
    let explained = runtime.block_on(engine.explain(event.to_string().as_bytes()));
    explained.map_err(|error| format!("{}: {error}", error.code()))
}

/// Whether real time has to pass: a module that only a clock interrupts would run for ever while that stands still, and one that waits for a service or a
/// store would wait for nothing.
fn needs_time(program: &Program<'_>, scripts: &Scripts) -> bool {
    program.stages().filter(|stage| !scripts.has(stage.name())).any(|stage| {
        let host: Option<StageHost> = serde_json::from_str(stage.host_json()).ok();
        let handler = host.and_then(|host| host.handler);
        let waits = |wasm: &WasmHandler| wasm.allow.iter().any(|capability| capability == "http" || capability == "kv");
        matches!(handler, Some(HandlerConfig::Wasm(wasm)) if wasm.interruption == Interruption::Epoch || waits(&wasm))
    })
}
