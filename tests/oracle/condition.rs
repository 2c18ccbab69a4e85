//! Conditions by walking their tree, one obvious case per operator.

use std::cmp::Ordering;

use serde_json::{Value, json};

use super::number::Num;
use super::path::Facts;
use super::scope::{Open, Scope};
use super::value::{Fault, equal, order, truthy};
use super::{computed, pattern, text};

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
const FIELD_OPERATORS: [&str; 25] = [
    "IN",
    "NOT_IN",
    "CONTAINS",
    "MATCHES",
    "EXISTS",
    "IS_NULL",
    "ALL",
    "ANY",
    "NONE",
    "SUM",
    "AVG",
    "MIN",
    "MAX",
    "COUNT",
    "BETWEEN",
    "STARTS_WITH",
    "ENDS_WITH",
    "IEQUALS",
    "CIDR",
    "LENGTH",
    "BEFORE",
    "AFTER",
    "AGE",
    "HOUR",
    "WEEKDAY",
];

/// The operators that take the list which `[]` makes as a whole.
const TAKE_LISTS: [&str; 8] = ["ALL", "ANY", "NONE", "SUM", "AVG", "MIN", "MAX", "COUNT"];

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
    if condition.contains_key("computed") {
        return None;
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
    evaluate_in(condition, &Scope::new(facts), trace)
}

pub fn evaluate_in(condition: &Value, scope: &Scope<'_>, trace: &mut Vec<Leaf>) -> Outcome {
    if let Some(path) = condition["with"].as_str()
        && let Some(open) = scope.open(path)
    {
        return some_element(&open, scope, trace, &mut |inner, trace| evaluate_in(condition, inner, trace));
    }
    let children = condition["conditions"].as_array().map(Vec::as_slice).unwrap_or_default();
    match condition["operator"].as_str().unwrap_or_default() {
        "AND" => first_of(children, Outcome::False, Outcome::True, scope, trace),
        "OR" => first_of(children, Outcome::True, Outcome::False, scope, trace),
        "NOT" => match evaluate_in(&children[0], scope, trace) {
            Outcome::True => Outcome::False,
            Outcome::False => Outcome::True,
            Outcome::Error => Outcome::Error,
        },
        _ => ask(condition, scope, trace),
    }
}

/// The first element for which it holds, or an error, decides. The list is told of behind its elements.
pub fn some_element(
    open: &Open,
    scope: &Scope<'_>,
    trace: &mut Vec<Leaf>,
    body: &mut dyn FnMut(&Scope<'_>, &mut Vec<Leaf>) -> Outcome,
) -> Outcome {
    let mut outcome = Outcome::False;
    for element in open.list.as_array().into_iter().flatten() {
        match body(&scope.with(open, element), trace) {
            Outcome::False => {}
            Outcome::Error => return Outcome::Error,
            Outcome::True => {
                outcome = Outcome::True;
                break;
            }
        }
    }
    trace.push(Leaf { field: "[]".to_owned(), operator: "some element".to_owned(), value: open.list.clone(), outcome });
    outcome
}

/// The first child that ends in `decisive` or in an error decides, else `otherwise`.
fn first_of(
    children: &[Value],
    decisive: Outcome,
    otherwise: Outcome,
    scope: &Scope<'_>,
    trace: &mut Vec<Leaf>,
) -> Outcome {
    for child in children {
        let outcome = evaluate_in(child, scope, trace);
        if outcome == decisive || outcome == Outcome::Error {
            return outcome;
        }
    }
    otherwise
}

/// A condition without children: for some element of every list that its fields go through, the same for both of them.
fn ask(condition: &Value, scope: &Scope<'_>, trace: &mut Vec<Leaf>) -> Outcome {
    if condition.get("computed").is_some() {
        return computed::ask(condition, scope, trace);
    }
    if let Some(tree) = computed::of_times(condition) {
        return computed::ask(&tree, scope, trace);
    }
    let operator = condition["operator"].as_str().unwrap_or_default();
    let field = condition["field"].as_str().unwrap_or_default();
    let other = condition["value_field"].as_str();
    let own = if TAKE_LISTS.contains(&operator) { None } else { scope.open(field) };
    if let Some(open) = own.or_else(|| scope.open(other?)) {
        return some_element(&open, scope, trace, &mut |inner, trace| ask(condition, inner, trace));
    }
    if operator == "BETWEEN" {
        let side = |operator: &str, at: usize| json!({ "field": field, "operator": operator, "value": condition["value"][at] });
        return first_of(&[side(">=", 0), side("<=", 1)], Outcome::False, Outcome::True, scope, trace);
    }
    let operand = other.map(|other| scope.get(other));
    let (value, outcome) = decide(operator, field, condition, operand.as_ref(), scope);
    let outcome = match outcome {
        Ok(true) => Outcome::True,
        Ok(false) => Outcome::False,
        Err(_) => Outcome::Error,
    };
    trace.push(Leaf { field: field.to_owned(), operator: operator.to_owned(), value, outcome });
    outcome
}

/// What a leaf saw, and how it came out. Where two values were read it saw both.
fn decide(
    operator: &str,
    path: &str,
    condition: &Value,
    read: Option<&Value>,
    scope: &Scope<'_>,
) -> (Value, Result<bool, Fault>) {
    let compare_by = condition["compare"].as_str().unwrap_or("==");
    let field = scope.open(path).map_or_else(|| scope.get(path), |open| open.list);
    let measured = match operator {
        "LENGTH" => Some(length(&field)),
        "SUM" | "AVG" | "MIN" | "MAX" | "COUNT" if read.is_some() => {
            Some(scope.elements(path).map_or(Ok(Value::Null), |items| value_of(operator, &items)))
        }
        _ => None,
    };
    let (field, operator) = match measured {
        None => (field, operator),
        Some(Ok(measure)) => (measure, compare_by),
        Some(Err(fault)) => return (field, Err(fault)),
    };
    match read {
        Some(read) if field.is_null() || read.is_null() => (json!([field, read]), Ok(false)),
        Some(read) => (json!([field, read]), leaf(operator, &field, read, compare_by, &[])),
        None => {
            let items = scope.elements(path).unwrap_or_default();
            let is_list = field.is_array();
            let outcome = match operator {
                "ALL" | "ANY" | "NONE" | "SUM" | "AVG" | "MIN" | "MAX" | "COUNT" if !is_list => Ok(false),
                _ => leaf(operator, &field, &condition["value"], compare_by, &items),
            };
            (field, outcome)
        }
    }
}

fn leaf(operator: &str, field: &Value, operand: &Value, compare_by: &str, items: &[Value]) -> Result<bool, Fault> {
    match operator {
        "EXISTS" => Ok(!field.is_null()),
        "IS_NULL" => Ok(field.is_null()),
        _ if field.is_null() => Ok(false),
        "IN" => member(field, operand),
        "NOT_IN" => Ok(!member(field, operand)?),
        "CONTAINS" => member(operand, field),
        "MATCHES" => matched(field, operand),
        "STARTS_WITH" | "ENDS_WITH" => text::affix(operator, field, operand),
        "IEQUALS" => Ok(text::equal_but_for_case(field, operand)),
        "CIDR" => Ok(text::in_networks(field, operand)),
        "ALL" | "ANY" | "NONE" => quantified(operator, items, compare_by, operand),
        "SUM" | "AVG" | "MIN" | "MAX" | "COUNT" => statistic(operator, items, compare_by, operand),
        comparison => compare(comparison, field, operand),
    }
}

/// Characters of a text, elements of a list, keys of a mapping; of nothing nothing.
pub fn length(field: &Value) -> Result<Value, Fault> {
    match field {
        Value::Null => Ok(Value::Null),
        Value::String(text) => Ok(json!(text.chars().count())),
        Value::Array(items) => Ok(json!(items.len())),
        Value::Object(object) => Ok(json!(object.len())),
        _ => Err(Fault("a number or a boolean has no length")),
    }
}

/// A statistic as a value, which has to fit 64 bits where it is a whole number that was computed.
pub fn value_of(statistic: &str, items: &[Value]) -> Result<Value, Fault> {
    let number = match statistic {
        "COUNT" => return Ok(json!(items.len())),
        "AVG" if items.is_empty() => return Ok(Value::Null),
        "SUM" => sum(items)?,
        "AVG" => sum(items)?.divide(items.len()).ok_or(Fault("an average beyond every double"))?,
        extreme => return extremum(extreme, items).cloned(),
    };
    number.value().ok_or(Fault("a sum beyond 64 bits"))
}

/// One of the six comparisons; a name that is none of them is never true.
pub fn compare(operator: &str, a: &Value, b: &Value) -> Result<bool, Fault> {
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

fn quantified(operator: &str, items: &[Value], compare_by: &str, operand: &Value) -> Result<bool, Fault> {
    let decisive = operator != "ALL";
    for item in items {
        // Quantifiers never fail: an element without an order to the operand does not satisfy the comparison.
        if compare(compare_by, item, operand).unwrap_or(false) == decisive {
            return Ok(operator == "ANY");
        }
    }
    Ok(operator != "ANY")
}

fn statistic(operator: &str, items: &[Value], compare_by: &str, operand: &Value) -> Result<bool, Fault> {
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
