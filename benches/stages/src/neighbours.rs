//! A healthy stage under 1,000 events a second, alone and beside a thousand hostile calls that wait in a queue, one running at a time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use cascata_runtime::FailureKind;
use cascata_runtime::wasm::{WasmHost, WasmHostOptions, WasmStage};
use tokio::sync::Semaphore;

use crate::ours::{call, fixture, run_beside, stage};

/// Loops, bombs, floods, and traps in every phase, with what has to come of each.
const HOSTILE: [(&str, &[FailureKind]); 10] = [
    ("endless_loop", &[FailureKind::OutOfFuel, FailureKind::Deadline]),
    ("endless_host_calls", &[FailureKind::OutOfFuel, FailureKind::Deadline]),
    ("deep_recursion", &[FailureKind::Trapped]),
    ("memory_bomb", &[FailureKind::OutOfMemory]),
    ("table_bomb", &[FailureKind::OutOfMemory]),
    ("oversized_output", &[FailureKind::OutputTooLarge]),
    ("start_burn", &[FailureKind::OutOfFuel, FailureKind::Deadline]),
    ("init_burn", &[FailureKind::OutOfFuel, FailureKind::Deadline]),
    ("init_fails", &[FailureKind::StageError]),
    ("bad_confidence", &[FailureKind::BadOutput]),
];
/// Fuel of a hostile call: some tens of milliseconds of looping.
const FUEL: u64 = 50_000_000;
const CALLS: usize = 1_000;
const PACE: Duration = Duration::from_millis(1);

/// Queues a thousand hostile calls; each waits for the one before it.
async fn misbehave(host: WasmHost) {
    let stages: Vec<Arc<WasmStage>> = HOSTILE
        .iter()
        .map(|(name, _)| stage(&host, &fixture(&format!("{name}.wat")), |handler| handler.fuel = Some(FUEL)))
        .collect();
    let turn = Arc::new(Semaphore::new(1));
    let mut queued = Vec::with_capacity(CALLS);
    for number in 0..CALLS {
        let which = number % HOSTILE.len();
        let (stage, turn) = (Arc::clone(&stages[which]), Arc::clone(&turn));
        queued.push(tokio::spawn(async move {
            let _turn = turn.acquire().await.expect("an open queue");
            let failure = run_beside(&stage, call("{}")).await.expect_err("a failure");
            let (name, kinds) = HOSTILE[which];
            assert!(kinds.contains(&failure.kind), "{name}: {failure:?}");
        }));
    }
    for call in queued {
        call.await.expect("no panic");
    }
}

/// Answers an event every millisecond until `done` says so, at least `least`; the time that each took from when it was due.
async fn answer(healthy: &WasmStage, least: usize, done: impl Fn() -> bool) -> Vec<Duration> {
    let (begun, mut taken) = (Instant::now(), Vec::new());
    while taken.len() < least || !done() {
        let due = begun + PACE * u32::try_from(taken.len()).expect("few events");
        tokio::time::sleep_until(due.into()).await;
        let woken = Instant::now();
        let output = run_beside(healthy, call(r#"{"amount": 5000}"#)).await.expect("an answer");
        assert_eq!(output.result, cascata_runtime::OwnedValue::Text("review".to_owned()));
        taken.push(woken.elapsed());
    }
    taken.sort();
    taken
}

fn shown(taken: &[Duration]) -> String {
    let at = |share: usize| taken[(taken.len() * share / 1_000).min(taken.len() - 1)].as_nanos();
    format!(
        r#""events":{},"p50_ns":{},"p99_ns":{},"p999_ns":{},"max_ns":{}"#,
        taken.len(),
        at(500),
        at(990),
        at(999),
        at(1_000)
    )
}

/// Measures for about half a minute and prints a line for each half, and how p99 changed.
pub fn measure() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().expect("a runtime");
    runtime.block_on(async {
        let host = WasmHost::new(WasmHostOptions::default());
        let healthy = stage(&host, &fixture("good.wat"), |handler| {
            handler.config.insert("limit".to_owned(), 1_000.into());
        });
        let answers = tokio::spawn(async move {
            answer(&healthy, 2_000, || true).await;
            let alone = answer(&healthy, 10_000, || true).await;
            println!(r#"{{"table":"neighbours","case":"alone",{}}}"#, shown(&alone));
            let queue = tokio::spawn(misbehave(host));
            let beside = answer(&healthy, 10_000, || queue.is_finished()).await;
            queue.await.expect("hostile calls that end as they should");
            println!(r#"{{"table":"neighbours","case":"beside {CALLS} hostile calls",{}}}"#, shown(&beside));
            let p99 = |taken: &[Duration]| taken[taken.len() * 99 / 100].as_secs_f64();
            println!(
                r#"{{"table":"neighbours","case":"p99 beside to alone","ratio":{:.2}}}"#,
                p99(&beside) / p99(&alone)
            );
        });
        answers.await.expect("no panic");
    });
}
