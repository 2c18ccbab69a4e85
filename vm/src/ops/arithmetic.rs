//! `+ - * / %` on two numbers. Integers are exact in 64 bits; whatever does not fit is an error, never a rounded value.

use super::OpError;
use crate::Value;
use crate::number::Number;

/// Which computation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Arithmetic {
    /// The sum.
    Add,
    /// The difference.
    Sub,
    /// The product.
    Mul,
    /// The quotient: of two integers an integer where it is one, else a double.
    Div,
    /// The remainder, with the sign of what is divided.
    Rem,
}

impl Arithmetic {
    /// The result; missing where an operand is missing or null. Booleans count as 0 and 1, as everywhere.
    ///
    /// # Errors
    /// An operand that is no number, a division by zero, a result that does not fit: an integer outside 64 bits, a double that
    /// is not finite although the operands are.
    pub fn apply(self, left: Value<'_>, right: Value<'_>) -> Result<Value<'static>, OpError> {
        if left.is_nil() || right.is_nil() {
            return Ok(Value::Missing);
        }
        let (left, right) = (operand(left)?, operand(right)?);
        match (left, right) {
            (Operand::Int(left), Operand::Int(right)) => self.integers(left, right),
            (left, right) => self.doubles(left.double(), right.double()),
        }
    }

    fn integers(self, left: i64, right: i64) -> Result<Value<'static>, OpError> {
        // The least integer has no remainder by -1 only because its quotient does not fit.
        let remainder = |left: i64, right: i64| if right == -1 { Some(0) } else { left.checked_rem(right) };
        let result = match self {
            Self::Add => left.checked_add(right),
            Self::Sub => left.checked_sub(right),
            Self::Mul => left.checked_mul(right),
            Self::Div | Self::Rem if right == 0 => return Err(OpError::DivisionByZero),
            Self::Rem => remainder(left, right),
            Self::Div if remainder(left, right) != Some(0) => return self.doubles(left as f64, right as f64),
            Self::Div => left.checked_div(right),
        };
        result.map(Value::Int).ok_or(OpError::Overflow)
    }

    fn doubles(self, left: f64, right: f64) -> Result<Value<'static>, OpError> {
        let result = match self {
            Self::Add => left + right,
            Self::Sub => left - right,
            Self::Mul => left * right,
            Self::Div | Self::Rem if right == 0.0 => return Err(OpError::DivisionByZero),
            Self::Div => left / right,
            Self::Rem => left % right,
        };
        let fits = result.is_finite() || (result.is_infinite() && !(left.is_finite() && right.is_finite()));
        if fits { Ok(Value::Float(result)) } else { Err(OpError::Overflow) }
    }
}

enum Operand {
    Int(i64),
    Float(f64),
}

impl Operand {
    const fn double(self) -> f64 {
        match self {
            Self::Int(int) => int as f64,
            Self::Float(float) => float,
        }
    }
}

fn operand(value: Value<'_>) -> Result<Operand, OpError> {
    match Number::of(value) {
        Some(Number::Int(int)) => Ok(Operand::Int(int)),
        Some(Number::Float(float)) => Ok(Operand::Float(float)),
        Some(Number::Big(_)) => Err(OpError::Overflow),
        None => Err(OpError::NotANumber),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_stay_exact_or_fail() {
        let int = |op: Arithmetic, left, right| match op.apply(Value::Int(left), Value::Int(right)) {
            Ok(Value::Int(int)) => Ok(int),
            Ok(other) => panic!("{other:?}"),
            Err(error) => Err(error),
        };
        assert_eq!(int(Arithmetic::Add, i64::MAX, 1), Err(OpError::Overflow));
        assert_eq!(int(Arithmetic::Sub, i64::MIN, 1), Err(OpError::Overflow));
        assert_eq!(int(Arithmetic::Mul, 1 << 40, 1 << 40), Err(OpError::Overflow));
        assert_eq!(int(Arithmetic::Div, i64::MIN, -1), Err(OpError::Overflow));
        assert_eq!(int(Arithmetic::Rem, i64::MIN, -1), Ok(0));
        assert_eq!(int(Arithmetic::Rem, -7, 3), Ok(-1));
        assert_eq!(int(Arithmetic::Div, 9_007_199_254_740_993, 1), Ok(9_007_199_254_740_993));
        assert_eq!(int(Arithmetic::Div, 1, 0), Err(OpError::DivisionByZero));
        assert!(matches!(Arithmetic::Div.apply(Value::Int(7), Value::Int(2)), Ok(Value::Float(3.5))));
    }

    #[test]
    fn doubles_do_not_become_infinite_silently() {
        let apply = |op: Arithmetic, left, right| op.apply(Value::Float(left), Value::Float(right)).map(|_| ());
        assert_eq!(apply(Arithmetic::Mul, 1e300, 1e300), Err(OpError::Overflow));
        assert_eq!(apply(Arithmetic::Sub, f64::INFINITY, f64::INFINITY), Err(OpError::Overflow));
        assert_eq!(apply(Arithmetic::Add, f64::INFINITY, 1.0), Ok(()));
        assert_eq!(apply(Arithmetic::Rem, 1.0, -0.0), Err(OpError::DivisionByZero));
        assert!(matches!(Arithmetic::Add.apply(Value::Null, Value::Text("x")), Ok(Value::Missing)));
        assert_eq!(Arithmetic::Add.apply(Value::Text("1"), Value::Int(1)).map(|_| ()), Err(OpError::NotANumber));
    }
}
