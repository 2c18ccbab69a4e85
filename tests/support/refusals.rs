//! What may be refused before evaluation because it can never succeed.

use serde_json::Value;

use crate::oracle::number::Num;
use crate::oracle::pattern;

/// Whether some leaf of the condition has an operand its operator can do nothing with.
pub fn may_be_refused(condition: &Value) -> bool {
    goes_through(condition) > MOST_LISTS || cannot_succeed(condition)
}

/// How many lists may be gone through inside one another.
const MOST_LISTS: usize = 4;

/// How many lists are, or a few more: those that were gone through before are counted again.
fn goes_through(condition: &Value) -> usize {
    if condition.get("computed").is_some() {
        return condition.to_string().matches("[]").count();
    }
    let lists = |key: &str| condition[key].as_str().map_or(0, |path| path.matches("[]").count());
    let children = condition["conditions"].as_array().into_iter().flatten();
    lists("with") + (lists("field") + lists("value_field")).max(children.map(goes_through).max().unwrap_or(0))
}

fn cannot_succeed(condition: &Value) -> bool {
    if let Some(children) = condition["conditions"].as_array() {
        return children.iter().any(cannot_succeed);
    }
    if condition.get("value_field").is_some() {
        return false;
    }
    let operand = &condition["value"];
    let ordered = |operator: &Value| matches!(operator.as_str(), Some("<" | "<=" | ">" | ">="));
    match condition["operator"].as_str().unwrap_or_default() {
        "<" | "<=" | ">" | ">=" => no_order(operand),
        "IN" | "NOT_IN" => !matches!(operand, Value::Array(_) | Value::String(_) | Value::Object(_)),
        "STARTS_WITH" | "ENDS_WITH" | "IEQUALS" => !operand.is_string(),
        "BETWEEN" => operand.as_array().is_none_or(|bounds| bounds.len() != 2 || bounds.iter().any(no_order)),
        "LENGTH" | "HOUR" | "WEEKDAY" => !matches!(operand, Value::Number(_) | Value::Bool(_)),
        "MATCHES" => operand.as_str().is_none_or(|text| pattern::check(text).is_err()),
        "SUM" | "AVG" | "COUNT" if ordered(&condition["compare"]) => {
            !matches!(operand, Value::Number(_) | Value::Bool(_))
        }
        "MIN" | "MAX" if ordered(&condition["compare"]) => no_order(operand),
        _ => false,
    }
}

fn no_order(operand: &Value) -> bool {
    matches!(operand, Value::Null | Value::Object(_))
}

/// Whether some condition of a cascade may be refused.
pub fn cascade_may_be_refused(config: &Value) -> bool {
    let globals = config["global_termination_conditions"].as_array().into_iter().flatten();
    let stages = config["stages"].as_object().into_iter().flat_map(|stages| stages.values());
    let rules = stages.flat_map(|stage| stage["routing_rules"].as_array().into_iter().flatten());
    let sets = config["rulesets"].as_object().into_iter().flat_map(|sets| sets.values());
    let matching = sets.flat_map(|rules| rules.as_array().into_iter().flatten());
    let score_is_refused =
        |rule: &Value| matches!(Num::of(&rule["score"]), Some(Num::Float(score)) if score.is_infinite());
    let cases = config["outcome"].as_array().into_iter().flatten().filter_map(|case| case.get("condition"));
    matching.clone().any(score_is_refused)
        || globals.chain(cases).chain(rules.chain(matching).map(|rule| &rule["condition"])).any(may_be_refused)
}
