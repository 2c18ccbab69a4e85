//! From an answer to what the stage says.

use std::borrow::Cow;
use std::time::SystemTime;

use cascata_config::HttpResponse;
use cascata_vm::json::{self, ReadOptions};
use cascata_vm::{Object, Segment, Value};
use hyper::header::{HeaderMap, RETRY_AFTER};

use super::client::Answer;
use crate::load_error::LoadErrorKind;
use crate::path;
use crate::stage::{FailureKind, StageFailure, StageOutput};
use crate::value::{OwnedValue, write_json_text};

type Path = Vec<Segment>;

/// Which parts of an answer become result, confidence and data.
pub(super) struct Mapping {
    result: Option<(Path, String)>,
    confidence: Option<Path>,
    data: Vec<(String, Path)>,
}

impl Mapping {
    /// Reads the paths.
    ///
    /// # Errors
    /// A text is no path.
    pub fn new(response: &HttpResponse) -> Result<Self, LoadErrorKind> {
        let read = |key: &str, text: &String| {
            let refuse = |message: &str| LoadErrorKind::Http {
                key: format!("response.{key}"),
                message: format!("the path `{text}`: {message}"),
            };
            path::parse(text).map_err(refuse)
        };
        let result = response.result.as_ref().map(|text| Ok((read("result", text)?, text.clone()))).transpose()?;
        let confidence = response.confidence.as_ref().map(|text| read("confidence", text)).transpose()?;
        let data = response.data.iter().map(|(key, text)| Ok((key.clone(), read("data", text)?)));
        Ok(Self { result, confidence, data: data.collect::<Result<_, _>>()? })
    }

    /// What the stage says.
    ///
    /// # Errors
    /// The status is none of success, or the answer is not what the mapping needs.
    pub fn read(&self, answer: &Answer) -> Result<StageOutput, StageFailure> {
        if !(200..=299).contains(&answer.status) {
            return Err(refused(answer));
        }
        let text = json::validate(&answer.body, &ReadOptions::default())
            .map_err(|error| bad(format!("the answer is not JSON: {error}")))?;
        let says_all = self.result.is_none() && self.confidence.is_none() && self.data.is_empty();
        if says_all {
            return whole(text);
        }
        let result = match &self.result {
            None => Value::Null,
            Some((path, written)) => match json::lookup(text, path) {
                Value::Missing => return Err(bad(format!("the answer has no `{written}`, which is to be the result"))),
                value => value,
            },
        };
        let mut output = StageOutput::new(OwnedValue::from_value(&result));
        if let Some(path) = &self.confidence {
            output.confidence = confidence(&json::lookup(text, path))?;
        }
        if !self.data.is_empty() {
            output.data = Some(self.data_of(text));
        }
        Ok(output)
    }

    fn data_of(&self, text: &str) -> String {
        let mut data = String::from("{");
        for (key, path) in &self.data {
            let value = json::lookup(text, path);
            if matches!(value, Value::Missing) {
                continue;
            }
            if data.len() > 1 {
                data.push(',');
            }
            write_json_text(key, &mut data);
            data.push(':');
            OwnedValue::from_value(&value).write_json(&mut data);
        }
        data.push('}');
        data
    }
}

fn bad(message: String) -> StageFailure {
    StageFailure::new(FailureKind::BadOutput, message)
}

/// An answer that is `{result, confidence, data}`, or the result itself.
fn whole(text: &str) -> Result<StageOutput, StageFailure> {
    let value = json::parse(text);
    let Value::Object(Object::Json(object)) = value else {
        return Ok(StageOutput::new(OwnedValue::from_value(&value)));
    };
    let part = |key: &str| json::lookup(object, &[Segment::Key(key.to_owned())]);
    if matches!(part("result"), Value::Missing) {
        return Err(bad("the answer is an object without `result`; say where it is with `response.result`".to_owned()));
    }
    let mut output = StageOutput::new(OwnedValue::from_value(&part("result")));
    output.confidence = confidence(&part("confidence"))?;
    output.data = match part("data") {
        Value::Missing | Value::Null => None,
        Value::Object(Object::Json(text)) => Some(text.to_owned()),
        _ => return Err(bad("`data` of the answer is no JSON object".to_owned())),
    };
    Ok(output)
}

fn confidence(value: &Value<'_>) -> Result<OwnedValue, StageFailure> {
    match value {
        Value::Missing | Value::Null => Ok(OwnedValue::Null),
        Value::Float(number) if (0.0..=1.0).contains(number) => Ok(OwnedValue::Float(*number)),
        Value::Int(number @ 0..=1) => Ok(OwnedValue::Int(*number)),
        _ => Err(bad("the confidence of the answer is no number from 0 to 1".to_owned())),
    }
}

/// An answer whose status is no success. Its text stays out of the message: it may repeat what was sent.
fn refused(answer: &Answer) -> StageFailure {
    let status = answer.status;
    let name = hyper::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    let name = name.map_or(Cow::Borrowed(""), |name| Cow::Owned(format!(" ({name})")));
    let hint = if (300..=399).contains(&status) { "; redirects are not followed" } else { "" };
    let message = format!("the service answered with status {status}{name}{hint}");
    let mut failure = StageFailure::new(FailureKind::HttpStatus, message)
        .retryable(is_passing(status))
        .with_status(i32::from(status));
    failure.retry_after_ms = retry_after(&answer.headers);
    failure
}

/// Whether the same request may succeed later.
const fn is_passing(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 500 | 502..=504 | 507 | 520..=599)
}

/// `Retry-After` in milliseconds: seconds, or a date.
fn retry_after(headers: &HeaderMap) -> Option<u64> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(seconds.saturating_mul(1_000));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    let wait = date.duration_since(SystemTime::now()).unwrap_or_default();
    Some(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX))
}
