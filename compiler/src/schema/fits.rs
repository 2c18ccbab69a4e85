//! Whether a value is as a schema says.

use std::fmt;

use serde_json::Value;

use super::{Kind, Others, Schema, Shape};
use crate::back::compare_numbers;
use crate::model::Constant;

/// Where a value is not as a schema says, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// The path of the value; empty for the whole event.
    pub path: String,
    /// What is wrong with it.
    pub message: String,
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path.is_empty() { "the event" } else { &self.path };
        write!(f, "{path}: {}", self.message)
    }
}

impl Schema {
    /// Whether an event is as the schema says.
    ///
    /// # Errors
    /// The first place where it is not.
    pub fn fits(&self, event: &Value) -> Result<(), Misfit> {
        self.event.fits(event)
    }
}

impl Shape {
    /// Whether a value is as the shape says. Recursion is as deep as the value.
    ///
    /// # Errors
    /// The first place where it is not.
    pub fn fits(&self, value: &Value) -> Result<(), Misfit> {
        let wrong = |message: String| Err(Misfit { path: String::new(), message });
        let constant = constant(value);
        let kind = Kind::of(&constant);
        if !self.kinds.has(kind) {
            return wrong(format!("{}, not {}", kind.words(), self.kinds.words()));
        }
        if let Some(values) = &self.values
            && !values.iter().any(|known| same(known, &constant))
        {
            return wrong("none of the values it can be".to_owned());
        }
        if matches!(kind, Kind::Integer | Kind::Number) && !self.spans_number(&constant) {
            return wrong("outside its range".to_owned());
        }
        match value {
            Value::Array(list) => self.fits_list(list),
            Value::Object(map) => self.fits_map(map),
            _ => Ok(()),
        }
    }

    fn fits_list(&self, list: &[Value]) -> Result<(), Misfit> {
        let Some(items) = &self.items else { return Ok(()) };
        for (at, element) in list.iter().enumerate() {
            items.fits(element).map_err(|inner| inner.below(&format!("[{at}]")))?;
        }
        Ok(())
    }

    fn fits_map(&self, map: &serde_json::Map<String, Value>) -> Result<(), Misfit> {
        if let Some(missing) = self.required.iter().find(|key| !map.contains_key(key.as_str())) {
            return Err(Misfit { path: missing.clone(), message: "missing".to_owned() });
        }
        for (key, value) in map {
            let known = self.properties.iter().find(|property| property.name == *key).map(|property| &property.shape);
            let shape = match (known, &self.others) {
                (Some(shape), _) => shape,
                (None, Others::Like(shape)) => shape,
                (None, Others::Unsaid | Others::Any) => continue,
                (None, Others::None) => return Err(Misfit { path: key.clone(), message: "not a key".to_owned() }),
            };
            shape.fits(value).map_err(|inner| inner.below(key))?;
        }
        Ok(())
    }

    /// Whether a number is within the bounds.
    fn spans_number(&self, number: &Constant) -> bool {
        let low = self.low.as_ref().is_none_or(|low| {
            let order = compare_numbers(number, &low.value);
            order.is_gt() || (order.is_eq() && !low.exclusive)
        });
        let high = self.high.as_ref().is_none_or(|high| {
            let order = compare_numbers(number, &high.value);
            order.is_lt() || (order.is_eq() && !high.exclusive)
        });
        low && high
    }
}

impl Misfit {
    fn below(mut self, step: &str) -> Self {
        let dot = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        self.path = format!("{step}{dot}{}", self.path);
        self
    }
}

/// The constant a JSON value is.
pub(super) fn constant(value: &Value) -> Constant {
    match value {
        Value::Null => Constant::Null,
        Value::Bool(value) => Constant::Bool(*value),
        Value::Number(number) => {
            let text = number.to_string();
            match text.as_str() {
                "-0" => Constant::Int("0".to_owned()),
                _ if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') => Constant::Int(text),
                _ => Constant::Float(text.parse().unwrap_or(f64::INFINITY)),
            }
        }
        Value::String(text) => Constant::Text(text.clone()),
        Value::Array(list) => Constant::List(list.iter().map(constant).collect()),
        Value::Object(map) => Constant::Map(map.iter().map(|(key, value)| (key.clone(), constant(value))).collect()),
    }
}

/// Equality of JSON Schema: numbers by value, but a boolean is no number.
fn same(left: &Constant, right: &Constant) -> bool {
    match (left, right) {
        (Constant::Int(_) | Constant::Float(_), Constant::Int(_) | Constant::Float(_)) => {
            compare_numbers(left, right).is_eq()
        }
        (Constant::List(left), Constant::List(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Constant::Map(left), Constant::Map(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .all(|(key, value)| right.iter().any(|(other, of_other)| other == key && same(value, of_other)))
        }
        _ => left == right,
    }
}
