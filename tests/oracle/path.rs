//! Where the value of a path comes from: the event, or the latest result of a stage.

use serde_json::{Value, json};

use super::value::truthy;

/// What a stage left behind.
#[derive(Debug, Clone)]
pub struct StageResult {
    pub stage: String,
    pub result: Value,
    /// `Null` where the handler gave none.
    pub confidence: Value,
    /// A mapping in all but odd cases; never null.
    pub data: Value,
    pub error: Option<String>,
    pub time_ms: Value,
}

impl StageResult {
    /// A result as the conformance rows write it; absent keys are null, `data` that says nothing is an empty mapping.
    pub fn read(row: &Value) -> StageResult {
        StageResult {
            stage: row["stage_name"].as_str().unwrap_or_default().to_owned(),
            result: row["result"].clone(),
            confidence: row["confidence"].clone(),
            data: if truthy(&row["data"]) { row["data"].clone() } else { json!({}) },
            error: row["error"].as_str().map(str::to_owned),
            time_ms: json!(0.0),
        }
    }

    /// The mapping a path that ends at the stage sees: empty parts are left out.
    pub fn whole(&self) -> Value {
        let mut whole = self.without_time();
        whole["time_ms"] = self.time_ms.clone();
        whole
    }

    /// The same without the one part that depends on the clock.
    pub fn without_time(&self) -> Value {
        let mut whole = json!({ "stage_name": self.stage, "result": self.result });
        if !self.confidence.is_null() {
            whole["confidence"] = self.confidence.clone();
        }
        if truthy(&self.data) {
            whole["data"] = self.data.clone();
        }
        if let Some(error) = &self.error {
            whole["error"] = json!(error);
        }
        whole
    }

    fn field(&self, name: &str) -> Value {
        match name {
            "stage_name" => json!(self.stage),
            "result" => self.result.clone(),
            "confidence" => self.confidence.clone(),
            "data" => self.data.clone(),
            "error" => json!(self.error),
            "time_ms" => self.time_ms.clone(),
            other => self.data.get(other).cloned().unwrap_or(Value::Null),
        }
    }
}

/// Everything a condition can read.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    pub event: &'a Value,
    pub results: &'a [StageResult],
}

impl Facts<'_> {
    /// The value at a dotted path; missing and null are the same.
    pub fn get(&self, path: &str) -> Value {
        let parts: Vec<&str> = path.split('.').collect();
        if parts[0] != "stages" || parts.len() < 2 {
            return descend(self.event.clone(), &parts);
        }
        let Some(result) = self.results.iter().rev().find(|result| result.stage == parts[1]) else {
            return Value::Null;
        };
        match parts.get(2) {
            None => result.whole(),
            Some(field) => descend(result.field(field), &parts[3..]),
        }
    }
}

fn descend(value: Value, parts: &[&str]) -> Value {
    parts.iter().fold(value, |value, part| match value {
        Value::Object(mut object) => object.remove(*part).unwrap_or(Value::Null),
        _ => Value::Null,
    })
}
