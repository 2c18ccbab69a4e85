//! Sets of small numbers: the atoms that a field, a statistic or an open question may still be in.

/// A set of atoms of one variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bits(Vec<u64>);

const WORD: usize = u64::BITS as usize;

impl Bits {
    /// No atom out of `size`.
    pub(super) fn none(size: usize) -> Self {
        Self(vec![0; size.div_ceil(WORD)])
    }

    /// Those of `size` atoms that `wanted` says yes to.
    pub(super) fn of(size: usize, wanted: impl Fn(usize) -> bool) -> Self {
        let mut bits = Self::none(size);
        for at in (0..size).filter(|at| wanted(*at)) {
            bits.insert(at);
        }
        bits
    }

    fn insert(&mut self, at: usize) {
        if let Some(word) = self.0.get_mut(at.div_euclid(WORD)) {
            *word |= 1_u64.wrapping_shl(at.rem_euclid(WORD) as u32);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// Whether every atom of this set is one of the other.
    pub(super) fn within(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).all(|(left, right)| left & !right == 0)
    }

    /// Keeps what is in the other set as well.
    pub(super) fn keep(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(left, right)| *left &= right);
    }

    /// Adds what is in the other set.
    pub(super) fn add(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(left, right)| *left |= right);
    }
}

#[cfg(test)]
mod tests {
    use super::Bits;

    #[test]
    fn sets_over_several_words_behave_as_sets() {
        let even = Bits::of(200, |at| at % 2 == 0);
        let odd = Bits::of(200, |at| at % 2 == 1);
        assert!(!even.within(&odd) && !even.is_empty());
        let mut both = even.clone();
        both.add(&odd);
        assert!(even.within(&both) && !both.within(&even));
        both.keep(&odd);
        assert_eq!(both, odd);
        both.keep(&even);
        assert!(both.is_empty() && both == Bits::none(200));
    }
}
