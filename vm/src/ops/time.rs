//! Moments: RFC 3339 times and dates, as microseconds since 1970 UTC, and what clocks and calendars say of them.

use alloc::format;
use alloc::string::String;
use core::fmt::Write as _;

use super::{OpError, text::with_text};
use crate::Value;

const MICROS: i64 = 1_000_000;
const HOUR: i64 = 3600 * MICROS;
const DAY: i64 = 24 * HOUR;

/// The largest offset from UTC, in minutes.
const MOST_EAST: i64 = 24 * 60 - 1;
/// The years 0000 to 9999.
const FIRST: i64 = days_since_1970(0, 1, 1).wrapping_mul(DAY);
const LAST: i64 = days_since_1970(10_000, 1, 1).wrapping_mul(DAY);

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
/// A blank may stand for the `T`; digits beyond microseconds are cut off. Years are 0000 to 9999 as written, before the offset counts.
/// `:60` is read only where a leap second can be, in the last minute of a day in UTC; it counts as the second after it, as in
/// POSIX time. `-00:00` is UTC.
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
    let of_day = hours.saturating_mul(3600).saturating_add(minutes.saturating_mul(60)).saturating_add(seconds);
    let local = midnight.checked_add(of_day.saturating_mul(MICROS))?.checked_add(fraction)?;
    let offset = i64::from(parse_offset(core::str::from_utf8(rest).ok()?)?);
    let minute = hours.saturating_mul(60).saturating_add(minutes).saturating_sub(offset).rem_euclid(24 * 60);
    if seconds == 60 && minute != 24 * 60 - 1 {
        return None;
    }
    local.checked_sub(offset.saturating_mul(60 * MICROS))
}

/// A moment as RFC 3339 text that [`parse_time`] reads as the same: a date where it is midnight in UTC, else a time in UTC. Moments
/// that an offset puts before year 0 or behind year 9999 are written with an offset. Nothing for what no text means.
#[must_use]
pub fn time_text(micros: i64) -> Option<String> {
    let shifted = |minutes: i64| micros.checked_add(minutes.saturating_mul(60 * MICROS));
    let (local, offset) = [0, MOST_EAST, -MOST_EAST].into_iter().find_map(|minutes| {
        let local = shifted(minutes)?;
        (FIRST..LAST).contains(&local).then_some((local, minutes))
    })?;
    let (days, time) = (local.div_euclid(DAY), local.rem_euclid(DAY));
    let (year, month, day) = date_of(days);
    let mut text = format!("{year:04}-{month:02}-{day:02}");
    if offset == 0 && time == 0 {
        return Some(text);
    }
    let (seconds, fraction) = (time.div_euclid(MICROS), time.rem_euclid(MICROS));
    let (hour, minute) = (seconds.div_euclid(3600), seconds.div_euclid(60).rem_euclid(60));
    // Writing into a string cannot fail.
    let _ = write!(text, "T{hour:02}:{minute:02}:{:02}", seconds.rem_euclid(60));
    if fraction != 0 {
        let _ = write!(text, ".{}", format!("{fraction:06}").trim_end_matches('0'));
    }
    text.push_str(match offset {
        0 => "Z",
        1.. => "+23:59",
        _ => "-23:59",
    });
    Some(text)
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

/// So many minutes east of UTC as text that [`parse_offset`] reads: `+02:00`.
#[must_use]
pub fn offset_text(minutes: i16) -> String {
    let (sign, minutes) = (if minutes < 0 { '-' } else { '+' }, minutes.unsigned_abs());
    format!("{sign}{:02}:{:02}", minutes.wrapping_div(60), minutes.wrapping_rem(60))
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

/// Year, month and day of a date from 0000-01-01 to 9999-12-31: the inverse, `civil_from_days`.
const fn date_of(days: i64) -> (i64, i64, i64) {
    let days = days.wrapping_add(719_468);
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let no_leap = of_era
        .wrapping_sub(of_era.wrapping_div(1460))
        .wrapping_add(of_era.wrapping_div(36_524))
        .wrapping_sub(of_era.wrapping_div(146_096));
    let year = no_leap.wrapping_div(365);
    let leaps = year.wrapping_div(4).wrapping_sub(year.wrapping_div(100));
    let of_year = of_era.wrapping_sub(year.wrapping_mul(365).wrapping_add(leaps));
    let month = of_year.wrapping_mul(5).wrapping_add(2).wrapping_div(153);
    let day = of_year.wrapping_sub(month.wrapping_mul(153).wrapping_add(2).wrapping_div(5)).wrapping_add(1);
    let month = if month < 10 { month.wrapping_add(3) } else { month.wrapping_sub(9) };
    let year = year.wrapping_add(era.wrapping_mul(400));
    (if month <= 2 { year.wrapping_add(1) } else { year }, month, day)
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
            ("2016-12-31T15:59:60.5-08:00", 1_483_228_800 * MICROS + 500_000),
            ("1970-01-01T00:00:00-00:00", 0),
            ("1970-01-01T00:00:00.0000009Z", 0),
            ("0000-01-01", -62_167_219_200 * MICROS),
            ("0000-01-01T00:00:00+23:59", -62_167_219_200 * MICROS - 1439 * 60 * MICROS),
            ("9999-12-31T23:59:59.999999-23:59", 253_402_300_800 * MICROS + 1439 * 60 * MICROS - 1),
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
            "2026-01-01T10:00:60Z",
            "2016-12-31T23:59:60+01:00",
            "2016-12-31T23:59:61Z",
            "2026-01-01T10:00:00+24:00",
            "10000-01-01",
            "-001-01-01",
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

    #[test]
    fn moments_are_written_as_texts_that_mean_them() {
        for (text, written) in [
            ("1970-01-01T00:00:00Z", "1970-01-01"),
            ("2026-11-21T12:00:00.250+02:00", "2026-11-21T10:00:00.25Z"),
            ("2000-02-29T23:59:59.000001Z", "2000-02-29T23:59:59.000001Z"),
            ("0000-01-01T00:00:00+00:01", "0000-01-01T23:58:00+23:59"),
            ("9999-12-31T23:59:00-00:01", "9999-12-31T00:01:00-23:59"),
        ] {
            let micros = parse_time(text).unwrap();
            assert_eq!(time_text(micros).as_deref(), Some(written));
            assert_eq!(parse_time(written), Some(micros));
        }
        for days in (-720_000..2_932_896).step_by(13) {
            let micros = days * DAY;
            if let Some(text) = time_text(micros) {
                assert_eq!(parse_time(&text), Some(micros), "{text}");
            }
        }
        assert_eq!((time_text(i64::MAX), time_text(i64::MIN)), (None, None));
    }
}
