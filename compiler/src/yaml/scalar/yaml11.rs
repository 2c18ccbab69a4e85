//! Plain scalars as `PyYAML`'s safe loader reads them.

use super::Reading;
use super::digits::{all_digits, decimal, is_infinity, sign};

/// What a plain scalar is to YAML 1.1.
pub(super) fn yaml11(text: &str) -> Reading {
    match text {
        "~" | "null" | "Null" | "NULL" => return Reading::Null,
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            return Reading::Bool(true);
        }
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Reading::Bool(false);
        }
        "<<" => return Reading::Merge,
        "=" => return Reading::Default,
        _ => {}
    }
    if let Some(float) = float11(text) {
        return float;
    }
    if let Some(int) = int11(text) {
        return int;
    }
    if is_timestamp(text) { Reading::Timestamp } else { Reading::Text }
}

fn float11(text: &str) -> Option<Reading> {
    let (negative, unsigned) = sign(text);
    if matches!(text, ".nan" | ".NaN" | ".NAN") {
        return Some(Reading::Float(f64::NAN));
    }
    if is_infinity(unsigned) {
        return Some(Reading::Float(if negative { f64::NEG_INFINITY } else { f64::INFINITY }));
    }
    let (whole, rest) = unsigned.split_once('.')?;
    if let Some((head, groups)) = whole.split_once(':') {
        // The last group of minutes and seconds stands before the point.
        let sexagesimal = starts_with_digit(head)
            && digits_and_underscores(head)
            && groups.split(':').all(is_sixty)
            && digits_and_underscores(rest);
        return sexagesimal.then(|| Reading::Sexagesimal(format!("{}.{rest}", base60(negative, whole))));
    }
    let (fraction, exponent) = match rest.find(['e', 'E']) {
        Some(at) => (rest.get(..at).unwrap_or_default(), rest.get(at.saturating_add(1)..)),
        None => (rest, None),
    };
    // An exponent needs its sign.
    if exponent
        .is_some_and(|exponent| !exponent.starts_with(['+', '-']) || !all_digits(exponent.get(1..).unwrap_or_default()))
    {
        return None;
    }
    let fits = if whole.is_empty() {
        // A leading point takes no sign.
        text.starts_with('.') && starts_with_digit(fraction) && digits_and_underscores(fraction)
    } else {
        starts_with_digit(whole) && digits_and_underscores(whole) && digits_and_underscores(fraction)
    };
    fits.then(|| text.replace('_', "").parse().ok().map(Reading::Float)).flatten()
}

fn int11(text: &str) -> Option<Reading> {
    let (negative, unsigned) = sign(text);
    let number = |digits: &str, radix: u32| {
        let digits = digits.replace('_', "");
        // Only underscores: the pattern fits, the number does not exist.
        (!digits.is_empty()).then(|| Reading::Int(decimal(negative, &digits, radix)))
    };
    let fits = |digits: &str, radix: u32| !digits.is_empty() && digits.chars().all(|c| c == '_' || c.is_digit(radix));
    if let Some(digits) = unsigned.strip_prefix("0b").filter(|digits| fits(digits, 2)) {
        return number(digits, 2);
    }
    if let Some(digits) = unsigned.strip_prefix("0x").filter(|digits| fits(digits, 16)) {
        return number(digits, 16);
    }
    if unsigned == "0" {
        return Some(Reading::Int("0".to_owned()));
    }
    if unsigned.starts_with('0') {
        return fits(unsigned, 8).then(|| number(unsigned, 8)).flatten();
    }
    if !starts_with_digit(unsigned) {
        return None;
    }
    if let Some((head, groups)) = unsigned.split_once(':') {
        let sexagesimal = digits_and_underscores(head) && groups.split(':').all(is_sixty);
        return sexagesimal.then(|| Reading::Sexagesimal(base60(negative, unsigned)));
    }
    fits(unsigned, 10).then(|| number(unsigned, 10)).flatten()
}

/// `YYYY-MM-DD`, or a date and a time.
fn is_timestamp(text: &str) -> bool {
    let digits = |part: &str, least: usize, most: usize| (least..=most).contains(&part.len()) && all_digits(part);
    let date_end = text.find(['T', 't', ' ', '\t']).unwrap_or(text.len());
    let (date, time) = (text.get(..date_end).unwrap_or_default(), text.get(date_end..).unwrap_or_default());
    let mut parts = date.split('-');
    let (Some(year), Some(month), Some(day), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    if !digits(year, 4, 4) {
        return false;
    }
    if time.is_empty() {
        return digits(month, 2, 2) && digits(day, 2, 2);
    }
    let time = match time.strip_prefix(['T', 't']) {
        Some(time) => time,
        None => time.trim_start_matches([' ', '\t']),
    };
    let zone_at = time.find(['Z', '+', '-', ' ', '\t']).unwrap_or(time.len());
    let (clock, zone) = (time.get(..zone_at).unwrap_or_default(), time.get(zone_at..).unwrap_or_default());
    let mut parts = clock.splitn(3, ':');
    let (Some(hour), Some(minute), Some(second)) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let (second, fraction) = second.split_once('.').unwrap_or((second, ""));
    digits(month, 1, 2)
        && digits(day, 1, 2)
        && digits(hour, 1, 2)
        && digits(minute, 2, 2)
        && digits(second, 2, 2)
        && (fraction.is_empty() || all_digits(fraction))
        && is_zone(zone)
}

/// Nothing, `Z`, or an offset like `+1` or `-05:30`, after blanks.
fn is_zone(zone: &str) -> bool {
    let offset = zone.trim_start_matches([' ', '\t']);
    let Some(offset) = offset.strip_prefix(['+', '-']) else {
        return zone.is_empty() || offset == "Z";
    };
    let (hours, minutes) = offset.split_once(':').unwrap_or((offset, "00"));
    (1..=2).contains(&hours.len()) && all_digits(hours) && minutes.len() == 2 && all_digits(minutes)
}

fn digits_and_underscores(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_')
}

fn starts_with_digit(text: &str) -> bool {
    text.bytes().next().is_some_and(|byte| byte.is_ascii_digit())
}

/// `[0-5]?[0-9]`.
fn is_sixty(group: &str) -> bool {
    all_digits(group) && (group.len() == 1 || (group.len() == 2 && group.as_bytes() < b"60".as_slice()))
}

/// The value of `1:30`, in words.
fn base60(negative: bool, groups: &str) -> String {
    let value = groups
        .split(':')
        .try_fold(0_u128, |value, group| value.checked_mul(60)?.checked_add(group.replace('_', "").parse().ok()?));
    let sign = if negative { "-" } else { "" };
    value.map_or_else(|| "beyond 128 bits".to_owned(), |value| format!("{sign}{value}"))
}
