//! Validating skip: past a whole value, checking all of it, with a stack of one bit per open container.

use alloc::vec::Vec;

use super::duplicates::KeySink;
use super::scan::Scanner;
use super::{JsonError, JsonErrorKind};

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
}

/// Skips over values, checking them. `limit` is how many more containers may be opened.
pub(super) struct Skip<'s, 'e, K> {
    pub scan: &'s mut Scanner<'e>,
    pub nesting: &'s mut Nesting,
    pub keys: &'s mut K,
    pub limit: u32,
}

impl<K: KeySink> Skip<'_, '_, K> {
    /// Past the value at the position.
    #[inline]
    pub fn value(&mut self) -> Result<(), JsonError> {
        self.nesting.clear();
        self.values()
    }

    /// Past what is left of an open container, whose last value has just been read.
    pub fn rest(&mut self, object: bool) -> Result<(), JsonError> {
        self.nesting.clear();
        self.nesting.push(object);
        if self.next_value()? { self.values() } else { Ok(()) }
    }

    /// Reads values until every container opened on the way is closed.
    fn values(&mut self) -> Result<(), JsonError> {
        loop {
            match self.scan.token() {
                b'"' => {
                    self.scan.string()?;
                }
                b'-' | b'0'..=b'9' => self.scan.skip_number()?,
                b'{' => {
                    self.open(true)?;
                    if self.scan.token() != b'}' {
                        self.key()?;
                        continue;
                    }
                    self.close()?;
                }
                b'[' => {
                    self.open(false)?;
                    if self.scan.token() != b']' {
                        continue;
                    }
                    self.close()?;
                }
                _ => self.scan.literal()?,
            }
            if !self.next_value()? {
                return Ok(());
            }
        }
    }

    /// After a value: closes containers that end here. Whether another value follows.
    #[inline(always)]
    fn next_value(&mut self) -> Result<bool, JsonError> {
        while self.nesting.depth != 0 {
            match (self.scan.token(), self.nesting.in_object()) {
                (b',', false) => {
                    self.scan.bump();
                    return Ok(true);
                }
                (b',', true) => {
                    self.scan.bump();
                    self.key()?;
                    return Ok(true);
                }
                (b'}', true) | (b']', false) => self.close()?,
                _ => return Err(self.scan.error(JsonErrorKind::ExpectedCommaOrEnd)),
            }
        }
        Ok(false)
    }

    #[inline(always)]
    fn key(&mut self) -> Result<(), JsonError> {
        let key = self.scan.key()?;
        if K::ON {
            self.keys.key(self.scan.bytes(), key);
        }
        Ok(())
    }

    /// Steps into a container.
    #[inline(always)]
    fn open(&mut self, object: bool) -> Result<(), JsonError> {
        if self.nesting.depth >= self.limit {
            return Err(self.scan.error(JsonErrorKind::TooDeep));
        }
        self.nesting.push(object);
        if K::ON && object {
            self.keys.open();
        }
        self.scan.bump();
        Ok(())
    }

    #[inline(always)]
    fn close(&mut self) -> Result<(), JsonError> {
        if K::ON && self.nesting.in_object() {
            self.keys.close(self.scan.bytes())?;
        }
        self.nesting.pop();
        self.scan.bump();
        Ok(())
    }
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
            nesting.pop();
        }
        assert_eq!(nesting.depth, 0);
        assert!(nesting.spilled.is_empty());
    }
}
