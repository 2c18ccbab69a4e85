//! Validating skip: past a whole value, checking all of it, with a stack of one bit per open container.

use alloc::vec::Vec;

use super::block::Specials;
use super::duplicates::KeySink;
use super::scan::Scanner;
use super::trie::{EVERY, kind};
use super::{JsonError, JsonErrorKind, kernel};

/// Which containers are open: one bit each, the innermost lowest. Sixty-four fit without the heap.
#[derive(Clone, Default, Debug)]
pub(super) struct Nesting {
    top: u64,
    spilled: Vec<u64>,
    depth: u32,
}

impl Nesting {
    pub fn clear(&mut self) {
        self.spilled.clear();
        self.top = 0;
        self.depth = 0;
    }

    pub fn push(&mut self, object: bool) {
        if self.depth != 0 && self.depth.is_multiple_of(64) {
            self.spilled.push(self.top);
        }
        self.top = self.top << 1 | u64::from(object);
        self.depth = self.depth.saturating_add(1);
    }

    fn pop(&mut self) {
        self.top >>= 1;
        self.depth = self.depth.saturating_sub(1);
        if self.depth != 0 && self.depth.is_multiple_of(64) {
            self.top = self.spilled.pop().unwrap_or(0);
        }
    }

    const fn in_object(&self) -> bool {
        self.top & 1 == 1
    }

    const fn in_object_in_array(&self) -> bool {
        self.depth > 1 && self.top & 0b11 == 0b01
    }
}

/// Skips over values, checking them. `limit` is how many more containers may be opened.
pub(super) struct Skip<'s, 'e, K> {
    pub scan: &'s mut Scanner<'e>,
    pub nesting: &'s mut Nesting,
    pub keys: &'s mut K,
    pub limit: u32,
    /// Behind a value in an object, members whose keys are of none of these kinds are skipped as well.
    pub asked: u64,
}

/// Where a skip stands.
#[derive(Clone, Copy)]
pub(super) struct At {
    pub pos: usize,
    pub specials: Specials,
}

/// Positions are kept here while what comes is as it mostly is; the scanner takes over for everything else, and for
/// saying what is wrong. Kept in the scanner, each would be written to memory and read back.
impl<'e, K: KeySink> Skip<'_, 'e, K> {
    /// Past the value at the position.
    #[inline]
    pub fn value(&mut self) -> Result<(), JsonError> {
        self.nesting.clear();
        let at = self.begin();
        self.values(at)
    }

    /// Past what is left of an open container, whose last value has just been read.
    pub fn rest(&mut self, object: bool) -> Result<(), JsonError> {
        self.nesting.clear();
        self.nesting.push(object);
        let mut at = self.begin();
        let plain_numbers = self.scan.takes_plain_numbers();
        if self.next_value(self.scan.bytes(), &mut at, plain_numbers)? { self.values(at) } else { self.end(at) }
    }

    const fn begin(&self) -> At {
        At { pos: self.scan.pos(), specials: self.scan.specials() }
    }

    fn end(&mut self, at: At) -> Result<(), JsonError> {
        self.scan.resume(at.pos, at.specials);
        Ok(())
    }

    /// Reads values until every container opened on the way is closed.
    fn values(&mut self, mut at: At) -> Result<(), JsonError> {
        let bytes = self.scan.bytes();
        let plain_numbers = self.scan.takes_plain_numbers();
        loop {
            let end = match token(bytes, &mut at) {
                b'"' => plain_string_end(bytes, &mut at),
                b'-' | b'0'..=b'9' if plain_numbers => kernel::plain_number_end(bytes, at.pos),
                open @ (b'{' | b'[') => {
                    let object = open == b'{';
                    self.open(object, at)?;
                    at.pos = at.pos.wrapping_add(1);
                    if token(bytes, &mut at) != if object { b'}' } else { b']' } {
                        if object && !self.members(bytes, &mut at, plain_numbers)? {
                            if self.goes_on(bytes, &mut at, plain_numbers)? {
                                continue;
                            }
                            return self.end(at);
                        }
                        continue;
                    }
                    self.close()?;
                    Some(at.pos.wrapping_add(1))
                }
                _ => kernel::literal_end(bytes, at.pos),
            };
            at.pos = match end {
                Some(end) => end,
                None => self.odd_scalar(at)?,
            };
            if !self.goes_on(bytes, &mut at, plain_numbers)? {
                return self.end(at);
            }
        }
    }

    /// After a value: whether another follows that is to be skipped.
    #[inline(always)]
    fn goes_on(&mut self, bytes: &'e [u8], at: &mut At, plain_numbers: bool) -> Result<bool, JsonError> {
        Ok(self.next_value(bytes, at, plain_numbers)? || unasked_key(bytes, at, self.asked))
    }

    /// After a value: closes containers that end here. Whether another value follows.
    #[inline(always)]
    fn next_value(&mut self, bytes: &'e [u8], at: &mut At, plain_numbers: bool) -> Result<bool, JsonError> {
        while self.nesting.depth != 0 {
            let byte = token(bytes, at);
            match (byte, self.nesting.in_object()) {
                (b',', object) => {
                    at.pos = at.pos.wrapping_add(1);
                    if object && !self.members(bytes, at, plain_numbers)? {
                        continue;
                    }
                    return Ok(true);
                }
                (b'}', true) | (b']', false) => self.close()?,
                _ => return Err(self.error(*at, JsonErrorKind::ExpectedCommaOrEnd)),
            }
            at.pos = at.pos.wrapping_add(1);
        }
        Ok(false)
    }

    /// From a key on past members that are scalars and have no whitespace in between; then past a key. False if the last
    /// thing is a value instead.
    #[inline(always)]
    fn members(&mut self, bytes: &'e [u8], at: &mut At, plain_numbers: bool) -> Result<bool, JsonError> {
        let mut pos = at.pos;
        while !K::ON && kernel::byte_at(bytes, pos) == b'"' {
            at.pos = pos;
            let Some(colon) = plain_string_end(bytes, at).filter(|end| kernel::byte_at(bytes, *end) == b':') else {
                break;
            };
            if colon.wrapping_sub(pos) == kernel::LETTER_KEY {
                return self.letters(bytes, at, plain_numbers);
            }
            at.pos = colon.wrapping_add(1);
            let Some(end) = plain_value_end(bytes, at, plain_numbers) else { return Ok(true) };
            at.pos = end;
            if kernel::byte_at(bytes, end) != b',' {
                return Ok(false);
            }
            pos = end.wrapping_add(1);
            at.pos = pos;
        }
        self.key(bytes, at)?;
        Ok(true)
    }

    /// The same from a key of one character on, as coordinates have. Such keys tend to stand together, in one object of a list after the
    /// other; others would pay a twentieth for being asked whether they are such.
    #[inline(never)]
    fn letters(&mut self, bytes: &'e [u8], at: &mut At, plain_numbers: bool) -> Result<bool, JsonError> {
        let mut pos = at.pos;
        while kernel::byte_at(bytes, pos) == b'"' {
            at.pos = pos;
            let colon = match kernel::letter_key_end(bytes, pos) {
                Some(colon) => Some(colon),
                None => plain_string_end(bytes, at).filter(|end| kernel::byte_at(bytes, *end) == b':'),
            };
            let Some(colon) = colon else { break };
            at.pos = colon.wrapping_add(1);
            let Some(end) = plain_value_end(bytes, at, plain_numbers) else { return Ok(true) };
            at.pos = end;
            pos = match kernel::byte_at(bytes, end) {
                b',' => end.wrapping_add(1),
                // The next of several objects: as many containers are open as before.
                b'}' if kernel::starts_with(bytes, end, b"},{\"") && self.nesting.in_object_in_array() => {
                    end.wrapping_add(3)
                }
                _ => return Ok(false),
            };
            at.pos = pos;
        }
        self.key(bytes, at)?;
        Ok(true)
    }

    /// Past a scalar that is not a plain one, or an error.
    #[inline(never)]
    fn odd_scalar(&mut self, at: At) -> Result<usize, JsonError> {
        self.scan.resume(at.pos, at.specials);
        match self.scan.peek() {
            b'"' => self.scan.string().map(|_| ())?,
            b'-' | b'0'..=b'9' => self.scan.number().map(|_| ())?,
            _ => self.scan.literal()?,
        }
        Ok(self.scan.pos())
    }

    /// Past a key and its colon.
    #[inline(always)]
    fn key(&mut self, bytes: &'e [u8], at: &mut At) -> Result<(), JsonError> {
        if !K::ON
            && token(bytes, at) == b'"'
            && let Some(end) = plain_string_end(bytes, at)
            && kernel::byte_at(bytes, end) == b':'
        {
            at.pos = end.wrapping_add(1);
            return Ok(());
        }
        at.pos = self.odd_key(*at)?;
        Ok(())
    }

    /// Past a key that is not a plain one, or that somebody wants to be told of.
    #[inline(never)]
    fn odd_key(&mut self, at: At) -> Result<usize, JsonError> {
        self.scan.resume(at.pos, at.specials);
        let key = self.scan.key()?;
        if K::ON {
            self.keys.key(self.scan.bytes(), key);
        }
        Ok(self.scan.pos())
    }

    #[cold]
    fn error(&mut self, at: At, kind: JsonErrorKind) -> JsonError {
        self.scan.resume(at.pos, at.specials);
        self.scan.error(kind)
    }

    /// Steps into a container.
    #[inline(always)]
    fn open(&mut self, object: bool, at: At) -> Result<(), JsonError> {
        if self.nesting.depth >= self.limit {
            return Err(self.error(at, JsonErrorKind::TooDeep));
        }
        self.nesting.push(object);
        if K::ON && object {
            self.keys.open();
        }
        Ok(())
    }

    #[inline(always)]
    fn close(&mut self) -> Result<(), JsonError> {
        if K::ON && self.nesting.in_object() {
            self.keys.close(self.scan.bytes())?;
        }
        self.nesting.pop();
        Ok(())
    }
}

/// Past a comma, a plain key of no kind that is asked for, and its colon, if they are here without whitespace.
#[inline(always)]
pub(super) fn unasked_key(bytes: &[u8], at: &mut At, asked: u64) -> bool {
    let quote = at.pos.wrapping_add(1);
    if asked == EVERY || kernel::byte_at(bytes, at.pos) != b',' || kernel::byte_at(bytes, quote) != b'"' {
        return false;
    }
    let mut ahead = At { pos: quote, specials: at.specials };
    let Some(colon) = plain_string_end(bytes, &mut ahead) else { return false };
    let start = quote.wrapping_add(1);
    let length = colon.wrapping_sub(start).wrapping_sub(1);
    if kernel::byte_at(bytes, colon) != b':' || kind(bytes.get(start), length) & asked != 0 {
        return false;
    }
    *at = At { pos: colon.wrapping_add(1), ..ahead };
    true
}

/// Steps over whitespace, and gives the byte there.
#[inline(always)]
fn token(bytes: &[u8], at: &mut At) -> u8 {
    let byte = kernel::byte_at(bytes, at.pos);
    if byte > b' ' {
        return byte;
    }
    at.pos = kernel::find_nonspace(bytes, at.pos);
    kernel::byte_at(bytes, at.pos)
}

/// The position after a scalar that is as most are.
#[inline(always)]
fn plain_value_end(bytes: &[u8], at: &mut At, plain_numbers: bool) -> Option<usize> {
    match kernel::byte_at(bytes, at.pos) {
        b'"' => plain_string_end(bytes, at),
        b'-' | b'0'..=b'9' if plain_numbers => kernel::plain_number_end(bytes, at.pos),
        b't' | b'f' | b'n' => kernel::literal_end(bytes, at.pos),
        _ => None,
    }
}

/// The position after the string literal whose opening quote is here, if it is one without escapes.
#[inline(always)]
fn plain_string_end(bytes: &[u8], at: &mut At) -> Option<usize> {
    let end = at.specials.next(bytes, at.pos.wrapping_add(1));
    (kernel::byte_at(bytes, end) == b'"').then_some(end.wrapping_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nesting_remembers_kinds_across_words() {
        let mut nesting = Nesting::default();
        let object = |depth: u32| depth.is_multiple_of(3);
        for depth in 0..200 {
            nesting.push(object(depth));
        }
        for depth in (0..200).rev() {
            assert_eq!(nesting.in_object(), object(depth), "{depth}");
            let outside = depth.checked_sub(1).is_some_and(|outside| !object(outside));
            assert_eq!(nesting.in_object_in_array(), object(depth) && outside, "{depth}");
            nesting.pop();
        }
        assert_eq!(nesting.depth, 0);
        assert!(nesting.spilled.is_empty());
    }
}
