//! How long a decision takes under load: events arrive at even intervals, whether or not the one before is decided (open loop), at half the
//! rate that one thread decides them at without pause. The time of an event counts from its arrival, so waiting behind a slow one counts too.
//! The same is measured of events that are not decided at all: what takes longer there is the machine's.
//!
//! `cargo bench --bench latency` prints a line of JSON a round. Quiet machines only: a core that does something else for a
//! millisecond shows in the last hundredth. A bench that cannot be set up ends there: each `expect` says what was missing.

#[path = "common/trust_scoring.rs"]
mod trust_scoring;

use std::hint::{black_box, spin_loop};
use std::time::{Duration, Instant};

use cascata::runtime::engine::Engine;

/// Events of a round.
const EVENTS: usize = 200_000;

const ROUNDS: usize = 7;

async fn decide(engine: &Engine, event: &str) {
    black_box(engine.execute(event.as_bytes()).await.expect("a decision"));
}

/// Events a second without pause.
async fn capacity(engine: &Engine, events: &[String]) -> f64 {
    let begun = Instant::now();
    for event in events.iter().cycle().take(EVENTS) {
        decide(engine, event).await;
    }
    EVENTS as f64 / begun.elapsed().as_secs_f64()
}

/// The time from arrival to decision of each event, in nanoseconds, ascending.
async fn paced(engine: Option<&Engine>, events: &[String], rate: f64) -> Vec<u128> {
    let begun = Instant::now();
    let mut times = Vec::with_capacity(EVENTS);
    for (number, event) in events.iter().cycle().take(EVENTS).enumerate() {
        let arrival = begun + Duration::from_secs_f64(number as f64 / rate);
        while Instant::now() < arrival {
            spin_loop();
        }
        if let Some(engine) = engine {
            decide(engine, event).await;
        }
        times.push(arrival.elapsed().as_nanos());
    }
    times.sort_unstable();
    times
}

fn report(what: &str, load: f64, times: &[u128]) {
    let microseconds = |share: f64| times[((times.len() - 1) as f64 * share) as usize] as f64 / 1e3;
    println!(
        r#"{{"table":"latency","events":"{what}","load":{load:.0},"p50_us":{:.2},"p99_us":{:.2},"p999_us":{:.2},"max_us":{:.2}}}"#,
        microseconds(0.5),
        microseconds(0.99),
        microseconds(0.999),
        microseconds(1.0),
    );
}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let (engine, events) = (trust_scoring::wasm(), trust_scoring::events());
    runtime.block_on(async {
        trust_scoring::check(&engine, &events[0]).await;
        capacity(&engine, &events).await;
        for _ in 0..ROUNDS {
            let most = capacity(&engine, &events).await;
            for (what, engine) in [("decided", Some(&engine)), ("nothing done", None)] {
                report(what, most / 2.0, &paced(engine, &events, most / 2.0).await);
            }
        }
    });
}
