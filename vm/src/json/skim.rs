//! Unchecked skip: past a value of text that is known to be JSON, looking at quotes and brackets only.
//!
//! On other text the positions mean nothing, but nothing panics and every loop moves forward.

use super::{block, kernel};

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
    let mut open = Open { depth: 1, strings: Strings::default() };
    while pos < bytes.len() {
        if let Some(end) = open.block(block::structure(bytes, pos)) {
            return Some(pos.wrapping_add(end));
        }
        pos = pos.wrapping_add(block::SIZE);
    }
    None
}

/// What is known of strings between two blocks.
#[derive(Default)]
pub(super) struct Strings {
    /// All ones if the next byte is inside a string.
    in_string: u64,
    /// One if the next byte is escaped.
    escaped: u64,
}

/// What is known between two blocks.
struct Open {
    /// Containers that are open.
    depth: u32,
    strings: Strings,
}

impl Strings {
    /// Goes over a block: its quotes that no backslash stands before, and which of its bytes are inside a string.
    #[inline(always)]
    pub fn next(&mut self, mut quotes: u64, backslashes: u64) -> (u64, u64) {
        if backslashes | self.escaped != 0 {
            quotes &= !self.escaped(backslashes);
        }
        // Bytes with an odd number of quotes up to them are in a string; what is looked for is no quote, so which of the
        // two quotes counts as inside makes no difference.
        let mut inside = quotes;
        for shift in [1, 2, 4, 8, 16, 32] {
            inside ^= inside << shift;
        }
        inside ^= self.in_string;
        self.in_string = 0_u64.wrapping_sub(inside >> 63);
        (quotes, inside)
    }

    /// Which bytes a backslash stands before that is not escaped itself. The sum carries through runs of backslashes, so that
    /// their lengths' parities show without a loop (Langdale and Lemire, "Parsing Gigabytes of JSON per Second", 2019).
    #[cold]
    fn escaped(&mut self, backslashes: u64) -> u64 {
        const EVEN: u64 = 0x5555_5555_5555_5555;
        let backslashes = backslashes & !self.escaped;
        let follows = backslashes << 1 | self.escaped;
        let odd_starts = backslashes & !EVEN & !follows;
        let (runs, carry) = odd_starts.overflowing_add(backslashes);
        self.escaped = u64::from(carry);
        (EVEN ^ runs << 1) & follows
    }
}

impl Open {
    /// Goes over a block; the position after the bracket that closes the outermost container, if it is in the block.
    #[inline(always)]
    fn block(&mut self, marks: block::Structure) -> Option<usize> {
        let (_, inside) = self.strings.next(marks.quotes, marks.backslashes);
        let mut brackets = (marks.opens | marks.closes) & !inside;
        while brackets != 0 {
            let at = brackets.trailing_zeros();
            brackets &= brackets.wrapping_sub(1);
            if marks.opens >> at & 1 == 1 {
                self.depth = self.depth.saturating_add(1);
                continue;
            }
            self.depth = self.depth.saturating_sub(1);
            if self.depth == 0 {
                return Some((at as usize).wrapping_add(1));
            }
        }
        None
    }
}

/// The end of the value that starts at `pos`: the position after its last byte.
#[inline]
pub(super) fn value_end(bytes: &[u8], pos: usize) -> Option<usize> {
    match *bytes.get(pos)? {
        b'"' => Some(string_end(bytes, pos)?.0.wrapping_add(1)),
        b'{' | b'[' => container_end(bytes, pos.wrapping_add(1)),
        _ => Some(scalar_end(bytes, pos)),
    }
}

/// The end of the scalar that starts at `pos` and is no string: the position after its last byte.
#[inline]
pub(super) fn scalar_end(bytes: &[u8], mut pos: usize) -> usize {
    while let Some(b'+' | b'-' | b'.' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z') = bytes.get(pos) {
        pos = pos.wrapping_add(1);
    }
    pos
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
