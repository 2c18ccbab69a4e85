//! The loops that touch every byte, eight bytes at a step in plain integers.
//!
//! Each kernel takes the bytes and a position and returns the position of the next byte of interest, or the
//! length of the bytes. Where strings and brackets are is found with wider vectors, in `block`;
//! bytes in short texts, for conditions, in `search`.

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// The byte repeated eight times.
const fn splat(byte: u8) -> u64 {
    ONES.wrapping_mul(byte as u64)
}

/// Bytes of `word` below `limit` (at most 0x80) get their high bit set, the others none. Borrows can mark a
/// byte falsely, but only above one that is marked rightly, so the lowest mark is always right.
const fn below(word: u64, limit: u8) -> u64 {
    word.wrapping_sub(splat(limit)) & !word & HIGH
}

/// Bytes of `word` equal to `byte`, marked as by [`below`].
pub(super) const fn equal(word: u64, byte: u8) -> u64 {
    below(word ^ splat(byte), 1)
}

/// How many bytes stand before the lowest mark.
pub(super) const fn first_mark(marks: u64) -> usize {
    (marks.trailing_zeros() / 8) as usize
}

/// Eight bytes at `pos`, the first one lowest.
#[inline(always)]
pub(super) fn word_at(bytes: &[u8], pos: usize) -> Option<u64> {
    let chunk = bytes.get(pos..)?.first_chunk::<8>()?;
    Some(u64::from_le_bytes(*chunk))
}

/// Steps word by word to the first byte that `marks` finds, then byte by byte through what is left.
#[inline(always)]
fn find(bytes: &[u8], mut pos: usize, marks: impl Fn(u64) -> u64, wanted: impl Fn(u8) -> bool) -> usize {
    while let Some(word) = word_at(bytes, pos) {
        let hits = marks(word);
        if hits != 0 {
            return pos.wrapping_add(first_mark(hits));
        }
        pos = pos.wrapping_add(8);
    }
    while bytes.get(pos).is_some_and(|&byte| !wanted(byte)) {
        pos = pos.wrapping_add(1);
    }
    pos
}

/// Next quote or backslash: where the body of a string that is known to be valid ends or goes on.
#[inline(always)]
pub(super) fn find_quote_or_escape(bytes: &[u8], pos: usize) -> usize {
    find(bytes, pos, |word| equal(word, b'"') | equal(word, b'\\'), |byte| byte == b'"' || byte == b'\\')
}

/// Next byte that is not a digit. For runs of digits that tend to be long, as those of fractions.
#[inline(always)]
pub(super) fn digits_end(bytes: &[u8], mut pos: usize) -> usize {
    // A digit has 3 in its upper half, also after adding 6: so its lower half is at most 9.
    let all_digits =
        |word: u64| (word & splat(0xF0)) | ((word.wrapping_add(splat(0x06)) & splat(0xF0)) >> 4) == splat(0x33);
    while word_at(bytes, pos).is_some_and(all_digits) {
        pos = pos.wrapping_add(8);
    }
    while bytes.get(pos).is_some_and(u8::is_ascii_digit) {
        pos = pos.wrapping_add(1);
    }
    pos
}

/// Most digits before the point of a [`plain_number_end`].
pub(super) const PLAIN_DIGITS: usize = 19;

/// The position after the number at `pos`, if it is one of few digits and without an exponent.
#[inline(always)]
pub(super) fn plain_number_end(bytes: &[u8], pos: usize) -> Option<usize> {
    let start = if byte_at(bytes, pos) == b'-' { pos.wrapping_add(1) } else { pos };
    let mut end = start;
    while byte_at(bytes, end).is_ascii_digit() {
        end = end.wrapping_add(1);
    }
    let digits = end.wrapping_sub(start);
    if digits != 1 && (byte_at(bytes, start) == b'0' || !(2..=PLAIN_DIGITS).contains(&digits)) {
        return None;
    }
    if byte_at(bytes, end) == b'.' {
        let fraction = end.wrapping_add(1);
        end = digits_end(bytes, fraction);
        // A point wants a digit behind it.
        if end == fraction {
            return None;
        }
    }
    (!matches!(byte_at(bytes, end), b'e' | b'E')).then_some(end)
}

/// The position after the `true`, `false` or `null` at `pos`.
#[inline(always)]
pub(super) fn literal_end(bytes: &[u8], pos: usize) -> Option<usize> {
    let rest = bytes.get(pos..)?;
    match rest.first_chunk()? {
        b"true" | b"null" => Some(pos.wrapping_add(4)),
        b"fals" if rest.get(4) == Some(&b'e') => Some(pos.wrapping_add(5)),
        _ => None,
    }
}

/// The byte at a position; NUL, which no token starts with, at the end.
#[inline(always)]
pub(super) fn byte_at(bytes: &[u8], pos: usize) -> u8 {
    bytes.get(pos).copied().unwrap_or(0)
}

/// Next byte that is not one of JSON's four whitespace characters.
#[inline(always)]
pub(super) fn find_nonspace(bytes: &[u8], mut pos: usize) -> usize {
    if bytes.get(pos).is_none_or(|&byte| byte > b' ') {
        return pos;
    }
    // Indentation comes in runs of spaces.
    while word_at(bytes, pos) == Some(splat(b' ')) {
        pos = pos.wrapping_add(8);
    }
    while let Some(b' ' | b'\n' | b'\r' | b'\t') = bytes.get(pos) {
        pos = pos.wrapping_add(1);
    }
    pos
}

/// The first eight bytes of `bytes[start..start + len]` as a number, zeros after a shorter one.
#[inline(always)]
pub(super) fn prefix(bytes: &[u8], start: usize, len: usize) -> u64 {
    let word = word_at(bytes, start).unwrap_or_else(|| {
        let mut word = 0u64;
        for &byte in bytes.get(start..).unwrap_or_default().iter().take(8).rev() {
            word = word << 8 | u64::from(byte);
        }
        word
    });
    match len {
        0 => 0,
        1..8 => word & u64::MAX >> (64usize.wrapping_sub(len.wrapping_mul(8))),
        _ => word,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    /// Every byte at every offset of a word, with bytes before it that borrow.
    fn agrees(kernel: impl Fn(&[u8], usize) -> usize, wanted: impl Fn(u8) -> bool) {
        for filler in [b'a', b' ', b'!', 0x80, 0xFF, b'#'] {
            if wanted(filler) {
                continue;
            }
            for byte in 0..=255u8 {
                for offset in 0..20 {
                    let mut bytes = vec![filler; 20];
                    bytes[offset] = byte;
                    if let Some(next) = bytes.get_mut(offset + 1) {
                        *next = byte ^ 1;
                    }
                    let expected = bytes.iter().position(|&b| wanted(b)).unwrap_or(bytes.len());
                    assert_eq!(kernel(&bytes, 0), expected, "{bytes:?}");
                }
            }
        }
    }

    #[test]
    fn string_kernel_finds_exactly_its_bytes() {
        agrees(find_quote_or_escape, |b| b == b'"' || b == b'\\');
    }

    #[test]
    fn digits_end_at_the_first_other_byte() {
        for byte in (0..=255u8).filter(|byte| !byte.is_ascii_digit()) {
            for offset in 0..20 {
                let mut bytes = vec![b'9'; 20];
                bytes[offset] = byte;
                assert_eq!(digits_end(&bytes, 0), offset, "{byte}");
            }
        }
        assert_eq!(digits_end(b"0123456789", 0), 10);
    }

    #[test]
    fn whitespace_is_the_four_characters_of_json() {
        assert_eq!(find_nonspace(b" \t\r\n         \n  x", 0), 16);
        assert_eq!(find_nonspace(b"\x0Bx", 0), 0);
        assert_eq!(find_nonspace(b"   ", 0), 3);
    }
}
