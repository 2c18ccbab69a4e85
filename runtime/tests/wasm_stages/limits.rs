//! Every limit, crossed.

use std::time::Duration;

use cascata_config::{Determinism, Interruption, LogThreshold, WasmHandler};
use cascata_runtime::wasm::{WasmHost, WasmHostOptions};
use cascata_runtime::{FailureKind, StageFailure, StageHandler};

use super::support::{call, call_within, folder, run, settings, stage, text};

async fn fails(name: &str, change: impl FnOnce(&mut WasmHandler)) -> StageFailure {
    run(name, "{}", change).await.unwrap_err()
}

#[tokio::test]
async fn an_endless_loop_ends_with_its_fuel_on_either_path() {
    for fuel in [100_000, 5_000_000] {
        let failure = fails("endless_loop", |handler| handler.fuel = Some(fuel)).await;
        assert_eq!(failure.kind, FailureKind::OutOfFuel);
        assert_eq!(
            failure.message,
            format!("the guest spent its fuel of {fuel}; raise `handler.fuel` if it needs more")
        );
        assert!(failure.fuel.unwrap() >= fuel);
        assert!(failure.backtrace.unwrap().starts_with("spin at byte"));
    }
}

#[tokio::test]
async fn without_explicit_fuel_the_time_left_is_the_budget() {
    let stage = stage("endless_loop", |handler| (handler.fuel, handler.fuel_per_ms) = (None, 10));
    let failure = stage.call(call_within("{}", Duration::from_secs(60))).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::OutOfFuel);
    assert!(failure.message.contains("raise `timeout_ms` or `handler.fuel_per_ms`"), "{}", failure.message);
}

#[tokio::test]
async fn an_endless_loop_ends_at_its_deadline_if_that_comes_first() {
    let stage = stage("endless_loop", |handler| handler.fuel = Some(u64::MAX / 2));
    let failure = stage.call(call_within("{}", Duration::from_millis(30))).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Deadline);
    assert!(failure.fuel.unwrap() > 0);
}

#[tokio::test]
async fn a_call_whose_time_has_passed_does_not_begin() {
    let stage = stage("good", |_| ());
    let failure = stage.call(call_within("{}", Duration::ZERO)).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Deadline);
}

#[tokio::test]
async fn epochs_end_an_endless_loop_too() {
    let stage = stage("endless_loop", |handler| (handler.fuel, handler.interruption) = (None, Interruption::Epoch));
    let failure = stage.call(call_within("{}", Duration::from_millis(30))).await.unwrap_err();
    assert_eq!((failure.kind, failure.fuel), (FailureKind::Deadline, None));
}

#[tokio::test]
async fn other_tasks_run_while_a_guest_spins() {
    let stage = stage("endless_loop", |handler| handler.fuel = Some(u64::MAX / 2));
    let spinning = stage.call(call_within("{}", Duration::from_millis(200)));
    let other = async {
        tokio::task::yield_now().await;
        "done"
    };
    tokio::select! {
        biased;
        _ = spinning => panic!("the guest ended first"),
        word = other => assert_eq!(word, "done"),
    }
}

#[tokio::test]
async fn work_done_in_imports_counts_too() {
    let event = format!(r#"{{"big": {{"a": "{}"}}}}"#, "x".repeat(1 << 20));
    let stage = stage("endless_host_calls", |handler| handler.fuel = Some(2_000_000));
    let failure = stage.call(call(&event)).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::OutOfFuel);
    let unlimited = super::support::stage("endless_host_calls", |handler| handler.fuel = Some(u64::MAX / 2));
    let failure = unlimited.call(call_within(&event, Duration::from_millis(30))).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Deadline);
}

#[tokio::test]
async fn an_endless_loop_of_cheap_imports_ends_with_its_fuel() {
    let failure = run("endless_host_calls", r#"{"big": 1}"#, |_| ()).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::OutOfFuel);
}

#[tokio::test]
async fn deep_recursion_is_a_trap_with_a_short_backtrace() {
    let failure = fails("deep_recursion", |_| ()).await;
    assert_eq!(failure.kind, FailureKind::Trapped);
    assert!(failure.message.contains("524288 bytes; raise `handler.wasm_stack_bytes`"), "{}", failure.message);
    assert!(failure.backtrace.unwrap().lines().count() <= 33);
    let small = fails("deep_recursion", |handler| handler.wasm_stack_bytes = 16_384).await;
    assert!(small.fuel.unwrap() < failure.fuel.unwrap());
}

#[tokio::test]
async fn memory_and_tables_stop_at_their_limits() {
    let failure = fails("memory_bomb", |handler| handler.memory_bytes = 8 << 20).await;
    assert_eq!(failure.kind, FailureKind::OutOfMemory);
    assert!(failure.message.ends_with("more than 8388608; raise `handler.memory_bytes` if it needs more"));
    assert!(failure.memory_bytes.unwrap() <= 8 << 20);
    let failure = fails("table_bomb", |_| ()).await;
    assert_eq!(failure.kind, FailureKind::OutOfMemory);
    assert!(failure.message.contains("handler.table_elements"), "{}", failure.message);
}

#[tokio::test]
async fn output_is_limited_and_the_log_is_cut() {
    let failure = fails("oversized_output", |_| ()).await;
    assert_eq!(failure.kind, FailureKind::OutputTooLarge);
    assert!(failure.message.contains("handler.output_bytes"));
    let output = run("oversized_log", "{}", |handler| handler.fuel = Some(50_000_000)).await.unwrap();
    assert_eq!(text(&output), "pass");
    let bytes: usize = output.logs.iter().map(|line| line.message.len()).sum();
    assert!(bytes > 60_000 && bytes <= 65_536 + 100, "{bytes}");
    let last = &output.logs.last().unwrap().message;
    assert_eq!(last, "the log was cut at 65536 bytes; raise `handler.log_bytes` to keep more");
    let silent = run("oversized_log", "{}", |handler| handler.log_level = LogThreshold::Warn).await.unwrap();
    assert!(silent.logs.is_empty());
}

#[tokio::test]
async fn what_runs_before_the_stage_is_under_the_same_budget() {
    for name in ["start_burn", "init_burn"] {
        for fuel in [100_000, 5_000_000] {
            assert_eq!(fails(name, |handler| handler.fuel = Some(fuel)).await.kind, FailureKind::OutOfFuel, "{name}");
        }
    }
}

#[tokio::test]
async fn a_failed_init_fails_the_call() {
    let failure = fails("init_fails", |_| ()).await;
    assert_eq!((failure.kind, failure.message.as_str()), (FailureKind::StageError, "invalid configuration: no model"));
    let failure = fails("init_reads_event", |_| ()).await;
    assert_eq!(failure.kind, FailureKind::Trapped);
    assert!(failure.message.contains("may not be called from `stage_init`"));
}

#[tokio::test]
async fn bad_output_is_named() {
    let message = async |name| {
        let failure = fails(name, |_| ()).await;
        assert_eq!(failure.kind, FailureKind::BadOutput, "{name}");
        failure.message
    };
    assert_eq!(message("two_results").await, "the stage gave two results, `pass` and `fail`");
    assert_eq!(message("no_result").await, "`stage_run` returned 0 and gave no result with `set_result`");
    assert_eq!(message("bad_confidence").await, "the confidence 1.5 is outside 0 to 1");
    assert_eq!(message("bad_data").await, "the data is no JSON object");
}

#[tokio::test]
async fn an_abort_of_assemblyscript_is_told() {
    let failure = fails("assemblyscript_abort", |_| ()).await;
    assert_eq!(
        (failure.kind, failure.message.as_str()),
        (FailureKind::Trapped, "the guest aborted: bad (line 7, column 3)")
    );
}

#[tokio::test]
async fn strict_runs_spend_the_same_fuel_and_make_the_same_nan() {
    let strict = |handler: &mut WasmHandler| handler.determinism = Determinism::Strict;
    let first = run("nan", "{}", strict).await.unwrap();
    let second = run("nan", "{}", strict).await.unwrap();
    assert_eq!(first, second);
    assert_eq!(text(&first), "0", "the canonical NaN has no sign");
}

#[tokio::test]
async fn a_trap_names_files_and_lines_where_the_host_wants_them_and_the_module_has_them() {
    let source = std::fs::read_to_string(folder().join("counter.wat")).unwrap();
    let line = 1 + source.lines().position(|line| line.contains("(func $boom")).unwrap();
    let mut parser = wat::Parser::new();
    let bytes =
        parser.generate_dwarf(wat::GenerateDwarf::Full).parse_str(Some("counter.wat".as_ref()), &source).unwrap();
    for wanted in [true, false] {
        let host = WasmHost::new(WasmHostOptions::default().with_max_instances(2).with_source_lines(wanted));
        let stage = host.load_stage("counter", &bytes, &settings(|_| ())).unwrap();
        let failure = stage.call(call(r#"{"trap": true}"#)).await.unwrap_err();
        let backtrace = failure.backtrace.unwrap();
        let first = backtrace.lines().next().unwrap();
        assert_eq!(first.ends_with(&format!("counter.wat:{line}")), wanted, "{backtrace}");
        assert!(first.starts_with("boom at "), "{backtrace}");
    }
}
