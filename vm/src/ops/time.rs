//! Moments: RFC 3339 times and dates, as microseconds since 1970 UTC, and what clocks and calendars say of them.

use super::{OpError, text::with_text};
use crate::Value;

const MICROS: i64 = 1_000_000;
const HOUR: i64 = 3600 * MICROS;
const DAY: i64 = 24 * HOUR;

/// The moment a value means: a text as [`parse_time`] reads it. Missing stays missing.
///
/// # Errors
/// [`OpError::NotATime`] for anything else.
pub fn time(value: Value<'_>) -> Result<Value<'static>, OpError> {
    if value.is_nil() {
        return Ok(Value::Missing);
    }
    with_text(value, parse_time).flatten().map(Value::Int).ok_or(OpError::NotATime)
}

/// The hour of the day of a moment, 0 to 23, `minutes` east of UTC.
#[must_use]
pub fn hour(moment: Value<'_>, minutes: i32) -> Value<'static> {
    let of = |micros: i64| micros.rem_euclid(DAY).wrapping_div(HOUR);
    local(moment, minutes).map_or(Value::Missing, |micros| Value::Int(of(micros)))
}

/// The day of the week of a moment, Monday 1 to Sunday 7, `minutes` east of UTC.
#[must_use]
pub fn weekday(moment: Value<'_>, minutes: i32) -> Value<'static> {
    // 1970 began on a Thursday.
    let of = |micros: i64| micros.div_euclid(DAY).saturating_add(3).rem_euclid(7).wrapping_add(1);
    local(moment, minutes).map_or(Value::Missing, |micros| Value::Int(of(micros)))
}

fn local(moment: Value<'_>, minutes: i32) -> Option<i64> {
    match moment {
        Value::Int(micros) => Some(micros.saturating_add(i64::from(minutes).saturating_mul(60 * MICROS))),
        _ => None,
    }
}

/// Microseconds since 1970 UTC of an RFC 3339 time (`2026-01-31T10:00:00.5+02:00`) or of a date, which is its midnight in UTC.
/// A blank may stand for the `T`; digits beyond microseconds are cut off; a leap second counts as the second after it.
#[must_use]
pub fn parse_time(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    let (date, rest) = bytes.split_first_chunk::<10>()?;
    let [y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1] = *date else { return None };
    let year = number(&[y0, y1, y2, y3])?;
    let (month, day) = (number(&[m0, m1])?, number(&[d0, d1])?);
    if !(1..=12).contains(&month) || !(1..=days_in(year, month)).contains(&day) {
        return None;
    }
    let midnight = days_since_1970(year, month, day).checked_mul(DAY)?;
    if rest.is_empty() {
        return Some(midnight);
    }
    let (clock, rest) = rest.split_first_chunk::<9>()?;
    let [b'T' | b't' | b' ', h0, h1, b':', i0, i1, b':', s0, s1] = *clock else { return None };
    let (hours, minutes, seconds) = (number(&[h0, h1])?, number(&[i0, i1])?, number(&[s0, s1])?);
    if hours > 23 || minutes > 59 || seconds > 60 {
        return None;
    }
    let (fraction, rest) = fraction(rest)?;
    let seconds = hours.saturating_mul(3600).saturating_add(minutes.saturating_mul(60)).saturating_add(seconds);
    let local = midnight.checked_add(seconds.saturating_mul(MICROS))?.checked_add(fraction)?;
    local.checked_sub(i64::from(parse_offset(core::str::from_utf8(rest).ok()?)?).saturating_mul(60 * MICROS))
}

/// Minutes east of UTC of `Z` or `+02:00`.
#[must_use]
pub fn parse_offset(text: &str) -> Option<i16> {
    let sign = match text.as_bytes() {
        [b'Z' | b'z'] => return Some(0),
        [b'+', ..] => 1,
        [b'-', ..] => -1,
        _ => return None,
    };
    let [_, h0, h1, b':', m0, m1] = *text.as_bytes() else { return None };
    let (hours, minutes) = (number(&[h0, h1])?, number(&[m0, m1])?);
    if hours > 23 || minutes > 59 {
        return None;
    }
    let minutes = hours.saturating_mul(60).saturating_add(minutes).saturating_mul(sign);
    i16::try_from(minutes).ok()
}

/// Digits behind a dot, if there is one, in microseconds, and what follows.
fn fraction(bytes: &[u8]) -> Option<(i64, &[u8])> {
    let Some((b'.', digits)) = bytes.split_first() else { return Some((0, bytes)) };
    let count = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = digits.split_at_checked(count)?;
    if digits.is_empty() {
        return None;
    }
    let mut micros = 0_i64;
    for at in 0..6 {
        let digit = digits.get(at).map_or(0, |byte| i64::from(byte.wrapping_sub(b'0')));
        micros = micros.saturating_mul(10).saturating_add(digit);
    }
    Some((micros, rest))
}

/// The number of some digits.
fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0_i64, |number, byte| {
        byte.is_ascii_digit().then(|| number.saturating_mul(10).saturating_add(i64::from(byte.wrapping_sub(b'0'))))
    })
}

const fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if year.wrapping_rem(4) == 0 && (year.wrapping_rem(100) != 0 || year.wrapping_rem(400) == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 to a date of the Gregorian calendar (years 0 to 9999).
///
/// Howard Hinnant's `days_from_civil`: years begin in March, so that the leap day is the last day of one.
const fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year.wrapping_sub(1) } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = 153_i64.wrapping_mul(month.wrapping_add(9).wrapping_rem(12)).wrapping_add(2).wrapping_div(5);
    let leaps = of_era.wrapping_div(4).wrapping_sub(of_era.wrapping_div(100));
    let days = of_era.wrapping_mul(365).wrapping_add(leaps).wrapping_add(of_year).wrapping_add(day).wrapping_sub(1);
    era.wrapping_mul(146_097).wrapping_add(days).wrapping_sub(719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_dates_are_moments() {
        for (text, micros) in [
            ("1970-01-01", 0),
            ("1970-01-01T00:00:00Z", 0),
            ("1970-01-02t00:00:01.5z", DAY + 1_500_000),
            ("2000-03-01 00:00:00+00:00", 951_868_800 * MICROS),
            ("2026-11-21T12:00:00+02:00", 1_795_255_200 * MICROS),
            ("1969-12-31T23:59:59.999999999Z", -1),
            ("2016-12-31T23:59:60Z", 1_483_228_800 * MICROS),
            ("0000-01-01", -62_167_219_200 * MICROS),
        ] {
            assert_eq!(parse_time(text), Some(micros), "{text}");
        }
        for text in [
            "",
            "2026",
            "2026-13-01",
            "2026-02-29",
            "2026-01-01T10:00:00",
            "2026-01-01T24:00:00Z",
            "2026-01-01T10:00:00.Z",
            "2026-01-01T10:00Z",
            "2026-01-01T10:00:00+2:00",
            "2026-01-01Z",
            "１970-01-01",
            "2026-01-01T10:00:00Z ",
        ] {
            assert_eq!(parse_time(text), None, "{text}");
        }
    }

    #[test]
    fn hours_and_weekdays_follow_the_offset() {
        // A Saturday, 23:30 UTC.
        let moment = time(Value::Text("2026-11-21T23:30:00Z")).unwrap();
        let int = |value: Value<'_>| if let Value::Int(int) = value { int } else { panic!("{value:?}") };
        assert_eq!((int(hour(moment, 0)), int(weekday(moment, 0))), (23, 6));
        assert_eq!((int(hour(moment, 60)), int(weekday(moment, 60))), (0, 7));
        assert_eq!((int(hour(moment, -720)), int(weekday(moment, -1440))), (11, 5));
        let before = time(Value::Text("1969-12-31T23:00:00Z")).unwrap();
        assert_eq!((int(hour(before, 0)), int(weekday(before, 0))), (23, 3));
    }
}
