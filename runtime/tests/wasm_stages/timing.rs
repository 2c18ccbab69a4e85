//! Rough times of a call, printed on request: `cargo test --release -p cascata-runtime --test wasm_stages -- --ignored --nocapture times`.

use std::time::Instant;

use cascata_config::{InstanceMode, PooledInstances, WasmHandler};
use cascata_runtime::StageHandler;
use serde_json::json;

use super::support::{call, stage};

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
    for name in ["good", "eight_fields"] {
        for (label, change) in &cases {
            let stage = stage(name, |handler| {
                limit(handler);
                change(handler);
            });
            let call = call(r#"{"amount": 1500, "a": 1, "b": 2, "c": 3.5, "d": "CH", "e": true, "f": 1e3, "g": "x", "h": 8}"#);
            let mut best = u128::MAX;
            for _ in 0..20 {
                let rounds = 5_000;
                let start = Instant::now();
                for _ in 0..rounds {
                    std::hint::black_box(stage.call(call.clone()).await.unwrap());
                }
                best = best.min(start.elapsed().as_nanos() / rounds);
            }
            println!("{name}, {label}: {best} ns");
        }
    }
}
