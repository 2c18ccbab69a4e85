//! Decisions on disk.

use cascata_record::log::{Reader, RecordSettings, Recorder};
use cascata_vm::image::RuleKind;
use serde_json::json;

use super::kit::{Kit, decide, stage};
use crate::engine::Engine;
use crate::testing::ScriptedHandler;

fn pass() -> ScriptedHandler {
    ScriptedHandler::returning(json!({"result": "pass"}))
}

#[tokio::test]
async fn decisions_are_recorded_with_the_programs_that_made_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let recorder = Recorder::open(folder.path(), RecordSettings::default()).expect("opens");
    let set = |text| Kit::new(vec![stage("A")]).set(0, RuleKind::Routing, "x", text).program();
    let builder = Engine::builder(set("old")).handler("A", pass()).recorder(recorder.clone());
    let engine = builder.build().expect("fits");
    decide(&engine, r#"{"n":1}"#).await;
    engine.update_config(set("new")).expect("fits");
    decide(&engine, r#"{"n":2}"#).await;
    engine.explain(b"{}").await.expect("an object");
    engine.execute_unrecorded(b"{}").await.expect("an object");
    recorder.close().expect("written");
    let records = Reader::open(folder.path()).expect("opens").records();
    let records: Vec<_> = records.map(|record| record.expect("a record")).collect();
    let events: Vec<_> = records.iter().map(|record| record.event.clone().expect("an event")).collect();
    assert_eq!(events, [json!({"n": 1}), json!({"n": 2})]);
    assert_ne!(records[0].program_hash, records[1].program_hash);
    for record in &records {
        let image = std::fs::read(folder.path().join(format!("programs/{}.cbc", record.program_hash))).expect("kept");
        assert!(Engine::from_image(image).is_ok());
    }
}

#[tokio::test]
async fn a_sample_is_chosen_by_the_event_as_it_came() {
    let folder = tempfile::tempdir().expect("a folder");
    let settings =
        RecordSettings { sample_percent: 30.0, sample_key: Some("user.id".to_owned()), ..RecordSettings::default() };
    let recorder = Recorder::open(folder.path(), settings).expect("opens");
    // The rule writes over what is chosen by.
    let program = Kit::new(vec![stage("A")]).set(0, RuleKind::Routing, "user.id", "same").program();
    let engine = Engine::builder(program).handler("A", pass()).recorder(recorder.clone()).build().expect("fits");
    for number in 0..400 {
        decide(&engine, &format!(r#"{{"n":{number},"user":{{"id":{}}}}}"#, number % 100)).await;
    }
    let taken = recorder.close().expect("written").records;
    assert!(taken.is_multiple_of(4) && (60..180).contains(&taken), "all of a user or none: {taken}");
}
