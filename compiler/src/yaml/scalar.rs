//! What plain text means: to YAML 1.1 as PyYAML reads it, and to the core schema of YAML 1.2.

use super::NodeKind;

/// What a reader takes a plain scalar for.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Reading {
    Null,
    Bool(bool),
    /// Canonical decimal.
    Int(String),
    Float(f64),
    Text,
    /// A base-60 integer or float of YAML 1.1; its value in words.
    Sexagesimal(String),
    Timestamp,
    /// `<<`.
    Merge,
    /// `=`.
    Default,
}

impl Reading {
    /// The reading in the words of messages.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Bool(value) => format!("the boolean {value}"),
            Self::Int(text) => format!("the number {text}"),
            Self::Float(value) => format!("the number {value:?}"),
            Self::Sexagesimal(value) => format!("the base-60 number {value}"),
            Self::Text => "text".to_owned(),
            Self::Timestamp => "a date".to_owned(),
            Self::Merge => "a merge of mappings".to_owned(),
            Self::Default => "a default value".to_owned(),
        }
    }

    /// The value in the tree; what has no equal there stays text.
    pub(super) fn kind(self, text: &str) -> NodeKind {
        match self {
            Self::Null => NodeKind::Null,
            Self::Bool(value) => NodeKind::Bool(value),
            Self::Int(text) => NodeKind::Int(text),
            Self::Float(value) => NodeKind::Float(value),
            _ => NodeKind::Text(text.to_owned()),
        }
    }

    fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Float(a), Self::Float(b)) => a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()),
            _ => self == other,
        }
    }
}

/// What both readers make of a plain scalar.
pub(super) enum Plain {
    /// They agree.
    Same(Reading),
    /// They do not: 1.1 first.
    Differ(Reading, Reading),
}

/// Resolves a plain scalar for both readers.
pub(super) fn resolve(text: &str) -> Plain {
    let Some(first) = text.bytes().next() else { return Plain::Same(Reading::Null) };
    // Words that mean something have at most five letters; anything else that does starts with one of these bytes.
    let special = match first {
        b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' => text.len() <= 5,
        b'~' | b'0'..=b'9' | b'+' | b'-' | b'.' | b'=' | b'<' => true,
        _ => false,
    };
    if !special {
        return Plain::Same(Reading::Text);
    }
    let (old, new) = (yaml11(text), yaml12(text));
    if old.same(&new) { Plain::Same(old) } else { Plain::Differ(old, new) }
}

/// A double-quoted scalar that both readers read as `text`.
pub(crate) fn quoted(text: &str) -> String {
    // JSON's escapes are YAML's as well.
    serde_json::Value::from(text).to_string()
}

fn yaml11(text: &str) -> Reading {
    match text {
        "~" | "null" | "Null" | "NULL" => return Reading::Null,
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => return Reading::Bool(true),
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => return Reading::Bool(false),
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

fn yaml12(text: &str) -> Reading {
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
    if exponent.is_some_and(|exponent| !exponent.starts_with(['+', '-']) || !all_digits(exponent.get(1..).unwrap_or_default())) {
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
    let (Some(hour), Some(minute), Some(second)) = (parts.next(), parts.next(), parts.next()) else { return false };
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
    let Some(offset) = offset.strip_prefix(['+', '-']) else { return zone.is_empty() || offset == "Z" };
    let (hours, minutes) = offset.split_once(':').unwrap_or((offset, "00"));
    (1..=2).contains(&hours.len()) && all_digits(hours) && minutes.len() == 2 && all_digits(minutes)
}

fn sign(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

fn is_infinity(unsigned: &str) -> bool {
    matches!(unsigned, ".inf" | ".Inf" | ".INF")
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
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
    let value = groups.split(':').try_fold(0_u128, |value, group| {
        value.checked_mul(60)?.checked_add(group.replace('_', "").parse().ok()?)
    });
    let sign = if negative { "-" } else { "" };
    value.map_or_else(|| "beyond 128 bits".to_owned(), |value| format!("{sign}{value}"))
}

/// Canonical decimal of digits of a base up to 16.
pub(super) fn decimal(negative: bool, digits: &str, radix: u32) -> String {
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
    let text: String = limbs.iter().rev().map(|limb| format!("{limb:09}")).collect();
    text.trim_start_matches('0').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(text: &str) -> (Reading, Reading) {
        match resolve(text) {
            Plain::Same(reading) => (reading.clone(), reading),
            Plain::Differ(old, new) => (old, new),
        }
    }

    #[test]
    fn readers_agree_on_plain_numbers_words_and_nothing() {
        let int = |text: &str| Reading::Int(text.to_owned());
        let agreed = [
            ("", Reading::Null), ("~", Reading::Null), ("null", Reading::Null), ("NULL", Reading::Null),
            ("true", Reading::Bool(true)), ("FALSE", Reading::Bool(false)), ("y", Reading::Text), ("n", Reading::Text),
            ("0", int("0")), ("-0", int("0")), ("+17", int("17")), ("0x1F", int("31")), ("00", int("0")),
            ("0xFFFFFFFFFFFFFFFFFFFF", int("1208925819614629174706175")),
            ("340282366920938463463374607431768211456", int("340282366920938463463374607431768211456")),
            ("1.5", Reading::Float(1.5)), ("1.", Reading::Float(1.0)), (".5", Reading::Float(0.5)),
            ("1.5e+3", Reading::Float(1500.0)), ("-.inf", Reading::Float(f64::NEG_INFINITY)),
            ("nothing", Reading::Text), ("1.2.3", Reading::Text), ("-", Reading::Text), ("==", Reading::Text),
            ("<=", Reading::Text), ("nums.0", Reading::Text), ("1e", Reading::Text), ("2026-01", Reading::Text),
            ("10.0.0.1", Reading::Text), ("0b", Reading::Text), ("-a", Reading::Text),
        ];
        for (text, reading) in agreed {
            assert_eq!(both(text), (reading.clone(), reading), "{text}");
        }
    }

    #[test]
    fn readers_differ_where_the_versions_do() {
        let int = |text: &str| Reading::Int(text.to_owned());
        let differing = [
            ("yes", Reading::Bool(true), Reading::Text), ("Off", Reading::Bool(false), Reading::Text),
            ("017", int("15"), int("17")), ("08", Reading::Text, int("8")), ("0o17", Reading::Text, int("15")),
            ("1_000", int("1000"), Reading::Text), ("0b101", int("5"), Reading::Text), ("-0x1F", int("-31"), Reading::Text),
            ("1e3", Reading::Text, Reading::Float(1000.0)), ("1.0e3", Reading::Text, Reading::Float(1000.0)),
            ("-.5", Reading::Text, Reading::Float(-0.5)), ("1_0.5", Reading::Float(10.5), Reading::Text),
            ("1:30", Reading::Sexagesimal("90".to_owned()), Reading::Text),
            ("1:30.5", Reading::Sexagesimal("90.5".to_owned()), Reading::Text),
            ("2026-01-01", Reading::Timestamp, Reading::Text),
            ("2026-1-1 1:00:00.5 +1", Reading::Timestamp, Reading::Text),
            ("2026-01-01T10:00:00Z", Reading::Timestamp, Reading::Text),
            ("<<", Reading::Merge, Reading::Text), ("=", Reading::Default, Reading::Text),
        ];
        for (text, old, new) in differing {
            assert_eq!(both(text), (old, new), "{text}");
        }
    }

    #[test]
    fn clock_times_that_are_no_base_60_numbers_are_text_to_both() {
        for text in ["1:75", "12:34:99", "a:30", "01:30"] {
            assert_eq!(both(text).1, Reading::Text, "{text}");
        }
        assert_eq!(both("1:75").0, Reading::Text);
        assert_eq!(both("01:30").0, Reading::Text);
    }

    /// Readings that PyYAML 6.0.3 gave; `invalid` where its pattern fits and its conversion then fails.
    #[test]
    fn what_pyyaml_reads_is_what_it_recorded() {
        for line in include_str!("../../tests/data/plain_scalars.tsv").lines() {
            let (text, recorded) = line.split_once('\t').unwrap();
            let ours = match yaml11(text) {
                Reading::Null => "null".to_owned(),
                Reading::Bool(value) => format!("bool {value}"),
                Reading::Int(value) => format!("int {value}"),
                Reading::Float(value) if value.is_nan() => "nan".to_owned(),
                Reading::Float(value) => format!("float {:016x}", value.to_bits()),
                Reading::Sexagesimal(value) if value.contains('.') => "base60 float".to_owned(),
                Reading::Sexagesimal(value) => format!("base60 {value}"),
                Reading::Text => "text".to_owned(),
                Reading::Timestamp => "date".to_owned(),
                Reading::Merge => "merge".to_owned(),
                Reading::Default => "default".to_owned(),
            };
            // What it cannot convert is no file it could have read.
            assert!(recorded == "invalid" || recorded == ours, "{text}: recorded {recorded}, ours {ours}");
        }
    }
}
