//! The loops that touch every byte, eight bytes at a step in plain integers.
//!
//! Each kernel takes the bytes and a position and returns the position of the next byte of interest, or the
//! length of the bytes. Where strings and brackets are is found with wider vectors, in `block`;
//! bytes in short texts, for conditions, in `search`.

use super::block;

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

/// Bytes of `word` that are no digits get their high bit set, the others none.
#[inline(always)]
const fn no_digits(word: u64) -> u64 {
    // Zero to nine for digits. From ten on adding so much reaches the high bit, and never the next byte.
    let values = word ^ splat(b'0');
    (values & splat(0x7F)).wrapping_add(splat(0x76)) & HIGH | values & HIGH
}

/// Next byte that is not a digit. A step for each byte would end a loop somewhere else in every number, which no processor foresees.
#[inline(always)]
pub(super) fn digits_end(bytes: &[u8], pos: usize) -> usize {
    find(bytes, pos, no_digits, |byte| !byte.is_ascii_digit())
}

/// Ten to the power of as many digits as a word has.
pub(super) const TENS: [u64; 9] = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];

/// The digits at the beginning of a word: their value, and how many there are.
#[inline(always)]
pub(super) const fn leading_digits(word: u64) -> (u64, usize) {
    // No mark is eight digits.
    let count = first_mark(no_digits(word));
    // Zeros in front, where nothing is the same; twice, because all of a word cannot be shifted out at once.
    let shift = 32_usize.wrapping_sub(count.wrapping_mul(4));
    let digits = (word ^ splat(b'0')) << shift << shift;
    // Neighbours together, then neighbours of those: ones and tens, hundreds, ten thousands.
    let pairs = digits.wrapping_mul(10 << 8 | 1) >> 8 & 0x00FF_00FF_00FF_00FF;
    let fours = pairs.wrapping_mul(100 << 16 | 1) >> 16 & 0x0000_FFFF_0000_FFFF;
    (fours.wrapping_mul(10_000 << 32 | 1) >> 32, count)
}

/// Most digits before the point of a [`plain_number_end`].
pub(super) const PLAIN_DIGITS: usize = 19;

/// The position after the number at `pos`, if it is one of few digits and without an exponent.
#[inline(always)]
pub(super) fn plain_number_end(bytes: &[u8], pos: usize) -> Option<usize> {
    // One digit and two are looked for by themselves: what comes next then need not wait for their end to be worked out.
    if let Some([first @ b'0'..=b'9', second, third]) = bytes.get(pos..).and_then(|rest| rest.first_chunk()) {
        if is_behind(*second) {
            return Some(pos.wrapping_add(1));
        }
        if is_behind(*third) && second.is_ascii_digit() && *first != b'0' {
            return Some(pos.wrapping_add(2));
        }
    }
    match block::digits(bytes, pos) {
        Some(digits) => number_end(bytes, pos, digits),
        None => last_number_end(bytes, pos),
    }
}

/// What stands behind most numbers.
#[inline(always)]
const fn is_behind(byte: u8) -> bool {
    matches!(byte, b',' | b'}' | b']')
}

/// The same, told which of the bytes from `pos` on are digits: neither part of a number takes a loop then.
#[inline(always)]
fn number_end(bytes: &[u8], pos: usize, digits: u32) -> Option<usize> {
    let run = |from: usize| (digits >> (from & (block::HALF - 1))).trailing_ones() as usize;
    let first = usize::from(byte_at(bytes, pos) == b'-');
    let whole = run(first);
    if whole != 1 && (byte_at(bytes, pos.wrapping_add(first)) == b'0' || !(2..=PLAIN_DIGITS).contains(&whole)) {
        return None;
    }
    let mut end = first.wrapping_add(whole);
    if byte_at(bytes, pos.wrapping_add(end)) == b'.' {
        let fraction = end.wrapping_add(1);
        end = fraction.wrapping_add(run(fraction));
        // A point wants a digit behind it.
        if end == fraction {
            return None;
        }
        if end == block::HALF {
            end = digits_end(bytes, pos.wrapping_add(end)).wrapping_sub(pos);
        }
    }
    let end = pos.wrapping_add(end);
    (!matches!(byte_at(bytes, end), b'e' | b'E')).then_some(end)
}

/// The same near the end of the bytes.
#[inline(never)]
fn last_number_end(bytes: &[u8], pos: usize) -> Option<usize> {
    let start = if byte_at(bytes, pos) == b'-' { pos.wrapping_add(1) } else { pos };
    let mut end = digits_end(bytes, start);
    let digits = end.wrapping_sub(start);
    if digits != 1 && (byte_at(bytes, start) == b'0' || !(2..=PLAIN_DIGITS).contains(&digits)) {
        return None;
    }
    if byte_at(bytes, end) == b'.' {
        let fraction = end.wrapping_add(1);
        end = digits_end(bytes, fraction);
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

/// How long a key of one character is with its quotes.
pub(super) const LETTER_KEY: usize = 3;

/// The colon behind the key at `pos`, if it is one of a single plain character, as of coordinates, without whitespace. Where it is follows
/// from no search.
#[inline(always)]
pub(super) fn letter_key_end(bytes: &[u8], pos: usize) -> Option<usize> {
    let word = u32::from_le_bytes(*bytes.get(pos..)?.first_chunk()?);
    // Most keys are longer, which is all that has to be seen of them.
    if word & 0xFFFF_00FF != u32::from_le_bytes(*b"\"\0\":") {
        return None;
    }
    let byte = (word >> 8 & 0xFF) as u8;
    (byte >= 0x20 && byte != b'"' && byte != b'\\').then_some(pos.wrapping_add(LETTER_KEY))
}

/// Whether these four bytes stand at a position.
#[inline(always)]
pub(super) fn starts_with(bytes: &[u8], pos: usize, wanted: &[u8; 4]) -> bool {
    bytes.get(pos..).and_then(|rest| rest.first_chunk::<4>()) == Some(wanted)
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
    use alloc::string::String;
    use alloc::vec;
    use alloc::vec::Vec;

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
        for byte in 0..=255u8 {
            let expected = if byte.is_ascii_digit() { 0 } else { 0x80 };
            for at in 0..8 {
                assert_eq!(no_digits(splat(b'7') ^ u64::from(byte ^ b'7') << (at * 8)), expected << (at * 8), "{byte}");
                assert_eq!(
                    no_digits(splat(0xFF) ^ u64::from(!byte) << (at * 8)) >> (at * 8) & 0xFF,
                    expected,
                    "{byte}"
                );
            }
        }
    }

    #[test]
    fn digits_of_a_word_are_their_number() {
        for text in
            ["", "0", "7", "42", "007", "1234", "98765", "123456", "7654321", "12345678", "99999999", "00000000"]
        {
            for behind in ["........", "eeeeeeee", "\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}", "://,]}/:", "éééé"] {
                let padded = [text, behind].concat();
                let word = word_at(padded.as_bytes(), 0).unwrap();
                assert_eq!(leading_digits(word), (text.parse().unwrap_or(0), text.len()), "{padded}");
            }
        }
    }

    #[test]
    fn keys_of_one_character_are_plain() {
        for byte in 0..=255 {
            let plain = byte >= 0x20 && byte != b'"' && byte != b'\\';
            assert_eq!(letter_key_end(&[b'{', b'"', byte, b'"', b':'], 1), plain.then_some(4), "{byte}");
        }
        assert_eq!(letter_key_end(b"\"a\"", 0), None);
        assert_eq!(letter_key_end(b"\"ab\":", 0), None);
        assert_eq!(letter_key_end(b"\"\":", 0), None);
    }

    #[test]
    fn numbers_end_alike_wherever_they_stand() {
        let ones = |count: usize| "1".repeat(count);
        let mut numbers: Vec<String> = [
            "0", "-0", "01", "-", "", ".5", "1.", "-1.", "0.0", "1e5", "1.5E3", "-1.25", "--1", "1.2.3", "+1", "/", ":",
        ]
        .map(Into::into)
        .to_vec();
        for whole in 1..36 {
            numbers.push(ones(whole));
            numbers.extend((1..40).map(|part| ["-", &ones(whole), ".", &ones(part)].concat()));
        }
        for number in numbers {
            for behind in ["", ",", "}", "e", "E1", "x", "."] {
                let near = [&number, behind].concat();
                let far = [&near, " ".repeat(40).as_str()].concat();
                assert_eq!(plain_number_end(near.as_bytes(), 0), plain_number_end(far.as_bytes(), 0), "{near}");
                assert_eq!(last_number_end(far.as_bytes(), 0), plain_number_end(far.as_bytes(), 0), "{near}");
            }
        }
    }

    #[test]
    fn whitespace_is_the_four_characters_of_json() {
        assert_eq!(find_nonspace(b" \t\r\n         \n  x", 0), 16);
        assert_eq!(find_nonspace(b"\x0Bx", 0), 0);
        assert_eq!(find_nonspace(b"   ", 0), 3);
    }
}
