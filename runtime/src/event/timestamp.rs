//! Moments as structured events write them: ISO 8601, read and printed as CPython 3.11's `datetime` does.

use std::fmt;
use std::ops::RangeInclusive;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::value::padded;

const MICROS_PER_SECOND: i64 = 1_000_000;
const MICROS_PER_DAY: i64 = 86_400 * MICROS_PER_SECOND;

/// A civil date and time, with an offset from UTC if one was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timestamp {
    year: u16,
    month: u8,
    day: u8,
    /// Microseconds since midnight.
    time: i64,
    /// Microseconds east of UTC.
    offset: Option<i64>,
}

/// Text that is no moment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no ISO 8601 date and time")]
pub struct TimestampError {
    /// The text.
    pub text: String,
}

impl Timestamp {
    /// Now, in UTC.
    #[must_use]
    pub fn now() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self::from_unix_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }

    /// The moment so many microseconds after 1970 UTC. Years outside 1 to 9999 become the nearest inside.
    #[must_use]
    pub fn from_unix_micros(micros: i64) -> Self {
        let (days, time) = (micros.div_euclid(MICROS_PER_DAY), micros.rem_euclid(MICROS_PER_DAY));
        match civil(days) {
            Some((year, month, day)) => Self { year, month, day, time, offset: Some(0) },
            None if days < 0 => Self { year: 1, month: 1, day: 1, time: 0, offset: Some(0) },
            None => Self { year: 9999, month: 12, day: 31, time: MICROS_PER_DAY.saturating_sub(1), offset: Some(0) },
        }
    }

    /// Microseconds since 1970 UTC; a moment without offset counts as UTC.
    #[must_use]
    pub fn to_unix_micros(&self) -> i64 {
        let days = days(i64::from(self.year), i64::from(self.month), i64::from(self.day)).unwrap_or_default();
        days.saturating_mul(MICROS_PER_DAY).saturating_add(self.time).saturating_sub(self.offset.unwrap_or_default())
    }

    /// RFC 3339; the offset of UTC is written `Z`.
    #[must_use]
    pub fn to_rfc3339(&self) -> String {
        let mut text = Vec::with_capacity(32);
        self.put_rfc3339(&mut text);
        ascii(text)
    }

    /// Appends [`to_rfc3339`](Self::to_rfc3339). Each record has a time, and the formatter would take a twentieth of what making a record
    /// takes.
    pub(crate) fn put_rfc3339(&self, text: &mut Vec<u8>) {
        self.date_and_time(text);
        match self.offset {
            Some(0) | None => text.push(b'Z'),
            Some(offset) => east(text, offset),
        }
    }

    fn date_and_time(&self, text: &mut Vec<u8>) {
        text.extend_from_slice(&padded::<4>(self.year.into()));
        text.push(b'-');
        text.extend_from_slice(&padded::<2>(self.month.into()));
        text.push(b'-');
        text.extend_from_slice(&padded::<2>(self.day.into()));
        text.push(b'T');
        clock(text, self.time, true);
    }

    /// Reads a date, or date, one separator of any kind, and time: `2026-01-02`, `2026-W01-5 03:04`, `20260102T030405.5Z`.
    ///
    /// # Errors
    /// The text is something else, or no such moment exists.
    pub fn parse(text: &str) -> Result<Self, TimestampError> {
        read(text).ok_or_else(|| TimestampError { text: text.chars().take(64).collect() })
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = Vec::with_capacity(32);
        self.date_and_time(&mut text);
        if let Some(offset) = self.offset {
            east(&mut text, offset);
        }
        f.write_str(&ascii(text))
    }
}

/// Writes an offset.
fn east(text: &mut Vec<u8>, offset: i64) {
    text.push(if offset < 0 { b'-' } else { b'+' });
    clock(text, offset.saturating_abs(), false);
}

/// Writes `HH:MM`, seconds if asked for or not zero, and microseconds if not zero. It is less than a day.
fn clock(text: &mut Vec<u8>, micros: i64, seconds: bool) {
    let whole = u32::try_from(micros / MICROS_PER_SECOND).unwrap_or_default();
    let fraction = u32::try_from(micros % MICROS_PER_SECOND).unwrap_or_default();
    text.extend_from_slice(&padded::<2>(whole / 3600));
    text.push(b':');
    text.extend_from_slice(&padded::<2>(whole / 60 % 60));
    if seconds || whole % 60 != 0 || fraction != 0 {
        text.push(b':');
        text.extend_from_slice(&padded::<2>(whole % 60));
    }
    if fraction != 0 {
        text.push(b'.');
        text.extend_from_slice(&padded::<6>(fraction));
    }
}

/// What was put together of digits and signs.
fn ascii(text: Vec<u8>) -> String {
    String::from_utf8(text).unwrap_or_default()
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

fn read(text: &str) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    if bytes.len() < 7 {
        return None;
    }
    let split = date_end(bytes)?;
    let (year, month, day) = read_date(text.get(..split)?)?;
    let mut after = text.get(split..)?.chars();
    let (time, offset) = match after.next() {
        None => (0, None),
        // A separator promises a time.
        Some(_) => read_time(after.as_str())?,
    };
    Some(Timestamp { year, month, day, time, offset })
}

/// Where the date ends. The first characters tell its form; a week date is told from its digits, as the separator may be any character.
fn date_end(text: &[u8]) -> Option<usize> {
    let digit = |at: usize| text.get(at).is_some_and(u8::is_ascii_digit);
    let is = |at: usize, byte: u8| text.get(at) == Some(&byte);
    let end = match (is(4, b'-'), is(4, b'W'), is(5, b'W')) {
        _ if text.len() == 7 => 7,
        (true, _, true) if is(8, b'-') && text.len() == 9 => return None,
        // `YYYY-Www-D`, or `YYYY-Www` with `-` as separator.
        (true, _, true) if is(8, b'-') && !digit(10) => 10,
        (true, _, true) => 8,
        (true, ..) => 10,
        (false, true, _) => {
            let digits = (7..text.len()).find(|at| !digit(*at)).unwrap_or(text.len());
            match digits {
                ..9 => digits,
                // Times come in pairs of digits, so an even count means that the last one of the date is the separator.
                _ if digits % 2 == 0 => 7,
                _ => 8,
            }
        }
        _ => 8,
    };
    (end <= text.len()).then_some(end)
}

fn read_date(text: &str) -> Option<(u16, u8, u8)> {
    let (year, rest) = digits(text, 4)?;
    let dashed = rest.starts_with('-');
    let rest = rest.strip_prefix('-').unwrap_or(rest);
    let dash = |text: &'_ str| if dashed { text.strip_prefix('-').map(str::len) } else { Some(text.len()) };
    if let Some(week) = rest.strip_prefix('W') {
        let (week, rest) = digits(week, 2)?;
        let day = if rest.is_empty() {
            1
        } else {
            let rest = rest.get(rest.len().checked_sub(dash(rest)?)?..)?;
            let (day, rest) = digits(rest, 1)?;
            rest.is_empty().then_some(day)?
        };
        return week_date(year, week, day);
    }
    let (month, rest) = digits(rest, 2)?;
    let rest = rest.get(rest.len().checked_sub(dash(rest)?)?..)?;
    let (day, rest) = digits(rest, 2)?;
    (rest.is_empty() && year >= 1 && (1..=12).contains(&month) && (1..=month_days(year, month)).contains(&day))
        .then_some((u16::try_from(year).ok()?, u8::try_from(month).ok()?, u8::try_from(day).ok()?))
}

fn read_time(text: &str) -> Option<(i64, Option<i64>)> {
    let zone = text.find(['+', '-', 'Z']).unwrap_or(text.len());
    let (clock, zone) = (text.get(..zone)?, text.get(zone..)?);
    let time = read_clock(clock)?;
    let mut sign = zone.chars();
    let offset = match sign.next() {
        None => None,
        Some('Z') => sign.as_str().is_empty().then_some(Some(0))?,
        Some(sign_char) => {
            let offset = read_clock(sign.as_str())?;
            Some(if sign_char == '-' { offset.saturating_neg() } else { offset })
        }
    };
    Some((time, offset))
}

/// `HH[:MM[:SS[.f…]]]`, the colons all there or all left out; digits of a fraction beyond six are dropped.
fn read_clock(text: &str) -> Option<i64> {
    const PARTS: [(RangeInclusive<i64>, i64); 3] =
        [(0..=23, 3600 * MICROS_PER_SECOND), (0..=59, 60 * MICROS_PER_SECOND), (0..=59, MICROS_PER_SECOND)];
    let (mut micros, mut rest, mut colons) = (0_i64, text, None);
    for (range, unit) in PARTS {
        if colons.is_some() {
            if rest.is_empty() {
                return Some(micros);
            }
            let colon = rest.starts_with(':');
            if *colons.get_or_insert(colon) != colon {
                return None;
            }
            rest = rest.strip_prefix(':').unwrap_or(rest);
        }
        let (part, after) = digits(rest, 2)?;
        if !range.contains(&part) {
            return None;
        }
        micros = micros.checked_add(part.checked_mul(unit)?)?;
        rest = after;
        colons = colons.or_else(|| Some(rest.starts_with(':')));
    }
    if rest.is_empty() {
        return Some(micros);
    }
    let fraction = rest.strip_prefix(['.', ','])?;
    if fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let kept = fraction.get(..6).unwrap_or(fraction);
    let scale = 10_i64.checked_pow(u32::try_from(6_usize.checked_sub(kept.len())?).ok()?)?;
    micros.checked_add(kept.parse::<i64>().ok()?.checked_mul(scale)?)
}

fn digits(text: &str, count: usize) -> Option<(i64, &str)> {
    let (digits, rest) = text.split_at_checked(count)?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some((digits.parse().ok()?, rest))
}

fn week_date(year: i64, week: i64, day: i64) -> Option<(u16, u8, u8)> {
    if year < 1 || !(1..=7).contains(&day) || !(1..=53).contains(&week) {
        return None;
    }
    let first = first_monday(year)?;
    let next = first_monday(year.checked_add(1)?)?;
    let date = first.checked_add(week.checked_sub(1)?.checked_mul(7)?)?.checked_add(day.checked_sub(1)?)?;
    if week == 53 && date.checked_sub(day.checked_sub(1)?)? >= next {
        return None;
    }
    civil(date)
}

/// The Monday of ISO week 1, in days since 1970: the week that has January 4th.
fn first_monday(year: i64) -> Option<i64> {
    let fourth = days(year, 1, 4)?;
    fourth.checked_sub(fourth.checked_add(3)?.rem_euclid(7))
}

const fn month_days(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970 of a date of the Gregorian calendar. (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".)
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let year = if month <= 2 { year.checked_sub(1)? } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let shifted = month.checked_add(9)?.rem_euclid(12);
    let of_year = shifted.checked_mul(153)?.checked_add(2)?.checked_div(5)?.checked_add(day)?.checked_sub(1)?;
    let of_era = of_era.checked_mul(365)?.checked_add(of_era / 4)?.checked_sub(of_era / 100)?.checked_add(of_year)?;
    era.checked_mul(146_097)?.checked_add(of_era)?.checked_sub(719_468)
}

/// The date so many days after 1970; `None` outside the years 1 to 9999.
fn civil(days: i64) -> Option<(u16, u8, u8)> {
    let shifted = days.checked_add(719_468)?;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = of_era
        .checked_sub(of_era / 1460)?
        .checked_add(of_era / 36_524)?
        .checked_sub(of_era / 146_096)?
        .checked_div(365)?;
    let leaps = (year_of_era / 4).checked_sub(year_of_era / 100)?;
    let of_year = of_era.checked_sub(year_of_era.checked_mul(365)?.checked_add(leaps)?)?;
    let shifted_month = of_year.checked_mul(5)?.checked_add(2)?.checked_div(153)?;
    let before = shifted_month.checked_mul(153)?.checked_add(2)?.checked_div(5)?;
    let day = of_year.checked_sub(before)?.checked_add(1)?;
    let month = shifted_month.checked_add(2)?.rem_euclid(12).checked_add(1)?;
    let year = year_of_era.checked_add(era.checked_mul(400)?)?.checked_add(i64::from(month <= 2))?;
    if !(1..=9999).contains(&year) {
        return None;
    }
    Some((u16::try_from(year).ok()?, u8::try_from(month).ok()?, u8::try_from(day).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(text: &str) -> Option<String> {
        Timestamp::parse(text).ok().map(|moment| moment.to_string())
    }

    #[test]
    fn forms_are_read_and_printed_as_the_reference_does() {
        for (text, expected) in [
            ("2026-01-02", "2026-01-02T00:00:00"),
            ("20260102T030405", "2026-01-02T03:04:05"),
            ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05+00:00"),
            ("2026-01-02 03:04", "2026-01-02T03:04:00"),
            ("2026-01-02T03", "2026-01-02T03:00:00"),
            ("2026-01-02T03:04:05.5", "2026-01-02T03:04:05.500000"),
            ("2026-01-02T03:04:05,1234567+05:30", "2026-01-02T03:04:05.123456+05:30"),
            ("2026-06-30T12:00:00-08:00", "2026-06-30T12:00:00-08:00"),
            ("2026-06-30T12:00:00+01:02:03.000004", "2026-06-30T12:00:00+01:02:03.000004"),
            ("2026-W01-5", "2026-01-02T00:00:00"),
            ("2026W015", "2026-01-02T00:00:00"),
            ("2026-W01", "2025-12-29T00:00:00"),
            ("2020-W53-7", "2021-01-03T00:00:00"),
            ("2024-02-29é23:59", "2024-02-29T23:59:00"),
        ] {
            assert_eq!(printed(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for text in [
            "",
            "yesterday",
            "2026",
            "2026-13-01",
            "2025-02-29",
            "2026-01-02T",
            "2026-01-02T24:00",
            "2026-01-02T03:0405",
            "2026-01-02T03:04:05.",
            "2026-01-02T03:04:05Zx",
            "2026-01-02T03:04:60",
            "2021-W53-1",
            "0000-01-01",
            "2026-W00-1",
            "2026-01-02T03:04:05+24:00",
            "2026-1-2",
        ] {
            assert_eq!(printed(text), None, "{text}");
        }
    }

    #[test]
    fn unix_time_is_printed_as_rfc_3339() {
        assert_eq!(Timestamp::from_unix_micros(0).to_rfc3339(), "1970-01-01T00:00:00Z");
        assert_eq!(Timestamp::from_unix_micros(1_709_251_199_000_001).to_rfc3339(), "2024-02-29T23:59:59.000001Z");
        assert_eq!(Timestamp::from_unix_micros(-1).to_rfc3339(), "1969-12-31T23:59:59.999999Z");
        assert_eq!(Timestamp::from_unix_micros(i64::MAX).to_rfc3339(), "9999-12-31T23:59:59.999999Z");
    }

    #[test]
    fn microseconds_since_1970_survive_being_written() {
        for micros in [0, 1, -1, 951_782_400_000_000, 1_709_208_000_123_456, -62_135_596_800_000_000] {
            let moment = Timestamp::from_unix_micros(micros);
            assert_eq!(Timestamp::parse(&moment.to_rfc3339()).unwrap().to_unix_micros(), micros);
        }
        assert_eq!(Timestamp::parse("1970-01-01T02:00:00+02:00").unwrap().to_unix_micros(), 0);
    }
}
