//! Stages side by side.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use cascata_record::{Mode, StageStatus, Termination};
use cascata_vm::StageId;
use cascata_vm::image::{ActionSpec, RuleKind, StageSpec};
use serde_json::json;

use super::kit::{Kit, decide, errors, stage};
use crate::engine::Engine;
use crate::testing::{ScriptedHandler, Step};
use crate::{StageCall, StageOutput, handler_fn};

fn grouped(name: &str, group: &str) -> StageSpec {
    let mut stage = stage(name);
    stage.parallel_group = Some(group.to_owned());
    stage
}

fn after(ms: u64, result: &str) -> ScriptedHandler {
    ScriptedHandler::new(vec![Step::After(ms, Box::new(Step::Return(json!(result))))])
}

fn terminate() -> ActionSpec {
    ActionSpec::Terminate { outcome: None, reason: None }
}

#[tokio::test(start_paused = true)]
async fn members_of_a_group_run_at_the_same_time_and_are_recorded_in_plan_order() {
    let kit = Kit::new(vec![grouped("A", "g"), grouped("B", "g"), grouped("C", "g")]);
    let builder = Engine::builder(kit.program());
    let builder = builder.handler("A", after(300, "a")).handler("B", after(100, "b")).handler("C", after(200, "c"));
    let decision = decide(&builder.build().unwrap(), "{}").await;
    assert_eq!(decision.time(), Duration::from_millis(300));
    assert_eq!(decision.executed().collect::<Vec<_>>(), ["A", "B", "C"]);
    assert_eq!(decision.outcome(), "c".into());
}

#[tokio::test(start_paused = true)]
async fn a_batch_is_as_long_as_the_limit_and_one_group_allows() {
    let mut ungrouped = stage("D");
    ungrouped.can_run_parallel = true;
    let mut alone = stage("E");
    alone.can_run_parallel = true;
    alone.depends_on = vec![StageId::new(3)];
    let mut kit = Kit::new(vec![grouped("A", "g"), grouped("B", "g"), grouped("C", "g"), ungrouped, alone]);
    kit.cascade.max_parallel_stages = 2;
    let mut builder = Engine::builder(kit.program());
    for name in ["A", "B", "C", "D", "E"] {
        builder = builder.handler(name, after(100, name));
    }
    // A with B, then C, then D (another group), then E (which waits for D).
    assert_eq!(decide(&builder.build().unwrap(), "{}").await.time(), Duration::from_millis(400));
}

#[tokio::test(start_paused = true)]
async fn handlers_see_the_state_before_the_batch_and_rules_what_came_before_them() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let looks = |name: &'static str| {
        let seen = Arc::clone(&seen);
        handler_fn(move |call: StageCall| {
            seen.lock().unwrap().push((name, call.state.current_text().to_owned()));
            async { Ok(StageOutput::new("pass")) }
        })
    };
    let kit = Kit::new(vec![grouped("A", "g"), grouped("B", "g"), stage("C")]).set(0, RuleKind::Routing, "x", "a").set(
        1,
        RuleKind::Routing,
        "x",
        "b",
    );
    let builder =
        Engine::builder(kit.program()).handler("A", looks("A")).handler("B", looks("B")).handler("C", looks("C"));
    let decision = decide(&builder.build().unwrap(), "{}").await;
    assert_eq!(decision.final_data(), r#"{"x":"b"}"#);
    let seen = seen.lock().unwrap();
    assert_eq!(*seen, [("A", "{}".to_owned()), ("B", "{}".to_owned()), ("C", r#"{"x":"b"}"#.to_owned())]);
}

#[tokio::test(start_paused = true)]
async fn what_an_earlier_member_decides_does_not_undo_a_later_one() {
    let kit = Kit::new(vec![grouped("A", "g"), grouped("B", "g"), stage("C")])
        .rule(0, RuleKind::Routing, ActionSpec::DisableStages(vec![StageId::new(1)]))
        .rule(0, RuleKind::Routing, terminate())
        .set(1, RuleKind::Routing, "b", "ran");
    let builder = Engine::builder(kit.program());
    let builder = builder.handler("A", after(1, "a")).handler("B", after(2, "b")).handler("C", after(1, "c"));
    let decision = decide(&builder.build().unwrap(), "{}").await;
    assert_eq!(decision.executed().collect::<Vec<_>>(), ["A", "B"]);
    assert_eq!((decision.termination(), decision.final_data()), (Some(Termination::Action), r#"{"b":"ran"}"#));
}

#[tokio::test(start_paused = true)]
async fn a_blocked_member_runs_nothing_and_its_action_comes_in_plan_order() {
    let kit = Kit::new(vec![grouped("A", "g"), grouped("B", "g")]).set(0, RuleKind::Precondition, "x", "blocked").set(
        1,
        RuleKind::Routing,
        "x",
        "b",
    );
    let a = after(1, "a");
    let builder = Engine::builder(kit.program()).handler("A", a.clone()).handler("B", after(1, "b"));
    let decision = decide(&builder.build().unwrap(), "{}").await;
    assert_eq!((a.calls(), decision.final_data()), (0, r#"{"x":"b"}"#));
    assert_eq!(decision.executed().collect::<Vec<_>>(), ["B"]);
}

#[tokio::test(start_paused = true)]
async fn on_a_global_timeout_finished_members_are_recorded_and_the_others_cancelled() {
    let mut kit = Kit::new(vec![grouped("A", "g"), grouped("B", "g"), grouped("C", "g")]).set(
        0,
        RuleKind::Routing,
        "rules",
        "ran",
    );
    kit.cascade.global_timeout_ms = 50;
    let builder = Engine::builder(kit.program());
    let builder = builder.handler("A", after(10, "a")).handler("B", after(900, "b"));
    let builder = builder.handler("C", ScriptedHandler::new(vec![Step::Raise("boom".to_owned())]));
    let decision = decide(&builder.build().unwrap(), "{}").await;
    assert!(decision.timed_out());
    let record = decision.record(Mode::Full);
    let statuses: Vec<_> = record.stages.iter().map(|stage| stage.status).collect();
    assert_eq!(statuses, [StageStatus::Ok, StageStatus::Cancelled, StageStatus::Error]);
    let expected = [("C", "handler"), ("__global__", "global_timeout")];
    assert_eq!(errors(&decision), expected.map(|(stage, kind)| (stage.to_owned(), kind.to_owned())));
    assert_eq!(decision.final_data(), "{}");
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_a_batch_stays_in_its_stage() {
    let kit = Kit::new(vec![grouped("A", "g"), grouped("B", "g")]);
    let panics = handler_fn(|_: StageCall| async { panic!("oh") });
    let builder = Engine::builder(kit.program()).handler("A", panics).handler("B", after(5, "b"));
    let decision = decide(&builder.build().unwrap(), "{}").await;
    assert_eq!(errors(&decision), [("A".to_owned(), "panicked".to_owned())]);
    assert_eq!(decision.outcome(), "b".into());
}
