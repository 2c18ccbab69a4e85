//! A decision's record as JSON text, without making the record.
//!
//! Writing down what a cascade did takes longer than many a cascade, most of it for copies of names that the program has anyway.
//! Here they are written from where they lie. What is rare (errors, writes, rules in shadow mode) goes by way of its record,
//! and other modes than the summary do so as a whole. The text is the one that `serde_json` makes of the record; tests hold
//! one against the other.

use cascata_record::{Mode, OutcomeSource, VERSION};
use serde::Serialize;

use super::decision::Decision;
use super::fixed::Fixed;
use super::journal::{How, Ran, Skipped, Turn};
use super::record::{self, micros, put_hex, whole_micros};
use crate::event::Timestamp;
use crate::state::StageResult;
use crate::value::{OwnedValue, padded};

impl Decision {
    /// Appends the record as JSON, in one line: what `serde_json` makes of [`record`](Self::record), at a fraction of the cost.
    pub fn write_record(&self, mode: Mode, out: &mut Vec<u8>) {
        let mut line = Line { out, fixed: &self.current.loaded.fixed };
        match mode {
            Mode::Summary => line.summary(self),
            mode => line.json(&self.record(mode)),
        }
    }
}

/// JSON text that grows. Every field brings the comma before it, and so the first of an object stands in its opening.
struct Line<'o> {
    out: &'o mut Vec<u8>,
    fixed: &'o Fixed,
}

impl Line<'_> {
    #[inline]
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
            OwnedValue::Float(number) if put_decimal(*number, self.out) => {}
            OwnedValue::Float(number) if number.is_finite() => self.json(number),
            OwnedValue::Int(number) => self.json(number),
            other => self.json(&other.to_serde()),
        }
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
        let (fixed, loaded) = (self.fixed, &decision.current.loaded);
        let fired = journal.fired.iter().map(|fired| fixed.fired(&loaded.program, &loaded.facts, *fired));
        self.list(fired.filter(|text| !text.is_empty()), |line, text| line.raw(text));
        let shadow: Vec<_> = journal.shadow.iter().filter_map(|seen| record::shadow(decision, seen)).collect();
        self.records(",\"shadow\":", &shadow);
        self.raw(",\"skipped\":");
        self.list(&journal.skipped, |line, skipped| line.skipped(decision, *skipped));
        self.raw(",\"decisions\":");
        self.list(&journal.decisions, |line, turn| line.turn(*turn));
        self.raw(",\"writes\":");
        let writes = journal.writes.iter().filter_map(|written| record::write(decision, written));
        self.list(writes, |line, written| line.json(&written));
        self.raw(",\"errors\":");
        self.list(&journal.errors, |line, failed| line.json(&record::error(decision, failed)));
        self.tail(decision);
    }

    /// From the version to the verdict and its reason.
    fn head(&mut self, decision: &Decision) {
        self.raw("{\"v\":");
        self.json(&VERSION);
        self.raw(",\"mode\":\"summary\",\"id\":\"");
        [decision.id.0, decision.id.1].iter().for_each(|half| put_hex(&half.to_be_bytes(), self.out));
        self.raw(&self.fixed.program);
        Timestamp::from_unix_micros(decision.state.now_us()).put_rfc3339(self.out);
        self.raw("\",\"event_hash\":\"");
        put_hex(blake3::hash(decision.state.event_text().as_bytes()).as_bytes(), self.out);
        self.raw("\",\"outcome\":");
        let (outcome, source) = decision.verdict_ref();
        self.value(&outcome);
        self.raw(",\"outcome_source\":");
        match source {
            OutcomeSource::LastResult => self.raw("\"last_result\""),
            other => self.json(&other),
        }
        if let Some(reason) = decision.reason() {
            self.raw(",\"reason\":");
            self.text(&reason);
        }
    }

    /// From the metadata to the end.
    fn tail(&mut self, decision: &Decision) {
        self.metadata(decision);
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

    /// What the host attached to the program and to the decision.
    fn metadata(&mut self, decision: &Decision) {
        match decision.line {
            Some(line) if decision.current.metadata.is_empty() && decision.metadata.is_empty() => {
                self.number(",\"metadata\":{\"line\":", Some(line));
                self.raw("}");
            }
            _ => {
                let metadata = record::metadata(decision);
                if !metadata.is_empty() {
                    self.raw(",\"metadata\":");
                    self.json(&metadata);
                }
            }
        }
    }

    fn stage(&mut self, decision: &Decision, ran: Ran) {
        let result = decision.state.result(ran.stage).filter(|_| ran.how == How::Finished);
        let (Some(result), Some(fixed)) =
            (result.filter(|result| is_plain(result)), self.fixed.stages.get(ran.stage.index()))
        else {
            return self.json(&record::stage(decision, ran, Mode::Summary));
        };
        self.raw(&fixed.begins);
        self.value(&result.result);
        if !result.confidence.is_null() {
            self.raw(",\"confidence\":");
            self.value(&result.confidence);
        }
        self.number(",\"attempts\":", Some(result.attempts.into()));
        self.number(",\"time_us\":", Some(whole_micros(result.time)));
        self.number(",\"fuel\":", result.fuel);
        self.number(",\"memory\":", result.memory_bytes);
        self.raw(&fixed.ends);
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

    fn turn(&mut self, turn: Turn) {
        let (before, stage) = match turn {
            Turn::Enable(stage) => ("{\"type\":\"enable_stage\",\"stage\":", stage),
            Turn::Disable(stage) => ("{\"type\":\"disable_stage\",\"stage\":", stage),
            Turn::SkipTo(stage) => ("{\"type\":\"skip_to\",\"target\":", stage),
        };
        self.raw(before);
        self.raw(self.fixed.stages.get(stage.index()).map_or("\"\"}", |stage| &stage.named));
    }
}

/// Whether a stage simply ran and succeeded.
const fn is_plain(result: &StageResult) -> bool {
    result.failure.is_none() && result.cached.is_none()
}

/// Appends a number that has three decimals at most and is below a thousand, as scores mostly are, as `serde_json` writes it; says
/// whether it is one. Of decimals that short no two are nearest to the same double, so this is the shortest that gives the double again.
fn put_decimal(number: f64, out: &mut Vec<u8>) -> bool {
    let scaled = number * 1000.0 + 0.5;
    // Negative zero has a sign, and what is no number is in no range.
    if number.is_sign_negative() || !(0.0..1e6).contains(&scaled) {
        return false;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and a million; the fraction is to go"
    )]
    let thousandths = scaled as u32;
    #[expect(clippy::float_cmp, reason = "the same double or another one")]
    if f64::from(thousandths) / 1000.0 != number {
        return false;
    }
    let (whole, fraction) = (thousandths / 1000, thousandths % 1000);
    let whole = padded::<3>(whole);
    let leading = whole.iter().take(2).take_while(|digit| **digit == b'0').count();
    out.extend_from_slice(whole.get(leading..).unwrap_or_default());
    out.push(b'.');
    let fraction = padded::<3>(fraction);
    let trailing = fraction.iter().skip(1).rev().take_while(|digit| **digit == b'0').count();
    out.extend_from_slice(fraction.get(..fraction.len().saturating_sub(trailing)).unwrap_or_default());
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_decimals_are_written_as_serde_json_does() {
        let written = |number: f64| {
            let mut out = Vec::new();
            put_decimal(number, &mut out).then(|| String::from_utf8(out).unwrap())
        };
        // All up to ten, some of those up to a thousand, and the last.
        for thousandths in (0..10_000).chain((10_000..1_000_000).step_by(37)).chain([999_999]) {
            let number = f64::from(thousandths) / 1000.0;
            assert_eq!(written(number), Some(serde_json::to_string(&number).unwrap()));
            for near in [number.next_up(), number.next_down()] {
                assert_eq!(written(near), None, "{near:?}");
            }
        }
        let others = [-0.0, -0.5, 1000.0, 999.9996, 0.0001, 1e300, f64::INFINITY, f64::NAN, f64::MIN_POSITIVE, 5e-324];
        assert!(others.into_iter().all(|number| written(number).is_none()));
    }
}
