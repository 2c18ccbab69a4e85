//! Rules for one answer: conjunctions that grow condition by condition, the best kept at each step.
//!
//! ```text
//! all examples ─▶ a few best extensions, by several prices of a wrong answer ─▶ … at most six conditions
//!                                      └▶ the one that answers most and is precise enough; then what it leaves open
//! ```
//!
//! Precision is asked of all examples, not only of those left open, so each rule stands on its own.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

use crate::Options;
use crate::bits::Bits;
use crate::condition::Condition;
use crate::sets::{value_sets, word_sets};
use crate::space::{Space, Table};
use crate::stats;

/// What a wrong answer counts in right ones, while conditions are still to come.
const PRICES: [f64; 3] = [3.0, 12.0, 60.0];

/// The mistakes that a further condition has to spare: what spares fewer is chance, and looks better than it is.
const LEAST_SPARED: u64 = 3;

/// The share of right answers a rule has to have beyond doubt, as the luckiest of all that were tried.
const BEYOND_LUCK: f64 = 0.4;

/// The best extensions kept by each measure.
const BEAM: usize = 3;

/// A rule that was found.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    /// The number of its answer.
    pub class: usize,
    pub conditions: Vec<Arc<Condition>>,
    /// The fitted examples it answers.
    pub bits: Bits,
}

/// How precise a rule has to be on the examples it is fitted to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Strictness {
    pub precision: f64,
    /// The least new examples a rule has to answer.
    pub support: u64,
    /// Whether conjunctions grow by gain too.
    pub gain: bool,
}

/// Searches rules for the answers of the examples.
pub(crate) struct Search<'s> {
    space: &'s Space,
    table: &'s Table<'s>,
    options: &'s Options,
    /// For each answer the examples that have it.
    classes: &'s [Bits],
    /// Whether nobody wants the answer any more.
    stop: &'s (dyn Fn() -> bool + Sync),
    /// How many conjunctions were looked at.
    pub tried: u64,
}

/// What conjunctions are worth on the way to a rule.
struct Measures {
    /// The share of the answer among what is open and what is wrong.
    prior: f64,
    /// How many there are: a price each, and gain.
    count: usize,
}

impl Measures {
    fn new(wanted: &Bits, negative: &Bits, gain: bool) -> Self {
        let (wanted, negative) = (wanted.count() as f64, negative.count() as f64);
        Self { prior: wanted / (wanted + negative).max(1.0), count: PRICES.len() + usize::from(gain) }
    }

    /// Right answers less the price of the wrong ones; or what right answers tell, by how much purer they are than all (as FOIL does; J. R. Quinlan,
    /// 1990), which does not shrink to nothing where wrong ones are many.
    fn worth(&self, at: usize, right: u64, wrong: u64) -> f64 {
        let (right, wrong) = (right as f64, wrong as f64);
        match PRICES.get(at) {
            Some(price) => right - price * wrong,
            None => right * (right / (right + wrong).max(1.0) / self.prior.max(1e-9)).max(1e-9).ln(),
        }
    }
}

/// A conjunction that grows.
struct State {
    bits: Bits,
    conditions: Vec<Arc<Condition>>,
    right: u64,
    wrong: u64,
}

/// A conjunction and what it answers: (right and still open, wrong).
pub(crate) struct Extension<'s> {
    pub condition: Arc<Condition>,
    /// Where all its conditions hold, or, borrowed, where the last of them does: most are looked at once and never made.
    pub bits: Cow<'s, Bits>,
    pub right: u64,
    pub wrong: u64,
}

impl<'s> Search<'s> {
    pub const fn new(
        space: &'s Space,
        table: &'s Table<'s>,
        (classes, stop): (&'s [Bits], &'s (dyn Fn() -> bool + Sync)),
        options: &'s Options,
    ) -> Self {
        Self { space, table, options, classes, stop, tried: 0 }
    }

    /// Rules until nothing precise enough is left, for the answer with most open examples first.
    pub fn run(&mut self, strictness: Strictness) -> Vec<Found> {
        let mut open = Bits::all(self.table.len);
        let mut alive: Vec<usize> = (0..self.classes.len()).collect();
        let mut found = Vec::new();
        while found.len() < self.options.max_rules && !alive.is_empty() {
            let left = |class: &usize| self.classes.get(*class).map_or(0, |bits| bits.both(&open));
            let Some(class) = alive.iter().copied().max_by_key(|class| (left(class), usize::MAX - class)) else {
                break;
            };
            match self.one(class, &open, strictness) {
                Some(rule) => {
                    open.remove(&rule.bits);
                    found.push(rule);
                }
                None => alive.retain(|other| *other != class),
            }
        }
        found
    }

    /// The rule that answers most open examples of a class.
    fn one(&mut self, class: usize, open: &Bits, strictness: Strictness) -> Option<Found> {
        let positive = self.classes.get(class)?;
        let all = Bits::all(self.table.len);
        let negative = all.minus(positive);
        let wanted = positive.and(open);
        let measures = Measures::new(&wanted, &negative, strictness.gain);
        let mut states = vec![State { bits: all, conditions: Vec::new(), right: 0, wrong: 0 }];
        let mut best: Option<(u64, State)> = None;
        for _ in 0..self.options.max_conditions {
            let mut next = Vec::new();
            let mut seen = HashSet::new();
            for state in &states {
                if (self.stop)() {
                    return None;
                }
                let extensions = self.extend(state, &wanted, &negative, strictness);
                for extension in &extensions {
                    self.consider(state, extension, positive, strictness, &mut best);
                }
                keep(state, &extensions, &measures, (&mut seen, &mut next));
            }
            states = narrow(next, &measures);
            if states.is_empty() {
                break;
            }
        }
        let (_, state) = best?;
        Some(self.simplified(class, state, positive, strictness))
    }

    /// Every way to go on.
    fn extend(&mut self, state: &State, wanted: &Bits, negative: &Bits, strictness: Strictness) -> Vec<Extension<'s>> {
        let (right, wrong) = (state.bits.and(wanted), state.bits.and(negative));
        let before = if state.conditions.is_empty() { u64::MAX } else { state.wrong };
        let spares = |wrong: u64| wrong.saturating_add(LEAST_SPARED) <= before;
        let mut extensions = Vec::new();
        for candidate in &self.space.fixed {
            if used(state, &candidate.condition) {
                continue;
            }
            let count = candidate.bits.both(&right);
            if count < strictness.support {
                continue;
            }
            let wrong = candidate.bits.both(&wrong);
            if spares(wrong) {
                let condition = Arc::clone(&candidate.condition);
                extensions.push(Extension { condition, bits: Cow::Borrowed(&candidate.bits), right: count, wrong });
            }
        }
        self.tried += self.space.fixed.len() as u64;
        value_sets(&self.space.values, &state.bits, (&right, &wrong), strictness.support, &mut extensions);
        word_sets(&self.space.words, &state.bits, (&right, &wrong), strictness.support, &mut extensions);
        extensions.retain(|extension| !used(state, &extension.condition) && spares(extension.wrong));
        self.tried += extensions.len() as u64;
        extensions
    }

    /// Remembers an extension as a rule if it is precise enough and answers more than the best so far; a longer one has to
    /// answer 2 % more.
    fn consider(
        &self,
        state: &State,
        extension: &Extension<'_>,
        positive: &Bits,
        strictness: Strictness,
        best: &mut Option<(u64, State)>,
    ) {
        let length = state.conditions.len() + 1;
        let least = best
            .as_ref()
            .map_or(0, |(right, best)| if length > best.conditions.len() { right + right / 50 } else { *right });
        if extension.right <= least {
            return;
        }
        let grown = grown(state, extension);
        if self.precise(&grown.bits, positive, strictness) {
            *best = Some((extension.right, grown));
        }
    }

    /// Precise enough as counted, and beyond doubt precise enough to be worth a proposal even for one picked from so many.
    fn precise(&self, bits: &Bits, positive: &Bits, strictness: Strictness) -> bool {
        let (right, matched) = (bits.both(positive), bits.count());
        let z = stats::z_among(self.options.alpha, self.tried.max(1));
        right as f64 >= strictness.precision * matched as f64 && stats::lower(right, matched, z) >= BEYOND_LUCK
    }

    /// Without the conditions it does not need.
    fn simplified(&self, class: usize, state: State, positive: &Bits, strictness: Strictness) -> Found {
        let (mut conditions, mut bits) = (state.conditions, state.bits);
        let mut each: Vec<Bits> = conditions.iter().map(|one| self.table.holding(std::slice::from_ref(one))).collect();
        let mut at = 0;
        while at < conditions.len() && conditions.len() > 1 {
            let others = each.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, bits)| bits);
            let wider = others.fold(Bits::all(self.table.len), |all, one| all.and(one));
            if self.precise(&wider, positive, strictness) {
                bits = wider;
                conditions.remove(at);
                each.remove(at);
            } else {
                at += 1;
            }
        }
        Found { class, conditions, bits }
    }
}

/// Whether a rule has a condition beside which this one says nothing new.
fn used(state: &State, condition: &Condition) -> bool {
    let family = condition.check.family();
    state.conditions.iter().any(|one| {
        one.path == condition.path
            && one.check.family() == family
            && (!condition.check.repeats() || !one.check.repeats() || one.check == condition.check)
    })
}

/// A state with one condition more.
fn grown(state: &State, extension: &Extension<'_>) -> State {
    let conditions = state.conditions.iter().chain([&extension.condition]).cloned().collect();
    let bits = match &extension.bits {
        Cow::Borrowed(bits) => state.bits.and(bits),
        Cow::Owned(bits) => bits.clone(),
    };
    State { bits, conditions, right: extension.right, wrong: extension.wrong }
}

/// The few best extensions of a state by each measure.
fn keep(
    state: &State,
    extensions: &[Extension<'_>],
    measures: &Measures,
    (seen, next): (&mut HashSet<Bits>, &mut Vec<State>),
) {
    let counts = |extension: &Extension<'_>| (extension.right, extension.wrong);
    for at in 0..measures.count {
        for extension in best(extensions.iter().collect(), (at, measures), |one| counts(one)) {
            let grown = grown(state, extension);
            if seen.insert(grown.bits.clone()) {
                next.push(grown);
            }
        }
    }
}

/// The few best of all by each measure.
fn narrow(states: Vec<State>, measures: &Measures) -> Vec<State> {
    let mut left: Vec<Option<State>> = states.into_iter().map(Some).collect();
    let mut kept: Vec<State> = Vec::new();
    for at in 0..measures.count {
        let open: Vec<&mut Option<State>> = left.iter_mut().filter(|state| state.is_some()).collect();
        let counts = |state: &&mut Option<State>| state.as_ref().map_or((0, 0), |state| (state.right, state.wrong));
        kept.extend(best(open, (at, measures), counts).into_iter().filter_map(Option::take));
    }
    kept
}

/// The [`BEAM`] best by a measure of what each has right and wrong; of equal ones those that are better by the measures before it, then those
/// that come first.
fn best<T>(from: Vec<T>, (at, measures): (usize, &Measures), counts: impl Fn(&T) -> (u64, u64)) -> Vec<T> {
    let worths = |one: &T| {
        let (right, wrong) = counts(one);
        (0..=at).rev().map(move |at| measures.worth(at, right, wrong))
    };
    let mut few: Vec<T> = Vec::with_capacity(BEAM + 1);
    for one in from {
        let better = |other: &T| worths(&one).partial_cmp(worths(other)) == Some(std::cmp::Ordering::Greater);
        let place = few.partition_point(|other| !better(other));
        if place < BEAM {
            few.truncate(BEAM - 1);
            few.insert(place, one);
        }
    }
    few
}
