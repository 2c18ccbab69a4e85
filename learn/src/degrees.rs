//! The searches of a run, as many at a time as there are threads: one a degree of strictness, and one of the older half alone.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::learner::PartTable;
use crate::search::{Found, Search, Strictness};
use crate::space::Space;
use crate::{Drift, Options};

/// The shares of the mistakes that are allowed which a rule may have where it is fitted; the least examples of such a rule in units of
/// `min_samples`, as what may err more has to be worth more; and whether conjunctions grow by gain too. Where little is left open among much
/// that is answered, only that finds the way.
const DEGREES: [(f64, u64, bool); 8] = [
    (0.35, 2, true),
    (0.1, 1, true),
    (0.5, 2, false),
    (0.35, 2, false),
    (0.2, 1, false),
    (0.1, 1, false),
    (0.05, 1, false),
    (0.02, 1, false),
];

/// The fitted examples from which on rules grow by gain: few ones it fits too well. In splits of the flows (12,000 fitted) it took 98.5 % of the
/// calls away in place of 95.4 % and kept the precision in each; in splits of the messages (1,900 fitted) it kept it in 18 of 24 in place of 20.
const GAIN_FROM: u64 = 5_000;

/// What the searches gave.
pub(crate) struct Searched {
    /// Rules of all degrees, each once.
    pub found: Vec<Found>,
    /// How many conjunctions were tried for them.
    pub tried: u64,
    /// Rules of the past on the present.
    pub forward: Option<Drift>,
}

enum Done {
    Forward(Option<Drift>),
    Degree(Vec<Found>, u64),
}

/// Searches rules in the fitted examples; `forward` runs beside that.
pub(crate) fn search(
    space: &Space,
    fit: &PartTable<'_>,
    options: &Options,
    (stop, forward): (&(dyn Fn() -> bool + Sync), &(dyn Fn() -> Option<Drift> + Sync)),
) -> Searched {
    let allowed = 1.0 - options.precision;
    let degree = |(share, times, gain): &(f64, u64, bool)| {
        if *gain && (fit.rows.len() as u64) < GAIN_FROM {
            return Done::Degree(Vec::new(), 0);
        }
        let support = options.min_samples.saturating_mul(*times);
        let strictness = Strictness { precision: 1.0 - allowed * share, support, gain: *gain };
        let mut search = Search::new(space, &fit.table, (&fit.classes, stop), options);
        Done::Degree(search.run(strictness), search.tried)
    };
    // The one of the older half is last: it is a short one, and shorter ends leave fewer threads waiting.
    let one = |at: usize| DEGREES.get(at).map_or_else(|| Done::Forward(forward()), degree);
    let mut searched = Searched { found: Vec::new(), tried: 0, forward: None };
    for done in all(options.threads, DEGREES.len() + 1, &one) {
        match done {
            Done::Forward(drift) => searched.forward = drift,
            Done::Degree(found, tried) => {
                searched.tried += tried;
                for rule in found {
                    if !searched.found.iter().any(|other| other.class == rule.class && other.bits == rule.bits) {
                        searched.found.push(rule);
                    }
                }
            }
        }
    }
    searched
}

/// `count` pieces of work on at most so many threads, with their results in order.
fn all<T: Send>(threads: usize, count: usize, one: &(dyn Fn(usize) -> T + Sync)) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            if at >= count {
                return done;
            }
            done.push((at, one(at)));
        }
    };
    let mut results = thread::scope(|scope| {
        let others: Vec<_> = (1..threads.min(count)).map(|_| scope.spawn(worker)).collect();
        let mut results = worker();
        others.into_iter().for_each(|other| results.extend(other.join().unwrap_or_else(|panic| resume_unwind(panic))));
        results
    });
    results.sort_by_key(|(at, _)| *at);
    results.into_iter().map(|(_, result)| result).collect()
}
