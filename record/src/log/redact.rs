//! Keeping named fields out of records: their values are replaced where they stand and wherever else they are repeated.

use serde_json::{Map, Number, Value};

use super::RecordError;
use crate::field::Step;
use crate::{DecisionRecord, Field, StageRecord, redacted};

/// What stands in a text for a part of it that was redacted.
const MARK: &str = "[redacted]";
/// Texts shorter than this are not searched for elsewhere: they would be found in everything.
const MIN_TEXT: usize = 4;
/// As well numbers with fewer digits.
const MIN_DIGITS: usize = 6;

/// The fields that are redacted.
#[derive(Debug, Default)]
pub(super) struct Redaction {
    /// Of the event.
    event: Vec<Field>,
    /// Of a stage: its name and the rest of the path.
    stages: Vec<(String, Vec<Step>, Field)>,
}

/// What was redacted in one record.
#[derive(Default)]
struct Found {
    fields: Vec<String>,
    texts: Vec<String>,
    numbers: Vec<Number>,
}

impl Redaction {
    pub(super) fn new(fields: &[String]) -> Result<Self, RecordError> {
        let mut made = Self::default();
        for text in fields {
            let field: Field =
                text.parse().map_err(|error: crate::FieldError| RecordError::setting("redact", error.to_string()))?;
            match field.steps() {
                [Step::Key(stages), Step::Key(stage), rest @ ..] if stages == "stages" => {
                    made.stages.push((stage.clone(), rest.to_vec(), field.clone()));
                }
                _ => made.event.push(field),
            }
        }
        Ok(made)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.event.is_empty() && self.stages.is_empty()
    }

    /// Redacts a record that says all there is: values are searched for in it that stand in the event.
    pub(super) fn apply(&self, record: &mut DecisionRecord) {
        if self.is_empty() {
            return;
        }
        let mut found = Found::default();
        for field in &self.event {
            let before = found.texts.len() + found.numbers.len();
            let mut seen = false;
            for event in record.event.iter_mut().chain(&mut record.final_data) {
                seen |= replace(event, field.steps(), &mut found);
            }
            for write in &mut record.writes {
                seen |= in_write(&write.path, &mut write.value, field, &mut found);
            }
            if seen || found.texts.len() + found.numbers.len() > before {
                found.fields.push(field.to_string());
            }
        }
        for (stage, rest, field) in &self.stages {
            let stages = record.stages.iter_mut().filter(|one| one.name == *stage);
            let seen = some_of_all(stages.map(|one| in_stage(one, rest, &mut found)));
            if seen {
                found.fields.push(field.to_string());
            }
        }
        // A digest of what is redacted would tell it to whoever can guess it.
        record.event_hash = None;
        found.everywhere(record);
        record.redacted = found.fields;
    }
}

/// Whether one is true; `any` would not ask the others.
fn some_of_all(all: impl Iterator<Item = bool>) -> bool {
    all.filter(|one| *one).count() > 0
}

/// Replaces what stands at a path; true if something did.
fn replace(value: &mut Value, path: &[Step], found: &mut Found) -> bool {
    let Some((step, rest)) = path.split_first() else {
        if value.is_null() || *value == redacted() {
            return false;
        }
        found.take(value);
        *value = redacted();
        return true;
    };
    match (step, value) {
        (Step::Key(key), Value::Object(entries)) => {
            entries.get_mut(key).is_some_and(|inner| replace(inner, rest, found))
        }
        (Step::Index(index), Value::Array(items)) => {
            items.get_mut(*index as usize).is_some_and(|inner| replace(inner, rest, found))
        }
        (Step::Each, Value::Array(items)) => some_of_all(items.iter_mut().map(|item| replace(item, rest, found))),
        _ => false,
    }
}

/// A write may be to the field, above it or below it.
fn in_write(path: &str, value: &mut Value, field: &Field, found: &mut Found) -> bool {
    let Ok(written) = path.parse::<Field>() else { return false };
    let mut steps = field.steps();
    for step in written.steps() {
        match steps.split_first() {
            // Below the field: all of it is part of what is redacted.
            None => break,
            Some((wanted, rest)) if same(wanted, step) => steps = rest,
            Some(_) => return false,
        }
    }
    replace(value, steps, found)
}

fn same(wanted: &Step, step: &Step) -> bool {
    wanted == step || matches!((wanted, step), (Step::Each, Step::Index(_)))
}

fn in_stage(stage: &mut StageRecord, path: &[Step], found: &mut Found) -> bool {
    let Some((first, rest)) = path.split_first() else {
        let whole = [Some(&mut stage.result), stage.confidence.as_mut(), stage.data.as_mut()];
        return some_of_all(whole.into_iter().flatten().map(|value| replace(value, &[], found)));
    };
    let Step::Key(key) = first else { return false };
    match key.as_str() {
        "result" => replace(&mut stage.result, rest, found),
        "confidence" => stage.confidence.as_mut().is_some_and(|value| replace(value, rest, found)),
        "data" => stage.data.as_mut().is_some_and(|value| replace(value, rest, found)),
        // `stages.S.x` is short for `stages.S.data.x`.
        _ => stage.data.as_mut().is_some_and(|value| replace(value, path, found)),
    }
}

impl Found {
    /// Notes every text and number in a value, to be searched for elsewhere.
    fn take(&mut self, value: &Value) {
        match value {
            Value::String(text) if text.len() >= MIN_TEXT => self.texts.push(text.clone()),
            Value::Number(number) if number.to_string().len() >= MIN_DIGITS => self.numbers.push(number.clone()),
            Value::Array(items) => items.iter().for_each(|item| self.take(item)),
            Value::Object(entries) => entries.values().for_each(|item| self.take(item)),
            _ => {}
        }
    }

    fn everywhere(&mut self, record: &mut DecisionRecord) {
        if self.texts.is_empty() && self.numbers.is_empty() {
            return;
        }
        // Numbers are also searched for in texts, and the longest text first, so that no part of one is left.
        self.texts.extend(self.numbers.iter().map(ToString::to_string));
        self.texts.sort_unstable_by_key(|text| std::cmp::Reverse(text.len()));
        self.texts.dedup();
        for event in record.event.iter_mut().chain(&mut record.final_data) {
            self.value(event);
        }
        self.value(&mut record.outcome);
        record.reason.iter_mut().for_each(|text| self.text(text));
        record.writes.iter_mut().for_each(|write| self.value(&mut write.value));
        for stage in &mut record.stages {
            self.value(&mut stage.result);
            stage.confidence.iter_mut().chain(&mut stage.data).for_each(|value| self.value(value));
            stage.logs.iter_mut().for_each(|line| self.text(&mut line.message));
            if let Some(error) = &mut stage.error {
                self.text(&mut error.message);
                error.backtrace.iter_mut().for_each(|text| self.text(text));
            }
        }
        record.errors.iter_mut().for_each(|error| self.text(&mut error.message));
        self.entries(&mut record.metadata);
    }

    fn value(&self, value: &mut Value) {
        match value {
            Value::String(text) => self.text(text),
            Value::Number(number) if self.numbers.contains(number) => *value = redacted(),
            Value::Array(items) => items.iter_mut().for_each(|item| self.value(item)),
            Value::Object(entries) => self.entries(entries),
            _ => {}
        }
    }

    fn entries(&self, entries: &mut Map<String, Value>) {
        entries.values_mut().for_each(|value| self.value(value));
    }

    fn text(&self, text: &mut String) {
        for secret in &self.texts {
            if text.contains(secret.as_str()) {
                *text = text.replace(secret.as_str(), MARK);
            }
        }
    }
}
