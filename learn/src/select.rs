//! Which of the rules that were found are proposed: as many calls taken away as the precision asked for lets.
//!
//! Each rule is charged the most wrong answers it may plausibly give (the upper Wilson bound over what it adds), the budget
//! is what the precision leaves of everything answered so far. Fitted examples alone are not believed: where the tuned
//! ones show more mistakes, their rate counts.

use crate::bits::Bits;
use crate::search::Found;
use crate::stats::{Z95, upper};

/// A rule and what it answers in each part.
pub(crate) struct Pooled {
    pub found: Found,
    pub fit: Marks,
    pub tune: Marks,
}

/// Examples a rule answers, and those it answers wrongly.
#[derive(Clone)]
pub(crate) struct Marks {
    pub answered: Bits,
    pub wrong: Bits,
}

/// The fewest tuned examples whose rate of mistakes is taken for more than chance.
const TELLING: u64 = 20;

/// How many new examples of the fitted part a rule has to add.
const LEAST_NEW: u64 = 8;

/// The share of mistakes at which a rule is worth nothing, in shares that are allowed.
const WORTHLESS: f64 = 12.0;

/// The share of the mistakes that are allowed which may be charged. The rest is kept for chance: on a fifth of the examples mistakes come
/// more or less often than on all, and what was looked for is a little worse than it looks.
const BUDGET: f64 = 0.9;

/// Picks rules one by one, each the one that adds most for what it is charged.
pub(crate) fn select(pool: &[Pooled], precision: f64, max_rules: usize) -> Vec<Found> {
    let allowed = (1.0 - precision) * BUDGET;
    let mut rest: Vec<&Pooled> = pool.iter().collect();
    let mut chosen = Vec::new();
    let (mut fit, mut tune): (Option<Bits>, Option<Bits>) = (None, None);
    let mut spent = 0.0;
    while chosen.len() < max_rules {
        let answered = fit.as_ref().map_or(0, Bits::count) + tune.as_ref().map_or(0, Bits::count);
        let mut best: Option<(f64, usize, f64)> = None;
        for (at, rule) in rest.iter().enumerate() {
            let Some((added, charge)) = charge(rule, fit.as_ref(), tune.as_ref()) else { continue };
            if spent + charge > allowed * (answered as f64 + added) {
                continue;
            }
            let worth = added * (1.0 - charge / added / (WORTHLESS * allowed)).max(0.0);
            if worth > 0.0 && best.is_none_or(|(best, ..)| worth > best) {
                best = Some((worth, at, charge));
            }
        }
        let Some((_, at, charge)) = best else { break };
        let rule = rest.remove(at);
        spent += charge;
        fit.get_or_insert_with(|| rule.fit.answered.clone()).add(&rule.fit.answered);
        tune.get_or_insert_with(|| rule.tune.answered.clone()).add(&rule.tune.answered);
        chosen.push(rule.found.clone());
    }
    chosen
}

/// What a rule adds to what is answered already, and the most mistakes that may come with it.
fn charge(rule: &Pooled, fit: Option<&Bits>, tune: Option<&Bits>) -> Option<(f64, f64)> {
    let added = |marks: &Marks, done: Option<&Bits>| match done {
        None => (marks.answered.count(), marks.wrong.count()),
        Some(done) => (marks.answered.minus(done).count(), marks.wrong.minus(done).count()),
    };
    let ((fitted, fit_wrong), (tuned, tune_wrong)) = (added(&rule.fit, fit), added(&rule.tune, tune));
    if fitted < LEAST_NEW {
        return None;
    }
    let total = fitted + tuned;
    let mut wrong = fit_wrong + tune_wrong;
    if tuned >= TELLING {
        wrong = wrong.max((tune_wrong as f64 * total as f64 / tuned as f64).round() as u64);
    }
    Some((total as f64, total as f64 * upper(wrong.min(total), total, Z95)))
}
