//! The reference's name for a set of features.

use md5::{Digest, Md5};
use serde_json::{Map, Value};

/// The first 12 hexadecimal digits of MD5 over the scalar features as Python writes a list of pairs of texts. A name, no protection.
#[must_use]
pub fn feature_hash(features: &Map<String, Value>) -> String {
    let mut scalars: Vec<_> = features.iter().filter(|(_, value)| is_scalar(value)).collect();
    scalars.sort_by_key(|(key, _)| *key);
    let pairs = scalars.into_iter().map(|(key, value)| format!("({}, {})", quoted(key), quoted(&text(value))));
    let list = format!("[{}]", pairs.collect::<Vec<_>>().join(", "));
    let digest = Md5::digest(list.as_bytes());
    digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

const fn is_scalar(value: &Value) -> bool {
    matches!(value, Value::Bool(_) | Value::Number(_) | Value::String(_))
}

/// `str(value)`.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::String(text) => text.clone(),
        Value::Number(number) if number.is_f64() => float(number.as_f64().unwrap_or(f64::NAN)),
        other => other.to_string(),
    }
}

/// `repr` of a double: the shortest digits, with an exponent from 1e16 on and below 1e-4.
fn float(number: f64) -> String {
    let size = number.abs();
    if number == 0.0 || (1e-4..1e16).contains(&size) {
        return format!("{number:?}");
    }
    let text = format!("{number:e}");
    let Some((digits, exponent)) = text.split_once('e') else { return text };
    let (sign, exponent) = exponent.strip_prefix('-').map_or(("+", exponent), |rest| ("-", rest));
    format!("{digits}e{sign}{exponent:0>2}")
}

/// `repr` of a text.
fn quoted(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::from(quote);
    for sign in text.chars() {
        match sign {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            sign if sign == quote => out.extend(['\\', sign]),
            sign if is_printable(sign) => out.push(sign),
            sign if u32::from(sign) < 0x100 => out.push_str(&format!("\\x{:02x}", u32::from(sign))),
            sign if u32::from(sign) < 0x1_0000 => out.push_str(&format!("\\u{:04x}", u32::from(sign))),
            sign => out.push_str(&format!("\\U{:08x}", u32::from(sign))),
        }
    }
    out.push(quote);
    out
}

/// What Python shows as it is: no controls, and no blanks but the plain one.
fn is_printable(sign: char) -> bool {
    sign == ' '
        || !(sign.is_control()
            || sign.is_whitespace()
            || sign == '\u{ad}'
            || matches!(sign, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'))
}
