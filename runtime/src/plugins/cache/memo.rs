//! Keys of inputs that came before, found by their bytes as they are spelled.
//!
//! A key is BLAKE3 over canonical values: hundreds of nanoseconds for a small event, microseconds for a large one. Inputs that are spelled
//! alike have the same key, so it is kept beside the spelling, and a call that is spelled so again takes it over. All bytes are
//! compared. The fast hash (foldhash, seeded anew in every process) only says where to look: two inputs that collide in it take each other's
//! place, and never each other's key.

use super::key::Key;
use foldhash::fast::RandomState;
use std::fmt;
use std::hash::{BuildHasher as _, Hasher as _};
use std::sync::{Mutex, TryLockError};

/// Locks, so that threads seldom meet at one.
const SHARDS: usize = 16;

/// Keys behind each lock.
const SLOTS: usize = 64;

/// Bytes of the longest spelling that is kept; with all slots full of such, 4 MiB for a stage.
pub(super) const LONGEST: usize = 4096;

/// The keys that one stage met last.
#[derive(Default)]
pub(super) struct Memo {
    seed: RandomState,
    shards: [Mutex<Vec<Option<Known>>>; SHARDS],
}

/// How an input is spelled: a text that is not copied to be looked for, and the rest.
#[derive(Clone, Copy)]
pub(super) struct Spelling<'a> {
    pub(super) text: &'a str,
    pub(super) rest: &'a [u8],
}

struct Known {
    /// The text, then the rest.
    spelling: Box<[u8]>,
    /// Bytes of the text.
    text: usize,
    key: Key,
}

impl Known {
    fn is(&self, spelling: Spelling<'_>) -> bool {
        let parts = self.spelling.split_at_checked(self.text);
        parts.is_some_and(|(text, rest)| text == spelling.text.as_bytes() && rest == spelling.rest)
    }
}

impl Memo {
    /// The key of an input with this spelling, made by `make` where it is not known.
    pub(super) fn key(&self, spelling: Spelling<'_>, make: impl FnOnce() -> Key) -> Key {
        if spelling.text.len().saturating_add(spelling.rest.len()) > LONGEST {
            return make();
        }
        let mut hasher = self.seed.build_hasher();
        hasher.write(spelling.text.as_bytes());
        hasher.write(spelling.rest);
        let hash = hasher.finish();
        let at = |part: u64, of: usize| usize::try_from(part).ok().and_then(|part| part.checked_rem(of)).unwrap_or(0);
        let (shard, slot) = (at(hash & 0xffff, SHARDS), at((hash >> 16) & 0xffff, SLOTS));
        let Some(shard) = self.shards.get(shard) else { return make() };
        match shard.try_lock() {
            Ok(slots) => match slots.get(slot) {
                Some(Some(known)) if known.is(spelling) => return known.key,
                _ => {}
            },
            // Nobody waits for what can be made.
            Err(TryLockError::WouldBlock | TryLockError::Poisoned(_)) => return make(),
        }
        let key = make();
        if let Ok(mut slots) = shard.try_lock() {
            if slots.is_empty() {
                slots.resize_with(SLOTS, || None);
            }
            if let Some(slot) = slots.get_mut(slot) {
                let whole = [spelling.text.as_bytes(), spelling.rest].concat().into();
                *slot = Some(Known { spelling: whole, text: spelling.text.len(), key });
            }
        }
        key
    }
}

impl fmt::Debug for Memo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memo").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spelling_finds_its_own_key_and_no_other_however_many_there_are() {
        let memo = Memo::default();
        let key = |number: u64| {
            let mut key = [0; 32];
            key[..8].copy_from_slice(&number.to_le_bytes());
            key
        };
        // Many more than there are slots, so that most of them took somebody's place.
        for round in 0..3 {
            for number in 0..5_000_u64 {
                let text = format!("input {number}");
                let spelling = Spelling { text: &text, rest: b"rest" };
                assert_eq!(memo.key(spelling, || key(number)), key(number), "round {round}");
            }
        }
        let last = Spelling { text: "input 4999", rest: b"rest" };
        assert_eq!(memo.key(last, || panic!("the last one is known")), key(4_999));
        // The same bytes, divided elsewhere, are another input.
        let other = Spelling { text: "input 4999r", rest: b"est" };
        let known = Known { spelling: (*b"input 4999rest").into(), text: 10, key: key(0) };
        assert!(known.is(last) && !known.is(other) && !known.is(Spelling { text: "input 49", rest: b"" }));
        assert_eq!(memo.key(other, || key(7)), key(7));
        let kept: usize = memo.shards.iter().map(|shard| shard.lock().unwrap().iter().flatten().count()).sum();
        assert!(kept > SHARDS * SLOTS / 2 && kept <= SHARDS * SLOTS, "{kept}");
    }

    #[test]
    fn what_is_too_long_or_locked_is_made_and_not_kept() {
        let memo = Memo::default();
        let rest = vec![b'x'; LONGEST];
        let long = Spelling { text: "x", rest: &rest };
        assert_eq!(memo.key(long, || [1; 32]), [1; 32]);
        assert_eq!(memo.key(long, || [2; 32]), [2; 32]);
        let short = Spelling { text: "short", rest: &[] };
        let _held: Vec<_> = memo.shards.iter().map(|shard| shard.lock().unwrap()).collect();
        assert_eq!(memo.key(short, || [3; 32]), [3; 32]);
        assert_eq!(memo.key(short, || [4; 32]), [4; 32]);
    }
}
