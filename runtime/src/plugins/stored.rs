//! Outcomes of calls as bytes in a store: JSON, so that every process reads them and people can.
//!
//! ```text
//! {"v": 1, "result": …, "confidence": …, "data": …, "writes": [[["a", 0], value], …]}      of a success
//! {"v": 1, "failure": "handler", "cause": …, "message": …, "retryable": …, "status": …}    of a failure
//! ```

use crate::stage::Write;
use crate::{FailureKind, OwnedValue, StageFailure, StageOutput};
use cascata_store::Bytes;
use cascata_vm::{Segment, json};
use serde_json::{Map, Value};

/// The version of the form.
const VERSION: i64 = 1;

type Outcome = Result<StageOutput, StageFailure>;

/// The bytes of what a call came to: what it decided, not what deciding took.
pub(super) fn encode(outcome: &Outcome) -> Bytes {
    let mut text = format!("{{\"v\":{VERSION}");
    match outcome {
        Ok(output) => {
            text.push_str(",\"result\":");
            output.result.write_json(&mut text);
            text.push_str(",\"confidence\":");
            output.confidence.write_json(&mut text);
            if let Some(data) = &output.data {
                text.push_str(",\"data\":");
                text.push_str(data);
            }
            text.push_str(",\"writes\":[");
            for (index, write) in output.writes.iter().enumerate() {
                let path: Vec<Value> = write.path.iter().map(step).collect();
                text.push_str(if index > 0 { ",[" } else { "[" });
                text.push_str(&Value::Array(path).to_string());
                text.push(',');
                text.push_str(&write.json);
                text.push(']');
            }
            text.push_str("]}");
        }
        Err(failure) => {
            let mut parts = Map::new();
            parts.insert("failure".to_owned(), failure.kind.name().into());
            parts.insert("cause".to_owned(), failure.cause.map(FailureKind::name).into());
            parts.insert("message".to_owned(), failure.message.as_str().into());
            parts.insert("retryable".to_owned(), failure.retryable.into());
            parts.insert("status".to_owned(), failure.status.into());
            let parts = Value::Object(parts).to_string();
            text.push(',');
            text.push_str(parts.strip_prefix('{').unwrap_or(&parts));
        }
    }
    text.into()
}

/// What the bytes say; nothing where another program or version wrote them.
pub(super) fn decode(bytes: &[u8]) -> Option<Outcome> {
    let text = json::validate(bytes, &json::ReadOptions::default()).ok()?;
    let at = |key: &str| json::lookup(text, &[Segment::Key(key.to_owned())]);
    if !matches!(at("v"), cascata_vm::Value::Int(VERSION)) {
        return None;
    }
    let owned = |key: &str| OwnedValue::from_value(&at(key));
    if let OwnedValue::Text(kind) = owned("failure") {
        let OwnedValue::Text(message) = owned("message") else { return None };
        let mut failure = StageFailure::new(FailureKind::from_name(&kind)?, message);
        failure.cause = match owned("cause") {
            OwnedValue::Text(kind) => FailureKind::from_name(&kind),
            _ => None,
        };
        failure.retryable = owned("retryable") == OwnedValue::Bool(true);
        failure.status = match owned("status") {
            OwnedValue::Int(status) => i32::try_from(status).ok(),
            _ => None,
        };
        return Some(Err(failure));
    }
    let data = at("data");
    let data =
        (!matches!(data, cascata_vm::Value::Missing)).then(|| OwnedValue::from_value(&data).to_json().into_owned());
    let mut output = StageOutput { result: owned("result"), confidence: owned("confidence"), ..StageOutput::default() };
    output.data = data;
    output.writes = writes(text)?;
    Some(Ok(output))
}

fn writes(text: &str) -> Option<Vec<Write>> {
    let mut writes = Vec::new();
    for index in 0_u32.. {
        let at = |more: &[Segment]| {
            let path = [&[Segment::Key("writes".to_owned()), Segment::Index(index)], more].concat();
            json::lookup(text, &path)
        };
        if matches!(at(&[]), cascata_vm::Value::Missing) {
            break;
        }
        let OwnedValue::Json(path) = OwnedValue::from_value(&at(&[Segment::Index(0)])) else { return None };
        let path: Vec<Value> = serde_json::from_str(&path).ok()?;
        let value = OwnedValue::from_value(&at(&[Segment::Index(1)]));
        writes
            .push(Write { path: path.iter().map(segment).collect::<Option<_>>()?, json: value.to_json().into_owned() });
    }
    Some(writes)
}

fn step(segment: &Segment) -> Value {
    match segment {
        Segment::Key(key) => key.as_str().into(),
        Segment::Index(index) => (*index).into(),
    }
}

fn segment(step: &Value) -> Option<Segment> {
    match step {
        Value::String(key) => Some(Segment::Key(key.clone())),
        step => Some(Segment::Index(u32::try_from(step.as_u64()?).ok()?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FailureKind;

    #[test]
    fn an_output_comes_back_as_it_was() {
        let results = [
            OwnedValue::Null,
            OwnedValue::Bool(true),
            OwnedValue::Int(1),
            OwnedValue::Float(1.0),
            OwnedValue::Float(f64::INFINITY),
            OwnedValue::BigInt("92233720368547758089".to_owned()),
            OwnedValue::Text("a \"b\" \u{1}ü".to_owned()),
            OwnedValue::Json("[1, {\"a\": null}]".to_owned()),
        ];
        for result in results {
            let mut output = StageOutput { result, confidence: OwnedValue::Float(0.5), ..StageOutput::default() };
            output.data = Some("{\"x\": [1.0]}".to_owned());
            let path = vec![Segment::Key("a.b".to_owned()), Segment::Key("c".to_owned())];
            output.writes = vec![
                Write { path: path.clone(), json: "null".to_owned() },
                Write { path, json: "{\"d\": 1e2}".to_owned() },
            ];
            assert_eq!(decode(&encode(&Ok(output.clone()))), Some(Ok(output)));
        }
        let bare = Ok(StageOutput::new(OwnedValue::Null));
        assert_eq!(decode(&encode(&bare)), Some(bare));
    }

    #[test]
    fn a_failure_keeps_what_routing_and_retries_look_at() {
        let mut failure = StageFailure::new(FailureKind::StageError, "no \"such\" user");
        (failure.retryable, failure.status, failure.cause) = (false, Some(404), Some(FailureKind::Timeout));
        assert_eq!(decode(&encode(&Err(failure.clone()))), Some(Err(failure)));
    }

    #[test]
    fn what_others_wrote_is_nothing() {
        for text in
            ["", "null", "{}", "{\"v\":2,\"result\":1}", "{\"v\":1", "{\"v\":1,\"failure\":\"odd\",\"message\":\"\"}"]
        {
            assert_eq!(decode(text.as_bytes()), None, "{text}");
        }
    }
}
