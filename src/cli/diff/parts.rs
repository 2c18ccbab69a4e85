//! The parts of a decision that can differ, without what differs from run to run.

use cascata_record::DecisionRecord;
use serde::Serialize;
use serde_json::{Map, Value, json};

/// The parts, in the order in which they are told.
pub const PARTS: [&str; 12] = [
    "error",
    "outcome",
    "reason",
    "path",
    "stages",
    "fired",
    "shadow",
    "skipped",
    "decisions",
    "writes",
    "errors",
    "termination",
];

/// What stages' records say that depends on the machine or the module's build, and what they log.
const MEASURED: [&str; 6] = ["time_us", "fuel", "memory", "cached", "module", "logs"];

/// A part of two decisions that is not the same.
#[derive(Debug, PartialEq, Serialize)]
pub struct Part {
    /// Which: a part, or a place in one, like `stages.MODEL.result`.
    pub part: String,
    /// What it was.
    pub old: Value,
    /// What it is.
    pub new: Value,
}

/// A decision, or why there is none, by its parts.
pub fn decided(result: &Result<DecisionRecord, String>) -> Map<String, Value> {
    let record = match result {
        Ok(record) => record,
        Err(message) => return [("error".to_owned(), message.as_str().into())].into_iter().collect(),
    };
    // A record is plain data with text keys: it always has a JSON form.
    let whole = serde_json::to_value(record).unwrap_or_default();
    let mut stages = Map::new();
    for stage in whole.get("stages").and_then(Value::as_array).into_iter().flatten() {
        let Value::Object(mut stage) = stage.clone() else { continue };
        for measured in MEASURED {
            stage.remove(measured);
        }
        stage.get_mut("error").and_then(Value::as_object_mut).map(|error| error.remove("backtrace"));
        if let Some(Value::String(name)) = stage.remove("name") {
            stages.insert(name, Value::Object(stage));
        }
    }
    let rules = |part: &str| -> Value {
        let rules = whole.get(part).and_then(Value::as_array).into_iter().flatten();
        rules.map(rule_name).collect()
    };
    let path: Vec<_> = record.stages.iter().map(|stage| stage.name.as_str()).collect();
    let mut parts = Map::new();
    for part in PARTS {
        let value = match part {
            "path" => json!(path),
            "stages" => Value::Object(std::mem::take(&mut stages)),
            "fired" | "shadow" => rules(part),
            "skipped" => passed_over(&whole),
            _ => whole.get(part).cloned().unwrap_or_default(),
        };
        parts.insert(part.to_owned(), value);
    }
    parts
}

/// Stages that were passed over. Those that the cascade's end left out say nothing that the path does not.
fn passed_over(record: &Value) -> Value {
    let skipped = record.get("skipped").and_then(Value::as_array).into_iter().flatten();
    skipped.filter(|skipped| skipped.get("why") != Some(&Value::from("terminated"))).cloned().collect()
}

/// `STAGE.RULE`, with a mark where its `else` acted.
fn rule_name(rule: &Value) -> Value {
    let text = |key: &str| rule.get(key).and_then(Value::as_str).unwrap_or_default();
    let otherwise = if rule.get("else") == Some(&Value::Bool(true)) { " (else)" } else { "" };
    let trap = rule.get("trap").and_then(Value::as_str).map(|trap| format!(" ({trap})")).unwrap_or_default();
    format!("{}.{}{otherwise}{trap}", text("stage"), text("rule")).into()
}

/// Where two decisions part, among the wanted parts.
pub fn differing(old: &Map<String, Value>, new: &Map<String, Value>, wanted: &[String]) -> Vec<Part> {
    let mut parts = Vec::new();
    for part in PARTS.into_iter().filter(|part| wanted.is_empty() || wanted.iter().any(|one| one == part)) {
        let of = |side: &Map<String, Value>| side.get(part).cloned().unwrap_or_default();
        compare(part.to_owned(), of(old), of(new), 2, &mut parts);
    }
    parts
}

/// Mappings are gone into, so many deep; everything else is compared whole.
fn compare(at: String, old: Value, new: Value, depth: u32, parts: &mut Vec<Part>) {
    if old == new {
        return;
    }
    match (old, new) {
        (Value::Object(mut old), Value::Object(new)) if depth > 0 => {
            for (key, new) in new {
                let old = old.remove(&key).unwrap_or_default();
                compare(format!("{at}.{key}"), old, new, depth - 1, parts);
            }
            for (key, old) in old {
                compare(format!("{at}.{key}"), old, Value::Null, depth - 1, parts);
            }
        }
        (old, new) => parts.push(Part { part: at, old, new }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_that_differ_are_named_by_their_place() {
        let side = |value: Value| value.as_object().cloned().unwrap_or_default();
        let old = side(json!({"outcome": "allow", "stages": {"A": {"result": 1, "status": "ok"}, "B": {"result": 2}}}));
        let new = side(json!({"outcome": "deny", "stages": {"A": {"result": 3, "status": "ok"}}}));
        let parts: Vec<_> = differing(&old, &new, &[]).into_iter().map(|part| part.part).collect();
        assert_eq!(parts, ["outcome", "stages.A.result", "stages.B"]);
        assert_eq!(differing(&old, &new, &["path".to_owned()]), []);
        assert_eq!(differing(&old, &old, &[]), []);
    }
}
