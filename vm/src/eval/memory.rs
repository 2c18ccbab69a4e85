//! Answers of long tests that several rules of a list ask.

use core::cell::Cell;

/// How many tests of one list can be remembered.
pub(crate) const SLOTS: u16 = 64;

/// What is known so far of this run. Slots count from 1, as steps name them.
#[derive(Debug, Default)]
pub(super) struct Memory {
    known: Cell<u64>,
    holds: Cell<u64>,
}

impl Memory {
    /// The answer, if it is known.
    #[inline]
    pub(super) fn recall(&self, slot: u16) -> Option<bool> {
        let bit = bit(slot);
        (self.known.get() & bit != 0).then(|| self.holds.get() & bit != 0)
    }

    /// The bits of what is known.
    #[inline]
    pub(super) fn known(&self) -> u64 {
        self.known.get()
    }

    /// Keeps several answers: the bits that they are about, and those that hold.
    pub(super) fn keep_all(&self, mask: u64, holds: u64) {
        self.known.set(self.known.get() | mask);
        self.holds.set(self.holds.get() & !mask | holds & mask);
    }

    #[inline]
    pub(super) fn keep(&self, slot: u16, holds: bool) {
        let bit = bit(slot);
        self.known.set(self.known.get() | bit);
        if holds {
            self.holds.set(self.holds.get() | bit);
        }
    }
}

/// No bit for a slot outside: nothing is known of it then.
#[inline]
pub(crate) fn bit(slot: u16) -> u64 {
    1_u64.checked_shl(u32::from(slot.wrapping_sub(1))).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_slot_keeps_its_own_answer() {
        let memory = Memory::default();
        for slot in 1..=SLOTS {
            assert_eq!(memory.recall(slot), None);
            memory.keep(slot, slot % 3 == 0);
        }
        for slot in 1..=SLOTS {
            assert_eq!(memory.recall(slot), Some(slot % 3 == 0));
        }
        memory.keep(SLOTS + 1, true);
        assert_eq!(memory.recall(SLOTS + 1), None);
    }
}
