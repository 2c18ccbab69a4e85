//! Labelled events for tests, where they lie beside the checkout; each test binary uses a part of it.
#![allow(dead_code)]

pub mod shift;

use std::io::Read;
use std::path::PathBuf;

use cascata_learn::{Answer, Example, Flattener};
use serde_json::Value;

/// The folder of real data, by `CASCATA_SHARED` or beside the checkout.
fn data() -> PathBuf {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    std::env::var_os("CASCATA_SHARED").map_or_else(beside, PathBuf::from).join("data")
}

/// The events of a file, or nothing (said loudly) where it is not here.
pub fn events(name: &str) -> Option<Vec<Value>> {
    let path = Some(data().join(name)).filter(|path| path.exists());
    let Some(path) = path else {
        eprintln!("SKIPPED: {name} is not in {}", data().display());
        return None;
    };
    let mut text = String::new();
    flate2::read::GzDecoder::new(std::fs::File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    Some(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

/// What an oracle stage would answer: the label, which is in no field.
pub fn answer(event: &Value) -> Value {
    let label = &event["label"];
    let (key, yes, no) =
        if label["attack"].is_null() { ("spam", "spam", "ham") } else { ("attack", "attack", "normal") };
    Value::String(if label[key] == true { yes } else { no }.to_owned())
}

/// Events as the learner sees them.
pub fn examples(events: &[Value]) -> Vec<Example> {
    let mut flattener = Flattener::default_hidden();
    let one = |event: &Value| {
        let text = event.to_string();
        let mut fields = Vec::new();
        flattener.event(cascata_vm::json::parse(&text), &mut fields);
        let id = event["id"].as_str().unwrap().to_owned();
        Example { id, at_us: None, fields, answer: Answer { result: answer(event), ..Answer::default() } }
    };
    events.iter().map(one).collect()
}
