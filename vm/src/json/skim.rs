//! Unchecked skip: past a value of text that is known to be JSON, looking at quotes and brackets only.
//!
//! On other text the positions mean nothing, but nothing panics and every loop moves forward.

use super::kernel;

/// The body of the string literal whose opening quote is at `pos`: where it ends (at the closing quote) and
/// whether it has escapes. `None` when it does not end.
#[inline]
pub(super) fn string_end(bytes: &[u8], pos: usize) -> Option<(usize, bool)> {
    let mut at = kernel::find_quote_or_escape(bytes, pos.wrapping_add(1));
    let mut escaped = false;
    while *bytes.get(at)? != b'"' {
        escaped = true;
        at = kernel::find_quote_or_escape(bytes, at.wrapping_add(2));
    }
    Some((at, escaped))
}

/// The end of the container that was opened just before `pos`: the position after its closing bracket.
pub(super) fn container_end(bytes: &[u8], mut pos: usize) -> Option<usize> {
    let mut depth = 1u32;
    loop {
        match *bytes.get(pos)? {
            b'"' => pos = string_end(bytes, pos)?.0,
            b'{' | b'[' => depth = depth.saturating_add(1),
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(pos.wrapping_add(1));
                }
            }
            // Mostly the next value or key follows at once: no need to search for it.
            b',' | b':' => {}
            _ => {
                pos = kernel::find_structure(bytes, pos.wrapping_add(1));
                continue;
            }
        }
        pos = pos.wrapping_add(1);
    }
}

/// The end of the value that starts at `pos`: the position after its last byte.
#[inline]
pub(super) fn value_end(bytes: &[u8], pos: usize) -> Option<usize> {
    match *bytes.get(pos)? {
        b'"' => Some(string_end(bytes, pos)?.0.wrapping_add(1)),
        b'{' | b'[' => container_end(bytes, pos.wrapping_add(1)),
        _ => {
            let mut end = pos;
            while let Some(b'+' | b'-' | b'.' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z') = bytes.get(end) {
                end = end.wrapping_add(1);
            }
            Some(end)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_and_strings_are_met_at_every_offset() {
        let inner = r#"{"a\\\"]":["}\\",[]],"b":"\\\\"}"#;
        for padding in 0..140 {
            let text = alloc::format!("[\"{}\",{inner}],]", "\\".repeat(padding * 2));
            assert_eq!(value_end(text.as_bytes(), 0), Some(text.len() - 2), "{text}");
            let text = alloc::format!("[{}{inner}],]", " ".repeat(padding));
            assert_eq!(value_end(text.as_bytes(), 0), Some(text.len() - 2), "{text}");
            assert_eq!(value_end(&text.as_bytes()[..text.len() - 3], 0), None);
        }
    }

    #[test]
    fn ends_of_values() {
        for (text, end) in [
            (r#""a\"]" ,"#, 6),
            ("{\"a}\":[1,{\"b\":\"]\\\\\"}]},", 22),
            ("-1.5e+3,", 7),
            ("true]", 4),
            ("[]]", 2),
            (",", 0),
        ] {
            assert_eq!(value_end(text.as_bytes(), 0), Some(end), "{text}");
        }
        assert_eq!(value_end(b"[[]", 0), None);
        assert_eq!(value_end(b"", 0), None);
        assert_eq!(value_end(b"\"a\\\"", 0), None);
    }
}
