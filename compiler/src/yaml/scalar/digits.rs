//! Digits: what both readers ask of them, and integers of any size in decimal.

use std::fmt::Write as _;

pub(super) fn sign(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

pub(super) fn is_infinity(unsigned: &str) -> bool {
    matches!(unsigned, ".inf" | ".Inf" | ".INF")
}

pub(super) fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Canonical decimal of digits of a base up to 16.
pub(in crate::yaml) fn decimal(negative: bool, digits: &str, radix: u32) -> String {
    let text = if radix == 10 { digits.trim_start_matches('0').to_owned() } else { convert(digits, radix) };
    match (text.is_empty(), negative) {
        (true, _) => "0".to_owned(),
        (false, true) => format!("-{text}"),
        (false, false) => text,
    }
}

/// Base conversion in limbs of nine decimal digits; quadratic, so the reader bounds the digits before.
fn convert(digits: &str, radix: u32) -> String {
    const LIMB: u64 = 1_000_000_000;
    let mut limbs: Vec<u64> = Vec::new();
    for digit in digits.chars().filter_map(|c| c.to_digit(radix)) {
        let mut carry = u64::from(digit);
        for limb in &mut limbs {
            let value = limb.saturating_mul(u64::from(radix)).saturating_add(carry);
            *limb = value.checked_rem(LIMB).unwrap_or_default();
            carry = value.checked_div(LIMB).unwrap_or_default();
        }
        if carry > 0 {
            limbs.push(carry);
        }
    }
    let mut text = String::new();
    for limb in limbs.iter().rev() {
        // Writing to a String cannot fail.
        let _ = write!(text, "{limb:09}");
    }
    text.trim_start_matches('0').to_owned()
}
