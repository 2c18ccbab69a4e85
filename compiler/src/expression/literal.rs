//! Texts and numbers of expressions.

use crate::model::Constant;

/// What is wrong in a literal: where in it, and the words to say so.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) offset: usize,
    pub(super) length: usize,
    pub(super) label: &'static str,
    pub(super) help: Option<&'static str>,
}

/// The text of a literal with its quotes.
pub(super) fn text(literal: &str) -> Result<String, Fault> {
    let inner = literal.get(1..literal.len().saturating_sub(1)).unwrap_or_default();
    let mut out = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(at) = rest.find('\\') {
        out.push_str(rest.get(..at).unwrap_or_default());
        let behind = rest.get(at.saturating_add(1)..).unwrap_or_default();
        // One for the quote before the inner text.
        let offset = inner.len().saturating_sub(rest.len()).saturating_add(at).saturating_add(1);
        let (decoded, used) = escape(behind).map_err(|fault| Fault { offset, ..fault })?;
        out.push(decoded);
        rest = behind.get(used..).unwrap_or_default();
    }
    out.push_str(rest);
    Ok(out)
}

const NO_ESCAPE: &str = "a backslash in a text is written twice; r\"…\" takes it as it is";

/// The character of an escape without its backslash, and how many bytes it takes.
fn escape(text: &str) -> Result<(char, usize), Fault> {
    let first = text.chars().next().unwrap_or('\\');
    let plain = match first {
        '"' | '\'' | '\\' | '/' => first,
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        'b' => '\u{8}',
        'f' => '\u{c}',
        '0' => '\0',
        'u' => return unicode(text),
        other => {
            let length = other.len_utf8().saturating_add(1);
            return Err(Fault { offset: 0, length, label: "no such escape", help: Some(NO_ESCAPE) });
        }
    };
    Ok((plain, 1))
}

/// `uXXXX`, two of them for a character beyond 16 bits, as in JSON.
fn unicode(text: &str) -> Result<(char, usize), Fault> {
    let unit = |text: &str| {
        let digits = text.strip_prefix('u')?.get(..4)?;
        digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok())?
    };
    let fault = |length, label| Fault { offset: 0, length, label, help: None };
    let high = unit(text).ok_or_else(|| fault(2, "four hexadecimal digits follow"))?;
    if let Some(character) = char::from_u32(high) {
        return Ok((character, 5));
    }
    let low = text.get(5..).and_then(|rest| unit(rest.strip_prefix('\\')?));
    match low {
        Some(low @ 0xDC00..=0xDFFF) if high < 0xDC00 => {
            let code = (high & 0x3FF).wrapping_shl(10) | (low & 0x3FF);
            Ok((char::from_u32(code.saturating_add(0x1_0000)).unwrap_or('\u{FFFD}'), 11))
        }
        _ => Err(fault(6, "half of a character; the other half is missing")),
    }
}

/// The number of a literal without a sign, `negative` or not.
pub(super) fn number(literal: &str, negative: bool) -> Result<Constant, Fault> {
    let all = |label, help| Fault { offset: 0, length: literal.len(), label, help };
    let whole = literal.split(['.', 'e', 'E']).next().unwrap_or_default();
    if whole.len() > 1 && whole.starts_with('0') {
        return Err(all("a number has no leading zero", Some("some readers take it for a number of base 8")));
    }
    let sign = if negative { "-" } else { "" };
    if whole.len() == literal.len() {
        return Ok(Constant::Int(if literal == "0" { "0".to_owned() } else { format!("{sign}{literal}") }));
    }
    let double = format!("{sign}{literal}").parse().map_err(|_| all("cannot be read", None))?;
    Ok(Constant::Float(double))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_those_of_json_and_both_quotes() {
        assert_eq!(text(r#""a\"b\\c\n\u00e9\ud83d\ude00\'""#), Ok("a\"b\\c\né😀'".to_owned()));
        assert_eq!(text(r"'it\'s'"), Ok("it's".to_owned()));
        let wrong = [(r#""x\d""#, 2, 2), (r#""\u12""#, 1, 2), (r#""é\ud83d""#, 3, 6), (r#""\ude00\ud83d""#, 1, 6)];
        for (literal, offset, length) in wrong {
            let fault = text(literal).unwrap_err();
            assert_eq!((fault.offset, fault.length), (offset, length), "{literal}");
        }
    }

    #[test]
    fn numbers_keep_their_exact_value() {
        assert_eq!(number("123456789012345678901", true), Ok(Constant::Int("-123456789012345678901".to_owned())));
        assert_eq!(number("0", true), Ok(Constant::Int("0".to_owned())));
        assert_eq!(number("1.50", false), Ok(Constant::Float(1.5)));
        assert_eq!(number("1e400", true), Ok(Constant::Float(f64::NEG_INFINITY)));
        assert!(number("007", false).is_err());
    }
}
