//! One comparison of a rule: how it is written, and which examples it holds for.

use std::sync::Arc;

use cascata_vm::ops;
use serde_json::{Value, json};

use crate::markers::{Marker, pattern};
use crate::{Pattern, Scalar};

/// The most values of a set, and the most words of a list of words: what a person can look over.
pub(crate) const MAX_SET: usize = 16;

/// One comparison of a field.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Condition {
    pub path: Arc<str>,
    pub check: Check,
}

/// What is asked of the field. For a field that is missing only a denial holds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Check {
    AtMost(f64),
    AtLeast(f64),
    Is(bool),
    /// A text is one of these, which are sorted.
    In(Vec<String>),
    /// A text is there and is none of these, which are sorted.
    NotIn(Vec<String>),
    /// A text has one of these, or no text has one of them.
    Marked {
        any: bool,
        markers: Vec<Marker>,
    },
    /// A text or list has at most, or at least, so many characters or elements.
    LengthAtMost(usize),
    LengthAtLeast(usize),
    /// A list has the element.
    Has(String),
    /// The hour of a moment in UTC, 0 to 23, is at most, or at least, this.
    HourAtMost(u8),
    HourAtLeast(u8),
    /// Its day of the week, Monday 1 to Sunday 7, likewise.
    WeekdayAtMost(u8),
    WeekdayAtLeast(u8),
    Exists,
    IsNull,
}

/// Conditions of one rule differ in this: two lower bounds of a field would say less than one.
pub(crate) type Family = u8;

impl Check {
    pub const fn family(&self) -> Family {
        match self {
            Self::AtMost(_) => 0,
            Self::AtLeast(_) => 1,
            Self::Is(_) => 2,
            Self::In(_) => 3,
            Self::NotIn(_) => 4,
            Self::Marked { any: true, .. } => 5,
            Self::Marked { any: false, .. } => 6,
            Self::LengthAtMost(_) => 7,
            Self::LengthAtLeast(_) => 8,
            Self::Has(_) => 9,
            Self::Exists | Self::IsNull => 10,
            Self::HourAtMost(_) => 11,
            Self::HourAtLeast(_) => 12,
            Self::WeekdayAtMost(_) => 13,
            Self::WeekdayAtLeast(_) => 14,
        }
    }

    /// Whether several of one family can stand in a rule.
    pub const fn repeats(&self) -> bool {
        matches!(self, Self::Marked { markers, .. } if markers.len() == 1) || matches!(self, Self::Has(_))
    }

    /// What kind of regularity a rule of this alone is.
    pub const fn pattern(&self) -> Pattern {
        match self {
            Self::AtMost(_) | Self::AtLeast(_) | Self::LengthAtMost(_) | Self::LengthAtLeast(_) => Pattern::Threshold,
            Self::Is(_) | Self::In(_) | Self::NotIn(_) | Self::Exists | Self::IsNull => Pattern::Frequency,
            Self::Marked { .. } => Pattern::Reasoning,
            Self::Has(_) => Pattern::Sequence,
            Self::HourAtMost(_) | Self::HourAtLeast(_) | Self::WeekdayAtMost(_) | Self::WeekdayAtLeast(_) => {
                Pattern::Temporal
            }
        }
    }
}

impl Condition {
    /// Whether it holds for the value an example has, as the machine decides it.
    pub fn holds(&self, value: Option<&Scalar>) -> bool {
        match (&self.check, value) {
            (Check::IsNull, value) => value.is_none(),
            // `NOT` of what a missing field makes false.
            (Check::Marked { any, .. }, None) => !any,
            (_, None) => false,
            (Check::Exists, Some(_)) => true,
            (Check::AtMost(most), Some(Scalar::Number(number))) => number <= most,
            (Check::AtLeast(least), Some(Scalar::Number(number))) => number >= least,
            (Check::Is(wanted), Some(Scalar::Bool(seen))) => wanted == seen,
            (Check::In(values), Some(Scalar::Text(text))) => values.binary_search(text).is_ok(),
            (Check::NotIn(values), Some(Scalar::Text(text))) => values.binary_search(text).is_err(),
            (Check::Marked { any, markers }, Some(Scalar::Text(text))) => {
                *any == markers.iter().any(|marker| marker.is_in(text))
            }
            (Check::LengthAtMost(most), Some(value)) => length(value).is_some_and(|length| length <= *most),
            (Check::LengthAtLeast(least), Some(value)) => length(value).is_some_and(|length| length >= *least),
            (Check::HourAtMost(most), Some(value)) => part(value, ops::hour).is_some_and(|hour| hour <= *most),
            (Check::HourAtLeast(least), Some(value)) => part(value, ops::hour).is_some_and(|hour| hour >= *least),
            (Check::WeekdayAtMost(most), Some(value)) => part(value, ops::weekday).is_some_and(|day| day <= *most),
            (Check::WeekdayAtLeast(least), Some(value)) => part(value, ops::weekday).is_some_and(|day| day >= *least),
            (Check::Has(wanted), Some(Scalar::List { texts, .. })) => texts.contains(wanted),
            _ => false,
        }
    }

    /// As a mapping of a cascade file.
    pub fn mapping(&self) -> Value {
        let one = |operator: &str, value: Value| json!({"field": &*self.path, "operator": operator, "value": value});
        match &self.check {
            Check::AtMost(most) => one("<=", number(*most)),
            Check::AtLeast(least) => one(">=", number(*least)),
            Check::Is(wanted) => one("==", json!(wanted)),
            Check::In(values) => match values.as_slice() {
                [only] => one("==", json!(only)),
                values => one("IN", json!(values)),
            },
            Check::NotIn(values) => match values.as_slice() {
                [only] => one("!=", json!(only)),
                values => one("NOT_IN", json!(values)),
            },
            Check::Marked { any, markers } => {
                let some = one("MATCHES", json!(pattern(markers)));
                if *any { some } else { json!({"operator": "NOT", "conditions": [some]}) }
            }
            Check::LengthAtMost(most) => compared(&self.path, "LENGTH", "<=", *most),
            Check::LengthAtLeast(least) => compared(&self.path, "LENGTH", ">=", *least),
            Check::HourAtMost(most) => compared(&self.path, "HOUR", "<=", usize::from(*most)),
            Check::HourAtLeast(least) => compared(&self.path, "HOUR", ">=", usize::from(*least)),
            Check::WeekdayAtMost(most) => compared(&self.path, "WEEKDAY", "<=", usize::from(*most)),
            Check::WeekdayAtLeast(least) => compared(&self.path, "WEEKDAY", ">=", usize::from(*least)),
            Check::Has(element) => one("CONTAINS", json!(element)),
            Check::Exists => json!({"field": &*self.path, "operator": "EXISTS"}),
            Check::IsNull => json!({"field": &*self.path, "operator": "IS_NULL"}),
        }
    }
}

/// All conditions as one.
pub(crate) fn conjunction(conditions: &[Condition]) -> Value {
    match conditions {
        [only] => only.mapping(),
        several => {
            json!({"operator": "AND", "conditions": several.iter().map(Condition::mapping).collect::<Vec<_>>()})
        }
    }
}

fn compared(path: &str, operator: &str, compare: &str, value: usize) -> Value {
    json!({"field": path, "operator": operator, "compare": compare, "value": value})
}

/// The moment that a text is, as the machine reads it.
pub(crate) fn moment(value: &Scalar) -> Option<i64> {
    if let Scalar::Text(text) = value { ops::parse_time(text) } else { None }
}

/// What a clock or calendar in UTC says of a moment.
fn part(value: &Scalar, of: impl Fn(cascata_vm::Value<'_>, i32) -> cascata_vm::Value<'static>) -> Option<u8> {
    match of(cascata_vm::Value::Int(moment(value)?), 0) {
        cascata_vm::Value::Int(part) => u8::try_from(part).ok(),
        _ => None,
    }
}

fn length(value: &Scalar) -> Option<usize> {
    match value {
        Scalar::Text(text) => Some(text.chars().count()),
        Scalar::List { length, .. } => Some(*length),
        _ => None,
    }
}

/// Whole numbers without a fraction.
fn number(number: f64) -> Value {
    if number.fract() == 0.0 && number.abs() < 9e15 { json!(number as i64) } else { json!(number) }
}

/// The number with the fewest digits from `low` (`at_low`: included, and `high` not; else the other way round) to `high`.
pub(crate) fn shortest_between(low: f64, high: f64, at_low: bool) -> f64 {
    let middle = f64::midpoint(low, high);
    let inside = |cut: f64| if at_low { cut >= low && cut < high } else { cut > low && cut <= high };
    for digits in 0..=12 {
        let scale = 10_f64.powi(digits);
        let rounded = [(middle * scale).floor() / scale, (middle * scale).ceil() / scale];
        let rounded = if at_low { rounded } else { [rounded[1], rounded[0]] };
        if let Some(cut) = rounded.into_iter().find(|&cut| inside(cut)) {
            return cut;
        }
    }
    if at_low { low } else { high }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_are_short_and_between() {
        assert_eq!(shortest_between(0.0, 1.0, true), 0.0);
        assert_eq!(shortest_between(0.0, 1.0, false), 1.0);
        assert_eq!(shortest_between(0.17, 0.19, true), 0.18);
        assert_eq!(shortest_between(330.0, 420.0, false), 375.0);
        assert_eq!(shortest_between(1e300, 1.1e300, true), 1.05e300);
    }

    #[test]
    fn missing_fields_satisfy_nothing_but_their_absence() {
        let condition = |check| Condition { path: "a".into(), check };
        for check in [Check::AtMost(1.0), Check::NotIn(vec!["x".to_owned()]), Check::Exists, Check::Is(false)] {
            assert!(!condition(check.clone()).holds(None), "{check:?}");
        }
        assert!(condition(Check::IsNull).holds(None));
        assert!(condition(Check::LengthAtMost(2)).holds(Some(&Scalar::Text("éé".to_owned()))));
    }
}
