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
    /// The value at steps that take no list apart; missing and null are the same.
    pub fn get(&self, steps: &[Step]) -> Value {
        let (Some(Step::Key(first)), Some(Step::Key(stage))) = (steps.first(), steps.get(1)) else {
            return descend(self.event.clone(), steps);
        };
        if first != "stages" {
            return descend(self.event.clone(), steps);
        }
        let Some(result) = self.results.iter().rev().find(|result| result.stage == *stage) else {
            return Value::Null;
        };
        match steps.get(2) {
            None => result.whole(),
            Some(Step::Key(field)) => descend(result.field(field), &steps[3..]),
            Some(_) => Value::Null,
        }
    }
}

/// One step down: into a mapping, or into a list.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    Key(String),
    Index(usize),
    /// Into every element of a list.
    Each,
}

/// The steps of `a.b[0]["c.d"][]`: keys between dots, and in brackets an element's number, a key in quotes or nothing.
pub fn steps(path: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut rest = path;
    loop {
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        // A bracket at the very start, or behind a dot's key, has no plain key before it.
        if end > 0 || !rest.starts_with('[') {
            steps.push(Step::Key(rest[..end].to_owned()));
        }
        rest = &rest[end..];
        while let Some(inside) = rest.strip_prefix('[') {
            let (step, behind) = bracket(inside);
            steps.push(step);
            rest = behind;
        }
        match rest.strip_prefix('.') {
            Some(more) => rest = more,
            None => return steps,
        }
    }
}

/// What a bracket holds, and what follows it.
fn bracket(inside: &str) -> (Step, &str) {
    let close = match inside.strip_prefix('"') {
        Some(quoted) => quoted.find("\"]").expect("a quoted key ends") + 2,
        None => inside.find(']').expect("a bracket ends"),
    };
    let (text, behind) = (&inside[..close], &inside[close + 1..]);
    let step = match serde_json::from_str(text) {
        _ if text.is_empty() => Step::Each,
        Ok(Value::String(key)) => Step::Key(key),
        _ => Step::Index(text.parse().expect("a bracket holds a number or a key in quotes")),
    };
    (step, behind)
}

pub fn descend(value: Value, steps: &[Step]) -> Value {
    steps.iter().fold(value, |value, step| match (value, step) {
        (Value::Object(mut object), Step::Key(key)) => object.remove(key).unwrap_or(Value::Null),
        (Value::Array(items), Step::Index(index)) => items.into_iter().nth(*index).unwrap_or(Value::Null),
        _ => Value::Null,
    })
}

#[test]
fn paths_are_dots_and_brackets() {
    let key = |name: &str| Step::Key(name.to_owned());
    assert_eq!(steps("a.b"), [key("a"), key("b")]);
    assert_eq!(steps("a[0][1].c"), [key("a"), Step::Index(0), Step::Index(1), key("c")]);
    assert_eq!(steps("a[].b[]"), [key("a"), Step::Each, key("b"), Step::Each]);
    assert_eq!(steps(r#"["a.b"].c["[d]"]"#), [key("a.b"), key("c"), key("[d]")]);
}
