//! What numbers count: moments and spans of time are microseconds, which people write as text.

pub use cascata_vm::ops::{Quantity, parse_duration};
use cascata_vm::ops::{duration_text, time_text};

use super::{Arithmetic, Constant, Expr, Field, MeasureKind, Operator, Test};

impl Expr {
    /// What it counts. Recursion is as deep as the expression, which its reader limits.
    #[must_use]
    pub fn quantity(&self) -> Quantity {
        match self {
            Self::Now => Quantity::Moment,
            Self::Measure(measure) if measure.kind == MeasureKind::Time => Quantity::Moment,
            Self::Arithmetic(op, left, right) => Quantity::combined(op.machine(), left.quantity(), right.quantity()),
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
