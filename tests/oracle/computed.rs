//! Values that conditions compute, and comparisons of them.
//!
//! A generated condition has them as trees: `{"computed": ">", "left": {"+": [{"path": "a"}, {"const": 1}]}, "right": …}`. The
//! product gets the text that the tree stands for (`support::computed`).

use num_bigint::BigInt;
use serde_json::{Value, json};

use super::condition::{Leaf, Outcome, compare, evaluate_in, length, some_element, value_of};
use super::number::Num;
use super::scope::Scope;
use super::time;
use super::value::Fault;

/// Why a value could not be computed: what was seen where it failed, which is told in place of the comparison.
pub struct Failed(Value);

const STATISTICS: [&str; 5] = ["SUM", "AVG", "MIN", "MAX", "COUNT"];

/// A comparison of two computed values.
pub fn ask(condition: &Value, scope: &Scope<'_>, trace: &mut Vec<Leaf>) -> Outcome {
    let (operator, left, right) = (text(&condition["computed"]), &condition["left"], &condition["right"]);
    if left.get("const").is_some() {
        let turned = json!({ "computed": turned(operator), "left": right, "right": left });
        return ask(&turned, scope, trace);
    }
    if let (Some((statistic, path)), Some(constant)) = (statistic_of(left), right.get("const")) {
        let plain = json!({ "field": path, "operator": statistic, "compare": operator, "value": constant });
        return evaluate_in(&plain, scope, trace);
    }
    let mut paths = Vec::new();
    paths_of(left, &mut paths);
    paths_of(right, &mut paths);
    if let Some(open) = paths.iter().find_map(|path| scope.open(path)) {
        return some_element(&open, scope, trace, &mut |inner, trace| ask(condition, inner, trace));
    }
    let (value, outcome) = match (value(left, scope), right.get("const")) {
        (Err(Failed(seen)), _) => (seen, Outcome::Error),
        (Ok(left), Some(constant)) => {
            let outcome = outcome(operator, &left, constant);
            (left, outcome)
        }
        (Ok(left), None) => match value(right, scope) {
            Err(Failed(seen)) => (seen, Outcome::Error),
            Ok(right) => (json!([left, right]), outcome(operator, &left, &right)),
        },
    };
    trace.push(Leaf { field: String::new(), operator: operator.to_owned(), value, outcome });
    outcome
}

fn outcome(operator: &str, left: &Value, right: &Value) -> Outcome {
    if left.is_null() || right.is_null() {
        return Outcome::False;
    }
    match compare(operator, left, right) {
        Ok(true) => Outcome::True,
        Ok(false) => Outcome::False,
        Err(_) => Outcome::Error,
    }
}

fn turned(operator: &str) -> &str {
    match operator {
        "<" => ">",
        "<=" => ">=",
        ">" => "<",
        ">=" => "<=",
        same => same,
    }
}

/// The tree of `BEFORE`, `AFTER`, `AGE`, `HOUR` and `WEEKDAY`.
pub fn of_times(condition: &Value) -> Option<Value> {
    let (field, zone) = (&condition["field"], &condition["zone"]);
    let compare = condition["compare"].as_str().unwrap_or("==");
    let other = |node: &str| condition.get("value_field").map(|path| json!({ node: path }));
    let constant = || json!({ "const": condition["value"] });
    let moment = || time::moment(&condition["value"]).map_or(Value::Null, |micros| json!({ "const": micros }));
    let (operator, left, right) = match text(&condition["operator"]) {
        "BEFORE" => ("<", json!({ "time": field }), other("time").unwrap_or_else(moment)),
        "AFTER" => (">", json!({ "time": field }), other("time").unwrap_or_else(moment)),
        "AGE" => (compare, json!({ "age": field }), json!({ "const": time::span(text(&condition["value"])) })),
        "HOUR" => (compare, json!({ "hour": field, "zone": zone }), other("path").unwrap_or_else(constant)),
        "WEEKDAY" => (compare, json!({ "weekday": field, "zone": zone }), other("path").unwrap_or_else(constant)),
        _ => return None,
    };
    Some(json!({ "computed": operator, "left": left, "right": right }))
}

/// The paths that read one value, from left to right.
fn paths_of<'t>(tree: &'t Value, found: &mut Vec<&'t str>) {
    for (node, of) in tree.as_object().into_iter().flatten() {
        match node.as_str() {
            "path" | "length" | "time" | "age" | "hour" | "weekday" => found.push(text(of)),
            "+" | "-" | "*" | "/" | "%" => of.as_array().into_iter().flatten().for_each(|side| paths_of(side, found)),
            _ => {}
        }
    }
}

fn statistic_of(tree: &Value) -> Option<(&'static str, &Value)> {
    STATISTICS.into_iter().find_map(|statistic| Some((statistic, tree.get(statistic)?)))
}

fn value(tree: &Value, scope: &Scope<'_>) -> Result<Value, Failed> {
    if let Some((statistic, path)) = statistic_of(tree) {
        let path = text(path);
        let list = scope.open(path).map_or_else(|| scope.get(path), |open| open.list);
        let items = scope.elements(path);
        return items.map_or(Ok(Value::Null), |items| value_of(statistic, &items)).map_err(|_| Failed(list));
    }
    let (node, of) = tree.as_object().and_then(|tree| tree.iter().next()).expect("a tree is a mapping");
    let field = || scope.get(text(of));
    let or_field = |result: Result<Value, Fault>| result.map_err(|_| Failed(field()));
    match node.as_str() {
        "const" => Ok(of.clone()),
        "now" => Ok(json!(time::NOW_US)),
        "path" => Ok(field()),
        "length" => or_field(length(&field())),
        "time" => or_field(time::moment(&field())),
        "hour" => or_field(time::moment(&field()).map(|moment| time::hour(&moment, &tree["zone"]))),
        "weekday" => or_field(time::moment(&field()).map(|moment| time::weekday(&moment, &tree["zone"]))),
        "age" => or_field(time::moment(&field()).map(|moment| match moment.as_i64() {
            Some(moment) => json!(time::NOW_US - moment),
            None => Value::Null,
        })),
        operator => {
            let (left, right) = (value(&of[0], scope)?, value(&of[1], scope)?);
            arithmetic(operator, &left, &right).map_err(|_| Failed(json!([left, right])))
        }
    }
}

/// Whole numbers are exact in 64 bits, or it is an error; with a double both are doubles.
fn arithmetic(operator: &str, left: &Value, right: &Value) -> Result<Value, Fault> {
    if left.is_null() || right.is_null() {
        return Ok(Value::Null);
    }
    let number = |value: &Value| match Num::of(value) {
        Some(Num::Int(int)) => i64::try_from(&int).map(|int| Num::Int(int.into())).map_err(|_| Fault("beyond 64 bits")),
        Some(float) => Ok(float),
        None => Err(Fault("no number")),
    };
    let result = match (number(left)?, number(right)?) {
        (Num::Int(a), Num::Int(b)) => whole(operator, &a, &b)?,
        (a, b) => Num::Float(doubles(operator, double(&a), double(&b))?),
    };
    result.value().ok_or(Fault("beyond 64 bits"))
}

fn whole(operator: &str, a: &BigInt, b: &BigInt) -> Result<Num, Fault> {
    let zero = BigInt::from(0);
    match operator {
        "+" => Ok(Num::Int(a + b)),
        "-" => Ok(Num::Int(a - b)),
        "*" => Ok(Num::Int(a * b)),
        _ if *b == zero => Err(Fault("a division by zero")),
        "%" => Ok(Num::Int(a % b)),
        _ if a % b == zero => Ok(Num::Int(a / b)),
        _ => doubles("/", double(&Num::Int(a.clone())), double(&Num::Int(b.clone()))).map(Num::Float),
    }
}

fn doubles(operator: &str, a: f64, b: f64) -> Result<f64, Fault> {
    let result = match operator {
        "+" => a + b,
        "-" => a - b,
        "*" => a * b,
        _ if b == 0.0 => return Err(Fault("a division by zero")),
        "/" => a / b,
        _ => a % b,
    };
    let made_infinite = result.is_infinite() && a.is_finite() && b.is_finite();
    if result.is_nan() || made_infinite { Err(Fault("no number")) } else { Ok(result) }
}

fn double(number: &Num) -> f64 {
    match number {
        Num::Int(int) => int.to_string().parse().expect("decimal text of an integer"),
        Num::Float(float) => *float,
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
