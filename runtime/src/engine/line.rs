//! A decision's record as JSON text, without making the record.
//!
//! Writing down what a cascade did takes longer than many a cascade, most of it for copies of names that the program has anyway.
//! Here they are written from where they lie. What is rare (errors, writes, rules in shadow mode) goes by way of its record,
//! and other modes than the summary do so as a whole. The text is the one that `serde_json` makes of the record; tests hold
//! one against the other.

use std::borrow::Cow;

use cascata_record::{Mode, StageStatus, VERSION};
use serde::Serialize;
use serde_json::Value;

use super::decision::Decision;
use super::journal::{Fired, How, Ran, Skipped, Turn};
use super::record::{self, micros, put_hex, whole_micros};
use super::summary::summary;
use crate::event::Timestamp;
use crate::value::OwnedValue;

impl Decision {
    /// Appends the record as JSON, in one line: what `serde_json` makes of [`record`](Self::record), at a fraction of the cost.
    pub fn write_record(&self, mode: Mode, out: &mut Vec<u8>) {
        let mut line = Line { out };
        match mode {
            Mode::Summary => line.summary(self),
            mode => line.json(&self.record(mode)),
        }
    }
}

/// JSON text that grows. Every field brings the comma before it, and so the first of an object stands in its opening.
struct Line<'o> {
    out: &'o mut Vec<u8>,
}

impl Line<'_> {
    fn raw(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    /// What has a form of its own: records, texts that need escapes, numbers.
    fn json(&mut self, value: &(impl Serialize + ?Sized)) {
        // Records are plain data with text keys and the sink is memory: neither can fail.
        let _ = serde_json::to_writer(&mut *self.out, value);
    }

    fn text(&mut self, text: &str) {
        if text.bytes().any(|byte| byte < b' ' || byte == b'"' || byte == b'\\') {
            return self.json(text);
        }
        self.raw("\"");
        self.raw(text);
        self.raw("\"");
    }

    fn value(&mut self, value: &OwnedValue) {
        match value {
            OwnedValue::Null => self.raw("null"),
            OwnedValue::Text(text) => self.text(text),
            OwnedValue::Float(number) if number.is_finite() => self.json(number),
            OwnedValue::Int(number) => self.json(number),
            other => self.json(&other.to_serde()),
        }
    }

    fn hex(&mut self, bytes: &[u8]) {
        self.raw("\"");
        put_hex(bytes, self.out);
        self.raw("\"");
    }

    fn number(&mut self, name: &str, number: Option<u64>) {
        if let Some(number) = number {
            self.raw(name);
            self.json(&number);
        }
    }

    fn list<T>(&mut self, items: impl IntoIterator<Item = T>, mut one: impl FnMut(&mut Self, T)) {
        self.raw("[");
        for (at, item) in items.into_iter().enumerate() {
            if at > 0 {
                self.raw(",");
            }
            one(self, item);
        }
        self.raw("]");
    }

    /// Records of a list that is left out when it is empty.
    fn records<T: Serialize>(&mut self, name: &str, records: &[T]) {
        if !records.is_empty() {
            self.raw(name);
            self.json(records);
        }
    }

    fn summary(&mut self, decision: &Decision) {
        let journal = decision.journal();
        self.head(decision);
        self.raw(",\"stages\":");
        self.list(&journal.ran, |line, ran| line.stage(decision, *ran));
        self.raw(",\"fired\":");
        // A rule that only watched is in no record.
        let fired = journal.fired.iter().filter_map(|fired| Some((fired, record::action_of(decision, *fired)?)));
        self.list(fired, |line, (fired, action)| line.fired(decision, *fired, action));
        let shadow: Vec<_> = journal.shadow.iter().filter_map(|seen| record::shadow(decision, seen)).collect();
        self.records(",\"shadow\":", &shadow);
        self.raw(",\"skipped\":");
        self.list(&journal.skipped, |line, skipped| line.skipped(decision, *skipped));
        self.raw(",\"decisions\":");
        self.list(&journal.decisions, |line, turn| line.turn(decision, *turn));
        self.raw(",\"writes\":");
        let writes = journal.writes.iter().filter_map(|written| record::write(decision, written));
        self.list(writes, |line, written| line.json(&written));
        self.raw(",\"errors\":");
        self.list(&journal.errors, |line, failed| line.json(&record::error(decision, failed)));
        self.tail(decision);
    }

    /// From the version to the verdict and its reason.
    fn head(&mut self, decision: &Decision) {
        let program = &decision.current.loaded.program;
        self.raw("{\"v\":");
        self.json(&VERSION);
        self.raw(",\"mode\":\"summary\",\"id\":\"");
        [decision.id.0, decision.id.1].iter().for_each(|half| put_hex(&half.to_be_bytes(), self.out));
        self.raw("\",\"cascade\":");
        self.text(program.name());
        self.raw(",\"version\":");
        self.text(program.version());
        self.raw(",\"program_hash\":");
        self.hex(&program.hash());
        self.raw(",\"now\":");
        self.text(&Timestamp::from_unix_micros(decision.state.now_us()).to_rfc3339());
        self.raw(",\"event_hash\":");
        self.hex(blake3::hash(decision.state.event_text().as_bytes()).as_bytes());
        let (outcome, source) = decision.verdict_ref();
        self.raw(",\"outcome\":");
        self.value(&outcome);
        self.raw(",\"outcome_source\":");
        self.json(&source);
        if let Some(reason) = decision.reason() {
            self.raw(",\"reason\":");
            self.text(&reason);
        }
    }

    /// From the metadata to the end.
    fn tail(&mut self, decision: &Decision) {
        let metadata = metadata(decision);
        if !metadata.is_empty() {
            self.raw(",\"metadata\":");
            self.json(&*metadata);
        }
        let termination = decision.termination();
        self.raw(if termination.is_some() { ",\"terminated\":true" } else { ",\"terminated\":false" });
        if let Some(termination) = termination {
            self.raw(",\"termination\":");
            self.json(&termination);
        }
        self.raw(if decision.success() { ",\"success\":true" } else { ",\"success\":false" });
        self.number(",\"time_us\":", Some(micros(decision.started, decision.finished)));
        self.raw("}");
    }

    fn stage(&mut self, decision: &Decision, ran: Ran) {
        let summary = summary(decision, ran);
        let result = decision.state.result(ran.stage).filter(|_| ran.how == How::Finished);
        let loaded = decision.current.loaded.stage(ran.stage);
        let (StageStatus::Ok, Some(result), Some(loaded), None) = (summary.status, result, loaded, summary.cached)
        else {
            return self.json(&record::stage(decision, ran, Mode::Summary));
        };
        self.raw("{\"name\":");
        self.text(summary.name);
        self.raw(",\"status\":\"ok\",\"result\":");
        self.value(&result.result);
        if !result.confidence.is_null() {
            self.raw(",\"confidence\":");
            self.value(&result.confidence);
        }
        self.number(",\"attempts\":", Some(summary.attempts.into()));
        self.number(",\"time_us\":", Some(whole_micros(summary.time)));
        self.number(",\"fuel\":", summary.fuel);
        self.number(",\"memory\":", result.memory_bytes);
        if let Some(module) = &loaded.module {
            self.raw(",\"module\":");
            self.text(module);
        }
        self.records(",\"capabilities\":", &loaded.capabilities);
        self.raw("}");
    }

    fn fired(&mut self, decision: &Decision, fired: Fired, action: record::Acted<'_>) {
        self.raw("{\"stage\":");
        self.text(record::stage_of(decision, action.rule.stage()));
        self.raw(",\"rule\":");
        self.text(action.rule.name());
        self.raw(",\"type\":");
        self.json(&record::rule_type(action.rule.kind()));
        self.raw(",\"action\":");
        self.json(&action.kind);
        self.raw(if fired.otherwise { ",\"else\":true}" } else { "}" });
    }

    fn skipped(&mut self, decision: &Decision, skipped: Skipped) {
        self.raw("{\"stage\":");
        self.text(decision.state.stage_name(skipped.stage));
        self.raw(",\"why\":");
        self.json(&skipped.why);
        if let Some(rule) = skipped.rule.and_then(|rule| decision.current.loaded.program.rule(rule)) {
            self.raw(",\"rule\":");
            self.text(rule.name());
        }
        self.raw("}");
    }

    fn turn(&mut self, decision: &Decision, turn: Turn) {
        let (before, stage) = match turn {
            Turn::Enable(stage) => ("{\"type\":\"enable_stage\",\"stage\":", stage),
            Turn::Disable(stage) => ("{\"type\":\"disable_stage\",\"stage\":", stage),
            Turn::SkipTo(stage) => ("{\"type\":\"skip_to\",\"target\":", stage),
        };
        self.raw(before);
        self.text(decision.state.stage_name(stage));
        self.raw("}");
    }
}

/// What the host attached to the program and to the decision.
fn metadata(decision: &Decision) -> Cow<'_, serde_json::Map<String, Value>> {
    let of_program = &*decision.current.metadata;
    if of_program.is_empty() {
        return Cow::Borrowed(&decision.metadata);
    }
    Cow::Owned(record::metadata(decision))
}
