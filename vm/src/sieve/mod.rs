//! Lists of up to 64 rules: all rules at once, by what each field leaves of them.
//!
//! ```text
//!  rules ─▶ ways to hold, a bit each ─▶ for each field: which ways its value leaves, by interval, text or truth value
//!
//!  event ─▶ a look at each field ─▶ the bits that all fields leave ─▶ rules that surely hold, and rules to be run
//! ```
//!
//! A rule by rule evaluation asks for a field as often as rules test it, and each test is a branch that the processor has to guess. Here a field
//! is looked at once: its number is counted among the bounds that any rule has for it, or its text compared with the texts that any rule
//! has, and what comes of it is the set of ways that are still open. Parts of texts and patterns are asked after that, if an open way has them.
//! Other tests are not: a rule whose open way has one is run as it is written.
//!
//! Like the [index](crate::index) of longer lists it is derived from verified code, and leaves out only rules that surely come out
//! false: where a field is of a kind on which some test of a rule may fail, or of one that nothing was prepared for, that rule is run.

mod ask;
mod build;
mod cells;
mod field;
#[cfg(test)]
mod tests;

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use crate::image::Program;
use crate::index::Kinds;
use crate::{Facts, ListId, PathId};
use ask::Ask;
use field::Field;

/// A single rule is evaluated as quickly.
const SIEVE_MIN_RULES: u32 = 2;

/// Most rules of a list, and most ways for them to hold.
const MAX_WAYS: u32 = u64::BITS;

/// Of a list that might have an index, more questions are left to that.
const FEW_ASKS: usize = 4;

/// Kinds of a field on which no test of some rules fails that the field itself says nothing about.
#[derive(Debug)]
struct Guard {
    path: PathId,
    safe: Kinds,
    /// The rules, a bit each: those that have to be run if it is a text, and those that have to be if it is of a kind that is not safe.
    text: u64,
    rules: u64,
}

impl Guard {
    #[inline(never)]
    fn other<F: Facts>(&self, facts: &F) -> u64 {
        if self.safe.has(facts.get(self.path).kind()) { 0 } else { self.rules }
    }
}

/// The sieve of one rule list. Rules are numbered within the list, in evaluation order. The first ways are the first way of each
/// rule; others stand behind them.
#[derive(Debug, Default)]
pub(crate) struct Sieve {
    /// Fields that are mostly compared with numbers, with truth values, with texts, and those that are asked for being there.
    numbers: Box<[Field]>,
    truths: Box<[Field]>,
    texts: Box<[Field]>,
    present: Box<[Field]>,
    guards: Box<[Guard]>,
    asks: Box<[Ask]>,
    /// The ways that some event may leave open.
    possible: u64,
    /// The first way of each rule.
    firsts: u64,
    /// Ways that are open only if the rule holds.
    exact: u64,
    /// The rules of the ways behind the first ones.
    others: Box<[u32]>,
    /// The paths that rules of the list write to and that change what it looks at, ascending.
    writes: Vec<u32>,
}

/// What came through: a bit a rule. All others come out false.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Sifted {
    /// These hold.
    pub(crate) sure: u64,
    /// These have to be run.
    pub(crate) open: u64,
}

impl Sifted {
    /// The next rule that is left, and whether it holds for sure.
    #[inline(always)]
    pub(crate) fn next(&mut self) -> Option<(u32, bool)> {
        let all = self.sure | self.open;
        if all == 0 {
            return None;
        }
        let lowest = all & all.wrapping_neg();
        let sure = self.sure & lowest != 0;
        self.sure &= !lowest;
        self.open &= !lowest;
        Some((lowest.trailing_zeros(), sure))
    }

    /// Forgets the rules before one.
    #[inline(always)]
    pub(crate) fn skip(&mut self, rules: u32) {
        let kept = u64::MAX.checked_shl(rules).unwrap_or(0);
        self.sure &= kept;
        self.open &= kept;
    }
}

impl Sieve {
    /// The sieve of a list; `None` if there is nothing to gain.
    pub(crate) fn build(program: &Program<'_>, list: ListId) -> Option<Self> {
        build::build(program, list)
    }

    /// Whether it decides every rule with few long tests. Then it is quicker than an index of as many rules.
    pub(crate) fn decides_all(&self) -> bool {
        self.exact & self.possible == self.possible && self.asks.len() <= FEW_ASKS
    }

    /// For each rule, in evaluation order, how it is found.
    pub(crate) fn words(&self) -> Vec<String> {
        let ways = |rule: u32| {
            let others = (0_u32..).zip(&self.others).filter(move |(_, of)| **of == rule);
            let more = others.fold(0, |ways, (at, _)| ways | bit(self.firsts.count_ones().saturating_add(at)));
            (bit(rule) | more) & self.possible
        };
        let words = |rule: u32| match ways(rule) {
            0 => "nothing",
            ways if ways & self.exact == ways => "what each field leaves",
            _ => "what each field leaves, and run",
        };
        (0..self.firsts.count_ones()).map(|rule| String::from(words(rule))).collect()
    }

    /// Whether some rule of the list writes to what it looks at.
    #[inline(always)]
    pub(crate) const fn writes(&self) -> bool {
        !self.writes.is_empty()
    }

    /// Whether fields have to be looked at anew after a rule of the list has written to a path.
    pub(crate) fn is_stale_after(&self, path: PathId) -> bool {
        self.writes.binary_search(&path.as_u32()).is_ok()
    }

    /// What an event leaves of the rules of the program.
    #[inline]
    pub(crate) fn sift<F: Facts>(&self, program: &Program<'_>, facts: &F) -> Sifted {
        let mut left = Left { ways: self.possible, run: 0 };
        for field in &self.numbers {
            left = left.with(if let Some(value) = facts.int(field.path) {
                Left { ways: field.ints.of(value), run: field.run.number }
            } else {
                match facts.float(field.path) {
                    Some(value) if !value.is_nan() => Left { ways: field.floats.of(value), run: field.run.number },
                    _ => field.other(facts),
                }
            });
        }
        for field in &self.truths {
            left = left.with(match facts.truth(field.path) {
                Some(value) => Left { ways: field.truths.of(value), run: field.run.number },
                None => field.other(facts),
            });
        }
        for field in &self.texts {
            left = left.with(match facts.text_bytes(field.path) {
                Some(value) => Left { ways: field.texts.of(value), run: field.run.text },
                None => field.other(facts),
            });
        }
        for field in &self.present {
            left = left.with(field.other(facts));
        }
        for guard in &self.guards {
            left.run |= match facts.text_bytes(guard.path) {
                Some(_) => guard.text,
                None => guard.other(facts),
            };
        }
        for ask in &self.asks {
            if left.ways & ask.concerned != 0 {
                left = left.with(ask.put(program, facts));
            }
        }
        self.rules(left)
    }

    /// The rules of the ways that are left.
    #[inline(always)]
    fn rules(&self, left: Left) -> Sifted {
        let (exact, open) = (left.ways & self.exact, left.ways & !self.exact);
        let mut sifted = Sifted { sure: exact & self.firsts, open: open & self.firsts };
        let mut others = left.ways & !self.firsts;
        while others != 0 {
            let lowest = others & others.wrapping_neg();
            others &= !lowest;
            let number = lowest.trailing_zeros().wrapping_sub(self.firsts.count_ones());
            let rule = self.others.get(number as usize).map_or(0, |rule| bit(*rule));
            if self.exact & lowest != 0 {
                sifted.sure |= rule;
            } else {
                sifted.open |= rule;
            }
        }
        // A rule that holds one way need not be looked at for another, unless it may fail before it gets there.
        sifted.open = sifted.open & !sifted.sure | left.run;
        sifted.sure &= !left.run;
        sifted
    }
}

/// What is left of the ways, and the rules that have to be run whatever is left.
#[derive(Clone, Copy)]
struct Left {
    ways: u64,
    run: u64,
}

impl Left {
    /// What both leave.
    #[inline(always)]
    const fn with(self, other: Self) -> Self {
        Self { ways: self.ways & other.ways, run: self.run | other.run }
    }
}

/// The bit of a rule or way.
#[inline(always)]
const fn bit(number: u32) -> u64 {
    match 1_u64.checked_shl(number) {
        Some(bit) => bit,
        None => 0,
    }
}
