//! Sets of examples as bits: conjunctions are searched with `and` and counted with `popcnt`.

/// A set of examples by number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Bits(Vec<u64>);

/// No example.
pub(crate) static NONE: Bits = Bits(Vec::new());

impl Bits {
    /// The examples below `len` for which `holds` is true.
    pub fn of(len: usize, mut holds: impl FnMut(usize) -> bool) -> Self {
        let mut words = vec![0_u64; len.div_ceil(64)];
        for (word, slot) in words.iter_mut().enumerate() {
            for bit in 0..64.min(len - word * 64) {
                *slot |= u64::from(holds(word * 64 + bit)) << bit;
            }
        }
        Self(words)
    }

    /// All examples below `len`.
    pub fn all(len: usize) -> Self {
        Self::of(len, |_| true)
    }

    /// Whether an example is in it.
    pub fn has(&self, at: usize) -> bool {
        self.0.get(at / 64).is_some_and(|word| word >> (at % 64) & 1 == 1)
    }

    pub fn count(&self) -> u64 {
        self.0.iter().map(|word| u64::from(word.count_ones())).sum()
    }

    /// How many are in both.
    pub fn both(&self, other: &Self) -> u64 {
        self.0.iter().zip(&other.0).map(|(a, b)| u64::from((a & b).count_ones())).sum()
    }

    pub fn and(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(a, b)| a & b).collect())
    }

    pub fn minus(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(a, b)| a & !b).collect())
    }

    pub fn add(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(a, b)| *a |= b);
    }

    /// Keeps those for which `holds` is true; it is asked for no other.
    pub fn retain(&mut self, mut holds: impl FnMut(usize) -> bool) {
        for (word, slot) in self.0.iter_mut().enumerate() {
            let mut left = *slot;
            while left != 0 {
                let bit = left.trailing_zeros() as usize;
                left &= left - 1;
                *slot ^= u64::from(!holds(word * 64 + bit)) << bit;
            }
        }
    }

    /// The examples that are in it, the last first.
    pub fn backwards(&self) -> impl Iterator<Item = usize> {
        self.0.iter().enumerate().rev().flat_map(|(word, bits)| {
            let mut left = *bits;
            std::iter::from_fn(move || {
                let bit = left.checked_ilog2()?;
                left ^= 1 << bit;
                Some(word * 64 + bit as usize)
            })
        })
    }

    pub fn remove(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(a, b)| *a &= !b);
    }
}
