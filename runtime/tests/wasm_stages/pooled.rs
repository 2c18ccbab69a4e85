//! Instances that are kept, and when they are not.

use std::time::Duration;

use cascata_config::{InstanceMode, PooledInstances};
use cascata_runtime::wasm::{WasmHost, WasmHostOptions};
use cascata_runtime::{FailureKind, StageHandler};

use super::support::{call, call_within, settings, stage, text, wasm};

fn pooled(change: impl FnOnce(&mut PooledInstances)) -> InstanceMode {
    let mut settings = PooledInstances::default();
    change(&mut settings);
    InstanceMode::Pooled(settings)
}

#[tokio::test]
async fn a_fresh_instance_remembers_nothing() {
    let stage = stage("counter", |_| ());
    for _ in 0..3 {
        assert_eq!(text(&stage.call(call("{}")).await.unwrap()), "1");
    }
    assert_eq!(stage.idle_instances(), 0);
}

#[tokio::test]
async fn a_kept_instance_goes_on_until_it_has_served_its_calls() {
    let stage = stage("counter", |handler| handler.instance = pooled(|pool| pool.max_calls = 3));
    for expected in ["1", "2", "3", "1", "2"] {
        assert_eq!(text(&stage.call(call("{}")).await.unwrap()), expected);
    }
}

#[tokio::test]
async fn after_a_trap_the_instance_is_never_used_again() {
    let stage = stage("counter", |handler| handler.instance = pooled(|_| ()));
    assert_eq!(text(&stage.call(call("{}")).await.unwrap()), "1");
    assert_eq!(text(&stage.call(call("{}")).await.unwrap()), "2");
    let failure = stage.call(call(r#"{"trap": true}"#)).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Trapped);
    let backtrace = failure.backtrace.unwrap();
    assert!(backtrace.starts_with("boom at byte") && backtrace.contains('\n'), "{backtrace}");
    assert_eq!(stage.idle_instances(), 0);
    assert_eq!(text(&stage.call(call("{}")).await.unwrap()), "1");
}

#[tokio::test]
async fn a_cancelled_call_takes_its_instance_with_it() {
    let stage = stage("endless_loop", |handler| {
        handler.instance = pooled(|pool| pool.max = 1);
        handler.fuel = Some(u64::MAX / 2);
    });
    drop(tokio::time::timeout(Duration::from_millis(5), stage.call(call("{}"))).await);
    assert_eq!(stage.idle_instances(), 0);
    let failure = stage.call(call_within("{}", Duration::from_millis(5))).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Deadline, "the place is free again");
}

#[tokio::test]
async fn a_reported_failure_keeps_the_instance() {
    let stage = stage("fails", |handler| handler.instance = pooled(|_| ()));
    assert!(stage.call(call("{}")).await.is_err());
    assert_eq!(stage.idle_instances(), 1);
    let again = stage.call(call("{}")).await.unwrap_err();
    assert_eq!((again.logs.len(), again.kind), (1, FailureKind::StageError));
}

#[tokio::test(start_paused = true)]
async fn idle_instances_are_let_go() {
    let stage = stage("counter", |handler| handler.instance = pooled(|pool| pool.idle_ms = 1_000));
    stage.call(call("{}")).await.unwrap();
    assert_eq!(stage.idle_instances(), 1);
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(stage.idle_instances(), 1, "used since the sweep before");
    tokio::time::sleep(Duration::from_millis(1_000)).await;
    assert_eq!(stage.idle_instances(), 0);
    assert_eq!(text(&stage.call(call("{}")).await.unwrap()), "1");
}

#[tokio::test]
async fn callers_wait_for_an_instance_and_give_up_at_their_deadline() {
    let host = WasmHost::new(WasmHostOptions::default().with_max_instances(1));
    // Short slices: timers fire only every so many of them while a thread is never idle.
    let spinning = settings(|handler| (handler.fuel, handler.yield_interval) = (Some(u64::MAX / 2), 10_000));
    let spinning = host.load_stage("spin", &wasm("endless_loop"), &spinning).unwrap();
    let counter = host.load_stage("counter", &wasm("counter"), &settings(|_| ())).unwrap();
    let busy = tokio::spawn(spinning.call(call_within("{}", Duration::from_secs(1))));
    tokio::task::yield_now().await;
    let failure = counter.call(call_within("{}", Duration::from_millis(20))).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::PoolExhausted);
    assert!(failure.message.contains("raise `max_instances`"));
    let waited = counter.call(call("{}")).await.unwrap();
    assert_eq!(text(&waited), "1");
    assert!(busy.await.unwrap().is_err());
}

#[tokio::test]
async fn an_idle_instance_makes_room_for_another_stage() {
    let host = WasmHost::new(WasmHostOptions::default().with_max_instances(1));
    let keeping = settings(|handler| handler.instance = pooled(|_| ()));
    let keeper = host.load_stage("keeper", &wasm("counter"), &keeping).unwrap();
    keeper.call(call("{}")).await.unwrap();
    assert_eq!(keeper.idle_instances(), 1);
    let other = host.load_stage("other", &wasm("counter"), &settings(|_| ())).unwrap();
    assert_eq!(text(&other.call(call("{}")).await.unwrap()), "1");
    assert_eq!(keeper.idle_instances(), 0);
}

#[tokio::test]
async fn many_calls_at_once_share_few_instances() {
    let stage = stage("counter", |handler| handler.instance = pooled(|pool| pool.max = 2));
    let calls = (0..20).map(|_| tokio::spawn(stage.call(call("{}"))));
    for call in calls.collect::<Vec<_>>() {
        call.await.unwrap().unwrap();
    }
    assert!(stage.idle_instances() <= 2);
}

#[tokio::test]
async fn what_a_slot_gave_is_forgotten_even_after_handles_come_round_again() {
    // The generation in a handle returns after 16,384 calls; a value kept by slot must not.
    let stage = stage("manifest", |handler| handler.instance = pooled(|pool| pool.max = 1));
    assert_eq!(text(&stage.call(call(r#"{"geo": {"country": "CH"}}"#)).await.unwrap()), "CH");
    let other = call(r#"{"geo": {"country": "DE"}}"#);
    for _ in 0..16_390 {
        assert_eq!(text(&stage.call(other.clone()).await.unwrap()), "DE");
    }
    let sometimes = super::support::stage("reads_sometimes", |handler| handler.instance = pooled(|pool| pool.max = 1));
    let (reading, passing) = (call(r#"{"read": true, "flag": true}"#), call(r#"{"read": false, "flag": false}"#));
    assert_eq!(text(&sometimes.call(reading).await.unwrap()), "1");
    for _ in 0..16_383 {
        assert_eq!(text(&sometimes.call(passing.clone()).await.unwrap()), "-");
    }
    let reading = call(r#"{"read": true, "flag": false}"#);
    assert_eq!(text(&sometimes.call(reading).await.unwrap()), "0");
}

#[tokio::test]
async fn a_stage_changes_between_programs_without_mixing_their_paths() {
    // `amount` has another number in each program; the kept instance must follow.
    use cascata_runtime::state::{FactsPlan, State};
    use cascata_vm::{Segment, StageId, json::ReadOptions};
    let stage = stage("good", |handler| {
        handler.instance = pooled(|pool| pool.max = 1);
        handler.config.insert("limit".to_owned(), serde_json::json!(1000));
    });
    let key = |text: &str| vec![Segment::Key(text.to_owned())];
    for (paths, expected) in
        [(vec![key("amount")], "review"), (vec![key("other"), key("amount")], "review"), (vec![], "review")]
    {
        let plan = std::sync::Arc::new(FactsPlan::new(paths, vec!["fixture".to_owned()]));
        let mut state = State::new(plan);
        state.begin(br#"{"amount": 1001, "other": 1}"#, &ReadOptions::default(), &[], 0).unwrap();
        let mut call = call("{}");
        call = cascata_runtime::StageCall::new(std::sync::Arc::new(state), StageId::new(0), 1, call.deadline);
        assert_eq!(text(&stage.call(call).await.unwrap()), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn an_old_instance_is_replaced_though_it_is_in_use_all_the_time() {
    let stage = stage("counter", |handler| {
        handler.instance = pooled(|pool| (pool.idle_ms, pool.max_age_ms) = (1_000, 3_000));
    });
    let mut seen = Vec::new();
    for _ in 0..12 {
        seen.push(text(&stage.call(call("{}")).await.unwrap()).to_owned());
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    assert!(seen.iter().filter(|count| *count == "1").count() >= 2, "replaced: {seen:?}");
    assert!(seen.contains(&"5".to_owned()), "and kept for its time: {seen:?}");
}

#[tokio::test]
async fn an_instance_that_has_grown_is_not_kept() {
    let roomy = stage("counter", |handler| handler.instance = pooled(|_| ()));
    roomy.call(call("{}")).await.unwrap();
    assert_eq!(roomy.idle_instances(), 1);
    let narrow = stage("counter", |handler| {
        handler.instance = pooled(|pool| pool.max_memory_bytes = Some(65_536));
    });
    for _ in 0..2 {
        assert_eq!(text(&narrow.call(call("{}")).await.unwrap()), "1");
        assert_eq!(narrow.idle_instances(), 0);
    }
}

#[tokio::test]
async fn no_more_calls_wait_for_the_host_than_may() {
    let options = WasmHostOptions::default().with_max_instances(1).with_max_waiting(1);
    let host = WasmHost::new(options);
    let spinning = settings(|handler| (handler.fuel, handler.yield_interval) = (Some(u64::MAX / 2), 10_000));
    let spinning = host.load_stage("spin", &wasm("endless_loop"), &spinning).unwrap();
    let within = Duration::from_millis(100);
    let busy = tokio::spawn(spinning.call(call_within("{}", within)));
    let waiting = tokio::spawn(spinning.call(call_within("{}", within)));
    tokio::task::yield_now().await;
    let failure = spinning.call(call("{}")).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::PoolExhausted);
    assert!(failure.message.starts_with("1 calls wait for the 1 instances of the host"), "{}", failure.message);
    assert!(busy.await.unwrap().is_err() && waiting.await.unwrap().is_err());
}

#[tokio::test]
async fn where_address_space_is_short_instances_are_made_on_demand() {
    // More instances than there is address space for: 4 GiB and a guard each.
    let host = WasmHost::new(WasmHostOptions::default().with_max_instances(4_000_000));
    let counter = host.load_stage("counter", &wasm("counter"), &settings(|_| ())).unwrap();
    assert_eq!(text(&counter.call(call("{}")).await.unwrap()), "1");
}
