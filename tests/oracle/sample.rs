//! Which events a sampled rule looks at.

use std::collections::BTreeMap;

use num_bigint::BigInt;
use serde_json::Value;

use super::config::Rule;
use super::number::Num;
use super::path::Facts;

/// Whether the event is in the rule's sample.
pub fn takes(rule: &Rule, facts: Facts<'_>) -> bool {
    let Some((share, key)) = &rule.sample else { return true };
    if *share == 10_000 {
        return true;
    }
    let value = facts.get(&super::path::steps(key));
    if value.is_null() {
        return false;
    }
    let mut message = (rule.name.len() as u64).to_le_bytes().to_vec();
    message.extend(rule.name.bytes());
    message.extend(text(&value).bytes());
    let place = u64::from_le_bytes(blake3::hash(&message).as_bytes()[..8].try_into().expect("eight bytes"));
    // Rounded down, as hundredths of a percent.
    (u128::from(place) * 10_000) >> 64 < u128::from(*share)
}

/// Text is itself, a whole number its digits.
fn text(value: &Value) -> String {
    match (value, Num::of(value)) {
        (Value::String(text), _) => text.clone(),
        (Value::Number(_), Some(Num::Float(float))) if float.fract() == 0.0 => digits(float),
        _ => canonical(value),
    }
}

/// The digits of a whole number, made of the parts of the double.
fn digits(float: f64) -> String {
    let bits = float.to_bits();
    let (exponent, fraction) = ((bits >> 52) & 0x7FF, bits & ((1 << 52) - 1));
    if exponent < 1075 {
        return format!("{}", float as i64);
    }
    let size = BigInt::from(fraction | 1 << 52) << (exponent - 1075);
    format!("{}", if float < 0.0 { -size } else { size })
}

/// JSON with sorted keys and without spaces.
fn canonical(value: &Value) -> String {
    let list = |parts: Vec<String>| parts.join(",");
    match (value, Num::of(value)) {
        (Value::Array(items), _) => format!("[{}]", list(items.iter().map(canonical).collect())),
        (Value::Object(object), _) => {
            let sorted: BTreeMap<&String, &Value> = object.iter().collect();
            let entry =
                |(key, value): (&&String, &&Value)| format!("{}:{}", Value::from(key.as_str()), canonical(value));
            format!("{{{}}}", list(sorted.iter().map(entry).collect()))
        }
        (Value::Number(_), Some(Num::Float(float))) if float.is_infinite() => {
            if float > 0.0 {
                "1e999".to_owned()
            } else {
                "-1e999".to_owned()
            }
        }
        (Value::Number(_), Some(Num::Float(float))) => format!("{float:?}"),
        _ => value.to_string(),
    }
}
