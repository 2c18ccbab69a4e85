//! Constants of the source as constants of the image.

use std::cmp::Ordering;

use cascata_vm::image::Constant as ImageConstant;
use cascata_vm::json;
use cascata_vm::number::{self, Number};
use cascata_vm::{Array, Object, Value};

use crate::model::Constant;

/// Whether the keys of mappings keep the order of the source.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyOrder {
    /// Sorted: operands are only compared, so order carries no meaning.
    Sorted,
    /// As written: what `set_field` writes is shown to people.
    Source,
}

/// The constant as the image stores it.
pub(super) fn image_constant(constant: &Constant, order: KeyOrder) -> ImageConstant {
    match constant {
        Constant::Null => ImageConstant::Null,
        Constant::Bool(b) => ImageConstant::Bool(*b),
        Constant::Int(digits) => match digits.parse() {
            Ok(int) => ImageConstant::Int(int),
            Err(_) => ImageConstant::BigInt(digits.clone()),
        },
        Constant::Float(float) => ImageConstant::Float(*float),
        Constant::Text(text) => ImageConstant::Text(text.clone()),
        Constant::List(_) => ImageConstant::Array(json_text(constant, order)),
        Constant::Map(_) => ImageConstant::Object(json_text(constant, order)),
    }
}

/// The constant as JSON text without spaces.
pub(super) fn json_text(constant: &Constant, order: KeyOrder) -> String {
    let mut out = String::new();
    write_json(constant, order, &mut out);
    out
}

/// Recursion is as deep as the constant, which the reader limits.
fn write_json(constant: &Constant, order: KeyOrder, out: &mut String) {
    match constant {
        Constant::Null => out.push_str("null"),
        Constant::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Constant::Int(digits) => out.push_str(digits),
        Constant::Float(float) => json::write_value(&Value::Float(*float), out),
        Constant::Text(text) => json::write_value(&Value::Text(text), out),
        Constant::List(list) => {
            out.push('[');
            for (at, element) in list.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write_json(element, order, out);
            }
            out.push(']');
        }
        Constant::Map(entries) => {
            let mut entries: Vec<&(String, Constant)> = entries.iter().collect();
            if order == KeyOrder::Sorted {
                entries.sort_by(|l, r| l.0.cmp(&r.0));
            }
            out.push('{');
            for (at, (key, value)) in entries.into_iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                json::write_value(&Value::Text(key), out);
                out.push(':');
                write_json(value, order, out);
            }
            out.push('}');
        }
    }
}

/// Hands over the constant as a value of the machine.
pub(crate) fn with_value<T>(constant: &Constant, then: impl FnOnce(Value<'_>) -> T) -> T {
    let json = |constant| json_text(constant, KeyOrder::Sorted);
    match constant {
        Constant::Null => then(Value::Null),
        Constant::Bool(value) => then(Value::Bool(*value)),
        Constant::Int(digits) => then(digits.parse().map_or(Value::BigInt(digits), Value::Int)),
        Constant::Float(float) => then(Value::Float(*float)),
        Constant::Text(text) => then(Value::Text(text)),
        Constant::List(_) => then(Value::Array(Array::Json(&json(constant)))),
        Constant::Map(_) => then(Value::Object(Object::Json(&json(constant)))),
    }
}

/// Orders number constants by value; anything else is equal to everything.
pub(crate) fn compare_numbers(left: &Constant, right: &Constant) -> Ordering {
    match (number_of(left), number_of(right)) {
        (Some(l), Some(r)) => number::compare(l, r).unwrap_or(Ordering::Equal),
        _ => Ordering::Equal,
    }
}

fn number_of(constant: &Constant) -> Option<Number<'_>> {
    match constant {
        Constant::Int(digits) => Some(digits.parse().map_or(Number::Big(digits), Number::Int)),
        Constant::Float(float) => Some(Number::Float(*float)),
        _ => None,
    }
}
