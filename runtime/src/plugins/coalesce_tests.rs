use crate::plugins::tests::{Do, PROGRAM, Script, call_on, ms, run, service, stack, uses};
use crate::plugins::{PluginContext, Registry, compose};
use crate::{FailureKind, StageCall, StageFailure, StageOutput, StageService, handler_fn};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::task::JoinHandle;

/// A handler that takes 10 ms and counts its calls; a field `fail` makes it fail.
fn slow(calls: &Arc<AtomicU32>) -> StageService {
    let calls = Arc::clone(calls);
    service(handler_fn(move |call: StageCall| {
        calls.fetch_add(1, Ordering::SeqCst);
        async move {
            tokio::time::sleep(ms(10)).await;
            let fail = call.field(&[cascata_vm::Segment::Key("fail".to_owned())]);
            let fails = !matches!(fail, cascata_vm::Value::Missing);
            if fails { Err(StageFailure::handler("no")) } else { Ok(StageOutput::new("ok")) }
        }
    }))
}

fn spawn(service: &StageService, event: Value) -> JoinHandle<Result<StageOutput, StageFailure>> {
    let service = service.clone();
    tokio::spawn(async move { run(&service, call_on(event, Duration::from_secs(60))).await })
}

#[tokio::test(start_paused = true)]
async fn calls_with_the_same_input_at_the_same_time_are_one() {
    let calls = Arc::default();
    let service = stack(&Registry::with_builtins(), json!(["coalesce"]), slow(&calls));
    let all: Vec<_> = (0..5).map(|_| spawn(&service, json!({"a": 1}))).collect();
    let other = spawn(&service, json!({"a": 2}));
    let mut followed = 0;
    for call in all {
        let output = call.await.unwrap().unwrap();
        assert_eq!(output.result.to_serde(), json!("ok"));
        followed += u32::from(output.marks.coalesced);
    }
    assert!(!other.await.unwrap().unwrap().marks.coalesced);
    assert_eq!((calls.load(Ordering::SeqCst), followed), (2, 4));
    spawn(&service, json!({"a": 1})).await.unwrap().unwrap();
    assert_eq!(calls.load(Ordering::SeqCst), 3, "nothing is kept");
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_shared_too() {
    let calls = Arc::default();
    let service = stack(&Registry::with_builtins(), json!(["coalesce"]), slow(&calls));
    let (one, two) = (spawn(&service, json!({"fail": 1})), spawn(&service, json!({"fail": 1})));
    assert_eq!(one.await.unwrap().unwrap_err().kind, FailureKind::Handler);
    assert!(two.await.unwrap().unwrap_err().marks.coalesced);
    assert_eq!(calls.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn when_the_leader_is_cancelled_one_of_those_who_follow_makes_the_call() {
    for plugin in [json!("coalesce"), json!({"cache": {"single_flight": true}})] {
        let calls = Arc::default();
        let service = stack(&Registry::with_builtins(), json!([plugin]), slow(&calls));
        let leader = spawn(&service, json!({}));
        tokio::task::yield_now().await;
        let followers: Vec<_> = (0..3).map(|_| spawn(&service, json!({}))).collect();
        tokio::time::advance(ms(5)).await;
        leader.abort();
        let mut coalesced = 0;
        for follower in followers {
            coalesced += u32::from(follower.await.unwrap().unwrap().marks.coalesced);
        }
        assert_eq!((calls.load(Ordering::SeqCst), coalesced), (2, 2), "{plugin}");
    }
}

#[test]
fn results_that_depend_on_more_than_the_key_are_shared_only_if_told_so() {
    let cx = PluginContext::new("s", PROGRAM).with_impure(vec!["http".to_owned()]);
    let inner = || Script::new([Do::Return("ok")]).service();
    let built = |list: Value| compose(&Registry::with_builtins(), &uses(list), inner(), &cx).map(drop);
    assert_eq!(built(json!(["coalesce"])).unwrap_err().code(), "R2004");
    assert_eq!(built(json!([{"coalesce": {"cacheable": true}}])), Ok(()));
}
