//! `determinism: strict`: the same input spends the same fuel and gives the same bytes, whatever ran before, on whichever
//! thread.

use std::sync::{Arc, OnceLock};

use cascata_config::Determinism;
use cascata_runtime::wasm::{WasmHost, WasmHostOptions, WasmStage};
use cascata_runtime::{StageFailure, StageHandler, StageOutput};
use proptest::prelude::*;

use super::support::{call, settings, wasm};

/// Stages that read, compute, count, remember, log, write and fail.
const STAGES: [&str; 7] = ["good", "eight_fields", "counter", "nan", "reads_sometimes", "writes", "fails"];

fn load(host: &WasmHost, name: &str) -> Arc<WasmStage> {
    let settings = settings(|handler| {
        handler.determinism = Determinism::Strict;
        handler.config.insert("limit".to_owned(), 1_000.into());
    });
    host.load_stage(name, &wasm(name), &settings).unwrap()
}

/// Stages that have been called since the first case.
fn old() -> &'static Vec<Arc<WasmStage>> {
    static OLD: OnceLock<Vec<Arc<WasmStage>>> = OnceLock::new();
    OLD.get_or_init(|| STAGES.iter().map(|name| load(super::support::host(), name)).collect())
}

/// Everything of a call's end that rules, records and replays see.
fn seen(outcome: Result<StageOutput, StageFailure>) -> String {
    match outcome {
        Ok(output) => format!("{output:?}"),
        Err(failure) => format!("{failure:?}"),
    }
}

fn alone(stage: &WasmStage, event: &str) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    seen(runtime.block_on(stage.call(call(event))))
}

/// The same call four times, two of them at a time on other threads.
fn beside_others(stage: &Arc<WasmStage>, event: &str) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
    runtime.block_on(async {
        let calls: Vec<_> = (0..4).map(|_| tokio::spawn(stage.call(call(event)))).collect();
        let mut all = Vec::new();
        for call in calls {
            all.push(seen(call.await.unwrap()));
        }
        all
    })
}

fn events() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        any::<i32>().prop_map(|number| number.to_string()),
        any::<f64>()
            .prop_filter("JSON has no others", |number| number.is_finite())
            .prop_map(|number| format!("{number:e}")),
        "[a-zé\u{1F600}]{0,12}".prop_map(|text| format!("{text:?}")),
        Just("null".to_owned()),
        Just("[1, {\"k\": [2.5]}]".to_owned()),
    ];
    let key = prop::sample::select(vec!["amount", "a", "b", "c", "trap", "text", "which", "deep"]);
    prop::collection::btree_map(key, value, 0..6).prop_map(|entries| {
        let entries: Vec<String> = entries.iter().map(|(key, value)| format!("\"{key}\": {value}")).collect();
        format!("{{{}}}", entries.join(", "))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_call_ends_the_same_whatever_ran_before_and_beside_it(which in 0..STAGES.len(), event in events()) {
        let old = &old()[which];
        let wanted = alone(old, &event);
        // On a host that has seen nothing.
        let fresh = WasmHost::new(WasmHostOptions::default().with_max_instances(4));
        prop_assert_eq!(&alone(&load(&fresh, STAGES[which]), &event), &wanted);
        for again in beside_others(old, &event) {
            prop_assert_eq!(&again, &wanted);
        }
    }
}

#[test]
fn the_thousandth_call_ends_as_the_first() {
    for (stage, name) in old().iter().zip(STAGES) {
        let event = r#"{"amount": 1500, "a": 1, "text": "x"}"#;
        let first = alone(stage, event);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let last = runtime.block_on(async {
            let mut last = None;
            for _ in 1..1_000 {
                last = Some(stage.call(call(event)).await);
            }
            last
        });
        assert_eq!(seen(last.unwrap()), first, "{name}");
    }
}
