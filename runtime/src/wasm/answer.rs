//! What a guest has said so far in one call: result, data, writes, failure, log.

use cascata_config::LogThreshold;
use cascata_vm::Segment;
use cascata_vm::json::{self, ReadOptions};

use super::guest::Spec;
use super::secrets::Shown;
use super::stop::Stop;
use crate::stage::{LogLevel, LogLine, StageOutput, Write};
use crate::value::OwnedValue;

/// A failure that the guest reported itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct GuestFailure {
    pub code: i32,
    pub status: Option<i32>,
    pub retry_after_ms: Option<u64>,
    pub retryable: bool,
    pub message: String,
}

/// Everything a guest has said in one call.
#[derive(Debug, Default)]
pub(super) struct Answer {
    result: Option<(String, f64)>,
    data: Option<String>,
    writes: Vec<Write>,
    failure: Option<GuestFailure>,
    logs: Vec<LogLine>,
    log_bytes: u64,
    /// Some of the log was left out, and a line of it says so.
    is_cut: bool,
    output_bytes: u64,
    /// Data of an earlier call, which need not be read again when it is given again: that of many a stage says how it decided, and is
    /// mostly the same.
    known: String,
}

/// Data of more bytes than this is not kept: what is longer is hardly ever the same.
const KNOWN_BYTES: usize = 256;

/// The level behind a number of the ABI; what is above `error` counts as `error`, below `trace` as `trace`.
pub(super) const fn level(number: i32) -> u8 {
    match number {
        ..=0 => 0,
        1 => 1,
        2 => 2,
        3 => 3,
        4.. => 4,
    }
}

/// The lowest level that a threshold keeps.
pub(super) const fn threshold(threshold: LogThreshold) -> u8 {
    match threshold {
        LogThreshold::Trace => 0,
        LogThreshold::Debug => 1,
        LogThreshold::Info => 2,
        LogThreshold::Warn => 3,
        LogThreshold::Error => 4,
        LogThreshold::Off => 5,
    }
}

const fn named(level: u8) -> LogLevel {
    match level {
        0 => LogLevel::Trace,
        1 => LogLevel::Debug,
        2 => LogLevel::Info,
        3 => LogLevel::Warn,
        _ => LogLevel::Error,
    }
}

/// As much of a text as fits a number of bytes, whole characters only.
pub(super) fn cut(text: &str, bytes: u64) -> &str {
    let limit = usize::try_from(bytes).unwrap_or(usize::MAX).min(text.len());
    text.get(..text.floor_char_boundary(limit)).unwrap_or_default()
}

/// usize has at most 64 bits on every platform wasmtime runs on.
fn wide(size: usize) -> u64 {
    u64::try_from(size).unwrap_or(u64::MAX)
}

/// The text of a JSON object, without white space around it.
fn object(bytes: &[u8]) -> Result<&str, Stop> {
    let text = json::validate(bytes, &ReadOptions::default())
        .map_err(|error| Stop::BadOutput(format!("the data is not JSON: {error}")))?
        .trim_ascii();
    if text.starts_with('{') { Ok(text) } else { Err(Stop::BadOutput("the data is no JSON object".to_owned())) }
}

impl Answer {
    fn charge(&mut self, bytes: u64, spec: &Spec) -> Result<(), Stop> {
        self.output_bytes = self.output_bytes.saturating_add(bytes);
        if self.output_bytes > spec.output_bytes {
            return Err(Stop::OutputTooLarge { limit: spec.output_bytes });
        }
        Ok(())
    }

    pub fn result(&mut self, text: &str, confidence: f64, spec: &Spec) -> Result<(), Stop> {
        self.charge(wide(text.len()), spec)?;
        if let Some((first, _)) = &self.result {
            return Err(Stop::BadOutput(format!("the stage gave two results, `{first}` and `{text}`")));
        }
        if !spec.labels.is_empty() && !spec.labels.iter().any(|label| label == text) {
            let labels = spec.labels.join("`, `");
            return Err(Stop::BadOutput(format!("the result `{text}` is none of the manifest's: `{labels}`")));
        }
        if !confidence.is_nan() && !(0.0..=1.0).contains(&confidence) {
            return Err(Stop::BadOutput(format!("the confidence {confidence} is outside 0 to 1")));
        }
        self.result = Some((text.to_owned(), confidence));
        Ok(())
    }

    pub fn data(&mut self, bytes: &[u8], spec: &Spec) -> Result<(), Stop> {
        self.charge(wide(bytes.len()), spec)?;
        if self.data.is_some() {
            return Err(Stop::BadOutput("the stage gave data twice".to_owned()));
        }
        if self.known.is_empty() || bytes != self.known.as_bytes() {
            let text = object(bytes)?;
            if text.len() > KNOWN_BYTES {
                self.data = Some(text.to_owned());
                return Ok(());
            }
            self.known.clear();
            self.known.push_str(text);
        }
        self.data = Some(self.known.clone());
        Ok(())
    }

    pub fn write(&mut self, path: Vec<Segment>, json: &str, path_bytes: u64, spec: &Spec) -> Result<(), Stop> {
        self.charge(wide(json.len()).saturating_add(path_bytes), spec)?;
        self.writes.push(Write { path, json: json.to_owned() });
        Ok(())
    }

    /// Keeps the first failure: what comes after it is usually a consequence.
    pub fn fail(&mut self, failure: GuestFailure) {
        self.failure.get_or_insert(failure);
    }

    /// Adds a line, or as much of it as the limit leaves room for. An empty rest is dropped.
    pub fn log(&mut self, level: u8, text: &str, limit: u64) {
        // A line costs more than its text; without this a guest could log empty lines for ever.
        const LINE: u64 = 16;
        let room = limit.saturating_sub(self.log_bytes);
        let message = if room < LINE { "" } else { cut(text, room.saturating_sub(LINE)) };
        if room >= LINE {
            self.log_bytes = self.log_bytes.saturating_add(wide(message.len())).saturating_add(LINE);
            self.logs.push(LogLine { level: named(level), message: message.to_owned() });
        }
        if room < LINE || message.len() < text.len() {
            self.log_was_cut(limit);
        }
    }

    /// Says once that lines are missing, and which setting keeps them.
    fn log_was_cut(&mut self, limit: u64) {
        if !std::mem::replace(&mut self.is_cut, true) {
            let message = format!("the log was cut at {limit} bytes; raise `handler.log_bytes` to keep more");
            self.logs.push(LogLine { level: LogLevel::Warn, message });
        }
    }

    /// Adds what a guest wrote to standard error, line by line; its size was limited when it was written.
    pub fn log_lines(&mut self, level: LogLevel, text: &[u8], was_cut: bool, spec: &Spec) {
        if spec.log_threshold > 2 {
            return;
        }
        let text = String::from_utf8_lossy(text);
        let text = spec.secrets.hidden(&text);
        self.logs.extend(text.lines().map(|line| LogLine { level, message: line.to_owned() }));
        if was_cut {
            self.log_was_cut(spec.log_bytes);
        }
    }

    pub fn take_logs(&mut self) -> Vec<LogLine> {
        std::mem::take(&mut self.logs)
    }

    pub const fn failure(&self) -> Option<&GuestFailure> {
        self.failure.as_ref()
    }

    /// The name of a secret that the answer repeats.
    pub fn repeats<'s>(&self, secrets: &'s Shown) -> Option<&'s str> {
        let result = self.result.as_ref().map_or("", |(text, _)| text);
        secrets.repeated(result, self.data.as_deref(), &self.writes)
    }

    /// Whether the guest gave a result.
    pub const fn has_result(&self) -> bool {
        self.result.is_some()
    }

    /// The output, with what it cost; null where there is no result. What else there is stays, to be cleared.
    #[inline(always)] // built where the caller returns it, for it is large
    pub fn take_output(&mut self, fuel: Option<u64>, memory_bytes: Option<u64>) -> StageOutput {
        let (result, confidence) = match self.result.take() {
            Some((text, confidence)) => (OwnedValue::Text(text), confidence),
            None => (OwnedValue::Null, f64::NAN),
        };
        StageOutput {
            result,
            confidence: if confidence.is_nan() { OwnedValue::Null } else { OwnedValue::Float(confidence) },
            // Empty data counts as none, as in what a native handler returns.
            data: self.data.take().filter(|data| data.get(1..).is_some_and(|rest| rest.trim_ascii() != "}")),
            writes: std::mem::take(&mut self.writes),
            logs: std::mem::take(&mut self.logs),
            fuel,
            memory_bytes,
            ..StageOutput::default()
        }
    }

    /// Forgets everything that was said in the call.
    pub fn clear(&mut self) {
        self.result = None;
        self.data = None;
        self.writes.clear();
        self.failure = None;
        self.logs.clear();
        self.log_bytes = 0;
        self.is_cut = false;
        self.output_bytes = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_is_cut_at_its_limit_between_characters() {
        let mut answer = Answer::default();
        answer.log(2, "äää", 16 + 3);
        answer.log(2, "lost", 16 + 3);
        let logs = answer.take_logs();
        assert_eq!(logs[0].message, "ä");
        assert_eq!(logs[1].message, "the log was cut at 19 bytes; raise `handler.log_bytes` to keep more");
        assert_eq!(logs.len(), 2, "said once");
    }

    #[test]
    fn data_that_is_known_is_taken_as_if_it_were_read() {
        let handler = cascata_config::WasmHandler::new("a.wasm");
        let spec = Spec::new("a", &handler, Vec::new(), Vec::new(), [0; 32]);
        let mut answer = Answer::default();
        let long = format!(r#"{{"a":"{}"}}"#, "x".repeat(KNOWN_BYTES));
        let objects = [r#"{"a":1}"#, r#" {"a":1} "#, r#"{"a":1}"#, "{}", &long, r#"{"a":2}"#, r#"{"a":2}"#];
        for bytes in objects {
            answer.clear();
            answer.data(bytes.as_bytes(), &spec).unwrap();
            assert_eq!(answer.data.as_deref(), Some(bytes.trim()));
            assert!(answer.data(bytes.as_bytes(), &spec).is_err(), "twice in one call");
        }
        for bytes in ["", "{", "[1]", "{\"a\":2} {", "\u{feff}{}"] {
            for _ in 0..2 {
                answer.clear();
                assert!(answer.data(bytes.as_bytes(), &spec).is_err(), "{bytes}");
            }
        }
        answer.clear();
        assert!(answer.data(b"{\"a\":\"\xff\"}", &spec).is_err());
    }

    #[test]
    fn levels_outside_the_table_count_as_the_nearest() {
        assert_eq!((level(-5), level(2), level(99)), (0, 2, 4));
    }
}
