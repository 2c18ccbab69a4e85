//! Comparing what was observed with what a row records.

use serde_json::{Value, json};

use crate::oracle::value::identical;

/// Whether everything a row records was observed, numbers of the same kind included.
///
/// `python_error` only informs. The kind of a refusal is not compared: a cascade is refused or it is not.
pub fn compare_rows(got: &Value, wanted: &Value) -> Result<(), String> {
    if got["outcome"] != wanted["outcome"] {
        let why = got.get("why").map(|why| format!(" ({why})")).unwrap_or_default();
        return Err(format!("outcome: wants {} got {}{why}", wanted["outcome"], got["outcome"]));
    }
    if wanted["outcome"] == "config_error" {
        return Ok(());
    }
    for (key, wanted) in wanted.as_object().into_iter().flatten().filter(|(key, _)| *key != "python_error") {
        let same = identical(&got[key], wanted) || (key == "error_details" && same_details(&got[key], wanted));
        if !same {
            return Err(format!("{key}: wants {wanted} got {}", got[key]));
        }
    }
    Ok(())
}

/// The rows were told timeouts from other failures by their message, so a handler that raises the text of one counts as
/// one there.
fn same_details(got: &Value, wanted: &Value) -> bool {
    let plain = |details: &Value| -> Vec<Value> {
        let kind = |detail: &Value| if detail["kind"] == "timeout" { json!("handler") } else { detail["kind"].clone() };
        let rows = details.as_array().into_iter().flatten();
        rows.map(|detail| json!([detail["stage"], kind(detail), detail["message"]])).collect()
    };
    plain(got) == plain(wanted)
}
