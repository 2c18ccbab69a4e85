//! Where two records part.

use cascata_record::DecisionRecord;
use serde::Serialize;
use serde_json::Value;

use crate::cli::place::member;

/// What differs from run to run and says nothing about the decision.
const OF_THE_RUN: [&str; 7] = ["id", "mode", "time_us", "timeline", "metadata", "final_data", "redacted"];

/// What does in stages.
const OF_THE_STAGE: [&str; 2] = ["time_us", "logs"];

/// One place where records part.
#[derive(Debug, PartialEq, Serialize)]
pub struct Difference {
    /// The path into the record: `stages[1].result`.
    pub at: String,
    /// What was recorded; null where nothing was.
    pub recorded: Value,
    /// What came out now.
    pub replayed: Value,
}

/// A record without what differs from run to run.
fn essence(record: &DecisionRecord, program: bool) -> Value {
    // A record is plain data with text keys: it always has a JSON form.
    let mut value = serde_json::to_value(record).unwrap_or_default();
    if let Some(entries) = value.as_object_mut() {
        OF_THE_RUN.iter().for_each(|key| drop(entries.remove(*key)));
        if !program {
            ["cascade", "version", "program_hash"].iter().for_each(|key| drop(entries.remove(*key)));
        }
    }
    for stage in value.get_mut("stages").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(stage) = stage.as_object_mut() {
            OF_THE_STAGE.iter().for_each(|key| drop(stage.remove(*key)));
            stage.get_mut("error").and_then(Value::as_object_mut).map(|error| error.remove("backtrace"));
        }
    }
    value
}

/// All places where two decisions part; with `program` also that other programs made them.
pub fn between(recorded: &DecisionRecord, replayed: &DecisionRecord, program: bool) -> Vec<Difference> {
    let mut found = Vec::new();
    compare("", &essence(recorded, program), &essence(replayed, program), &mut found);
    found
}

fn compare(at: &str, recorded: &Value, replayed: &Value, found: &mut Vec<Difference>) {
    match (recorded, replayed) {
        _ if recorded == replayed => {}
        (Value::Object(old), Value::Object(new)) => {
            for (key, old) in old {
                compare(&member(at, key), old, new.get(key).unwrap_or(&Value::Null), found);
            }
            for (key, new) in new.iter().filter(|(key, _)| !old.contains_key(*key)) {
                compare(&member(at, key), &Value::Null, new, found);
            }
        }
        (Value::Array(old), Value::Array(new)) if old.len() == new.len() => {
            for (index, (old, new)) in old.iter().zip(new).enumerate() {
                compare(&format!("{at}[{index}]"), old, new, found);
            }
        }
        _ => found.push(Difference { at: at.to_owned(), recorded: recorded.clone(), replayed: replayed.clone() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn differences_are_named_by_their_place() {
        let mut found = Vec::new();
        let old = json!({"a": [1, {"b.c": 2}], "d": 1, "e": [1]});
        let new = json!({"a": [1, {"b.c": 3}], "f": 1, "e": [1, 2]});
        compare("", &old, &new, &mut found);
        let places: Vec<_> = found.iter().map(|one| one.at.as_str()).collect();
        assert_eq!(places, ["a[1][\"b.c\"]", "d", "e", "f"]);
    }
}
