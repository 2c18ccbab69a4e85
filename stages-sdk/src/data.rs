//! JSON written without a library: what [`Outcome::data`](crate::Outcome::data) and [`set`](crate::set) need, in a few hundred bytes of code.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Writes a JSON object entry by entry: `Data::new().with("score", 0.7).with("country", "CH")`.
#[derive(Clone, PartialEq, Debug)]
#[must_use]
pub struct Data {
    /// The object so far, its closing brace left off.
    open: String,
}

impl Data {
    /// An empty object.
    pub fn new() -> Self {
        // Room for a few entries, so that growing does not cost more than writing.
        let mut open = String::with_capacity(128);
        open.push('{');
        Self { open }
    }

    /// Adds an entry. Keys are not compared: of two equal ones the last counts.
    pub fn with(mut self, key: &str, value: impl ToJson) -> Self {
        if self.open.len() > 1 {
            self.open.push(',');
        }
        write_text(&mut self.open, key);
        self.open.push(':');
        value.to_json(&mut self.open);
        self
    }
}

impl Default for Data {
    fn default() -> Self {
        Self::new()
    }
}

impl From<Data> for String {
    fn from(mut data: Data) -> Self {
        data.open.push('}');
        data.open
    }
}

/// What can be written as JSON.
pub trait ToJson {
    /// Appends this value's JSON text.
    fn to_json(&self, out: &mut String);
}

impl<T: ToJson + ?Sized> ToJson for &T {
    fn to_json(&self, out: &mut String) {
        (**self).to_json(out);
    }
}

impl ToJson for str {
    fn to_json(&self, out: &mut String) {
        write_text(out, self);
    }
}

impl ToJson for String {
    fn to_json(&self, out: &mut String) {
        write_text(out, self);
    }
}

impl ToJson for bool {
    fn to_json(&self, out: &mut String) {
        out.push_str(if *self { "true" } else { "false" });
    }
}

/// Integers as decimal digits, without the formatter, which is larger than most stages.
macro_rules! integers_to_json {
    ($($ty:ty)*) => {$(
        impl ToJson for $ty {
            fn to_json(&self, out: &mut String) {
                // Widening is exact: i128 holds every value of these types.
                write_integer(out, *self as i128);
            }
        }
    )*};
}
integers_to_json!(i32 u32 i64 u64 usize);

fn write_integer(out: &mut String, number: i128) {
    let mut digits = [0; 20];
    let mut start = digits.len();
    // Every value comes from at most 64 bits, so does its magnitude.
    let mut rest = number.unsigned_abs() as u64;
    for slot in digits.iter_mut().rev() {
        *slot = b'0' + (rest % 10) as u8;
        start -= 1;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if number < 0 {
        out.push('-');
    }
    out.extend(digits.iter().skip(start).map(|digit| char::from(*digit)));
}

impl ToJson for f64 {
    /// Shortest text that reads back the same. JSON has no infinities and no NaN: they become null.
    fn to_json(&self, out: &mut String) {
        if !self.is_finite() {
            return out.push_str("null");
        }
        let text = self.to_string();
        let is_integer_text = !text.contains(['.', 'e']);
        out.push_str(&text);
        // A float stays one for whoever reads it back.
        if is_integer_text {
            out.push_str(".0");
        }
    }
}

impl<T: ToJson> ToJson for Option<T> {
    fn to_json(&self, out: &mut String) {
        match self {
            Some(value) => value.to_json(out),
            None => out.push_str("null"),
        }
    }
}

impl<T: ToJson> ToJson for [T] {
    fn to_json(&self, out: &mut String) {
        out.push('[');
        for (position, value) in self.iter().enumerate() {
            if position > 0 {
                out.push(',');
            }
            value.to_json(out);
        }
        out.push(']');
    }
}

impl<T: ToJson> ToJson for Vec<T> {
    fn to_json(&self, out: &mut String) {
        self.as_slice().to_json(out);
    }
}

impl ToJson for Data {
    fn to_json(&self, out: &mut String) {
        out.push_str(&self.open);
        out.push('}');
    }
}

impl ToJson for crate::Value<'_> {
    /// A copy of the value; a missing one becomes null.
    fn to_json(&self, out: &mut String) {
        out.push_str(self.json().as_deref().unwrap_or("null"));
    }
}

/// Appends a JSON string literal.
pub(crate) fn write_text(out: &mut String, text: &str) {
    out.push('"');
    let mut rest = text;
    // Most texts have nothing to escape and are copied in one piece: fuel counts instructions, not bytes.
    while let Some(at) = first_escaped(rest.as_bytes()) {
        let (plain, special) = rest.split_at(at);
        out.push_str(plain);
        let mut chars = special.chars();
        // What has to be escaped is one byte long.
        escape(out, chars.next().unwrap_or_default());
        rest = chars.as_str();
    }
    out.push_str(rest);
    out.push('"');
}

/// Where the first byte is that can't stand in a JSON string literal as it is.
fn first_escaped(text: &[u8]) -> Option<usize> {
    /// One in every byte; times a byte, that byte everywhere.
    const ONES: u64 = u64::MAX / 255;
    // The highest bit of some byte is set if there is a byte below `bound`; at most 128.
    let has_below = |word: u64, bound: u8| word.wrapping_sub(ONES * u64::from(bound)) & !word & (ONES << 7);
    let has = |word: u64, byte: u8| has_below(word ^ (ONES * u64::from(byte)), 1);
    let is_plain = |bytes: &&[u8; 8]| {
        let word = u64::from_le_bytes(**bytes);
        has_below(word, b' ') | has(word, b'"') | has(word, b'\\') == 0
    };
    let plain = 8 * text.as_chunks().0.iter().take_while(is_plain).count();
    text.get(plain..)?.iter().position(|byte| is_escaped(*byte)).map(|at| plain + at)
}

/// Whether a byte can't stand in a JSON string literal as it is.
const fn is_escaped(byte: u8) -> bool {
    byte < b' ' || byte == b'"' || byte == b'\\'
}

/// Appends a character that [`is_escaped`].
fn escape(out: &mut String, c: char) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    match c {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        c => {
            out.push_str("\\u00");
            for nibble in [c as usize >> 4, c as usize & 15] {
                out.push(char::from(HEX.get(nibble).copied().unwrap_or(b'0')));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_nest_and_escape() {
        let data = Data::new().with("a\"\u{1}", "x\n").with("n", -3).with("list", alloc::vec![1.0, 2.5]);
        let outer: String = Data::new().with("inner", data).with("none", None::<i64>).into();
        assert_eq!(outer, r#"{"inner":{"a\"\u0001":"x\n","n":-3,"list":[1.0,2.5]},"none":null}"#);
    }

    #[test]
    fn what_has_to_be_escaped_is_found_wherever_it_stands() {
        for special in (0..b' ').chain([b'"', b'\\']) {
            for at in 0..20 {
                let mut text = alloc::vec![b'!'; 20];
                text[at] = special;
                assert_eq!(first_escaped(&text), Some(at), "{special} at {at}");
            }
        }
        for plain in (b' '..=u8::MAX).filter(|byte| !b"\"\\".contains(byte)) {
            assert_eq!(first_escaped(&[plain; 20]), None, "{plain}");
        }
    }

    #[test]
    fn integers_of_every_size_are_written() {
        let texts = [i64::MIN.to_string(), u64::MAX.to_string(), 0.to_string()];
        let mut out = String::new();
        alloc::vec![i64::MIN].to_json(&mut out);
        alloc::vec![u64::MAX].to_json(&mut out);
        0_i32.to_json(&mut out);
        assert_eq!(out, alloc::format!("[{}][{}]{}", texts[0], texts[1], texts[2]));
    }

    #[test]
    fn floats_stay_floats_and_nan_is_null() {
        let mut out = String::new();
        3.0.to_json(&mut out);
        f64::NAN.to_json(&mut out);
        1e300.to_json(&mut out);
        assert!(out.starts_with("3.0null1"), "{out}");
    }
}
