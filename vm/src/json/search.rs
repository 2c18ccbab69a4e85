//! Looking for bytes in short texts, sixteen at a step where there are so many, eight where there are fewer.

use wide::u8x16;

use super::kernel::{equal, first_mark, word_at};

/// Whether `is_hit` says so of the `WIDTH` bytes at some place; `None` where there are fewer. Those at the end may be asked
/// about twice.
#[inline(always)]
fn any<const WIDTH: usize>(bytes: &[u8], is_hit: impl Fn(usize, &[u8; WIDTH]) -> bool) -> Option<bool> {
    let last = bytes.len().checked_sub(WIDTH)?;
    let mut pos = 0_usize;
    loop {
        let at = pos.min(last);
        if is_hit(at, bytes.get(at..)?.first_chunk()?) {
            return Some(true);
        }
        if pos >= last {
            return Some(false);
        }
        pos = pos.wrapping_add(WIDTH);
    }
}

/// Where a byte stands among sixteen: a bit for each place.
#[inline(always)]
fn places(chunk: &[u8; 16], byte: u8) -> u8x16 {
    u8x16::new(*chunk).simd_eq(u8x16::splat(byte))
}

/// Whether the bytes have such a byte.
#[inline(always)]
pub(crate) fn find_byte(bytes: &[u8], wanted: u8) -> bool {
    any::<16>(bytes, |_, chunk| places(chunk, wanted).to_bitmask() != 0)
        .or_else(|| any::<8>(bytes, |_, chunk| equal(u64::from_le_bytes(*chunk), wanted) != 0))
        .unwrap_or_else(|| bytes.contains(&wanted))
}

/// Whether `is_here` says so of some place where a byte stands before another, or a byte that is `enough` stands anywhere.
#[inline(always)]
pub(crate) fn any_pair(
    bytes: &[u8],
    (first, second): (u8, u8),
    enough: Option<u8>,
    is_here: impl Fn(usize) -> bool,
) -> bool {
    let behind = bytes.get(1..).unwrap_or_default();
    let by_sixteen = any::<16>(behind, |at, next| {
        let Some(chunk) = bytes.get(at..).and_then(|rest| rest.first_chunk()) else { return false };
        let pairs = places(chunk, first) & places(next, second);
        let enough = enough.map(|byte| places(chunk, byte) | places(next, byte));
        if enough.map_or(pairs, |enough| pairs | enough).to_bitmask() == 0 {
            return false;
        }
        if enough.is_some_and(|enough| enough.to_bitmask() != 0) {
            return true;
        }
        let mut hits = pairs.to_bitmask();
        while hits != 0 {
            if is_here(at.wrapping_add(hits.trailing_zeros() as usize)) {
                return true;
            }
            hits &= hits.wrapping_sub(1);
        }
        false
    });
    let by_eight = || {
        any::<8>(behind, |at, next| {
            let Some(word) = word_at(bytes, at) else { return false };
            // Above a mark that is right one may be false, so each is looked at.
            let next = u64::from_le_bytes(*next);
            if enough.is_some_and(|byte| equal(word, byte) | equal(next, byte) != 0) {
                return true;
            }
            let mut hits = equal(word, first) & equal(next, second);
            while hits != 0 {
                if is_here(at.wrapping_add(first_mark(hits))) {
                    return true;
                }
                hits &= hits.wrapping_sub(1);
            }
            false
        })
    };
    let one_by_one = || (0..bytes.len()).any(&is_here) || enough.is_some_and(|byte| bytes.contains(&byte));
    by_sixteen.or_else(by_eight).unwrap_or_else(one_by_one)
}

/// Whether two texts are the same, without a call where they are short.
#[inline(always)]
pub(crate) fn same(left: &[u8], right: &[u8]) -> bool {
    if left.len() != right.len() {
        return false;
    }
    // Words that overlap cover what is not a multiple of them.
    if let (Some(first), Some(last)) = (left.first_chunk::<8>(), left.last_chunk::<8>()) {
        return if left.len() <= 16 {
            right.first_chunk() == Some(first) && right.last_chunk() == Some(last)
        } else {
            left == right
        };
    }
    if let (Some(first), Some(last)) = (left.first_chunk::<4>(), left.last_chunk::<4>()) {
        return right.first_chunk() == Some(first) && right.last_chunk() == Some(last);
    }
    match (left, right) {
        ([a, b, c], [x, y, z]) => a == x && b == y && c == z,
        ([a, b], [x, y]) => a == x && b == y,
        ([a], [x]) => a == x,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn bytes_and_pairs_are_found_at_every_offset_and_length() {
        for length in 0..40_usize {
            let plain = vec![b'a'; length];
            assert!(!find_byte(&plain, b'x') && !any_pair(&plain, (b'x', b'y'), None, |_| length >= 9));
            assert!(!any_pair(&plain, (b'x', b'y'), Some(b'z'), |_| false));
            for offset in 0..length.saturating_sub(1) {
                let mut bytes = plain.clone();
                bytes[offset] = b'x';
                bytes[offset + 1] = b'y';
                assert!(find_byte(&bytes, b'x') && find_byte(&bytes, b'y'));
                assert!(any_pair(&bytes, (b'x', b'y'), None, |at| at == offset), "{offset} of {length}");
                assert!(any_pair(&bytes, (b'a', b'z'), Some(b'y'), |_| false), "{offset} of {length}");
                assert!(!any_pair(&bytes, (b'x', b'y'), None, |at| at != offset && length >= 9));
            }
        }
    }

    #[test]
    fn texts_are_the_same_if_each_byte_is() {
        for length in 0..40_usize {
            let text = vec![b'a'; length];
            assert!(same(&text, &text.clone()) && !same(&text, &vec![b'a'; length + 1]));
            for offset in 0..length {
                let mut other = text.clone();
                other[offset] = b'b';
                assert!(!same(&text, &other), "{offset} of {length}");
            }
        }
    }
}
