//! Sixty-four bytes at once: where the bytes of one kind stand, as a set of bits.
//!
//! Sixteen bytes are a step where the target has such vectors (every x86-64 and AArch64 has); `wide` picks the instructions when
//! it is compiled, and has plain integers for other targets.

use wide::u8x16;

/// How many bytes are a block.
pub(super) const SIZE: usize = 64;

/// The bytes of a block that `wanted` finds, the first one lowest.
#[inline(always)]
fn bits(block: &[u8; SIZE], wanted: impl Fn(u8x16) -> u8x16) -> u64 {
    let (chunks, _) = block.as_chunks::<16>();
    chunks.iter().rev().fold(0, |bits, chunk| bits << 16 | u64::from(wanted(u8x16::new(*chunk)).to_bitmask()))
}

#[inline(always)]
fn equal(chunk: u8x16, byte: u8) -> u8x16 {
    chunk.simd_eq(u8x16::splat(byte))
}

/// Runs `find` on the block that begins at a position, zeros standing behind the end of the bytes.
#[inline(always)]
fn at<T>(bytes: &[u8], pos: usize, find: impl Fn(&[u8; SIZE]) -> T) -> T {
    let rest = bytes.get(pos..).unwrap_or_default();
    if let Some(block) = rest.first_chunk() {
        return find(block);
    }
    let mut block = [0; SIZE];
    block.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
    find(&block)
}

/// Where the body of a string stops being plain: quotes, backslashes and control characters, and everything behind the end.
#[inline(never)]
fn string_specials(bytes: &[u8], pos: usize) -> u64 {
    let last_control = u8x16::splat(0x1f);
    let special = |chunk: u8x16| equal(chunk, b'"') | equal(chunk, b'\\') | chunk.min(last_control).simd_eq(chunk);
    at(bytes, pos, |block| bits(block, special))
}

/// Where strings stop being plain in the block that was looked at last. Each block of an event is looked at once, however many
/// strings it has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Specials {
    block: usize,
    bits: u64,
}

impl Specials {
    /// No block so far.
    pub const NONE: Self = Self { block: usize::MAX, bits: 0 };

    /// The next quote, backslash or control character from `pos` on, or the end of the bytes.
    #[inline(always)]
    pub fn next(&mut self, bytes: &[u8], mut pos: usize) -> usize {
        const INSIDE: usize = SIZE - 1;
        loop {
            let block = pos & !INSIDE;
            if block != self.block {
                self.bits = string_specials(bytes, block);
                self.block = block;
            }
            let ahead = self.bits >> (pos & INSIDE);
            // All that stands behind the end is special, so this ends.
            if ahead != 0 {
                return pos.wrapping_add(ahead.trailing_zeros() as usize);
            }
            pos = block.wrapping_add(SIZE);
        }
    }
}

/// Where brackets and strings are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Structure {
    pub quotes: u64,
    pub backslashes: u64,
    pub opens: u64,
    pub closes: u64,
}

/// Where keys, values and containers begin and end.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Marks {
    pub quotes: u64,
    pub backslashes: u64,
    pub colons: u64,
    /// Brackets of any kind, and bytes that stand nowhere outside of strings.
    pub brackets: u64,
}

/// The marks of the block at a position.
#[inline(always)]
pub(super) fn marks(bytes: &[u8], pos: usize) -> Marks {
    // All four brackets, and else only what JSON has in strings alone.
    let bracket = |chunk: u8x16| equal(chunk | u8x16::splat(0x26), 0x7F);
    at(bytes, pos, |block| Marks {
        quotes: bits(block, |chunk| equal(chunk, b'"')),
        backslashes: if has(block, b'\\') { bits(block, |chunk| equal(chunk, b'\\')) } else { 0 },
        colons: bits(block, |chunk| equal(chunk, b':')),
        brackets: bits(block, bracket),
    })
}

/// The commas of the block at a position.
#[inline(always)]
pub(super) fn commas(bytes: &[u8], pos: usize) -> u64 {
    at(bytes, pos, |block| bits(block, |chunk| equal(chunk, b',')))
}

/// How far from one byte to each of the others it is.
#[inline(always)]
#[expect(clippy::arithmetic_side_effects, reason = "wraps in each byte")]
fn above(chunk: u8x16, byte: u8) -> u8x16 {
    chunk - u8x16::splat(byte)
}

/// How many bytes [`digits`] looks at.
pub(super) const HALF: usize = 32;

/// The digits among the thirty-two bytes from a position on; `None` where there are fewer bytes.
#[inline(always)]
pub(super) fn digits(bytes: &[u8], pos: usize) -> Option<u32> {
    let (chunks, _) = bytes.get(pos..)?.first_chunk::<HALF>()?.as_chunks::<16>();
    Some(chunks.iter().rev().fold(0, |bits, chunk| {
        let values = above(u8x16::new(*chunk), b'0');
        bits << 16 | (values.min(u8x16::splat(9)).simd_eq(values).to_bitmask() & 0xFFFF)
    }))
}

/// Whether a block has such a byte.
#[inline(always)]
fn has(block: &[u8; SIZE], byte: u8) -> bool {
    let (chunks, _) = block.as_chunks::<16>();
    chunks.iter().fold(u8x16::splat(0), |any, chunk| any | equal(u8x16::new(*chunk), byte)).to_bitmask() != 0
}

/// The structure of the block at a position.
#[inline(always)]
pub(super) fn structure(bytes: &[u8], pos: usize) -> Structure {
    // One bit tells both kinds of bracket apart from one another; none tells them from any other byte.
    let folded = |chunk: u8x16| chunk | u8x16::splat(0x20);
    at(bytes, pos, |block| Structure {
        quotes: bits(block, |chunk| equal(chunk, b'"')),
        backslashes: bits(block, |chunk| equal(chunk, b'\\')),
        opens: bits(block, |chunk| equal(folded(chunk), b'{')),
        closes: bits(block, |chunk| equal(folded(chunk), b'}')),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expected(block: &[u8], wanted: impl Fn(u8) -> bool) -> u64 {
        (0..SIZE).fold(0, |bits, at| bits | u64::from(wanted(block.get(at).copied().unwrap_or(0))) << at)
    }

    #[test]
    fn every_byte_is_found_at_every_place_and_length() {
        let mut block = [0; SIZE];
        for seed in 0..3000_u32 {
            for (at, byte) in block.iter_mut().enumerate() {
                let mixed = seed.wrapping_mul(0x9E37_79B9).wrapping_add(at as u32).wrapping_mul(0x85EB_CA6B) >> 13;
                let likely = b"\"\\[]{}yY_\x7F\xFF\xDB\x1F\x20\x00\x5C";
                *byte = if mixed & 0x100 == 0 { mixed as u8 } else { likely[mixed as usize & 15] };
            }
            let bytes = &block[..seed as usize % (SIZE + 1)];
            assert_eq!(string_specials(bytes, 0), expected(bytes, |b| b < 0x20 || b == b'"' || b == b'\\'));
            let all = Structure {
                quotes: expected(bytes, |b| b == b'"'),
                backslashes: expected(bytes, |b| b == b'\\'),
                opens: expected(bytes, |b| b == b'{' || b == b'['),
                closes: expected(bytes, |b| b == b'}' || b == b']'),
            };
            assert_eq!(structure(bytes, 0), all, "{bytes:?}");
            let marks = marks(bytes, 0);
            assert_eq!((marks.quotes, marks.backslashes), (all.quotes, all.backslashes));
            assert_eq!(marks.colons, expected(bytes, |b| b == b':'));
            assert_eq!(marks.brackets, expected(bytes, |b| b"[]{}Yy_\x7F".contains(&b)), "{bytes:?}");
            assert_eq!(commas(bytes, 0), expected(bytes, |b| b == b','));
        }
        assert_eq!(string_specials(b"abc", 7), u64::MAX);
    }

    #[test]
    fn digits_are_found_at_every_place() {
        for byte in 0..=255_u8 {
            for at in 0..HALF {
                let mut bytes = [if at % 2 == 0 { b'/' } else { b':' }; HALF + 1];
                bytes[at + 1] = byte;
                assert_eq!(digits(&bytes, 1), Some(u32::from(byte.is_ascii_digit()) << at), "{byte}");
            }
        }
        assert_eq!(digits(&[b'7'; HALF], 0), Some(u32::MAX));
        assert_eq!(digits(&[b'7'; HALF], 1), None);
    }
}
