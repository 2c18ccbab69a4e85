//! Plain scalars by the core schema of YAML 1.2.

use super::Reading;
use super::digits::{all_digits, decimal, is_infinity, sign};

/// What a plain scalar is to YAML 1.2.
pub(super) fn yaml12(text: &str) -> Reading {
    match text {
        "~" | "null" | "Null" | "NULL" => return Reading::Null,
        "true" | "True" | "TRUE" => return Reading::Bool(true),
        "false" | "False" | "FALSE" => return Reading::Bool(false),
        ".nan" | ".NaN" | ".NAN" => return Reading::Float(f64::NAN),
        _ => {}
    }
    for (prefix, radix) in [("0o", 8), ("0x", 16)] {
        if let Some(digits) = text.strip_prefix(prefix)
            && !digits.is_empty()
            && digits.chars().all(|c| c.is_digit(radix))
        {
            return Reading::Int(decimal(false, digits, radix));
        }
    }
    let (negative, unsigned) = sign(text);
    if is_infinity(unsigned) {
        return Reading::Float(if negative { f64::NEG_INFINITY } else { f64::INFINITY });
    }
    if all_digits(unsigned) {
        return Reading::Int(decimal(negative, unsigned, 10));
    }
    if is_float12(unsigned) {
        return text.parse().map_or(Reading::Text, Reading::Float);
    }
    Reading::Text
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?` after the sign.
fn is_float12(unsigned: &str) -> bool {
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => (unsigned.get(..at).unwrap_or_default(), unsigned.get(at.saturating_add(1)..)),
        None => (unsigned, None),
    };
    if exponent.is_some_and(|exponent| !all_digits(sign(exponent).1)) {
        return false;
    }
    match mantissa.split_once('.') {
        Some(("", fraction)) => all_digits(fraction),
        Some((whole, fraction)) => all_digits(whole) && (fraction.is_empty() || all_digits(fraction)),
        None => all_digits(mantissa),
    }
}
