//! Words and letter groups of a message, as hashes.

use crate::hash::Fnv;

/// The shortest letter group, in bytes.
pub const SHORTEST: usize = 2;
/// The longest letter group, in bytes.
pub const LONGEST: usize = 3;

/// Letters in lower case, every digit as `0`: a number says more by its shape than by its value.
#[must_use]
pub const fn folded(byte: u8) -> u8 {
    match byte {
        b'0'..=b'9' => b'0',
        _ => byte.to_ascii_lowercase(),
    }
}

/// Whether a folded byte belongs to a word. Bytes beyond ASCII do, so that `£100` is one word.
#[must_use]
pub const fn is_word(byte: u8) -> bool {
    matches!(byte, b'0' | b'a'..=b'z' | 0x80..)
}

/// Hands every word of a text on: its hash, and the word as it stands in the text.
pub fn words<'t>(text: &'t str, mut each: impl FnMut(Fnv, &'t str)) {
    let mut hash = Fnv::default();
    let mut start = None;
    for (at, byte) in text.bytes().enumerate() {
        let byte = folded(byte);
        if is_word(byte) {
            hash = hash.byte(byte);
            start = start.or(Some(at));
        } else if let Some(from) = start.take() {
            // Words begin and end beside ASCII, so both ends are borders of characters.
            each(hash, text.get(from..at).unwrap_or_default());
            hash = Fnv::default();
        }
    }
    if let Some(from) = start {
        each(hash, text.get(from..).unwrap_or_default());
    }
}

/// Hands the hash of every group of [`SHORTEST`] to [`LONGEST`] bytes on, of the folded text between two blanks,
/// runs of blanks and control characters taken as one blank.
pub fn groups(text: &str, mut each: impl FnMut(Fnv)) {
    let mut window = Window::default();
    window.push(b' ', &mut each);
    for byte in text.bytes() {
        let byte = if byte <= b' ' { b' ' } else { folded(byte) };
        if byte != b' ' || window.last() != b' ' {
            window.push(byte, &mut each);
        }
    }
    if window.last() != b' ' {
        window.push(b' ', &mut each);
    }
}

/// The last [`LONGEST`] bytes, and how many there have been.
#[derive(Default)]
struct Window {
    bytes: [u8; LONGEST],
    filled: usize,
}

impl Window {
    const fn last(&self) -> u8 {
        self.bytes[LONGEST - 1]
    }

    /// Takes a byte and hands on every group that ends with it.
    fn push(&mut self, byte: u8, each: &mut impl FnMut(Fnv)) {
        self.bytes.rotate_left(1);
        self.bytes[LONGEST - 1] = byte;
        self.filled = (self.filled + 1).min(LONGEST);
        for length in SHORTEST..=self.filled {
            each(Fnv::of(&self.bytes[LONGEST - length..]));
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::vec::Vec;

    #[test]
    fn words_are_folded_for_the_hash_and_kept_for_people() {
        let mut met = Vec::new();
        words("WIN £100, é ok", |hash, word| met.push((hash, word)));
        let expected = [("win", "WIN"), ("£000", "£100"), ("é", "é"), ("ok", "ok")];
        assert_eq!(
            met,
            expected.map(|(folded, word)| (Fnv::of(folded.as_bytes()), word))
        );
    }

    #[test]
    fn groups_run_over_the_blanks_around_a_text() {
        let mut met = Vec::new();
        groups("A\t 7", |hash| met.push(hash));
        let expected = [" a", "a ", " a ", " 0", "a 0", "0 ", " 0 "];
        assert_eq!(met, expected.map(|group| Fnv::of(group.as_bytes())));
    }

    #[test]
    fn an_empty_text_has_neither() {
        words("", |_, _| unreachable!());
        groups(" \n", |_| unreachable!());
    }
}
