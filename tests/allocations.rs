//! How often memory is allocated on the way of an event: never in the machine, seldom in the engine. What is allocated once
//! and kept (buffers, pooled states) is allocated before counting begins.

#[path = "../benches/common/mod.rs"]
mod common;

use allocation_counter::measure;
use cascata::compiler::{Options, Source, compile};
use cascata::runtime::engine::Engine;
use cascata::runtime::{StageCall, StageOutput, handler_fn};
use cascata::vm::eval::{Cursor, NoTrace, Step, Vm};
use cascata::vm::image::{LoadOptions, Program, RuleKind};
use cascata::vm::json::{Extraction, JsonFacts, PathTrie, ReadOptions};
use cascata::vm::{ListId, PathId};
use common::{Place, TEN_RULES, event};

fn program(source: &str) -> Program<'static> {
    let compiled = compile(&Source::new("cascade.yaml", source), &Options::default());
    let image = compiled.image.unwrap_or_else(|| panic!("{:?}", compiled.diagnostics));
    Program::verify(image, &LoadOptions::default()).expect("an image of the compiler verifies")
}

/// A reader of events and the rules it evaluates.
struct Machine {
    program: Program<'static>,
    list: ListId,
    trie: PathTrie,
    extraction: Extraction,
}

impl Machine {
    fn new(source: &str) -> Self {
        let program = program(source);
        let paths: Vec<_> = (0..program.path_count()).map(|id| program.path(PathId::new(id as u32))).collect();
        let stage = program.stages().next().expect("a stage");
        Self {
            list: stage.list(RuleKind::Routing),
            trie: PathTrie::new(&paths),
            extraction: Extraction::new(),
            program,
        }
    }

    /// Reads an event, asks every rule, and tells how many held.
    fn decide(&mut self, event: &str) -> u32 {
        let text = self.extraction.read(&self.trie, event.as_bytes(), &ReadOptions::default()).expect("an event");
        let facts = JsonFacts::new(text, &self.extraction);
        let (mut cursor, mut fired) = (Cursor::start(self.list), 0);
        loop {
            match Vm::new().next(&self.program, &mut cursor, &facts, &mut NoTrace) {
                Step::Fired(_) => fired += 1,
                Step::Done => return fired,
                Step::Otherwise(_) | Step::Error { .. } => {}
            }
        }
    }
}

#[test]
fn a_warm_machine_reads_events_and_asks_ten_rules_without_allocating() {
    let mut machine = Machine::new(TEN_RULES);
    let events: Vec<String> = [Place::Early, Place::Middle, Place::Late]
        .into_iter()
        .flat_map(|place| (0..200).map(move |seed| event(1_024, place, seed)))
        .collect();
    assert_eq!(measure(|| drop(vec![0_u8])).count_total, 1, "allocations are counted");
    let warm: u32 = events.iter().map(|event| machine.decide(event)).sum();
    assert!(warm > 200, "rules hold now and then: {warm}");
    let mut fired = 0;
    let counted = measure(|| fired = events.iter().map(|event| machine.decide(event)).sum());
    assert_eq!((counted.count_total, counted.bytes_total, fired), (0, 0, warm));
}

/// An event on which none of the ten rules holds, so that all of them are asked.
fn quiet_event() -> String {
    let (wanted, rest) = (
        r#""amount":50,"currency":"EUR","country":"DE","user":{"email":"ann@mail.example","age_days":400,"verified":true,"profile":{"risk":0.1}},"device":{"vpn":false},"tags":["new"]"#,
        "x".repeat(700),
    );
    format!(r#"{{{wanted},"note":"{rest}"}}"#)
}

/// Two stages with ten rules each and a native handler.
fn engine() -> Engine {
    let rules = TEN_RULES.split_once("  S:\n    name: S\n").expect("one stage").1;
    let source = format!("name: two\nversion: '1'\nstages:\n  A:\n    name: A\n{rules}  B:\n    name: B\n{rules}");
    let handler = || handler_fn(|_: StageCall| async { Ok(StageOutput::new(1_i64).with_confidence(0.5)) });
    Engine::builder(program(&source)).handler("A", handler()).handler("B", handler()).build().expect("an engine")
}

/// One allocation for a handler's future in each stage, and nothing else.
const OF_TWO_NATIVE_STAGES: u64 = 2;

#[test]
fn a_warm_engine_allocates_for_the_futures_of_native_handlers_alone() {
    let engine = engine();
    let event = quiet_event();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let mut ran = 0;
    runtime.block_on(async {
        let mut decide = async || {
            let decision = engine.execute(event.as_bytes()).await.expect("an object");
            ran = decision.executed().count();
        };
        for _ in 0..10 {
            decide().await;
        }
    });
    assert_eq!(ran, 2);
    const EVENTS: u64 = 100;
    let counted = measure(|| {
        runtime.block_on(async {
            for _ in 0..EVENTS {
                drop(engine.execute(event.as_bytes()).await);
            }
        });
    });
    let each = counted.count_total as f64 / EVENTS as f64;
    println!("{each} allocations, {} bytes an event", counted.bytes_total / EVENTS);
    assert!(counted.count_total <= OF_TWO_NATIVE_STAGES * EVENTS, "{each} an event");
    assert_eq!(counted.count_current, 0, "nothing is kept for each event");
}
