//! What numbers count: moments and spans of time are microseconds, which people write as text.

use cascata_vm::ops::time_text;

use super::{Arithmetic, Constant, Expr, Field, MeasureKind, Operator, Test};

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
}

impl Expr {
    /// What it counts. Recursion is as deep as the expression, which its reader limits.
    #[must_use]
    pub fn quantity(&self) -> Quantity {
        match self {
            Self::Now => Quantity::Moment,
            Self::Measure(measure) if measure.kind == MeasureKind::Time => Quantity::Moment,
            Self::Arithmetic(op, left, right) => Quantity::combined(*op, left.quantity(), right.quantity()),
            Self::Measure(_) | Self::Constant(_) | Self::Field(_) => Quantity::Plain,
        }
    }

    /// The field whose age it is: the time since the moment that the field means.
    #[must_use]
    pub fn age_of(&self) -> Option<&Field> {
        match self {
            Self::Arithmetic(Arithmetic::Sub, now, since) if **now == Self::Now => since.time_of(),
            _ => None,
        }
    }

    fn time_of(&self) -> Option<&Field> {
        match self {
            Self::Measure(measure) if measure.kind == MeasureKind::Time => Some(&measure.field),
            _ => None,
        }
    }
}

impl Test {
    /// What `BEFORE` and `AFTER` are: the operator, the field whose moment it asks of, and the moment it is compared with.
    #[must_use]
    pub fn of_moments(&self) -> Option<(Operator, &Field, &Expr)> {
        let operator = match self.op {
            Operator::Lt => Operator::Before,
            Operator::Gt => Operator::After,
            _ => return None,
        };
        let moment = match &self.operand {
            Expr::Constant(constant) => constant.as_moment().is_some(),
            other => other.quantity() == Quantity::Moment,
        };
        self.subject.time_of().filter(|_| moment).map(|field| (operator, field, &self.operand))
    }
}

impl Constant {
    /// The text of the moment that so many microseconds since 1970 UTC are.
    pub(crate) fn as_moment(&self) -> Option<String> {
        time_text(self.micros()?)
    }

    /// The text of so many microseconds.
    pub(crate) fn as_duration(&self) -> Option<String> {
        duration_text(self.micros()?)
    }

    fn micros(&self) -> Option<i64> {
        match self {
            Self::Int(digits) => digits.parse().ok(),
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
    use super::{duration_text, parse_duration};

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
    }
}
