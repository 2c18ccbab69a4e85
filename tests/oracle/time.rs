//! Moments and spans of time, counted day by day.

use serde_json::{Value, json};

use super::value::Fault;

/// What counts as now wherever the oracle is asked: 2026-01-31T10:20:30.000456Z.
pub const NOW_US: i64 = 1_769_854_830_000_456;

const MICROS: i64 = 1_000_000;
const DAY: i64 = 86_400 * MICROS;

/// The moment that a text means, in microseconds since 1970 UTC.
pub fn moment(value: &Value) -> Result<Value, Fault> {
    match value {
        Value::Null => Ok(Value::Null),
        Value::String(text) => micros_of(text).map(|micros| json!(micros)).ok_or(Fault("no moment")),
        _ => Err(Fault("no moment")),
    }
}

/// The hour of the day where clocks are so far ahead of UTC.
pub fn hour(moment: &Value, zone: &Value) -> Value {
    local(moment, zone).map_or(Value::Null, |local| json!(local.rem_euclid(DAY) / (3600 * MICROS)))
}

/// Monday 1 to Sunday 7.
pub fn weekday(moment: &Value, zone: &Value) -> Value {
    // 1969-12-29 was a Monday.
    local(moment, zone).map_or(Value::Null, |local| json!((local + 3 * DAY).div_euclid(DAY).rem_euclid(7) + 1))
}

fn local(moment: &Value, zone: &Value) -> Option<i64> {
    Some(moment.as_i64()? + offset(zone.as_str().unwrap_or("Z")).expect("a zone is an offset") * 60 * MICROS)
}

/// Text of the form `9999-99-99T99:99:99.9Z`, sign by sign.
fn micros_of(text: &str) -> Option<i64> {
    let signs: Vec<char> = text.chars().collect();
    let shape: String = signs.iter().map(|sign| if sign.is_ascii_digit() { '9' } else { *sign }).collect();
    if !shape.starts_with("9999-99-99") {
        return None;
    }
    let number = |from: usize, to: usize| signs[from..to].iter().collect::<String>().parse::<i64>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    if !(1..=12).contains(&month) || !(1..=length_of(year, month)).contains(&day) {
        return None;
    }
    let midnight = (days_before(year) + (1..month).map(|month| length_of(year, month)).sum::<i64>() + day - 1) * DAY;
    if shape.len() == 10 {
        return Some(midnight);
    }
    if !["T99:99:99", "t99:99:99", " 99:99:99"].iter().any(|clock| shape[10..].starts_with(clock)) {
        return None;
    }
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let mut rest: String = signs[19..].iter().collect();
    let mut fraction = 0;
    if let Some(behind) = rest.strip_prefix('.') {
        let digits: String = behind.chars().take_while(char::is_ascii_digit).collect();
        if digits.is_empty() {
            return None;
        }
        fraction = format!("{digits}000000")[..6].parse().expect("six digits");
        rest = behind[digits.len()..].to_owned();
    }
    let offset = offset(&rest)?;
    let minutes = hour * 60 + minute - offset;
    let leap = second == 60 && minutes.rem_euclid(1440) == 1439;
    if hour > 23 || minute > 59 || (second > 59 && !leap) {
        return None;
    }
    Some(midnight + (minutes * 60 + second) * MICROS + fraction)
}

/// Minutes ahead of UTC.
fn offset(text: &str) -> Option<i64> {
    if text == "Z" || text == "z" {
        return Some(0);
    }
    let (sign, clock) = match text.strip_prefix('+') {
        Some(clock) => (1, clock),
        None => (-1, text.strip_prefix('-')?),
    };
    let digits =
        |part: &str| (part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit())).then(|| part.parse().ok())?;
    let (hours, minutes) = clock.split_once(':')?;
    let (hours, minutes): (i64, i64) = (digits(hours)?, digits(minutes)?);
    (hours < 24 && minutes < 60).then_some(sign * (hours * 60 + minutes))
}

/// Days from 1970 to the first of January, year after year.
fn days_before(year: i64) -> i64 {
    let length = |year: i64| (1..=12).map(|month| length_of(year, month)).sum::<i64>();
    if year >= 1970 { (1970..year).map(length).sum() } else { -(year..1970).map(length).sum::<i64>() }
}

fn length_of(year: i64, month: i64) -> i64 {
    let leap = year % 400 == 0 || (year % 4 == 0 && year % 100 != 0);
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Microseconds of `1h30m`.
pub fn span(text: &str) -> i64 {
    let units =
        [("us", 1), ("ms", 1_000), ("s", MICROS), ("m", 60 * MICROS), ("h", 3600 * MICROS), ("d", DAY), ("w", 7 * DAY)];
    let mut parts =
        text.split_inclusive(|sign: char| sign.is_ascii_alphabetic()).fold(Vec::new(), |mut parts, part| {
            // The second letter of a unit belongs to the part before.
            match parts.last_mut() {
                Some(last) if !part.starts_with(|sign: char| sign.is_ascii_digit()) => *last = format!("{last}{part}"),
                _ => parts.push(part.to_owned()),
            }
            parts
        });
    parts
        .drain(..)
        .map(|part: String| {
            let digits = part.trim_end_matches(|sign: char| sign.is_ascii_alphabetic());
            let (_, size) = units.iter().find(|(unit, _)| *unit == &part[digits.len()..]).expect("a unit");
            digits.parse::<i64>().expect("a number") * size
        })
        .sum()
}

#[test]
fn moments_are_counted_day_by_day() {
    for (text, micros) in [
        ("1970-01-01", Some(0)),
        ("2026-01-31T12:20:30.0004567+02:00", Some(NOW_US)),
        ("1969-12-31T23:59:59.5Z", Some(-500_000)),
        ("2000-02-29 00:00:00z", Some(951_782_400 * MICROS)),
        ("2016-12-31T23:59:60Z", Some(1_483_228_800 * MICROS)),
        ("2016-12-31T22:59:60Z", None),
        ("1900-02-29", None),
        ("2026-01-31T10:20Z", None),
    ] {
        assert_eq!(micros_of(text), micros, "{text}");
    }
    let now = json!(NOW_US);
    assert_eq!((hour(&now, &json!("-11:00")), weekday(&now, &json!("-11:00"))), (json!(23), json!(5)));
    assert_eq!(span("1h30m500ms"), 5_400_500_000);
}
