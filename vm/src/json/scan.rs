//! The validating scanner: one token at a time, positions only, nothing copied.
//!
//! Positions never pass the length of the slice by more than a few, so `wrapping_add` on them never wraps.

use super::block::Specials;
use super::number::Digits;
use super::{JsonError, JsonErrorKind, kernel};

/// The body of a string literal, without its quotes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct StringSpan {
    pub start: usize,
    pub end: usize,
    /// At least one backslash stands in it.
    pub escaped: bool,
}

/// A position in bytes, and how to get past tokens from there.
#[derive(Clone, Debug)]
pub(super) struct Scanner<'a> {
    bytes: &'a [u8],
    pos: usize,
    max_digits: u32,
    specials: Specials,
}

impl<'a> Scanner<'a> {
    /// Starts at the first byte.
    pub const fn new(bytes: &'a [u8], max_digits: u32) -> Self {
        Self { bytes, pos: 0, max_digits, specials: Specials::NONE }
    }

    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    pub const fn pos(&self) -> usize {
        self.pos
    }

    pub const fn seek(&mut self, pos: usize) {
        self.pos = pos;
    }

    /// What is known of the strings around the position, for those who go on by themselves for a while.
    pub const fn specials(&self) -> Specials {
        self.specials
    }

    /// Goes on where somebody came by himself.
    pub const fn resume(&mut self, pos: usize, specials: Specials) {
        self.pos = pos;
        self.specials = specials;
    }

    /// Whether numbers of [`kernel::PLAIN_DIGITS`] digits are within the limit.
    pub const fn takes_plain_numbers(&self) -> bool {
        self.max_digits as usize >= kernel::PLAIN_DIGITS
    }

    /// The byte at the position; NUL, which no token starts with, at the end.
    #[inline(always)]
    pub fn peek(&self) -> u8 {
        kernel::byte_at(self.bytes, self.pos)
    }

    /// Steps over one byte.
    #[inline(always)]
    pub const fn bump(&mut self) {
        self.pos = self.pos.wrapping_add(1);
    }

    /// Steps over whitespace, and gives the byte there as [`Self::peek`] does.
    #[inline(always)]
    pub fn token(&mut self) -> u8 {
        let byte = self.peek();
        if byte > b' ' {
            return byte;
        }
        // One space after a comma or colon is the commonest whitespace.
        if byte == b' ' {
            self.bump();
            let byte = self.peek();
            if byte > b' ' {
                return byte;
            }
        }
        self.pos = kernel::find_nonspace(self.bytes, self.pos);
        self.peek()
    }

    /// An error at the position: the given one, or that the event ends here.
    #[cold]
    pub const fn error(&self, kind: JsonErrorKind) -> JsonError {
        if self.pos < self.bytes.len() {
            JsonError { kind, offset: self.pos }
        } else {
            JsonError { kind: JsonErrorKind::UnexpectedEnd, offset: self.bytes.len() }
        }
    }

    /// Nothing but whitespace may be left.
    pub fn finish(&mut self) -> Result<(), JsonError> {
        self.token();
        if self.pos < self.bytes.len() { Err(self.error(JsonErrorKind::TrailingData)) } else { Ok(()) }
    }

    /// A key and its colon, with whitespace before either. The value comes next.
    #[inline(always)]
    pub fn key(&mut self) -> Result<StringSpan, JsonError> {
        if self.token() != b'"' {
            return Err(self.error(JsonErrorKind::ExpectedKey));
        }
        let key = self.string()?;
        if self.token() != b':' {
            return Err(self.error(JsonErrorKind::ExpectedColon));
        }
        self.bump();
        Ok(key)
    }

    /// A string literal; the position is at its opening quote.
    #[inline(always)]
    pub fn string(&mut self) -> Result<StringSpan, JsonError> {
        let start = self.pos.wrapping_add(1);
        let end = self.specials.next(self.bytes, start);
        self.pos = end;
        if self.peek() == b'"' {
            self.bump();
            return Ok(StringSpan { start, end, escaped: false });
        }
        self.escaped_string(start)
    }

    /// The rest of a string literal from the first byte that is not plain.
    #[inline(never)]
    fn escaped_string(&mut self, start: usize) -> Result<StringSpan, JsonError> {
        let mut escaped = false;
        loop {
            match self.peek() {
                b'"' => {
                    let end = self.pos;
                    self.bump();
                    return Ok(StringSpan { start, end, escaped });
                }
                b'\\' => {
                    escaped = true;
                    self.escape()?;
                    self.pos = self.specials.next(self.bytes, self.pos);
                }
                _ => return Err(self.error(JsonErrorKind::ControlCharacter)),
            }
        }
    }

    /// An escape sequence; the position is at its backslash. A pair of surrogates is one sequence.
    #[inline(never)]
    fn escape(&mut self) -> Result<(), JsonError> {
        let at = self.pos;
        self.bump();
        match self.peek() {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => {
                self.bump();
                return Ok(());
            }
            b'u' => self.bump(),
            _ => return Err(self.bad_escape(at)),
        }
        let unit = self.hex4(at)?;
        if !(0xD800..0xE000).contains(&unit) {
            return Ok(());
        }
        let lone = JsonError { kind: JsonErrorKind::LoneSurrogate, offset: at };
        if unit >= 0xDC00 || self.peek() != b'\\' || self.bytes.get(self.pos.wrapping_add(1)) != Some(&b'u') {
            return Err(lone);
        }
        let second = self.pos;
        self.pos = self.pos.wrapping_add(2);
        if (0xDC00..0xE000).contains(&self.hex4(second)?) { Ok(()) } else { Err(lone) }
    }

    /// Four hexadecimal digits.
    fn hex4(&mut self, escape: usize) -> Result<u32, JsonError> {
        let mut unit = 0u32;
        for _ in 0..4 {
            let Some(digit) = char::from(self.peek()).to_digit(16) else {
                return Err(self.bad_escape(escape));
            };
            unit = unit << 4 | digit;
            self.bump();
        }
        Ok(unit)
    }

    #[cold]
    const fn bad_escape(&self, at: usize) -> JsonError {
        let mut error = self.error(JsonErrorKind::BadEscape);
        if matches!(error.kind, JsonErrorKind::BadEscape) {
            error.offset = at;
        }
        error
    }

    /// `true`, `false` or `null`.
    #[inline]
    pub fn literal(&mut self) -> Result<(), JsonError> {
        if let Some(end) = kernel::literal_end(self.bytes, self.pos) {
            self.pos = end;
            return Ok(());
        }
        Err(match self.peek() {
            b't' => self.cut_literal(b"true"),
            b'f' => self.cut_literal(b"false"),
            b'n' => self.cut_literal(b"null"),
            _ => self.error(JsonErrorKind::ExpectedValue),
        })
    }

    /// A literal that does not fit: the event's end cut it short, or it is another word.
    #[cold]
    fn cut_literal(&self, word: &[u8]) -> JsonError {
        let rest = self.bytes.get(self.pos..).unwrap_or_default();
        if word.starts_with(rest) {
            JsonError { kind: JsonErrorKind::UnexpectedEnd, offset: self.bytes.len() }
        } else {
            self.error(JsonErrorKind::ExpectedValue)
        }
    }

    /// A number; the position is at its `-` or first digit. Gives what is needed to know its value.
    #[inline]
    pub fn number(&mut self) -> Result<Digits, JsonError> {
        let start = self.pos;
        let negative = self.peek() == b'-';
        if negative {
            self.bump();
        }
        let first = self.pos;
        let mut mantissa = 0u64;
        self.digits(&mut mantissa)?;
        let integer_digits = self.pos.wrapping_sub(first);
        if integer_digits > 1 && self.bytes.get(first) == Some(&b'0') {
            return Err(JsonError { kind: JsonErrorKind::BadNumber, offset: first });
        }
        let mut number = Digits {
            start,
            end: self.pos,
            negative,
            mantissa,
            digits: integer_digits,
            fraction_digits: 0,
            float: false,
            exponent: false,
        };
        if self.peek() == b'.' {
            self.bump();
            let fraction = self.pos;
            self.digits(&mut number.mantissa)?;
            number.fraction_digits = self.pos.wrapping_sub(fraction);
            number.digits = integer_digits.wrapping_add(number.fraction_digits);
            number.float = true;
        }
        if matches!(self.peek(), b'e' | b'E') {
            self.bump();
            if matches!(self.peek(), b'+' | b'-') {
                self.bump();
            }
            self.digits(&mut 0)?;
            number.float = true;
            number.exponent = true;
        }
        number.end = self.pos;
        if !number.float && u32::try_from(integer_digits).is_ok_and(|digits| digits > self.max_digits) {
            return Err(JsonError { kind: JsonErrorKind::TooManyDigits, offset: start });
        }
        Ok(number)
    }

    /// One digit or more, added to `value` (which wraps when there are more than 19).
    #[inline(always)]
    fn digits(&mut self, value: &mut u64) -> Result<(), JsonError> {
        let start = self.pos;
        let mut all = true;
        while all && let Some(word) = kernel::word_at(self.bytes, self.pos) {
            let (digits, count) = kernel::leading_digits(word);
            let power = kernel::TENS.get(count).copied().unwrap_or(1);
            *value = value.wrapping_mul(power).wrapping_add(digits);
            self.pos = self.pos.wrapping_add(count);
            all = count == 8;
        }
        while all && let digit @ b'0'..=b'9' = self.peek() {
            *value = value.wrapping_mul(10).wrapping_add(u64::from(digit & 0x0F));
            self.bump();
        }
        if self.pos == start { Err(self.error(JsonErrorKind::BadNumber)) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use JsonErrorKind::*;

    fn string(text: &str) -> Result<StringSpan, JsonError> {
        Scanner::new(text.as_bytes(), 4300).string()
    }

    fn kind(text: &str) -> (JsonErrorKind, usize) {
        let error = string(text).unwrap_err();
        (error.kind, error.offset)
    }

    #[test]
    fn strings_end_at_the_first_unescaped_quote() {
        assert_eq!(string(r#""abc" "#), Ok(StringSpan { start: 1, end: 4, escaped: false }));
        assert_eq!(string(r#""a\"c\\""#), Ok(StringSpan { start: 1, end: 7, escaped: true }));
        assert_eq!(string(r#""\uD83D\uDE00é""#).map(|s| s.escaped), Ok(true));
    }

    #[test]
    fn string_errors_name_kind_and_place() {
        assert_eq!(kind("\"ab"), (UnexpectedEnd, 3));
        assert_eq!(kind("\"abc\\"), (UnexpectedEnd, 5));
        assert_eq!(kind("\"a\nb\""), (ControlCharacter, 2));
        assert_eq!(kind(r#""a\x""#), (BadEscape, 2));
        assert_eq!(kind(r#""a\u12G4""#), (BadEscape, 2));
        assert_eq!(kind(r#""\uD800""#), (LoneSurrogate, 1));
        assert_eq!(kind(r#""\uDC00\uD800""#), (LoneSurrogate, 1));
        assert_eq!(kind(r#""\uD800\uD800""#), (LoneSurrogate, 1));
        assert_eq!(kind(r#""\uD800\n""#), (LoneSurrogate, 1));
    }

    #[test]
    fn numbers_follow_the_grammar() {
        for good in ["0", "-0", "10", "1.0", "1e5", "1E+05", "-1.5e-3", "123456789012345678901234567890"] {
            let mut scanner = Scanner::new(good.as_bytes(), 4300);
            assert!(scanner.number().is_ok(), "{good}");
            assert_eq!(scanner.pos(), good.len());
            let plain = kernel::plain_number_end(good.as_bytes(), 0);
            assert!(plain.is_none_or(|end| end == good.len()), "{good}");
        }
        for bad in ["-", "01", "-01", "1.", "1.e3", "1e", "1e+", "-a"] {
            let error = Scanner::new(bad.as_bytes(), 4300).number().map(|_| ());
            assert!(error.is_err(), "{bad}");
            assert_eq!(kernel::plain_number_end(bad.as_bytes(), 0), None, "{bad}");
        }
    }

    #[test]
    fn only_integers_have_a_digit_limit() {
        let limited = |text: &str| Scanner::new(text.as_bytes(), 3).number().map_err(|e| e.kind).err();
        assert!(!Scanner::new(b"1000", 3).takes_plain_numbers() && Scanner::new(b"1000", 19).takes_plain_numbers());
        assert_eq!(limited("-999"), None);
        assert_eq!(limited("1000"), Some(TooManyDigits));
        assert_eq!(limited("1000.0"), None);
    }
}
