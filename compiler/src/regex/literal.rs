//! Patterns that are literals, whose test is a comparison of bytes.
//!
//! Found in the text of the pattern: characters that stand for themselves, and escaped punctuation.

use std::borrow::Cow;

/// What a pattern asks of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Literal<'p> {
    /// `LITERAL`, `^LITERAL`, `LITERAL.*`: that it begins so.
    Prefix(Cow<'p, str>),
    /// `.*LITERAL$`: that its one line, but for a final newline, ends so.
    Suffix(Cow<'p, str>),
}

/// The literal that a pattern of Python's `re` is, if it is one.
#[must_use]
pub fn of(pattern: &str) -> Option<Literal<'_>> {
    // Patterns are matched at the start anyway, and `.*` at the end asks for nothing.
    let pattern = pattern.strip_prefix('^').unwrap_or(pattern);
    if let Some(literal) = plain(pattern) {
        return Some(Literal::Prefix(literal));
    }
    if let Some(literal) = pattern.strip_suffix(".*").and_then(plain) {
        return Some(Literal::Prefix(literal));
    }
    let literal = pattern.strip_prefix(".*")?.strip_suffix('$').and_then(plain)?;
    (!literal.contains('\n')).then_some(Literal::Suffix(literal))
}

/// What the text stands for, if every character of it stands for itself or is escaped punctuation. A `\` at the end is
/// neither, so nothing that was cut off behind the text can have been escaped.
fn plain(text: &str) -> Option<Cow<'_, str>> {
    if text.contains(['.', '^', '$', '*', '+', '?', '{', '}', '[', ']', '|', '(', ')', '\\']) {
        return unescaped(text).map(Cow::Owned);
    }
    Some(Cow::Borrowed(text))
}

fn unescaped(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        out.push(match char {
            '\\' => chars.next().filter(char::is_ascii_punctuation)?,
            '.' | '^' | '$' | '*' | '+' | '?' | '{' | '}' | '[' | ']' | '|' | '(' | ')' => return None,
            other => other,
        });
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_literals_are_taken_for_literals() {
        let prefix = |text: &'static str| Some(Literal::Prefix(text.into()));
        let suffix = |text: &'static str| Some(Literal::Suffix(text.into()));
        assert_eq!(of("AC ME-1"), prefix("AC ME-1"));
        assert_eq!(of("^AC"), prefix("AC"));
        assert_eq!(of(r"a\.b\\"), prefix(r"a.b\"));
        assert_eq!(of(r"^\+49.*"), prefix("+49"));
        assert_eq!(of(""), prefix(""));
        assert_eq!(of(".*"), prefix(""));
        assert_eq!(of(".*ing$"), suffix("ing"));
        assert_eq!(of(r"^.*@corp\.com$"), suffix("@corp.com"));
        assert_eq!(of(".*$"), suffix(""));
        for pattern in [
            "a.c", "^^a", "a$", ".*a", ".*a.b$", "a|b", "(?i)a", r"a\d", ".*a\nb$", "x{2}", r"a\.*", r".*a\$", r"a\",
            r"\é", r"\Z", r"a\n", ".*.*", "a.*$", "a.*.*",
        ] {
            assert_eq!(of(pattern), None, "{pattern}");
        }
    }
}
