//! Patterns that are literals, whose test is a comparison of bytes.

/// What a pattern asks of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Literal<'p> {
    /// That it begins so.
    Prefix(&'p str),
    /// `.*LITERAL$`: that its one line, but for a final newline, ends so.
    Suffix(&'p str),
}

/// The literal that a pattern of Python's `re` is, if it is one.
#[must_use]
pub fn of(pattern: &str) -> Option<Literal<'_>> {
    if is_plain(pattern) {
        return Some(Literal::Prefix(pattern));
    }
    let suffix = pattern.strip_prefix(".*")?.strip_suffix('$')?;
    (is_plain(suffix) && !suffix.contains('\n')).then_some(Literal::Suffix(suffix))
}

fn is_plain(text: &str) -> bool {
    !text.contains(['\\', '.', '^', '$', '*', '+', '?', '{', '}', '[', ']', '|', '(', ')'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_literals_are_taken_for_literals() {
        assert_eq!(of("AC ME-1"), Some(Literal::Prefix("AC ME-1")));
        assert_eq!(of(""), Some(Literal::Prefix("")));
        assert_eq!(of(".*ing$"), Some(Literal::Suffix("ing")));
        assert_eq!(of(".*$"), Some(Literal::Suffix("")));
        for pattern in ["a.c", "^a", "a$", ".*a", ".*a.b$", "a|b", "(?i)a", "a\\d", ".*a\nb$", "x{2}"] {
            assert_eq!(of(pattern), None, "{pattern}");
        }
    }
}
