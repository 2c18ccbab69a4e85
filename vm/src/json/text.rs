//! Looking into JSON text that is known to be valid: values inside containers, and text inside strings.
//!
//! On other text nothing here panics or loops: what makes no sense is missing, and iteration ends.

use alloc::borrow::Cow;
use alloc::string::String;
use core::str::Chars;

use super::scan::Scanner;
use super::{kernel, skim};
use crate::{Array, Object, Segment, Value};

/// The value that JSON text is. Whitespace may stand around it.
#[must_use]
pub fn parse(json: &str) -> Value<'_> {
    value_at(json, kernel::find_nonspace(json.as_bytes(), 0)).map_or(Value::Missing, |(value, _)| value)
}

/// The value at a path inside JSON text, [`Value::Missing`] if there is none. The last of duplicate keys counts,
/// at every level. Reads each container on the way as a whole; for many paths use
/// [`PathTrie`](super::PathTrie).
#[must_use]
pub fn lookup<'a>(json: &'a str, path: &[Segment]) -> Value<'a> {
    let mut at = kernel::find_nonspace(json.as_bytes(), 0);
    for segment in path {
        let inner = match segment {
            Segment::Key(key) => {
                Members::at(json, at).filter(|member| member.has_key(key)).last().map(|member| member.value)
            }
            Segment::Index(index) => Positions::at(json, at).nth(*index as usize).map(|(start, _)| start),
        };
        let Some(inner) = inner else { return Value::Missing };
        at = inner;
    }
    value_at(json, at).map_or(Value::Missing, |(value, _)| value)
}

/// The elements of an array, in order. Text that is not an array has none.
pub fn elements(array_json: &str) -> Elements<'_> {
    let start = kernel::find_nonspace(array_json.as_bytes(), 0);
    Elements { json: array_json, positions: Positions::at(array_json, start) }
}

/// The entries of an object, in order, keys decoded. Duplicate keys come as often as they stand there; the
/// last one counts. Text that is not an object has none.
pub fn entries(object_json: &str) -> Entries<'_> {
    let start = kernel::find_nonspace(object_json.as_bytes(), 0);
    Entries { json: object_json, members: Members::at(object_json, start) }
}

/// Elements of a JSON array; made by [`elements`].
#[derive(Clone, Debug)]
pub struct Elements<'a> {
    json: &'a str,
    positions: Positions<'a>,
}

impl<'a> Iterator for Elements<'a> {
    type Item = Value<'a>;

    fn next(&mut self) -> Option<Value<'a>> {
        let (start, _) = self.positions.next()?;
        value_at(self.json, start).map(|(value, _)| value)
    }
}

/// Entries of a JSON object; made by [`entries`].
#[derive(Clone, Debug)]
pub struct Entries<'a> {
    json: &'a str,
    members: Members<'a>,
}

impl<'a> Iterator for Entries<'a> {
    type Item = (Cow<'a, str>, Value<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let member = self.members.next()?;
        let (value, _) = value_at(self.json, member.value)?;
        let key = if member.escaped { Cow::Owned(decode_escapes(member.key)) } else { Cow::Borrowed(member.key) };
        Some((key, value))
    }
}

/// Where the elements of an array start and end.
#[derive(Clone, Debug)]
struct Positions<'a> {
    bytes: &'a [u8],
    pos: usize,
}

impl<'a> Positions<'a> {
    fn at(json: &'a str, start: usize) -> Self {
        Self { bytes: json.as_bytes(), pos: inside(json, start, b'[') }
    }
}

impl Iterator for Positions<'_> {
    type Item = (usize, usize);

    #[inline]
    fn next(&mut self) -> Option<(usize, usize)> {
        let start = next_item(self.bytes, self.pos);
        let end = skim::value_end(self.bytes, start).filter(|&end| end > start);
        self.pos = end.unwrap_or(self.bytes.len());
        Some((start, end?))
    }
}

/// One member of an object.
struct Member<'a> {
    /// The key between its quotes, not decoded.
    key: &'a str,
    escaped: bool,
    /// Where the value starts.
    value: usize,
}

impl Member<'_> {
    fn has_key(&self, key: &str) -> bool {
        if self.escaped { unescape(self.key).eq(key.chars()) } else { self.key == key }
    }
}

/// The members of an object.
#[derive(Clone, Debug)]
struct Members<'a> {
    json: &'a str,
    pos: usize,
}

impl<'a> Members<'a> {
    fn at(json: &'a str, start: usize) -> Self {
        Self { json, pos: inside(json, start, b'{') }
    }

    /// The member at the position, and where it ends.
    fn member(&self) -> Option<(Member<'a>, usize)> {
        let bytes = self.json.as_bytes();
        let quote = next_item(bytes, self.pos);
        if *bytes.get(quote)? != b'"' {
            return None;
        }
        let (key_end, escaped) = skim::string_end(bytes, quote)?;
        let colon = kernel::find_nonspace(bytes, key_end.wrapping_add(1));
        if *bytes.get(colon)? != b':' {
            return None;
        }
        let value = kernel::find_nonspace(bytes, colon.wrapping_add(1));
        let end = skim::value_end(bytes, value)?;
        let key = self.json.get(quote.wrapping_add(1)..key_end)?;
        Some((Member { key, escaped, value }, end))
    }
}

impl<'a> Iterator for Members<'a> {
    type Item = Member<'a>;

    #[inline]
    fn next(&mut self) -> Option<Member<'a>> {
        let found = self.member();
        self.pos = found.as_ref().map_or(self.json.len(), |(_, end)| *end);
        found.map(|(member, _)| member)
    }
}

/// The position after the opening bracket, or the end of the text when the value is of another kind.
fn inside(json: &str, start: usize, open: u8) -> usize {
    if json.as_bytes().get(start) == Some(&open) { start.wrapping_add(1) } else { json.len() }
}

/// Over whitespace and at most one comma.
fn next_item(bytes: &[u8], pos: usize) -> usize {
    let at = kernel::find_nonspace(bytes, pos);
    if bytes.get(at) == Some(&b',') { kernel::find_nonspace(bytes, at.wrapping_add(1)) } else { at }
}

/// The value that starts at a position, and where it ends.
fn value_at(json: &str, start: usize) -> Option<(Value<'_>, usize)> {
    let bytes = json.as_bytes();
    let word = |word: &str, value| {
        let end = start.wrapping_add(word.len());
        (json.get(start..end) == Some(word)).then_some((value, end))
    };
    match *bytes.get(start)? {
        b'"' => {
            let (end, escaped) = skim::string_end(bytes, start)?;
            let raw = json.get(start.wrapping_add(1)..end)?;
            let value = if escaped { Value::EscapedText(raw) } else { Value::Text(raw) };
            Some((value, end.wrapping_add(1)))
        }
        open @ (b'{' | b'[') => {
            let end = skim::container_end(bytes, start.wrapping_add(1))?;
            let text = json.get(start..end)?;
            let object = open == b'{';
            let value = if object { Value::Object(Object::Json(text)) } else { Value::Array(Array::Json(text)) };
            Some((value, end))
        }
        b't' => word("true", Value::Bool(true)),
        b'f' => word("false", Value::Bool(false)),
        b'n' => word("null", Value::Null),
        _ => {
            let mut scan = Scanner::new(bytes, u32::MAX);
            scan.seek(start);
            let digits = scan.number().ok()?;
            Some((digits.value(json.get(start..digits.end)?), digits.end))
        }
    }
}

/// The text that the inside of a valid string literal stands for.
///
/// In anything else, an unknown escape stands for its own letter and a lone surrogate for U+FFFD.
#[must_use]
pub fn decode_escapes(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    decode_into(raw, &mut text);
    text
}

/// As [`decode_escapes`], appending to a buffer.
pub(super) fn decode_into(raw: &str, text: &mut String) {
    let mut rest = raw;
    while let Some(at) = rest.find('\\') {
        let (plain, escape) = rest.split_at_checked(at).unwrap_or((rest, ""));
        text.push_str(plain);
        let mut chars = unescape(escape);
        text.extend(chars.next());
        rest = chars.rest.as_str();
    }
    text.push_str(rest);
}

/// As [`decode_escapes`], one character at a time and without allocating: for comparing.
#[must_use]
pub fn unescape(raw: &str) -> Unescape<'_> {
    Unescape { rest: raw.chars() }
}

/// Characters of a string literal; made by [`unescape`].
#[derive(Clone, Debug)]
pub struct Unescape<'a> {
    rest: Chars<'a>,
}

impl Unescape<'_> {
    /// Four hexadecimal digits; what is not one counts as zero.
    fn unit(&mut self) -> u32 {
        let mut unit = 0;
        for _ in 0..4 {
            unit = unit << 4 | self.rest.next().and_then(|digit| digit.to_digit(16)).unwrap_or(0);
        }
        unit
    }

    /// What follows `\u`: a character, or the first of two surrogates.
    fn unicode(&mut self) -> char {
        let first = self.unit();
        if (0xD800..0xDC00).contains(&first) {
            let mut after = self.clone();
            if (after.rest.next(), after.rest.next()) == (Some('\\'), Some('u')) {
                let second = after.unit();
                if (0xDC00..0xE000).contains(&second) {
                    *self = after;
                    // Ten bits of each, counted from the end of the first plane.
                    let code = ((first & 0x3FF) << 10 | second & 0x3FF).wrapping_add(0x1_0000);
                    return char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
                }
            }
        }
        char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER)
    }
}

impl Iterator for Unescape<'_> {
    type Item = char;

    #[inline]
    fn next(&mut self) -> Option<char> {
        let char = self.rest.next()?;
        if char != '\\' {
            return Some(char);
        }
        Some(match self.rest.next()? {
            'b' => '\u{8}',
            'f' => '\u{C}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => self.unicode(),
            same => same,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    fn key(text: &str) -> Segment {
        Segment::Key(text.into())
    }

    #[test]
    fn lookup_descends_objects_by_key_and_arrays_by_index_only() {
        let json = r#" {"a": [1, {"b": "x,\""}, 3], "0": 7, "c\u0041": true, "n": null} "#;
        let at = |path: &[Segment]| lookup(json, path);
        assert!(matches!(at(&[key("a"), Segment::Index(1), key("b")]), Value::EscapedText(r#"x,\""#)));
        assert!(matches!(at(&[key("a"), Segment::Index(2)]), Value::Int(3)));
        assert!(matches!(at(&[key("a"), Segment::Index(3)]), Value::Missing));
        assert!(matches!(at(&[key("a"), key("1")]), Value::Missing));
        assert!(matches!(at(&[key("0")]), Value::Int(7)));
        assert!(matches!(at(&[Segment::Index(0)]), Value::Missing));
        assert!(matches!(at(&[key("cA")]), Value::Bool(true)));
        assert!(matches!(at(&[key("n")]), Value::Null));
        assert!(matches!(at(&[]), Value::Object(Object::Json(text)) if text.len() == json.len() - 2));
    }

    #[test]
    fn the_last_duplicate_counts_at_every_level() {
        let json = r#"{"a": {"b": 1}, "a": {"c": 2}, "d": 1, "d": 2}"#;
        assert!(matches!(lookup(json, &[key("a"), key("b")]), Value::Missing));
        assert!(matches!(lookup(json, &[key("a"), key("c")]), Value::Int(2)));
        assert!(matches!(lookup(json, &[key("d")]), Value::Int(2)));
    }

    #[test]
    fn containers_iterate_in_order() {
        let kinds: Vec<_> = elements(" [ ] ").map(|value| value.kind()).collect();
        assert!(kinds.is_empty());
        let texts: Vec<_> = elements(r#"["a", "b" , "c"]"#).filter_map(|value| value.text()).collect();
        assert_eq!(texts, ["a", "b", "c"]);
        let keys: Vec<_> = entries(r#"{"x": [1, 2], "y\n": {"x": 1}, "x": 0}"#).map(|(key, _)| key).collect();
        assert_eq!(keys, ["x", "y\n", "x"]);
        assert_eq!(entries("[1]").count() + elements("{}").count(), 0);
    }

    #[test]
    fn text_that_is_not_json_ends_iteration() {
        for broken in ["[", "[,", "[1 2", "[[", "{\"a\"", "{\"a\":", "{\"a\":}", "[\u{e9}]", "[1,,2]", "{,,}"] {
            assert!(elements(broken).count() <= 2);
            assert!(entries(broken).count() <= 1);
            let _ = (parse(broken), lookup(broken, &[key("a")]), lookup(broken, &[Segment::Index(1)]));
        }
    }

    #[test]
    fn escapes_decode() {
        let raw = r#"a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00z"#;
        let text = "a\"\\/\u{8}\u{c}\n\r\t\u{e9}\u{1F600}z";
        assert_eq!(decode_escapes(raw), text);
        assert!(unescape(raw).eq(text.chars()));
        assert_eq!(decode_escapes(r"\ud83dx\udc00"), "\u{FFFD}x\u{FFFD}");
        for cut in ["\\", "\\u", "\\u12", "\\ud83d\\u", "\\q"] {
            let _ = decode_escapes(cut);
        }
    }
}
