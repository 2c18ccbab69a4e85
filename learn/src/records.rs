//! Decision records as examples: the event, and what one stage answered for it.

use std::borrow::Cow;

use cascata_record::VERSION;
use cascata_vm::json::{ReadOptions, parse, validate};
use cascata_vm::ops::parse_time;
use cascata_vm::{Object, Value};

use crate::{Answer, Example, Flattener};

/// Reads records of one stage.
#[derive(Debug)]
pub struct RecordReader {
    stage: String,
    target: String,
    verdicts: bool,
    flattener: Flattener,
    /// How many fields the record before had: most have as many.
    fields: usize,
}

/// Why a text is no record to learn from.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// It is not JSON.
    #[error("not JSON: {0}")]
    Json(String),
    /// It is no decision record of a version that is known.
    #[error("no decision record of version {VERSION}")]
    NoRecord,
    /// What a candidate asks for was replaced before the record was written.
    #[error("a field that rules ask for was redacted")]
    Redacted,
    /// It has no event, and none stands beside it.
    #[error("the record has no event; record in mode `full`, or give the events beside it")]
    NoEvent,
}

/// What a record gives.
#[derive(Clone, Debug, PartialEq)]
pub enum Taken {
    /// The stage answered.
    Example(Box<Example>),
    /// The stage did not run, or gave no result: nothing to learn.
    NotAsked,
}

impl RecordReader {
    /// For answers of `stage` that rules in `target` could give; top-level keys in `hidden` are left out beside
    /// [`crate::HIDDEN`].
    #[must_use]
    pub fn new(stage: &str, target: &str, hidden: &[String]) -> Self {
        Self {
            stage: stage.to_owned(),
            target: target.to_owned(),
            verdicts: true,
            flattener: Flattener::new(hidden),
            fields: 0,
        }
    }

    /// Learns the stage's own results. Without this the answer is the verdict that the cascade came to by asking the stage, because that is
    /// what a rule in front of it has to give; a cascade whose verdict is the stage's result has no difference.
    #[must_use]
    pub const fn results(mut self) -> Self {
        self.verdicts = false;
        self
    }

    /// Reads one record; `event` is the event's text where it stands beside the record.
    ///
    /// # Errors
    /// The text is no record, or there is no event.
    pub fn read(&mut self, record: &[u8], event: Option<&str>) -> Result<Taken, RecordError> {
        let text = validate(record, &ReadOptions::default()).map_err(|error| RecordError::Json(error.to_string()))?;
        let Value::Object(record) = parse(text) else { return Err(RecordError::NoRecord) };
        let mut seen = Seen::default();
        for (key, value) in record.iter() {
            seen.take(&key, value);
        }
        if !matches!(seen.version, Value::Int(version) if version == i64::from(VERSION)) {
            return Err(RecordError::NoRecord);
        }
        let Some(stage) = seen.stage(&self.stage).filter(|_| !seen.failed()) else { return Ok(Taken::NotAsked) };
        let event = event.map(parse).or(seen.event).ok_or(RecordError::NoEvent)?;
        let mut example = Example {
            id: id(event).or_else(|| text_of(seen.hash)).unwrap_or_else(|| content(event)),
            at_us: text_of(seen.now).and_then(|now| parse_time(&now)),
            fields: Vec::with_capacity(self.fields),
            answer: answer(stage),
        };
        if self.verdicts && !seen.outcome.is_nil() {
            example.answer.result = json(seen.outcome);
        }
        self.flattener.event(event, &mut example.fields);
        self.stages_before(&seen, &mut example);
        self.fields = example.fields.len();
        Ok(Taken::Example(Box::new(example)))
    }

    /// What rules of the target can see of stages that ran before it.
    fn stages_before(&mut self, seen: &Seen<'_>, example: &mut Example) {
        let before: Vec<_> =
            seen.stages().take_while(|stage| name_of(*stage).is_some_and(|name| name != self.target)).collect();
        if !seen.stages().any(|stage| name_of(stage).is_some_and(|name| name == self.target)) {
            return;
        }
        for stage in before {
            let Some(name) = name_of(stage).filter(|name| *name != self.stage) else { continue };
            for key in ["result", "confidence"] {
                self.flattener.named(&format!("stages.{name}.{key}"), member(stage, key), &mut example.fields);
            }
        }
    }
}

/// The parts of a record that matter here.
#[derive(Default)]
struct Seen<'a> {
    version: Value<'a>,
    event: Option<Value<'a>>,
    hash: Value<'a>,
    now: Value<'a>,
    stages: Value<'a>,
    outcome: Value<'a>,
    source: Value<'a>,
}

impl<'a> Seen<'a> {
    fn take(&mut self, key: &str, value: Value<'a>) {
        match key {
            "v" => self.version = value,
            "event" => self.event = Some(value),
            "event_hash" => self.hash = value,
            "now" => self.now = value,
            "stages" => self.stages = value,
            "outcome" => self.outcome = value,
            "outcome_source" => self.source = value,
            _ => {}
        }
    }

    /// The verdict is that of a cascade in which something went wrong, and says nothing about the event.
    fn failed(&self) -> bool {
        self.source.text().is_some_and(|source| source == "on_error")
    }

    fn stages(&self) -> impl Iterator<Item = Object<'a>> + use<'a> {
        let list = if let Value::Array(list) = self.stages { Some(list) } else { None };
        list.into_iter().flat_map(cascata_vm::Array::iter).filter_map(|one| match one {
            Value::Object(stage) => Some(stage),
            _ => None,
        })
    }

    /// The stage's last successful run.
    fn stage(&self, name: &str) -> Option<Object<'a>> {
        let ran = |stage: &Object<'a>| {
            name_of(*stage).is_some_and(|seen| seen == name)
                && text_of(member(*stage, "status")).is_some_and(|status| status == "ok")
        };
        self.stages().filter(ran).last()
    }
}

fn member<'a>(object: Object<'a>, wanted: &str) -> Value<'a> {
    object.iter().filter(|(key, _)| key == wanted).last().map_or(Value::Missing, |(_, value)| value)
}

fn name_of(stage: Object<'_>) -> Option<Cow<'_, str>> {
    member(stage, "name").text()
}

fn text_of(value: Value<'_>) -> Option<String> {
    value.text().map(Cow::into_owned)
}

/// The event's own name.
fn id(event: Value<'_>) -> Option<String> {
    let Value::Object(event) = event else { return None };
    match member(event, "id") {
        Value::Int(id) => Some(id.to_string()),
        Value::BigInt(id) => Some(id.to_owned()),
        other => text_of(other),
    }
}

/// Names an event without a name: the same events are one.
fn content(event: Value<'_>) -> String {
    let mut text = String::new();
    cascata_vm::json::write_value(&event, &mut text);
    blake3::hash(text.as_bytes()).to_hex().to_string()
}

fn answer(stage: Object<'_>) -> Answer {
    let mut answer = Answer::default();
    for (key, value) in stage.iter() {
        match (&*key, value) {
            ("result", value) => answer.result = json(value),
            ("confidence", Value::Float(confidence)) => answer.confidence = Some(confidence),
            ("confidence", Value::Int(confidence)) => answer.confidence = Some(confidence as f64),
            ("time_us", Value::Int(time)) => answer.time_us = u64::try_from(time).unwrap_or(0),
            ("fuel", Value::Int(fuel)) => answer.fuel = u64::try_from(fuel).ok(),
            ("data", Value::Object(data)) => reasons(data, &mut answer),
            _ => {}
        }
    }
    answer
}

/// What a stage says about its reasons, under the names the reference looks for.
fn reasons(data: Object<'_>, answer: &mut Answer) {
    for (key, value) in data.iter() {
        match (&*key, value) {
            ("reasoning" | "explanation", value) => answer.reasoning = text_of(value).or(answer.reasoning.take()),
            ("factors" | "signals", Value::Array(list)) => answer.factors = list.iter().filter_map(text_of).collect(),
            ("factors" | "signals", Value::Object(map)) => {
                answer.factors = map.iter().map(|(key, _)| key.into_owned()).collect();
            }
            _ => {}
        }
    }
}

fn json(value: Value<'_>) -> serde_json::Value {
    let mut text = String::new();
    cascata_vm::json::write_value(&value, &mut text);
    serde_json::from_str(&text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Scalar;

    const RECORD: &str = r#"{"v": 1, "now": "2026-11-21T10:00:00Z", "event": {"id": "e1", "label": {"x": 1}, "amount": 5},
        "outcome": "stop", "outcome_source": "terminate",
        "stages": [{"name": "FAST", "status": "ok", "result": "low", "confidence": 0.4},
                   {"name": "RULES", "status": "rules", "result": null},
                   {"name": "DEEP", "status": "ok", "result": "deny", "confidence": 0.9, "time_us": 120,
                    "data": {"reasoning": "too fast", "factors": ["velocity"]}}]}"#;

    #[test]
    fn a_record_is_an_event_with_the_answer_of_its_stage() {
        let taken = RecordReader::new("DEEP", "RULES", &[]).read(RECORD.as_bytes(), None).unwrap();
        let Taken::Example(example) = taken else { panic!("the stage answered") };
        assert_eq!((example.id.as_str(), example.at_us), ("e1", Some(1_795_255_200_000_000)));
        let fields: Vec<_> = example.fields.iter().map(|(path, value)| (&**path, value.clone())).collect();
        let text = |text: &str| Scalar::Text(text.to_owned());
        let before = [("stages.FAST.result", text("low")), ("stages.FAST.confidence", Scalar::Number(0.4))];
        assert_eq!(fields, [("amount", Scalar::Number(5.0)), before[0].clone(), before[1].clone()]);
        assert_eq!(example.answer.result, "stop");
        let Taken::Example(result) =
            RecordReader::new("DEEP", "RULES", &[]).results().read(RECORD.as_bytes(), None).unwrap()
        else {
            panic!("the stage answered")
        };
        assert_eq!(result.answer.result, "deny");
        assert_eq!(example.answer.reasoning.as_deref(), Some("too fast"));
        assert_eq!((example.answer.factors.len(), example.answer.time_us), (1, 120));
    }

    #[test]
    fn what_is_no_answer_is_not_learned_from() {
        let mut reader = RecordReader::new("MISSING", "RULES", &[]);
        assert_eq!(reader.read(RECORD.as_bytes(), None), Ok(Taken::NotAsked));
        assert_eq!(reader.read(b"{}", None), Err(RecordError::NoRecord));
        assert!(matches!(reader.read(b"{", None), Err(RecordError::Json(_))));
        let mut reader = RecordReader::new("DEEP", "RULES", &[]);
        let summary = br#"{"v": 1, "stages": [{"name": "DEEP", "status": "ok", "result": 1}]}"#;
        assert_eq!(reader.read(summary, None), Err(RecordError::NoEvent));
        assert!(reader.read(summary, Some("{\"a\": 1}")).is_ok());
    }
}
