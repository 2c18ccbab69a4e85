use std::sync::Arc;

use cascata_vm::json::{DuplicateKeys, ReadOptions};
use cascata_vm::{Facts as _, PathId, Segment, StageId, Value};

use super::{EventError, FactsPlan, StageResult, State, WriteError};
use crate::stage::{StageFailure, StageOutput};
use crate::value::OwnedValue;
use serde_json::json;
use std::time::Duration;

fn path(text: &str) -> Vec<Segment> {
    text.split('.').map(|key| Segment::Key(key.to_owned())).collect()
}

fn state(event: &str, paths: &[&str]) -> State {
    let paths = paths.iter().map(|text| path(text)).collect();
    let mut state = State::new(Arc::new(FactsPlan::new(paths, vec!["A".to_owned(), "B".to_owned()])));
    state.begin(event.as_bytes(), &ReadOptions::default(), &[], 0).expect("an object");
    state
}

fn read(state: &State, id: u32) -> String {
    OwnedValue::from_value(&state.get(PathId::new(id))).to_json().into_owned()
}

fn field(state: &State, text: &str) -> String {
    OwnedValue::from_value(&state.field(&path(text))).to_json().into_owned()
}

#[test]
fn a_write_is_seen_at_its_path_below_it_and_above_it() {
    let mut state = state(r#"{"a":{"b":1,"c":{"d":2}},"z":0}"#, &["a", "a.b", "a.c.d", "a.c", "new.x.y", "new", "z"]);
    state.write(&path("a.c"), r#"{"d":{"e":5}}"#.to_owned()).expect("a mapping");
    state.write(&path("new.x.y"), "[1]".to_owned()).expect("created");
    assert_eq!(read(&state, 0), r#"{"b":1,"c":{"d":{"e":5}}}"#);
    assert_eq!(read(&state, 1), "1");
    assert_eq!(read(&state, 2), r#"{"e":5}"#);
    assert_eq!(field(&state, "a.c.d.e"), "5");
    assert_eq!(read(&state, 4), "[1]");
    assert_eq!(read(&state, 5), r#"{"x":{"y":[1]}}"#);
    assert_eq!(read(&state, 6), "0");
    assert_eq!(state.current_text(), r#"{"a":{"b":1,"c":{"d":{"e":5}}},"z":0,"new":{"x":{"y":[1]}}}"#);
    assert_eq!(state.event_text(), r#"{"a":{"b":1,"c":{"d":2}},"z":0}"#);
}

#[test]
fn later_writes_below_earlier_ones_are_merged_and_seen_again() {
    let mut state = state(r#"{"k":"x"}"#, &["acc", "acc.a", "acc.b"]);
    state.write(&path("acc"), "{}".to_owned()).expect("written");
    assert_eq!(read(&state, 0), "{}");
    state.write(&path("acc.a"), "1".to_owned()).expect("written");
    assert_eq!(read(&state, 0), r#"{"a":1}"#);
    state.write(&path("acc.b.c"), "2".to_owned()).expect("written");
    assert_eq!(read(&state, 0), r#"{"a":1,"b":{"c":2}}"#);
    state.write(&path("acc"), "7".to_owned()).expect("written");
    assert_eq!(read(&state, 0), "7");
    assert_eq!(read(&state, 1), "null");
    assert_eq!(state.current_text(), r#"{"k":"x","acc":7}"#);
}

#[test]
fn a_write_through_a_value_that_is_no_mapping_is_refused() {
    let mut state = state(r#"{"n":3,"nul":null,"o":{"l":[1]}}"#, &[]);
    for bad in ["n.x", "nul.x", "o.l.x", "n.x.y"] {
        let error = state.write(&path(bad), "1".to_owned()).expect_err(bad);
        assert!(matches!(error, WriteError::NotMapping { .. }), "{bad}");
    }
    assert!(matches!(state.write(&path("stages.A"), "1".to_owned()), Err(WriteError::BadPath { .. })));
    assert!(!state.has_writes());
    state.write(&path("stages"), "1".to_owned()).expect("the event's own key");
}

#[test]
fn duplicate_keys_keep_their_first_place_and_the_value_that_counts() {
    let mut state = state(r#"{"a":1,"b":2,"a":{"x":1}}"#, &["a.x"]);
    assert_eq!(read(&state, 0), "1");
    state.write(&path("a.y"), "2".to_owned()).expect("a mapping");
    assert_eq!(state.current_text(), r#"{"a":{"x":1,"y":2},"b":2}"#);

    let options = ReadOptions { duplicate_keys: DuplicateKeys::First, ..ReadOptions::default() };
    state.begin(br#"{"a":{"x":{"k":5}},"a":1}"#, &options, &[], 0).expect("an object");
    assert_eq!(field(&state, "a.x.k"), "5");
    state.write(&path("a.y"), "2".to_owned()).expect("a mapping");
    assert_eq!(state.current_text(), r#"{"a":{"x":{"k":5},"y":2}}"#);
}

#[test]
fn stage_results_are_read_by_part_and_their_data_by_name() {
    let paths = [
        "stages.A.result.k",
        "stages.A.confidence",
        "stages.A.data.z",
        "stages.A.z",
        "stages.A.error",
        "stages.A.time_ms",
        "stages.A",
        "stages.B.error",
        "stages.B.result",
        "stages.B.data",
        "stages.A.result.k.deeper",
        "stages.NOPE.result",
        "stages",
    ];
    let mut state = state(r#"{"stages":{"A":1}}"#, &paths);
    assert_eq!(read(&state, 0), "null");
    let mut output =
        StageOutput::from_json(&json!({"result": {"k": "v"}, "confidence": 1, "data": {"z": [1], "error": "own"}}));
    output.fuel = Some(3);
    state.set_result(StageId::new(0), StageResult::succeeded(output, Duration::from_millis(2), 1));
    state.set_result(StageId::new(1), StageResult::failed(StageFailure::handler("boom"), Duration::ZERO, 2));
    let expected = [
        r#""v""#,
        "1",
        "[1]",
        "[1]",
        "null",
        "2.0",
        r#"{"stage_name":"A","result":{"k":"v"},"time_ms":2.0,"confidence":1,"data":{"z":[1],"error":"own"}}"#,
        r#""boom""#,
        "null",
        "{}",
        "null",
        "null",
        r#"{"A":1}"#,
    ];
    for (id, expected) in (0_u32..).zip(expected) {
        assert_eq!(read(&state, id), expected, "{}", paths[id as usize]);
    }
}

/// What is asked by kind is what [`Facts::get`] gives, whether an event has it, a stage said it, or somebody wrote it.
#[test]
fn questions_by_kind_are_answered_as_the_whole_is() {
    let said = [
        "stages.A.result",
        "stages.A.confidence",
        "stages.B.result",
        "stages.A.result.k",
        "stages.A.data.z",
        "stages.C.result",
    ];
    let paths =
        [&said[..], &["i", "f", "t", "b", "e", "o", "n", "none", "o.k", "stages.A", "stages.A.time_ms"]].concat();
    let mut state = state(r#"{"i":1,"f":0.5,"t":"x","b":true,"e":"\u0041","o":{"k":2},"n":null}"#, &paths);
    let results = [json!("pass"), json!(7), json!(0.25), json!(true), json!(null), json!({"k": "v"}), json!([1])];
    let held = |state: &State| {
        for id in (0_u32..).take(paths.len()).map(PathId::new) {
            let value = state.get(id);
            let name = paths[id.index()];
            let is_missing = state.unwritten_at(id).is_some_and(|(event, id)| event.is_missing(id));
            assert!(!is_missing || matches!(value, Value::Missing), "{name}");
            state.int(id).inspect(|int| assert!(matches!(value, Value::Int(whole) if whole == *int), "{name}"));
            state.float(id).inspect(|float| assert!(matches!(value, Value::Float(whole) if whole == *float), "{name}"));
            state.truth(id).inspect(|truth| assert!(matches!(value, Value::Bool(whole) if whole == *truth), "{name}"));
            state.text(id).inspect(|text| assert!(matches!(value, Value::Text(whole) if whole == *text), "{name}"));
            assert_eq!(state.text(id).map(str::as_bytes), state.text_bytes(id), "{name}");
        }
    };
    held(&state);
    for result in &results {
        for confidence in [json!(0.75), json!(1), json!(null)] {
            let output = StageOutput::from_json(&json!({"result": result, "confidence": confidence, "data": {"z": 3}}));
            state.set_result(StageId::new(0), StageResult::succeeded(output, Duration::ZERO, 1));
            state.set_result(StageId::new(1), StageResult::failed(StageFailure::handler("boom"), Duration::ZERO, 1));
            held(&state);
        }
    }
    let output = StageOutput::new("pass").with_confidence(0.4);
    state.set_result(StageId::new(0), StageResult::succeeded(output, Duration::ZERO, 1));
    assert_eq!((state.text(PathId::new(0)), state.float(PathId::new(1))), (Some("pass"), Some(0.4)));
    let none = PathId::new(13);
    assert_eq!((paths[none.index()], state.int(PathId::new(6))), ("none", Some(1)));
    assert!(state.unwritten_at(none).is_some_and(|(event, id)| event.is_missing(id)));
    state.write(&[Segment::Key("none".into())], "1".to_owned()).expect("a path of keys");
    assert!(state.unwritten_at(none).is_none());
    held(&state);
}

#[test]
fn hidden_keys_are_missing_everywhere() {
    let mut state = state("{}", &["label", "x"]);
    let hidden = ["label".to_owned()];
    state.begin(br#"{"label":1,"x":2.50,"\u006cabel":3}"#, &ReadOptions::default(), &hidden, 0).expect("an object");
    assert_eq!((read(&state, 0), read(&state, 1)), ("null".to_owned(), "2.5".to_owned()));
    assert_eq!(state.event_text(), r#"{"x":2.50}"#);
}

#[test]
fn an_event_is_an_object() {
    let mut state = state("{}", &["a"]);
    let mut begin = |event: &[u8]| state.begin(event, &ReadOptions::default(), &[], 0);
    assert_eq!(begin(b"[1]"), Err(EventError::NotAnObject));
    assert!(matches!(begin(b"{"), Err(EventError::Json { .. })));
    let hidden = ["label".to_owned()];
    assert_eq!(state.begin(b"[1]", &ReadOptions::default(), &hidden, 0), Err(EventError::NotAnObject));
}
