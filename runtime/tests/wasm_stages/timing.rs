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

use super::support::{call, stage, wasm};

/// A call whose event was read by a program that names every field, as the engine arranges it.
fn prepared() -> StageCall {
    let names = ["amount", "a", "b", "c", "d", "e", "f", "g", "h"];
    let paths = names.iter().map(|name| vec![Segment::Key((*name).to_owned())]).collect();
    let mut state = State::new(Arc::new(FactsPlan::new(paths, vec!["fixture".to_owned()])));
    let event = br#"{"amount": 1500, "a": 1, "b": 2, "c": 3.5, "d": "CH", "e": true, "f": 1e3, "g": "x", "h": 8}"#;
    state.begin(event, &ReadOptions::default(), &[], 0).unwrap();
    StageCall::new(Arc::new(state), StageId::new(0), 1, call("{}").deadline)
}

/// The same guest and the same crossings on the bare engine: fuel on, no other limit, nothing looked up.
fn bare() -> u128 {
    use wasmtime::{Caller, Config, Engine, Linker, Module, Store};
    let engine = Engine::new(Config::new().consume_fuel(true).concurrency_support(false)).unwrap();
    let module = Module::new(&engine, wasm("eight_fields")).unwrap();
    let mut linker = Linker::<(String, String)>::new(&engine);
    let text = |caller: &mut Caller<'_, (String, String)>, ptr: u32, len: u32| {
        let memory = caller.get_export("memory").unwrap().into_memory().unwrap();
        String::from_utf8(memory.data(&caller)[ptr as usize..][..len as usize].to_vec()).unwrap()
    };
    linker.func_wrap("cascata_v1", "get", |slot: i32| i64::from(slot)).unwrap();
    linker.func_wrap("cascata_v1", "as_f64", |slot: i32| f64::from(slot)).unwrap();
    let set_result = move |mut caller: Caller<'_, (String, String)>, ptr: u32, len: u32, _: f64| {
        caller.data_mut().0 = text(&mut caller, ptr, len);
    };
    linker.func_wrap("cascata_v1", "set_result", set_result).unwrap();
    let set_data = move |mut caller: Caller<'_, (String, String)>, ptr: u32, len: u32| {
        caller.data_mut().1 = text(&mut caller, ptr, len);
    };
    linker.func_wrap("cascata_v1", "set_data", set_data).unwrap();
    let mut store = Store::new(&engine, (String::new(), String::new()));
    store.set_fuel(1_000_000).unwrap();
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let run = instance.get_typed_func::<(), i32>(&mut store, "stage_run").unwrap();
    best_of(|| {
        store.set_fuel(1_000_000).unwrap();
        run.call(&mut store, ()).unwrap();
        std::hint::black_box(std::mem::take(store.data_mut()));
    })
}

fn best_of(mut call: impl FnMut()) -> u128 {
    let mut best = u128::MAX;
    for _ in 0..100 {
        let start = Instant::now();
        (0..1_000).for_each(|_| call());
        best = best.min(start.elapsed().as_nanos() / 1_000);
    }
    best
}

#[tokio::test]
#[ignore = "prints times, asserts nothing"]
async fn times_of_a_call() {
    let limit = |handler: &mut WasmHandler| drop(handler.config.insert("limit".to_owned(), json!(1000)));
    let pooled = InstanceMode::Pooled(PooledInstances { max_calls: u64::MAX, ..PooledInstances::default() });
    type Adjust = Box<dyn Fn(&mut WasmHandler)>;
    let cases: [(&str, Adjust); 4] = [
        ("kept, inline", Box::new(move |h| (h.instance, h.fuel) = (pooled, Some(1_000_000)))),
        ("kept, yielding (default)", Box::new(move |h| (h.instance, h.fuel) = (pooled, None))),
        ("fresh, inline", Box::new(|h| h.fuel = Some(1_000_000))),
        ("fresh, yielding (default)", Box::new(|h| h.fuel = None)),
    ];
    println!("eight_fields, bare engine: {} ns", bare());
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
            println!(
                "{name}, {label}: {best} ns; a future of {} bytes",
                std::mem::size_of_val(&*stage.call(call.clone()))
            );
        }
    }
}
