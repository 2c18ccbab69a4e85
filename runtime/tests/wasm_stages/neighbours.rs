//! A healthy stage beside hostile ones on the same host: it answers rightly, and about as fast as alone.
//!
//! The measurement, for which a thousand hostile calls are made: `cargo test --release -p cascata -p cascata-runtime --test
//! wasm_stages -- --ignored --nocapture neighbours`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use cascata_runtime::wasm::WasmStage;
use cascata_runtime::{FailureKind, StageHandler};

use super::support::{call, call_within, stage, text};

/// Loops, bombs, floods, and traps in every phase, with what has to come of each.
fn hostile() -> Vec<(&'static str, Arc<WasmStage>, Vec<FailureKind>)> {
    use FailureKind as Kind;
    [
        ("endless_loop", vec![Kind::OutOfFuel, Kind::Deadline]),
        ("endless_host_calls", vec![Kind::OutOfFuel, Kind::Deadline]),
        ("deep_recursion", vec![Kind::Trapped]),
        ("memory_bomb", vec![Kind::OutOfMemory]),
        ("table_bomb", vec![Kind::OutOfMemory]),
        ("oversized_output", vec![Kind::OutputTooLarge]),
        ("start_burn", vec![Kind::OutOfFuel, Kind::Deadline]),
        ("init_burn", vec![Kind::OutOfFuel, Kind::Deadline]),
        ("init_fails", vec![Kind::StageError]),
        ("bad_confidence", vec![Kind::BadOutput]),
    ]
    .into_iter()
    .map(|(name, kinds)| (name, stage(name, |handler| handler.fuel = Some(20_000_000)), kinds))
    .collect()
}

/// Calls the hostile stages one at a time, over and over, until `calls` were made or `stop` says so.
async fn misbehave(calls: usize, stop: Arc<AtomicBool>) -> usize {
    let hostile = hostile();
    let mut made = 0;
    for (name, stage, kinds) in hostile.iter().cycle().take(calls) {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let failure = stage.call(call_within("{}", Duration::from_secs(30))).await.unwrap_err();
        assert!(kinds.contains(&failure.kind), "{name}: {failure:?}");
        made += 1;
    }
    made
}

/// Answers `count` events, one every `pace`; the time each took from when it was due.
async fn answer(stage: &WasmStage, count: usize, pace: Duration) -> Vec<Duration> {
    let (begun, mut taken) = (Instant::now(), Vec::with_capacity(count));
    for number in 0..count {
        let due = begun + pace * u32::try_from(number).unwrap();
        tokio::time::sleep_until(due.into()).await;
        let event = call(&format!(r#"{{"amount": {}}}"#, if number % 2 == 0 { 5 } else { 5_000 }));
        let started = Instant::now();
        let output = stage.call(event).await.unwrap();
        taken.push(started.elapsed());
        assert_eq!(text(&output), if number % 2 == 0 { "pass" } else { "review" });
    }
    taken
}

fn healthy() -> Arc<WasmStage> {
    stage("good", |handler| drop(handler.config.insert("limit".to_owned(), 1_000.into())))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_stages_end_as_they_should_and_a_healthy_one_answers_all_its_events() {
    let done = tokio::spawn(misbehave(30, Arc::default()));
    let answered = answer(&healthy(), 200, Duration::from_millis(1)).await.len();
    assert_eq!((answered, done.await.unwrap()), (200, 30));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures for a minute, on an idle machine"]
async fn times_beside_hostile_neighbours() {
    let healthy = healthy();
    let p99 = |mut taken: Vec<Duration>| {
        taken.sort();
        taken[taken.len() * 99 / 100]
    };
    let pace = Duration::from_millis(1);
    drop(answer(&healthy, 1_000, pace).await);
    let alone = p99(answer(&healthy, 10_000, pace).await);
    let stop = Arc::new(AtomicBool::new(false));
    let neighbours = tokio::spawn(misbehave(usize::MAX, stop.clone()));
    let beside = p99(answer(&healthy, 10_000, pace).await);
    stop.store(true, Ordering::Relaxed);
    let made = neighbours.await.unwrap();
    println!(
        "1,000 events a second: p99 {alone:?} alone, {beside:?} beside {made} hostile calls, {:.2} times",
        beside.as_secs_f64() / alone.as_secs_f64()
    );
}
