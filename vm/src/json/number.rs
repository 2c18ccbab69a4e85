//! From the digits of a JSON number to its value.

use crate::Value;

/// A number that the scanner passed, with what it learnt on the way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Digits {
    pub start: usize,
    pub end: usize,
    pub negative: bool,
    /// All digits before the exponent as one integer; meaningless when there are more than 19.
    pub mantissa: u64,
    /// How many digits `mantissa` has, leading zeros included.
    pub digits: usize,
    /// How many of them stand after the point.
    pub fraction_digits: usize,
    /// It has a fraction or an exponent, so it is a double.
    pub float: bool,
    /// It has an exponent.
    pub exponent: bool,
}

/// Powers of ten that a double holds exactly.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
];

/// The most digits, or digits and a point, of a number that is surely exact as a double divided by a power of ten.
pub(super) const MOST_SHORT: usize = 15;

/// The most digits of a number whose mantissa fits 64 bits.
const MOST_DIGITS: usize = 19;

/// A mantissa, so many digits of it behind the point. Up to 2^53 it and the power of ten are exact doubles, so their one division is the
/// correctly rounded value (Clinger, "How to Read Floating Point Numbers Accurately", 1990).
#[inline(always)]
pub(super) fn exact(mantissa: i64, fraction_digits: usize) -> Option<f64> {
    let power = POWERS.get(fraction_digits)?;
    (mantissa.unsigned_abs() <= 1 << f64::MANTISSA_DIGITS).then(|| mantissa as f64 / power)
}

impl Digits {
    /// The value; `text` is the number's own text, which integers outside 64 bits borrow.
    #[inline]
    pub fn value<'a>(&self, text: &'a str) -> Value<'a> {
        if self.float { Value::Float(self.double(text)) } else { self.integer(text) }
    }

    #[inline]
    fn integer<'a>(&self, text: &'a str) -> Value<'a> {
        // Nineteen digits fit 64 bits unsigned; whether signed is for the conversion to say.
        if self.digits <= 19 {
            let signed = if self.negative {
                0i64.checked_sub_unsigned(self.mantissa)
            } else {
                i64::try_from(self.mantissa).ok()
            };
            if let Some(value) = signed {
                return Value::Int(value);
            }
        }
        Value::BigInt(text)
    }

    #[inline]
    fn double(&self, text: &str) -> f64 {
        if self.digits <= MOST_DIGITS
            && !self.exponent
            && let Some(magnitude) = exact(self.mantissa.cast_signed(), self.fraction_digits)
        {
            return if self.negative { -magnitude } else { magnitude };
        }
        // JSON's grammar is a subset of the standard library's, so this cannot fail.
        text.parse().unwrap_or(f64::NAN)
    }
}

#[cfg(test)]
mod tests {
    use crate::Value;
    use crate::json::parse;

    #[test]
    fn integers_are_exact_at_the_edges_of_64_bits() {
        assert!(matches!(parse("9223372036854775807"), Value::Int(i64::MAX)));
        assert!(matches!(parse("-9223372036854775808"), Value::Int(i64::MIN)));
        assert!(matches!(parse("9223372036854775808"), Value::BigInt("9223372036854775808")));
        assert!(matches!(parse("-9223372036854775809"), Value::BigInt("-9223372036854775809")));
        assert!(matches!(parse("18446744073709551616"), Value::BigInt(_)));
        assert!(matches!(parse("-0"), Value::Int(0)));
    }

    #[test]
    fn doubles_equal_the_standard_library() {
        for text in ["0.1", "-0.0", "1.5e3", "1e400", "-1e400", "123456.789", "0.000001", "99999999999999.9"] {
            let Value::Float(value) = parse(text) else { panic!("{text}") };
            assert_eq!(value.to_bits(), text.parse::<f64>().unwrap().to_bits(), "{text}");
        }
        assert!(matches!(parse("9007199254740993.0"), Value::Float(9007199254740992.0)));
        // Around 2^53, and as many digits as fit 64 bits or more.
        for mantissa in ["9007199254740991", "9007199254740992", "9007199254740993", "9007199254740995"] {
            for point in 0..mantissa.len() {
                for zeros in 0..9 {
                    let (whole, part) = mantissa.split_at(mantissa.len() - point);
                    let whole = if whole.is_empty() { "0" } else { whole };
                    let text = alloc::format!("-{whole}.{}{part}{}", "0".repeat(zeros / 3), "0".repeat(zeros % 3 + 1));
                    let Value::Float(value) = parse(&text) else { panic!("{text}") };
                    assert_eq!(value.to_bits(), text.parse::<f64>().unwrap().to_bits(), "{text}");
                }
            }
        }
        assert!(matches!(parse("1e0"), Value::Float(1.0)));
    }
}
