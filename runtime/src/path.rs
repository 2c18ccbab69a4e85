//! Paths as guests and manifests write them, read into the VM's segments.

use cascata_vm::Segment;

/// The most segments a path may have.
const MAX_SEGMENTS: usize = 64;

/// Reads a dotted path: `geo.country`, `items[0].price`, `["a.b"].c`.
///
/// # Errors
/// A text that says what is wrong. Paths over all elements (`items[]`) name no one value and are refused.
pub(crate) fn parse(text: &str) -> Result<Vec<Segment>, &'static str> {
    let mut segments = Vec::new();
    let mut rest = text;
    loop {
        rest = if let Some(inner) = rest.strip_prefix("[\"") {
            let (key, after) = quoted(inner).ok_or("a quoted key must end in `\"]`")?;
            segments.push(Segment::Key(key));
            after
        } else if let Some(inner) = rest.strip_prefix('[') {
            let (index, after) = inner.split_once(']').ok_or("`[` needs a `]`")?;
            if index.is_empty() {
                return Err("`[]` stands for many values, a field is one");
            }
            if segments.is_empty() {
                return Err("it must begin with a key");
            }
            let digits = index.bytes().all(|byte| byte.is_ascii_digit());
            let number = index.parse().ok().filter(|_| digits).ok_or("an index is a number")?;
            segments.push(Segment::Index(number));
            after
        } else {
            let (key, after) = rest.split_at(rest.find(['.', '[']).unwrap_or(rest.len()));
            if key.is_empty() {
                return Err("a key is empty");
            }
            segments.push(Segment::Key(key.to_owned()));
            after
        };
        if segments.len() > MAX_SEGMENTS {
            return Err("it is too deep");
        }
        match rest.strip_prefix('.') {
            Some("") => return Err("it ends in a dot"),
            Some(after) => rest = after,
            None if rest.is_empty() => return Ok(segments),
            None if rest.starts_with('[') => {}
            None => return Err("after `]` comes `.`, `[` or the end"),
        }
    }
}

/// The key before `"]` and what follows it. `\"` and `\\` stand for the quote and the backslash.
fn quoted(inner: &str) -> Option<(String, &str)> {
    let mut key = String::new();
    let mut chars = inner.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => key.push(chars.next()?.1),
            '"' => return Some((key, inner.get(at.saturating_add(1)..)?.strip_prefix(']')?)),
            c => key.push(c),
        }
    }
    None
}

/// Whether a stage may write there: keys only, not under `stages`.
pub(crate) fn writable(path: &[Segment]) -> bool {
    let reserved = matches!(path.first(), Some(Segment::Key(key)) if key == "stages");
    !path.is_empty() && !reserved && path.iter().all(|segment| matches!(segment, Segment::Key(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> Segment {
        Segment::Key(text.to_owned())
    }

    #[test]
    fn every_way_of_writing_a_path_is_read() {
        assert_eq!(parse("a.b[2].c"), Ok(vec![key("a"), key("b"), Segment::Index(2), key("c")]));
        assert_eq!(parse(r#"["a.b"]["c\"d"].e"#), Ok(vec![key("a.b"), key("c\"d"), key("e")]));
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for bad in [
            "",
            ".",
            "a.",
            ".a",
            "a..b",
            "a[",
            "a[]",
            "a[x]",
            "a[-1]",
            "a[0]b",
            "[0]",
            "[\"a",
            "[\"a\"",
            "a[99999999999]",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
        assert!(parse(&"a.".repeat(100)).is_err());
    }

    #[test]
    fn results_and_elements_are_not_writable() {
        assert!(writable(&[key("risk"), key("score")]));
        assert!(!writable(&[]) && !writable(&[key("stages"), key("A")]) && !writable(&[key("a"), Segment::Index(0)]));
    }
}
