//! What numbers count: moments and spans of time are microseconds, which people read and write as text.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;

use super::{Arithmetic, time_text};
use crate::Value;

/// What the number of a value counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// Nothing in particular.
    Plain,
    /// Microseconds since 1970 UTC.
    Moment,
    /// Microseconds between two moments.
    Span,
}

impl Quantity {
    /// What the result of a computation counts.
    #[must_use]
    pub const fn combined(op: Arithmetic, left: Self, right: Self) -> Self {
        use Quantity::{Moment, Plain, Span};
        match (op, left, right) {
            (Arithmetic::Sub, Moment, Moment) => Span,
            (Arithmetic::Add, Moment, Plain | Span) | (Arithmetic::Add, Plain | Span, Moment) => Moment,
            (Arithmetic::Sub, Moment, Plain | Span) => Moment,
            (Arithmetic::Add | Arithmetic::Sub, Span, Plain | Span) => Span,
            (Arithmetic::Add | Arithmetic::Sub, Plain, Span) => Span,
            (Arithmetic::Mul, Span, Plain) | (Arithmetic::Mul, Plain, Span) => Span,
            (Arithmetic::Div | Arithmetic::Rem, Span, Plain) | (Arithmetic::Rem, Span, Span) => Span,
            _ => Plain,
        }
    }

    /// The text that people read in place of a number; nothing where that is the number itself. Fewer than no microseconds have a
    /// sign, which no cascade can write.
    #[must_use]
    pub fn text(self, value: Value<'_>) -> Option<String> {
        match (self, value) {
            (Self::Moment, Value::Int(micros)) => time_text(micros),
            (Self::Span, Value::Int(micros @ ..0)) => Some(format!("-{}", duration_text(micros.checked_neg()?)?)),
            (Self::Span, Value::Int(micros)) => duration_text(micros),
            _ => None,
        }
    }
}

/// Units of spans of time, larger ones first, in microseconds.
const UNITS: [(&str, i64); 7] = [
    ("w", 604_800_000_000),
    ("d", 86_400_000_000),
    ("h", 3_600_000_000),
    ("m", 60_000_000),
    ("s", 1_000_000),
    ("ms", 1_000),
    ("us", 1),
];

/// Microseconds of `30d`, `1h30m`, `500ms`: whole numbers with units (`w`, `d`, `h`, `m`, `s`, `ms`, `us`), each once, larger ones
/// first. Nothing for what is none, or does not fit 64 bits.
#[must_use]
pub fn parse_duration(text: &str) -> Option<i64> {
    let mut rest = text;
    let mut total = 0_i64;
    let mut smallest = i64::MAX;
    while !rest.is_empty() {
        let digits = rest.find(|character: char| !character.is_ascii_digit())?;
        let (number, behind) = rest.split_at_checked(digits)?;
        let letters = behind.find(|character: char| character.is_ascii_digit()).unwrap_or(behind.len());
        let (unit, behind) = behind.split_at_checked(letters)?;
        let (_, micros) = UNITS.iter().find(|(name, _)| *name == unit)?;
        if *micros >= smallest {
            return None;
        }
        smallest = *micros;
        total = total.checked_add(number.parse::<i64>().ok()?.checked_mul(*micros)?)?;
        rest = behind;
    }
    (!text.is_empty()).then_some(total)
}

/// So many microseconds as text that [`parse_duration`] reads as the same; nothing for fewer than none. Weeks are written as days.
#[must_use]
pub fn duration_text(micros: i64) -> Option<String> {
    if micros <= 0 {
        return (micros == 0).then(|| "0s".to_owned());
    }
    let mut text = String::new();
    let mut rest = micros;
    for (unit, size) in UNITS.iter().filter(|(unit, _)| *unit != "w") {
        let (count, left) = (rest.checked_div(*size)?, rest.checked_rem(*size)?);
        if count > 0 {
            text.push_str(&format!("{count}{unit}"));
        }
        rest = left;
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::{Quantity, duration_text, parse_duration};
    use crate::Value;

    #[test]
    fn durations_are_numbers_with_units_larger_ones_first() {
        for (text, micros) in [
            ("30d", 2_592_000_000_000),
            ("1h30m", 5_400_000_000),
            ("2w1d", 1_296_000_000_000),
            ("1s500ms", 1_500_000),
            ("7us", 7),
            ("0s", 0),
        ] {
            assert_eq!(parse_duration(text), Some(micros), "{text}");
        }
        for text in
            ["", "30", "d", "-1d", "1.5h", "30m1h", "1d1d", "1y", "1 d", "99999999999999w", "9223372036854775808s"]
        {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }

    #[test]
    fn durations_are_written_as_they_are_read() {
        for (micros, text) in [(2_592_000_000_000, "30d"), (5_400_000_000, "1h30m"), (0, "0s"), (61_000_001, "1m1s1us")]
        {
            assert_eq!(duration_text(micros).as_deref(), Some(text));
        }
        for micros in [1, 999, 86_399_999_999, i64::MAX] {
            assert_eq!(duration_text(micros).and_then(|text| parse_duration(&text)), Some(micros));
        }
        assert_eq!(duration_text(-1), None);
        assert_eq!(Quantity::Span.text(Value::Int(-90_000_000)).as_deref(), Some("-1m30s"));
        assert_eq!(Quantity::Moment.text(Value::Int(0)).as_deref(), Some("1970-01-01"));
        assert_eq!(Quantity::Plain.text(Value::Int(0)), None);
    }
}
