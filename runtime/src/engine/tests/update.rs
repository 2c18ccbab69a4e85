//! Handlers, updates, caches, and what they keep.

use std::sync::Arc;
use std::time::Duration;

use cascata_record::Mode;
use serde_json::json;

use super::kit::{Kit, decide, stage};
use crate::engine::{Engine, EngineError, EventError, HandlerRequest, HandlerSource, Resolved};
use crate::plugins::Reads;
use crate::testing::{ScriptedHandler, Step};
use crate::{OwnedValue, StageCall, StageOutput, handler_fn};
use cascata_vm::{Facts as _, Segment};

fn pass() -> ScriptedHandler {
    ScriptedHandler::returning(json!({"result": "pass", "confidence": 0.2, "data": {"z": 1}}))
}

#[test]
fn handlers_must_fit_the_program() {
    let program = || Kit::new(vec![stage("A")]).program();
    let error = Engine::builder(program()).handler("B", pass()).build().unwrap_err();
    assert!(matches!(error, EngineError::UnknownStage { name } if name == "B"));

    let mut kit = Kit::new(vec![stage("A")]);
    kit.stages[0].host = r#"{"handler": {"kind": "native", "name": "shared"}}"#.to_owned();
    let program = kit.program();
    let error = Engine::builder(program).build().unwrap_err();
    assert_eq!(error.code(), "R0103");
}

#[tokio::test(start_paused = true)]
async fn a_native_handler_may_serve_several_stages_by_its_own_name() {
    let mut kit = Kit::new(vec![stage("A"), stage("B")]);
    for stage in &mut kit.stages {
        stage.host = r#"{"handler": {"kind": "native", "name": "shared"}}"#.to_owned();
    }
    let shared = pass();
    let engine = Engine::builder(kit.program()).handler("shared", shared.clone()).build().unwrap();
    assert!(decide(&engine, "{}").await.success());
    assert_eq!(shared.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_handler_registered_later_is_used_from_then_on() {
    let engine = Engine::builder(Kit::new(vec![stage("A")]).program()).build().unwrap();
    let record = decide(&engine, "{}").await.record(Mode::Full);
    assert_eq!(record.errors[0].message, "No handler registered for stage: A");
    engine.register("A", pass()).unwrap();
    assert!(decide(&engine, "{}").await.success());
    assert!(matches!(engine.register("B", pass()), Err(EngineError::UnknownStage { .. })));
}

#[tokio::test(start_paused = true)]
async fn an_update_that_fails_leaves_the_old_program_and_one_that_works_keeps_handlers_and_figures() {
    let engine = Engine::builder(Kit::new(vec![stage("A")]).program()).handler("A", pass()).build().unwrap();
    assert!(decide(&engine, "{}").await.success());
    let old = engine.program_hash();

    let mut broken = Kit::new(vec![stage("A")]);
    broken.stages[0].host = r#"{"plugins": ["no_such_plugin"]}"#.to_owned();
    assert!(matches!(engine.update_config(broken.program()), Err(EngineError::Plugins(_))));
    assert_eq!(engine.program_hash(), old);

    let mut longer = stage("A");
    longer.timeout_ms = 77;
    engine.update_config(Kit::new(vec![longer, stage("B")]).program()).unwrap();
    assert_ne!(engine.program_hash(), old);
    let decision = decide(&engine, "{}").await;
    assert_eq!(decision.executed().collect::<Vec<_>>(), ["A"]);
    assert_eq!(engine.statistics()["A"].count, 2);
}

#[tokio::test(start_paused = true)]
async fn a_running_cascade_finishes_on_its_program() {
    let slow = ScriptedHandler::new(vec![Step::After(100, Box::new(Step::Return(json!("old"))))]);
    let engine = Engine::builder(Kit::new(vec![stage("A"), stage("B")]).program())
        .handler("A", slow)
        .handler("B", pass())
        .build()
        .unwrap();
    let running = {
        let engine = engine.clone();
        tokio::spawn(async move { decide(&engine, "{}").await.executed().count() })
    };
    tokio::time::sleep(Duration::from_millis(10)).await;
    engine.update_config(Kit::new(vec![stage("A")]).program()).unwrap();
    assert_eq!(running.await.unwrap(), 2);
    assert_eq!(decide(&engine, "{}").await.executed().count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_kept_result_has_all_but_the_run_and_lives_as_long_as_it_may() {
    let mut kit = Kit::new(vec![stage("A")]);
    kit.cascade.enable_caching = true;
    kit.stages[0].cache_enabled = true;
    let handler = pass();
    let engine = Engine::builder(kit.program()).handler("A", handler.clone()).build().unwrap();
    let mut records = Vec::new();
    for (event, wait) in
        [(r#"{"a":1,"b":2}"#, 3), (r#"{ "b":2, "a":1 }"#, 7), (r#"{"a":1,"b":2}"#, 0), (r#"{"a":2}"#, 0)]
    {
        records.push(decide(&engine, event).await.record(Mode::Full).stages.remove(0));
        tokio::time::sleep(Duration::from_secs(wait)).await;
    }
    assert_eq!(handler.calls(), 3);
    let kept = &records[1];
    assert_eq!((kept.cached.map(|cached| cached.age_ms), kept.attempts), (Some(3000), 0));
    assert_eq!(
        (&kept.result, &kept.confidence, &kept.data),
        (&records[0].result, &records[0].confidence, &records[0].data)
    );
    assert!(records[2].cached.is_none() && records[3].cached.is_none());
    engine.clear_cache();
    assert!(decide(&engine, r#"{"a":2}"#).await.record(Mode::Full).stages[0].cached.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_bad_event_is_an_error_and_the_next_one_is_decided() {
    let engine = Engine::builder(Kit::new(vec![stage("A")]).program()).handler("A", pass()).build().unwrap();
    assert!(matches!(engine.execute(b"[]").await, Err(EventError::NotAnObject)));
    assert!(matches!(engine.execute(b"{\"a\":").await, Err(EventError::Json { .. })));
    assert!(decide(&engine, "{}").await.success());
}

#[tokio::test]
async fn events_are_decided_by_many_tasks_at_once() {
    let engine = Arc::new(Engine::builder(Kit::new(vec![stage("A")]).program()).handler("A", pass()).build().unwrap());
    let tasks: Vec<_> = (0..50)
        .map(|number| {
            let engine = Arc::clone(&engine);
            tokio::spawn(async move { decide(&engine, &format!("{{\"n\":{number}}}")).await.final_data().to_owned() })
        })
        .collect();
    for (number, task) in tasks.into_iter().enumerate() {
        assert_eq!(task.await.unwrap(), format!("{{\"n\":{number}}}"));
    }
}

/// Makes a handler as slowly as a large module is compiled: it waits for leave.
struct Slow {
    asked: std::sync::mpsc::SyncSender<()>,
    leave: std::sync::Mutex<std::sync::mpsc::Receiver<()>>,
}

impl HandlerSource for Slow {
    fn handler(
        &self,
        request: &HandlerRequest<'_>,
    ) -> Result<Option<Resolved>, Box<dyn std::error::Error + Send + Sync>> {
        if request.stage.name() != "SLOW" {
            return Ok(None);
        }
        self.asked.send(())?;
        self.leave.lock().unwrap().recv()?;
        Ok(Some(Resolved::new(Arc::new(pass()))))
    }
}

#[tokio::test]
async fn a_slow_update_in_the_background_holds_up_neither_the_thread_nor_other_changes() {
    let (asked, was_asked) = std::sync::mpsc::sync_channel(8);
    let (give_leave, leave) = std::sync::mpsc::channel();
    let slow = Slow { asked, leave: std::sync::Mutex::new(leave) };
    let engine = Engine::builder(Kit::new(vec![stage("A")]).program()).source(Arc::new(slow)).build().unwrap();
    let update = {
        let engine = engine.clone();
        let program = Kit::new(vec![stage("A"), stage("SLOW")]).program();
        tokio::spawn(async move { engine.update_config_in_background(program).await })
    };
    while was_asked.try_recv().is_err() {
        tokio::task::yield_now().await;
    }
    // The only thread of this runtime is free, and so are all locks.
    engine.register("A", pass()).unwrap();
    engine.set_metadata("region", "eu");
    assert!(decide(&engine, "{}").await.success());
    // The update was made ready without that handler, so it is made ready once more.
    give_leave.send(()).unwrap();
    give_leave.send(()).unwrap();
    update.await.unwrap().unwrap();
    let decision = decide(&engine, "{}").await;
    assert_eq!(decision.executed().collect::<Vec<_>>(), ["A", "SLOW"]);
    assert_eq!(decision.record(Mode::Full).metadata["region"], "eu");
    assert_eq!(engine.statistics()["A"].count, 2);
}

#[tokio::test(start_paused = true)]
async fn a_program_that_cannot_be_loaded_leaves_no_figures() {
    let engine = Engine::builder(Kit::new(vec![stage("A")]).program()).handler("A", pass()).build().unwrap();
    let mut broken = Kit::new(vec![stage("NEW"), stage("A")]);
    broken.stages[1].host = r#"{"plugins": ["no_such_plugin"]}"#.to_owned();
    engine.update_config(broken.program()).unwrap_err();
    assert_eq!(engine.statistics().into_keys().collect::<Vec<_>>(), ["A"]);
}

#[tokio::test(start_paused = true)]
async fn what_a_giant_left_is_not_kept() {
    let data = json!({"data": {"text": "x".repeat(2 << 20)}});
    let handler = ScriptedHandler::new(vec![Step::Return(data), Step::Return(json!("small"))]);
    let engine = Engine::builder(Kit::new(vec![stage("A")]).program()).handler("A", handler).build().unwrap();
    let kept = |engine: &Engine| engine.inner.current.load().loaded.pool.kept();
    drop(decide(&engine, "{}").await);
    assert_eq!(kept(&engine), 0);
    drop(decide(&engine, "{}").await);
    assert_eq!(kept(&engine), 1);
    let giant = format!(r#"{{"text": "{}"}}"#, "x".repeat(2 << 20));
    drop(decide(&engine, &giant).await);
    assert_eq!(kept(&engine), 0);
    // An event that could not be read has left its room behind as well.
    engine.execute(giant.trim_end_matches('}').as_bytes()).await.unwrap_err();
    assert_eq!(kept(&engine), 0);
}

#[tokio::test(start_paused = true)]
async fn fields_of_handlers_are_read_with_the_event() {
    struct Fields;
    impl HandlerSource for Fields {
        fn handler(
            &self,
            _: &HandlerRequest<'_>,
        ) -> Result<Option<Resolved>, Box<dyn std::error::Error + Send + Sync>> {
            let field = vec![Segment::Key("a".to_owned()), Segment::Key("b".to_owned())];
            let reads = Reads::Fields(vec![field.clone(), field.clone(), Vec::new()]);
            let handler = handler_fn(move |call: StageCall| {
                let field = field.clone();
                async move {
                    let id = call.state.plan().path_id(&field).expect("a number for the field");
                    Ok(StageOutput::new(OwnedValue::from_value(&call.state.get(id))))
                }
            });
            Ok(Some(Resolved::new(Arc::new(handler)).with_reads(reads)))
        }
    }
    let engine = Engine::builder(Kit::new(vec![stage("A")]).program()).source(Arc::new(Fields)).build().unwrap();
    let decision = decide(&engine, r#"{"a": {"b": 1, "b": 7}}"#).await;
    assert_eq!(decision.outcome(), OwnedValue::Int(7));
}

#[test]
fn what_a_shut_down_runtime_no_longer_runs_in_the_background_is_an_error_and_changes_nothing() {
    let program = || Kit::new(vec![stage("A")]).program();
    let engine = Engine::builder(program()).handler("A", pass()).build().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let handle = runtime.handle().clone();
    let on_the_runtime = |engine: &Engine| handle.block_on(engine.update_config_in_background(program()));
    on_the_runtime(&engine).unwrap();
    runtime.shutdown_background();

    let mut longer = stage("A");
    longer.timeout_ms = 77;
    let next = Kit::new(vec![longer]).program();
    let old = engine.program_hash();
    assert_ne!(next.hash(), old);
    let update = handle.block_on(engine.update_config_in_background(next));
    let register = handle.block_on(engine.register_in_background("A", pass()));
    let build = handle.block_on(Engine::builder(program()).build_in_background());
    for error in [update.unwrap_err(), register.unwrap_err(), build.unwrap_err()] {
        assert_eq!((error.code(), matches!(error, EngineError::Interrupted {})), ("R0105", true), "{error}");
    }
    assert_eq!(engine.program_hash(), old);
}
