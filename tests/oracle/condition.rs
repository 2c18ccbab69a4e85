//! Conditions by walking their tree, one obvious case per operator.

use std::cmp::Ordering;

use serde_json::Value;

use super::number::Num;
use super::path::Facts;
use super::pattern;
use super::value::{Fault, equal, order, truthy};

/// How a condition ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    True,
    False,
    Error,
}

/// A condition without children that was evaluated.
#[derive(Debug, Clone, PartialEq)]
pub struct Leaf {
    pub field: String,
    pub operator: String,
    /// The value of the field, null where it is missing.
    pub value: Value,
    pub outcome: Outcome,
}

const COMPARISONS: [&str; 6] = ["==", "!=", "<", "<=", ">", ">="];

/// Every operator that reads a field, besides the comparisons.
const FIELD_OPERATORS: [&str; 14] = [
    "IN", "NOT_IN", "CONTAINS", "MATCHES", "EXISTS", "IS_NULL", "ALL", "ANY", "NONE", "SUM", "AVG", "MIN", "MAX",
    "COUNT",
];

/// Why a condition is refused before anything is evaluated.
pub fn refused(condition: &Value) -> Option<&'static str> {
    let Some(condition) = condition.as_object() else { return Some("not a mapping") };
    let children = condition.get("conditions");
    let bad_child = |children: &Value| match children.as_array() {
        Some(children) => children.iter().find_map(refused),
        None => Some("conditions are not a list"),
    };
    let count = children.and_then(Value::as_array).map_or(0, Vec::len);
    if let Some(why) = children.and_then(bad_child) {
        return Some(why);
    }
    let Some(operator) = condition.get("operator").filter(|operator| truthy(operator)) else {
        return Some("no operator");
    };
    match operator.as_str() {
        Some("NOT") if count != 1 => Some("NOT takes one condition"),
        Some("AND" | "OR") if count == 0 => Some("no conditions"),
        Some("AND" | "OR" | "NOT") => None,
        Some(name) if !COMPARISONS.contains(&name) && !FIELD_OPERATORS.contains(&name) => Some("unknown operator"),
        _ => match condition.get("field") {
            Some(Value::String(field)) if !field.is_empty() => None,
            _ => Some("no field"),
        },
    }
}

/// Evaluates a condition and writes every leaf it came to, in order, to `trace`.
pub fn evaluate(condition: &Value, facts: Facts<'_>, trace: &mut Vec<Leaf>) -> Outcome {
    let children = condition["conditions"].as_array().map(Vec::as_slice).unwrap_or_default();
    match condition["operator"].as_str().unwrap_or_default() {
        "AND" => first_of(children, Outcome::False, Outcome::True, facts, trace),
        "OR" => first_of(children, Outcome::True, Outcome::False, facts, trace),
        "NOT" => match evaluate(&children[0], facts, trace) {
            Outcome::True => Outcome::False,
            Outcome::False => Outcome::True,
            Outcome::Error => Outcome::Error,
        },
        operator => {
            let field = condition["field"].as_str().unwrap_or_default();
            let value = facts.get(field);
            let outcome = match leaf(operator, &value, condition) {
                Ok(true) => Outcome::True,
                Ok(false) => Outcome::False,
                Err(_) => Outcome::Error,
            };
            trace.push(Leaf { field: field.to_owned(), operator: operator.to_owned(), value, outcome });
            outcome
        }
    }
}

/// The first child that ends in `decisive` or in an error decides, else `otherwise`.
fn first_of(
    children: &[Value],
    decisive: Outcome,
    otherwise: Outcome,
    facts: Facts<'_>,
    trace: &mut Vec<Leaf>,
) -> Outcome {
    for child in children {
        let outcome = evaluate(child, facts, trace);
        if outcome == decisive || outcome == Outcome::Error {
            return outcome;
        }
    }
    otherwise
}

fn leaf(operator: &str, field: &Value, condition: &Value) -> Result<bool, Fault> {
    let operand = &condition["value"];
    let compare_by = condition["compare"].as_str().unwrap_or("==");
    match operator {
        "EXISTS" => Ok(!field.is_null()),
        "IS_NULL" => Ok(field.is_null()),
        _ if field.is_null() => Ok(false),
        "IN" => member(field, operand),
        "NOT_IN" => Ok(!member(field, operand)?),
        "CONTAINS" => member(operand, field),
        "MATCHES" => matched(field, operand),
        "ALL" | "ANY" | "NONE" => quantified(operator, field, compare_by, operand),
        "SUM" | "AVG" | "MIN" | "MAX" | "COUNT" => statistic(operator, field, compare_by, operand),
        comparison => compare(comparison, field, operand),
    }
}

/// One of the six comparisons; a name that is none of them is never true.
fn compare(operator: &str, a: &Value, b: &Value) -> Result<bool, Fault> {
    let wanted: &[Ordering] = match operator {
        "==" => return Ok(equal(a, b)),
        "!=" => return Ok(!equal(a, b)),
        "<" => &[Ordering::Less],
        "<=" => &[Ordering::Less, Ordering::Equal],
        ">" => &[Ordering::Greater],
        ">=" => &[Ordering::Greater, Ordering::Equal],
        _ => return Ok(false),
    };
    Ok(order(a, b)?.is_some_and(|order| wanted.contains(&order)))
}

/// Whether `whole` has `part`: as a substring, an element or a key.
fn member(part: &Value, whole: &Value) -> Result<bool, Fault> {
    match (whole, part) {
        (Value::Array(items), part) => Ok(items.iter().any(|item| equal(item, part))),
        (Value::String(whole), Value::String(part)) => Ok(whole.contains(part.as_str())),
        (Value::String(_), _) => Err(Fault("a text has only texts in it")),
        (Value::Object(object), Value::String(key)) => Ok(object.contains_key(key)),
        (Value::Object(_), Value::Array(_) | Value::Object(_)) => Err(Fault("no key can be a list or a mapping")),
        (Value::Object(_), _) => Ok(false),
        _ => Err(Fault("nothing can be in a number, a boolean or null")),
    }
}

fn matched(field: &Value, operand: &Value) -> Result<bool, Fault> {
    let Value::String(pattern) = operand else { return Err(Fault("the pattern is not a text")) };
    let text = match field {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Array(_) | Value::Object(_) => return Err(Fault("a list or a mapping has no text")),
        number => Num::of(number).map(|number| number.text()).unwrap_or_default(),
    };
    pattern::matches(pattern, &text).map_err(|_| Fault("the pattern is refused"))
}

fn quantified(operator: &str, field: &Value, compare_by: &str, operand: &Value) -> Result<bool, Fault> {
    let Value::Array(items) = field else { return Ok(false) };
    let decisive = operator != "ALL";
    for item in items {
        // Quantifiers never fail: an element without an order to the operand does not satisfy the comparison.
        if compare(compare_by, item, operand).unwrap_or(false) == decisive {
            return Ok(operator == "ANY");
        }
    }
    Ok(operator != "ANY")
}

fn statistic(operator: &str, field: &Value, compare_by: &str, operand: &Value) -> Result<bool, Fault> {
    let Value::Array(items) = field else { return Ok(false) };
    let number = match operator {
        "COUNT" => Num::Int(items.len().into()),
        "SUM" => sum(items)?,
        "AVG" if items.is_empty() => return Ok(false),
        "AVG" => sum(items)?.divide(items.len()).ok_or(Fault("an average beyond every double"))?,
        extreme => return compare(compare_by, extremum(extreme, items)?, operand),
    };
    compare_number(compare_by, &number, operand)
}

fn sum(items: &[Value]) -> Result<Num, Fault> {
    let mut sum = Num::Int(0.into());
    for item in items {
        let item = Num::of(item).ok_or(Fault("an element that cannot be added"))?;
        sum = sum.add(&item).ok_or(Fault("an integer beyond every double"))?;
    }
    Ok(sum)
}

fn extremum<'a>(operator: &str, items: &'a [Value]) -> Result<&'a Value, Fault> {
    let better = if operator == "MIN" { "<" } else { ">" };
    let (first, rest) = items.split_first().ok_or(Fault("no elements"))?;
    let mut best = first;
    for item in rest {
        if compare(better, item, best)? {
            best = item;
        }
    }
    Ok(best)
}

/// [`compare`] for a computed number, which may be a double JSON cannot write.
fn compare_number(operator: &str, number: &Num, operand: &Value) -> Result<bool, Fault> {
    let order = Num::of(operand).map(|operand| number.order(&operand));
    Ok(match (operator, order) {
        ("==", order) => order == Some(Some(Ordering::Equal)),
        ("!=", order) => order != Some(Some(Ordering::Equal)),
        (_, None) => return Err(Fault("values without an order")),
        (_, Some(None)) => false,
        ("<", Some(Some(order))) => order.is_lt(),
        ("<=", Some(Some(order))) => order.is_le(),
        (">", Some(Some(order))) => order.is_gt(),
        (">=", Some(Some(order))) => order.is_ge(),
        _ => false,
    })
}
