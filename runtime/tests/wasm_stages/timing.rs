//! Rough times of a call, printed on request: `cargo test --release -p cascata -p cascata-runtime --test wasm_stages -- --ignored --nocapture times`.
//! `TIMES=kept` restricts it to the cases whose label has that text.

use std::sync::Arc;
use std::time::Instant;

use cascata_config::{InstanceMode, PooledInstances, WasmHandler};
use cascata_runtime::state::{FactsPlan, State};
use cascata_runtime::{StageCall, StageHandler};
use cascata_vm::json::ReadOptions;
use cascata_vm::{Segment, StageId};
use serde_json::json;

use super::support::{call, stage};

/// A call whose event was read by a program that names every field, as the engine arranges it.
fn prepared() -> StageCall {
    let names = ["amount", "a", "b", "c", "d", "e", "f", "g", "h"];
    let paths = names.iter().map(|name| vec![Segment::Key((*name).to_owned())]).collect();
    let mut state = State::new(Arc::new(FactsPlan::new(paths, vec!["fixture".to_owned()])));
    let event = br#"{"amount": 1500, "a": 1, "b": 2, "c": 3.5, "d": "CH", "e": true, "f": 1e3, "g": "x", "h": 8}"#;
    state.begin(event, &ReadOptions::default(), &[], 0).unwrap();
    StageCall::new(Arc::new(state), StageId::new(0), 1, call("{}").deadline)
}

#[tokio::test]
#[ignore = "prints times, asserts nothing"]
async fn times_of_a_call() {
    let limit = |handler: &mut WasmHandler| drop(handler.config.insert("limit".to_owned(), json!(1000)));
    let pooled = InstanceMode::Pooled(PooledInstances { max_calls: u64::MAX, ..PooledInstances::default() });
    let cases: [(&str, Box<dyn Fn(&mut WasmHandler)>); 4] = [
        ("kept, inline", Box::new(move |h| (h.instance, h.fuel) = (pooled, Some(1_000_000)))),
        ("kept, yielding (default)", Box::new(move |h| (h.instance, h.fuel) = (pooled, None))),
        ("fresh, inline", Box::new(|h| h.fuel = Some(1_000_000))),
        ("fresh, yielding (default)", Box::new(|h| h.fuel = None)),
    ];
    let only = std::env::var("TIMES").unwrap_or_default();
    for name in ["good", "eight_fields"] {
        for (label, change) in cases.iter().filter(|(label, _)| label.contains(&only)) {
            let stage = stage(name, |handler| {
                limit(handler);
                change(handler);
            });
            let call = prepared();
            let mut best = u128::MAX;
            for _ in 0..100 {
                let rounds = 1_000;
                let start = Instant::now();
                for _ in 0..rounds {
                    std::hint::black_box(stage.call(call.clone()).await.unwrap());
                }
                best = best.min(start.elapsed().as_nanos() / rounds);
            }
            println!("{name}, {label}: {best} ns; a future of {} bytes", std::mem::size_of_val(&*stage.call(call.clone())));
        }
    }
}
