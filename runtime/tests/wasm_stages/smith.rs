//! Modules that nobody would write, made by `wasm-smith`: whatever they do, a call ends within its limits, says why, says the
//! same again under `determinism: strict`, and leaves other stages alone.
//!
//! `CASCATA_SMITH_MODULES` sets how many there are.

use cascata_config::Determinism;
use cascata_runtime::wasm::{WasmHost, WasmHostOptions, WasmStage};
use cascata_runtime::{FailureKind, Secrets, StageFailure, StageHandler, StageOutput};
use wasm_smith::{Config, Module};

use super::support::{call, host, settings, stage, text, wasm};

/// All imports of the core ABI.
const CORE: &str = r#"
  (import "cascata_v1" "slot" (func (param i32 i32) (result i32)))
  (import "cascata_v1" "get" (func (param i32) (result i64)))
  (import "cascata_v1" "get_cfg" (func (param i32 i32) (result i64)))
  (import "cascata_v1" "child" (func (param i32 i32 i32) (result i64)))
  (import "cascata_v1" "at" (func (param i32 i32) (result i64)))
  (import "cascata_v1" "len" (func (param i32) (result i32)))
  (import "cascata_v1" "key_at" (func (param i32 i32) (result i64)))
  (import "cascata_v1" "read" (func (param i32 i32 i32) (result i32)))
  (import "cascata_v1" "as_f64" (func (param i32) (result f64)))
  (import "cascata_v1" "as_i64" (func (param i32 i32) (result i32)))
  (import "cascata_v1" "log_enabled" (func (param i32) (result i32)))
  (import "cascata_v1" "log" (func (param i32 i32 i32)))
  (import "cascata_v1" "set_result" (func (param i32 i32 f64)))
  (import "cascata_v1" "set_data" (func (param i32 i32)))
  (import "cascata_v1" "set" (func (param i32 i32 i32 i32) (result i32)))
  (import "cascata_v1" "fail" (func (param i32 i32 i64 i32 i32 i32)))
  (import "cascata_v1" "meta" (func (param i32) (result i64)))"#;

/// Capabilities that a strict stage may have.
const STEADY: &str = r#"
  (import "cascata_metrics_v1" "counter" (func (param i32 i32 f64)))
  (import "cascata_metrics_v1" "gauge" (func (param i32 i32 f64)))
  (import "cascata_metrics_v1" "histogram" (func (param i32 i32 f64)))
  (import "cascata_clock_v1" "now_ms" (func (result i64)))
  (import "cascata_clock_v1" "monotonic_ns" (func (result i64)))
  (import "cascata_random_v1" "fill" (func (param i32 i32)))"#;

/// Capabilities that it may not have.
const KEEPING: &str = r#"
  (import "cascata_kv_v1" "get" (func (param i32 i32 i32 i32) (result i32)))
  (import "cascata_kv_v1" "value" (func (param i32 i32) (result i32)))
  (import "cascata_kv_v1" "set" (func (param i32 i32 i32 i32 i64) (result i32)))
  (import "cascata_kv_v1" "delete" (func (param i32 i32) (result i32)))
  (import "cascata_kv_v1" "add" (func (param i32 i32 i64 i64 i32) (result i32)))
  (import "cascata_kv_v1" "error" (func (param i32 i32) (result i32)))
  (import "cascata_secrets_v1" "get" (func (param i32 i32 i32 i32) (result i32)))
  (import "cascata_metrics_v1" "counter" (func (param i32 i32 f64)))"#;

/// What a stage exports.
const EXPORTS: &str = r#"
  (memory (export "memory") 1)
  (func (export "stage_init") (result i32) (i32.const 0))
  (func (export "stage_run") (result i32) (i32.const 0))"#;

/// The module of a number, in the WebAssembly that the host takes.
fn module(number: u64, imports: &[&str]) -> Vec<u8> {
    let shape = format!("(module {} {EXPORTS})", imports.concat());
    let config = Config {
        module_shape: Some(wat::parse_str(shape).unwrap()),
        exceptions_enabled: false,
        // Without a garbage collector there are no references to anything but functions.
        gc_enabled: false,
        reference_types_enabled: false,
        memory64_enabled: false,
        threads_enabled: false,
        max_memories: 1,
        max_memory32_bytes: 1 << 24,
        max_instructions: 300,
        allow_start_export: number.is_multiple_of(5),
        ..Config::default()
    };
    let mut random = fastrand::Rng::with_seed(number);
    let bytes: Vec<u8> = std::iter::repeat_with(|| random.u8(..)).take(4_096).collect();
    Module::new(config, &mut arbitrary::Unstructured::new(&bytes)).unwrap().to_bytes()
}

const EVENT: &str = r#"{"amount": 1500, "text": "a\nb", "list": [1, {"k": null}], "fixture": 1.5}"#;

async fn outcome(stage: &WasmStage) -> Result<StageOutput, StageFailure> {
    stage.call(call(EVENT)).await
}

/// What has to be the same in every run.
fn seen(outcome: &Result<StageOutput, StageFailure>) -> String {
    match outcome {
        Ok(output) => format!("{output:?}"),
        Err(failure) => format!(
            "{:?} {} {:?} {:?} {:?}",
            failure.kind, failure.message, failure.fuel, failure.memory_bytes, failure.logs
        ),
    }
}

fn wanted() -> u64 {
    std::env::var("CASCATA_SMITH_MODULES").ok().and_then(|text| text.parse().ok()).unwrap_or(120)
}

#[tokio::test]
async fn whatever_a_module_does_its_call_ends_and_others_are_left_alone() {
    let wanted = wanted();
    let healthy = stage("good", |handler| drop(handler.config.insert("limit".to_owned(), 1_000.into())));
    let strict = settings(|handler| {
        (handler.fuel, handler.determinism) = (Some(200_000), Determinism::Strict);
        handler.allow = ["clock", "metrics", "random"].map(ToOwned::to_owned).to_vec();
    });
    let (mut loaded, mut refused, mut ended) = (0, 0, std::collections::BTreeMap::new());
    for number in 0..wanted {
        let bytes = module(number, &[CORE, STEADY]);
        let stage = match host().load_stage("smith", &bytes, &strict) {
            Ok(stage) => stage,
            Err(error) => {
                assert!(error.code().starts_with("R10"), "{number}: {error}");
                println!("{number}: {error}");
                refused += 1;
                continue;
            }
        };
        loaded += 1;
        let first = outcome(&stage).await;
        let kind = first.as_ref().err().map(|failure| failure.kind);
        assert!(kind.is_none_or(can_be_the_guests_doing), "{number}: {first:?}");
        assert_eq!(seen(&outcome(&stage).await), seen(&first), "{number}: the second call on the same stage");
        *ended.entry(format!("{kind:?}")).or_insert(0) += 1;
        let output = healthy.call(call(r#"{"amount": 1500}"#)).await.unwrap();
        assert_eq!(text(&output), "review", "{number}");
    }
    println!("{loaded} modules ran, {refused} were refused: {ended:?}");
    assert!(loaded > wanted / 2, "too few of the modules run to say anything: {loaded} of {wanted}");
    assert!(ended.len() > 2, "the modules all end alike: {ended:?}");
}

#[tokio::test]
async fn whatever_a_module_keeps_its_call_ends_and_others_keep_what_they_had() {
    let wanted = wanted();
    let secrets = Secrets::default().with("TOKEN", "s3cr3t-of-a-test");
    let host = WasmHost::new(WasmHostOptions::default().with_max_instances(8).with_secrets(secrets));
    let given = settings(|handler| {
        handler.fuel = Some(200_000);
        handler.allow = ["kv", "metrics", "secrets"].map(ToOwned::to_owned).to_vec();
        handler.secrets = vec!["TOKEN".to_owned()];
    });
    let healthy = host.load_stage("healthy", &wasm("keeps"), &given).unwrap();
    let ask = async |op: u32, value: &str| {
        let event = format!(r#"{{"op": {op}, "key": "k", "value": "{value}", "by": 0}}"#);
        text(&healthy.call(call(&event)).await.unwrap()).to_owned()
    };
    assert_eq!(ask(1, "mine").await, "0");
    let mut ended = std::collections::BTreeMap::new();
    for number in 0..wanted {
        let Ok(stage) = host.load_stage("smith", &module(number, &[CORE, KEEPING]), &given) else { continue };
        for _ in 0..2 {
            let outcome = outcome(&stage).await;
            let kind = outcome.as_ref().err().map(|failure| failure.kind);
            assert!(kind.is_none_or(can_be_the_guests_doing), "{number}: {outcome:?}");
            *ended.entry(format!("{kind:?}")).or_insert(0) += 1;
        }
        assert_eq!(ask(0, "").await, "mine", "{number}");
    }
    println!("{ended:?}");
    assert!(ended.values().sum::<u64>() > wanted, "too few of the modules run to say anything: {ended:?}");
}

fn can_be_the_guests_doing(kind: FailureKind) -> bool {
    use FailureKind as Kind;
    matches!(
        kind,
        Kind::Trapped
            | Kind::OutOfFuel
            | Kind::OutOfMemory
            | Kind::OutputTooLarge
            | Kind::BadOutput
            | Kind::StageError
            | Kind::Instantiate
    )
}
