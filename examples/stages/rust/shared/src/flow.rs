//! Fields of a network flow, cut into bins.

use cascata_stage::{Slot, Value};

use crate::hash::Fnv;

/// A field of numbers or booleans, and where it is cut into bins.
#[derive(Clone, Copy, Debug)]
pub struct Number {
    /// The field.
    pub slot: Slot,
    /// Its path, for people.
    pub path: &'static str,
    /// Rising; bin n holds what is above n of them.
    pub cuts: &'static [f64],
}

impl Number {
    /// The bin of a value. A missing one falls in the first.
    #[must_use]
    pub fn bin(&self, value: Value<'_>) -> usize {
        let number = match value.as_bool() {
            Some(flag) => f64::from(u8::from(flag)),
            None => value.as_f64().unwrap_or(f64::NEG_INFINITY),
        };
        self.cuts.partition_point(|&cut| cut < number)
    }
}

/// A field of names, each with a number learned for it.
#[derive(Clone, Copy, Debug)]
pub struct Name {
    /// The field.
    pub slot: Slot,
    /// Its path, for people.
    pub path: &'static str,
    /// FNV-1a of a name and its number, by rising hash.
    pub known: &'static [(u32, u8)],
    /// The number of any other name.
    pub unknown: u8,
}

impl Name {
    /// The number of a name.
    #[must_use]
    pub fn number(&self, value: Value<'_>) -> u8 {
        let mut buffer = [0; 32];
        let Some(name) = value.text_in(&mut buffer) else {
            return self.unknown;
        };
        let hash = Fnv::of(name.as_bytes()).value();
        let found = self
            .known
            .binary_search_by_key(&hash, |&(known, _)| known)
            .ok();
        found
            .and_then(|at| self.known.get(at))
            .map_or(self.unknown, |&(_, number)| number)
    }
}
