//! Hashing of features into buckets, and the set of buckets met.

/// FNV-1a, 32 bits, fed byte by byte.
///
/// Source: Fowler, Noll, Vo; <http://www.isthe.com/chongo/tech/comp/fnv/>.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fnv(u32);

impl Default for Fnv {
    fn default() -> Self {
        Self(0x811C_9DC5)
    }
}

impl Fnv {
    /// The hash of bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        bytes
            .iter()
            .fold(Self::default(), |hash, &byte| hash.byte(byte))
    }

    /// Adds a byte.
    #[must_use]
    pub const fn byte(self, byte: u8) -> Self {
        Self((self.0 ^ byte as u32).wrapping_mul(0x0100_0193))
    }

    /// The plain hash.
    #[must_use]
    pub const fn value(self) -> u32 {
        self.0
    }

    /// The hash after the final mix of MurmurHash3: FNV's low bits alone are a poor bucket number.
    #[must_use]
    pub const fn spread(self) -> u32 {
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 16)).wrapping_mul(0x85EB_CA6B);
        mixed = (mixed ^ (mixed >> 13)).wrapping_mul(0xC2B2_AE35);
        mixed ^ (mixed >> 16)
    }
}

/// A set of buckets of a table of `64 * WORDS` weights: a feature that occurs twice counts once.
pub struct Seen<const WORDS: usize> {
    bits: [u64; WORDS],
    count: u32,
}

impl<const WORDS: usize> Seen<WORDS> {
    /// An empty set.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            bits: [0; WORDS],
            count: 0,
        }
    }

    /// Adds a bucket; true if it is new.
    pub fn insert(&mut self, bucket: usize) -> bool {
        let Some(word) = self.bits.get_mut(bucket / 64) else {
            return false;
        };
        let bit = 1 << (bucket % 64);
        let new = *word & bit == 0;
        *word |= bit;
        self.count += u32::from(new);
        new
    }

    /// How many buckets are in it.
    #[must_use]
    pub const fn count(&self) -> u32 {
        self.count
    }
}

impl<const WORDS: usize> Default for Seen<WORDS> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_the_published_vectors() {
        assert_eq!(Fnv::of(b"").value(), 0x811C_9DC5);
        assert_eq!(Fnv::of(b"foobar").value(), 0xBF9C_F968);
    }

    #[test]
    fn a_bucket_counts_once_and_one_outside_never() {
        let mut seen = Seen::<2>::new();
        assert!(seen.insert(70));
        assert!(!seen.insert(70));
        assert!(!seen.insert(128));
        assert_eq!(seen.count(), 1);
    }
}
