//! Numbers as the language means them: integers of any size beside IEEE doubles, compared by mathematical value.
//!
//! Everything goes through decimal text or [`BigInt`], because that is obviously right; nothing here is meant to be fast.

use std::cmp::Ordering;

use num_bigint::BigInt;
use serde_json::Value;

/// A number of the language.
#[derive(Debug, Clone)]
pub enum Num {
    Int(BigInt),
    Float(f64),
}

/// Digits kept when an exact quotient has to be rounded to a double: more than any midpoint of two doubles has, so that
/// the digits cut off can be stood for by a single sticky one.
const QUOTIENT_DIGITS: u32 = 1100;

impl Num {
    /// The number a JSON value stands for; booleans count as 0 and 1, anything else is no number.
    pub fn of(value: &Value) -> Option<Num> {
        match value {
            Value::Bool(b) => Some(Num::Int(BigInt::from(u8::from(*b)))),
            Value::Number(n) => {
                let text = n.to_string();
                let whole = !text.contains(['.', 'e', 'E']);
                Some(if whole {
                    Num::Int(text.parse().expect("integer text of a JSON number"))
                } else {
                    Num::Float(text.parse().expect("float text of a JSON number"))
                })
            }
            _ => None,
        }
    }

    /// Order by mathematical value; `None` only where a NaN is involved.
    pub fn order(&self, other: &Num) -> Option<Ordering> {
        match (self, other) {
            (Num::Int(a), Num::Int(b)) => Some(a.cmp(b)),
            (Num::Float(a), Num::Float(b)) => a.partial_cmp(b),
            (Num::Int(a), Num::Float(b)) => int_to_float(a, *b),
            (Num::Float(a), Num::Int(b)) => int_to_float(b, *a).map(Ordering::reverse),
        }
    }

    /// The sum, or `None` where an integer is beyond every double it would have to become.
    pub fn add(&self, other: &Num) -> Option<Num> {
        match (self, other) {
            (Num::Int(a), Num::Int(b)) => Some(Num::Int(a + b)),
            (a, b) => Some(Num::Float(a.to_double()? + b.to_double()?)),
        }
    }

    /// The true quotient by a count, rounded once; `None` on overflow of an integer.
    pub fn divide(&self, count: usize) -> Option<Num> {
        match self {
            Num::Float(a) => Some(Num::Float(a / count as f64)),
            Num::Int(a) => {
                let shift = BigInt::from(10).pow(QUOTIENT_DIGITS);
                let (scaled, by) = (a * &shift, BigInt::from(count));
                let quotient = &scaled / &by;
                let sticky = if &quotient * &by == scaled { "0" } else { "1" };
                let text = format!("{quotient}{sticky}e-{}", QUOTIENT_DIGITS + 1);
                finite(text.parse().expect("decimal text of a quotient")).map(Num::Float)
            }
        }
    }

    /// As a JSON value; `None` for a whole number beyond 64 bits.
    pub fn value(&self) -> Option<Value> {
        match self {
            Num::Int(int) => i64::try_from(int).ok().map(Value::from),
            Num::Float(float) if float.is_finite() => Some(Value::from(*float)),
            Num::Float(float) => serde_json::from_str(if *float > 0.0 { "1e999" } else { "-1e999" }).ok(),
        }
    }

    fn to_double(&self) -> Option<f64> {
        match self {
            Num::Float(f) => Some(*f),
            Num::Int(i) => finite(i.to_string().parse().expect("decimal text of an integer")),
        }
    }

    /// The text a pattern is matched against: that of Python's `str`.
    pub fn text(&self) -> String {
        match self {
            Num::Int(i) => i.to_string(),
            Num::Float(f) => float_text(*f),
        }
    }
}

fn finite(f: f64) -> Option<f64> {
    f.is_finite().then_some(f)
}

fn int_to_float(int: &BigInt, float: f64) -> Option<Ordering> {
    if float.is_nan() {
        return None;
    }
    if float.is_infinite() {
        return 0.0.partial_cmp(&float);
    }
    let whole: BigInt = format!("{:.0}", float.trunc()).parse().expect("whole part of a double");
    let fraction = float - float.trunc();
    Some(int.cmp(&whole).then(0.0f64.partial_cmp(&fraction)?))
}

/// Shortest digits that read back as the same double, in positional form between 1e-4 and 1e16, as Python's `repr`.
fn float_text(f: f64) -> String {
    if !f.is_finite() {
        return format!("{f}").to_lowercase().replace("infinity", "inf");
    }
    let scientific = format!("{f:e}");
    let (mantissa, exponent) = scientific.split_once('e').expect("scientific form has an exponent");
    let exponent: i32 = exponent.parse().expect("exponent of a double");
    if (-4..16).contains(&exponent) {
        let plain = format!("{f}");
        return if plain.contains('.') { plain } else { plain + ".0" };
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

#[test]
fn floats_are_written_as_python_writes_them() {
    let cases = [
        (5.0, "5.0"),
        (1e16, "1e+16"),
        (1e15, "1000000000000000.0"),
        (0.0001, "0.0001"),
        (0.00001, "1e-05"),
        (1.5e-7, "1.5e-07"),
        (-0.0, "-0.0"),
        (123456.789, "123456.789"),
        (1e300, "1e+300"),
    ];
    for (f, text) in cases {
        assert_eq!(float_text(f), text);
    }
}

#[test]
fn two_to_the_53_and_one_is_not_its_double() {
    let exact = Num::Int("9007199254740993".parse().unwrap());
    assert_eq!(exact.order(&Num::Float(9007199254740992.0)), Some(Ordering::Greater));
}
