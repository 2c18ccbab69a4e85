//! Conditions as text, written from their mapping by rules of its own.

use cascata_compiler::operators::{Form, Operator};
use serde_json::Value;

/// Whether a condition has no text: nothing equals null, which expressions refuse.
pub fn unprintable(condition: &Value) -> bool {
    let children = condition["conditions"].as_array().into_iter().flatten();
    children.into_iter().any(unprintable) || (condition["operator"] == "==" && condition["value"].is_null())
}

/// The text of a condition.
pub fn printed(condition: &Value) -> String {
    let children: Vec<_> =
        condition["conditions"].as_array().into_iter().flatten().map(|child| format!("({})", printed(child))).collect();
    let field = condition["field"].as_str().unwrap_or_default();
    let operator = Operator::parse(condition["operator"].as_str().unwrap()).unwrap();
    let value = &condition["value"];
    match operator {
        Operator::And => children.join(" and "),
        Operator::Or => children.join(" OR "),
        Operator::Not => format!("not {}", children[0]),
        _ => match operator.form() {
            Form::Infix(words) => format!("{field} {} {value}", words[0]),
            Form::Postfix(words) => format!("{field} {}", words[0]),
            Form::Range(words) => format!("{field} {} {} and {}", words[0], value[0], value[1]),
            Form::Call(words) => {
                let compare = condition["compare"].as_str().unwrap_or("==");
                format!("{}({field}) {compare} {value}", words[0])
            }
            Form::Prefix(_) => unreachable!("only NOT stands before"),
        },
    }
}
