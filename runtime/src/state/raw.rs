//! Steps over the entries of a valid JSON object without decoding them, so that what is not changed keeps its text.

/// The entries of an object: key between its quotes, escapes kept, and the text of the value.
///
/// `object` must be valid JSON text of an object; of anything else the iterator gives some entries or none.
pub(super) fn entries(object: &str) -> Entries<'_> {
    let inner = object.trim().strip_prefix('{').unwrap_or_default();
    Entries { rest: inner }
}

/// See [`entries`].
pub(super) struct Entries<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Entries<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let text = self.rest.trim_start_matches([' ', '\t', '\n', '\r', ',']);
        let text = text.strip_prefix('"')?;
        let key_end = string_end(text)?;
        let key = text.get(..key_end)?;
        let text = text.get(key_end.checked_add(1)?..)?.trim_start().strip_prefix(':')?.trim_start();
        let end = value_end(text);
        self.rest = text.get(end..)?;
        Some((key, text.get(..end)?.trim_end()))
    }
}

/// Where the quote that closes a string stands; `text` begins after the opening one.
fn string_end(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(at),
            _ => {}
        }
    }
    None
}

/// Where the value ends that `text` begins with: at the comma or bracket that belongs to its parent.
fn value_end(text: &str) -> usize {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for (at, byte) in text.bytes().enumerate() {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' => depth = depth.saturating_add(1),
            b'}' | b']' | b',' if depth == 0 => return at,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::entries;

    #[test]
    fn values_keep_their_text() {
        let text = r#" { "a" : 1.10 , "b\"}" : {"x":[1,"],}"]} ,"c":"\\" }"#;
        let found: Vec<_> = entries(text).collect();
        assert_eq!(found, [("a", "1.10"), (r#"b\"}"#, r#"{"x":[1,"],}"]}"#), ("c", r#""\\""#)]);
    }

    #[test]
    fn empty_and_foreign_text_has_no_entries() {
        assert_eq!(entries("{ }").count(), 0);
        assert_eq!(entries("[1]").count(), 0);
    }
}
