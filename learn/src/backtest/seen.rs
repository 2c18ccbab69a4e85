//! What a record says of the stage whose answers are held against rules.

use std::borrow::Cow;

use cascata_vm::{Array, Object, Segment, Value};

use crate::RecordError;

/// The parts of a record that a backtest looks at.
pub(super) struct Seen<'a> {
    text: &'a str,
    outcome: Value<'a>,
    source: Value<'a>,
    stages: Value<'a>,
    fired: Value<'a>,
    /// The last run of the stage that is looked for.
    ran: Option<Ran<'a>>,
}

/// What a record says of one run of a stage.
#[derive(Clone, Copy)]
pub(super) struct Ran<'a> {
    pub status: Value<'a>,
    pub result: Value<'a>,
    pub time_us: Value<'a>,
}

impl<'a> Seen<'a> {
    /// The record, and of it what `PARTS` names, in that order; `asks_for` says whether a redacted field matters, `quick` finds the last run of a stage if the list is
    /// short enough for that.
    pub fn new(
        (text, parts): (&'a str, [Value<'a>; 7]),
        asks_for: impl Fn(&str) -> bool,
        quick: impl Fn(&str) -> Option<Option<Ran<'a>>>,
        stage: &str,
    ) -> Result<Self, RecordError> {
        let [version, event, outcome, source, stages, fired, redacted] = parts;
        if !matches!(version, Value::Int(version) if version == i64::from(cascata_record::VERSION)) {
            return Err(RecordError::NoRecord);
        }
        if matches!(event, Value::Missing) {
            return Err(RecordError::NoEvent);
        }
        if matches!(redacted, Value::Array(list) if list.iter().any(|one| one.text().is_some_and(|one| asks_for(&one))))
        {
            return Err(RecordError::Redacted);
        }
        let mut seen = Self { text, outcome, source, stages, fired, ran: None };
        seen.ran = quick(stage).unwrap_or_else(|| {
            seen.stage(stage).map(|stage| {
                let [status, result, time_us] = ["status", "result", "time_us"].map(|part| member(stage, part));
                Ran { status, result, time_us }
            })
        });
        Ok(seen)
    }

    /// The last run of a stage.
    pub fn stage(&self, name: &str) -> Option<Object<'a>> {
        objects(self.stages).filter(|stage| is(member(*stage, "name"), name)).last()
    }

    /// What the stage said, as rules of `target` are held against it.
    pub fn asked<'s>(&self, number: u64, target: &'s str) -> Asked<'s>
    where
        'a: 's,
    {
        // The verdict of a cascade in which something went wrong says nothing about the event.
        let known = self.ran.filter(|ran| is(ran.status, "ok") && !is(self.source, "on_error"));
        let time = self.ran.map(|ran| ran.time_us);
        Asked {
            number: Some(number),
            ran: self.ran.is_some(),
            result: known.map(|ran| ran.result),
            verdict: known.map(|ran| if self.outcome.is_nil() { ran.result } else { self.outcome }),
            outcome: Some(self.outcome),
            time_us: if let Some(Value::Int(time)) = time { u64::try_from(time).unwrap_or(0) } else { 0 },
            text: self.text,
            fired: self.fired,
            target,
        }
    }
}

/// What one event is held against.
#[derive(Default)]
pub(super) struct Asked<'a> {
    /// Its place among the records.
    pub number: Option<u64>,
    /// The stage was called.
    pub ran: bool,
    /// What it answered, if it did.
    result: Option<Value<'a>>,
    /// The verdict that this led to.
    verdict: Option<Value<'a>>,
    /// The verdict of the record, whatever led to it.
    pub outcome: Option<Value<'a>>,
    /// How long the call took.
    pub time_us: u64,
    /// The record; nothing of an event on its own.
    text: &'a str,
    fired: Value<'a>,
    target: &'a str,
}

impl<'a> Asked<'a> {
    /// An event on its own, with its answer.
    pub fn answered(answer: Value<'a>) -> Self {
        Self { ran: true, result: Some(answer), verdict: Some(answer), ..Self::default() }
    }

    /// What the rule is held against, if it is known.
    pub const fn answer(&self, results: bool) -> Option<Value<'a>> {
        if results { self.result } else { self.verdict }
    }

    pub fn id(&self) -> Option<Cow<'a, str>> {
        looked_up(self.text, "id").text()
    }

    /// Rules of the target that acted when this was recorded.
    pub fn fired(&self) -> impl Iterator<Item = Cow<'a, str>> {
        let target = self.target;
        objects(self.fired)
            .filter(move |fired| is(member(*fired, "stage"), target))
            .filter_map(|fired| member(fired, "rule").text())
    }
}

/// Of duplicate keys the last counts.
pub(super) fn member<'a>(object: Object<'a>, wanted: &str) -> Value<'a> {
    object.iter().filter(|(key, _)| key == wanted).last().map_or(Value::Missing, |(_, value)| value)
}

fn objects(list: Value<'_>) -> impl Iterator<Item = Object<'_>> {
    let list = if let Value::Array(list) = list { Some(list) } else { None };
    list.into_iter().flat_map(Array::iter).filter_map(|one| if let Value::Object(one) = one { Some(one) } else { None })
}

/// What a record says that is seldom asked for.
pub(super) fn looked_up<'a>(record: &'a str, key: &str) -> Value<'a> {
    cascata_vm::json::lookup(record, &[Segment::Key(key.to_owned())])
}

pub(super) fn is(value: Value<'_>, text: &str) -> bool {
    match value {
        Value::Text(seen) => seen == text,
        other => other.text().is_some_and(|seen| seen == text),
    }
}
